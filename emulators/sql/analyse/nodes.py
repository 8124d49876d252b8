"""Typed expressions and queries: what the analyser makes and the executor runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..functions.registry import Function


@dataclass(slots=True)
class Expr:
    """An expression of a type; ``location`` is its byte offset in the statement."""

    type: int
    typmod: int = field(default=-1, kw_only=True)
    location: int = field(default=-1, kw_only=True)


@dataclass(slots=True)
class Const(Expr):
    """A value known while analysing."""

    value: Any = None


@dataclass(slots=True)
class Param(Expr):
    """A parameter of a prepared statement."""

    number: int = 0


@dataclass(slots=True)
class Column(Expr):
    """A column of the rows of a query, ``level`` queries further out; ``table`` and ``attnum`` say where it comes from."""

    level: int = 0
    index: int = 0
    name: str = ""
    table: int = 0
    attnum: int = 0


@dataclass(slots=True)
class Call(Expr):
    """A function or operator applied to arguments."""

    impl: Callable[..., Any] = lambda: None
    args: list[Expr] = field(default_factory=list[Expr])
    strict: bool = True
    context: bool = False
    name: str = ""
    cast: bool = False
    """Made by a cast, implicit or not."""
    function: Function | None = None


@dataclass(slots=True)
class Logic(Expr):
    """AND, OR or NOT."""

    op: str = "and"
    args: list[Expr] = field(default_factory=list[Expr])


@dataclass(slots=True)
class Case(Expr):
    """CASE, with or without a value under test."""

    whens: list[tuple[Expr, Expr]] = field(default_factory=list[tuple[Expr, Expr]])
    default: Expr | None = None
    test: Expr | None = None
    holder: list[Any] = field(default_factory=list[Any])
    """Where the value under test lies while conditions are tried."""


@dataclass(slots=True)
class Held(Expr):
    """The value under test of a simple CASE, or the value that a domain checks."""

    holder: list[Any] = field(default_factory=list[Any])


@dataclass(slots=True)
class Coalesce(Expr):
    """COALESCE."""

    args: list[Expr] = field(default_factory=list[Expr])


@dataclass(slots=True)
class ArrayOf(Expr):
    """ARRAY[...]."""

    args: list[Expr] = field(default_factory=list[Expr])
    nested: bool = False


@dataclass(slots=True)
class Row(Expr):
    """A row value."""

    args: list[Expr] = field(default_factory=list[Expr])
    names: list[str] = field(default_factory=list[str])
    whole: str = ""
    """The alias of the table whose whole row this is."""


@dataclass(slots=True)
class AnyAll(Expr):
    """``left op ANY/ALL (array)``."""

    left: Expr = field(default_factory=lambda: Const(705))
    array: Expr = field(default_factory=lambda: Const(705))
    impl: Callable[..., Any] = lambda: None
    all: bool = False


@dataclass(slots=True)
class SubQuery(Expr):
    """``kind``: exists, scalar, array, any, all. ``compare`` puts test and row values together for any and all."""

    kind: str = "scalar"
    query: Query | None = None
    tests: list[Expr] = field(default_factory=list[Expr])
    compare: Expr | None = None
    holders: list[list[Any]] = field(default_factory=list[list[Any]])
    hashable: bool = False


@dataclass(slots=True)
class Aggregate(Expr):
    """An aggregate's call."""

    function: Function | None = None
    args: list[Expr] = field(default_factory=list[Expr])
    distinct: bool = False
    where: Expr | None = None
    order: list[SortKey] = field(default_factory=list["SortKey"])
    within: bool = False
    level: int = 0
    key: Callable[[Any], Any] | None = None


@dataclass(slots=True)
class Window(Expr):
    """A window function's call."""

    function: Function | None = None
    args: list[Expr] = field(default_factory=list[Expr])
    partition: list[Expr] = field(default_factory=list[Expr])
    order: list[SortKey] = field(default_factory=list["SortKey"])
    frame: Frame | None = None
    where: Expr | None = None


@dataclass(slots=True)
class Frame:
    """A window frame: mode (range, rows, groups), bounds and their offsets."""

    mode: str = "range"
    start: str = "unbounded preceding"
    end: str = "current row"
    start_offset: Expr | None = None
    end_offset: Expr | None = None
    exclude: str = ""


@dataclass(slots=True)
class SetFunction(Expr):
    """A set-returning function in a select list."""

    function: Function | None = None
    args: list[Expr] = field(default_factory=list[Expr])


@dataclass(slots=True)
class Grouping(Expr):
    """GROUPING(...)."""

    args: list[Expr] = field(default_factory=list[Expr])


@dataclass(slots=True)
class SortKey:
    """One item of ORDER BY."""

    expr: Expr
    descending: bool = False
    nulls_first: bool = False


@dataclass(slots=True)
class Target:
    """One column of a select list; junk ones are not given to the client."""

    name: str
    expr: Expr
    junk: bool = False


# Where rows come from. ``start`` is the first of the columns that a source adds to the query's rows.


@dataclass(slots=True)
class Source:
    """What a FROM item has in common with the others."""

    alias: str
    start: int
    width: int


@dataclass(slots=True)
class Scan(Source):
    """A stored table."""

    relation: Any = None


@dataclass(slots=True)
class SystemScan(Source):
    """A system view."""

    rows: Callable[[Any], Any] = lambda context: ()


@dataclass(slots=True)
class Derived(Source):
    """A subquery or a view."""

    query: Query | None = None
    lateral: bool = False


@dataclass(slots=True)
class CteScan(Source):
    """A WITH query by its name."""

    cte: Cte | None = None


@dataclass(slots=True)
class FunctionScan(Source):
    """Functions in FROM."""

    calls: list[SetFunction] = field(default_factory=list[SetFunction])
    widths: list[int] = field(default_factory=list[int])
    ordinality: bool = False


@dataclass(slots=True)
class Join(Source):
    """Two sources joined."""

    kind: str = "inner"
    left: Source | None = None
    right: Source | None = None
    on: Expr | None = None


@dataclass(slots=True)
class Cte:
    """A WITH query."""

    name: str
    query: Any
    columns: list[tuple[str, int, int]]
    recursive: bool = False
    term: Any = None
    union_all: bool = True
    used: int = 0


@dataclass(slots=True)
class SetOp:
    """UNION, INTERSECT or EXCEPT."""

    op: str
    all: bool
    left: Query
    right: Query


@dataclass(slots=True)
class Query:
    """One level of SELECT, or a set operation, or VALUES."""

    targets: list[Target] = field(default_factory=list[Target])
    sources: list[Source] = field(default_factory=list[Source])
    where: Expr | None = None
    group: list[list[Expr]] | None = None
    """Grouping sets over ``group_keys``; ``None`` where nothing is grouped."""
    group_keys: list[Expr] = field(default_factory=list[Expr])
    having: Expr | None = None
    distinct: bool = False
    distinct_on: list[Expr] = field(default_factory=list[Expr])
    order: list[SortKey] = field(default_factory=list[SortKey])
    limit: Expr | None = None
    offset: Expr | None = None
    with_ties: bool = False
    ctes: list[Cte] = field(default_factory=list[Cte])
    values: list[list[Expr]] | None = None
    setop: SetOp | None = None
    aggregates: list[Aggregate] = field(default_factory=list[Aggregate])
    windows: list[Window] = field(default_factory=list[Window])
    set_functions: list[SetFunction] = field(default_factory=list[SetFunction])
    width: int = 0
    locks: list[str] = field(default_factory=list[str])
    lock_wait: str = ""
    tables: list[Any] = field(default_factory=list[Any])
    change: Any = None
    """An INSERT, UPDATE or DELETE in a WITH clause."""

    @property
    def visible(self) -> list[Target]:
        """The columns that the query gives."""
        return [target for target in self.targets if not target.junk]
