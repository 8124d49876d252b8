"""All functions by name."""

from __future__ import annotations

from functools import lru_cache

from . import arrays, json_ops, maths, strings, system, times
from .aggregates import AGGREGATES, ORDERED, WINDOWS
from .registry import Function

_LIBRARIES = (
    strings.FUNCTIONS, maths.FUNCTIONS, times.FUNCTIONS, arrays.FUNCTIONS, json_ops.FUNCTIONS, system.FUNCTIONS,
    AGGREGATES, ORDERED, WINDOWS,
)  # fmt: skip


@lru_cache(maxsize=1024)
def functions(name: str) -> tuple[Function, ...]:
    """The candidates of a name: plain functions, aggregates and window functions."""
    return tuple(function for library in _LIBRARIES for function in library.get(name))


def every() -> list[Function]:
    """All functions, for pg_proc."""
    return [function for library in _LIBRARIES for found in library.by_name.values() for function in found]
