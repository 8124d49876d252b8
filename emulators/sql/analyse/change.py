"""INSERT, UPDATE and DELETE analysed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..catalog.model import ColumnDef, Relation
from ..change.checks import assigned
from ..errors import SqlError, unsupported
from ..syntax import unwrap
from ..types.table import BOOL, UNKNOWN
from .analyser import Analyser
from .expr import analyse, as_boolean
from .nodes import Column, Const, Cte, Expr, Query, Target
from .scope import Named, Scope
from .select import select, target_list, with_clause
from .tables import from_clause, scan


@dataclass(slots=True)
class Conflict:
    """ON CONFLICT: the index it is about (any if ``None``), what to set, and when."""

    update: bool
    index: Relation | None
    sets: list[tuple[ColumnDef, Expr | None]] = field(default_factory=list[tuple[ColumnDef, "Expr | None"]])
    where: Expr | None = None


@dataclass(slots=True)
class Change:
    """A data-modifying statement. ``None`` for a value stands for DEFAULT."""

    kind: str
    relation: Relation
    query: Query
    """Gives the rows to change, the target's columns first; or the rows to insert."""
    columns: list[ColumnDef] = field(default_factory=list[ColumnDef])
    rows: list[list[Expr | None]] | None = None
    converts: list[Expr] = field(default_factory=list[Expr])
    sets: list[tuple[ColumnDef, Expr | None]] = field(default_factory=list[tuple[ColumnDef, "Expr | None"]])
    conflict: Conflict | None = None
    returning: list[Target] | None = None
    overriding: str = ""
    ctes: list[Cte] = field(default_factory=list[Cte])


def analyse_change(an: Analyser, kind: str, node: Any, scope: Scope) -> Change:
    """The change that a statement means."""
    if node.HasField("with_clause"):
        with_clause(an, node.with_clause, scope)
    make = {"insert_stmt": _insert, "update_stmt": _update, "delete_stmt": _delete}.get(kind)
    if make is None:
        raise unsupported(kind.removesuffix("_stmt").upper())
    change = make(an, node, scope)
    change.ctes = scope.query.ctes
    return change


def change_in_with(an: Analyser, kind: str, node: Any, name: str, seen: Scope) -> Cte:
    """A data-modifying statement in a WITH clause."""
    change = analyse_change(an, kind, node, Scope(Query(), parent=seen))
    columns = [(t.name, t.expr.type, t.expr.typmod) for t in change.returning or []]
    return Cte(name, change, columns)


def _target(an: Analyser, node: Any, verb: str) -> Relation:
    if not an.lookup(node.schemaname or None, node.relname):
        from ..catalog.system import system_view

        if system_view(node.schemaname or None, node.relname, an.session.search_path()) is not None:
            raise SqlError("42501", f'permission denied: "{node.relname}" is a system catalog', location=node.location)
    relation = an.relation(node)
    if relation.kind == "v":
        raise unsupported(f"{verb} on a view", node.location)
    if relation.kind == "m":
        raise SqlError("42809", f'cannot change materialized view "{relation.name}"')
    if relation.kind == "S":
        raise SqlError("42809", f'cannot change sequence "{relation.name}"')
    if relation.kind == "i":
        raise SqlError(
            "42809",
            f'cannot open relation "{relation.name}"',
            detail="This operation is not supported for indexes.",
            location=node.location,
        )
    return relation


def _column(relation: Relation, name: str, location: int) -> ColumnDef:
    column = relation.column(name)
    if column is None:
        raise SqlError("42703", f'column "{name}" of relation "{relation.name}" does not exist', location=location)
    return column


# INSERT


def _insert(an: Analyser, node: Any, scope: Scope) -> Change:
    relation = _target(an, node.relation, "INSERT")
    columns: list[ColumnDef] = []
    for listed in node.cols:
        target = listed.res_target
        if target.indirection:
            raise unsupported("assignment to a part of a column", target.location)
        column = _column(relation, target.name, target.location)
        if column in columns:
            raise SqlError("42701", f'column "{target.name}" specified more than once', location=target.location)
        columns.append(column)
    given = bool(columns)
    columns = columns or relation.live
    overriding = {2: "user", 3: "system"}.get(node.override, "")
    change = Change("insert", relation, Query(), columns, overriding=overriding)
    if not node.HasField("select_stmt"):
        change.rows, change.columns = [[]], []
    elif (
        (source := node.select_stmt.select_stmt).values_lists
        and not source.sort_clause
        and not source.HasField("limit_count")
        and not source.HasField("with_clause")
    ):
        change.rows = [_row(an, change, row.list.items, scope, given, node) for row in source.values_lists]
        change.columns = columns[: len(change.rows[0])]
    else:
        _from_query(an, change, source, scope, given, node)
    _check_identity(change)
    if node.HasField("on_conflict_clause"):
        change.conflict = _conflict(an, change, node, scope)
    alias = node.relation.alias.aliasname or relation.name
    change.returning = _returning(an, node, scope, _insert_scope(relation, alias, scope))
    return change


def _insert_scope(relation: Relation, alias: str, scope: Scope) -> Scope:
    inner = Scope(Query(), parent=scope.parent, ctes=scope.ctes)
    _add_table(inner, relation, alias, 0)
    inner.query.width = len(relation.columns) + 1
    return inner


def _add_table(scope: Scope, relation: Relation, alias: str, start: int, visible: bool = True) -> None:
    columns: list[tuple[str, Expr]] = [
        (
            c.name,
            Column(
                c.type, typmod=c.typmod, index=start + c.attnum - 1, name=c.name, table=relation.oid, attnum=c.attnum
            ),
        )
        for c in relation.live
    ]
    scope.tables.append(Named(alias, columns, None, relation.oid, real_name=relation.name))
    if visible:
        scope.columns = [*scope.columns, *columns]


def _row(an: Analyser, change: Change, items: Any, scope: Scope, given: bool, node: Any) -> list[Expr | None]:
    columns = change.columns
    inner = Scope(scope.query, parent=scope.parent, ctes=scope.ctes, clause="values")
    row: list[Expr | None] = []
    exprs: list[Any] = []
    for item in items:
        kind, target = unwrap(item)
        exprs.append((item, kind == "set_to_default", target))
    if len(exprs) > len(columns):
        extra = exprs[len(columns)]
        raise SqlError("42601", "INSERT has more expressions than target columns", location=_location(extra[0]))
    if given and len(exprs) < len(columns):
        raise SqlError(
            "42601",
            "INSERT has more target columns than expressions",
            location=node.cols[len(exprs)].res_target.location,
        )
    for (item, default, _), column in zip(exprs, columns, strict=False):
        row.append(None if default else _assigned(an, analyse(an, item, inner), column))
    return row


def _location(node: Any) -> int:
    _, inner = unwrap(node)
    return getattr(inner, "location", -1)


def _assigned(an: Analyser, expr: Expr, column: ColumnDef) -> Expr:
    return assigned(an, expr, column)


def _from_query(an: Analyser, change: Change, source: Any, scope: Scope, given: bool, node: Any) -> None:
    # The WITH clause of the INSERT is in scope for its query.
    inner = Scope(Query(), parent=Scope(scope.query, parent=scope.parent, ctes=scope.ctes))
    query = select(an, source, inner)
    visible = query.visible
    if len(visible) > len(change.columns):
        raise SqlError(
            "42601",
            "INSERT has more expressions than target columns",
            location=visible[len(change.columns)].expr.location,
        )
    if given and len(visible) < len(change.columns):
        raise SqlError(
            "42601",
            "INSERT has more target columns than expressions",
            location=node.cols[len(visible)].res_target.location,
        )
    change.columns = change.columns[: len(visible)]
    change.query = query
    for n, (target, column) in enumerate(zip(visible, change.columns, strict=True)):
        source_expr = target.expr
        if (
            isinstance(source_expr, Const)
            and query.setop is None
            and query.values is None
            and source_expr.type in (UNKNOWN, 25)
            and column.type != 25
        ):
            converted = an.coercer.to(
                Const(UNKNOWN, value=source_expr.value, location=source_expr.location), column.type
            )
            if converted is not None and not any(key.expr is source_expr for key in query.order):
                target.expr = converted
        result = Column(target.expr.type, typmod=target.expr.typmod, index=n, location=target.expr.location)
        change.converts.append(_assigned(an, result, column))


def _check_identity(change: Change) -> None:
    if change.rows == [[]]:
        return
    for n, column in enumerate(change.columns):
        explicit = change.rows is None or any(row[n] is not None for row in change.rows)
        if not explicit:
            continue
        if column.generated:
            raise SqlError(
                "428C9",
                f'cannot insert a non-DEFAULT value into column "{column.name}"',
                detail=f'Column "{column.name}" is a generated column.',
            )
        if column.identity == "a" and not change.overriding:
            raise SqlError(
                "428C9", f'cannot insert a non-DEFAULT value into column "{column.name}"',
                detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.', hint="Use OVERRIDING SYSTEM VALUE to override.",
            )  # fmt: skip


def _conflict(an: Analyser, change: Change, node: Any, scope: Scope) -> Conflict:
    clause = node.on_conflict_clause
    relation = change.relation
    update = clause.action == 3
    index = _arbiter(an, relation, clause) if clause.HasField("infer") else None
    if index is None and update:
        raise SqlError(
            "42601", "ON CONFLICT DO UPDATE requires inference specification or constraint name",
            hint="For example, ON CONFLICT (column_name).", location=clause.location,
        )  # fmt: skip
    conflict = Conflict(update, index)
    if update:
        width = len(relation.columns) + 1
        alias = node.relation.alias.aliasname or relation.name
        inner = Scope(Query(), parent=scope.parent, ctes=scope.ctes, clause="on conflict")
        _add_table(inner, relation, alias, 0)
        _add_table(inner, relation, "excluded", width, visible=False)
        inner.query.width = width + len(relation.columns)
        conflict.sets = _set_list(an, relation, clause.target_list, inner)
        if clause.HasField("where_clause"):
            conflict.where = as_boolean(an, analyse(an, clause.where_clause, inner), "WHERE")
    return conflict


def _arbiter(an: Analyser, relation: Relation, clause: Any) -> Relation:
    infer = clause.infer
    indexes = [index for index in an.catalog.indexes(relation.oid) if index.unique]
    if infer.conname:
        for index in indexes:
            if index.name == infer.conname and any(c.index == index.oid for c in relation.constraints):
                return index
        raise SqlError("42704", f'constraint "{infer.conname}" for table "{relation.name}" does not exist')
    wanted: list[int] = []
    texts: list[str] = []
    for element in infer.index_elems:
        elem = element.index_elem
        if elem.HasField("expr"):
            from ..define.text import expression_text

            texts.append(expression_text(elem.expr))
        else:
            wanted.append(_column(relation, elem.name, infer.location).attnum)
    from ..define.text import expression_text as text_of

    predicate = text_of(infer.where_clause) if infer.HasField("where_clause") else None
    for index in indexes:
        keys = [k for k in index.keys if k]
        if (
            set(keys) == set(wanted)
            and set(index.exprs) == set(texts)
            and (index.where is None or index.where == predicate)
        ):
            return index
    raise SqlError("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification")


# UPDATE and DELETE


def _update(an: Analyser, node: Any, scope: Scope) -> Change:
    relation, inner = _changing(an, node.relation, scope, "UPDATE")
    from_clause(an, node.from_clause, inner)
    inner.clause = "update"
    sets = _set_list(an, relation, node.target_list, inner)
    inner.clause = "where"
    if node.HasField("where_clause"):
        inner.query.where = as_boolean(an, analyse(an, node.where_clause, inner), "WHERE")
    inner.clause = ""
    change = Change("update", relation, inner.query, sets=sets)
    change.returning = _returning(an, node, scope, inner)
    return change


def _delete(an: Analyser, node: Any, scope: Scope) -> Change:
    relation, inner = _changing(an, node.relation, scope, "DELETE")
    from_clause(an, node.using_clause, inner)
    if node.HasField("where_clause"):
        inner.clause = "where"
        inner.query.where = as_boolean(an, analyse(an, node.where_clause, inner), "WHERE")
        inner.clause = ""
    change = Change("delete", relation, inner.query)
    change.returning = _returning(an, node, scope, inner)
    return change


def _changing(an: Analyser, node: Any, scope: Scope, verb: str) -> tuple[Relation, Scope]:
    relation = _target(an, node, verb)
    inner = Scope(Query(), parent=Scope(scope.query, parent=scope.parent, ctes=scope.ctes))
    source, tables, columns = scan(
        an, relation, node.alias.aliasname or relation.name, None, inner, node.schemaname or None
    )
    inner.query.sources.append(source)
    inner.tables += tables
    inner.columns += columns
    return relation, inner


def _set_list(an: Analyser, relation: Relation, nodes: Any, scope: Scope) -> list[tuple[ColumnDef, Expr | None]]:
    sets: list[tuple[ColumnDef, Expr | None]] = []
    sources: dict[int, Any] = {}
    for listed in nodes:
        target = listed.res_target
        if target.indirection:
            raise unsupported("assignment to a part of a column", target.location)
        column = _column(relation, target.name, target.location)
        if any(column is other for other, _ in sets):
            raise SqlError("42601", f'multiple assignments to same column "{target.name}"', location=target.location)
        kind, inner = unwrap(target.val)
        if kind == "multi_assign_ref":
            expr = _multi(an, inner, scope, sources)
        else:
            expr = None if kind == "set_to_default" else analyse(an, target.val, scope)
        if expr is not None and (column.generated or column.identity == "a"):
            what = "a generated column" if column.generated else "an identity column defined as GENERATED ALWAYS"
            raise SqlError(
                "428C9",
                f'column "{column.name}" can only be updated to DEFAULT',
                detail=f'Column "{column.name}" is {what}.',
            )
        sets.append((column, None if expr is None else _assigned(an, expr, column)))
    return sets


def _multi(an: Analyser, node: Any, scope: Scope, sources: dict[int, Any]) -> Expr | None:
    """One column of ``(a, b) = (...)``."""
    kind, inner = unwrap(node.source)
    if kind == "row_expr":
        if len(inner.args) != node.ncolumns:
            raise SqlError("42601", "number of columns does not match number of values", location=inner.location)
        part = inner.args[node.colno - 1]
        return None if unwrap(part)[0] == "set_to_default" else analyse(an, part, scope)
    if kind == "sub_link":
        from dataclasses import replace

        from .nodes import SubQuery

        query = select(an, unwrap(inner.subselect)[1], Scope(Query(), parent=scope))
        visible = query.visible
        if len(visible) != node.ncolumns:
            raise SqlError("42601", "number of columns does not match number of values", location=inner.location)
        wanted = visible[node.colno - 1]
        query.targets = [wanted, *[replace(t, junk=True) for t in query.targets if t is not wanted]]
        return SubQuery(wanted.expr.type, kind="scalar", query=query, typmod=wanted.expr.typmod)
    raise SqlError("0A000", "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")


def _returning(an: Analyser, node: Any, scope: Scope, inner: Scope) -> list[Target] | None:
    if not node.HasField("returning_clause"):
        return None
    inner.clause = "returning"
    targets = target_list(an, node.returning_clause.exprs, inner)
    inner.clause = ""
    for target in targets:
        if target.expr.type == UNKNOWN:
            target.expr = an.coercer.to(target.expr, 25) or target.expr
    return targets


__all__ = ["BOOL", "Change", "analyse_change", "change_in_with"]
