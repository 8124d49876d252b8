"""The protobuf wire format, as far as reading goes."""

from __future__ import annotations

from collections.abc import Iterator


class Malformed(ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: their numbers, with an integer or with bytes. Raises ``Malformed``."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        match wire:
            case 0:
                value, at = varint(data, at)
                yield number, value
            case 2:
                length, at = varint(data, at)
                if at + length > len(data):
                    raise Malformed("unexpected EOF")
                yield number, data[at : at + length]
                at += length
            case 1 | 5:
                size = 8 if wire == 1 else 4
                if at + size > len(data):
                    raise Malformed("unexpected EOF")
                yield number, data[at : at + size]
                at += size
            case _:
                raise Malformed(f"proto: illegal wireType {wire}")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned integer and where it ends. Raises ``Malformed``."""
    value = shift = 0
    while True:
        if at >= len(data):
            raise Malformed("unexpected EOF")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise Malformed("proto: integer overflow")


def signed(value: int, bits: int = 64) -> int:
    """An integer as two's complement."""
    return value - (1 << bits) if value >= 1 << (bits - 1) else value
