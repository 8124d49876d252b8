"""What json and jsonb can do. A value is its text; numbers inside keep their digits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from ..errors import SqlError
from ..types import jsonb
from ..types.numbers import show_numeric
from ..types.text import Record, show
from .registry import Library

FUNCTIONS: Final = Library()
add = FUNCTIONS.add
_MISSING: Final = object()


class _Raw(str):
    """A number of a json text, in the digits it was written with."""

    __slots__ = ()


def _load_raw(text: str) -> Any:
    return json.loads(text, parse_float=_Raw, parse_int=_Raw)


def _dump(kind: str) -> Callable[[Any], str]:
    return jsonb.dump if kind == "jsonb" else dump_json


def dump_json(value: Any) -> str:
    """A part of a json value as text."""
    if isinstance(value, _Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{jsonb.quote(key)}:{dump_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump_json, value)) + "]"
    return jsonb.dump(value)


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    return dump_json(value) if not isinstance(value, Decimal) else show_numeric(value)


def _spans(text: str, start: int) -> tuple[int, Any]:
    decoder = json.JSONDecoder()
    value, end = decoder.raw_decode(text, start)
    return end, value


def _source(text: str, step: Any) -> str | None:
    """The very text of a member or an item of a json value."""
    found: str | None = None
    key: Any = None
    place = re.compile(r"\s*").match(text).end()  # type: ignore[union-attr]
    opening = text[place : place + 1]
    if (opening == "{") != isinstance(step, str) or opening not in "{[":
        return None
    parts: list[str] = []
    blank = re.compile(r"[\s,:]*")
    place = blank.match(text, place + 1).end()  # type: ignore[union-attr]
    while text[place] not in "]}":
        if opening == "{":
            place, key = _spans(text, place)
            place = blank.match(text, place).end()  # type: ignore[union-attr]
        end, _ = _spans(text, place)
        if opening == "{":
            if key == step:
                found = text[place:end]
        else:
            parts.append(text[place:end])
        place = blank.match(text, end).end()  # type: ignore[union-attr]
    if opening == "[":
        step += len(parts) if step < 0 else 0
        return parts[step] if 0 <= step < len(parts) else None
    return found


def _step(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key, _MISSING) if isinstance(key, str) else _MISSING
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else _MISSING
    return _MISSING


def _walk(value: Any, path: Any) -> Any:
    for key in path:
        if key is None:
            return _MISSING
        if isinstance(value, list):
            key = int(key) if re.fullmatch(r"[+-]?\d+", key.strip()) else None
        value = _step(value, key)
        if value is _MISSING:
            return _MISSING
    return value


def field_of(kind: str) -> Callable[[str, Any], str | None]:
    """``-> text``."""
    if kind == "json":
        return lambda text, key: _source(text, key)

    def run(text: str, key: Any) -> str | None:
        found = _step(jsonb.load(text), key)
        return None if found is _MISSING else jsonb.dump(found)

    return run


item_of = field_of


def field_text(text: str, key: Any) -> str | None:
    """``->> text``."""
    found = _step(_load_raw(text), key)
    return None if found is _MISSING else _nested_text(text, found, [key])


item_text = field_text


def _nested_text(text: str, found: Any, path: list[Any]) -> str | None:
    if isinstance(found, dict | list):
        source: str | None = text
        for key in path:
            source = _source(source or "", key)
        return source
    return _as_text(found)


def path_of(kind: str) -> Callable[[str, Any], str | None]:
    """``#>``."""

    def run(text: str, path: Any) -> str | None:
        found = _walk(_load_raw(text) if kind == "json" else jsonb.load(text), path)
        return None if found is _MISSING else _dump(kind)(found)

    return run


def path_text(text: str, path: Any) -> str | None:
    """``#>>``."""
    found = _walk(jsonb.load(text), path)
    if found is _MISSING:
        return None
    return jsonb.dump(found) if isinstance(found, dict | list | bool) else _as_text(found)


def _holds(a: Any, b: Any, top: bool = True) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return all(key in a and _holds(a[key], value, False) for key, value in b.items())
    if isinstance(a, list) and isinstance(b, list):
        return all(any(_holds(x, y, False) for x in a) for y in b)
    if top and isinstance(a, list) and not isinstance(b, dict | list):
        return any(type(x) is type(b) and x == b for x in a)
    return type(a) is type(b) and bool(a == b)


def contains(a: str, b: str) -> bool:
    """``@>``."""
    return _holds(jsonb.load(a), jsonb.load(b))


def exists(text: str, key: str) -> bool:
    """``?``."""
    value = jsonb.load(text)
    if isinstance(value, dict | list):
        return key in [item for item in value if isinstance(item, str)]
    return isinstance(value, str) and value == key


def exists_any(text: str, keys: Any) -> bool:
    """``?|``."""
    return any(exists(text, key) for key in keys if key is not None)


def exists_all(text: str, keys: Any) -> bool:
    """``?&``."""
    return all(exists(text, key) for key in keys if key is not None)


def concat(a: str, b: str) -> str:
    """``jsonb || jsonb``."""
    x, y = jsonb.load(a), jsonb.load(b)
    if isinstance(x, dict) and isinstance(y, dict):
        return jsonb.dump({**x, **y})
    if (isinstance(x, dict) and not isinstance(y, list)) or (isinstance(y, dict) and not isinstance(x, list)):
        raise SqlError("22023", "invalid concatenation of jsonb objects")
    return jsonb.dump((x if isinstance(x, list) else [x]) + (y if isinstance(y, list) else [y]))


def _scalar() -> SqlError:
    return SqlError("22023", "cannot delete from scalar")


def without_key(text: str, key: str) -> str:
    """``jsonb - text``."""
    return without_keys(text, (key,))


def without_keys(text: str, keys: Any) -> str:
    """``jsonb - text[]``."""
    value = jsonb.load(text)
    if isinstance(value, dict):
        return jsonb.dump({key: item for key, item in value.items() if key not in keys})
    if isinstance(value, list):
        return jsonb.dump([item for item in value if not (isinstance(item, str) and item in keys)])
    raise _scalar()


def without_item(text: str, index: int) -> str:
    """``jsonb - integer``."""
    value = jsonb.load(text)
    if isinstance(value, dict):
        raise SqlError("22023", "cannot delete from object using integer index")
    if not isinstance(value, list):
        raise _scalar()
    if -len(value) <= index < len(value):
        del value[index]
    return jsonb.dump(value)


def without_path(text: str, path: Any) -> str:
    """``#-``."""
    value = jsonb.load(text)
    if not isinstance(value, dict | list):
        raise SqlError("22023", "cannot delete path in scalar")
    return jsonb.dump(_edit(value, list(path), lambda holder, key: holder.pop(key), create=False)) if path else text


def _edit(value: Any, path: list[str], change: Callable[[Any, Any], Any], create: bool) -> Any:
    holder = value
    for depth, key in enumerate(path):
        last = depth == len(path) - 1
        place: Any = key
        if isinstance(holder, list):
            if not re.fullmatch(r"[+-]?\d+", key):
                raise SqlError("22P02", f'path element at position {depth + 1} is not an integer: "{key}"')
            place = int(key)
            there = -len(holder) <= place < len(holder)
        elif isinstance(holder, dict):
            there = key in holder
        else:
            return value
        if last:
            if there or create:
                change(holder, place)
            return value
        if not there:
            return value
        holder = holder[place]
    return value


def _set(text: str, path: Any, new: str, create: bool = True) -> str:
    value = jsonb.load(text)
    if not isinstance(value, dict | list):
        raise SqlError("22023", "cannot set path in scalar")

    def change(holder: Any, key: Any) -> None:
        item = jsonb.load(new)
        if isinstance(holder, list):
            if -len(holder) <= key < len(holder):
                holder[key] = item
            elif key < 0:
                holder.insert(0, item)
            else:
                holder.append(item)
        else:
            holder[key] = item

    return jsonb.dump(_edit(value, list(path), change, create))


def _insert(text: str, path: Any, new: str, after: bool = False) -> str:
    value = jsonb.load(text)

    def change(holder: Any, key: Any) -> None:
        item = jsonb.load(new)
        if isinstance(holder, list):
            place = key + len(holder) if key < 0 else key
            holder.insert(max(place + after, 0), item)
        elif key in holder:
            raise SqlError(
                "22023", "cannot replace existing key", hint="Try using the function jsonb_set to replace key value."
            )
        else:
            holder[key] = item

    return jsonb.dump(_edit(value, list(path), change, True))


# Building


def to_json(context: Any, value: Any, oid: int, jsonb_form: bool = False) -> str:
    """Any value as JSON."""
    if value is None:
        return "null"
    if isinstance(value, Record):
        pairs = [
            f"{jsonb.quote(name)}:{to_json(context, item, kind)}"
            for name, item, kind in zip(value.names, value, value.types, strict=True)
        ]
        return "{" + ",".join(pairs) + "}"
    type_ = context.find(oid)
    while type_.base:
        type_ = context.find(type_.base)
    if type_.element and type_.oid not in (22, 30):
        return (
            "["
            + ",".join(to_json(context, item, oid if type(item) is tuple else type_.element) for item in value)
            + "]"
        )
    if type_.name in ("json", "jsonb"):
        return str(value)
    text = show(value, type_, context.find, context.style)
    if type_.name == "bool":
        return "true" if value else "false"
    if type_.name in ("int2", "int4", "int8", "float4", "float8", "numeric", "oid") and text[-1].isdigit():
        return text
    if type_.name in ("timestamp", "timestamptz") and value not in (2**63 - 1, -(2**63)):
        text = text.replace(" ", "T", 1)
        if type_.name == "timestamptz" and re.search(r"[+-]\d\d$", text):
            text += ":00"
    return jsonb.quote(text)


def build_object(context: Any, values: list[tuple[Any, int]], spaced: str = " : ") -> str:
    """``json_build_object``."""
    if len(values) % 2:
        raise SqlError(
            "22023", "argument list must have even number of elements",
            hint="The arguments of json_build_object() must consist of alternating keys and values.",
        )  # fmt: skip
    pairs: list[str] = []
    for place in range(0, len(values), 2):
        key, kind = values[place]
        if key is None:
            raise SqlError("22004", f"argument {place + 1} cannot be null", hint="Object keys should be text.")
        name = key if isinstance(key, str) else show(key, context.find(kind), context.find, context.style)
        pairs.append(f"{jsonb.quote(name)}{spaced}{to_json(context, *values[place + 1])}")
    return "{" + ", ".join(pairs) + "}"


def build_array(context: Any, values: list[tuple[Any, int]]) -> str:
    """``json_build_array``."""
    return "[" + ", ".join(to_json(context, value, kind) for value, kind in values) + "]"


_KINDS: Final = {
    dict: "object",
    list: "array",
    str: "string",
    _Raw: "number",
    Decimal: "number",
    bool: "boolean",
    type(None): "null",
}


def _kind(text: str) -> str:
    return _KINDS[type(_load_raw(text))]


def _items(kind: str) -> Callable[[str], Any]:
    def run(text: str) -> Any:
        value = _load_raw(text) if kind == "json" else jsonb.load(text)
        if not isinstance(value, list):
            what = "an object" if isinstance(value, dict) else "a scalar"
            raise SqlError("22023", f"cannot extract elements from {what}")
        return [_source(text, n) for n in range(len(value))] if kind == "json" else map(jsonb.dump, value)

    return run


def _items_text(text: str) -> Any:
    value = jsonb.load(text)
    if not isinstance(value, list):
        raise SqlError(
            "22023", f"cannot extract elements from {'an object' if isinstance(value, dict) else 'a scalar'}"
        )
    return [_text_of(item) for item in value]


def _text_of(item: Any) -> str | None:
    return jsonb.dump(item) if isinstance(item, dict | list | bool) else _as_text(item)


def _object(text: str, what: str) -> dict[str, Any]:
    value = jsonb.load(text)
    if not isinstance(value, dict):
        raise SqlError("22023", f"cannot call {what} on {'an array' if isinstance(value, list) else 'a scalar'}")
    return {key: value[key] for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}


def _keys(name: str) -> Callable[[str], Any]:
    return lambda text: list(_object(text, name)) if name.startswith("jsonb") else list(_unordered(text, name))


def _unordered(text: str, what: str) -> dict[str, Any]:
    value = _load_raw(text)
    if not isinstance(value, dict):
        raise SqlError("22023", f"cannot call {what} on {'an array' if isinstance(value, list) else 'a scalar'}")
    return value


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strip(item) for key, item in value.items() if item is not None}
    return [_strip(item) for item in value] if isinstance(value, list) else value


def _array_length(text: str) -> int:
    value = _load_raw(text)
    if not isinstance(value, list):
        what = "a non-array" if isinstance(value, dict) else "a scalar"
        raise SqlError("22023", f"cannot get array length of {what}")
    return len(value)


def pretty(value: Any, depth: int = 0) -> str:
    """``jsonb_pretty``."""
    pad = "    " * (depth + 1)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        inner = ",\n".join(f"{pad}{jsonb.quote(key)}: {pretty(value[key], depth + 1)}" for key in keys)
        return "{\n" + inner + "\n" + "    " * depth + "}"
    if isinstance(value, list):
        inner = ",\n".join(pad + pretty(item, depth + 1) for item in value)
        return "[\n" + inner + "\n" + "    " * depth + "]"
    return jsonb.dump(value)


for _name in ("json", "jsonb"):
    add(f"{_name}_typeof({_name}) text", _kind)
    add(f"{_name}_array_length({_name}) int4", _array_length)
    add(f"{_name}_array_elements({_name}) setof {_name}", _items(_name))
    add(f"{_name}_array_elements_text({_name}) setof text", _items_text)
    add(f"{_name}_object_keys({_name}) setof text", _keys(f"{_name}_object_keys"))
    add(f"{_name}_extract_path({_name}, variadic text[]) {_name}", path_of(_name))
    add(f"{_name}_extract_path_text({_name}, variadic text[]) text", path_text)
add(
    "jsonb_each(jsonb) setof (key text, value jsonb)",
    lambda t: [(k, jsonb.dump(v)) for k, v in _object(t, "jsonb_each").items()],
)
add(
    "jsonb_each_text(jsonb) setof (key text, value text)",
    lambda t: [(k, _text_of(v)) for k, v in _object(t, "jsonb_each_text").items()],
)
add("json_each(json) setof (key text, value json)", lambda t: [(k, _source(t, k)) for k in _unordered(t, "json_each")])
add(
    "json_each_text(json) setof (key text, value text)",
    lambda t: [(k, field_text(t, k)) for k in _unordered(t, "json_each_text")],
)
add("jsonb_set(jsonb, text[], jsonb) jsonb; jsonb_set(jsonb, text[], jsonb, bool) jsonb", _set)
add("jsonb_insert(jsonb, text[], jsonb) jsonb; jsonb_insert(jsonb, text[], jsonb, bool) jsonb", _insert)
add("jsonb_strip_nulls(jsonb) jsonb", lambda text: jsonb.dump(_strip(jsonb.load(text))))
add("json_strip_nulls(json) json", lambda text: dump_json(_strip(_load_raw(text))))
add("jsonb_pretty(jsonb) text", lambda text: pretty(jsonb.load(text)))
add(
    "json_object(text[]) json",
    lambda items: (
        "{"
        + ", ".join(
            f"{jsonb.quote(items[n])} : {'null' if items[n + 1] is None else jsonb.quote(items[n + 1])}"
            for n in range(0, len(items), 2)
        )
        + "}"
    ),
)


def _canonical(make: Callable[..., str]) -> Callable[..., str]:
    return lambda context, values: jsonb.canonical(make(context, values))


def _jsonb_object(context: Any, values: list[tuple[Any, int]]) -> str:
    return build_object(context, values)


def _one(context: Any, values: list[tuple[Any, int]]) -> str | None:
    return None if values[0][0] is None else to_json(context, *values[0])


for _name, _wrap in (("json", lambda make: make), ("jsonb", _canonical)):
    add(
        f"{_name}_build_object(variadic any) {_name}; {_name}_build_object() {_name}",
        _wrap(_jsonb_object),
        typed=True,
        strict=False,
    )
    add(
        f"{_name}_build_array(variadic any) {_name}; {_name}_build_array() {_name}",
        _wrap(build_array),
        typed=True,
        strict=False,
    )
add("to_json(anyelement) json; row_to_json(record) json; array_to_json(anyarray) json", _one, typed=True, strict=True)
add(
    "to_jsonb(anyelement) jsonb",
    _canonical(lambda context, values: to_json(context, *values[0])),
    typed=True,
    strict=True,
)
