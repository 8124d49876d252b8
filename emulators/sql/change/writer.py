"""Writing rows: what a table demands of them, one at a time, and what follows for other tables."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from ..catalog.model import Constraint, Relation
from ..errors import SqlError
from ..execute.run import Run
from ..heap.access import TableAccess, simple
from ..types.text import show, to_stored
from .checks import column_value, condition, row_expression


class Writer:
    """Writes rows of one table under all its constraints. Foreign keys are checked when the statement is done."""

    def __init__(self, run: Run, relation: Relation, pending: Pending) -> None:
        self.run = run
        self.relation = relation
        self.access: TableAccess = run.table(relation)
        self.pending = pending
        self.checks: list[tuple[Constraint, Callable[[Any], Any]]] = [
            (c, condition(run, relation, c.expr))
            for c in sorted(relation.constraints, key=lambda c: c.name)
            if c.kind == "c" and c.expr
        ]
        self.unique = self.access.unique_indexes()
        self.generated = [
            (c, column_value(run, relation, c, c.generated, "generated")) for c in relation.live if c.generated
        ]
        self._complex: dict[int, Any] = {}

    # Writing

    def insert(self, values: list[Any]) -> tuple[Any, ...]:
        """Add a row; what it looks like with its row id. Raises class 23 errors."""
        self.complete(values)
        stored = self.stored(values)
        self._check(values, stored)
        rid = self.access.next_rid()
        self._check_unique(values, stored, None)
        self._put(rid, stored)
        self.pending.inserted(self.relation, rid, tuple(values))
        return (*values, rid)

    def update(self, old: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
        """Put a new row in an old one's place, at the table's end. Raises class 23 errors."""
        rid = old[-1]
        self.complete(values)
        stored = self.stored(values)
        self._check(values, stored)
        self._check_unique(values, stored, rid)
        self._remove(rid)
        new = self.access.next_rid()
        self._put(new, stored)
        self.pending.updated(self.relation, old, (*values, new))
        return (*values, new)

    def delete(self, old: tuple[Any, ...]) -> None:
        """Remove a row."""
        self._remove(old[-1])
        self.pending.deleted(self.relation, old)

    def _put(self, rid: int, stored: tuple[Any, ...]) -> None:
        self.access.view.put(rid, stored)
        session = self.run.session
        session.lock(self.relation, rid)
        for index in self.unique:
            if simple(index):
                key = tuple(stored[attnum - 1] for attnum in index.keys)
                if None not in key:
                    session.lock(index, key)

    def _remove(self, rid: int) -> None:
        stored = self.access.view[rid]
        self.run.session.lock(self.relation, rid)
        for index in self.unique:
            if simple(index):
                key = tuple(stored[a - 1] if a <= len(stored) else None for a in index.keys)
                if None not in key:
                    self.run.session.lock(index, key)
        self.access.view.delete(rid)

    def complete(self, values: list[Any]) -> None:
        """Compute the generated columns."""
        for column, compute in self.generated:
            values[column.attnum - 1] = compute(values)

    def stored(self, values: list[Any]) -> tuple[Any, ...]:
        """A row as documents hold it."""
        find = self.run.find
        return tuple(
            None if column.dropped else to_stored(value, find(column.type), find)
            for column, value in zip(self.relation.columns, values, strict=True)
        )

    # Checking

    def failing_row(self, values: Any) -> str:
        """The row as error details show it."""
        parts = [
            "null" if value is None else self._shown(value, column.type)
            for column, value in zip(self.relation.columns, values, strict=False)
            if not column.dropped
        ]
        return f"Failing row contains ({', '.join(parts)})."

    def _shown(self, value: Any, oid: int) -> str:
        text = show(value, self.run.find(oid), self.run.find, self.run.style)
        return text if len(text) <= 64 else text[:64] + "..."

    def _check(self, values: list[Any], stored: tuple[Any, ...]) -> None:
        relation = self.relation
        for column in relation.columns:
            if column.not_null and not column.dropped and values[column.attnum - 1] is None:
                raise SqlError(
                    "23502", f'null value in column "{column.name}" of relation "{relation.name}" violates not-null constraint',
                    detail=self.failing_row(values), schema=relation.schema, table=relation.name, column=column.name,
                )  # fmt: skip
        for constraint, test in self.checks:
            if test(values) is False:
                raise SqlError(
                    "23514", f'new row for relation "{relation.name}" violates check constraint "{constraint.name}"',
                    detail=self.failing_row(values), schema=relation.schema, table=relation.name, constraint=constraint.name,
                )  # fmt: skip

    def _check_unique(self, values: list[Any], stored: tuple[Any, ...], own: int | None) -> None:
        for index in self.unique:
            if self.conflict(index, values, stored, own) is not None:
                if self.pending.deferred(self.relation, index):
                    continue
                raise self.duplicate(index, values)

    def conflict(self, index: Relation, values: Any, stored: Any, own: int | None = None) -> int | None:
        """The other row that has a row's key in a unique index."""
        if simple(index):
            key = tuple(stored[attnum - 1] for attnum in index.keys)
            if None in key and not index.nulls_equal:
                return None
            self.run.session.await_free(index, key)
            return next((rid for rid in self.access.find(index, key) if rid != own), None)
        compute, where = self._expressions(index)
        if where is not None and not where(values):
            return None
        key = compute(values)
        if None in key:
            return None
        for row in self.access.rows():
            if row[-1] != own and (where is None or where(row)) and compute(row) == key:
                return int(row[-1])
        return None

    def _expressions(self, index: Relation) -> tuple[Callable[[Any], Any], Callable[[Any], Any] | None]:
        found = self._complex.get(index.oid)
        if found is None:
            texts = iter(index.exprs)
            parts: list[Callable[[Any], Any]] = []
            for attnum in index.keys:
                if attnum:
                    parts.append(itemgetter(attnum - 1))
                else:
                    parts.append(row_expression(self.run, self.relation, next(texts), "index")[1])
            where = condition(self.run, self.relation, index.where, "index") if index.where else None
            found = self._complex[index.oid] = (lambda row: tuple(part(row) for part in parts), where)
        return found

    def duplicate(self, index: Relation, values: Any) -> SqlError:
        """23505."""
        from ..catalog.describe import index_columns

        relation = self.relation
        compute, _ = self._expressions(index)
        shown = ", ".join(self._key_text(index, n, value) for n, value in enumerate(compute(values)))
        return SqlError(
            "23505", f'duplicate key value violates unique constraint "{index.name}"',
            detail=f"Key ({', '.join(index_columns(relation, index))})=({shown}) already exists.",
            schema=relation.schema, table=relation.name, constraint=index.name,
        )  # fmt: skip

    def _key_text(self, index: Relation, n: int, value: Any) -> str:
        if value is None:
            return "null"
        attnum = index.keys[n]
        if attnum:
            return show(value, self.run.find(self.relation.columns[attnum - 1].type), self.run.find, self.run.style)
        return str(value)


class Pending:
    """What a statement still owes: the foreign keys to check, the rows that follow."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.queue: list[tuple[str, Relation, Any, Any]] = []
        self.writers: dict[int, Writer] = {}

    def writer(self, relation: Relation) -> Writer:
        """The writer of a table."""
        found = self.writers.get(relation.oid)
        if found is None:
            found = self.writers[relation.oid] = Writer(self.run, relation, self)
        return found

    def deferred(self, relation: Relation, index: Relation) -> bool:
        """Whether uniqueness is only checked at commit."""
        return False

    def inserted(self, relation: Relation, rid: int, values: Any) -> None:
        """A row was added."""
        if any(c.kind == "f" for c in relation.constraints):
            self.queue.append(("insert", relation, None, (*values, rid)))

    def updated(self, relation: Relation, old: Any, new: Any) -> None:
        """A row was changed."""
        self.queue.append(("update", relation, old, new))

    def deleted(self, relation: Relation, old: Any) -> None:
        """A row was removed."""
        self.queue.append(("delete", relation, old, None))

    def settle(self) -> None:
        """Check the foreign keys of what was done, and do what follows from them."""
        from .foreign import follow

        steps = 0
        while self.queue:
            steps += 1
            if not steps % 1024:
                self.run.check()
            event = self.queue.pop(0)
            follow(self, *event)
