"""Fixtures: a script of SQL, and rows that go straight into the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.kernel.state import State

from ..catalog.model import ColumnDef, Relation
from ..errors import SqlError
from ..execute.run import Run
from ..session.execute import perform
from ..session.prepare import prepare
from ..session.session import Session
from ..syntax import parse
from ..types.text import read, to_stored


def run_script(session: Session, state: State, sql: str) -> None:
    """Run a script of statements, each on what the ones before it left. Raises ``SqlError``."""
    for statement in parse(sql):
        prepared = prepare(session, statement, state, state, [])
        if prepared.name in ("begin", "commit"):
            continue
        perform(session, prepared, state, [])


def load(session: Session, state: State, name: str, data: Mapping[str, Any], heaps: Any) -> None:
    """Put rows into a table: ``{"columns": [...], "rows": [[...]]}``. Raises ``Failure`` (invalid)."""
    run = session.run(state, state, [])
    schema, _, table = name.rpartition(".")
    relation = run.catalog.relation(schema or "public", table)
    if relation is None or relation.kind != "r":
        raise Failure(FailureKind.INVALID, f"sql: there is no table {name!r} to load; create it in the schema")
    names: Sequence[str] = data.get("columns") or [column.name for column in relation.live]
    columns: list[ColumnDef] = []
    for column_name in names:
        column = relation.column(column_name)
        if column is None:
            raise Failure(FailureKind.INVALID, f"sql: table {name!r} has no column {column_name!r}")
        columns.append(column)
    rows: Sequence[Sequence[Any]] = data.get("rows", [])
    for row in rows:
        if len(row) != len(columns):
            raise Failure(FailureKind.INVALID, f"sql: a row of {name!r} has {len(row)} values for {len(columns)} columns")
    try:
        _insert(run, relation, columns, rows, heaps)
    except SqlError as error:
        detail = error.native.get("detail")
        raise Failure(FailureKind.INVALID, f"sql: {name}: {error.message}{f' ({detail})' if detail else ''}") from None


def _reader(run: Run, column: ColumnDef) -> Any:
    """What makes a fixture's value a value of the column."""
    from ..analyse.coerce import ASSIGNMENT, Coercer
    from ..analyse.nodes import Const
    from ..change.checks import compiler_of

    type_ = run.find(column.type)
    coercer = Coercer(run.find, run.style, {})

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dict | list) and not type_.element:
            import json

            value = json.dumps(value)
        elif isinstance(value, list):
            return tuple(read(str(item), run.find(type_.element), run.find, run.style) if item is not None else None for item in value)
        elif isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, bytes):
            return value
        elif isinstance(value, int) and column.type in (20, 21, 23):
            from ..types.numbers import check_integer

            return check_integer(value, column.type)
        made = read(str(value), type_, run.find, run.style)
        if column.typmod < 0:
            return made
        done = coercer.fit(Const(column.type, value=made), column.typmod, ASSIGNMENT)
        return compiler_of(run).compile(done)(())

    return convert


def _insert(run: Run, relation: Relation, columns: list[ColumnDef], rows: Sequence[Sequence[Any]], heaps: Any) -> None:
    from ..change.statement import defaults
    from ..change.writer import Pending

    readers = [(column.attnum - 1, _reader(run, column)) for column in columns]
    fill = defaults(run, relation)
    rest = [c for c in relation.live if all(c.attnum != given.attnum for given in columns) and not c.generated]
    width = len(relation.columns)
    writer = Pending(run).writer(relation)
    access = writer.access
    if len(rows) <= heaps.smallest or len(access):
        for row in rows:
            values = _values(width, readers, row, rest, fill)
            writer.insert(values)
        writer.pending.settle()
    else:
        stored: list[tuple[Any, ...]] = []
        for row in rows:
            values = _values(width, readers, row, rest, fill)
            writer.complete(values)
            made = writer.stored(values)
            writer._check(values, made)
            stored.append(made)
        base = heaps.freeze(relation, stored, run.find)
        access.view.rebase(base)
        run.forget_tables()
        _verify(run, relation)
    _advance_sequences(run, relation)


def _values(width: int, readers: Any, row: Sequence[Any], rest: list[ColumnDef], fill: Any) -> list[Any]:
    values: list[Any] = [None] * width
    for (place, convert), value in zip(readers, row, strict=True):
        values[place] = convert(value)
    for column in rest:
        values[column.attnum - 1] = fill(column)
    return values


def _verify(run: Run, relation: Relation) -> None:
    """Check what concerns more than one row: keys and references."""
    from ..change.foreign import find_rows, check_child
    from ..define.objects import check_unique

    for index in run.catalog.indexes(relation.oid):
        if index.unique:
            check_unique(run, relation, index)
    for constraint in relation.constraints:
        if constraint.kind != "f":
            continue
        seen: set[Any] = set()
        for row in run.table(relation).rows():
            key = tuple(row[a - 1] for a in constraint.columns)
            if key not in seen:
                seen.add(key)
                check_child(run, relation, constraint, row)
    del find_rows


def _advance_sequences(run: Run, relation: Relation) -> None:
    """Let the sequences of serial columns go on after the greatest value loaded."""
    for sequence in list(run.catalog.relations()):
        if sequence.kind == "S" and sequence.owner and sequence.owner[0] == relation.oid:
            place = sequence.owner[1] - 1
            top = max((row[place] for row in run.table(relation).rows() if row[place] is not None), default=None)
            value, called = run.sequences._state(sequence)
            if top is not None and (top > value or (top == value and not called)):
                run.sequences.set(sequence.oid, top)


__all__ = ["load", "replace", "run_script", "to_stored"]
