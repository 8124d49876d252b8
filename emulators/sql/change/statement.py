"""Running INSERT, UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..analyse.change import Change
from ..catalog.model import ColumnDef, Relation
from ..errors import SqlError
from ..execute.compile import Compiler
from ..execute.query import compile_query
from ..execute.run import Frame, Run
from .checks import column_value
from .writer import Pending, Writer

Rows = Iterator[tuple[Any, ...]]


def run_change(run: Run, change: Change) -> tuple[int, list[tuple[Any, ...]]]:
    """Do a change: how many rows it touched, and what RETURNING gives."""
    counter = [0]
    frames: list[Frame] = []
    rows = list(plan_change(run, change, frames, counter)())
    return counter[0], rows


def plan_change(run: Run, change: Change, outer: list[Frame], counter: list[int] | None = None) -> Callable[[], Rows]:
    """A plan that does the change and gives RETURNING's rows."""
    from ..execute.query import _cte

    frames = [*outer, Frame()]
    states = [_cte(run, cte, frames) for cte in change.ctes]
    count = counter if counter is not None else [0]
    inner = _PLANS[change.kind](run, change, frames, count)

    def do() -> Rows:
        for cte, state in zip(change.ctes, states, strict=True):
            state.forget()
            if hasattr(cte.query, "relation"):
                state.get()
        pending = Pending(run)
        done = inner(pending)
        pending.settle()
        return iter(done)

    return do


def _returning(run: Run, change: Change, frames: list[Frame]) -> Callable[[Any], Any] | None:
    if change.returning is None:
        return None
    compiler = Compiler(run, [*frames, Frame()])
    items = compiler.many([target.expr for target in change.returning])
    return lambda row: tuple(item(row) for item in items)


def defaults(run: Run, relation: Relation) -> Callable[[ColumnDef], Any]:
    """What gives a column's default, computed anew for every row."""
    made: dict[int, Callable[[Any], Any]] = {}

    def value(column: ColumnDef) -> Any:
        compute = made.get(column.attnum)
        if compute is None:
            compute = made[column.attnum] = _default(run, relation, column)
        return compute(())

    return value


def _default(run: Run, relation: Relation, column: ColumnDef) -> Callable[[Any], Any]:
    if column.identity:
        for sequence in run.catalog.relations():
            if sequence.kind == "S" and sequence.owner == (relation.oid, column.attnum):
                oid = sequence.oid
                return lambda row: run.sequences.next(oid)
    if column.default is not None:
        return column_value(run, relation, column, column.default, "default")
    type_ = run.find(column.type)
    if type_.base:
        found = next((t for t in run.catalog.types() if t.oid == column.type), None)
        if found is not None and found.default is not None:
            return column_value(run, relation, column, found.default, "default")
        if type_.not_null:
            return lambda row: run.check_domain(type_, None)
    return lambda row: None


def _insert(run: Run, change: Change, frames: list[Frame], count: list[int]) -> Callable[[Pending], list[Any]]:
    relation = change.relation
    width = len(relation.columns)
    compiler = Compiler(run, [*frames, Frame()])
    returning = _returning(run, change, frames)
    rows: Callable[[], Iterator[list[Any]]]
    fill = defaults(run, relation)
    given = {column.attnum for column in change.columns}
    rest = [column for column in relation.live if column.attnum not in given and not column.generated]
    skip_user = change.overriding == "user"
    if change.rows is not None:
        lists = [[None if expr is None else compiler.compile(expr) for expr in row] for row in change.rows]

        def rows() -> Iterator[list[Any]]:
            for cells in lists:
                values: list[Any] = [None] * width
                for column, cell in zip(change.columns, cells, strict=False):
                    if cell is None or (skip_user and column.identity):
                        values[column.attnum - 1] = None if column.generated else fill(column)
                    else:
                        values[column.attnum - 1] = cell(())
                yield values
    else:
        plan = compile_query(run, change.query, frames)
        converts = compiler.many(change.converts)

        def rows() -> Iterator[list[Any]]:
            for source in run.keep(plan()):
                values: list[Any] = [None] * width
                for column, convert in zip(change.columns, converts, strict=True):
                    values[column.attnum - 1] = fill(column) if skip_user and column.identity else convert(source)
                yield values

    conflict = _conflict(run, change, frames) if change.conflict is not None else None

    def do(pending: Pending) -> list[Any]:
        writer = pending.writer(relation)
        out: list[Any] = []
        for n, values in enumerate(rows()):
            if not n % 512:
                run.check()
            for column in rest:
                values[column.attnum - 1] = fill(column)
            row = writer.insert(values) if conflict is None else conflict(writer, values)
            if row is None:
                continue
            count[0] += 1
            if returning is not None:
                out.append(returning(row))
        return out

    return do


def _conflict(run: Run, change: Change, frames: list[Frame]) -> Callable[[Writer, list[Any]], Any]:
    conflict = change.conflict
    assert conflict is not None
    compiler = Compiler(run, [*frames, Frame()])
    relation = change.relation
    fill = defaults(run, relation)
    sets = [(column, None if expr is None else compiler.compile(expr)) for column, expr in conflict.sets]
    where = compiler.compile(conflict.where) if conflict.where is not None else None
    touched: set[int] = set()

    def write(writer: Writer, values: list[Any]) -> Any:
        writer.complete(values)
        stored = writer.stored(values)
        writer._check(values, stored)
        indexes = [conflict.index] if conflict.index is not None else writer.unique
        for index in indexes:
            rid = writer.conflict(index, values, stored)
            if rid is None:
                continue
            if not conflict.update:
                return None
            if rid in touched:
                raise SqlError(
                    "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time",
                    hint="Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
                )  # fmt: skip
            run.session.await_free(relation, rid)
            old = writer.access.decode(rid, writer.access.view[rid])
            joined = (*old, *values)
            if where is not None and not where(joined):
                return None
            new = list(old[:-1])
            for column, compute in sets:
                new[column.attnum - 1] = fill(column) if compute is None else compute(joined)
            row = writer.update(old, new)
            touched.add(row[-1])
            return row
        row = writer.insert(values)
        touched.add(row[-1])
        return row

    return write


def _rows_to_change(run: Run, change: Change, frames: list[Frame]) -> tuple[Callable[[], Iterator[Any]], Compiler]:
    from ..execute.sources import source_rows

    compiler = Compiler(run, [*frames, Frame()])
    # The query's own CTE frame stands between the outer queries and it.
    return source_rows(compiler, change.query), compiler


def _each(run: Run, relation: Relation, rows: Callable[[], Rows]) -> Rows:
    """The rows to change, each once however often a join finds it, as others let go of them."""
    seen: set[int] = set()
    for n, row in enumerate(run.keep(rows())):
        if not n % 512:
            run.check()
        rid = row[len(relation.columns)]
        if rid not in seen:
            seen.add(rid)
            run.session.await_free(relation, rid)
            yield row


def _update(run: Run, change: Change, frames: list[Frame], count: list[int]) -> Callable[[Pending], list[Any]]:
    relation = change.relation
    width = len(relation.columns) + 1
    rows, compiler = _rows_to_change(run, change, frames)
    fill = defaults(run, relation)
    sets = [(column, None if expr is None else compiler.compile(expr)) for column, expr in change.sets]
    returning = _returning(run, change, frames)

    def do(pending: Pending) -> list[Any]:
        writer = pending.writer(relation)
        out: list[Any] = []
        for row in _each(run, relation, rows):
            values = list(row[: width - 1])
            for column, compute in sets:
                if compute is not None:
                    values[column.attnum - 1] = compute(row)
                elif not column.generated:
                    values[column.attnum - 1] = fill(column)
            new = writer.update(row[:width], values)
            count[0] += 1
            if returning is not None:
                out.append(returning((*new, *row[width:])))
        return out

    return do


def _delete(run: Run, change: Change, frames: list[Frame], count: list[int]) -> Callable[[Pending], list[Any]]:
    relation = change.relation
    width = len(relation.columns) + 1
    rows, _ = _rows_to_change(run, change, frames)
    returning = _returning(run, change, frames)

    def do(pending: Pending) -> list[Any]:
        writer = pending.writer(relation)
        out: list[Any] = []
        for row in _each(run, relation, rows):
            writer.delete(row[:width])
            count[0] += 1
            if returning is not None:
                out.append(returning(row))
        return out

    return do


_PLANS: dict[str, Any] = {"insert": _insert, "update": _update, "delete": _delete}
