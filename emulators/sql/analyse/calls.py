"""Function calls: plain, aggregate, window and set-returning ones."""

from __future__ import annotations

from typing import Any

from ..catalog.names import FUNCTION_NAMES
from ..errors import SqlError, unsupported
from ..functions.library import functions
from ..functions.registry import Function
from ..syntax import names_of
from ..types.table import ANY, BOOL, INT4, INT8, RECORD, TEXT, UNKNOWN, VOID
from .analyser import Analyser
from .coerce import EXPLICIT
from .nodes import Aggregate, Call, Column, Const, Expr, Frame, Grouping, Row, SetFunction, SortKey, Window
from .operators import key_for
from .resolve import choose, concrete
from .scope import Scope
from .walk import has_aggregate, has_window, walk

_VOLATILE = frozenset(
    {
        "nextval",
        "setval",
        "currval",
        "lastval",
        "random",
        "gen_random_uuid",
        "set_config",
        "pg_sleep",
        "now",
        "clock_timestamp",
    }
)


def call(an: Analyser, node: Any, scope: Scope) -> Expr:
    """A function call of any kind."""
    from .expr import analyse, boolean

    names = names_of(node.funcname)
    name = names[-1]
    schema = names[-2] if len(names) > 1 else "pg_catalog"
    if an.catalog.schema(schema) is None:
        raise SqlError("3F000", f'schema "{schema}" does not exist', location=node.location)
    if name in ("_pg_expandarray", "xmlelement"):
        raise unsupported(f"function {name}", node.location)
    clause = scope.clause
    named: dict[str, Expr] = {}
    args: list[Expr] = []
    inside = _enter(scope, name)
    for arg in node.args:
        if arg.WhichOneof("node") == "named_arg_expr":
            named[arg.named_arg_expr.name] = analyse(an, arg.named_arg_expr.arg, scope)
        else:
            args.append(analyse(an, arg, scope))
    scope.clause = clause
    where = boolean(an, node.agg_filter, scope, "FILTER") if node.HasField("agg_filter") else None
    order = [_sort_key(an, key.sort_by, scope) for key in node.agg_order]
    if name == "count" and node.agg_star:
        args = []
    if node.agg_within_group:
        return _ordered_set(an, name, args, order, where, node, scope)
    single = _function_style_cast(an, names, args, node)
    if single is not None:
        return single
    function, converted = resolve(an, name, args, node.location, bool(node.func_variadic), named, star=node.agg_star)
    if node.HasField("over"):
        if function.kind not in "aw":
            raise SqlError(
                "42809",
                f"OVER specified, but {name} is not a window function nor an aggregate function",
                location=node.location,
            )
        return _window(an, function, converted, where, node, scope)
    if function.kind == "w":
        raise SqlError("42809", f"window function {name} requires an OVER clause", location=node.location)
    if function.kind == "a":
        return _aggregate(an, function, converted, node, where, order, scope)
    for wrong, text in (
        (node.agg_distinct, "DISTINCT specified"),
        (bool(order), "ORDER BY specified"),
        (where is not None, "FILTER specified"),
    ):
        if wrong:
            raise SqlError("42809", f"{text}, but {name} is not an aggregate function", location=node.location)
    if node.agg_star:
        raise SqlError("42809", f"{name}(*) specified, but {name} is not an aggregate function", location=node.location)
    if name in _VOLATILE:
        an.volatile = True
    del inside
    return plain(an, function, converted, node.location)


def _enter(scope: Scope, name: str) -> Scope:
    return scope


def _function_style_cast(an: Analyser, names: list[str], args: list[Expr], node: Any) -> Expr | None:
    """``date('2024-01-01')``: a type's name used as a function."""
    if len(args) != 1 or functions(names[-1]):
        return None
    type_ = an.catalog.type_named(an.session.search_path(), None, names[-1])
    if type_ is None:
        return None
    done = an.coercer.to(args[0], type_.oid, EXPLICIT)
    if done is None:
        return None
    if done is args[0]:
        return Call(done.type, impl=lambda value, style: value, args=[done], context=True, name=names[-1], cast=True)
    if isinstance(done, Call):
        done.name = "cast" if done.name == "cast" else done.name
    return done


def signature(an: Analyser, name: str, inputs: list[int]) -> str:
    """A call as error messages show it."""
    return f"{name}({', '.join(an.find(oid).sql for oid in inputs)})"


def resolve(
    an: Analyser, name: str, args: list[Expr], location: int, variadic: bool = False,
    named: dict[str, Expr] | None = None, star: bool = False,
) -> tuple[Function, list[Expr]]:  # fmt: skip
    """The function that a call means, with its arguments as it wants them. Raises 42883 and 42725."""
    declared = functions(name)
    if named:
        args = _by_name(an, declared, name, args, named, location)
    inputs = [arg.type for arg in args]
    candidates = [fitted for f in declared if (fitted := _expand(f, len(args), variadic)) is not None]
    bases = [UNKNOWN if t == UNKNOWN else an.coercer.base(t) for t in inputs]
    exact = [f for f in candidates if list(f.args) == bases and UNKNOWN not in bases]
    found = exact or choose(an.coercer, candidates, bases)
    if len(found) > 1 and all(t == UNKNOWN for t in inputs):
        strings = [f for f in found if all(an.find(t).category == "S" for t in f.args)]
        found = strings[:1] or found
    if not found:
        if name in FUNCTION_NAMES and not declared:
            raise unsupported(f"function {name}", location)
        shown = f"{name}(*)" if star and not args else signature(an, name, inputs)
        raise SqlError(
            "42883", f"function {shown} does not exist",
            hint="No function matches the given name and argument types. You might need to add explicit type casts.",
            location=location,
        )  # fmt: skip
    if len(found) > 1:
        raise SqlError(
            "42725", f"function {signature(an, name, inputs)} is not unique",
            hint="Could not choose a best candidate function. You might need to add explicit type casts.", location=location,
        )  # fmt: skip
    function = found[0]
    wanted, result = concrete(an.coercer, function, inputs)
    done: list[Expr] = []
    for arg, target in zip(args, wanted, strict=True):
        if target == ANY and arg.type == UNKNOWN and name != "pg_typeof":
            target = TEXT
        converted = an.coercer.to(arg, target)
        done.append(arg if converted is None else converted)
    if 2776 in function.args and all(t == UNKNOWN for t in inputs):
        result = an.find(TEXT).array
    from dataclasses import replace

    return replace(function, result=result), done


def _by_name(
    an: Analyser, declared: Any, name: str, args: list[Expr], named: dict[str, Expr], location: int
) -> list[Expr]:
    for function in declared:
        if not set(named) <= set(function.arg_names):
            continue
        full: list[Expr] = list(args)
        for place in range(len(args), len(function.args)):
            given = named.get(function.arg_names[place])
            full.append(given if given is not None else Const(function.args[place], value=0))
        return full
    shown = ", ".join([an.find(a.type).sql for a in args] + [f"{n} => {an.find(e.type).sql}" for n, e in named.items()])
    raise SqlError(
        "42883", f"function {name}({shown}) does not exist",
        hint="No function matches the given name and argument types. You might need to add explicit type casts.", location=location,
    )  # fmt: skip


def _expand(function: Function, count: int, variadic: bool) -> Function | None:
    """A candidate with exactly as many parameters as there are arguments."""
    from dataclasses import replace

    given = len(function.args)
    if function.variadic and not variadic:
        if count < given:
            return None
        last = function.args[-1]
        element = ANY if last == ANY else {1009: TEXT}.get(last, last)
        return replace(function, args=function.args[:-1] + (element,) * (count - given + 1))
    if given - function.defaults <= count <= given:
        return function if count == given else replace(function, args=function.args[:count])
    return None


def plain(an: Analyser, function: Function, args: list[Expr], location: int) -> Expr:
    """A call of a plain function."""
    if function.returns_set:
        return SetFunction(function.result, function=function, args=args, location=location)
    impl = function.impl
    types = [arg.type for arg in args]
    context, strict = function.context, function.strict
    if function.variadic and not function.typed:
        impl = _gather(function, impl)
    if function.typed:
        typed = function.impl
        impl = lambda run, *values: typed(run, list(zip(values, types, strict=True)))  # noqa: E731
        context = True
    if 5078 in function.args or 2277 in function.args:
        impl = _array_keys(an, function, impl, args)
    return Call(
        function.result,
        impl=impl,
        args=args,
        strict=strict,
        context=context,
        name=function.name,
        location=location,
        function=function,
    )


def _gather(function: Function, impl: Any) -> Any:
    fixed = 1
    return lambda *values: impl(
        *values[:fixed], values[fixed:] if not (len(values) == 2 and isinstance(values[1], tuple)) else values[1]
    )


def _array_keys(an: Analyser, function: Function, impl: Any, args: list[Expr]) -> Any:
    """Search in arrays by value: 1.0 finds 1.00."""
    if function.name not in ("array_position", "array_positions", "array_remove", "array_replace"):
        return impl
    return impl


def call_named(an: Analyser, name: str, args: list[Expr], location: int, result: int = 0) -> Expr:
    """A call of a function by name."""
    function, converted = resolve(an, name, args, location)
    return plain(an, function, converted, location)


def _sort_key(an: Analyser, node: Any, scope: Scope) -> SortKey:
    from .expr import analyse

    expr = analyse(an, node.node, scope)
    return sort_key(an, expr, node)


def sort_key(an: Analyser, expr: Expr, node: Any) -> SortKey:
    """An ORDER BY item."""
    if expr.type == UNKNOWN:
        expr = an.coercer.to(expr, TEXT) or expr
    descending = node.sortby_dir == 3
    if node.sortby_dir == 4:
        raise unsupported("ORDER BY ... USING", node.location)
    nulls_first = node.sortby_nulls == 2 or (node.sortby_nulls != 3 and descending)
    type_ = an.find(an.coercer.base(expr.type))
    if type_.name in ("json", "xml", "point"):
        raise SqlError(
            "42883", f"could not identify an ordering operator for type {type_.sql}",
            hint="Use an explicit ordering operator or modify the query.", location=expr.location,
        )  # fmt: skip
    return SortKey(expr, descending, nulls_first)


_PLACES = {
    "where": "WHERE", "join": "JOIN conditions", "group": "GROUP BY", "limit": "LIMIT", "values": "VALUES", "returning": "RETURNING",
    "update": "UPDATE", "check": "check constraints", "default": "DEFAULT expressions", "index": "index expressions",
    "generated": "column generation expressions", "from": "functions in FROM", "on conflict": "ON CONFLICT",
}  # fmt: skip


def _aggregate(
    an: Analyser,
    function: Function,
    args: list[Expr],
    node: Any,
    where: Expr | None,
    order: list[SortKey],
    scope: Scope,
) -> Expr:
    if function.name == "count" and not args and not node.agg_star:
        raise SqlError(
            "42809", "count(*) must be used to call a parameterless aggregate function", location=node.location
        )
    for arg in args:
        if has_aggregate(arg):
            inner = next(part for part in walk(arg) if isinstance(part, Aggregate))
            raise SqlError("42803", "aggregate function calls cannot be nested", location=inner.location)
        if has_window(arg):
            inner_window = next(part for part in walk(arg) if isinstance(part, Window))
            raise SqlError(
                "42803", "aggregate function calls cannot contain window function calls", location=inner_window.location
            )
    # An aggregate whose arguments are all from an outer query belongs there.
    levels = {part.level for arg in args for part in walk(arg) if isinstance(part, Column)}
    owner, level = scope, min(levels) if levels else 0
    for _ in range(level):
        assert owner.parent is not None
        owner = owner.parent
    if level:
        raise unsupported("an aggregate of an outer query's columns in a subquery", node.location)
    if scope.clause in _PLACES:
        raise SqlError(
            "42803", f"aggregate functions are not allowed in {_PLACES[scope.clause]}", location=node.location
        )
    key = None
    if node.agg_distinct:
        key = _distinct_key(an, args)
        if not order and args:
            order = [SortKey(args[0])]
    found = Aggregate(
        function.result, function=function, args=args, distinct=node.agg_distinct, where=where, order=order,
        location=node.location, key=key,
    )  # fmt: skip
    scope.query.aggregates.append(found)
    return found


def _distinct_key(an: Analyser, args: list[Expr]) -> Any:
    keys = [key_for(an, arg.type) for arg in args]

    def key(row: Any) -> Any:
        return tuple(value if value is None or k is None else k(value) for value, k in zip(row, keys, strict=True))

    return key


def _ordered_set(
    an: Analyser, name: str, direct: list[Expr], order: list[SortKey], where: Expr | None, node: Any, scope: Scope
) -> Expr:
    if not any(f.kind == "o" for f in functions(name)) and functions(name):
        raise SqlError(
            "42809",
            f"{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP",
            location=node.location,
        )
    inputs = [*direct, *(key.expr for key in order)]
    function, converted = resolve(an, name, inputs, node.location)
    keys = [
        SortKey(expr, key.descending, key.nulls_first)
        for expr, key in zip(converted[len(direct) :], order, strict=True)
    ]
    found = Aggregate(
        function.result,
        function=function,
        args=converted[: len(direct)],
        where=where,
        order=keys,
        within=True,
        location=node.location,
    )
    if scope.clause in _PLACES:
        raise SqlError(
            "42803", f"aggregate functions are not allowed in {_PLACES[scope.clause]}", location=node.location
        )
    scope.query.aggregates.append(found)
    return found


def _window(an: Analyser, function: Function, args: list[Expr], where: Expr | None, node: Any, scope: Scope) -> Expr:
    if scope.clause in (*_PLACES, "having"):
        place = _PLACES.get(scope.clause, "HAVING")
        raise SqlError("42P20", f"window functions are not allowed in {place}", location=node.location)
    if node.agg_distinct:
        raise unsupported("DISTINCT for window functions", node.location)
    partition, order, frame = window_definition(an, node.over, scope)
    if any(has_window(arg) for arg in args):
        raise SqlError("42P20", "window function calls cannot be nested", location=node.location)
    found = Window(
        function.result,
        function=function,
        args=args,
        partition=partition,
        order=order,
        frame=frame,
        where=where,
        location=node.location,
    )
    scope.query.windows.append(found)
    return found


def window_definition(an: Analyser, node: Any, scope: Scope) -> tuple[list[Expr], list[SortKey], Frame | None]:
    """An OVER clause's partition, order and frame. Raises 42704 for an unknown window."""
    from .expr import analyse

    partition: list[Expr] = []
    order: list[SortKey] = []
    base = node.refname or (
        node.name if not node.partition_clause and not node.order_clause and not node.frame_options & 1 else ""
    )
    if base:
        definition: Any = scope.windows.get(base)
        if definition is None:
            raise SqlError("42704", f'window "{base}" does not exist', location=node.location)
        partition, order, frame = window_definition(an, definition, scope)
        if node.name and not node.refname:
            return partition, order, frame
    partition = partition or [analyse(an, part, scope) for part in node.partition_clause]
    order = [_sort_key(an, key.sort_by, scope) for key in node.order_clause] or order
    return partition, order, _frame(an, node, scope, bool(order))


def _frame(an: Analyser, node: Any, scope: Scope, ordered: bool) -> Frame | None:
    from .expr import analyse

    bits = node.frame_options
    if not bits & 0x1:
        return None
    mode = "range" if bits & 0x2 else "rows" if bits & 0x4 else "groups"
    starts = {
        0x20: "unbounded preceding",
        0x80: "unbounded following",
        0x200: "current row",
        0x800: "preceding",
        0x2000: "following",
    }
    ends = {
        0x40: "unbounded preceding",
        0x100: "unbounded following",
        0x400: "current row",
        0x1000: "preceding",
        0x4000: "following",
    }
    start = next(name for bit, name in starts.items() if bits & bit)
    end = next((name for bit, name in ends.items() if bits & bit), "current row")
    exclude = "current row" if bits & 0x8000 else "group" if bits & 0x10000 else "ties" if bits & 0x20000 else ""
    offsets: list[Expr | None] = []
    for name in ("start_offset", "end_offset"):
        expr = analyse(an, getattr(node, name), scope) if node.HasField(name) else None
        if expr is not None and mode != "range":
            expr = an.coercer.to(expr, INT8, "a")
        offsets.append(expr)
    if mode == "range" and any(offsets) and not ordered:
        raise SqlError(
            "42P20",
            "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
            location=node.location,
        )
    if mode == "groups" and not ordered:
        raise SqlError("42P20", "GROUPS mode requires an ORDER BY clause", location=node.location)
    return Frame(mode, start, end, offsets[0], offsets[1], exclude)


def grouping(an: Analyser, node: Any, scope: Scope) -> Expr:
    """GROUPING(...)."""
    from .expr import analyse

    return Grouping(INT4, args=[analyse(an, arg, scope) for arg in node.args], location=node.location)


__all__ = ["BOOL", "RECORD", "VOID", "Row", "call", "call_named", "plain", "resolve", "sort_key", "window_definition"]
