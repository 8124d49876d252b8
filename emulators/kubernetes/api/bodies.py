"""Request bodies: JSON and YAML read as the real server reads them, duplicates and all."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from .. import yamls
from . import status

FORMATS: Final = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_DEEPEST: Final = 200
"""Levels of nesting; Go allows 10,000, which no object needs."""
_MOST_NODES: Final = 1_000_000
"""Values in a YAML document whose aliases are written out."""
_WORD: Final = 1 << 63
_SURROGATE: Final = "\\ud"
"""How an escape of half a surrogate pair begins, in lower case."""


class Duplicates:
    """Collects the paths of keys that one object holds twice."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._marks: dict[int, list[str]] = {}
        self._kept: list[Any] = []

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """An ``object_pairs_hook`` that remembers which keys came twice."""
        found: dict[str, Any] = {}
        twice: list[str] = []
        for key, value in pairs:
            if key in found:
                twice.append(key)
            found[key] = value
        if twice:
            self._marks[id(found)] = twice
            self._kept.append(found)
        return found

    def collect(self, value: Any, path: str = "") -> list[str]:
        """Where the duplicates are, once the whole is known."""
        if not self._marks:
            return []
        match value:
            case dict():
                here = [f"{path}.{key}" if path else key for key in self._marks.get(id(value), ())]
                return here + [
                    found
                    for key, item in value.items()
                    for found in self.collect(item, f"{path}.{key}" if path else key)
                ]
            case list():
                return [found for at, item in enumerate(value) for found in self.collect(item, f"{path}[{at}]")]
            case _:
                return []


def parse_json(data: bytes) -> tuple[Any, list[str]]:
    """A JSON value and its duplicate keys. Raises ``ValueError`` with Go's words."""
    duplicates = Duplicates()
    try:
        text = data.decode()
    except UnicodeDecodeError as failure:
        raise ValueError(f"invalid character '\\x{data[failure.start]:02x}' looking for beginning of value") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=duplicates.pairs,
            parse_int=_integer,
            parse_float=_fraction,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as failure:
        raise ValueError(_go_json(text, failure)) from None
    except RecursionError:
        raise ValueError("exceeded max depth") from None
    check_depth(value)
    paths = duplicates.collect(value)
    if _SURROGATE in text.lower():
        return _well_formed(value), _well_formed(paths)
    return value, paths


def check_depth(value: Any) -> None:
    """Raises ``ValueError`` for a value that is nested deeper than anything here needs."""
    level: dict[int, Any] = {id(value): value}
    depth = 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError("exceeded max depth")
        # By identity: what YAML's aliases share is looked at once.
        level = {
            id(child): child
            for item in level.values()
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        }


def _integer(digits: str) -> int | float:
    """A whole number as Go reads it: one beyond 64 bits is a float."""
    if len(digits) <= 20 and -_WORD <= (value := int(digits)) < _WORD:
        return value
    return _fraction(digits)


def _fraction(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        raise ValueError(f"json: cannot unmarshal number {shown} into Go value of type float64")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"invalid character '{name[0]}' looking for beginning of value")


def _well_formed(value: Any) -> Any:
    """A value whose texts have U+FFFD where half a surrogate pair stood, as Go has it."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case dict():
            return {_well_formed(key): _well_formed(item) for key, item in value.items()}
        case list():
            return [_well_formed(item) for item in value]
        case _:
            return value


_AFTER: Final = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
}


def _go_json(text: str, failure: json.JSONDecodeError) -> str:
    if failure.pos >= len(text) or failure.msg.startswith("Unterminated"):
        return "unexpected end of JSON input"
    where = _AFTER.get(
        failure.msg, "in string literal" if "control" in failure.msg else "looking for beginning of value"
    )
    return f"invalid character {_quote(text[failure.pos])} {where}"


def _quote(character: str) -> str:
    return {"'": "'\\''", '"': "'\"'", "\n": "'\\n'", "\t": "'\\t'"}.get(character, f"'{character}'")


def parse_yaml(data: bytes) -> Any:
    """A YAML document. Raises ``ValueError``."""
    yamls.check_depth(data, _DEEPEST)
    value = yamls.load(data)
    check_depth(value)
    if _count(value, {}) > _MOST_NODES:
        raise ValueError("yaml: document contains excessive aliasing")
    try:
        text = json.dumps(value, default=str)
    except TypeError as failure:
        raise ValueError(f"yaml: {failure}") from None
    return parse_json(text.encode())[0]


def _count(value: Any, known: dict[int, int]) -> int:
    """How many values there are once every alias is written out."""
    if not isinstance(value, dict | list):
        return 1
    found = known.get(id(value))
    if found is None:
        found = 1 + sum(_count(item, known) for item in (value.values() if isinstance(value, dict) else value))
        known[id(value)] = found
    return found


def read_object(data: bytes, content_type: str, kind: str) -> tuple[Any, list[str]]:
    """The object in a JSON or YAML body, and its duplicate keys. Raises a Status failure."""
    yaml = content_type == "application/yaml"
    try:
        value, duplicates = (parse_yaml(data), []) if yaml else parse_json(data)
    except ValueError as failure:
        shown = data[:1000].decode("utf-8", "replace") or "<empty>"
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: {failure} ({shown})"
        ) from None
    if not isinstance(value, dict):
        what = {list: "array", str: "string", bool: "bool", type(None): "null"}.get(type(value), "number")
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse "
            f"error: json: cannot unmarshal {what} into Go value of type struct "
            '{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
        )
    return value, duplicates
