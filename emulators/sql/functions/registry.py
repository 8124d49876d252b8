"""How a function is declared: PostgreSQL's own signature beside what computes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..types.table import ALIASES, BY_NAME, BY_OID, Type


@dataclass(frozen=True, slots=True)
class Function:
    """A function, aggregate, window function or operator.

    ``strict`` gives null for null. ``context`` passes the running statement first. ``defaults`` counts the
    arguments that may be left out at the end.
    """

    name: str
    args: tuple[int, ...]
    result: int
    impl: Callable[..., Any]
    strict: bool = True
    variadic: bool = False
    returns_set: bool = False
    context: bool = False
    defaults: int = 0
    names: tuple[str, ...] = ()
    """Output columns of a function that returns several."""
    types: tuple[int, ...] = ()
    kind: str = "f"
    arg_names: tuple[str, ...] = ()
    typed: bool = False
    """The implementation takes the statement and a list of (value, type) pairs."""


_SIGNATURE = re.compile(r"(\S+?)\((.*?)\)\s*(setof\s+)?(.*)")


def type_oid(name: str) -> int:
    """A built-in type's OID by one of its names, ``[]`` included."""
    name = name.strip()
    array = name.endswith("[]")
    name = name.removesuffix("[]")
    type_: Type = BY_NAME[ALIASES.get(name, name)]
    return type_.array if array else type_.oid


class Library:
    """Functions by name, each with its candidates in the order they were declared."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[Function]] = {}

    def add(self, signatures: str, impl: Callable[..., Any], **options: Any) -> None:
        """Declare one implementation under signatures that ``;`` separates."""
        for signature in signatures.split(";"):
            found = _SIGNATURE.fullmatch(signature.strip())
            assert found, signature
            name, args, set_of, result = found.groups()
            variadic = "variadic " in args
            given = [part.strip() for part in args.replace("variadic ", "").split(",") if part.strip()]
            oids = tuple(type_oid(part.removesuffix("=")) for part in given)
            defaults = sum(part.endswith("=") for part in given)
            names, types, result_oid = self._result(result)
            function = Function(
                name,
                oids,
                result_oid,
                impl,
                variadic=variadic,
                returns_set=bool(set_of),
                defaults=defaults,
                names=names,
                types=types,
                **options,
            )
            self.by_name.setdefault(name, []).append(function)

    @staticmethod
    def _result(result: str) -> tuple[tuple[str, ...], tuple[int, ...], int]:
        if not result.startswith("("):
            return (), (), type_oid(result)
        columns = [column.split(None, 1) for column in result.strip("()").split(",")]
        return tuple(name for name, _ in columns), tuple(type_oid(kind) for _, kind in columns), 2249

    def get(self, name: str) -> list[Function]:
        """The candidates of a name."""
        return self.by_name.get(name, [])


class Operators:
    """Operators by symbol; a prefix operator has a left type of 0."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[Function]] = {}

    def add(self, symbol: str, left: str, right: str, result: str, impl: Callable[..., Any], **options: Any) -> None:
        """Declare an operator for types by name; ``left`` is empty for a prefix operator."""
        args = (type_oid(left) if left else 0, type_oid(right))
        self.by_name.setdefault(symbol, []).append(Function(symbol, args, type_oid(result), impl, **options))

    def get(self, name: str) -> list[Function]:
        """The candidates of a symbol."""
        return self.by_name.get(name, [])


def type_names(oids: Iterable[int], find: Callable[[int], Type] = BY_OID.__getitem__) -> str:
    """Types as error messages list them."""
    return ", ".join(find(oid).sql for oid in oids)
