"""Globs as minimatch reads them, with its option ``dot``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from wcmatch import glob as wc

_FLAGS = wc.DOTGLOB | wc.GLOBSTAR | wc.EXTGLOB | wc.BRACE | wc.FORCEUNIX


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], bool]:
    if pattern.startswith("#") or not pattern:
        return (lambda path: False) if pattern else (lambda path: path == "")
    negate = False
    while pattern.startswith("!"):
        negate = not negate
        pattern = pattern[1:]
    m = wc.compile(pattern, flags=_FLAGS)
    return lambda path: m.match(path) != negate
