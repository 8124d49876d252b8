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
            raise Failure(
                FailureKind.INVALID, f"sql: a row of {name!r} has {len(row)} values for {len(columns)} columns"
            )
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
            return tuple(
                read(str(item), run.find(type_.element), run.find, run.style) if item is not None else None
                for item in value
            )
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
        stored = _columnwise(run, relation, columns, rows, rest, fill, writer)
        access.view.rebase(heaps.freeze(relation, stored, run.find))
        run.forget_tables()
        _verify(run, relation, stored)
    _advance_sequences(run, relation)


def _values(width: int, readers: Any, row: Sequence[Any], rest: list[ColumnDef], fill: Any) -> list[Any]:
    values: list[Any] = [None] * width
    for (place, convert), value in zip(readers, row, strict=True):
        values[place] = convert(value)
    for column in rest:
        values[column.attnum - 1] = fill(column)
    return values


def _columnwise(
    run: Run,
    relation: Relation,
    columns: list[ColumnDef],
    rows: Sequence[Sequence[Any]],
    rest: list[ColumnDef],
    fill: Any,
    writer: Any,
) -> list[tuple[Any, ...]]:
    """Many rows in stored form, converted a column at a time; equal values are converted once."""
    find = run.find
    made: list[list[Any]] = [[None] * len(rows) for _ in relation.columns]
    given = list(zip(*rows, strict=True))
    for column, values in zip(columns, given, strict=True):
        convert = _reader(run, column)
        type_ = find(column.type)
        known: dict[Any, Any] = {}
        out: list[Any] = []
        for value in values:
            key = (type(value), value) if isinstance(value, str | int | float) else None
            if key is None or key not in known:
                stored = to_stored(convert(value), type_, find)
                if key is not None and len(known) < 100_000:
                    known[key] = stored
            else:
                stored = known[key]
            out.append(stored)
        made[column.attnum - 1] = out
    for column in rest:
        made[column.attnum - 1] = [to_stored(fill(column), find(column.type), find) for _ in rows]
    stored_rows = list(zip(*made, strict=True))
    if writer.checks or writer.generated:
        for n, row in enumerate(stored_rows):
            whole = list(writer.access.decode(0, row)[:-1])
            writer.complete(whole)
            stored_rows[n] = writer.stored(whole)
            writer._check(whole, stored_rows[n])
    else:
        for column in relation.live:
            if column.not_null and None in made[column.attnum - 1]:
                writer._check(list(writer.access.decode(0, stored_rows[made[column.attnum - 1].index(None)])[:-1]), ())
    return stored_rows


def _verify(run: Run, relation: Relation, stored: list[tuple[Any, ...]]) -> None:
    """Check what concerns more than one row: keys and references."""
    from ..change.foreign import check_child
    from ..define.objects import check_unique
    from .access import index_key, simple

    types = {column.attnum: column.type for column in relation.columns}
    for index in run.catalog.indexes(relation.oid):
        if not index.unique:
            continue
        keys = index_key(index, types) if simple(index) else None
        found = [key for row in stored for key in keys(0, row)] if keys is not None else []
        if keys is None or len(set(found)) < len(found):
            # The slow way finds the culprit.
            check_unique(run, relation, index)
    for constraint in relation.constraints:
        if constraint.kind != "f":
            continue
        seen: set[Any] = set()
        access = run.table(relation)
        for rid, row in enumerate(stored, 1):
            key = tuple(row[a - 1] for a in constraint.columns)
            if key not in seen:
                seen.add(key)
                check_child(run, relation, constraint, access.decode(rid, row))


def _advance_sequences(run: Run, relation: Relation) -> None:
    """Let the sequences of serial columns go on after the greatest value loaded."""
    for sequence in list(run.catalog.relations()):
        if sequence.kind == "S" and sequence.owner and sequence.owner[0] == relation.oid:
            place = sequence.owner[1] - 1
            access = run.table(relation)
            base = access.view.base
            values = base.column(place) if base is not None else []
            values += [row[place] for _, row in access.view.changed() if row is not None]
            top = max((value for value in values if value is not None), default=None)
            value, called = run.sequences._state(sequence)
            if top is not None and (top > value or (top == value and not called)):
                run.sequences.set(sequence.oid, top)


__all__ = ["load", "replace", "run_script", "to_stored"]
