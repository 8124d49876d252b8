"""Expressions: from parse nodes to typed ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..errors import SqlError, unsupported
from ..functions.arrays import slice_of, subscript
from ..syntax import names_of, unwrap
from ..types.numbers import read_numeric
from ..types.table import (
    BOOL,
    DATE,
    INT4,
    INT8,
    NAME,
    NUMERIC,
    RECORD,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
)  # fmt: skip
from . import calls, operators, subqueries
from .analyser import Analyser
from .coerce import ASSIGNMENT, EXPLICIT, common_typmod
from .nodes import ArrayOf, Call, Case, Coalesce, Const, Expr, Held, Logic, Param, Row
from .scope import Scope, find_column, find_table, qualified, whole_row

Make = Callable[[Analyser, Any, Scope], Expr]


def analyse(an: Analyser, node: Any, scope: Scope) -> Expr:
    """The typed expression that a node means."""
    kind, inner = unwrap(node)
    make = _KINDS.get(kind)
    if make is None:
        raise unsupported(f"an expression of kind {kind}", getattr(inner, "location", -1))
    return make(an, inner, scope)


def boolean(an: Analyser, node: Any, scope: Scope, context: str) -> Expr:
    """An expression that has to be boolean. Raises 42804."""
    return as_boolean(an, analyse(an, node, scope), context)


def as_boolean(an: Analyser, expr: Expr, context: str) -> Expr:
    """An expression taken as boolean. Raises 42804."""
    done = an.coercer.to(expr, BOOL, ASSIGNMENT if expr.type == UNKNOWN else "i")
    if done is None:
        raise SqlError(
            "42804",
            f"argument of {context} must be type boolean, not type {an.find(expr.type).sql}",
            location=expr.location,
        )
    return done


def integer(an: Analyser, node: Any, scope: Scope, context: str) -> Expr:
    """A LIMIT or OFFSET. Raises 42804."""
    expr = analyse(an, node, scope)
    done = an.coercer.to(expr, INT8, ASSIGNMENT)
    if done is None:
        raise SqlError(
            "42804", f"argument of {context} must be type bigint, not type {an.find(expr.type).sql}",
            location=expr.location,
        )  # fmt: skip
    return done


# Constants, parameters, columns


def _constant(an: Analyser, node: Any, scope: Scope) -> Expr:
    location = node.location
    if node.isnull:
        return Const(UNKNOWN, value=None, location=location)
    match node.WhichOneof("val"):
        case "ival":
            return Const(INT4, value=node.ival.ival, location=location)
        case "fval":
            text = node.fval.fval.replace("_", "")
            if len(text) <= 20 and text.lstrip("-").isdigit() and -(2**63) <= int(text) < 2**63:
                return Const(INT8, value=int(text), location=location)
            if text[:2].lower() in ("0x", "0o", "0b"):
                return Const(INT8, value=int(text, 0), location=location)
            return Const(NUMERIC, value=read_numeric(text), location=location)
        case "boolval":
            return Const(BOOL, value=node.boolval.boolval, location=location)
        case "sval":
            return Const(UNKNOWN, value=node.sval.sval, location=location)
        case "bsval":
            raise unsupported("a bit string", location)
        case _:
            return Const(INT4, value=0, location=location)


def _parameter(an: Analyser, node: Any, scope: Scope) -> Expr:
    number = node.number
    if an.session.declared_params is not None and number > an.session.declared_params:
        raise SqlError("42P02", f"there is no parameter ${number}", location=node.location)
    an.check_unknown(number)
    return Param(an.params[number], number=number, location=node.location)


def _column(an: Analyser, node: Any, scope: Scope) -> Expr:
    parts = list(node.fields)
    if parts[-1].WhichOneof("node") == "a_star":
        if len(parts) == 1:
            raise SqlError("42601", 'row expansion via "*" is not supported here', location=node.location)
        found = find_table(scope, None, parts[-2].string.sval)
        if found is None:
            raise SqlError(
                "42P01", f'missing FROM-clause entry for table "{parts[-2].string.sval}"', location=node.location
            )
        return whole_row(found[0])
    names = names_of(parts)
    if len(names) == 1:
        expr = find_column(scope, names[0], node.location)
        if expr is None:
            raise SqlError(
                "42703", f'column "{names[0]}" does not exist', location=node.location, hint=_hint(scope, names[0])
            )
    elif len(names) > 3:
        raise SqlError(
            "42601", f"improper qualified name (too many dotted names): {'.'.join(names)}", location=node.location
        )
    else:
        schema = names[-3] if len(names) == 3 else None
        expr = qualified(scope, schema, names[-2], names[-1], node.location)
    return _placed(expr, node.location)


def _hint(scope: Scope, name: str) -> str | None:
    """A guess at what a misspelt column was to be: one clear candidate among the tables."""
    from .guess import distance

    best: list[tuple[int, str]] = []
    for table in scope.tables:
        for column, _ in table.columns:
            if column == name:
                return f'There is a column named "{name}" in table "{table.alias}", but it cannot be referenced from this part of the query.'
            apart = distance(name, column)
            if apart <= min(3, len(name) // 2):
                best.append((apart, f"{table.alias}.{column}"))
    if not best:
        return None
    lowest = min(apart for apart, _ in best)
    nearest = [shown for apart, shown in best if apart == lowest]
    if len(nearest) == 1:
        return f'Perhaps you meant to reference the column "{nearest[0]}".'
    if len(nearest) == 2:
        return f'Perhaps you meant to reference the column "{nearest[0]}" or the column "{nearest[1]}".'
    return None


def _placed(expr: Expr, location: int) -> Expr:
    from dataclasses import replace

    return replace(expr, location=location)


# Casts


def _cast(an: Analyser, node: Any, scope: Scope) -> Expr:
    target, typmod = an.type_of(node.type_name)
    kind, inner = unwrap(node.arg)
    if kind == "a_array_expr" and an.find(target).element:
        return _array(an, inner, scope, an.find(target).element, typmod)
    expr = analyse(an, node.arg, scope)
    location = node.location if node.location >= 0 else expr.location
    return cast(an, expr, target, typmod, location)


def cast(an: Analyser, expr: Expr, target: int, typmod: int, location: int) -> Expr:
    """An explicit cast. Raises 42846."""
    if isinstance(expr, Row) and an.find(target).kind == "p" and target == RECORD:
        return expr
    done = an.coercer.to(expr, target, EXPLICIT, typmod)
    if done is None:
        raise SqlError(
            "42846", f"cannot cast type {an.find(expr.type).sql} to {an.find(target).sql}", location=location
        )
    if done is expr and typmod < 0 and not isinstance(expr, Const | Param):
        # A cast to the same type forgets the typmod.
        return (
            _placed(expr, location)
            if expr.typmod < 0
            else Call(
                target,
                impl=lambda value, style: value,
                args=[expr],
                context=True,
                name="cast",
                cast=True,
                location=location,
            )
        )
    return done


def _array(an: Analyser, node: Any, scope: Scope, element: int = 0, typmod: int = -1) -> Expr:
    items: list[Expr] = []
    for part in node.elements:
        kind, inner = unwrap(part)
        items.append(_array(an, inner, scope, element, typmod) if kind == "a_array_expr" else analyse(an, part, scope))
    nested = bool(items) and all(isinstance(item, ArrayOf) or an.find(item.type).element for item in items)
    if not items and not element:
        raise SqlError(
            "42P18", "cannot determine type of empty array",
            hint="Explicitly cast to the desired type, for example ARRAY[]::integer[].", location=node.location,
        )  # fmt: skip
    if nested:
        return ArrayOf(items[0].type, args=items, nested=True, location=node.location)
    if not element:
        element = an.coercer.common(items, "ARRAY")
    done = [cast(an, item, element, typmod, item.location) for item in items] if items else []
    return ArrayOf(an.find(element).array, args=done, location=node.location)


def _collate(an: Analyser, node: Any, scope: Scope) -> Expr:
    name = names_of(node.collname)[-1]
    if name not in ("C", "POSIX", "default", "C.UTF-8", "C.utf8", "ucs_basic", "en_US", "en_US.utf8", "und-x-icu"):
        raise SqlError("42704", f'collation "{name}" for encoding "UTF8" does not exist', location=node.location)
    expr = analyse(an, node.arg, scope)
    if expr.type == UNKNOWN:
        expr = an.coercer.to(expr, TEXT) or expr
    if an.find(an.coercer.base(expr.type)).category != "S":
        raise SqlError(
            "42804", f"collations are not supported by type {an.find(expr.type).sql}", location=node.location
        )
    if name in ("en_US", "en_US.utf8", "und-x-icu"):
        raise unsupported(f'collation "{name}"', node.location)
    return expr


# Logic


def _logic(an: Analyser, node: Any, scope: Scope) -> Expr:
    op = {1: "and", 2: "or", 3: "not"}[node.boolop]
    args = [boolean(an, arg, scope, op.upper()) for arg in node.args]
    return Logic(BOOL, op=op, args=args, location=node.location)


def _null_test(an: Analyser, node: Any, scope: Scope) -> Expr:
    expr = analyse(an, node.arg, scope)
    if expr.type == UNKNOWN:
        expr = an.coercer.to(expr, TEXT) or expr
    negated = node.nulltesttype == 2
    if isinstance(expr, Row):
        impl = (
            (lambda row: all(item is not None for item in row))
            if negated
            else (lambda row: row is None or all(item is None for item in row))
        )
    else:
        impl = (lambda value: value is not None) if negated else (lambda value: value is None)
    return Call(BOOL, impl=impl, args=[expr], strict=False, name="is null", location=node.location)


_TRUTH: Final[Mapping[int, Callable[[Any], bool]]] = {
    1: lambda v: v is True, 2: lambda v: v is not True, 3: lambda v: v is False, 4: lambda v: v is not False,
    5: lambda v: v is None, 6: lambda v: v is not None,
}  # fmt: skip
_TRUTH_NAMES: Final = {
    1: "IS TRUE",
    2: "IS NOT TRUE",
    3: "IS FALSE",
    4: "IS NOT FALSE",
    5: "IS UNKNOWN",
    6: "IS NOT UNKNOWN",
}


def _truth_test(an: Analyser, node: Any, scope: Scope) -> Expr:
    expr = boolean(an, node.arg, scope, _TRUTH_NAMES[node.booltesttype])
    return Call(BOOL, impl=_TRUTH[node.booltesttype], args=[expr], strict=False, name="is true", location=node.location)


def _case(an: Analyser, node: Any, scope: Scope) -> Expr:
    holder: list[Any] = [None]
    test = analyse(an, node.arg, scope) if node.HasField("arg") else None
    if test is not None and test.type == UNKNOWN:
        test = an.coercer.to(test, TEXT)
    conditions: list[Expr] = []
    results: list[Expr] = []
    for when in node.args:
        branch = when.case_when
        if test is None:
            conditions.append(boolean(an, branch.expr, scope, "CASE/WHEN"))
        else:
            held = Held(test.type, holder=holder, location=test.location)
            value = analyse(an, branch.expr, scope)
            conditions.append(operators.binary(an, "=", held, value, branch.location))
        results.append(analyse(an, branch.result, scope))
    default = analyse(an, node.defresult, scope) if node.HasField("defresult") else Const(UNKNOWN, value=None)
    # The default comes first where PostgreSQL looks for the common type.
    target = an.coercer.common([default, *results], "CASE")
    done = an.coercer.all_to([*results, default], target, "CASE/WHEN")
    case = Case(
        target,
        whens=list(zip(conditions, done[:-1], strict=True)),
        default=done[-1],
        test=test,
        holder=holder,
        location=node.location,
    )
    case.typmod = common_typmod(done)
    return case


def _coalesce(an: Analyser, node: Any, scope: Scope) -> Expr:
    args = [analyse(an, arg, scope) for arg in node.args]
    target = an.coercer.common(args, "COALESCE")
    done = an.coercer.all_to(args, target, "COALESCE")
    return Coalesce(target, args=done, location=node.location, typmod=common_typmod(done))


def _min_max(an: Analyser, node: Any, scope: Scope) -> Expr:
    name = "GREATEST" if node.op == 1 else "LEAST"
    args = [analyse(an, arg, scope) for arg in node.args]
    target = an.coercer.common(args, name)
    done = an.coercer.all_to(args, target, name)
    key = operators.key_for(an, target)
    pick = max if node.op == 1 else min

    def run(*values: Any) -> Any:
        there = [value for value in values if value is not None]
        if not there:
            return None
        return pick(there, key=key) if key else pick(there)

    return Call(target, impl=run, args=done, strict=False, name=name.lower(), location=node.location)


def _row(an: Analyser, node: Any, scope: Scope) -> Expr:
    args = [analyse(an, arg, scope) for arg in node.args]
    return Row(RECORD, args=args, names=[f"f{n + 1}" for n in range(len(args))], location=node.location)


# Parts of values


def _indirection(an: Analyser, node: Any, scope: Scope) -> Expr:
    expr = analyse(an, node.arg, scope)
    steps = list(node.indirection)
    place = 0
    while place < len(steps):
        kind, inner = unwrap(steps[place])
        if kind == "string":
            expr = _field(an, expr, inner.sval)
            place += 1
            continue
        if kind != "a_indices":
            raise unsupported("expansion of a row value")
        indexes: list[Any] = []
        while place < len(steps) and unwrap(steps[place])[0] == "a_indices":
            indexes.append(unwrap(steps[place])[1])
            place += 1
        expr = _subscript(an, expr, indexes, scope)
    return expr


def _field(an: Analyser, expr: Expr, name: str) -> Expr:
    if not isinstance(expr, Row):
        raise SqlError(
            "42809",
            f"column notation .{name} applied to type {an.find(expr.type).sql}, which is not a composite type",
            location=expr.location,
        )
    if name not in expr.names:
        raise SqlError("42703", f'could not identify column "{name}" in record data type', location=expr.location)
    return expr.args[expr.names.index(name)]


def _subscript(an: Analyser, expr: Expr, indexes: list[Any], scope: Scope) -> Expr:
    type_ = an.find(an.coercer.base(expr.type))
    if type_.name == "jsonb":
        for index in indexes:
            expr = operators.binary(an, "->", expr, analyse(an, index.uidx, scope), expr.location)
        return expr
    if not type_.element:
        raise SqlError(
            "42804",
            f"cannot subscript type {type_.sql} because it does not support subscripting",
            location=expr.location,
        )
    sliced = any(index.is_slice for index in indexes)
    args: list[Expr] = [expr]
    for index in indexes:
        for name in ("lidx", "uidx") if sliced else ("uidx",):
            bound = analyse(an, getattr(index, name), scope) if index.HasField(name) else Const(INT4, value=None)
            args.append(an.coercer.to(bound, INT4, ASSIGNMENT) or bound)

    def run(array: Any, *bounds: Any) -> Any:
        if array is None:
            return None
        if not sliced:
            return subscript(array, bounds)
        pairs = tuple((bounds[n], bounds[n + 1]) for n in range(0, len(bounds), 2))
        return slice_of(array, pairs)

    base_zero = type_.oid in (22, 30)

    def run_vector(array: Any, index: Any) -> Any:
        return None if array is None or index is None or not 0 <= index < len(array) else array[index]

    return Call(
        expr.type if sliced else type_.element,
        impl=run_vector if base_zero else run,
        args=args,
        strict=False,
        name="[]",
        location=expr.location,
    )


# Names that are values


_SQL_VALUES: Final[Mapping[int, tuple[int, str]]] = {
    1: (DATE, "current_date"), 2: (TIME, "current_time"), 4: (TIMESTAMPTZ, "current_timestamp"),
    5: (TIMESTAMPTZ, "current_timestamp"), 6: (TIME, "localtime"), 7: (TIME, "localtime"),
    8: (TIMESTAMP, "localtimestamp"), 9: (TIMESTAMP, "localtimestamp"), 10: (NAME, "current_role"),
    11: (NAME, "current_user"), 12: (NAME, "user"), 13: (NAME, "session_user"), 14: (NAME, "current_catalog"),
    15: (NAME, "current_schema"),
}  # fmt: skip


def _sql_value(an: Analyser, node: Any, scope: Scope) -> Expr:
    found = _SQL_VALUES.get(node.op)
    if found is None or node.op == 2:
        raise unsupported("CURRENT_TIME", node.location)
    target, name = found
    an.volatile = True
    if target == NAME:
        return calls.call_named(an, {"user": "current_user"}.get(name, name), [], node.location, NAME)
    now = Call(TIMESTAMPTZ, impl=lambda context: context.style.now, context=True, name=name, location=node.location)
    done = now if target == TIMESTAMPTZ else an.coercer.to(now, target, EXPLICIT)
    assert done is not None
    if node.op in (5, 7, 9):
        done = an.coercer.fit(done, node.typmod, EXPLICIT)
    if isinstance(done, Call):
        done.name = name
        if target != TIMESTAMPTZ:
            done.name = "cast"
    return done


def _default(an: Analyser, node: Any, scope: Scope) -> Expr:
    raise SqlError("42601", "DEFAULT is not allowed in this context", location=node.location)


_KINDS: Final[Mapping[str, Make]] = {
    "a_const": _constant,
    "param_ref": _parameter,
    "column_ref": _column,
    "type_cast": _cast,
    "a_array_expr": _array,
    "collate_clause": _collate,
    "bool_expr": _logic,
    "null_test": _null_test,
    "boolean_test": _truth_test,
    "case_expr": _case,
    "coalesce_expr": _coalesce,
    "min_max_expr": _min_max,
    "row_expr": _row,
    "a_indirection": _indirection,
    "sqlvalue_function": _sql_value,
    "set_to_default": _default,
    "a_expr": operators.expression,
    "func_call": calls.call,
    "sub_link": subqueries.sublink,
    "grouping_func": calls.grouping,
}
