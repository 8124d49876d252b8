"""A world's state as immutable versions, and the transactions that lead from one to the next."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from immutables import Map

from falsefront.kernel.state import Base, Document, Key, TableSpec

from . import tree
from .clock import Clock, moment
from .digest import MODULUS, entry_digest
from .ids import Ids
from .timers import Timers

CHECK_DOCUMENTS: Final = bool(os.environ.get("FALSEFRONT_CHECK_DOCUMENTS"))
"""A debug switch: every commit proves that no document it had given out was changed in place."""


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
    import heapq

    return heapq.merge(left, right, key=lambda row: row[0], reverse=reverse)


@dataclass(frozen=True, slots=True)
class Version:
    """The whole state of a world at one moment; never changed, shared freely.

    ``extra`` holds what layers above the store keep in a world's state (its fault rules and their counts).
    """

    seed: int = 0
    number: int = 0
    digest: int = 0
    clock: Clock = field(default_factory=Clock)
    tables: Map[str, Rows] = field(default_factory=Map)
    counters: Map[str, int] = field(default_factory=Map)
    sequences: Map[str, int] = field(default_factory=Map)
    extra: Map[str, Any] = field(default_factory=Map)


class _TableView:
    """A table as an open transaction sees it (``kernel.state.Table``)."""

    __slots__ = ("_base", "_given", "_transaction", "count", "digest", "entries", "indexes", "spec", "touched")

    def __init__(self, transaction: Transaction, rows: Rows, spec: TableSpec) -> None:
        self._transaction = transaction
        self.spec = spec
        self._base = rows.base
        self.entries = rows.entries
        self.indexes = rows.indexes
        self.count = rows.count
        self.digest = rows.digest
        self.touched = False
        self._given: dict[Key, tuple[Document, int]] = {}

    def rows(self) -> Rows:
        return Rows(self.spec, self.entries, self.indexes, self.count, self.digest, self._base)

    @property
    def base(self) -> Base | None:
        return self._base

    def __len__(self) -> int:
        return self.count

    def __contains__(self, key: Key) -> bool:
        return self._entry(key) is not None

    def __getitem__(self, key: Key) -> Document:
        entry = self._entry(key)
        if entry is None:
            raise KeyError(key)
        return entry[0]

    def get(self, key: Key) -> Document | None:
        entry = self._entry(key)
        return None if entry is None else entry[0]

    def _entry(self, key: Key) -> tuple[Document, int] | None:
        entry: Any = tree.get(self.entries, key, tree)
        if entry is not tree:
            found: tuple[Document, int] | None = entry
            if CHECK_DOCUMENTS and found is not None:
                self._given[key] = found
            return found
        if self._base is None:
            return None
        document = self._base.get(key)
        return None if document is None else (document, self._digest_of(key, document))

    def _digest_of(self, key: Key, document: Document) -> int:
        return entry_digest(self.spec.name, key, document) if self.spec.content else 0

    def put(self, key: Key, document: Document) -> None:
        old = self._entry(key)
        digest = self._digest_of(key, document)
        if old is None:
            self.count += 1
            self.digest += digest
            before = None
        else:
            before = old[0]
            if before is document or (self.spec.content and old[1] == digest):
                return
            self.digest += digest - old[1]
        self.entries = tree.put(self.entries, key, (document, digest))
        self._changed(key, before, document)

    def delete(self, key: Key) -> None:
        old = self._entry(key)
        if old is None:
            return
        self.count -= 1
        self.digest -= old[1]
        self.entries = tree.delete(self.entries, key)
        if self._base is not None and self._base.get(key) is not None:
            self.entries = tree.put(self.entries, key, None)
        self._changed(key, old[0], None)

    def _changed(self, key: Key, before: Document | None, after: Document | None) -> None:
        self.touched = True
        if self.spec.indexes:
            self._reindex(key, before, after)
        self._transaction.changes.append(Change(self.spec.name, key, before, after))

    def _reindex(self, key: Key, before: Document | None, after: Document | None) -> None:
        indexes = list(self.indexes)
        for place, index in enumerate(self.spec.indexes):
            old = [] if before is None else list(index.keys(key, before))
            new = [] if after is None else list(index.keys(key, after))
            if old == new:
                continue
            entries = indexes[place]
            for filed in old:
                entries = tree.delete(entries, (*filed, key))
            for filed in new:
                entries = tree.put(entries, (*filed, key), None)
            indexes[place] = entries
        self.indexes = tuple(indexes)

    def scan(self, start: Key | None = None, *, reverse: bool = False) -> Iterator[tuple[Key, Document]]:
        rows = self.rows().scan(start, reverse=reverse)
        return ((key, self[key]) for key, _ in rows) if CHECK_DOCUMENTS else rows

    def prove(self) -> None:
        """Raise ``AssertionError`` if a document that was given out has been changed in place."""
        for key, (document, digest) in self._given.items():
            if self._digest_of(key, document) != digest:
                raise AssertionError(f"{self.spec.name} {key!r} was changed in place; put a new document instead")

    def find(
        self, index: str, *prefix: Any, start: tuple[Any, ...] | None = None, reverse: bool = False
    ) -> Iterator[Key]:
        length = len(prefix)
        begin = start or ((*prefix, tree.LAST) if reverse else prefix)
        for filed, _ in tree.scan(self._index(index), begin or None, reverse=reverse):
            if filed[:length] != prefix:
                return
            yield filed[-1]

    def _index(self, name: str) -> tree.Tree:
        for declared, entries in zip(self.spec.indexes, self.indexes, strict=True):
            if declared.name == name:
                return entries
        raise KeyError(f"table {self.spec.name!r} has no index {name!r}")

    def changed(self) -> Iterator[tuple[Key, Document | None]]:
        for key, entry in tree.scan(self.entries):
            yield key, None if entry is None else entry[0]

    def rebase(self, base: Base) -> None:
        self._base = base
        self.entries = tree.EMPTY
        self.count = len(base)
        self.digest = base.digest
        self.touched = True


class Transaction:
    """A version being changed (``kernel.state.State``); nothing shows until it is committed."""

    __slots__ = ("_counters", "_ids", "_now", "_sequences", "_tables", "_timers", "base", "changes", "world")

    def __init__(self, base: Version, world: str = "") -> None:
        self.base = base
        self.world = world
        self.changes: list[Change] = []
        self._tables: dict[str, _TableView] = {}
        self._counters: dict[str, int] = {}
        self._sequences: dict[str, int] = {}
        self._now: datetime | None = None
        self._ids: Ids | None = None
        self._timers: Timers | None = None

    @property
    def seed(self) -> int:
        return self.base.seed

    @property
    def now(self) -> datetime:
        if self._now is None:
            self._now = moment(self.base.clock.microseconds())
        return self._now

    @property
    def ids(self) -> Ids:
        if self._ids is None:
            self._ids = Ids(self.base.seed, self._tick)
        return self._ids

    @property
    def timers(self) -> Timers:
        if self._timers is None:
            self._timers = Timers(self)
        return self._timers

    def _tick(self, purpose: str) -> int:
        count = self._counters.get(purpose)
        if count is None:
            count = self.base.counters.get(purpose, 0)
        self._counters[purpose] = count + 1
        return count + 1

    def peek(self, name: str) -> int:
        if name in self._sequences:
            return self._sequences[name]
        return self.base.sequences.get(name, 0)

    def sequence(self, name: str, value: int | None = None) -> int:
        self._sequences[name] = value = self.peek(name) + 1 if value is None else value
        return value

    def table(self, spec: TableSpec) -> _TableView:
        name = spec.name
        view = self._tables.get(name)
        if view is None:
            rows = self.base.tables.get(name)
            view = self._tables[name] = _TableView(self, Rows.empty(spec) if rows is None else rows, spec)
        return view

    def load(self, spec: TableSpec, entries: Iterable[tuple[Key, Document]]) -> None:
        """Fill a table in bulk with entries in ascending key order, recording no changes."""
        digests = 0
        rows: list[tuple[Key, tuple[Document, int]]] = []
        for key, document in entries:
            digest = entry_digest(spec.name, key, document) if spec.content else 0
            digests += digest
            rows.append((key, (document, digest)))
        indexes = tuple(
            tree.build(
                (filed, None) for filed in sorted((*k, key) for key, (doc, _) in rows for k in index.keys(key, doc))
            )
            for index in spec.indexes
        )
        view = self._tables[spec.name] = _TableView(
            self, Rows(spec, tree.build(rows), indexes, len(rows), digests), spec
        )
        view.touched = True

    def onto(self, version: Version, keep: int | None = None) -> Transaction:
        """A transaction on another version that writes what this one wrote, or only its first ``keep`` changes.

        A table that nobody else has changed is taken as it is; in any other, the last writer of a document wins.
        """
        moved = Transaction(version, self.world)
        taken = set[str]()
        for name, view in self._tables.items():
            if keep is None and view.touched and version.tables.get(name) is self.base.tables.get(name):
                taken.add(name)
                moved._tables[name] = _TableView(moved, view.rows(), view.spec)
                moved._tables[name].touched = True
        for change in self.changes[:keep]:
            table = moved.table(self._tables[change.table].spec)
            if change.table in taken:
                moved.changes.append(change)
            elif change.after is None:
                table.delete(change.key)
            else:
                table.put(change.key, change.after)
        # A counter never goes back, or two operations would draw the same identifier.
        moved._counters = {name: max(count, version.counters.get(name, 0)) for name, count in self._counters.items()}
        moved._sequences = dict(self._sequences)
        return moved

    @property
    def touched(self) -> bool:
        """Whether there is anything to commit but counters."""
        return bool(self.changes) or any(view.touched for view in self._tables.values())

    def commit(self) -> Version:
        """The next version; the same one if nothing changed."""
        if CHECK_DOCUMENTS:
            for view in self._tables.values():
                view.prove()
        base = self.base
        counters = base.counters.update(self._counters) if self._counters else base.counters
        sequences = base.sequences.update(self._sequences) if self._sequences else base.sequences
        if not self.touched:
            if counters is base.counters and sequences is base.sequences:
                return base
            return replace(base, counters=counters, sequences=sequences)
        tables = base.tables
        digest = base.digest
        for name, view in self._tables.items():
            if view.touched:
                old = base.tables.get(name)
                digest += view.digest - (old.digest if old else 0)
                tables = tables.set(name, view.rows())
        return replace(
            base, number=base.number + 1, digest=digest % MODULUS, tables=tables, counters=counters, sequences=sequences
        )

    def commit_sequences(self) -> Version:
        """The version that a failed operation leaves: only its sequences have advanced."""
        if not self._sequences:
            return self.base
        return replace(self.base, sequences=self.base.sequences.update(self._sequences))


def diff(before: Version, after: Version) -> Iterator[Change]:
    """What differs between two versions, by table name and key; costs what differs."""
    names = {**dict.fromkeys(before.tables), **dict.fromkeys(after.tables)}
    for name in sorted(names):
        old, new = before.tables.get(name), after.tables.get(name)
        if old is new or not (old or new).spec.content:  # type: ignore[union-attr]
            continue
        spec = (old or new).spec  # type: ignore[union-attr]
        yield from _diff_rows(name, old or Rows.empty(spec), new or Rows.empty(spec))


def _diff_rows(name: str, old: Rows, new: Rows) -> Iterator[Change]:
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
