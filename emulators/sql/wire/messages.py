"""Messages to the client, and the pieces that messages from it are read with."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import SqlError


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A message with its length."""
    return kind + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    """A string as the protocol ends it."""
    return value.encode(errors="surrogateescape") + b"\0"


def fields(values: Mapping[str, str], kind: bytes = b"E") -> bytes:
    """An ErrorResponse or a NoticeResponse."""
    return message(kind, b"".join(letter.encode() + text(value) for letter, value in values.items()) + b"\0")


def parameter_status(name: str, value: str) -> bytes:
    """A parameter that the client is told of."""
    return message(b"S", text(name) + text(value))


def row_description(columns: Sequence[Mapping[str, Any]], lengths: Sequence[int], formats: Sequence[int]) -> bytes:
    """The columns of a result."""
    parts = [struct.pack("!h", len(columns))]
    for n, column in enumerate(columns):
        parts.append(text(column["name"]))
        parts.append(
            struct.pack(
                "!IhIhih",
                column["table"],
                column["attnum"],
                column["oid"],
                lengths[n],
                column["typmod"],
                format_of(formats, n),
            )
        )
    return message(b"T", b"".join(parts))


def format_of(formats: Sequence[int], n: int) -> int:
    """The n-th of what may be none, one for all, or one each."""
    if not formats:
        return 0
    return formats[0] if len(formats) == 1 else formats[n]


def data_row(values: Sequence[bytes | None]) -> bytes:
    """One row."""
    parts = [struct.pack("!h", len(values))]
    parts += [b"\xff\xff\xff\xff" if value is None else struct.pack("!i", len(value)) + value for value in values]
    return message(b"D", b"".join(parts))


class Reader:
    """A message's body, read piece by piece. Raises 08P01 where it ends too soon."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.place = 0

    def bytes(self, count: int) -> bytes:
        """So many bytes."""
        end = self.place + count
        if count < 0 or end > len(self.body):
            raise SqlError("08P01", "insufficient data left in message")
        found = self.body[self.place : end]
        self.place = end
        return found

    def int16(self) -> int:
        """A 16-bit number."""
        return int(struct.unpack("!h", self.bytes(2))[0])

    def int32(self) -> int:
        """A 32-bit number."""
        return int(struct.unpack("!i", self.bytes(4))[0])

    def uint32(self) -> int:
        """A 32-bit number without a sign."""
        return int(struct.unpack("!I", self.bytes(4))[0])

    def string(self) -> str:
        """A string up to its zero byte. Raises 22021 where it is not UTF-8."""
        end = self.body.find(b"\0", self.place)
        if end < 0:
            raise SqlError("08P01", "invalid string in message")
        raw = self.body[self.place : end]
        self.place = end + 1
        return decoded(raw)

    def int16s(self) -> list[int]:
        """A counted list of 16-bit numbers."""
        return [self.int16() for _ in range(self.int16())]

    def end(self) -> None:
        """Raises 08P01 unless all has been read."""
        if self.place != len(self.body):
            raise SqlError("08P01", "invalid message format")


def decoded(raw: bytes) -> str:
    """Text from the client. Raises 22021."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        lead = raw[error.start]
        width = 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2 if lead >= 0xC0 else 1
        shown = " ".join(f"0x{b:02x}" for b in raw[error.start : error.start + width])
        raise SqlError("22021", f'invalid byte sequence for encoding "UTF8": {shown}') from None
