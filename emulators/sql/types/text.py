"""Values from PostgreSQL's text and as its text, type by type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Final

from ..errors import SqlError
from . import jsonb
from .datetime import (
    Interval,
    read_date,
    read_time,
    read_timestamp,
    read_timestamptz,
    show_date,
    show_interval,
    show_time,
    show_timestamp,
    show_timestamptz,
)
from .interval import read_interval
from .numbers import bad_input, read_float, read_integer, read_numeric, show_float, show_float4, show_numeric
from .style import Style
from .table import (
    BOOL,
    BYTEA,
    CHAR,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    JSON,
    JSONB,
    NAME,
    NUMERIC,
    OID,
    RECORD,
    REGCLASS,
    REGNAMESPACE,
    REGPROC,
    REGPROCEDURE,
    REGROLE,
    REGTYPE,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    VOID,
    Type,
)

Find: Any = Callable[[int], Type]
"""Gives a type by OID."""

_TRUE: Final = {"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"}
_FALSE: Final = {"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"}
REG_TYPES: Final = frozenset({REGPROC, REGPROCEDURE, REGCLASS, REGTYPE, REGNAMESPACE, REGROLE})


def read_bool(text: str, style: Style | None = None) -> bool:
    """A truth value."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise bad_input("boolean", text)


def read_bytea(text: str, style: Style | None = None) -> bytes:
    """Bytes in hex or escape format."""
    if text.startswith("\\x"):
        digits = re.sub(r"\s", "", text[2:])
        for digit in digits:
            if digit not in "0123456789abcdefABCDEF":
                raise SqlError("22023", f'invalid hexadecimal digit: "{digit}"')
        if len(digits) % 2:
            raise SqlError("22023", "invalid hexadecimal data: odd number of digits")
        return bytes.fromhex(digits)
    if re.search(r"\\(?!\\|[0-3][0-7]{2})", re.sub(r"\\\\", "", text)):
        raise SqlError("22P02", "invalid input syntax for type bytea")
    parts = re.sub(
        r"\\(\\|[0-3][0-7]{2})", lambda m: "\\" if m[1] == "\\" else f"\ue000{chr(int(m[1], 8))}\ue001", text
    )
    return b"".join(
        bytes([ord(piece[1])]) if piece.startswith("\ue000") else piece.encode()
        for piece in re.split(r"(\ue000.)\ue001", parts, flags=re.S)
        if piece
    )


def show_bytea(value: bytes, style: Style) -> str:
    """Bytes in the format of ``bytea_output``."""
    if style.bytea == "escape":
        return "".join("\\\\" if b == 92 else chr(b) if 32 <= b < 127 else f"\\{b:03o}" for b in value)
    return "\\x" + value.hex()


def read_uuid(text: str, style: Style | None = None) -> str:
    """A UUID in lower case."""
    word = text.strip()
    if word.startswith("{") and word.endswith("}"):
        word = word[1:-1]
    digits = word.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{32}", digits) or not re.fullmatch(r"(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}", word):
        raise bad_input("uuid", text)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _read_json(text: str, style: Style) -> str:
    jsonb.load(text)
    return text


def _read_name(text: str, style: Style) -> str:
    return text.encode()[:63].decode(errors="ignore")


_READ: Final[Mapping[int, Callable[[str, Style], Any]]] = {
    BOOL: read_bool,
    BYTEA: read_bytea,
    INT2: lambda text, style: read_integer(text, INT2),
    INT4: lambda text, style: read_integer(text, INT4),
    INT8: lambda text, style: read_integer(text, INT8),
    OID: lambda text, style: read_integer(text, OID),
    28: lambda text, style: read_integer(text, OID),
    29: lambda text, style: read_integer(text, OID),
    FLOAT4: lambda text, style: read_float(text, FLOAT4),
    FLOAT8: lambda text, style: read_float(text, FLOAT8),
    NUMERIC: lambda text, style: read_numeric(text),
    DATE: lambda text, style: read_date(text, style.now),
    TIME: lambda text, style: read_time(text),
    TIMESTAMP: lambda text, style: read_timestamp(text, style.now),
    TIMESTAMPTZ: lambda text, style: read_timestamptz(text, style.where, style.now),
    INTERVAL: lambda text, style: read_interval(text),
    UUID: read_uuid,
    JSON: _read_json,
    JSONB: lambda text, style: jsonb.canonical(text),
    NAME: _read_name,
    CHAR: lambda text, style: text[:1],
    VOID: lambda text, style: "",
}

_SHOW: Final[Mapping[int, Callable[[Any, Style], str]]] = {
    BOOL: lambda value, style: "t" if value else "f",
    BYTEA: show_bytea,
    FLOAT4: lambda value, style: show_float4(value),
    FLOAT8: lambda value, style: show_float(value),
    NUMERIC: lambda value, style: show_numeric(value),
    DATE: lambda value, style: show_date(value),
    TIME: lambda value, style: show_time(value),
    TIMESTAMP: lambda value, style: show_timestamp(value),
    TIMESTAMPTZ: lambda value, style: show_timestamptz(value, style.where),
    INTERVAL: lambda value, style: show_interval(value),
}


def read(text: str, type_: Type, find: Any, style: Style) -> Any:
    """A value from its text. Raises the type's own input error."""
    reader = _READ.get(type_.oid)
    if reader is not None:
        return reader(text, style)
    if type_.oid in (22, 30):
        return tuple(int(part) for part in text.split())
    if type_.element:
        return read_array(text, find(type_.element), find, style)
    if type_.labels:
        if text not in type_.labels:
            raise SqlError("22P02", f'invalid input value for enum {type_.name}: "{text}"')
        return text
    if type_.base:
        return read(text, find(type_.base), find, style)
    if type_.oid in REG_TYPES:
        return style.oid_of(type_.oid, text)
    if type_.oid == RECORD:
        raise SqlError("0A000", "input of anonymous composite types is not implemented")
    return text


def show(value: Any, type_: Type, find: Any, style: Style) -> str:
    """A value's text."""
    shower = _SHOW.get(type_.oid)
    if shower is not None:
        return shower(value, style)
    if type_.oid in (22, 30):
        return " ".join(map(str, value))
    if type_.element:
        return show_array(value, find(type_.element), find, style)
    if type_.base:
        return show(value, find(type_.base), find, style)
    if type_.oid in REG_TYPES:
        return style.name_of(type_.oid, value)
    if isinstance(value, Record):
        return show_record(value, find, style)
    return value if isinstance(value, str) else str(value)


class Record(tuple[Any, ...]):
    """A row value; ``types`` and ``names`` describe its fields."""

    types: tuple[int, ...] = ()
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Any, types: Any, names: Any = ()) -> Record:
        """A row of values."""
        record = cls(values)
        record.types = tuple(types)
        record.names = tuple(names) or tuple(f"f{n + 1}" for n in range(len(record.types)))
        return record


def show_record(value: Record, find: Any, style: Style) -> str:
    """A row's text."""
    parts: list[str] = []
    for item, oid in zip(value, value.types, strict=True):
        if item is None:
            parts.append("")
            continue
        text = show(item, find(oid), find, style)
        if text == "" or re.search(r'[\s"\\(),]', text):
            text = '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
        parts.append(text)
    return "(" + ",".join(parts) + ")"


# Arrays: tuples of element values, nested for more dimensions.

_PLAIN_ELEMENT = re.compile(r'[^\s"\\{},]+')


def show_array(value: Any, element: Type, find: Any, style: Style) -> str:
    """An array's text."""
    parts: list[str] = []
    for item in value:
        if item is None:
            parts.append("NULL")
        elif type(item) is tuple and element.oid not in (22, 30):
            parts.append(show_array(item, element, find, style))
        else:
            text = show(item, element, find, style)
            if not _PLAIN_ELEMENT.fullmatch(text) or text.upper() == "NULL":
                text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            parts.append(text)
    return "{" + ",".join(parts) + "}"


_ARRAY_TOKEN = re.compile(r'\s*(?:([{},])|"((?:[^"\\]|\\.)*)"|((?:[^{},"\\]|\\.)+))', re.S)


def read_array(text: str, element: Type, find: Any, style: Style) -> tuple[Any, ...]:
    """An array from its text. Raises 22P02."""

    def malformed(detail: str) -> SqlError:
        return SqlError("22P02", f'malformed array literal: "{text}"', detail=detail)

    source = re.sub(r"^\s*(?:\[[-\d:]+\])+=", "", text).strip()
    if not source.startswith("{"):
        raise malformed('Array value must start with "{" or dimension information.')
    stack: list[list[Any]] = []
    place, result, expect_item = 0, None, True
    while place < len(source):
        found = _ARRAY_TOKEN.match(source, place)
        if found is None:
            raise malformed("Unexpected end of input.")
        if result is not None:
            raise malformed("Junk after closing right brace.")
        place = found.end()
        mark, quoted, bare = found.groups()
        if mark == "{":
            if not expect_item:
                raise malformed('Unexpected "{" character.')
            stack.append([])
        elif mark == "}":
            if expect_item and stack[-1]:
                raise malformed('Unexpected "}" character.')
            done = tuple(stack.pop())
            if stack:
                stack[-1].append(done)
            else:
                result = done
            expect_item = False
            continue
        elif mark == ",":
            if expect_item:
                raise malformed('Unexpected "," character.')
        else:
            if not expect_item:
                raise malformed("Unexpected array element.")
            word = re.sub(r"\\(.)", r"\1", quoted, flags=re.S) if quoted is not None else bare.strip()
            null = quoted is None and word.upper() == "NULL"
            stack[-1].append(
                None if null else read(re.sub(r"\\(.)", r"\1", word) if quoted is None else word, element, find, style)
            )
            expect_item = False
            continue
        expect_item = True
    if result is None:
        raise malformed("Unexpected end of input.")
    if len({len(item) if type(item) is tuple else -1 for item in result}) > 1:
        raise malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
    return () if result and all(item == () for item in result) else result


# What the store keeps: JSON values, of the same text as PostgreSQL's in ISO style and UTC.

_UTC: Final = Style()


def to_stored(value: Any, type_: Type, find: Any) -> Any:
    """A value in the form that documents hold."""
    if value is None or isinstance(value, bool | bytes | str):
        return value
    if isinstance(value, int) and type_.oid in (INT2, INT4, INT8, OID):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else show_float(value)
    if type_.element and type(value) is tuple:
        return _stored_array(value, find(type_.element), find)
    if type_.base:
        return to_stored(value, find(type_.base), find)
    if type_.oid in REG_TYPES:
        return value
    return show(value, type_, find, _UTC)


def _stored_array(value: Any, element: Type, find: Any) -> Any:
    return tuple(
        _stored_array(item, element, find) if type(item) is tuple else to_stored(item, element, find) for item in value
    )


def decoder(type_: Type, find: Any) -> Callable[[Any], Any] | None:
    """What turns a stored value (never ``None``) into the value that expressions see; ``None`` if it is that already."""
    oid = type_.oid
    if oid in (NUMERIC, DATE, TIME, TIMESTAMP, INTERVAL):
        reader = _READ[oid]
        return lambda stored: reader(stored, _UTC)
    if oid == TIMESTAMPTZ:
        return lambda stored: read_timestamptz(stored, None)
    if oid in (FLOAT4, FLOAT8):
        return float
    if type_.element:
        inner = decoder(find(type_.element), find)
        return _decode_plain_array if inner is None else lambda stored: _decode_array(stored, inner)
    if type_.base:
        return decoder(find(type_.base), find)
    return None


def _decode_plain_array(stored: Any) -> Any:
    return tuple(_decode_plain_array(item) if isinstance(item, list | tuple) else item for item in stored)


def _decode_array(stored: Any, inner: Callable[[Any], Any]) -> Any:
    return tuple(
        _decode_array(item, inner) if isinstance(item, list | tuple) else None if item is None else inner(item)
        for item in stored
    )


__all__ = ["Find", "Interval", "Record", "decoder", "read", "show", "to_stored", "tzinfo"]
