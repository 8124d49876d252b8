"""Operators: arithmetic, comparison, LIKE, IN, BETWEEN, ANY and their like."""

from __future__ import annotations

from typing import Any

from ..errors import SqlError, unsupported
from ..functions.operators import COMPARISONS, OPERATORS
from ..functions.registry import Function
from ..syntax import names_of, unwrap
from ..types.compare import key_of
from ..types.table import BOOL, RECORD, TEXT, UNKNOWN
from .analyser import Analyser
from .coerce import ASSIGNMENT
from .nodes import AnyAll, Call, Const, Expr, Logic, Row
from .resolve import choose, concrete
from .scope import Scope


def key_for(an: Analyser, oid: int) -> Any:
    """The comparison key of a type."""
    return key_of(an.find(oid), an.find)


def expression(an: Analyser, node: Any, scope: Scope) -> Expr:
    """An operator expression of any kind."""
    from .expr import analyse

    name = names_of(node.name)[-1] if node.name else ""
    kind = node.kind
    if kind == 1:
        left = analyse(an, node.lexpr, scope) if node.HasField("lexpr") else None
        if left is None:
            return prefix(an, name, analyse(an, node.rexpr, scope), node.location)
        right_kind, inner = unwrap(node.rexpr)
        if isinstance(left, Row) and right_kind == "sub_link" and inner.sub_link_type == 5:
            from .subqueries import row_compare

            return row_compare(an, left, name, inner, scope)
        return binary(an, name, left, analyse(an, node.rexpr, scope), node.location)
    if kind in (2, 3):
        return any_all(
            an, name, analyse(an, node.lexpr, scope), analyse(an, node.rexpr, scope), kind == 3, node.location
        )
    if kind in (4, 5):
        return distinct(an, analyse(an, node.lexpr, scope), analyse(an, node.rexpr, scope), kind == 5, node.location)
    if kind == 6:
        return _nullif(an, analyse(an, node.lexpr, scope), analyse(an, node.rexpr, scope), node.location)
    if kind == 7:
        return _in(an, node, name, scope)
    if kind in (8, 9, 10):
        return _like(an, node, name, scope)
    return _between(an, node, scope)


def no_operator(an: Analyser, name: str, inputs: list[int], location: int) -> SqlError:
    """42883 for an operator."""
    shown = [an.find(oid).sql for oid in inputs]
    text = f"{shown[0]} {name} {shown[1]}" if len(shown) == 2 else f"{name} {shown[0]}"
    types = (
        "type. You might need to add an explicit type cast."
        if len(shown) < 2
        else "types. You might need to add explicit type casts."
    )
    return SqlError(
        "42883", f"operator does not exist: {text}",
        hint=f"No operator matches the given name and argument {types}", location=location,
    )  # fmt: skip


def prefix(an: Analyser, name: str, arg: Expr, location: int) -> Expr:
    """A prefix operator."""
    candidates = [Function(f.name, f.args[1:], f.result, f.impl) for f in OPERATORS.get(name) if f.args[0] == 0]
    exact = [f for f in candidates if f.args == (an.coercer.base(arg.type),)]
    found = exact or choose(an.coercer, candidates, [arg.type])
    if len(found) > 1 and arg.type == UNKNOWN:
        preferred = [f for f in found if an.find(f.args[0]).preferred]
        found = preferred or found
    if len(found) != 1:
        if found:
            raise SqlError(
                "42725",
                f"operator is not unique: {name} {an.find(arg.type).sql}",
                hint="Could not choose a best candidate operator. You might need to add explicit type casts.",
                location=location,
            )
        raise no_operator(an, name, [arg.type], location)
    converted = an.coercer.to(arg, found[0].args[0])
    assert converted is not None
    return Call(found[0].result, impl=found[0].impl, args=[converted], name=name, location=location)


def binary(an: Analyser, name: str, left: Expr, right: Expr, location: int) -> Expr:
    """A binary operator. Raises 42883 and 42725."""
    if isinstance(left, Row) and isinstance(right, Row) and name in COMPARISONS:
        return _rows(an, name, left, right, location)
    function = find_operator(an, name, left.type, right.type, location)
    return apply(an, name, function, left, right, location)


def find_operator(an: Analyser, name: str, left: int, right: int, location: int) -> Function:
    """The operator that a symbol means between two types. Raises 42883 and 42725."""
    candidates = [f for f in OPERATORS.get(name) if f.args[0]]
    bases = [UNKNOWN if t == UNKNOWN else an.coercer.base(t) for t in (left, right)]
    assumed = tuple(bases)
    if UNKNOWN in bases and bases[0] != bases[1]:
        known = bases[0] if bases[1] == UNKNOWN else bases[1]
        assumed = (known, known)
    for function in candidates:
        if function.args == assumed and UNKNOWN not in assumed:
            return function
    found = choose(an.coercer, candidates, bases)
    if len(found) > 1:
        if left == right == UNKNOWN:
            preferred = [f for f in found if f.args == (TEXT, TEXT)]
            if preferred:
                return preferred[0]
        shown = f"{an.find(left).sql} {name} {an.find(right).sql}"
        raise SqlError(
            "42725", f"operator is not unique: {shown}",
            hint="Could not choose a best candidate operator. You might need to add explicit type casts.", location=location,
        )  # fmt: skip
    if not found:
        raise no_operator(an, name, [left, right], location)
    return found[0]


def apply(an: Analyser, name: str, function: Function, left: Expr, right: Expr, location: int) -> Expr:
    """An operator applied to its operands, converted to its types."""
    inputs = [left.type, right.type]
    wanted, result = concrete(an.coercer, function, inputs)
    args: list[Expr] = []
    for expr, target, declared in zip((left, right), wanted, function.args, strict=True):
        if declared == 2776 and name == "||":
            converted = an.coercer.to(expr, TEXT, ASSIGNMENT)
        else:
            converted = an.coercer.to(expr, target)
        if converted is None:
            raise no_operator(an, name, inputs, location)
        args.append(converted)
    impl, strict = function.impl, function.strict
    if name in COMPARISONS:
        impl = _keyed(an, impl, args, function)
        if function.context:
            return Call(BOOL, impl=function.impl, args=args, context=True, name=name, location=location)
    elif 2277 in function.args or 5078 in function.args:
        impl = _keyed_arrays(an, name, impl, args)
    return Call(
        result,
        impl=impl,
        args=args,
        strict=strict,
        context=function.context,
        name=name,
        location=location,
        function=function,
    )


def _keyed(an: Analyser, impl: Any, args: list[Expr], function: Function) -> Any:
    left, right = key_for(an, args[0].type), key_for(an, args[1].type)
    if args[0].type != args[1].type and an.coercer.base(args[0].type) in (700, 701):
        pass
    if left is None and right is None:
        return impl
    a = left or _identity
    b = right or _identity
    return lambda x, y: impl(a(x), b(y))


def _identity(value: Any) -> Any:
    return value


def _keyed_arrays(an: Analyser, name: str, impl: Any, args: list[Expr]) -> Any:
    if name == "||":
        return impl
    element = an.find(an.coercer.base(args[0].type)).element
    key = key_for(an, element)
    if key is None:
        return impl

    def keyed(array: Any) -> Any:
        return tuple(keyed(v) if type(v) is tuple else None if v is None else key(v) for v in array)

    return lambda x, y: impl(keyed(x), keyed(y))


def _rows(an: Analyser, name: str, left: Row, right: Row, location: int) -> Expr:
    if len(left.args) != len(right.args):
        raise SqlError("42601", "unequal number of entries in row expressions", location=location)
    pairs = list(zip(left.args, right.args, strict=True))
    if name in ("=", "<>"):
        parts = [binary(an, name, a, b, location) for a, b in pairs]
        return Logic(BOOL, op="and" if name == "=" else "or", args=parts, location=location)
    strict_op = name[0]
    done: Expr = binary(an, name, *pairs[-1], location)
    for a, b in reversed(pairs[:-1]):
        equal = binary(an, "=", a, b, location)
        done = Logic(
            BOOL,
            op="or",
            args=[binary(an, strict_op, a, b, location), Logic(BOOL, op="and", args=[equal, done])],
            location=location,
        )
    return done


def distinct(an: Analyser, left: Expr, right: Expr, negated: bool, location: int) -> Expr:
    """IS [NOT] DISTINCT FROM."""
    if isinstance(left, Row) and isinstance(right, Row):
        parts = [distinct(an, a, b, negated, location) for a, b in zip(left.args, right.args, strict=True)]
        return Logic(BOOL, op="and" if negated else "or", args=parts, location=location)
    equal = binary(an, "=", left, right, location)
    assert isinstance(equal, Call)
    compare = equal.impl

    def run(a: Any, b: Any) -> bool:
        same = (a is None and b is None) or (a is not None and b is not None and bool(compare(a, b)))
        return same if negated else not same

    return Call(BOOL, impl=run, args=equal.args, strict=False, name="is distinct from", location=location)


def _nullif(an: Analyser, left: Expr, right: Expr, location: int) -> Expr:
    equal = binary(an, "=", left, right, location)
    assert isinstance(equal, Call)
    compare = equal.impl
    first = left if left.type != UNKNOWN else equal.args[0]

    def run(value: Any, a: Any, b: Any) -> Any:
        return None if a is not None and b is not None and compare(a, b) else value

    return Call(
        first.type,
        impl=run,
        args=[first, *equal.args],
        strict=False,
        name="nullif",
        typmod=first.typmod,
        location=location,
    )


def _in(an: Analyser, node: Any, name: str, scope: Scope) -> Expr:
    from .expr import analyse

    left = analyse(an, node.lexpr, scope)
    items = [analyse(an, item, scope) for item in node.rexpr.list.items]
    negated = name == "<>"
    if not isinstance(left, Row) and len(items) > 1 and not any(isinstance(item, Row) for item in items):
        known = an.coercer.common([left, *items], "IN") if _matchable(an, [left, *items]) else 0
        if known and known != RECORD and all(isinstance(item, Const) for item in items):
            test = an.coercer.to(left, known)
            values = an.coercer.all_to(items, known, "IN")
            if test is not None and all(isinstance(v, Const) for v in values):
                find_operator(an, "=", known, known, node.location)
                return _member(an, test, values, negated, node.location)
    parts = [binary(an, name, left, item, node.location) for item in items]
    return (
        parts[0] if len(parts) == 1 else Logic(BOOL, op="and" if negated else "or", args=parts, location=node.location)
    )


def _matchable(an: Analyser, exprs: list[Expr]) -> bool:
    categories = {an.find(an.coercer.base(e.type)).category for e in exprs if e.type != UNKNOWN}
    return len(categories) <= 1


def _member(an: Analyser, test: Expr, values: list[Expr], negated: bool, location: int) -> Expr:
    key = key_for(an, test.type)
    plain = [value.value for value in values if isinstance(value, Const)]
    has_null = None in plain
    members = {key(value) if key else value for value in plain if value is not None}

    def run(value: Any) -> Any:
        if (key(value) if key else value) in members:
            return not negated
        return None if has_null else negated

    return Call(BOOL, impl=run, args=[test], name="in", location=location)


def _like(an: Analyser, node: Any, name: str, scope: Scope) -> Expr:
    from .expr import analyse

    left, right = analyse(an, node.lexpr, scope), analyse(an, node.rexpr, scope)
    return binary(an, name, left, right, node.location)


def _between(an: Analyser, node: Any, scope: Scope) -> Expr:
    from .expr import analyse

    value = analyse(an, node.lexpr, scope)
    low, high = (analyse(an, item, scope) for item in node.rexpr.list.items)
    at = node.location

    def inside(a: Expr, b: Expr) -> Expr:
        return Logic(BOOL, op="and", args=[binary(an, ">=", value, a, at), binary(an, "<=", value, b, at)], location=at)

    within = inside(low, high)
    if node.kind in (13, 14):
        within = Logic(BOOL, op="or", args=[within, inside(high, low)], location=at)
    return Logic(BOOL, op="not", args=[within], location=at) if node.kind in (12, 14) else within


def any_all(an: Analyser, name: str, left: Expr, right: Expr, every: bool, location: int) -> Expr:
    """``left op ANY/ALL (array)``. Raises 42809 where the right side is no array."""
    if right.type == UNKNOWN:
        element = TEXT if left.type == UNKNOWN else an.coercer.base(left.type)
        array = an.coercer.to(right, an.find(element).array)
        assert array is not None
        right = array
    type_ = an.find(an.coercer.base(right.type))
    if not type_.element:
        raise SqlError("42809", "op ANY/ALL (array) requires array on right side", location=location)
    function = find_operator(an, name, left.type, type_.element, location)
    if function.result != BOOL:
        raise SqlError("42809", "op ANY/ALL (array) requires operator to yield boolean", location=location)
    item = Const(type_.element)
    probe = apply(an, name, function, left, item, location)
    if not isinstance(probe, Call) or probe.context:
        raise unsupported(f"{name} ANY/ALL between these types", location)
    converted = probe.args[1]
    wanted = an.find(converted.type)
    array = right
    if converted is not item and wanted.oid != type_.element:
        done = an.coercer.to(right, wanted.array)
        if done is None:
            raise unsupported(f"{name} ANY/ALL between these types", location)
        array = done
    return AnyAll(BOOL, left=probe.args[0], array=array, impl=probe.impl, all=every, location=location)
