"""A protobuf body as the JSON object that it stands for: numbers from our tables, types from the schemas."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from ..shape import Shape
from ..shape.types import ANY, INT_OR_STRING, QUANTITY, TIMES, Schema, Types
from . import wire
from .messages import Numbers, messages

MAGIC: Final = b"k8s\x00"
_PACKAGE: Final = "io.k8s.apimachinery.pkg."
_META: Final = _PACKAGE + "apis.meta.v1."
_DEEPEST: Final = 64


class Undecodable(ValueError):
    """A body that holds a message that is not known here."""


class Broken(Undecodable):
    """A body that is no message at all."""


def decode(shape: Shape, data: bytes) -> dict[str, Any]:
    """The object in a protobuf body. Raises ``Undecodable``."""
    if not data.startswith(MAGIC):
        raise Broken("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        outer = dict(wire.fields(data[4:]))
        meta = {number: _text(value) for number, value in wire.fields(_bytes(outer.get(1, b"")))}
        api_version, kind = meta.get(1, ""), meta.get(2, "")
        name = shape.kinds.get((api_version, kind)) or (_META + kind if kind == "DeleteOptions" else "")
        if name not in messages():
            raise Undecodable(f"this server cannot read protobuf of kind {kind!r} in {api_version!r}; send JSON")
        found = _Reader(shape.types).message(name, _bytes(outer.get(2, b"")), 0)
    except wire.Malformed as failure:
        raise Broken(str(failure)) from None
    return {"kind": kind, "apiVersion": api_version, **found}


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise wire.Malformed("proto: wrong wireType")
    return value


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise wire.Malformed("proto: wrong wireType")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        raise wire.Malformed("proto: string field contains invalid UTF-8") from None


class _Reader:
    def __init__(self, types: Types) -> None:
        self._types = types
        self._special: dict[str, Callable[[bytes], Any]] = {
            QUANTITY: _quantity,
            INT_OR_STRING: _int_or_string,
            _META + "FieldsV1": _json,
            _PACKAGE + "runtime.RawExtension": _json,
        }

    def message(self, name: str, data: bytes, depth: int) -> Any:
        if depth > _DEEPEST:
            raise wire.Malformed("proto: nested too deep")
        if name in TIMES:
            return _time(data, micro=name.endswith("MicroTime"))
        special = self._special.get(name)
        if special is not None:
            return special(data)
        numbers = messages().get(name)
        if numbers is None:
            raise Undecodable(f"this server cannot read the protobuf message {name}; send JSON")
        out: dict[str, Any] = {}
        self._into(out, name, numbers, self._types.fields(self._types.get(name)), data, depth)
        return out

    def _into(self, out: dict[str, Any], name: str, numbers: Numbers, fields: Any, data: bytes, depth: int) -> None:
        """Read a message's fields; those of an inlined one stand among its parent's."""
        for number, value in wire.fields(data):
            field = numbers.get(number)
            if field is None:
                continue
            if field.startswith("*"):
                inner = f"{name.rpartition('.')[0]}.{field[1:]}"
                self._into(out, inner, messages()[inner], fields, _bytes(value), depth + 1)
            elif (schema := fields.get(field)) is not None:
                self._field(out, field, schema, value, depth)

    def _field(self, out: dict[str, Any], field: str, schema: Schema, value: int | bytes, depth: int) -> None:
        if schema.get("type") == "array":
            out.setdefault(field, []).append(self._value(schema.get("items", ANY), value, depth))
        elif schema.get("type") == "object" and "additionalProperties" in schema:
            key, item = self._entry(schema["additionalProperties"], _bytes(value), depth)
            out.setdefault(field, {})[key] = item
        else:
            found = self._value(schema, value, depth)
            if found not in ("", None):
                out[field] = found

    def _entry(self, schema: Schema, data: bytes, depth: int) -> tuple[str, Any]:
        parts = dict(wire.fields(data))
        value = parts.get(2)
        if schema.get("type") == "array":
            items = [self._value(schema["items"], item, depth) for _, item in wire.fields(_bytes(value or b""))]
            return _text(parts.get(1, b"")), items
        return _text(parts.get(1, b"")), self._value(schema, b"" if value is None else value, depth)

    def _value(self, schema: Schema, value: int | bytes, depth: int) -> Any:
        reference = schema.get("$ref")
        if reference:
            return self.message(reference, _bytes(value), depth + 1)
        match schema.get("type"):
            case "integer":
                return wire.signed(_number(value))
            case "boolean":
                return bool(_number(value))
            case "string" if schema.get("format") == "byte":
                return base64.b64encode(_bytes(value)).decode()
            case "string":
                return _text(value)
            case _:
                raise Undecodable("this server cannot read a field of this protobuf message; send JSON")


def _quantity(data: bytes) -> str:
    return _text(dict(wire.fields(data)).get(1, b""))


def _int_or_string(data: bytes) -> Any:
    parts = dict(wire.fields(data))
    if parts.get(1):
        return _text(parts.get(3, b""))
    return wire.signed(_number(parts.get(2, 0)))


def _json(data: bytes) -> Any:
    raw = _bytes(dict(wire.fields(data)).get(1, b""))
    try:
        return orjson.loads(raw) if raw else None
    except ValueError:
        raise wire.Malformed("invalid JSON in a raw field") from None


def _time(data: bytes, *, micro: bool) -> str | None:
    parts = dict(wire.fields(data))
    seconds, nanos = wire.signed(_number(parts.get(1, 0))), wire.signed(_number(parts.get(2, 0)))
    if not seconds and not nanos:
        return None
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=nanos // 1000)
    except OverflowError:
        raise wire.Malformed("a time out of range") from None
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")
