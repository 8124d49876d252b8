"""A whole glob: negation, braces, slashes and ``**``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from .braces import expand
from .segment import BadGlob, Test, segment

__all__ = ["LONGEST", "BadGlob", "matcher"]

Matcher: TypeAlias = Callable[[str], bool]

LONGEST: Final = 64 * 1024
"""The longest glob."""
_SLASHES: Final = re.compile("/+")

_Segments: TypeAlias = "list[Test | None]"
"""The tests of a path's names; ``None`` stands for ``**``."""


@lru_cache(maxsize=512)
def matcher(glob: str) -> Matcher:
    """What tests a path against a glob. Raises ``BadGlob``."""
    if len(glob) > LONGEST:
        raise BadGlob("pattern is too long")
    if glob.startswith("#"):
        return lambda path: False
    if not glob:
        return lambda path: path == ""
    bare = glob.lstrip("!")
    negated = (len(glob) - len(bare)) % 2 == 1
    globs = [_compile(each) for each in expand(bare)] if bare else []
    return lambda path: any(_matches(each, path.split("/")) for each in globs) != negated


def _compile(glob: str) -> _Segments:
    return [None if part == "**" else segment(part) if part else _is_empty for part in _parts(glob)]


def _is_empty(name: str) -> bool:
    return name == ""


def _parts(glob: str) -> list[str]:
    """A glob's segments; a name and the ``..`` after it have gone, and of several ``**`` in a row one is left."""
    parts: list[str] = []
    for part in _SLASHES.split(glob):
        if part == "**" and parts[-1:] == ["**"]:
            continue
        if part == ".." and parts and parts[-1] not in ("", "..", ".", "**"):
            parts.pop()
        else:
            parts.append(part)
    return parts or [""]


def _matches(tests: _Segments, names: Sequence[str]) -> bool:
    """Whether names match; ``**`` is any number of them, and at the end at least one."""
    places = {0}
    for place, test in enumerate(tests):
        if not places:
            return False
        if test is None:
            least = 1 if place == len(tests) - 1 else 0
            places = set(range(min(places) + least, len(names) + 1))
        else:
            places = {at + 1 for at in places if at < len(names) and test(names[at])}
    return len(names) in places
