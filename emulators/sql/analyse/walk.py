"""Walking and rebuilding expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from .nodes import Aggregate, Column, Expr, SortKey, SubQuery, Window


def _parts(value: Any) -> Iterator[Expr]:
    if isinstance(value, Expr):
        yield value
    elif isinstance(value, SortKey):
        yield value.expr
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _parts(item)


def children(expr: Expr) -> Iterator[Expr]:
    """The expressions right below one (not those inside its subquery)."""
    for f in fields(expr):
        if f.name not in ("query", "holder", "holders", "compare"):
            yield from _parts(getattr(expr, f.name))


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and all below it."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def _mapped(value: Any, change: Callable[[Expr], Expr]) -> Any:
    if isinstance(value, Expr):
        return change(value)
    if isinstance(value, SortKey):
        return SortKey(change(value.expr), value.descending, value.nulls_first)
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if isinstance(value, tuple):
        return tuple(_mapped(item, change) for item in value)
    return value


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with each of its children changed."""
    new: dict[str, Any] = {}
    for f in fields(expr):
        if f.name in ("query", "holder", "holders", "compare"):
            continue
        old = getattr(expr, f.name)
        if isinstance(old, Expr | SortKey | list | tuple):
            mapped = _mapped(old, change)
            if mapped is not old:
                new[f.name] = mapped
    return replace(expr, **new) if new else expr


def shift(expr: Expr, level: int) -> Expr:
    """The expression as seen from some queries further in."""
    if isinstance(expr, Column):
        return replace(expr, level=expr.level + level)
    return rebuild(expr, lambda child: shift(child, level))


def has_aggregate(expr: Expr) -> bool:
    """Whether an aggregate of this query level is in it."""
    return any(isinstance(part, Aggregate) for part in walk(expr))


def has_window(expr: Expr) -> bool:
    """Whether a window function is in it."""
    return any(isinstance(part, Window) for part in walk(expr))


def _query_columns(query: Any, depth: int) -> Iterator[tuple[Column, int]]:
    from .nodes import Derived, FunctionScan, Join

    def of(expr: Any) -> Iterator[tuple[Column, int]]:
        if expr is not None:
            yield from outer_columns(expr, depth)

    for target in query.targets:
        yield from of(target.expr)
    for expr in (query.where, query.having, query.limit, query.offset, *query.distinct_on, *query.group_keys):
        yield from of(expr)
    for key in query.order:
        yield from of(key.expr)
    for part in (*query.aggregates, *query.windows, *query.set_functions):
        yield from of(part)
    for row in query.values or ():
        for expr in row:
            yield from of(expr)
    stack = list(query.sources)
    while stack:
        source = stack.pop()
        if isinstance(source, Join):
            stack += [source.left, source.right]
            yield from of(source.on)
        elif isinstance(source, Derived):
            yield from _query_columns(source.query, depth + 1)
        elif isinstance(source, FunctionScan):
            for call in source.calls:
                yield from of(call)
    if query.setop is not None:
        yield from _query_columns(query.setop.left, depth + 1)
        yield from _query_columns(query.setop.right, depth + 1)
    for cte in query.ctes:
        if cte.query is not None and not hasattr(cte.query, "relation"):
            yield from _query_columns(cte.query, depth + 1)
        if cte.term is not None:
            yield from _query_columns(cte.term, depth + 1)


def outer_columns(expr: Expr, depth: int = 0) -> Iterator[tuple[Column, int]]:
    """Columns in an expression and its subqueries, with how many levels out each is from ``depth`` levels up."""
    for part in walk(expr):
        if isinstance(part, Column):
            yield part, part.level - depth
        elif isinstance(part, SubQuery):
            yield from _query_columns(part.query, depth + 1)
            if part.compare is not None:
                yield from outer_columns(part.compare, depth)


def query_columns(query: Any) -> Iterator[tuple[Column, int]]:
    """The columns that a query's parts read, with how many levels out of the query each is."""
    return _query_columns(query, 0)


def query_outer(query: Any) -> list[tuple[Column, int]]:
    """The columns of queries around this one that it uses; level 1 is the next one out."""
    return [(column, level) for column, level in _query_columns(query, 0) if level > 0]
