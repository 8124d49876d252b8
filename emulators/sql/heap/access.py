"""A relation's rows as one statement sees them: the frozen heap, what changed since, and the indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from falsefront.kernel.state import Index, TableSpec
from falsefront.world import tree

from ..catalog.model import Relation
from ..types.table import BPCHAR, NUMERIC
from ..types.text import decoder


def _normal(stored: Any, oid: int) -> Any:
    """A stored value such that equal values of its type are equal."""
    if oid == NUMERIC:
        value = Decimal(stored)
        return (
            str(value.normalize())
            if value.is_finite() and value
            else "0"
            if not value.is_nan() and not value
            else str(value)
        )
    if oid == BPCHAR:
        return stored.rstrip(" ")
    return tuple(stored) if isinstance(stored, list) else stored


def index_key(index: Relation, types: dict[int, int]) -> Callable[[Any, Any], Iterable[tuple[Any, ...]]]:
    """What files a row under an index: its key, or nothing where that has a null."""
    places = [(attnum - 1, types[attnum]) for attnum in index.keys]
    nulls = index.nulls_equal

    def keys(rid: Any, row: Any) -> Iterable[tuple[Any, ...]]:
        found: list[Any] = []
        for place, oid in places:
            value = row[place] if place < len(row) else None
            if value is None and not nulls:
                return ()
            # One index holds values of one type, and nulls before them all.
            found.append((0,) if value is None else (1, _normal(value, oid)))
        return (tuple(found),)

    return keys


def simple(index: Relation) -> bool:
    """Whether an index is on plain columns of all rows."""
    return index.where is None and 0 not in index.keys


class TableAccess:
    """One relation's rows. A row is the tuple of its values and, last, its row id."""

    def __init__(self, run: Any, relation: Relation) -> None:
        self.run = run
        self.relation = relation
        self.types = {column.attnum: column.type for column in relation.columns}
        self.indexes = run.catalog.indexes(relation.oid)
        self.spec = self._spec()
        self.view = run.tables.table(self.spec)
        self._decoders = [
            (column.attnum - 1, made)
            for column in relation.columns
            if not column.dropped and (made := decoder(run.find(column.type), run.find)) is not None
        ]
        self._width = len(relation.columns)
        self._missing = [column.missing for column in relation.columns]

    def _spec(self) -> TableSpec:
        unique = [index for index in self.indexes if index.unique and simple(index)]
        names = tuple(f"{index.oid}:{','.join(map(str, index.keys))}" for index in unique)
        specs = self.run.session.specs
        key = (self.relation.storage, names)
        spec: TableSpec | None = specs.get(key)
        if spec is None:
            declared = tuple(
                Index(name, index_key(index, self.types)) for name, index in zip(names, unique, strict=True)
            )
            spec = specs[key] = TableSpec(self.relation.storage, declared)
        return spec

    def __len__(self) -> int:
        return len(self.view)

    @property
    def large(self) -> bool:
        """Whether DuckDB should filter the frozen rows."""
        return self.view.base is not None and len(self.view.base) > 2000

    def unique_indexes(self) -> list[Relation]:
        """The unique indexes."""
        return [index for index in self.indexes if index.unique]

    def decode(self, rid: int, stored: Any, decoders: Any = None) -> tuple[Any, ...]:
        """A row as expressions see it."""
        row = list(stored)
        if len(row) < self._width:
            row += self._missing[len(row) :]
        for place, read in self._decoders if decoders is None else decoders:
            value = row[place]
            if value is not None:
                row[place] = read(value)
        row.append(rid)
        return tuple(row)

    def rows(
        self, pushed: list[tuple[int, str, Any]] | None = None, needed: set[int] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """All rows in the order they were written; ``pushed`` comparisons may leave out frozen rows that fail them.

        ``needed`` are the places of the columns that will be read, all of them if ``None``.
        """
        decode = self.decode
        decoders = (
            self._decoders if needed is None else [(place, read) for place, read in self._decoders if place in needed]
        )
        base = self.view.base
        changed = list(self.view.changed())
        if base is not None:
            hidden = {rid for rid, _ in changed}
            for rid, stored in base.select(pushed or [], needed):
                if rid not in hidden:
                    yield decode(rid, stored, decoders)
        for rid, stored in changed:
            if stored is not None:
                yield decode(rid, stored, decoders)

    def lookup(self, index: Relation, key: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """The row under a unique index's key (in stored form), if there is one."""
        if not simple(index):
            return []
        return [self.decode(rid, stored) for rid, stored in self._under(index, key)]

    def find(self, index: Relation, key: tuple[Any, ...]) -> list[int]:
        """The row ids under a simple unique index's key (in stored form)."""
        return [rid for rid, _ in self._under(index, key)]

    def _under(self, index: Relation, key: tuple[Any, ...]) -> list[tuple[int, Any]]:
        name = f"{index.oid}:{','.join(map(str, index.keys))}"
        filed = tuple(
            (0,) if v is None else (1, _normal(v, self.types[a])) for v, a in zip(key, index.keys, strict=True)
        )
        found = [(rid, self.view[rid]) for rid in self.view.find(name, *filed)]
        base = self.view.base
        if base is not None:
            # Rows of the base that were changed are filed in the view's own index.
            entries = self.view.entries
            found += [(rid, row) for rid, row in base.lookup(index.keys, key) if tree.get(entries, rid, tree) is tree]
        return found

    def next_rid(self) -> int:
        """A row id above all that were ever used here, in this and in other open transactions."""
        last = self.view.last() or 0
        base = self.view.base
        if base is not None:
            last = max(last, base.last)
        return int(self.run.session.reserve(self.relation.storage, last + 1))
