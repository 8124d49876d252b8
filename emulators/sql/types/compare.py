"""How values of a type compare: keys for sorting, equality and hashing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import jsonb
from .table import BPCHAR, FLOAT4, FLOAT8, INTERVAL, JSONB, NUMERIC, RECORD, Type


def _number(value: Any) -> Any:
    return (1, 0) if value != value else (0, value)


def _freeze(value: Any) -> Any:
    return tuple(map(_freeze, value)) if isinstance(value, list | tuple) else value


def key_of(type_: Type, find: Any) -> Callable[[Any], Any] | None:
    """What makes a value (never ``None``) comparable and hashable as its type; ``None`` if it is so already."""
    oid = type_.oid
    if oid in (NUMERIC, FLOAT4, FLOAT8):
        return _number
    if oid == BPCHAR:
        return lambda value: value.rstrip(" ")
    if oid == INTERVAL:
        return lambda value: value.span()
    if oid == JSONB:
        return lambda value: _freeze(jsonb.order(jsonb.load(value)))
    if type_.labels:
        order = {label: place for place, label in enumerate(type_.labels)}
        return order.__getitem__
    if type_.base:
        return key_of(find(type_.base), find)
    if type_.element and oid not in (22, 30):
        return _array_key(key_of(find(type_.element), find))
    if oid == RECORD:
        return lambda value: tuple(
            (1, 0) if item is None else (0, key(item) if (key := key_of(find(t), find)) else item)
            for item, t in zip(value, value.types, strict=True)
        )
    return None


def _array_key(inner: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    def key(value: Any) -> Any:
        return tuple(
            (1, 0) if item is None else (0, key(item) if type(item) is tuple else inner(item) if inner else item)
            for item in value
        )

    return key
