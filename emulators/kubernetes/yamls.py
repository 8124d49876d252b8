"""YAML, imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def _module() -> Any:
    return import_module("yaml")


def _read(read: Callable[[Any, Any], Any]) -> Any:
    """What ``read`` makes of the module and its safe loader. Raises ``ValueError``."""
    yaml = _module()
    try:
        return read(yaml, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as failure:
        raise ValueError(str(failure).splitlines()[0]) from None


def load(data: bytes) -> Any:
    """The one document of a stream. Raises ``ValueError``."""
    return _read(lambda yaml, loader: yaml.load(data, Loader=loader))


def load_all(text: str) -> list[Any]:
    """The documents of a stream, without the empty ones. Raises ``ValueError``."""
    found: list[Any] = _read(lambda yaml, loader: list(yaml.load_all(text, Loader=loader)))
    return [document for document in found if document is not None]


def check_depth(data: bytes, deepest: int) -> None:
    """Refuse what is nested too deep before it is composed: libyaml would run out of stack. Raises ``ValueError``."""
    if _read(lambda yaml, loader: _depth(yaml, yaml.parse(data, Loader=loader), deepest)) > deepest:
        raise ValueError("exceeded max depth")


def _depth(yaml: Any, events: Any, deepest: int) -> int:
    """How deep a stream goes, as far as that is still allowed."""
    depth = most = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            most = max(most, depth)
            if depth > deepest:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return most


def dump(value: Any) -> bytes:
    """A value as one document."""
    text: str = _module().safe_dump(value, sort_keys=False)
    return text.encode()
