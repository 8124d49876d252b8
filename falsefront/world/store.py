"""A world's state as immutable versions, and the transactions that lead from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from immutables import Map

from falsefront.kernel.state import Document, Key, TableSpec

from . import tree
from .clock import Clock, moment
from .digest import MODULUS, entry_digest
from .ids import Ids
from .rows import Change, Rows, diff_rows
from .table import CHECK_DOCUMENTS, TableView
from .timers import Timers


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


class Transaction:
    """A version being changed (``kernel.state.State``); nothing shows until it is committed."""

    __slots__ = ("_counters", "_ids", "_now", "_sequences", "_tables", "_timers", "base", "changes", "world")

    def __init__(self, base: Version, world: str = "") -> None:
        self.base = base
        self.world = world
        self.changes: list[Change] = []
        self._tables: dict[str, TableView] = {}
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

    def table(self, spec: TableSpec) -> TableView:
        name = spec.name
        view = self._tables.get(name)
        if view is None:
            rows = self.base.tables.get(name)
            rows = Rows.empty(spec) if rows is None else rows if rows.spec is spec else _reindexed(rows, spec)
            view = self._tables[name] = TableView(self.changes, rows, spec)
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
        view = self._tables[spec.name] = TableView(
            self.changes, Rows(spec, tree.build(rows), indexes, len(rows), digests), spec
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
                moved._tables[name] = TableView(moved.changes, view.rows(), view.spec)
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


def _reindexed(rows: Rows, spec: TableSpec) -> Rows:
    """A table under a declaration that names other indexes than the one it was filled under."""
    if [index.name for index in rows.spec.indexes] == [index.name for index in spec.indexes]:
        return rows
    known = {index.name: rows.indexes[place] for place, index in enumerate(rows.spec.indexes)}
    live = [(key, entry[0]) for key, entry in tree.scan(rows.entries) if entry is not None]
    indexes = tuple(
        known[index.name]
        if index.name in known
        else tree.build((filed, None) for filed in sorted((*k, key) for key, doc in live for k in index.keys(key, doc)))
        for index in spec.indexes
    )
    return replace(rows, spec=spec, indexes=indexes)


def diff(before: Version, after: Version) -> Iterator[Change]:
    """What differs between two versions, by table name and key; costs what differs."""
    names = {**dict.fromkeys(before.tables), **dict.fromkeys(after.tables)}
    for name in sorted(names):
        old, new = before.tables.get(name), after.tables.get(name)
        if old is new or not (old or new).spec.content:  # type: ignore[union-attr]
            continue
        spec = (old or new).spec  # type: ignore[union-attr]
        yield from diff_rows(name, old or Rows.empty(spec), new or Rows.empty(spec))
