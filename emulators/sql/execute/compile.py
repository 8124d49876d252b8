"""Expressions as closures over a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..analyse.nodes import (
    Aggregate,
    AnyAll,
    ArrayOf,
    Call,
    Case,
    Coalesce,
    Column,
    Const,
    Expr,
    Grouping,
    Held,
    Logic,
    Param,
    Row,
    SetFunction,
    SubQuery,
    Window,
)  # fmt: skip
from ..errors import SqlError, unsupported
from ..types.text import Record
from .run import Frame, Run

Closure = Callable[[Any], Any]


class Compiler:
    """Compiles one query level. ``slots`` says which expressions are already in the row, and where."""

    def __init__(self, run: Run, frames: list[Frame]) -> None:
        self.run = run
        self.frames = frames
        self.frame = frames[-1] if frames else Frame()
        self.slots: dict[int, int] = {}
        self.keys: list[tuple[Expr, int]] = []
        self.grouping: Closure | None = None
        self.group_keys: list[Expr] = []
        self.needed: set[int] | None = None
        """The columns of the query's rows that anything reads; all if ``None``."""

    def compile(self, expr: Expr, shift: int = 0) -> Closure:
        """A closure that computes the expression from a row whose first column is number ``shift``."""
        slot = self.slots.get(id(expr))
        if slot is None and self.keys:
            slot = self._key(expr)
        if slot is not None:
            place = slot - shift
            return lambda row: row[place]
        made: Closure = _MAKERS[type(expr)](self, expr, shift)
        return made

    def _key(self, expr: Expr) -> int | None:
        from ..analyse.select import same

        for key, slot in self.keys:
            if same(key, expr):
                return slot
        return None

    def many(self, exprs: list[Expr], shift: int = 0) -> list[Closure]:
        """Closures of several expressions."""
        return [self.compile(expr, shift) for expr in exprs]


def _const(c: Compiler, expr: Const, shift: int) -> Closure:
    value = expr.value
    return lambda row: value


def _param(c: Compiler, expr: Param, shift: int) -> Closure:
    params, place = c.run.params, expr.number - 1
    if place >= len(params):
        raise SqlError("42P02", f"there is no parameter ${expr.number}", location=expr.location)
    return lambda row: params[place]


def _column(c: Compiler, expr: Column, shift: int) -> Closure:
    index = expr.index
    if expr.level == 0:
        index -= shift
        return lambda row: row[index]
    frame = c.frames[-1 - expr.level]
    return lambda row: frame.row[index]


def _call(c: Compiler, expr: Call, shift: int) -> Closure:
    impl = expr.impl
    args = c.many(expr.args, shift)
    if expr.name == "cast" or (expr.cast and expr.name != "domain"):
        style, only = c.run.style, args[0]

        def cast(row: Any) -> Any:
            value = only(row)
            return None if value is None else impl(value, style)

        return cast
    if expr.context:
        run = c.run
        if expr.strict:
            return _strict_with_run(impl, run, args)
        return lambda row: impl(run, *[arg(row) for arg in args])
    if not expr.strict:
        return lambda row: impl(*[arg(row) for arg in args])
    return _strict(impl, args)


def _strict_with_run(impl: Any, run: Run, args: list[Closure]) -> Closure:
    def call(row: Any) -> Any:
        values = []
        for arg in args:
            value = arg(row)
            if value is None:
                return None
            values.append(value)
        return impl(run, *values)

    return call


def _strict(impl: Any, args: list[Closure]) -> Closure:
    if len(args) == 1:
        (only,) = args

        def one(row: Any) -> Any:
            value = only(row)
            return None if value is None else impl(value)

        return one
    if len(args) == 2:
        first, second = args

        def two(row: Any) -> Any:
            a = first(row)
            if a is None:
                return None
            b = second(row)
            return None if b is None else impl(a, b)

        return two

    def many(row: Any) -> Any:
        values = []
        for arg in args:
            value = arg(row)
            if value is None:
                return None
            values.append(value)
        return impl(*values)

    return many


def _logic(c: Compiler, expr: Logic, shift: int) -> Closure:
    args = c.many(expr.args, shift)
    if expr.op == "not":
        (only,) = args

        def negate(row: Any) -> Any:
            value = only(row)
            return None if value is None else not value

        return negate
    stop = expr.op == "or"

    def combine(row: Any) -> Any:
        unknown = False
        for arg in args:
            value = arg(row)
            if value is None:
                unknown = True
            elif value is stop:
                return stop
        return None if unknown else not stop

    return combine


def _case(c: Compiler, expr: Case, shift: int) -> Closure:
    test = c.compile(expr.test, shift) if expr.test is not None else None
    whens = [(c.compile(when, shift), c.compile(then, shift)) for when, then in expr.whens]
    default = c.compile(expr.default, shift) if expr.default is not None else lambda row: None
    holder = expr.holder

    def choose(row: Any) -> Any:
        if test is not None:
            holder[0] = test(row)
        for when, then in whens:
            if when(row):
                return then(row)
        return default(row)

    return choose


def _held(c: Compiler, expr: Held, shift: int) -> Closure:
    holder = expr.holder
    return lambda row: holder[0]


def _coalesce(c: Compiler, expr: Coalesce, shift: int) -> Closure:
    args = c.many(expr.args, shift)

    def first(row: Any) -> Any:
        for arg in args:
            value = arg(row)
            if value is not None:
                return value
        return None

    return first


def _array(c: Compiler, expr: ArrayOf, shift: int) -> Closure:
    args = c.many(expr.args, shift)
    if not expr.nested:
        return lambda row: tuple(arg(row) for arg in args)

    def nested(row: Any) -> Any:
        items = tuple(arg(row) for arg in args)
        if len({len(item) for item in items if item is not None}) > 1:
            raise SqlError("2202E", "multidimensional arrays must have array expressions with matching dimensions")
        return items

    return nested


def _row(c: Compiler, expr: Row, shift: int) -> Closure:
    args = c.many(expr.args, shift)
    types = tuple(arg.type for arg in expr.args)
    names = tuple(expr.names)
    whole = bool(expr.whole)

    def build(row: Any) -> Any:
        values = [arg(row) for arg in args]
        if whole and all(value is None for value in values):
            return None
        return Record.of(values, types, names)

    return build


def _any_all(c: Compiler, expr: AnyAll, shift: int) -> Closure:
    from ..functions.arrays import flat

    left, array, impl, every = c.compile(expr.left, shift), c.compile(expr.array, shift), expr.impl, expr.all

    def test(row: Any) -> Any:
        items = array(row)
        if items is None:
            return None
        value = left(row)
        unknown = False
        for item in flat(items):
            result = None if value is None or item is None else impl(value, item)
            if result is None:
                unknown = True
            elif bool(result) is not every:
                return not every
        return None if unknown else every

    return test


def _grouping(c: Compiler, expr: Grouping, shift: int) -> Closure:
    from ..analyse.select import same

    if c.grouping is None:
        raise SqlError(
            "42803",
            "arguments to GROUPING must be grouping expressions of the associated query level",
            location=expr.location,
        )
    places = [next((n for n, key in enumerate(c.group_keys) if same(key, arg)), -1) for arg in expr.args]
    if -1 in places:
        raise SqlError(
            "42803",
            "arguments to GROUPING must be grouping expressions of the associated query level",
            location=expr.location,
        )
    present = c.grouping

    def bits(row: Any) -> int:
        there = present(row)
        value = 0
        for place in places:
            value = value * 2 + (place not in there)
        return value

    return bits


def _subquery(c: Compiler, expr: SubQuery, shift: int) -> Closure:
    from ..analyse.walk import query_outer
    from .query import compile_query

    assert expr.query is not None
    rows, keep = compile_query(c.run, expr.query, c.frames), c.run.keep
    # Readers that want all rows get them under the statement's bounds.
    plan = rows if expr.kind in ("exists", "scalar", "row") else lambda: keep(rows())
    frame = c.frame
    correlated = bool(query_outer(expr.query))
    tests = c.many(expr.tests, shift)
    compare = c.compile(expr.compare) if expr.compare is not None else None
    reader = _READERS[expr.kind](expr, plan, tests, compare)
    cache: list[Any] = []
    pad = (None,) * shift

    def run(row: Any) -> Any:
        saved = frame.row
        frame.row = (*pad, *row) if pad else row
        try:
            return reader(row, cache, correlated)
        finally:
            frame.row = saved

    return run


Reader = Callable[[Any, list[Any], bool], Any]


def _cached(make: Callable[[], Any], cache: list[Any], correlated: bool) -> Any:
    if correlated:
        return make()
    if not cache:
        cache.append(make())
    return cache[0]


def _exists(expr: SubQuery, plan: Any, tests: Any, compare: Any) -> Reader:
    def read(row: Any, cache: list[Any], correlated: bool) -> bool:
        return bool(_cached(lambda: next(iter(plan()), None) is not None, cache, correlated))

    return read


def _one_row(plan: Any) -> Any:
    rows = iter(plan())
    first = next(rows, None)
    if first is not None and next(rows, None) is not None:
        raise SqlError("21000", "more than one row returned by a subquery used as an expression")
    return first


def _scalar(expr: SubQuery, plan: Any, tests: Any, compare: Any) -> Reader:
    def read(row: Any, cache: list[Any], correlated: bool) -> Any:
        found = _cached(lambda: _one_row(plan), cache, correlated)
        return None if found is None else found[0]

    return read


def _array_reader(expr: SubQuery, plan: Any, tests: Any, compare: Any) -> Reader:
    def read(row: Any, cache: list[Any], correlated: bool) -> Any:
        return _cached(lambda: tuple(found[0] for found in plan()), cache, correlated)

    return read


def _row_reader(expr: SubQuery, plan: Any, tests: Any, compare: Any) -> Reader:
    def read(row: Any, cache: list[Any], correlated: bool) -> Any:
        values = [test(row) for test in tests]
        found = _cached(lambda: _one_row(plan), cache, correlated)
        if found is None:
            return None
        _fill(expr, values, found)
        return compare(())

    return read


def _fill(expr: SubQuery, left: list[Any], right: Any) -> None:
    for holder, value in zip(expr.holders, [*left, *right], strict=False):
        holder[0] = value


def _any_reader(expr: SubQuery, plan: Any, tests: Any, compare: Any) -> Reader:
    every = expr.kind == "all"

    def read(row: Any, cache: list[Any], correlated: bool) -> Any:
        values = [test(row) for test in tests]
        rows = _cached(lambda: list(plan()), cache, correlated)
        unknown = False
        for found in rows:
            _fill(expr, values, found)
            result = compare(())
            if result is None:
                unknown = True
            elif bool(result) is not every:
                return not every
        return None if unknown else every

    if not expr.hashable:
        return read

    def read_hashed(row: Any, cache: list[Any], correlated: bool) -> Any:
        if correlated:
            return read(row, cache, correlated)
        if not cache:
            rows = [found[0] for found in plan()]
            cache.append((_hash_members(expr, rows), None in rows, bool(rows)))
        members, has_null, some = cache[0]
        value = tests[0](row)
        if value is None:
            return None if some else False
        if _hash_key(expr, value) in members:
            return True
        return None if has_null else False

    return read_hashed


def _hash_key(expr: SubQuery, value: Any) -> Any:
    return value.rstrip(" ") if isinstance(value, str) and expr.tests[0].type == 1042 else value


def _hash_members(expr: SubQuery, rows: list[Any]) -> Any:
    return {_hash_key(expr, value) for value in rows if value is not None}


_READERS: dict[str, Any] = {
    "exists": _exists, "scalar": _scalar, "array": _array_reader, "row": _row_reader, "any": _any_reader, "all": _any_reader,
}  # fmt: skip


def _misplaced(c: Compiler, expr: Expr, shift: int) -> Closure:
    names: dict[type[Expr], str] = {
        Aggregate: "an aggregate",
        Window: "a window function",
        SetFunction: "a set-returning function",
    }
    what = names[type(expr)]
    if isinstance(expr, SetFunction):
        raise SqlError(
            "0A000", "set-valued function called in context that cannot accept a set", location=expr.location
        )
    raise unsupported(f"{what} in this place", expr.location)


_MAKERS: dict[type, Any] = {
    Const: _const, Param: _param, Column: _column, Call: _call, Logic: _logic, Case: _case, Held: _held, Coalesce: _coalesce,
    ArrayOf: _array, Row: _row, AnyAll: _any_all, Grouping: _grouping, SubQuery: _subquery, Aggregate: _misplaced,
    Window: _misplaced, SetFunction: _misplaced,
}  # fmt: skip
