"""JSON patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final


class PatchFailed(ValueError):
    """An operation that cannot be done on this value, or a failed test."""


_NOTHING: Final = object()


def apply(document: Any, operations: Sequence[Any]) -> Any:
    """The value after every operation, in order. Raises ``PatchFailed``; the value given is not changed."""
    document = deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchFailed("not an operation")
        document = _operate(document, operation)
    return document


def _operate(document: Any, operation: dict[str, Any]) -> Any:
    path = _pointer(operation.get("path"))
    value = deepcopy(operation.get("value", _NOTHING))
    match operation.get("op"):
        case "test":
            found = _get(document, path)
            if found != (None if value is _NOTHING else value) or type(found) is not type(value):
                raise PatchFailed("testing value failed")
            return document
        case "remove":
            return _remove(document, path)
        case "add":
            return _add(document, path, value)
        case "replace":
            _get(document, path)
            return _add(_remove(document, path), path, value) if path else value
        case "copy":
            return _add(document, path, deepcopy(_get(document, _pointer(operation.get("from")))))
        case "move":
            source = _pointer(operation.get("from"))
            moved = _get(document, source)
            return _add(_remove(document, source), path, moved)
        case other:
            raise PatchFailed(f"unexpected kind: {other}")


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise PatchFailed(f"bad pointer {text!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _get(document: Any, path: Sequence[str]) -> Any:
    for part in path:
        match document:
            case dict() if part in document:
                document = document[part]
            case list():
                document = document[_place(document, part, len(document) - 1)]
            case _:
                raise PatchFailed(f"no {part}")
    return document


def _place(items: Sequence[Any], part: str, last: int) -> int:
    try:
        place = int(part)
    except ValueError:
        raise PatchFailed(f"{part} is no index") from None
    if place < 0:
        place += len(items)
    if not 0 <= place <= last:
        raise PatchFailed(f"index {part} out of range")
    return place


def _add(document: Any, path: Sequence[str], value: Any) -> Any:
    if value is _NOTHING:
        value = None
    if not path:
        return value
    parent, last = _get(document, path[:-1]), path[-1]
    match parent:
        case dict():
            parent[last] = value
        case list():
            place = len(parent) if last == "-" else _place(parent, last, len(parent))
            parent.insert(place, value)
        case _:
            raise PatchFailed(f"nothing can be added at {last}")
    return document


def _remove(document: Any, path: Sequence[str]) -> Any:
    if not path:
        return None
    parent, last = _get(document, path[:-1]), path[-1]
    match parent:
        case dict() if last in parent:
            del parent[last]
        case list():
            del parent[_place(parent, last, len(parent) - 1)]
        case _:
            raise PatchFailed(f"no {last}")
    return document
