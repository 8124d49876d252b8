"""How many steps a statement may take at most: what decides whether it runs beside the event loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..analyse.nodes import Call, CteScan, Derived, Expr, FunctionScan, Join, Query, Scan, SetFunction, Source, SubQuery
from ..analyse.walk import walk

Terms = list[tuple[float, tuple[str, ...]]]
"""A sum of products: a number times the row counts of stored tables."""

ENDLESS: Final[Terms] = [(float("inf"), ())]
_ONE: Final[Terms] = [(1, ())]
_SYSTEM_ROWS: Final = 1000
_MOST_TERMS: Final = 64
_DEAR: Final = ("~", "!~", "regexp", "similar")


def terms(plan: Any) -> Terms:
    """A statement's steps, as far as its plan tells; ``ENDLESS`` where it does not."""
    found = _change(plan) if hasattr(plan, "relation") else _query(plan)
    return found if len(found) <= _MOST_TERMS else ENDLESS


def steps(found: Terms, counts: Mapping[str, int]) -> float:
    """The sum for tables of so many rows."""
    total = 0.0
    for number, tables in found:
        for table in tables:
            # An empty table still takes a look.
            number *= max(1, counts.get(table, 0))
        total += number
    return total


def _times(left: Terms, right: Terms) -> Terms:
    if len(left) * len(right) > _MOST_TERMS:
        return ENDLESS
    return [(a * b, (*x, *y)) for a, x in left for b, y in right]


def _change(change: Any) -> Terms:
    if change.ctes:
        return ENDLESS
    if change.rows is not None:
        # A row that is written takes a good deal more than one that is read.
        parts: list[Expr] = [cell for row in change.rows for cell in row if cell is not None]
        return _times([(40 * len(change.rows), ())], _inside(parts))
    found = _times([(10, ())], _query(change.query))
    return _times(found, _inside([expr for _, expr in change.sets if expr is not None]))


def _query(query: Query | None) -> Terms:
    if query is None or query.change is not None or query.set_functions or any(cte.recursive for cte in query.ctes):
        return ENDLESS
    if query.setop is not None:
        found: Terms = _query(query.setop.left) + _query(query.setop.right)
    else:
        found = _ONE if query.values is None else [(len(query.values), ())]
        for source in query.sources:
            found = _times(found, _source(source))
    found = _times(found, _inside(list(_expressions(query))))
    for cte in query.ctes:
        found = found + (ENDLESS if hasattr(cte.query, "relation") else _query(cte.query))
    return found if len(found) <= _MOST_TERMS else ENDLESS


def _source(source: Source | None) -> Terms:
    if isinstance(source, Scan):
        return [(1, (source.relation.storage,))]
    if isinstance(source, Join):
        return _times(_times(_source(source.left), _source(source.right)), _inside([source.on] if source.on else []))
    if isinstance(source, Derived):
        return _query(source.query)
    if isinstance(source, CteScan):
        cte = source.cte
        return ENDLESS if cte is None or cte.recursive or hasattr(cte.query, "relation") else _query(cte.query)
    return ENDLESS if isinstance(source, FunctionScan) else [(_SYSTEM_ROWS, ())]


def _expressions(query: Query) -> Iterator[Expr]:
    for target in query.targets:
        yield target.expr
    for expr in (query.where, query.having, query.limit, query.offset, *query.distinct_on, *query.group_keys):
        if expr is not None:
            yield expr
    for key in query.order:
        yield key.expr
    yield from query.aggregates
    yield from query.windows
    for row in query.values or ():
        yield from row


def _inside(parts: list[Expr]) -> Terms:
    """What the subqueries in expressions may take each time."""
    found = _ONE
    for part in parts:
        for expr in walk(part):
            if isinstance(expr, SubQuery):
                found = found + _query(expr.query)
            elif isinstance(expr, SetFunction) or (isinstance(expr, Call) and expr.name.startswith(_DEAR)):
                return ENDLESS
    return found
