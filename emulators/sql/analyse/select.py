"""SELECT, VALUES, set operations and WITH."""

from __future__ import annotations

from typing import Any

from ..errors import SqlError, unsupported
from ..syntax import names_of, unwrap
from ..types.table import TEXT, UNKNOWN
from .analyser import Analyser
from .calls import sort_key
from .coerce import common_typmod
from .expr import analyse, as_boolean, integer
from .grouping import check_grouping, group_clause
from .nodes import (
    Aggregate,
    Call,
    Case,
    Coalesce,
    Column,
    Const,
    Cte,
    Expr,
    Query,
    Row,
    SetFunction,
    SetOp,
    SortKey,
    SubQuery,
    Target,
    Window,
)  # fmt: skip
from .scope import Scope, find_table
from .tables import from_clause
from .walk import has_window, walk

_SETOPS = {2: "union", 3: "intersect", 4: "except"}


def select(an: Analyser, node: Any, scope: Scope) -> Query:
    """The query that a SelectStmt means; ``scope`` is its own, still empty."""
    query = scope.query
    if node.HasField("with_clause"):
        with_clause(an, node.with_clause, scope)
    if node.HasField("into_clause"):
        raise SqlError("42601", "SELECT ... INTO is not allowed here", location=-1)
    if node.op in _SETOPS:
        _set_operation(an, node, scope)
    elif node.values_lists:
        _values(an, node, scope)
    else:
        _plain(an, node, scope)
    _limit(an, node, scope)
    _locking(an, node, query)
    return query


# One level


def _plain(an: Analyser, node: Any, scope: Scope) -> None:
    query = scope.query
    from_clause(an, node.from_clause, scope)
    for definition in node.window_clause:
        scope.windows[definition.window_def.name] = definition.window_def
    query.targets = target_list(an, node.target_list, scope)
    if node.HasField("where_clause"):
        scope.clause = "where"
        query.where = as_boolean(an, analyse(an, node.where_clause, scope), "WHERE")
        scope.clause = ""
    if node.HasField("having_clause"):
        scope.clause = "having"
        query.having = as_boolean(an, analyse(an, node.having_clause, scope), "HAVING")
        scope.clause = ""
    # ORDER BY and DISTINCT come first in PostgreSQL, GROUP BY may add hidden columns after them.
    _order(an, node.sort_clause, scope)
    group_clause(an, node, scope)
    _distinct(an, node, scope)
    for target in query.targets:
        if target.expr.type == UNKNOWN and not target.junk and not scope.open_types:
            target.expr = an.coercer.to(target.expr, TEXT) or target.expr
    check_grouping(an, query)
    query.set_functions = [part for t in query.targets for part in walk(t.expr) if isinstance(part, SetFunction)]


def target_list(an: Analyser, nodes: Any, scope: Scope) -> list[Target]:
    """A select list, stars expanded."""
    targets: list[Target] = []
    for node in nodes:
        target = node.res_target
        kind, inner = unwrap(target.val)
        if kind == "column_ref" and inner.fields[-1].WhichOneof("node") == "a_star":
            targets += _star(an, inner, scope)
            continue
        if kind == "a_indirection" and inner.indirection[-1].WhichOneof("node") == "a_star":
            raise unsupported("expansion of a row value")
        expr = analyse(an, target.val, scope)
        targets.append(Target(target.name or figure_name(target.val) or "?column?", expr))
    return targets


def _star(an: Analyser, node: Any, scope: Scope) -> list[Target]:
    if len(node.fields) == 1:
        if not scope.tables and not scope.columns:
            raise SqlError("42601", "SELECT * with no tables specified is not valid", location=node.location)
        return [Target(name, expr) for name, expr in scope.columns]
    names = names_of(list(node.fields)[:-1])
    found = find_table(scope, names[-2] if len(names) > 1 else None, names[-1])
    if found is None:
        raise SqlError("42P01", f'missing FROM-clause entry for table "{".".join(names)}"', location=node.location)
    return [Target(name, expr) for name, expr in found[0].columns]


def figure_name(node: Any) -> str:
    """The name that PostgreSQL gives a column nobody named; empty where it has none."""
    return _figure(node)[0]


def _figure(node: Any) -> tuple[str, int]:
    kind, inner = unwrap(node)
    match kind:
        case "column_ref":
            names = [part.string.sval for part in inner.fields if part.WhichOneof("node") == "string"]
            return (names[-1], 2) if names else ("", 0)
        case "a_indirection":
            names = [part.string.sval for part in inner.indirection if part.WhichOneof("node") == "string"]
            return (names[-1], 2) if names else _figure(inner.arg)
        case "func_call":
            return names_of(inner.funcname)[-1], 2
        case "a_expr" if inner.kind == 6:
            return "nullif", 2
        case "type_cast":
            name, strength = _figure(inner.arg)
            return (name, strength) if strength > 1 else (names_of(inner.type_name.names)[-1], 1)
        case "collate_clause":
            return _figure(inner.arg)
        case "case_expr":
            name, strength = _figure(inner.defresult) if inner.HasField("defresult") else ("", 0)
            return (name, strength) if strength > 1 else ("case", 1)
        case "a_array_expr":
            return "array", 2
        case "row_expr":
            return "row", 2
        case "coalesce_expr":
            return "coalesce", 2
        case "min_max_expr":
            return ("greatest" if inner.op == 1 else "least"), 2
        case "grouping_func":
            return "grouping", 2
        case "sqlvalue_function":
            return _VALUE_NAMES.get(inner.op, ""), 2
        case "sub_link":
            if inner.sub_link_type == 1:
                return "exists", 2
            if inner.sub_link_type == 7:
                return "array", 2
            if inner.sub_link_type == 5:
                inside = inner.subselect.select_stmt
                while inside.op in _SETOPS:
                    inside = inside.larg
                if inside.target_list:
                    first = inside.target_list[0].res_target
                    return (first.name or figure_name(first.val) or "?column?"), 2
            return "", 0
        case _:
            return "", 0


_VALUE_NAMES = {
    1: "current_date", 2: "current_time", 3: "current_time", 4: "current_timestamp", 5: "current_timestamp", 6: "localtime",
    7: "localtime", 8: "localtimestamp", 9: "localtimestamp", 10: "current_role", 11: "current_user", 12: "user",
    13: "session_user", 14: "current_catalog", 15: "current_schema",
}  # fmt: skip


# ORDER BY, DISTINCT, LIMIT


def _order(an: Analyser, nodes: Any, scope: Scope) -> None:
    query = scope.query
    scope.clause = "order"
    for node in nodes:
        expr = by_position_or_name(an, node.sort_by.node, scope, "ORDER BY")
        key = sort_key(an, expr, node.sort_by)
        query.order.append(key)
    scope.clause = ""


def by_position_or_name(an: Analyser, node: Any, scope: Scope, clause: str) -> Expr:
    """An ORDER BY or GROUP BY item: a select list's position or name, or an expression."""
    targets = scope.query.visible
    kind, inner = unwrap(node)
    if kind == "a_const" and not inner.isnull:
        if inner.WhichOneof("val") not in ("ival", None):
            raise SqlError("42601", f"non-integer constant in {clause}", location=inner.location)
        place = inner.ival.ival
        if not 1 <= place <= len(targets):
            raise SqlError("42P10", f"{clause} position {place} is not in select list", location=inner.location)
        chosen: Expr = targets[place - 1].expr
        return chosen
    if kind == "column_ref" and len(inner.fields) == 1 and inner.fields[0].WhichOneof("node") == "string":
        name = inner.fields[0].string.sval
        # GROUP BY prefers the tables' columns, ORDER BY the select list's names.
        named = [target for target in targets if target.name == name]
        if clause == "GROUP BY" and any(column == name for column, _ in scope.columns):
            named = []
        if named:
            if any(not same(named[0].expr, other.expr) for other in named[1:]):
                raise SqlError("42702", f'{clause} "{name}" is ambiguous', location=inner.location)
            return named[0].expr
    return analyse(an, node, scope)


def _distinct(an: Analyser, node: Any, scope: Scope) -> None:
    query = scope.query
    if not node.distinct_clause:
        return
    if unwrap(node.distinct_clause[0])[0] == "":
        query.distinct = True
        for key in query.order:
            if not any(same(key.expr, target.expr) for target in query.visible):
                raise SqlError(
                    "42P10",
                    "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    location=key.expr.location,
                )
        for target in query.visible:
            if an.find(target.expr.type).name == "json":
                raise SqlError(
                    "42883", "could not identify an equality operator for type json", location=target.expr.location
                )
        return
    query.distinct_on = [by_position_or_name(an, part, scope, "DISTINCT ON") for part in node.distinct_clause]
    wanted = len(query.distinct_on)
    for key in query.order[:wanted]:
        if not any(same(key.expr, expr) for expr in query.distinct_on):
            raise SqlError(
                "42P10",
                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
                location=query.distinct_on[0].location,
            )


def _limit(an: Analyser, node: Any, scope: Scope) -> None:
    query = scope.query
    empty = Scope(Query(), parent=scope.parent, ctes=scope.ctes, clause="limit")
    if node.HasField("limit_count"):
        query.limit = integer(an, node.limit_count, empty, "LIMIT")
    if node.HasField("limit_offset"):
        query.offset = integer(an, node.limit_offset, empty, "OFFSET")
    query.with_ties = node.limit_option == 3


def _locking(an: Analyser, node: Any, query: Query) -> None:
    for clause in node.locking_clause:
        lock = clause.locking_clause
        if query.group is not None or query.distinct or query.setop is not None or query.values is not None:
            name = {
                1: "FOR KEY SHARE",
                2: "FOR KEY SHARE",
                3: "FOR SHARE",
                4: "FOR NO KEY UPDATE",
                5: "FOR UPDATE",
            }.get(lock.strength, "FOR UPDATE")
            what = (
                "GROUP BY clause"
                if query.group is not None
                else "DISTINCT clause"
                if query.distinct
                else "UNION/INTERSECT/EXCEPT"
            )
            raise SqlError("0A000", f"{name} is not allowed with {what}")
        for listed in lock.locked_rels:
            name = listed.range_var.relname
            if not any(source.alias == name for source in query.sources):
                raise SqlError(
                    "42P01",
                    f'relation "{name}" in FOR UPDATE clause not found in FROM clause',
                    location=listed.range_var.location,
                )
        query.locks = [listed.range_var.relname for listed in lock.locked_rels] or ["*"]
        query.lock_wait = {2: "skip", 3: "nowait"}.get(lock.wait_policy, "")
        if lock.strength in (2, 3):
            query.lock_wait = query.lock_wait or "share"


# Set operations and VALUES


def _set_operation(an: Analyser, node: Any, scope: Scope) -> None:
    query = scope.query
    left = select(an, node.larg, Scope(Query(), parent=scope, open_types=True))
    right = select(an, node.rarg, Scope(Query(), parent=scope, open_types=True))
    name = _SETOPS[node.op].upper()
    columns, others = left.visible, right.visible
    if len(columns) != len(others):
        raise SqlError(
            "42601", f"each {name} query must have the same number of columns", location=_first_location(others)
        )
    query.setop = SetOp(_SETOPS[node.op], node.all, left, right)
    for n, (a, b) in enumerate(zip(columns, others, strict=True)):
        target = an.coercer.common([a.expr, b.expr], name)
        typmod = common_typmod([a.expr, b.expr])
        a.expr, b.expr = an.coercer.all_to([a.expr, b.expr], target, name)
        query.targets.append(Target(a.name, Column(target, typmod=typmod, index=n, name=a.name)))
    query.width = len(columns)
    scope.columns = [(target.name, target.expr) for target in query.targets]
    for part in node.sort_clause:
        kind, inner = unwrap(part.sort_by.node)
        simple = kind == "a_const" or (kind == "column_ref" and len(inner.fields) == 1)
        if simple and kind == "column_ref" and all(t.name != inner.fields[0].string.sval for t in query.targets):
            raise SqlError("42703", f'column "{inner.fields[0].string.sval}" does not exist', location=inner.location)
        if not simple:
            raise SqlError(
                "0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause", detail="Only result column names can be used, not expressions or functions.",
                hint="Add the expression/function to every SELECT, or move the UNION into a FROM clause.", location=getattr(inner, "location", -1),
            )  # fmt: skip
        expr = by_position_or_name(an, part.sort_by.node, scope, "ORDER BY")
        query.order.append(sort_key(an, expr, part.sort_by))


def _first_location(targets: list[Target]) -> int:
    return targets[0].expr.location if targets else -1


def _values(an: Analyser, node: Any, scope: Scope) -> None:
    query = scope.query
    scope.clause = "values"
    rows = [[analyse(an, item, scope) for item in row.list.items] for row in node.values_lists]
    scope.clause = ""
    width = len(rows[0])
    for row in rows:
        if len(row) != width:
            raise SqlError("42601", "VALUES lists must all be the same length", location=row[0].location if row else -1)
    for n in range(width):
        column = [row[n] for row in rows]
        target = an.coercer.common(column, "VALUES")
        done = an.coercer.all_to(column, target, "VALUES")
        for row, expr in zip(rows, done, strict=True):
            row[n] = expr
        name = f"column{n + 1}"
        query.targets.append(Target(name, Column(target, typmod=common_typmod(done), index=n, name=name)))
    query.values = rows
    query.width = width
    scope.columns = [(target.name, target.expr) for target in query.targets]
    _order(an, node.sort_clause, scope)


# WITH


def with_clause(an: Analyser, node: Any, scope: Scope) -> None:
    """Put the CTEs into the scope and the query."""
    for listed in node.ctes:
        definition = listed.common_table_expr
        name = definition.ctename
        if name in scope.ctes:
            raise SqlError("42712", f'WITH query name "{name}" specified more than once', location=definition.location)
        if definition.HasField("search_clause") or definition.HasField("cycle_clause"):
            raise unsupported("SEARCH and CYCLE clauses", definition.location)
        kind, inner = unwrap(definition.ctequery)
        seen = Scope(scope.query, parent=scope.parent, ctes=scope.ctes)
        if kind != "select_stmt":
            from .change import change_in_with

            cte = change_in_with(an, kind, inner, name, seen)
        elif node.recursive and inner.op in _SETOPS and _mentions(inner.rarg, name):
            cte = _recursive(an, inner, definition, seen)
        else:
            query = select(an, inner, Scope(Query(), parent=seen))
            cte = Cte(name, query, _cte_columns(an, query, definition))
        scope.query.ctes.append(cte)
        scope.ctes = {**scope.ctes, name: cte}


def _cte_columns(an: Analyser, query: Query, definition: Any) -> list[tuple[str, int, int]]:
    given = names_of(definition.aliascolnames)
    visible = query.visible
    if len(given) > len(visible):
        raise SqlError(
            "42P10", f'WITH query "{definition.ctename}" has {len(visible)} columns available but {len(given)} columns specified',
            location=definition.location,
        )  # fmt: skip
    names = given + [target.name for target in visible[len(given) :]]
    columns: list[tuple[str, int, int]] = []
    for name, target in zip(names, visible, strict=True):
        if target.expr.type == UNKNOWN:
            target.expr = an.coercer.to(target.expr, TEXT) or target.expr
        columns.append((name, target.expr.type, target.expr.typmod))
    return columns


def _mentions(node: Any, name: str) -> bool:
    return f'relname: "{name}"' in str(node)


def _recursive(an: Analyser, node: Any, definition: Any, seen: Scope) -> Cte:
    name = definition.ctename
    if node.op != 2:
        raise SqlError(
            "42P19",
            f'recursive query "{name}" does not have the form non-recursive-term UNION [ALL] recursive-term',
            location=definition.location,
        )
    start = select(an, node.larg, Scope(Query(), parent=seen))
    cte = Cte(name, start, _cte_columns(an, start, definition), recursive=True, union_all=node.all)
    inside = Scope(seen.query, parent=seen.parent, ctes={**seen.ctes, name: cte})
    term = select(an, node.rarg, Scope(Query(), parent=inside))
    if len(term.visible) != len(start.visible):
        raise SqlError(
            "42601", "each UNION query must have the same number of columns", location=_first_location(term.visible)
        )
    for n, (a, b) in enumerate(zip(start.visible, term.visible, strict=True)):
        target = an.coercer.common([a.expr, b.expr], "UNION")
        if target != a.expr.type:
            raise SqlError(
                "42804",
                f'recursive query "{name}" column {n + 1} has type {an.find(a.expr.type).sql} in non-recursive term but type {an.find(target).sql} overall',
                hint="Cast the output of the non-recursive term to the correct type.", location=a.expr.location,
            )  # fmt: skip
        (b.expr,) = an.coercer.all_to([b.expr], target, "UNION")
    cte.term = term
    return cte


def same(a: Expr, b: Expr) -> bool:
    """Whether two expressions compute the same thing."""
    if a is b:
        return True
    if type(a) is not type(b) or a.type != b.type:
        return False
    match a, b:
        case Column(), Column():
            return a.level == b.level and a.index == b.index
        case Const(), Const():
            return type(a.value) is type(b.value) and bool(a.value == b.value)
        case Call(), Call():
            if a.name != b.name or len(a.args) != len(b.args):
                return False
            if a.name == "cast" and a.typmod != b.typmod:
                return False
            return all(same(x, y) for x, y in zip(a.args, b.args, strict=True))
        case Coalesce(), Coalesce():
            return len(a.args) == len(b.args) and all(same(x, y) for x, y in zip(a.args, b.args, strict=True))
        case Case(), Case():
            return (
                len(a.whens) == len(b.whens)
                and (a.test is None) == (b.test is None)
                and (a.test is None or b.test is None or same(a.test, b.test))
                and all(_same_condition(x[0], y[0]) and same(x[1], y[1]) for x, y in zip(a.whens, b.whens, strict=True))
                and (
                    a.default is b.default
                    or (a.default is not None and b.default is not None and same(a.default, b.default))
                )
            )
        case Aggregate(), Aggregate():
            return (
                a.function is not None and b.function is not None and a.function.name == b.function.name and a.distinct == b.distinct
                and len(a.args) == len(b.args) and all(same(x, y) for x, y in zip(a.args, b.args, strict=True))
                and (a.where is b.where or (a.where is not None and b.where is not None and same(a.where, b.where)))
                and not a.order and not b.order
            )  # fmt: skip
        case (SubQuery(), SubQuery()) | (Window(), Window()):
            return False
        case _:
            from .walk import children

            one, other = list(children(a)), list(children(b))
            kind = getattr(a, "op", None) == getattr(b, "op", None)
            number = getattr(a, "number", None) == getattr(b, "number", None)
            return (
                kind and number and len(one) == len(other) and all(same(x, y) for x, y in zip(one, other, strict=True))
            )


def _same_condition(a: Expr, b: Expr) -> bool:
    return same(a, b)


__all__ = ["Row", "SortKey", "has_window", "same", "select"]
