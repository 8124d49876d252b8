"""Typed decoding: a body against its schema, as Go would read it into a struct."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any, Final

from ..rules import quantity
from ..shape.types import INT_OR_STRING, QUANTITY, TIMES, Schema, Types

_QUANTITY_ERROR: Final = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)")

_VALUES: Final = frozenset(
    [
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "paused",
        "stdin",
        "stdinOnce",
        "tty",
        "publishNotReadyAddresses",
        "unschedulable",
        "readOnly",
        "ready",
        "clusterIP",
        "serviceName",
        "nodeName",
        "hostPort",
        "nodePort",
        "minReadySeconds",
        "restartCount",
        "replicas",
        "subPath",
        "workingDir",
        "generateName",
        "namespace",
        "name",
        "value",
        "containerPort",
        "kind",
        "apiVersion",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "observedGeneration",
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ]
)
"""Optional fields that Go holds by value: their zero is the same as their absence."""
_POINTERS: Final = frozenset(
    {"spec.replicas", "storageClassName", "ingressClassName", "type", "externalName", "allowPrivilegeEscalation"}
)


class Mismatch(ValueError):
    """A body that does not fit its type, in Go's words."""


class Decoder:
    """Reads one body; ``unknown`` collects the fields that the type does not have, by path."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self.unknown: list[str] = []

    def read(self, type_name: str, value: Any) -> Any:
        """The value as the type keeps it. Raises ``Mismatch``."""
        return self._object(type_name, self._types.get(type_name), value, "", "")

    def _object(self, name: str, schema: Schema, value: Any, path: str, plain: str) -> Any:
        fields = schema.get("properties")
        if fields is None:
            return value
        struct = name.rsplit(".", 1)[-1]
        required = schema.get("required", ())
        out: dict[str, Any] = {}
        for field, item in value.items():
            field_schema = fields.get(field)
            here = f"{path}.{field}" if path else field
            if field_schema is None:
                self.unknown.append(here)
                continue
            if item is None:
                continue
            bare = f"{plain}.{field}" if plain else field
            read = self._value(struct, field_schema, item, here, bare)
            if field not in required and _empty(field, field_schema, read, bare):
                continue
            out[field] = read
        return out

    def _value(self, struct: str, schema: Schema, value: Any, path: str, plain: str) -> Any:
        reference = schema.get("$ref")
        if reference:
            return self._reference(reference, struct, value, path, plain)
        match schema.get("type"):
            case "array":
                if not isinstance(value, list):
                    raise _wrong(value, struct, plain, self._go(schema))
                items = schema.get("items", {})
                return [
                    self._zero(items) if item is None else self._value(struct, items, item, f"{path}[{place}]", plain)
                    for place, item in enumerate(value)
                ]
            case "object":
                return self._map(struct, schema, value, path, plain)
            case kind:
                return _scalar(kind, schema, struct, value, plain)

    def _map(self, struct: str, schema: Schema, value: Any, path: str, plain: str) -> Any:
        items = schema.get("additionalProperties")
        if not isinstance(value, dict):
            raise _wrong(value, struct, plain, self._go(schema))
        if not isinstance(items, dict):
            return value
        return {
            key: self._zero(items) if item is None else self._value(struct, items, item, f"{path}.{key}", plain)
            for key, item in value.items()
        }

    def _reference(self, reference: str, struct: str, value: Any, path: str, plain: str) -> Any:
        if reference == QUANTITY:
            return _quantity(value)
        if reference == INT_OR_STRING:
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise _wrong(value, struct, plain, "int32" if not isinstance(value, str) else "string")
            if isinstance(value, int) and not -(1 << 31) <= value < 1 << 31:
                raise _wrong(value, struct, plain, "int32", f"number {value}")
            return value
        if reference in TIMES:
            return _time(value)
        schema = self._types.get(reference)
        if schema.get("type") not in (None, "object") and "properties" not in schema:
            return self._value(struct, schema, value, path, plain)
        if "properties" in schema and not isinstance(value, dict):
            raise _wrong(value, struct, plain, _go_name(reference))
        return self._object(reference, schema, value, path, plain)

    def _zero(self, schema: Schema) -> Any:
        """What Go puts where a list or a map holds ``null``."""
        reference = schema.get("$ref")
        if reference == QUANTITY:
            return "0"
        if reference:
            schema = self._types.get(reference)
            if "properties" in schema:
                return {}
        return {"string": "", "integer": 0, "boolean": False, "number": 0}.get(schema.get("type", ""))

    def _go(self, schema: Schema) -> str:
        reference = schema.get("$ref")
        if reference:
            return _go_name(reference)
        match schema.get("type"):
            case "array":
                return "[]" + self._go(schema.get("items", {}))
            case "object":
                return "map[string]" + self._go(schema.get("additionalProperties") or {})
            case "integer":
                return str(schema.get("format", "int64"))
            case "boolean":
                return "bool"
            case "number":
                return "float64"
            case _:
                return "string"


def _empty(field: str, schema: Schema, value: Any, path: str) -> bool:
    """Whether Go would leave the value out: the zero of a field that it holds by value."""
    if value is None or (isinstance(value, list) and not value):
        return True
    if isinstance(value, dict):
        return not value and "$ref" not in schema
    if field in _POINTERS or path in _POINTERS:
        return False
    if value == "":
        return True
    return field in _VALUES and (value is False or value == 0) and not isinstance(value, str)


def _go_name(reference: str) -> str:
    package, _, name = reference.rpartition(".")
    return f"{package.rsplit('.', 1)[-1]}.{name}"


def _go_kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _wrong(value: Any, struct: str, path: str, go: str, shown: str = "") -> Mismatch:
    what = shown or _go_kind(value)
    return Mismatch(f"json: cannot unmarshal {what} into Go struct field {struct}.{path} of type {go}")


def _scalar(kind: str | None, schema: Schema, struct: str, value: Any, path: str) -> Any:
    match kind:
        case "string":
            if not isinstance(value, str):
                raise _wrong(value, struct, path, "string")
            if schema.get("format") == "byte":
                return _bytes(value)
        case "integer":
            go = str(schema.get("format", "int64"))
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _wrong(value, struct, path, go)
            limit = 1 << (31 if go == "int32" else 63)
            if isinstance(value, float) or not -limit <= value < limit:
                raise _wrong(
                    value, struct, path, go, f"number {value:g}" if isinstance(value, float) else f"number {value}"
                )
        case "boolean":
            if not isinstance(value, bool):
                raise _wrong(value, struct, path, "bool")
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _wrong(value, struct, path, "float64")
        case _:
            pass
    return value


def _bytes(value: str) -> str:
    text = value.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        bad = re.search(r"[^A-Za-z0-9+/=]", text)
        at = bad.start() if bad else max(0, len(text) - len(text) % 4)
        raise Mismatch(f"illegal base64 data at input byte {at}") from None
    return text


def _quantity(value: Any) -> Any:
    text = str(value)
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        quantity.parse(text)
    except ValueError:
        raise Mismatch(_QUANTITY_ERROR) from None
    return text


def _time(value: Any) -> Any:
    if not isinstance(value, str):
        raise Mismatch(f"json: cannot unmarshal {_go_kind(value)} into Go value of type string")
    if not _TIME.fullmatch(value):
        at = re.match(r"(\d{4})?(-\d\d)?(-\d\d)?", value)
        rest = value[at.end() :] if at else value
        layout = ("2006", "-01", "-02", "T")
        part = layout[sum(group is not None for group in at.groups())] if at else "2006"
        raise Mismatch(f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{rest}" as "{part}"')
    return value


def strict_error(unknown: Iterable[str], duplicates: Iterable[str]) -> list[str]:
    """Unknown and duplicate fields, as strict decoding and warnings name them."""
    found = [f'unknown field "{path}"' for path in unknown]
    return [*(f'duplicate field "{path}"' for path in duplicates), *found]
