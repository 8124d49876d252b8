"""Rows from FROM: scans with filters, hash joins and nested loops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any

from ..analyse.nodes import (
    Call,
    Column,
    CteScan,
    Derived,
    Expr,
    FunctionScan,
    Join,
    Logic,
    Query,
    Scan,
    Source,
    SystemScan,
)  # fmt: skip
from ..analyse.walk import outer_columns, query_columns, query_outer, walk
from ..types.compare import key_of
from .compile import Closure, Compiler
from .run import Run

Rows = Callable[[], Iterator[Any]]
_EVERY = 1024


def conjuncts(expr: Expr | None) -> list[Expr]:
    """The conditions that AND joins."""
    if expr is None:
        return []
    if isinstance(expr, Logic) and expr.op == "and":
        return [part for arg in expr.args for part in conjuncts(arg)]
    return [expr]


def used(expr: Expr) -> set[int]:
    """The columns of this query's rows that an expression reads."""
    return {column.index for column, level in outer_columns(expr) if level == 0}


def _inside(columns: set[int], low: int, high: int) -> bool:
    return all(low <= column < high for column in columns)


def _volatile(expr: Expr) -> bool:
    return any(isinstance(part, Call) and part.name in ("random", "nextval", "gen_random_uuid") for part in walk(expr))


def source_rows(compiler: Compiler, query: Query, locked: Any = None) -> Rows:
    """The rows of FROM that WHERE lets through."""
    pending = conjuncts(query.where)
    if compiler.needed is None and query.targets and locked is None:
        compiler.needed = {column.index for column, level in query_columns(query) if level == 0}
    if not query.sources:
        tests = [compiler.compile(test) for test in pending]
        return lambda: iter([()] if all(test(()) for test in tests) else [])
    rows: Rows | None = None
    end = 0
    for source in query.sources:
        end = source.start + source.width
        ready = [
            test for test in pending if _inside(used(test), 0, end) and not (_volatile(test) and end < query.width)
        ]
        pending = [test for test in pending if test not in ready]
        rows = _side(compiler, source, ready, 0) if rows is None else _join_next(compiler, rows, source, ready)
    assert rows is not None
    if locked is not None:
        return locked(compiler, query, rows)  # type: ignore[no-any-return]
    return rows


def _apply(compiler: Compiler, rows: Rows, tests: list[Expr], shift: int) -> Rows:
    closures = [compiler.compile(test, shift) for test in tests]
    if not closures:
        return rows
    if len(closures) == 1:
        (only,) = closures
        return lambda: (row for row in rows() if only(row))
    return lambda: (row for row in rows() if all(test(row) for test in closures))


def _side(compiler: Compiler, source: Source, tests: list[Expr], outer_start: int) -> Rows:
    """One source's rows (from its own first column on), filtered by conditions on it alone."""
    if isinstance(source, Join):
        return _join(compiler, source, tests)
    if isinstance(source, Scan):
        return _scan(compiler, source, tests)
    return _apply(compiler, _other(compiler, source), tests, source.start)


def _other(compiler: Compiler, source: Source) -> Rows:
    run = compiler.run
    if isinstance(source, SystemScan):
        system = source
        return lambda: iter([tuple(row) for row in system.rows(run)])
    if isinstance(source, CteScan):
        # Inside a recursive term this is the working table, everywhere else the CTE's rows.
        state = run.ctes[id(source.cte)]
        return lambda: state.read()
    if isinstance(source, FunctionScan):
        return _function_rows(compiler, source)
    assert isinstance(source, Derived) and source.query is not None
    from .query import compile_query

    return compile_query(run, source.query, compiler.frames)


def _function_rows(compiler: Compiler, source: FunctionScan) -> Rows:
    from itertools import zip_longest

    from .query import set_rows

    calls = [set_rows(compiler, call) for call in source.calls]
    widths = source.widths
    frame, run = compiler.frame, compiler.run

    def rows() -> Iterator[Any]:
        outer = frame.row
        results = [call(outer) for call in calls]
        for number, values in enumerate(zip_longest(*results), 1):
            if not number % 256:
                run.check()
            row: list[Any] = []
            for value, width in zip(values, widths, strict=True):
                if width == 1 and not (isinstance(value, tuple) and type(value).__name__ == "Record"):
                    row.append(value)
                else:
                    row += (None,) * width if value is None else value
            if source.ordinality:
                row.append(number)
            yield tuple(row)

    return rows


# Scans


def _scan(compiler: Compiler, source: Scan, tests: list[Expr]) -> Rows:
    run, relation = compiler.run, source.relation
    access = run.table(relation)
    probe = _probe(compiler, source, tests)
    filters = [compiler.compile(test, source.start) for test in tests]
    pushed = [] if probe else _pushable(compiler, source, tests)

    start, width = source.start, source.width
    needed = None if compiler.needed is None else {n - start for n in compiler.needed if start <= n < start + width}

    def found() -> Iterable[Any]:
        if probe is not None:
            return probe()  # type: ignore[no-any-return]
        return access.rows([(attnum, op, value(())) for attnum, op, value in pushed], needed)

    if not filters and needed is not None and not needed and probe is None:
        nothing = (None,) * width
        return lambda: repeat(nothing, len(access))

    def rows() -> Iterator[Any]:
        for count, row in enumerate(found(), 1):
            if not count % _EVERY:
                run.check()
            for test in filters:
                if not test(row):
                    break
            else:
                yield row

    return rows


def _column_side(expr: Expr, source: Source) -> tuple[Column, Expr, str] | None:
    """A comparison of one of the source's columns with something that does not depend on the source."""
    if not isinstance(expr, Call) or expr.name not in ("=", "<", "<=", ">", ">=") or expr.context:
        return None
    flip = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
    for one, other, op in ((expr.args[0], expr.args[1], expr.name), (expr.args[1], expr.args[0], flip[expr.name])):
        own = isinstance(one, Column) and one.level == 0 and source.start <= one.index < source.start + source.width
        if isinstance(one, Column) and own and not used(other) and not _volatile(other):
            return one, other, op
    return None


_PLAIN = frozenset({20, 21, 23, 25, 1043, 2950, 26})
_INTS = frozenset({20, 21, 23, 26})


def _comparable(a: int, b: int) -> bool:
    return (a in _INTS and b in _INTS) or (a == b and a in _PLAIN) or {a, b} <= {25, 1043}


def is_point(find: Any, query: Query, indexes: Any) -> bool:
    """Whether a query reads one table by a unique key."""
    if len(query.sources) != 1 or not isinstance(query.sources[0], Scan):
        return False
    source = query.sources[0]
    sides = [
        side for test in conjuncts(query.where) if (side := _column_side(test, source)) is not None and side[2] == "="
    ]
    equal = {side[0].index - source.start + 1 for side in sides}
    return any(index.unique and 0 not in index.keys and set(index.keys) <= equal for index in indexes)


def _probe(compiler: Compiler, source: Scan, tests: list[Expr]) -> Any:
    """A lookup by a unique index whose columns are all compared for equality; ``None`` if there is none."""
    equal: dict[int, Closure] = {}
    for test in tests:
        side = _column_side(test, source)
        if side is not None and side[2] == "=" and _comparable(side[0].type, side[1].type):
            equal[side[0].index - source.start + 1] = compiler.compile(side[1])
        elif isinstance(test, Call) and test.name == "=" and isinstance(test.args[0], Call) and test.args[0].cast:
            inner = test.args[0].args[0]
            if isinstance(inner, Column) and inner.level == 0 and inner.type == 1043 and not used(test.args[1]):
                equal[inner.index - source.start + 1] = compiler.compile(test.args[1])
    if not equal:
        return None
    access = compiler.run.table(source.relation)
    for index in access.unique_indexes():
        if index.where is None and 0 not in index.keys and all(attnum in equal for attnum in index.keys):
            values = [equal[attnum] for attnum in index.keys]

            def probe(index: Any = index, values: Any = values) -> Any:
                key = tuple(value(()) for value in values)
                return () if None in key else access.lookup(index, key)

            return probe
    return None


def _pushable(compiler: Compiler, source: Scan, tests: list[Expr]) -> list[tuple[int, str, Closure]]:
    """Comparisons that DuckDB makes exactly as PostgreSQL does, for a base that is worth it."""
    if not compiler.run.table(source.relation).large:
        return []
    found: list[tuple[int, str, Closure]] = []
    for test in tests:
        side = _column_side(test, source)
        if side is not None and _comparable(side[0].type, side[1].type):
            found.append((side[0].index - source.start + 1, side[2], compiler.compile(side[1])))
    return found


# Joins


def _lateral(source: Source) -> bool:
    if isinstance(source, Derived):
        return source.lateral or (any(level == 1 for _, level in query_outer(source.query)) and source.lateral)
    if isinstance(source, FunctionScan):
        return any(used(arg) for call in source.calls for arg in call.args)
    return isinstance(source, Join) and (_lateral(source.left) or _lateral(source.right))  # type: ignore[arg-type]


def _equalities(tests: list[Expr], split: int, low: int, high: int) -> list[tuple[Expr, Expr, Expr]]:
    """Conditions ``left = right`` between columns before and after ``split``."""
    found: list[tuple[Expr, Expr, Expr]] = []
    for test in tests:
        if isinstance(test, Call) and test.name == "=" and not test.context and len(test.args) == 2:
            a, b = test.args
            for x, y in ((a, b), (b, a)):
                ux, uy = used(x), used(y)
                if ux and uy and _inside(ux, low, split) and _inside(uy, split, high) and _hash_types(x.type, y.type):
                    found.append((test, x, y))
                    break
    return found


_HASHABLE = frozenset(
    {16, 19, 20, 21, 23, 25, 26, 1042, 1043, 1082, 1114, 1184, 1700, 2950, 700, 701, 2205, 24, 2206, 4089}
)


def _hash_types(a: int, b: int) -> bool:
    return (a == b and a in _HASHABLE) or {a, b} <= _INTS or {a, b} <= {19, 25, 1043} or (a == b and a >= 16384)


def _join_next(compiler: Compiler, left: Rows, source: Source, tests: list[Expr]) -> Rows:
    """Join one more FROM item to the rows so far."""
    start, end = source.start, source.start + source.width
    own = [test for test in tests if used(test) and _inside(used(test), start, end)]
    rest = [test for test in tests if test not in own]
    return _combine(compiler, left, 0, source, own, rest, start, end, "inner", [])


def _join(compiler: Compiler, join: Join, above: list[Expr]) -> Rows:
    assert join.left is not None and join.right is not None
    start, split, end = join.start, join.right.start, join.start + join.width
    on = conjuncts(join.on)
    left_tests: list[Expr] = []
    right_tests: list[Expr] = []
    rest_above: list[Expr] = []
    for test in above:
        columns = used(test)
        if columns and _inside(columns, start, split) and join.kind in ("inner", "left"):
            left_tests.append(test)
        elif columns and _inside(columns, split, end) and join.kind in ("inner", "right"):
            right_tests.append(test)
        else:
            rest_above.append(test)
    on_rest: list[Expr] = []
    for test in on:
        columns = used(test)
        if columns and _inside(columns, split, end) and join.kind in ("inner", "left"):
            right_tests.append(test)
        elif columns and _inside(columns, start, split) and join.kind in ("inner", "right"):
            left_tests.append(test)
        else:
            on_rest.append(test)
    left = _side(compiler, join.left, left_tests, start)
    rows = _combine(compiler, left, start, join.right, right_tests, on_rest, split, end, join.kind, [])
    return _apply(compiler, rows, rest_above, start)


def _combine(
    compiler: Compiler,
    left: Rows,
    low: int,
    source: Source,
    own: list[Expr],
    tests: list[Expr],
    split: int,
    end: int,
    kind: str,
    _: Any,
) -> Rows:
    """Join ``left`` (columns from ``low``) with a source (columns from ``split``) on conditions."""
    run = compiler.run
    width_left, width_right = split - low, end - split
    if _lateral(source):
        return _nested_lateral(compiler, left, low, source, own, tests, kind, width_right)
    right = _side(compiler, source, own, split)
    pairs = _equalities(tests, split, low, end)
    rest = [test for test in tests if all(test is not used_test for used_test, _, _ in pairs)]
    conditions = [compiler.compile(test, low) for test in rest]
    left_keys = [_keyed(run, compiler.compile(x, low), x.type) for _, x, _ in pairs]
    right_keys = [_keyed(run, compiler.compile(y, split), y.type) for _, _, y in pairs]
    nulls_left, nulls_right = (None,) * width_left, (None,) * width_right

    def rows() -> Iterator[Any]:
        buckets: dict[Any, list[Any]] = {}
        listed: list[Any] = []
        for n, row in enumerate(run.keep(right())):
            key = _key(right_keys, row)
            entry = (n, row)
            listed.append(entry)
            if key is not None:
                buckets.setdefault(key, []).append(entry)
        matched: set[int] = set()
        track = kind in ("right", "full")
        for steps, left_row in enumerate(left()):
            if not steps % _EVERY:
                run.check()
            key = _key(left_keys, left_row)
            hit = False
            for n, right_row in buckets.get(key, ()) if key is not None else ():
                if not n % _EVERY:
                    run.check()
                row = (*left_row, *right_row)
                for condition in conditions:
                    if not condition(row):
                        break
                else:
                    hit = True
                    if track:
                        matched.add(n)
                    yield row
            if not hit and kind in ("left", "full"):
                yield (*left_row, *nulls_right)
        if track:
            for n, right_row in listed:
                if n not in matched:
                    yield (*nulls_left, *right_row)

    return rows


def _keyed(run: Run, closure: Closure, oid: int) -> Closure:
    convert = key_of(run.find(oid), run.find)
    if convert is None:
        return closure

    def keyed(row: Any) -> Any:
        value = closure(row)
        return None if value is None else convert(value)

    return keyed


def _key(closures: list[Closure], row: Any) -> Any:
    values = []
    for closure in closures:
        value = closure(row)
        if value is None:
            return None
        values.append(value)
    return tuple(values)


def _nested_lateral(
    compiler: Compiler, left: Rows, low: int, source: Source, own: list[Expr], tests: list[Expr], kind: str, width: int
) -> Rows:
    """For each row on the left, run the right side anew, with that row in sight."""
    frame, run = compiler.frame, compiler.run
    right = _side(compiler, source, own, source.start)
    conditions = [compiler.compile(test, low) for test in tests]
    pad = (None,) * low
    nulls = (None,) * width

    def rows() -> Iterator[Any]:
        for left_row in left():
            saved = frame.row
            frame.row = (*pad, *left_row)
            found = run.keep(right())
            frame.row = saved
            hit = False
            for right_row in found:
                row = (*left_row, *right_row)
                if all(condition(row) for condition in conditions):
                    hit = True
                    yield row
            if not hit and kind == "left":
                yield (*left_row, *nulls)

    return rows
