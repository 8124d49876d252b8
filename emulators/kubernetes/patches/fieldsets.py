"""Sets of fields: which paths of an object a manager owns, and their ``FieldsV1`` form.

A path is a tuple of elements: ``f:name`` for a field, ``k:{…}`` for an item of a keyed list, ``v:…`` for an item of a
set; each exactly as ``FieldsV1`` writes it. A set holds the paths that are members themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson

from ..shape.types import ANY, Schema, Types

Path: TypeAlias = tuple[str, ...]
Fields: TypeAlias = frozenset[Path]

NOTHING: Final[Fields] = frozenset()
_KEY_DEFAULTS: Final = {"protocol": "TCP"}
_VALUES: Final = frozenset(
    {"metadata", "spec", "status", "template", "strategy", "updateStrategy", "jobTemplate", "roleRef"}
)
"""Objects that Go holds by value: they are there even before anyone sets them."""


def is_atomic(types: Types, schema: Schema) -> bool:
    """Whether a value is owned as a whole."""
    if schema.get("type") == "array":
        return schema.get("x-kubernetes-list-type") not in ("map", "set")
    resolved = types.resolve(schema)
    if "atomic" in (schema.get("x-kubernetes-map-type"), resolved.get("x-kubernetes-map-type")):
        return True
    return "properties" not in resolved and "additionalProperties" not in resolved


def element(schema: Schema, item: Any) -> str:
    """The path element of an item of a keyed list or a set."""
    if schema.get("x-kubernetes-list-type") == "set" or not isinstance(item, dict):
        return "v:" + orjson.dumps(item).decode()
    keys = sorted(schema.get("x-kubernetes-list-map-keys", ()))
    found = {key: item.get(key, _KEY_DEFAULTS.get(key)) for key in keys if key in item or key in _KEY_DEFAULTS}
    return "k:" + orjson.dumps(found).decode()


def child(types: Types, schema: Schema, name: str) -> tuple[Schema, bool]:
    """A field's schema, and whether the type names it."""
    resolved = types.resolve(schema)
    fields: Mapping[str, Schema] = resolved.get("properties", {})
    if name in fields:
        return fields[name], True
    extra = resolved.get("additionalProperties")
    return (extra if isinstance(extra, dict) else ANY), False


def children(types: Types, schema: Schema, value: Any) -> Iterator[tuple[str, Schema, Any]]:
    """The parts of a value that can be owned one by one: element, schema, value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield "f:" + name, child(types, schema, name)[0], item
    elif isinstance(value, list):
        items = schema.get("items", ANY)
        for item in value:
            yield element(schema, item), items, item


def of(types: Types, schema: Schema, value: Any) -> Fields:
    """Everything that someone who applies a value owns."""
    found: set[Path] = set()
    _collect(types, schema, value, (), found)
    return _owned(found)


def _collect(types: Types, schema: Schema, value: Any, path: Path, found: set[Path]) -> None:
    if not isinstance(value, dict | list) or is_atomic(types, schema):
        found.add(path)
        return
    if isinstance(value, dict) and not value:
        found.add(path)
    if path and path[-1][0] != "f":
        found.add(path)
    for name, inner, item in children(types, schema, value):
        _collect(types, inner, item, (*path, name), found)


_SYSTEM: Final = frozenset(
    ("f:metadata", f"f:{name}")
    for name in (
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
    )
)


def _owned(found: Iterable[Path]) -> Fields:
    """Without what belongs to no manager."""
    return frozenset(
        path
        for path in found
        if path and path not in (("f:apiVersion",), ("f:kind",), ("f:metadata",)) and path[:2] not in _SYSTEM
    )


def changed(types: Types, schema: Schema, old: Any, new: Any) -> tuple[Fields, Fields]:
    """The paths that were added or modified, and those that were removed."""
    put: set[Path] = set()
    gone: set[Path] = set()
    _compare(types, schema, old, new, (), put, gone)
    return _owned(put), _owned(gone)


def _compare(types: Types, schema: Schema, old: Any, new: Any, path: Path, put: set[Path], gone: set[Path]) -> None:
    if old == new:
        return
    if new is None:
        gone |= {path, *((*path, *rest) for rest in _all(types, schema, old))}
        return
    whole = not isinstance(new, dict | list) or is_atomic(types, schema)
    if whole or (isinstance(new, dict) and not new):
        put.add(path)
        if whole:
            return
    if old is None and not (path and path[-1] in {f"f:{name}" for name in _VALUES}):
        put.add(path)
    before = {name: (inner, item) for name, inner, item in children(types, schema, old)} if old is not None else {}
    for name, inner, item in children(types, schema, new):
        _compare(types, inner, before.pop(name, (inner, None))[1], item, (*path, name), put, gone)
    for name, (inner, item) in before.items():
        _compare(types, inner, item, None, (*path, name), put, gone)


def _all(types: Types, schema: Schema, value: Any) -> Iterator[Path]:
    if not isinstance(value, dict | list) or is_atomic(types, schema):
        return
    for name, inner, item in children(types, schema, value):
        yield (name,)
        for rest in _all(types, inner, item):
            yield (name, *rest)


def encode(fields: Fields) -> dict[str, Any]:
    """A set as ``FieldsV1``."""
    out: dict[str, Any] = {}
    for path in sorted(fields):
        node = out
        for name in path:
            node = node.setdefault(name, {})
        node["."] = {}
    return _trim(out)


def _trim(node: dict[str, Any]) -> dict[str, Any]:
    """A member without children is written without the dot."""
    found = {name: _trim(inner) for name, inner in node.items() if name != "."}
    return {".": {}, **found} if "." in node and found else found


def decode(data: Any) -> Fields:
    """A set from ``FieldsV1``."""
    found: set[Path] = set()

    def walk(node: Any, path: Path) -> None:
        if not isinstance(node, dict) or not node or "." in node:
            found.add(path)
        if isinstance(node, dict):
            for name, inner in node.items():
                if name != ".":
                    walk(inner, (*path, name))

    walk(data, ())
    return frozenset(path for path in found if path)


def show(path: Path) -> str:
    """A path as conflicts name it: ``.spec.containers[name="c"].image``."""
    out: list[str] = []
    for name in path:
        kind, text = name[0], name[2:]
        if kind == "f":
            out.append("." + text)
        elif kind == "k":
            keys: Mapping[str, Any] = orjson.loads(text)
            out.append("[" + ",".join(f"{key}={orjson.dumps(value).decode()}" for key, value in keys.items()) + "]")
        else:
            out.append(f"[={text}]")
    return "".join(out)


def at(types: Types, schema: Schema, value: Any, path: Sequence[str]) -> Any:
    """What stands at a path, or ``None``."""
    for name in path:
        for found, inner, item in children(types, schema, value):
            if found == name:
                schema, value = inner, item
                break
        else:
            return None
    return value


def without(types: Types, schema: Schema, value: Any, path: Sequence[str]) -> Any:
    """A value without what stands at a path."""
    name, rest = path[0], path[1:]
    if isinstance(value, dict):
        key = name[2:]
        if key not in value:
            return value
        if not rest:
            return {field: item for field, item in value.items() if field != key}
        return {**value, key: without(types, child(types, schema, key)[0], value[key], rest)}
    if isinstance(value, list):
        items = schema.get("items", ANY)
        if not rest:
            return [item for item in value if element(schema, item) != name]
        return [without(types, items, item, rest) if element(schema, item) == name else item for item in value]
    return value


def merged(types: Types, schema: Schema, live: Any, config: Any) -> Any:
    """A configuration over a live value: granular where the schema says so."""
    if not isinstance(config, dict | list) or live is None or is_atomic(types, schema):
        return config
    if isinstance(config, dict):
        if not isinstance(live, dict):
            return config
        return {
            **live,
            **{
                name: merged(types, child(types, schema, name)[0], live.get(name), item)
                for name, item in config.items()
            },
        }
    if not isinstance(live, list):
        return config
    wanted = {element(schema, item): item for item in config}
    items = schema.get("items", ANY)
    out: list[Any] = []
    for item in live:
        name = element(schema, item)
        out.append(merged(types, items, item, wanted.pop(name)) if name in wanted else item)
    return [*out, *wanted.values()]
