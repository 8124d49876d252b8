"""Keys by which rows are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..types.compare import key_of
from .run import Run


def keys_of(run: Run, types: list[int]) -> Callable[[Any], Any]:
    """What makes rows of these types comparable for equality."""
    keys = [key_of(run.find(oid), run.find) for oid in types]
    return lambda row: tuple(v if v is None or k is None else k(v) for v, k in zip(row, keys, strict=False))
