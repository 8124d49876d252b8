"""Coercion: which types fit where, and the expression that makes one into another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import SqlError
from ..types.casts import CASTS, STRINGS, apply_typmod
from ..types.style import Style
from ..types.table import (
    ANY,
    ANYARRAY,
    ANYCOMPATIBLE,
    ANYCOMPATIBLEARRAY,
    ANYELEMENT,
    ANYENUM,
    ANYNONARRAY,
    BPCHAR,
    NUMERIC,
    POLYMORPHIC,
    RECORD,
    TEXT,
    UNKNOWN,
    VARCHAR,
    Type,
)  # fmt: skip
from ..types.text import read, show
from .nodes import ArrayOf, Call, Case, Coalesce, Const, Expr, Param

IMPLICIT: Final = "i"
ASSIGNMENT: Final = "a"
EXPLICIT: Final = "e"
_RANK: Final = {IMPLICIT: 0, ASSIGNMENT: 1, EXPLICIT: 2}


class Coercer:
    """Coercion in one statement: ``find`` gives types by OID, ``params`` the parameters' types so far."""

    def __init__(self, find: Any, style: Style, params: dict[int, int]) -> None:
        self.find = find
        self.style = style
        self.params = params

    def base(self, oid: int) -> int:
        """A domain's base type; any other type itself."""
        type_: Type = self.find(oid)
        return self.base(type_.base) if type_.base else oid

    def can(self, source: int, target: int, context: str = IMPLICIT) -> bool:
        """Whether a value of one type goes where another is wanted."""
        if source in (target, UNKNOWN) or target == ANY:
            return True
        if target in (ANYELEMENT, ANYCOMPATIBLE):
            return True
        if target in (ANYARRAY, ANYCOMPATIBLEARRAY):
            return bool(self.find(self.base(source)).category == "A")
        if target == ANYNONARRAY:
            return not self.find(source).element
        if target == ANYENUM:
            return bool(self.find(source).labels)
        return self._how(source, target, context) is not None

    def _how(self, source: int, target: int, context: str) -> Any:
        """The cast from one type to another, as a function, or ``None``."""
        source_type, target_type = self.find(source), self.find(target)
        if source_type.base:
            return self._how(self.base(source), target, context) if self.base(source) != target else _keep
        if target_type.base:
            inner = self.base(target)
            return _keep if source == inner else self._how(source, inner, context)
        found = CASTS.get((source, target))
        if found is not None:
            return found[1] if _RANK[found[0]] <= _RANK[context] else None
        if source_type.element and target_type.element and source_type.category == target_type.category == "A":
            return self._array(source_type.element, target_type.element, context)
        if target in STRINGS and context != IMPLICIT:
            find = self.find
            return lambda value, style: show(value, source_type, find, style)
        if source in STRINGS and context == EXPLICIT:
            find = self.find
            return lambda value, style: read(value, target_type, find, style)
        if source == RECORD and target in (TEXT, VARCHAR) and context == EXPLICIT:
            find = self.find
            return lambda value, style: show(value, source_type, find, style)
        return None

    def _array(self, source: int, target: int, context: str) -> Any:
        if source == target:
            return _keep
        inner = self._how(source, target, context)
        if inner is None:
            return None

        def cast(value: Any, style: Style) -> Any:
            return tuple(
                cast(item, style) if type(item) is tuple else None if item is None else inner(item, style)
                for item in value
            )

        return cast

    def to(self, expr: Expr, target: int, context: str = IMPLICIT, typmod: int = -1, location: int = -1) -> Expr | None:
        """The expression as another type, or ``None`` if there is no such cast."""
        found = self._to_type(expr, target, context)
        return None if found is None else self.fit(found, typmod, context)

    def _to_type(self, expr: Expr, target: int, context: str) -> Expr | None:
        source = expr.type
        if source == target or target in POLYMORPHIC or target == ANY:
            return expr
        if isinstance(expr, Param) and source == UNKNOWN:
            return self._settle(expr, target)
        if isinstance(expr, Const) and source == UNKNOWN:
            return self._literal(expr, target)
        if isinstance(expr, ArrayOf) and context == EXPLICIT and self.find(target).element and not expr.args:
            return ArrayOf(target, args=[], location=expr.location)
        if source == UNKNOWN:
            source = TEXT
            if target == TEXT:
                expr.type = TEXT
                return expr
            context = EXPLICIT
        how = self._how(source, target, context)
        if how is None:
            return None
        impl = how
        call = Call(target, location=expr.location, impl=impl, args=[expr], context=True, name="cast", cast=True)
        call.typmod = -1
        return self._domain(call, target, source)

    def _domain(self, call: Expr, target: int, source: int) -> Expr:
        type_ = self.find(target)
        if not type_.base:
            return call
        return self.check_domain(call, type_)

    def check_domain(self, expr: Expr, type_: Type) -> Expr:
        """The expression, checked against a domain's constraints."""
        fit = apply_typmod(self.base(type_.oid), type_.base_typmod, False)

        def check(context: Any, value: Any) -> Any:
            if value is not None and fit is not None:
                value = fit(value, context.style)
            context.check_domain(type_, value)
            return value

        return Call(type_.oid, impl=check, args=[expr], context=True, strict=False, name="domain", cast=True)

    def _literal(self, expr: Const, target: int) -> Expr:
        value = expr.value
        type_ = self.find(target)
        if value is not None:
            try:
                value = read(value, type_, self.find, self.style)
            except SqlError as error:
                raise error.at(expr.location) from None
        result = Const(target, value=value, location=expr.location)
        return self.check_domain(result, type_) if type_.base else result

    def _settle(self, param: Param, target: int) -> Expr:
        known = self.params.get(param.number, UNKNOWN)
        if known not in (UNKNOWN, target):
            raise SqlError(
                "42P08",
                f"inconsistent types deduced for parameter ${param.number}",
                detail=f"{self.find(known).sql} versus {self.find(target).sql}",
                location=param.location,
            )
        self.params[param.number] = param.type = target
        return param

    def fit(self, expr: Expr, typmod: int, context: str) -> Expr:
        """The expression, fitted into a length or precision."""
        if typmod < 0 or (expr.typmod == typmod and not isinstance(expr, Const)):
            return expr
        base = self.base(expr.type)
        element = self.find(base).element
        fit = apply_typmod(element or base, typmod, context == EXPLICIT)
        if fit is None:
            expr.typmod = typmod
            return expr
        impl = fit
        if element:

            def each(value: Any, style: Style) -> Any:
                return tuple(
                    None if v is None else each(v, style) if type(v) is tuple else fit(v, style) for v in value
                )

            impl = each
        call = Call(expr.type, location=expr.location, impl=impl, args=[expr], context=True, name="cast", cast=True)
        call.typmod = typmod
        return call

    def common(self, exprs: Sequence[Expr], context: str, default: int = TEXT) -> int:
        """The type that all of them can share. Raises 42804."""
        known = [expr for expr in exprs if expr.type != UNKNOWN]
        if not known:
            return default
        first = self.base(known[0].type) if len({expr.type for expr in known}) > 1 else known[0].type
        chosen = first
        for expr in known[1:]:
            other = self.base(expr.type) if expr.type != chosen else expr.type
            if other == chosen:
                continue
            a, b = self.find(chosen), self.find(other)
            if a.category != b.category:
                raise SqlError(
                    "42804", f"{context} types {a.sql} and {b.sql} cannot be matched", location=expr.location
                )
            if not a.preferred and self.can(chosen, other) and not self.can(other, chosen):
                chosen = other
        return chosen

    def all_to(self, exprs: Sequence[Expr], target: int, context: str) -> list[Expr]:
        """Each of them as the common type. Raises 42846."""
        done: list[Expr] = []
        for expr in exprs:
            converted = self.to(expr, target)
            if converted is None:
                raise SqlError(
                    "42846",
                    f"{context} could not convert type {self.find(expr.type).sql} to {self.find(target).sql}",
                    location=expr.location,
                )
            done.append(converted)
        return done


def _keep(value: Any, style: Style) -> Any:
    return value


def common_typmod(exprs: Sequence[Expr]) -> int:
    """The typmod that expressions of one type share, or -1."""
    mods = {expr.typmod for expr in exprs}
    return mods.pop() if len(mods) == 1 else -1


__all__ = ["ASSIGNMENT", "BPCHAR", "EXPLICIT", "IMPLICIT", "NUMERIC", "Case", "Coalesce", "Coercer", "common_typmod"]
