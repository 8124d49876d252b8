"""Which names mean what inside a query."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import SqlError
from .nodes import Column, Cte, Expr, Query, Row


@dataclass(slots=True)
class Named:
    """A table in FROM by the name it goes by there, and its columns."""

    alias: str
    columns: list[tuple[str, Expr]]
    schema: str | None = None
    relation_oid: int = 0
    scalar: bool = False
    """A function's single column: the alias alone means its value."""
    hidden: bool = False
    real_name: str = ""
    """The table's own name, where it goes by an alias."""


@dataclass(slots=True)
class Scope:
    """The names of one query level: its tables, the columns visible without a table's name, its CTEs."""

    query: Query
    parent: Scope | None = None
    tables: list[Named] = field(default_factory=list[Named])
    columns: list[tuple[str, Expr]] = field(default_factory=list[tuple[str, Expr]])
    ctes: dict[str, Cte] = field(default_factory=dict[str, Cte])
    clause: str = ""
    """The clause being analysed, for errors about aggregates in the wrong place."""
    windows: dict[str, object] = field(default_factory=dict[str, object])
    open_types: bool = False
    """Literals of the select list may stay untyped: what is around the query will decide."""

    def add(self, table: Named) -> None:
        """Add a table. Raises 42712 for a name that is there already."""
        for other in self.tables:
            if other.alias == table.alias and other.schema == table.schema:
                raise SqlError("42712", f'table name "{table.alias}" specified more than once')
        self.tables.append(table)


def _raised(expr: Expr, level: int) -> Expr:
    """The expression as seen from ``level`` queries further in."""
    if level == 0:
        return expr
    if isinstance(expr, Column):
        return Column(
            expr.type, typmod=expr.typmod, level=expr.level + level, index=expr.index, name=expr.name,
            table=expr.table, attnum=expr.attnum,
        )  # fmt: skip
    if isinstance(expr, Row):
        return Row(expr.type, args=[_raised(arg, level) for arg in expr.args], names=expr.names, whole=expr.whole)
    from .walk import shift

    return shift(expr, level)


def find_column(scope: Scope, name: str, location: int) -> Expr | None:
    """An unqualified column, in this query or one around it. Raises 42702."""
    level, current = 0, scope
    while True:
        found = [expr for column, expr in current.columns if column == name]
        if len(found) > 1:
            raise SqlError("42702", f'column reference "{name}" is ambiguous', location=location)
        if found:
            return _raised(found[0], level)
        for table in current.tables:
            if table.alias == name and not table.hidden:
                whole = table.columns[0][1] if table.scalar else whole_row(table)
                return _raised(whole, level)
        if current.parent is None:
            return None
        current, level = current.parent, level + 1


def whole_row(table: Named) -> Row:
    """All of a table's columns as one value."""
    return Row(
        2249, args=[expr for _, expr in table.columns], names=[name for name, _ in table.columns], whole=table.alias
    )


def find_table(scope: Scope, schema: str | None, alias: str) -> tuple[Named, int] | None:
    """A table by the name it goes by, and how many queries out it is."""
    level, current = 0, scope
    while True:
        for table in current.tables:
            if table.alias == alias and (schema is None or table.schema == schema):
                return table, level
        if current.parent is None:
            return None
        current, level = current.parent, level + 1


def qualified(scope: Scope, schema: str | None, alias: str, name: str, location: int) -> Expr:
    """A column with its table's name. Raises 42P01 and 42703."""
    found = find_table(scope, schema, alias)
    shown = f"{schema}.{alias}" if schema else alias
    if found is None:
        raise missing_table(scope, shown, alias, location)
    table, level = found
    for column, expr in table.columns:
        if column == name:
            return _raised(expr, level)
    raise SqlError("42703", f"column {alias}.{name} does not exist", location=location, hint=near(table, name))


def near(table: Named, name: str) -> str | None:
    """PostgreSQL's guess at what a misspelt column was to be."""
    from .guess import distance

    best: list[tuple[int, str, str]] = []
    for column, _ in table.columns:
        apart = distance(name, column)
        if apart <= max(len(name) // 2, 0) and apart <= 3:
            best.append((apart, table.alias, column))
    return f'Perhaps you meant to reference the column "{min(best)[1]}.{min(best)[2]}".' if best else None


def missing_table(scope: Scope, shown: str, alias: str, location: int) -> SqlError:
    """What is said of a table that FROM does not have."""
    current: Scope | None = scope
    while current is not None:
        for table in current.tables:
            if table.real_name == alias and table.alias != alias:
                return SqlError(
                    "42P01", f'invalid reference to FROM-clause entry for table "{shown}"',
                    hint=f'Perhaps you meant to reference the table alias "{table.alias}".', location=location,
                )  # fmt: skip
        current = current.parent
    return SqlError("42P01", f'missing FROM-clause entry for table "{shown}"', location=location)
