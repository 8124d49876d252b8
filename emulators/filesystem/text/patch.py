"""Unified diffs as jsdiff prints them.

Two texts have many shortest edit scripts; which one is shown follows from how ties are broken. The search is Myers'
greedy one: by the number of edits, each diagonal keeps the path that got furthest. A diagonal is reached by a
removal from the one below or by an addition from the one above, and takes the addition only if that one
has consumed more of the old text. Diagonals beyond an edge that has been reached are given up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

CONTEXT: Final = 4
"""Lines shown around a change."""
_RULE: Final = "=" * 67
_NO_NEWLINE: Final = "\\ No newline at end of file"


class Run(NamedTuple):
    """Lines in a row that are kept (a blank), removed (``-``) or added (``+``)."""

    sign: str
    lines: Sequence[str]


_Trail: TypeAlias = "tuple[_Trail, str, int] | None"
"""How a path came about, backwards: the trail before, a sign, and for how many lines."""


def lines_of(text: str) -> list[str]:
    """The lines of a text, each with the line feed that ends it."""
    lines = text.split("\n")
    last = lines.pop()
    return [*(line + "\n" for line in lines), *([last] if last else [])]


def runs(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """What to keep, remove and add to make ``new`` of ``old``."""
    trail = _search(old, new)
    steps: list[tuple[str, int]] = []
    while trail is not None:
        trail, sign, count = trail
        steps.append((sign, count))
    found: list[Run] = []
    at_old = at_new = 0
    for sign, count in reversed(steps):
        if sign == "-":
            found.append(Run(sign, old[at_old : at_old + count]))
        else:
            found.append(Run(sign, new[at_new : at_new + count]))
        at_old += count if sign != "+" else 0
        at_new += count if sign != "-" else 0
    return found


def _search(old: Sequence[str], new: Sequence[str]) -> _Trail:
    height, width = len(old), len(new)

    def slide(at: int, diagonal: int, trail: _Trail) -> tuple[int, _Trail]:
        """Go along a diagonal for as long as the lines are equal."""
        start = at
        while at < height and at - diagonal < width and old[at] == new[at - diagonal]:
            at += 1
        return (at, (trail, " ", at - start)) if at > start else (at, trail)

    # Each diagonal (lines consumed of the old less those of the new) keeps the lines consumed of the old and a trail.
    furthest: dict[int, tuple[int, _Trail]] = {0: slide(0, 0, None)}
    if furthest[0][0] == height == width:
        return furthest[0][1]
    lowest, highest = -(width + 1), height + 1
    edits = 0
    while True:
        edits += 1
        first = max(lowest, -edits)
        for diagonal in range(first, min(highest, edits) + 1, 2):
            below, above = furthest.pop(diagonal - 1, None), furthest.get(diagonal + 1)
            can_remove = below is not None and below[0] < height
            can_add = above is not None and 0 <= above[0] - diagonal - 1 < width
            if can_add and (not can_remove or below[0] < above[0]):  # type: ignore[index]
                at, trail = above[0], _extend(above[1], "+")  # type: ignore[index]
            elif can_remove:
                at, trail = below[0] + 1, _extend(below[1], "-")  # type: ignore[index]
            else:
                furthest.pop(diagonal, None)
                continue
            at, trail = slide(at, diagonal, trail)
            if at >= height and at - diagonal >= width:
                return trail
            furthest[diagonal] = (at, trail)
            if at >= height:
                highest = min(highest, diagonal - 1)
            if at - diagonal >= width:
                lowest = max(lowest, diagonal + 1)


def _extend(trail: _Trail, sign: str) -> _Trail:
    if trail is not None and trail[1] == sign:
        return trail[0], sign, trail[2] + 1
    return trail, sign, 1


class _Hunk:
    """Changes that stand close together, and the lines around them."""

    def __init__(self, old: int, new: int, before: Sequence[str]) -> None:
        self.old = old - len(before)
        self.new = new - len(before)
        self.taken = len(before)
        self.added = len(before)
        self.lines = [" " + line for line in before]

    def take(self, run: Run) -> None:
        self.lines += [run.sign + line for line in run.lines]
        self.taken += len(run.lines) if run.sign != "+" else 0
        self.added += len(run.lines) if run.sign != "-" else 0

    def show(self) -> Iterator[str]:
        old = self.old if self.taken else self.old - 1
        new = self.new if self.added else self.new - 1
        yield f"@@ -{old},{self.taken} +{new},{self.added} @@"
        for line in self.lines:
            if line.endswith("\n"):
                yield line[:-1]
            else:
                yield line
                yield _NO_NEWLINE


def hunks(changes: Sequence[Run]) -> Iterator[_Hunk]:
    """The changes with their context; changes at most twice the context apart share a hunk."""
    open_hunk: _Hunk | None = None
    old = new = 1
    for place, run in enumerate(changes):
        if run.sign != " ":
            if open_hunk is None:
                before = changes[place - 1].lines[-CONTEXT:] if place else ()
                open_hunk = _Hunk(old, new, before)
            open_hunk.take(run)
        elif open_hunk is not None:
            if len(run.lines) <= CONTEXT * 2 and place < len(changes) - 1:
                open_hunk.take(run)
            else:
                open_hunk.take(Run(" ", run.lines[:CONTEXT]))
                yield open_hunk
                open_hunk = None
        old += len(run.lines) if run.sign != "+" else 0
        new += len(run.lines) if run.sign != "-" else 0
    if open_hunk is not None:
        yield open_hunk


def patch(name: str, old: str, new: str, old_label: str = "original", new_label: str = "modified") -> str:
    """A unified diff of two texts, whose lines end in line feeds, with jsdiff's head."""
    shown = [f"Index: {name}", _RULE, f"--- {name}\t{old_label}", f"+++ {name}\t{new_label}"]
    for hunk in hunks(runs(lines_of(old), lines_of(new))):
        shown += hunk.show()
    return "\n".join(shown) + "\n"
