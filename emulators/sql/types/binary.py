"""PostgreSQL's binary formats."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from ..errors import SqlError
from .datetime import Interval
from .numbers import scale_of
from .style import Style
from .table import (
    BOOL,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    JSONB,
    NUMERIC,
    OID,
    RECORD,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    Type,
)
from .text import REG_TYPES, Record, read

_NAN: Final = 0xC000
_PINF: Final = 0xD000
_NINF: Final = 0xF000
_FIXED: Final[Mapping[int, struct.Struct]] = {
    INT2: struct.Struct("!h"),
    INT4: struct.Struct("!i"),
    INT8: struct.Struct("!q"),
    OID: struct.Struct("!I"),
    28: struct.Struct("!I"),
    29: struct.Struct("!I"),
    FLOAT4: struct.Struct("!f"),
    FLOAT8: struct.Struct("!d"),
    DATE: struct.Struct("!i"),
    TIME: struct.Struct("!q"),
    TIMESTAMP: struct.Struct("!q"),
    TIMESTAMPTZ: struct.Struct("!q"),
    BOOL: struct.Struct("!?"),
}
_UTC: Final = Style()


def bad_binary(number: int | None = None) -> SqlError:
    """The error for bytes that are no value of their type."""
    return SqlError("22P03", f"incorrect binary data format{'' if number is None else f' in bind parameter {number}'}")


def encode_numeric(value: Decimal) -> bytes:
    """A numeric's base-10000 digits."""
    if not value.is_finite():
        sign = _NAN if value.is_nan() else (_PINF if value > 0 else _NINF)
        return struct.pack("!hhHh", 0, 0, sign, 0)
    sign, digits, _ = value.as_tuple()
    scale = scale_of(value)
    text = "".join(map(str, digits)).rjust(scale + 1, "0")
    whole, part = (text[:-scale], text[-scale:]) if scale else (text, "")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    part = part.ljust(-(-len(part) // 4) * 4, "0")
    groups = [int((whole + part)[i : i + 4]) for i in range(0, len(whole + part), 4)]
    weight = len(whole) // 4 - 1
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    if not groups:
        weight, sign = 0, 0
    return struct.pack(f"!hhHh{len(groups)}h", len(groups), weight, 0x4000 if sign else 0, scale, *groups)


def decode_numeric(data: bytes) -> Decimal:
    """A numeric from its base-10000 digits."""
    count, weight, sign, scale = struct.unpack_from("!hhHh", data)
    if sign in (_NAN, _PINF, _NINF):
        return Decimal({_NAN: "NaN", _PINF: "Infinity", _NINF: "-Infinity"}[sign])
    groups = struct.unpack(f"!{count}h", data[8:])
    number = 0
    for group in groups:
        number = number * 10000 + group
    value = Decimal(number).scaleb((weight - count + 1) * 4)
    value = value.quantize(Decimal(1).scaleb(-scale)) if count else Decimal(0).scaleb(-scale)
    return -value if sign == 0x4000 else value


def _encode_array(value: Any, element: Type, find: Any) -> bytes:
    sizes: list[int] = []
    level: Any = value
    while type(level) is tuple and level:
        sizes.append(len(level))
        level = level[0]
    flat = list(_flatten(value))
    out = bytearray(struct.pack("!iiI", len(sizes), any(item is None for item in flat), element.oid))
    for size in sizes:
        out += struct.pack("!ii", size, 1)
    for item in flat:
        out += _sized(None if item is None else encode(item, element, find))
    return bytes(out)


def _flatten(value: Any) -> Any:
    for item in value:
        if type(item) is tuple:
            yield from _flatten(item)
        else:
            yield item


def _sized(data: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if data is None else struct.pack("!i", len(data)) + data


def encode(value: Any, type_: Type, find: Any) -> bytes:
    """A value (never ``None``) in its type's binary format."""
    fixed = _FIXED.get(type_.oid)
    if fixed is not None:
        return fixed.pack(value)
    if type_.oid == NUMERIC:
        return encode_numeric(value)
    if type_.oid == BYTEA:
        return bytes(value)
    if type_.oid == UUID:
        return uuid.UUID(value).bytes
    if type_.oid == JSONB:
        return b"\x01" + str(value).encode()
    if type_.oid == INTERVAL:
        return struct.pack("!qii", value.micros, value.days, value.months)
    if type_.oid in REG_TYPES:
        return struct.pack("!I", value)
    if type_.element:
        return _encode_array(value, find(type_.element), find)
    if type_.base:
        return encode(value, find(type_.base), find)
    if isinstance(value, Record):
        fields = b"".join(
            struct.pack("!I", oid) + _sized(None if item is None else encode(item, find(oid), find))
            for item, oid in zip(value, value.types, strict=True)
        )
        return struct.pack("!i", len(value)) + fields
    return str(value).encode()


def recode(text: str, type_: Type, find: Any) -> bytes:
    """A value's binary format from its text."""
    if type_.oid == INT4:
        return _FIXED[INT4].pack(int(text))
    if type_.oid in REG_TYPES or type_.oid == RECORD:
        raise SqlError("0A000", f"binary output of type {type_.name} is not supported by this emulator")
    return encode(read(text, type_, find, _UTC), type_, find)


_DECODE: Final[Mapping[int, Callable[[bytes], Any]]] = {
    NUMERIC: decode_numeric,
    BYTEA: bytes,
    UUID: lambda data: str(uuid.UUID(bytes=data)),
    INTERVAL: lambda data: Interval(*reversed(struct.unpack("!qii", data))),
}


def decode(data: bytes, type_: Type, find: Any) -> Any:
    """A value from its type's binary format. Raises 22P03."""
    try:
        fixed = _FIXED.get(type_.oid)
        if fixed is not None:
            return fixed.unpack(data)[0]
        reader = _DECODE.get(type_.oid)
        if reader is not None:
            return reader(data)
        if type_.oid == JSONB:
            if data[:1] != b"\x01":
                raise SqlError("XX000", f"unsupported jsonb version number {data[0] if data else 0}")
            return read(data[1:].decode(), type_, find, _UTC)
        if type_.oid in REG_TYPES:
            return struct.unpack("!I", data)[0]
        if type_.element:
            return _decode_array(data, find)
        if type_.base:
            return decode(data, find(type_.base), find)
        return read(data.decode(), type_, find, _UTC)
    except (struct.error, ValueError, IndexError, KeyError):
        raise bad_binary() from None


def _decode_array(data: bytes, find: Any) -> tuple[Any, ...]:
    dimensions, _, oid = struct.unpack_from("!iiI", data)
    element = find(oid)
    place = 12
    sizes: list[int] = []
    for _ in range(dimensions):
        sizes.append(struct.unpack_from("!ii", data, place)[0])
        place += 8

    def items(depth: int) -> tuple[Any, ...]:
        nonlocal place
        found: list[Any] = []
        for _ in range(sizes[depth]):
            if depth + 1 < len(sizes):
                found.append(items(depth + 1))
                continue
            (length,) = struct.unpack_from("!i", data, place)
            place += 4
            if length < 0:
                found.append(None)
                continue
            found.append(decode(data[place : place + length], element, find))
            place += length
        return tuple(found)

    return items(0) if sizes else ()
