"""GROUP BY and aggregates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, repeat
from operator import length_hint
from typing import Any, Final

from ..analyse.nodes import Aggregate, Query
from ..types.compare import key_of
from .compile import Compiler
from .run import Run

_EVERY: Final = 1024


def grouped(compiler: Compiler, query: Query, rows: Any, width: int) -> tuple[Any, int]:
    """One row per group: a row of the group, the group's keys, the aggregates, and which keys count."""
    run = compiler.run
    keys = query.group_keys
    closures = compiler.many(keys)
    types = [key_of(run.find(key.type), run.find) for key in keys]
    aggregates = [_compiled(compiler, aggregate) for aggregate in query.aggregates]
    from ..analyse.select import same

    bare = not keys and bool(query.aggregates) and len(query.group or []) == 1 and all(map(_bare, query.aggregates))
    places = [[next(n for n, key in enumerate(keys) if same(key, expr)) for expr in each] for each in query.group or []]

    def produce() -> Iterator[Any]:
        if bare:
            yield from _counted(run, rows(), width, len(aggregates))
            return
        source = run.keep(rows())
        for chosen in places:
            yield from _one_set(run, source, chosen, closures, types, aggregates, width)

    compiler.keys = [(key, width + n) for n, key in enumerate(keys)]
    for n, aggregate in enumerate(query.aggregates):
        compiler.slots[id(aggregate)] = width + len(keys) + n
    total = width + len(keys) + len(query.aggregates)
    compiler.grouping = lambda row: row[total]
    compiler.group_keys = keys
    return produce, total + 1


def _bare(aggregate: Aggregate) -> bool:
    function = aggregate.function
    plain = aggregate.where is None and not aggregate.args and not aggregate.distinct and not aggregate.order
    return plain and function is not None and function.name == "count"


def _counted(run: Run, rows: Iterator[Any], width: int, times: int) -> Iterator[Any]:
    """count(*) alone needs no rows, only their number."""
    left, number, first = iter(rows), 0, None
    if isinstance(left, repeat):
        # A whole table of which no column is read: it knows how long it is.
        number, first = length_hint(left), next(left, None)
        left = repeat((), 0)
    while batch := list(islice(left, _EVERY)):
        first = batch[0] if first is None else first
        number += len(batch)
        run.check()
    start = (None,) * width if first is None else tuple(first[:width])
    yield (*start, *[number] * times, frozenset[int]())


def _one_set(
    run: Run, source: list[Any], chosen: list[int], closures: Any, types: Any, aggregates: Any, width: int
) -> Iterator[Any]:
    groups: dict[Any, tuple[list[Any], list[Any]]] = {}
    for number, row in enumerate(source):
        if not number % _EVERY:
            run.check()
        values = [closures[n](row) for n in chosen]
        key = tuple(v if v is None or (k := types[n]) is None else k(v) for n, v in zip(chosen, values, strict=True))
        group = groups.get(key)
        if group is None:
            groups[key] = (values, [row])
        else:
            group[1].append(row)
    if not groups and not chosen:
        groups[()] = ([], [])
    present = frozenset(chosen)
    for values, members in groups.values():
        first = tuple(members[0][:width]) if members else (None,) * width
        key_values: list[Any] = [None] * len(closures)
        for n, value in zip(chosen, values, strict=True):
            key_values[n] = value
        yield (*first, *key_values, *[aggregate(members) for aggregate in aggregates], present)


def _compiled(compiler: Compiler, aggregate: Aggregate) -> Any:
    run = compiler.run
    function = aggregate.function
    assert function is not None
    args = compiler.many(aggregate.args)
    where = compiler.compile(aggregate.where) if aggregate.where is not None else None
    types = [arg.type for arg in aggregate.args]
    order = [(compiler.compile(key.expr), key) for key in aggregate.order]
    if aggregate.within:
        return _within(run, aggregate, function, args, order, where)
    only = args[0] if len(args) == 1 else None

    def compute(rows: list[Any]) -> Any:
        if where is not None:
            rows = [row for row in rows if where(row)]
        if order:
            rows = _sorted(run, rows, order)
        if only is not None:
            values: list[Any] = run.keep((only(row),) for row in rows)
        else:
            values = run.keep(tuple(arg(row) for arg in args) for row in rows) if args else [()] * len(rows)
        if function.strict and args:
            values = [value for value in values if value[0] is not None]
        if aggregate.distinct:
            values = _unique(values, aggregate.key)
        return function.impl(run, values, types)

    return compute


def _sorted(run: Run, rows: list[Any], order: Any) -> list[Any]:
    from .query import sort_rows

    keyed = [([sort(row) for sort, _ in order], row) for row in rows]
    sort_rows(run, keyed, [key for _, key in order])
    return [row for _, row in keyed]


def _unique(values: list[Any], key: Any) -> list[Any]:
    seen: set[Any] = set()
    kept: list[Any] = []
    for value in values:
        k = key(value)
        if k not in seen:
            seen.add(k)
            kept.append(value)
    return kept


def _within(run: Run, aggregate: Aggregate, function: Any, direct: Any, order: Any, where: Any) -> Any:
    def compute(rows: list[Any]) -> Any:
        if where is not None:
            rows = [row for row in rows if where(row)]
        rows = _sorted(run, rows, order)
        values = [value for row in rows if (value := order[0][0](row)) is not None]
        first = rows[0] if rows else ()
        given = [arg(first) for arg in direct]
        return function.impl(run, *given, values, function.result)

    return compute
