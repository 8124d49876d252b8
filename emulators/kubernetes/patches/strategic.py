"""Strategic merge patch: a merge that knows which lists are keyed, by the types' own marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..shape.types import ANY, Schema, Types

_DELETE_FROM: Final = "$deleteFromPrimitiveList/"
_ORDER: Final = "$setElementOrder/"
_RETAIN: Final = "$retainKeys"
_PATCH: Final = "$patch"


class StrategicError(ValueError):
    """A patch that is malformed."""


def apply(types: Types, type_name: str, target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """What a strategic merge patch makes of an object. Raises ``StrategicError``; neither is changed."""
    return _Merge(types).object(types.get(type_name), target, patch)


class _Merge:
    def __init__(self, types: Types) -> None:
        self._types = types

    def object(self, schema: Schema, target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
        match patch.get(_PATCH):
            case "replace":
                return {key: value for key, value in patch.items() if key != _PATCH}
            case "delete":
                return {}
            case None | "merge":
                pass
            case other:
                raise StrategicError(f"Unknown patch type: {other}")
        out = dict(target)
        if _RETAIN in patch:
            retained = _a_list(patch[_RETAIN])
            out = {key: value for key, value in out.items() if key in retained}
        for key, value in patch.items():
            if key.startswith(_DELETE_FROM):
                self._delete_values(out, key.removeprefix(_DELETE_FROM), _a_list(value))
            elif key[0:1] != "$":
                self._field(out, self._field_schema(schema, key), key, value, patch.get(_ORDER + key))
        for key, order in patch.items():
            name = key.removeprefix(_ORDER)
            if name != key and name not in patch and isinstance(out.get(name), list):
                out[name] = self._reorder(self._field_schema(schema, name), out[name], _a_list(order))
        return out

    def _field_schema(self, schema: Schema, key: str) -> Schema:
        fields: Mapping[str, Schema] = schema.get("properties", ANY)
        if key in fields:
            return fields[key]
        extra = schema.get("additionalProperties")
        return extra if isinstance(extra, dict) else ANY

    def _field(self, out: dict[str, Any], schema: Schema, key: str, value: Any, order: Any) -> None:
        if value is None:
            out.pop(key, None)
            return
        old = out.get(key)
        if isinstance(value, dict):
            out[key] = self.object(self._types.resolve(schema), old if isinstance(old, dict) else {}, value)
        elif isinstance(value, list) and "merge" in schema.get("x-kubernetes-patch-strategy", "").split(","):
            out[key] = self._list(schema, old if isinstance(old, list) else [], value, order)
        else:
            out[key] = value

    def _list(self, schema: Schema, old: Sequence[Any], new: Sequence[Any], order: Any) -> list[Any]:
        merge_key = schema.get("x-kubernetes-patch-merge-key")
        if merge_key is None:
            return self._reorder(schema, [*old, *(item for item in new if item not in old)], order or [])
        if any(isinstance(item, dict) and item.get(_PATCH) == "replace" for item in new):
            return [item for item in new if not (isinstance(item, dict) and item.get(_PATCH) == "replace")]
        items = self._types.resolve(schema.get("items", ANY))
        out = list(old)
        for item in new:
            if not isinstance(item, dict):
                raise StrategicError("cannot merge a list of objects with one of values")
            if merge_key not in item:
                raise StrategicError(f"map: {item} does not contain declared merge key: {merge_key}")
            place = next((at for at, was in enumerate(out) if _same(was, item, merge_key)), None)
            if item.get(_PATCH) == "delete":
                out = [was for was in out if not _same(was, item, merge_key)]
            elif place is None:
                out.append(self.object(items, {}, item))
            else:
                out[place] = self.object(items, out[place], item)
        return self._reorder(schema, out, _a_list(order or []))

    def _reorder(self, schema: Schema, items: list[Any], order: Sequence[Any]) -> list[Any]:
        """Put the items that ``order`` names into its order; the others keep their places between them."""
        if not order:
            return items
        merge_key = schema.get("x-kubernetes-patch-merge-key")

        def rank(item: Any) -> int | None:
            for at, wanted in enumerate(order):
                if item == wanted or (merge_key and isinstance(wanted, dict) and _same(item, wanted, merge_key)):
                    return at
            return None

        named = iter(sorted((item for item in items if rank(item) is not None), key=lambda item: rank(item) or 0))
        return [item if rank(item) is None else next(named) for item in items]

    def _delete_values(self, out: dict[str, Any], key: str, values: Sequence[Any]) -> None:
        if isinstance(out.get(key), list):
            out[key] = [item for item in out[key] if item not in values]


def _same(one: Any, other: Mapping[str, Any], key: str) -> bool:
    return isinstance(one, dict) and one.get(key) == other.get(key)


def _a_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise StrategicError("a directive's value must be a list")
    return value
