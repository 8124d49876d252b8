"""Subqueries in expressions: EXISTS, scalar, IN, ANY, ALL and ARRAY(...)."""

from __future__ import annotations

from typing import Any

from ..errors import SqlError
from ..syntax import names_of, unwrap
from ..types.table import BOOL, TEXT, UNKNOWN
from .analyser import Analyser
from .nodes import Call, Expr, Held, Query, Row, SubQuery
from .operators import binary
from .scope import Scope


def sublink(an: Analyser, node: Any, scope: Scope) -> Expr:
    """A subquery in an expression."""
    from .select import select

    _kind, inner = unwrap(node.subselect)
    query = select(an, inner, Scope(Query(), parent=scope))
    columns = query.visible
    link = node.sub_link_type
    if link == 1:
        return SubQuery(BOOL, kind="exists", query=query, location=node.location)
    if link == 5:
        if len(columns) != 1:
            raise SqlError("42601", "subquery must return only one column", location=node.location)
        expr = columns[0].expr
        return SubQuery(expr.type, kind="scalar", query=query, typmod=expr.typmod, location=node.location)
    if link == 7:
        if len(columns) != 1:
            raise SqlError("42601", "subquery must return only one column", location=node.location)
        element = columns[0].expr.type
        array = an.find(an.coercer.base(element)).array or element
        return SubQuery(array, kind="array", query=query, location=node.location)
    return _any_all(an, node, scope, query)


def _any_all(an: Analyser, node: Any, scope: Scope, query: Query) -> Expr:
    from .expr import analyse

    name = names_of(node.oper_name)[-1] if node.oper_name else "="
    test = analyse(an, node.testexpr, scope)
    tests = list(test.args) if isinstance(test, Row) else [test]
    columns = query.visible
    if len(columns) != len(tests):
        many = "many" if len(columns) > len(tests) else "few"
        raise SqlError("42601", f"subquery has too {many} columns", location=node.location)
    holders: list[list[Any]] = [[None] for _ in range(len(tests) + len(columns))]
    left: list[Expr] = []
    for expr, holder in zip(tests, holders, strict=False):
        if expr.type == UNKNOWN:
            target = columns[len(left)].expr.type
            expr = an.coercer.to(expr, TEXT if target == UNKNOWN else target) or expr
            tests[len(left)] = expr
        left.append(Held(expr.type, holder=holder, location=expr.location))
    right: list[Expr] = [
        Held(target.expr.type, holder=holder) for target, holder in zip(columns, holders[len(tests) :], strict=True)
    ]
    if len(tests) > 1:
        compare = binary(an, name, Row(2249, args=left), Row(2249, args=right), node.location)
    else:
        compare = binary(an, name, left[0], right[0], node.location)
    hashable = name == "=" and len(tests) == 1 and isinstance(compare, Call) and not compare.context
    return SubQuery(
        BOOL, kind="all" if node.sub_link_type == 2 else "any", query=query, tests=tests, compare=compare, holders=holders,
        hashable=hashable, location=node.location,
    )  # fmt: skip


def row_compare(an: Analyser, left: Row, name: str, node: Any, scope: Scope) -> Expr:
    """``(a, b) = (SELECT ...)``."""
    from .select import select

    query = select(an, unwrap(node.subselect)[1], Scope(Query(), parent=scope))
    if len(query.visible) != len(left.args):
        many = "many" if len(query.visible) > len(left.args) else "few"
        raise SqlError("42601", f"subquery has too {many} columns", location=node.location)
    holders: list[list[Any]] = [[None] for _ in range(2 * len(left.args))]
    lefts: list[Expr] = [Held(e.type, holder=h) for e, h in zip(left.args, holders, strict=False)]
    rights: list[Expr] = [
        Held(t.expr.type, holder=h) for t, h in zip(query.visible, holders[len(left.args) :], strict=True)
    ]
    compare = binary(an, name, Row(2249, args=lefts), Row(2249, args=rights), node.location)
    return SubQuery(
        BOOL, kind="row", query=query, tests=left.args, compare=compare, holders=holders, location=node.location
    )
