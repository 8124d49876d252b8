"""The objects of a database as documents: tables, indexes, sequences, views and types."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from falsefront.kernel.state import Index, TableSpec


@dataclass(frozen=True, slots=True)
class ColumnDef:
    """A column. ``default`` and ``generated`` are SQL text; ``missing`` is what rows older than the column hold."""

    name: str
    type: int
    attnum: int
    typmod: int = -1
    not_null: bool = False
    default: str | None = None
    identity: str = ""
    generated: str | None = None
    dropped: bool = False
    missing: Any = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint: ``kind`` is p, u, c or f; columns are attnums."""

    oid: int
    name: str
    kind: str
    columns: tuple[int, ...] = ()
    expr: str | None = None
    index: int = 0
    target: int = 0
    target_columns: tuple[int, ...] = ()
    on_delete: str = "a"
    on_update: str = "a"
    deferrable: bool = False
    deferred: bool = False
    set_columns: tuple[int, ...] = ()
    match: str = "s"
    validated: bool = True


@dataclass(frozen=True, slots=True)
class Relation:
    """A table (r), view (v), materialised view (m), index (i) or sequence (S)."""

    oid: int
    schema: str
    name: str
    kind: str = "r"
    columns: tuple[ColumnDef, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    storage: str = ""
    definition: str = ""
    # indexes
    table: int = 0
    unique: bool = False
    primary: bool = False
    keys: tuple[int, ...] = ()
    """An index's columns; 0 stands for the next of ``exprs``."""
    exprs: tuple[str, ...] = ()
    where: str | None = None
    nulls_equal: bool = False
    method: str = "btree"
    options: tuple[int, ...] = ()
    """Per key, 1 for descending plus 2 for nulls first."""
    included: tuple[int, ...] = ()
    # sequences
    type: int = 20
    start: int = 1
    increment: int = 1
    minimum: int = 1
    maximum: int = 2**63 - 1
    cache: int = 1
    cycle: bool = False
    owner: tuple[int, int] | None = None
    internal: bool = False
    """An identity column's sequence."""
    persistence: str = "p"
    session: str = ""
    """The session that a temporary relation belongs to."""
    populated: bool = True

    def column(self, name: str) -> ColumnDef | None:
        """A live column by name."""
        for column in self.columns:
            if column.name == name and not column.dropped:
                return column
        return None

    @property
    def live(self) -> list[ColumnDef]:
        """The columns that were not dropped."""
        return [column for column in self.columns if not column.dropped]

    def names(self, attnums: tuple[int, ...]) -> list[str]:
        """Column names by number."""
        return [self.columns[attnum - 1].name for attnum in attnums]


@dataclass(frozen=True, slots=True)
class TypeDef:
    """An enum (e) or a domain (d)."""

    oid: int
    array: int
    schema: str
    name: str
    kind: str
    labels: tuple[str, ...] = ()
    base: int = 0
    typmod: int = -1
    not_null: bool = False
    default: str | None = None
    checks: tuple[tuple[str, str], ...] = ()
    """A domain's checks: name and SQL text."""


_RELATION_DEFAULTS = {f.name: f.default for f in fields(Relation) if f.name not in ("oid", "schema", "name")}
_COLUMN_DEFAULTS = {f.name: f.default for f in fields(ColumnDef)}
_CONSTRAINT_DEFAULTS = {f.name: f.default for f in fields(Constraint)}


def _sparse(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}


def relation_document(relation: Relation) -> dict[str, Any]:
    """A relation as the store keeps it: what differs from the defaults."""
    document = _sparse({f.name: getattr(relation, f.name) for f in fields(relation)}, _RELATION_DEFAULTS)
    if relation.columns:
        document["columns"] = [_sparse(asdict(column), _COLUMN_DEFAULTS) for column in relation.columns]
    if relation.constraints:
        document["constraints"] = [_sparse(asdict(each), _CONSTRAINT_DEFAULTS) for each in relation.constraints]
    return document


def _tuples(document: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}


def relation_from(document: dict[str, Any]) -> Relation:
    """A relation from its document."""
    values = _tuples(document)
    values["columns"] = tuple(
        ColumnDef(**{**column, "missing": column.get("missing")}) for column in document.get("columns", ())
    )
    values["constraints"] = tuple(Constraint(**_tuples(each)) for each in document.get("constraints", ()))
    return Relation(**values)


def type_document(type_: TypeDef) -> dict[str, Any]:
    """A type as the store keeps it."""
    return asdict(type_)


def type_from(document: dict[str, Any]) -> TypeDef:
    """A type from its document."""
    values = _tuples(document)
    values["checks"] = tuple((name, text) for name, text in document.get("checks", ()))
    return TypeDef(**values)


SCHEMAS = TableSpec("sql.schemas")
RELATIONS = TableSpec(
    "sql.relations",
    indexes=(
        Index("oid", lambda key, document: ((document["oid"],),)),
        Index("table", lambda key, document: ((document.get("table", 0), document["oid"]),)),
    ),
)
TYPES = TableSpec(
    "sql.types", indexes=(Index("oid", lambda key, document: ((document["oid"],), (document["array"],))),)
)
COMMENTS = TableSpec("sql.comments")

__all__ = ["COMMENTS", "RELATIONS", "SCHEMAS", "TYPES", "field"]
