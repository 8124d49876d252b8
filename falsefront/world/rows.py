"""One version of a table: its entries over an optional frozen base, in order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from falsefront.kernel.state import Base, Document, Key, TableSpec

from . import tree


class Change(NamedTuple):
    """One document before and after an operation; ``None`` where it was or is not there."""

    table: str
    key: Key
    before: Document | None
    after: Document | None


@dataclass(frozen=True, slots=True)
class Rows:
    """One version of one table: its own entries over an optional frozen base.

    ``entries`` maps a key to (document, entry digest), or to ``None`` for a row of the base that was deleted.
    """

    spec: TableSpec
    entries: tree.Tree
    indexes: tuple[tree.Tree, ...]
    count: int
    digest: int
    base: Base | None = None

    @classmethod
    def empty(cls, spec: TableSpec) -> Rows:
        """A table with nothing in it."""
        return cls(spec, tree.EMPTY, (tree.EMPTY,) * len(spec.indexes), 0, 0)

    def get(self, key: Key) -> Document | None:
        """The document at ``key``."""
        entry = tree.get(self.entries, key, tree)
        if entry is tree:
            return self.base.get(key) if self.base is not None else None
        return None if entry is None else entry[0]

    def scan(self, start: Key | None = None, *, reverse: bool = False) -> Iterator[tuple[Key, Document]]:
        """Documents in key order; the base's come first."""
        own = ((key, entry[0]) for key, entry in tree.scan(self.entries, start, reverse=reverse) if entry is not None)
        if self.base is None:
            yield from own
        else:
            yield from _merge(self._base_rows(start, reverse=reverse), own, reverse=reverse)

    def _base_rows(self, start: Key | None, *, reverse: bool) -> Iterator[tuple[Key, Document]]:
        assert self.base is not None
        rows: Iterable[tuple[Key, Document]] = self.base.items()
        for key, document in reversed(list(rows)) if reverse else rows:
            if start is not None and (key > start if reverse else key < start):
                continue
            if tree.get(self.entries, key, tree) is tree:
                yield key, document


def _merge(
    left: Iterator[tuple[Key, Document]], right: Iterator[tuple[Key, Document]], *, reverse: bool
) -> Iterator[tuple[Key, Document]]:
    return heapq.merge(left, right, key=lambda row: row[0], reverse=reverse)


def diff_rows(name: str, old: Rows, new: Rows) -> Iterator[Change]:
    """What differs between two versions of a table, by key; costs what differs where they stand on one base."""
    if old.base is new.base:
        for key, _, _ in tree.diff(old.entries, new.entries):
            change = Change(name, key, old.get(key), new.get(key))
            if change.before != change.after:
                yield change
        return
    # Bases differ only after a bulk load or a compaction: compare row by row.
    left: Mapping[Key, Document] = dict(old.scan())
    right: Mapping[Key, Document] = dict(new.scan())
    for key in sorted({**left, **right}):
        if left.get(key) != right.get(key):
            yield Change(name, key, left.get(key), right.get(key))
