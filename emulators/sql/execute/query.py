"""One query: from its sources through grouping, windows and sorting to the tuples it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from ..analyse.nodes import Cte, Query, SetFunction, SortKey
from ..errors import SqlError
from ..types.compare import key_of
from ..types.text import Record
from .compile import Closure, Compiler
from .groups import grouped
from .run import Frame, Run
from .sources import source_rows
from .windows import windowed

Plan = Callable[[], Iterator[tuple[Any, ...]]]
_EAGER = 256


@dataclass(slots=True)
class CteState:
    """A CTE while its query runs: its rows once they are known."""

    run: Run
    plan: Plan
    rows: list[tuple[Any, ...]] | None = None
    left: Iterator[tuple[Any, ...]] | None = None
    """What has not been computed yet."""

    def forget(self) -> None:
        """Begin anew."""
        self.rows = self.left = None

    def get(self) -> list[tuple[Any, ...]]:
        """The rows, all of them."""
        for _ in self.read():
            pass
        assert self.rows is not None
        return self.rows

    def read(self) -> Iterator[tuple[Any, ...]]:
        """The rows, computed as they are first read: who reads ten of endlessly many gets ten."""
        if self.rows is None:
            self.rows, self.left = [], iter(self.plan())
        rows = self.rows
        place = 0
        while True:
            while place < len(rows):
                yield rows[place]
                place += 1
            if self.left is None or rows is not self.rows:
                return
            batch = list(islice(self.left, 1 if place < _EAGER else _EAGER))
            if not batch:
                self.left = None
            rows += batch
            self.run.room(len(rows))


def compile_query(run: Run, query: Query, outer: list[Frame], locked: Any = None) -> Plan:
    """A plan: each call of it runs the query anew, with the outer queries' present rows."""
    frames = [*outer, Frame()]
    states = [_cte(run, cte, frames) for cte in query.ctes]
    changes = [state for cte, state in zip(query.ctes, states, strict=True) if hasattr(cte.query, "relation")]
    body = _body(run, query, frames, locked)
    if not states:
        return body

    def with_ctes() -> Iterator[tuple[Any, ...]]:
        for state in states:
            state.forget()
        for state in changes:
            state.get()
        yield from body()

    return with_ctes


def _cte(run: Run, cte: Cte, frames: list[Frame]) -> CteState:
    if hasattr(cte.query, "relation"):
        from ..change.statement import plan_change

        state = CteState(run, plan_change(run, cte.query, frames))
    elif cte.recursive:
        state = CteState(run, _recursive(run, cte, frames))
    else:
        state = CteState(run, compile_query(run, cte.query, frames))
    run.ctes[id(cte)] = state
    return state


def _recursive(run: Run, cte: Cte, frames: list[Frame]) -> Plan:
    start = compile_query(run, cte.query, frames)
    working = CteState(run, lambda: iter(()))
    run.ctes[id(cte)] = working
    step = compile_query(run, cte.term, frames)
    keys = row_key(run, [oid for _, oid, _ in cte.columns])

    def repeat() -> Iterator[tuple[Any, ...]]:
        seen: set[Any] = set()

        def fresh(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
            if cte.union_all:
                return run.keep(rows)
            kept: list[tuple[Any, ...]] = []
            for row in rows:
                key = keys(row)
                if key not in seen:
                    seen.add(key)
                    kept.append(row)
            run.room(len(seen))
            return kept

        working.rows = fresh(start())
        while working.rows:
            run.check()
            yield from working.rows
            working.rows = fresh(step())

    return repeat


def row_key(run: Run, types: list[int]) -> Callable[[Any], Any]:
    """What makes rows of these types comparable for equality."""
    keys = [key_of(run.find(oid), run.find) for oid in types]
    if not any(keys):
        return tuple

    def key(row: Any) -> Any:
        return tuple(value if value is None or k is None else k(value) for value, k in zip(row, keys, strict=False))

    return key


def _body(run: Run, query: Query, frames: list[Frame], locked: Any) -> Plan:
    compiler = Compiler(run, frames)
    if query.setop is not None:
        rows = _set_operation(run, query, frames)
    elif query.values is not None:
        rows = _values(compiler, query)
    else:
        rows = source_rows(compiler, query, locked)
    width = query.width
    if query.group is not None:
        rows, width = grouped(compiler, query, rows, width)
        if query.having is not None:
            rows = _filtered(rows, compiler.compile(query.having))
    if query.windows:
        rows, width = windowed(compiler, query, rows, width)
    if query.set_functions:
        rows = _expanded(compiler, query, rows, width)
    return _finish(compiler, query, rows)


def _filtered(rows: Plan, test: Closure) -> Plan:
    return lambda: (row for row in rows() if test(row))


def _values(compiler: Compiler, query: Query) -> Plan:
    lists = [compiler.many(row) for row in query.values or ()]
    return lambda: (tuple(item(()) for item in row) for row in lists)


def _set_operation(run: Run, query: Query, frames: list[Frame]) -> Plan:
    operation = query.setop
    assert operation is not None
    left, right = compile_query(run, operation.left, frames), compile_query(run, operation.right, frames)
    key = row_key(run, [target.expr.type for target in query.targets])

    def union() -> Iterator[tuple[Any, ...]]:
        seen: set[Any] = set()
        for side in (left, right):
            for row in side():
                if operation.all:
                    yield row
                elif (k := key(row)) not in seen:
                    seen.add(k)
                    if not len(seen) % 1024:
                        run.room(len(seen))
                    yield row

    def other() -> Iterator[tuple[Any, ...]]:
        counts: dict[Any, int] = {}
        for row in right():
            k = key(row)
            counts[k] = counts.get(k, 0) + 1
            if not len(counts) % 1024:
                run.room(len(counts))
        given: set[Any] = set()
        for row in left():
            k = key(row)
            inside = counts.get(k, 0) > 0
            if operation.all:
                if inside:
                    counts[k] -= 1
                if inside == (operation.op == "intersect"):
                    yield row
            elif inside == (operation.op == "intersect") and k not in given:
                given.add(k)
                yield row

    return union if operation.op == "union" else other


def _expanded(compiler: Compiler, query: Query, rows: Plan, width: int) -> Plan:
    """A row for each of what the set-returning functions of the select list give, the shorter ones padded with nulls."""
    run = compiler.run
    calls = [set_rows(compiler, call) for call in query.set_functions]
    for n, call in enumerate(query.set_functions):
        compiler.slots[id(call)] = width + n

    def expand() -> Iterator[tuple[Any, ...]]:
        for row in rows():
            for count, values in enumerate(zip_longest(*[call(row) for call in calls])):
                if not count % 256:
                    run.check()
                yield (*row, *values)

    return expand


def set_rows(compiler: Compiler, call: SetFunction, shift: int = 0) -> Callable[[Any], Iterable[Any]]:
    """What gives a set-returning call's values for a row; a plain function gives one."""
    args = compiler.many(call.args, shift)
    function = call.function
    if function is None:
        (only,) = args
        return lambda row: (only(row),)
    run = compiler.run

    def values(row: Any) -> Iterable[Any]:
        given = [arg(row) for arg in args]
        if function.strict and None in given:
            return ()
        found: Iterable[Any] = function.impl(run, *given) if function.context else function.impl(*given)
        if function.names:
            return (Record.of(each, function.types, function.names) for each in found)
        return found

    return values


# Projection, DISTINCT, ORDER BY, LIMIT


def _finish(compiler: Compiler, query: Query, rows: Plan) -> Plan:
    run = compiler.run
    visible = query.visible
    project = compiler.many([target.expr for target in visible])
    order = [(compiler.compile(key.expr), key) for key in query.order]
    distinct_on = compiler.many(query.distinct_on)
    on_key = row_key(run, [expr.type for expr in query.distinct_on])
    key = row_key(run, [target.expr.type for target in visible])
    limit = compiler.compile(query.limit) if query.limit is not None else None
    offset = compiler.compile(query.offset) if query.offset is not None else None

    def projected() -> Iterator[tuple[Any, ...]]:
        for row in rows():
            yield tuple([item(row) for item in project])

    def ordered() -> Iterator[tuple[Any, ...]]:
        if query.distinct:
            seen: set[Any] = set()
            unique: list[Any] = []
            for row in rows():
                k = key(values := tuple([item(row) for item in project]))
                if k not in seen:
                    seen.add(k)
                    unique.append((row, values))
                    run.room(len(unique))
            keyed = [([sort(row) for sort, _ in order], values, row) for row, values in unique]
        else:
            keyed = run.keep(([sort(row) for sort, _ in order], None, row) for row in rows())
        sort_rows(run, keyed, [each for _, each in order])
        if query.with_ties:
            keyed = _ties(keyed, _number(limit, "LIMIT"), _number(offset, "OFFSET"))
        if distinct_on:
            keyed = _first_of_each(keyed, distinct_on, on_key)
        for _, values, row in keyed:
            yield values if values is not None else tuple([item(row) for item in project])

    def distinct() -> Iterator[tuple[Any, ...]]:
        seen: set[Any] = set()
        for values in projected():
            k = key(values)
            if k not in seen:
                seen.add(k)
                run.room(len(seen))
                yield values

    produce = ordered if order or distinct_on else distinct if query.distinct else projected
    if (limit is None and offset is None) or query.with_ties:
        return produce
    return lambda: _limited(produce, limit, offset)


def _number(closure: Closure | None, name: str) -> int | None:
    value = None if closure is None else closure(())
    if value is not None and value < 0:
        raise SqlError("2201W" if name == "LIMIT" else "2201X", f"{name} must not be negative")
    return value


def _limited(produce: Plan, limit: Closure | None, offset: Closure | None) -> Iterator[tuple[Any, ...]]:
    skip = _number(offset, "OFFSET") or 0
    count = _number(limit, "LIMIT")
    return islice(produce(), skip, None if count is None else skip + count)


def _ties(keyed: list[Any], limit: int | None, offset: int | None) -> list[Any]:
    skip = offset or 0
    if limit is None:
        return keyed[skip:]
    end = skip + limit
    while limit > 0 and end < len(keyed) and keyed[end][0] == keyed[skip + limit - 1][0]:
        end += 1
    return keyed[skip:end]


def _first_of_each(keyed: list[Any], exprs: list[Closure], key: Callable[[Any], Any]) -> list[Any]:
    seen: set[Any] = set()
    kept: list[Any] = []
    for item in keyed:
        k = key([expr(item[2]) for expr in exprs])
        if k not in seen:
            seen.add(k)
            kept.append(item)
    return kept


def sort_rows(run: Run, keyed: list[Any], keys: list[SortKey]) -> None:
    """Sort items whose first part is the list of their key values, in place and stably."""
    for n in range(len(keys) - 1, -1, -1):
        key = keys[n]
        convert = key_of(run.find(key.expr.type), run.find)
        nulls = 1 if key.nulls_first == key.descending else 0
        # Nulls sort as greater or smaller than everything, and reversing turns that over.

        def by(item: Any, n: int = n, convert: Any = convert, high: int = nulls) -> Any:
            value = item[0][n]
            if value is None:
                return (1,) if high else (-1,)
            return (0, convert(value) if convert else value)

        keyed.sort(key=by, reverse=key.descending)
