"""The FROM clause: tables, subqueries, functions and joins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..catalog.model import Relation
from ..errors import SqlError, unsupported
from ..syntax import names_of, parse, unwrap
from ..types.table import BOOL, INT8, RECORD, TEXT, UNKNOWN, VOID
from .analyser import Analyser
from .nodes import (
    Coalesce,
    Column,
    Cte,
    CteScan,
    Derived,
    Expr,
    FunctionScan,
    Join,
    Logic,
    Query,
    Row,
    Scan,
    SetFunction,
    Source,
    SystemScan,
)  # fmt: skip
from .operators import binary
from .scope import Named, Scope


def from_clause(an: Analyser, nodes: Any, scope: Scope) -> None:
    """Add every FROM item to the query and its scope."""
    for node in nodes:
        source, tables, columns = item(an, node, scope)
        scope.query.sources.append(source)
        for table in tables:
            if table not in scope.tables:
                scope.add(table)
        scope.columns += columns


Item = tuple[Source, list[Named], list[tuple[str, Expr]]]


def item(an: Analyser, node: Any, scope: Scope) -> Item:
    """One FROM item: where its rows come from, the tables it names, the columns it shows."""
    kind, inner = unwrap(node)
    match kind:
        case "range_var":
            return _table(an, inner, scope)
        case "range_subselect":
            return _subselect(an, inner, scope)
        case "range_function":
            return _function(an, inner, scope)
        case "join_expr":
            return _join(an, inner, scope)
        case _:
            raise unsupported(f"{kind} in FROM")


def _place(scope: Scope, width: int) -> int:
    start = scope.query.width
    scope.query.width += width
    return start


def _renamed(names: list[str], alias: Any, shown: str) -> list[str]:
    given = names_of(alias.colnames)
    if len(given) > len(names):
        raise SqlError(
            "42P10", f'table "{shown}" has {len(names)} columns available but {len(given)} columns specified'
        )
    return given + names[len(given) :]


def _named(source: Source, alias: str, columns: list[tuple[str, int, int, int, int]]) -> Named:
    """A table of columns (name, type, typmod, table OID, attnum) at a source's place."""
    return Named(
        alias,
        [
            (name, Column(oid, typmod=typmod, index=source.start + n, name=name, table=table, attnum=attnum))
            for n, (name, oid, typmod, table, attnum) in enumerate(columns)
        ],
    )


def _table(an: Analyser, node: Any, scope: Scope) -> Item:
    alias = node.alias.aliasname or node.relname
    if not node.schemaname:
        cte = _find_cte(scope, node.relname)
        if cte is not None:
            return _cte(an, cte, node, scope, alias)
    stored = (
        an.lookup(node.schemaname or None, node.relname)
        if node.schemaname not in ("pg_catalog", "information_schema")
        else None
    )
    if stored is None:
        from ..catalog.system import system_view

        view = system_view(node.schemaname or None, node.relname, an.session.search_path())
        if view is not None:
            names = _renamed([name for name, _ in view.columns], node.alias, alias)
            source: Source = SystemScan(alias, _place(scope, len(names)), len(names), rows=view.rows)
            columns = [
                (name, oid, -1, view.oid, n + 1)
                for n, (name, (_, oid)) in enumerate(zip(names, view.columns, strict=True))
            ]
            table = _named(source, alias, columns)
            table.schema = node.schemaname or None
            table.real_name = node.relname
            return source, [table], list(table.columns)
        an.check_system(node.schemaname or None, node.relname, node.location)
    relation = an.relation(node)
    return scan(an, relation, alias, node.alias, scope, node.schemaname or None, node.location)


def scan(
    an: Analyser,
    relation: Relation,
    alias: str,
    names: Any,
    scope: Scope,
    schema: str | None = None,
    location: int = -1,
) -> Item:
    """A stored table, view or sequence as a FROM item."""
    if relation.kind == "v":
        return _view(an, relation, alias, names, scope)
    if relation.kind == "i":
        raise SqlError(
            "42809",
            f'cannot open relation "{relation.name}"',
            detail="This operation is not supported for indexes.",
            location=location,
        )
    if relation.kind == "S":
        return _sequence(an, relation, alias, scope)
    scope.query.tables.append(relation)
    width = len(relation.columns) + 1  # the row id is last
    source = Scan(alias, _place(scope, width), width, relation=relation)
    live = [column for column in relation.columns if not column.dropped]
    shown = _renamed([column.name for column in live], names, alias) if names is not None else [c.name for c in live]
    columns: list[tuple[str, Expr]] = [
        (
            name,
            Column(
                column.type,
                typmod=column.typmod,
                index=source.start + column.attnum - 1,
                name=name,
                table=relation.oid,
                attnum=column.attnum,
            ),
        )
        for name, column in zip(shown, live, strict=True)
    ]
    table = Named(alias, columns, schema, relation.oid, real_name=relation.name)
    return source, [table], list(columns)


def _sequence(an: Analyser, relation: Relation, alias: str, scope: Scope) -> Item:
    source = SystemScan(alias, _place(scope, 3), 3, rows=lambda context: [context.sequences.row(relation)])
    table = _named(
        source, alias, [("last_value", INT8, -1, 0, 0), ("log_cnt", INT8, -1, 0, 0), ("is_called", BOOL, -1, 0, 0)]
    )
    return source, [table], list(table.columns)


def _view(an: Analyser, relation: Relation, alias: str, names: Any, scope: Scope) -> Item:
    from .select import select

    statement = parse(relation.definition)[0]
    inner = Scope(Query(), parent=_sealed(scope))
    query = select(an, statement.node, inner)
    return _derived(an, query, alias, names, scope, [column.name for column in relation.columns], relation.oid)


def _sealed(scope: Scope) -> Scope:
    """A scope at the same level in which nothing can be seen."""
    return Scope(Query())


def _derived(
    an: Analyser,
    query: Query,
    alias: str,
    names: Any,
    scope: Scope,
    shown: list[str] | None = None,
    oid: int = 0,
    lateral: bool = False,
) -> Item:
    visible = query.visible
    own = shown or [target.name for target in visible]
    final = _renamed(own, names, alias) if names is not None else own
    source = Derived(alias, _place(scope, len(visible)), len(visible), query=query, lateral=lateral)
    columns = [
        (name, settle(an, target), target.expr.typmod, oid, n + 1 if oid else 0)
        for n, (name, target) in enumerate(zip(final, visible, strict=True))
    ]
    if not oid:
        columns = [(n, t, m, 0, 0) for n, t, m, _, _ in columns]
    table = _named(source, alias, columns)
    table.relation_oid = oid
    return source, [table], list(table.columns)


def settle(an: Analyser, target: Any) -> int:
    """A subquery's column type; unknown literals become text."""
    if target.expr.type == UNKNOWN:
        target.expr = an.coercer.to(target.expr, TEXT) or target.expr
    return int(target.expr.type)


def _subselect(an: Analyser, node: Any, scope: Scope) -> Item:
    from .select import select

    if not node.alias.aliasname:
        _kind, inner_node = unwrap(node.subquery)
        what = "VALUES" if inner_node.values_lists else "subquery"
        example = "FROM (VALUES ...) [AS] foo" if what == "VALUES" else "FROM (SELECT ...) [AS] foo"
        raise SqlError(
            "42601",
            f"{what} in FROM must have an alias",
            hint=f"For example, {example}.",
            location=_location(node.subquery),
        )
    seen = scope if node.lateral else Scope(scope.query, parent=scope.parent, ctes=scope.ctes)
    query = select(an, unwrap(node.subquery)[1], Scope(Query(), parent=seen))
    return _derived(an, query, node.alias.aliasname, node.alias, scope, lateral=node.lateral)


def _location(node: Any) -> int:
    return -1


def _find_cte(scope: Scope, name: str) -> Cte | None:
    current: Scope | None = scope
    while current is not None:
        if name in current.ctes:
            return current.ctes[name]
        current = current.parent
    return None


def _cte(an: Analyser, cte: Cte, node: Any, scope: Scope, alias: str) -> Item:
    cte.used += 1
    names = _renamed([name for name, _, _ in cte.columns], node.alias, alias)
    source = CteScan(alias, _place(scope, len(names)), len(names), cte=cte)
    columns = [(name, oid, typmod, 0, 0) for name, (_, oid, typmod) in zip(names, cte.columns, strict=True)]
    table = _named(source, alias, columns)
    return source, [table], list(table.columns)


_OUT_NAMES = {f"{kind}_array_elements{suffix}": "value" for kind in ("json", "jsonb") for suffix in ("", "_text")}


def _function(an: Analyser, node: Any, scope: Scope) -> Item:
    from .expr import analyse

    if node.is_rowsfrom and len(node.functions) > 1:
        pass
    calls: list[SetFunction] = []
    columns: list[tuple[str, int]] = []
    widths: list[int] = []
    alias = node.alias.aliasname
    first_name = ""
    clause, scope.clause = scope.clause, "from"
    for listed in node.functions:
        call_node = listed.list.items[0]
        expr = analyse(an, call_node, scope)
        kind, inner = unwrap(call_node)
        name = names_of(inner.funcname)[-1] if kind == "func_call" else getattr(expr, "name", "") or "value"
        first_name = first_name or name
        if kind == "func_call" and name == "unnest" and len(inner.args) > 1:
            raise unsupported("unnest of several arrays", inner.location)
        call = expr if isinstance(expr, SetFunction) else SetFunction(expr.type, args=[expr], location=expr.location)
        calls.append(call)
        own = _function_columns(an, call, node, alias or name, name)
        widths.append(len(own))
        columns += own
    scope.clause = clause
    if node.ordinality:
        columns.append(("ordinality", INT8))
    shown = alias or first_name
    scalar = len(columns) == 1
    names = [_OUT_NAMES.get(name, name) for name, _ in columns]
    if scalar and alias and names[0] not in ("value",) and not (calls[0].function and calls[0].function.names):
        names = [alias]
    names = _renamed(names, node.alias, shown)
    source = FunctionScan(
        shown, _place(scope, len(columns)), len(columns), calls=calls, widths=widths, ordinality=node.ordinality
    )
    table = _named(source, shown, [(n, oid, -1, 0, 0) for n, (_, oid) in zip(names, columns, strict=True)])
    table.scalar = scalar
    return source, [table], list(table.columns)


def _function_columns(an: Analyser, call: SetFunction, node: Any, alias: str, name: str) -> list[tuple[str, int]]:
    function = call.function
    if node.coldeflist:
        found = [(d.column_def.colname, an.type_of(d.column_def.type_name)[0]) for d in node.coldeflist]
        raise unsupported(f"a column definition list for {name} ({', '.join(n for n, _ in found)})", call.location)
    if function is not None and function.names:
        return list(zip(function.names, function.types, strict=True))
    if call.type == RECORD:
        raise SqlError(
            "42601", 'a column definition list is required for functions returning "record"', location=call.location
        )
    if call.type == VOID:
        return [(name, VOID)]
    return [(name, call.type)]


# Joins

_KINDS = {1: "inner", 2: "left", 3: "full", 4: "right"}


def _join(an: Analyser, node: Any, scope: Scope) -> Item:
    from .expr import boolean

    start = scope.query.width
    left, left_tables, left_columns = item(an, node.larg, scope)
    kind = _KINDS[node.jointype]
    # A LATERAL right side sees the left one.
    visible = Scope(
        scope.query,
        scope.parent,
        [*scope.tables, *left_tables],
        [*scope.columns, *left_columns],
        scope.ctes,
        "join",
        scope.windows,
    )
    right, right_tables, right_columns = item(an, node.rarg, visible)
    join = Join("", start, scope.query.width - start, kind=kind, left=left, right=right)
    tables = left_tables + right_tables
    inside = Scope(scope.query, scope.parent, [], [*left_columns, *right_columns], scope.ctes, "join", scope.windows)
    for table in tables:
        inside.add(table)
    using = [part.string.sval for part in node.using_clause]
    if node.is_natural:
        there = [name for name, _ in right_columns]
        using = [name for name, _ in left_columns if name in there]
    columns = [*left_columns, *right_columns]
    if using:
        join.on, columns = _using(an, using, left_columns, right_columns, kind, node)
    elif node.HasField("quals"):
        join.on = boolean(an, node.quals, inside, "JOIN/ON")
    if node.alias.aliasname:
        names = _renamed([name for name, _ in columns], node.alias, node.alias.aliasname)
        columns = [(name, expr) for name, (_, expr) in zip(names, columns, strict=True)]
        tables = [Named(node.alias.aliasname, columns)]
    return join, tables, columns


def _using(
    an: Analyser, names: list[str], left: list[tuple[str, Expr]], right: list[tuple[str, Expr]], kind: str, node: Any
) -> tuple[Expr | None, list[tuple[str, Expr]]]:
    conditions: list[Expr] = []
    merged: list[tuple[str, Expr]] = []
    for name in names:
        a, b = _one(left, name, "left"), _one(right, name, "right")
        conditions.append(binary(an, "=", a, b, -1))
        target = an.coercer.common([a, b], "JOIN/USING")
        x, y = an.coercer.all_to([a, b], target, "JOIN/USING")
        if kind == "full":
            merged.append((name, Coalesce(target, args=[x, y])))
        else:
            merged.append((name, y if kind == "right" else x))
    rest = [(name, expr) for name, expr in [*left, *right] if name not in names]
    on = conditions[0] if len(conditions) == 1 else Logic(BOOL, op="and", args=conditions) if conditions else None
    return on, merged + rest


def _one(columns: list[tuple[str, Expr]], name: str, side: str) -> Expr:
    found = [expr for column, expr in columns if column == name]
    if not found:
        raise SqlError("42703", f'column "{name}" specified in USING clause does not exist in {side} table')
    if len(found) > 1:
        raise SqlError("42702", f'common column name "{name}" appears more than once in {side} table')
    return found[0]


__all__ = ["Row", "from_clause", "item", "replace", "scan"]
