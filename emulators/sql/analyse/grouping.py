"""GROUP BY: its keys and sets, and the rule that every other column is inside an aggregate."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from ..errors import SqlError
from ..syntax import unwrap
from .analyser import Analyser
from .nodes import Aggregate, Column, Expr, Grouping, Query, Scan, SubQuery
from .scope import Scope
from .walk import children, has_aggregate, has_window, outer_columns


def group_clause(an: Analyser, node: Any, scope: Scope) -> None:
    """Analyse GROUP BY; a query with aggregates and no GROUP BY is one group."""
    query = scope.query
    if not node.group_clause:
        if query.aggregates or query.having is not None:
            query.group = [[]]
        return
    scope.clause = "group"
    lists: list[list[list[Expr]]] = [_sets(an, part, scope) for part in node.group_clause]
    scope.clause = ""
    sets = [[expr for part in combination for expr in part] for combination in product(*lists)]
    query.group = [_distinct(each) for each in sets]
    query.group_keys = _distinct([expr for each in sets for expr in each])


def _distinct(exprs: list[Expr]) -> list[Expr]:
    from .select import same

    kept: list[Expr] = []
    for expr in exprs:
        if not any(same(expr, other) for other in kept):
            kept.append(expr)
    return kept


def _sets(an: Analyser, node: Any, scope: Scope) -> list[list[Expr]]:
    """The grouping sets of one item of GROUP BY."""
    kind, inner = unwrap(node)
    if kind == "grouping_set":
        content = [_sets(an, part, scope) for part in inner.content]
        match inner.kind:
            case 1:
                return [[]]
            case 2:
                return [[expr for part in content for expr in part[0]]]
            case 3:
                return [[expr for part in content[:n] for expr in part[0]] for n in range(len(content), -1, -1)]
            case 4:
                return [
                    [expr for part in chosen for expr in part[0]]
                    for n in range(len(content), -1, -1)
                    for chosen in combinations(content, n)
                ]
            case _:
                return [each for part in content for each in part]
    if kind == "row_expr":
        return [[_key(an, part, scope) for part in inner.args]]
    return [[_key(an, node, scope)]]


def _key(an: Analyser, node: Any, scope: Scope) -> Expr:
    from .select import by_position_or_name

    expr = by_position_or_name(an, node, scope, "GROUP BY")
    if has_aggregate(expr):
        raise SqlError("42803", "aggregate functions are not allowed in GROUP BY", location=expr.location)
    if has_window(expr):
        raise SqlError("42P20", "window functions are not allowed in GROUP BY", location=expr.location)
    if an.find(expr.type).name == "json":
        raise SqlError("42883", "could not identify an equality operator for type json", location=expr.location)
    return expr


def check_grouping(an: Analyser, query: Query) -> None:
    """Raises 42803 for a column that is neither grouped nor aggregated."""
    if query.group is None:
        return
    whole = _primary_keys(an, query)
    exprs = [target.expr for target in query.targets] + [key.expr for key in query.order] + query.distinct_on
    if query.having is not None:
        exprs.append(query.having)
    for expr in exprs:
        _check(query, expr, whole)


def _primary_keys(an: Analyser, query: Query) -> set[int]:
    """The tables whose primary key is grouped by, so that their other columns depend on it."""
    grouped = {
        (key.table, key.attnum): key.index for key in query.group_keys if isinstance(key, Column) and key.level == 0
    }
    starts: set[int] = set()
    stack: list[Any] = list(query.sources)
    while stack:
        source = stack.pop()
        if hasattr(source, "left"):
            stack += [source.left, source.right]
        if not isinstance(source, Scan):
            continue
        for constraint in source.relation.constraints:
            if constraint.kind == "p" and all(
                grouped.get((source.relation.oid, attnum)) == source.start + attnum - 1 for attnum in constraint.columns
            ):
                starts.update(range(source.start, source.start + source.width))
    return starts if len(query.group or []) == 1 else set()


def _check(query: Query, expr: Expr, whole: set[int]) -> None:
    from .select import same

    if any(same(expr, key) for key in query.group_keys):
        return
    if isinstance(expr, Aggregate | Grouping):
        return
    if isinstance(expr, Column) and expr.level == 0:
        if expr.index in whole:
            return
        raise _ungrouped(query, expr)
    if isinstance(expr, SubQuery):
        for column, level in outer_columns(expr):
            if (
                column.level
                and level == 0
                and not any(isinstance(k, Column) and k.index == column.index for k in query.group_keys)
                and column.index not in whole
            ):
                raise SqlError(
                    "42803",
                    f'subquery uses ungrouped column "{_shown(query, column)}" from outer query',
                    location=column.location,
                )
    for child in children(expr):
        _check(query, child, whole)


def _shown(query: Query, column: Column) -> str:
    stack: list[Any] = list(query.sources)
    while stack:
        source = stack.pop()
        if hasattr(source, "left"):
            stack += [source.left, source.right]
        elif source.start <= column.index < source.start + source.width:
            return f"{source.alias}.{column.name}"
    return column.name


def _ungrouped(query: Query, column: Column) -> SqlError:
    return SqlError(
        "42803", f'column "{_shown(query, column)}" must appear in the GROUP BY clause or be used in an aggregate function',
        location=column.location,
    )  # fmt: skip
