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
_WORTH_IT: Final = 8
"""How many lines must have changed for a shortcut to be looked for."""
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
    """The trail of the path that first reaches the end of both."""
    height, width = len(old), len(new)
    at = 0
    while at < height and at < width and old[at] == new[at]:
        at += 1
    trail: _Trail = (None, " ", at) if at else None
    if at == height == width:
        return trail
    shortcut = _one_block(old, new, at, trail)
    if shortcut is not None:
        return shortcut
    # Each diagonal (lines consumed of the old less those of the new) has the lines consumed of the old, and a trail.
    reached: list[int] = [-1] * (height + width + 3)
    trails: list[_Trail] = [None] * (height + width + 3)
    reached[0], trails[0] = at, trail
    lowest, highest = -(width + 1), height + 1
    edits = 0
    while True:
        edits += 1
        for diagonal in range(max(lowest, -edits), min(highest, edits) + 1, 2):
            below, above = reached[diagonal - 1], reached[diagonal + 1]
            can_remove = -1 < below < height
            if above >= 0 and 0 <= above - diagonal - 1 < width and (not can_remove or below < above):
                at = above
                trail = trails[diagonal + 1]
                trail = (trail[0], "+", trail[2] + 1) if trail and trail[1] == "+" else (trail, "+", 1)
            elif can_remove:
                at = below + 1
                trail = trails[diagonal - 1]
                trail = (trail[0], "-", trail[2] + 1) if trail and trail[1] == "-" else (trail, "-", 1)
            else:
                reached[diagonal - 1] = reached[diagonal] = -1
                continue
            reached[diagonal - 1] = -1
            start = at
            while at < height and at - diagonal < width and old[at] == new[at - diagonal]:
                at += 1
            if at > start:
                trail = (trail, " ", at - start)
            if at >= height and at - diagonal >= width:
                return trail
            reached[diagonal] = at
            trails[diagonal] = trail
            if at >= height:
                highest = min(highest, diagonal - 1)
            if at - diagonal >= width:
                lowest = max(lowest, diagonal + 1)


def _one_block(old: Sequence[str], new: Sequence[str], start: int, trail: _Trail) -> _Trail:
    """The trail where one block of lines has been replaced by lines that are all new: the search would take long."""
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    if len(gone) + len(come) < _WORTH_IT or not set(gone).isdisjoint(new) or not set(come).isdisjoint(old):
        return None
    for sign, count in (("-", len(gone)), ("+", len(come)), (" ", end)):
        if count:
            trail = (trail, sign, count)
    return trail


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
