"""One statement's analysis: the catalogue, the session, the parameters found so far."""

from __future__ import annotations

from typing import Any

from ..catalog.catalog import Catalog
from ..catalog.model import Relation
from ..catalog.names import RELATION_NAMES
from ..errors import SqlError, unsupported
from ..types.style import Style
from ..types.table import UNHANDLED, UNKNOWN, Type
from .coerce import Coercer


class Analyser:
    """What analysing needs; ``params`` maps parameter numbers to types (``UNKNOWN`` until something decides)."""

    def __init__(self, catalog: Catalog, session: Any, style: Style, params: dict[int, int] | None = None) -> None:
        self.catalog = catalog
        self.session = session
        self.style = style
        self.params: dict[int, int] = {} if params is None else params
        self.find = catalog.find
        self.coercer = Coercer(catalog.find, style, self.params)
        self.tables: list[Relation] = []
        """The relations that the statement touches, for the journal and for locks."""
        self.volatile = False

    # Relations

    def relation(self, node: Any) -> Relation:
        """The relation that a RangeVar names. Raises 42P01, 3F000 and 0A000."""
        return self.named(node.schemaname or None, node.relname, node.location, node.catalogname or None)

    def named(self, schema: str | None, name: str, location: int = -1, database: str | None = None) -> Relation:
        """A relation by name. Raises 42P01."""
        if database and database != self.session.database:
            raise SqlError(
                "0A000",
                f'cross-database references are not implemented: "{database}.{schema}.{name}"',
                location=location,
            )
        found = self.lookup(schema, name)
        if found is not None:
            if found not in self.tables:
                self.tables.append(found)
            return found
        shown = f"{schema}.{name}" if schema else name
        raise SqlError("42P01", f'relation "{shown}" does not exist', location=location)

    def lookup(self, schema: str | None, name: str) -> Relation | None:
        """A stored relation by name, along the search path where no schema is given."""
        for place in [schema] if schema else self.session.search_path():
            found = self.catalog.relation(place, name)
            if found is not None:
                return found
        return None

    def check_system(self, schema: str | None, name: str, location: int) -> None:
        """Say "unsupported" of a system view that only the real server has."""
        system = schema in ("pg_catalog", "information_schema") or (schema is None and name.startswith("pg_"))
        if system and name in RELATION_NAMES:
            raise unsupported(f'system relation "{name}"', location)

    # Types

    def type_of(self, node: Any) -> tuple[int, int]:
        """The type and typmod that a TypeName says. Raises 42704."""
        names = [part.string.sval for part in node.names]
        if node.pct_type:
            raise unsupported("%TYPE", node.location)
        schema, name = (names[-2], names[-1]) if len(names) > 1 else (None, names[-1])
        type_ = self.catalog.type_named(self.session.search_path(), schema, name)
        if type_ is None:
            if schema in (None, "pg_catalog") and (relation := self.lookup(schema, name)) is not None:
                raise unsupported(f'the row type of "{relation.name}"', node.location)
            shown = f"{schema}.{name}" if schema else name
            raise SqlError("42704", f'type "{shown}" does not exist', location=node.location)
        if type_.name in UNHANDLED:
            raise unsupported(f"type {type_.name}", node.location)
        typmod = self._typmod(type_, node)
        if len(node.array_bounds):
            if not type_.array:
                raise unsupported(f"an array of {type_.sql}", node.location)
            return type_.array, typmod
        return type_.oid, typmod

    def _typmod(self, type_: Type, node: Any) -> int:
        mods: list[int] = []
        for mod in node.typmods:
            const = mod.a_const
            if mod.WhichOneof("node") != "a_const" or const.WhichOneof("val") not in ("ival", None):
                raise SqlError(
                    "42601", "type modifiers must be simple constants or identifiers", location=node.location
                )
            mods.append(const.ival.ival)
        if not mods:
            return -1
        return _encode_typmod(type_, mods, node.location)

    def check_unknown(self, number: int) -> None:
        """Know that a parameter is there."""
        self.params.setdefault(number, UNKNOWN)


def _encode_typmod(type_: Type, mods: list[int], location: int) -> int:
    match type_.name:
        case "varchar" | "bpchar":
            name = "varchar" if type_.name == "varchar" else "char"
            if mods[0] < 1:
                raise SqlError("22023", f"length for type {name} must be at least 1", location=location)
            if mods[0] > 10485760:
                raise SqlError("22023", f"length for type {name} cannot exceed 10485760", location=location)
            return mods[0] + 4
        case "numeric":
            precision, scale = mods[0], mods[1] if len(mods) > 1 else 0
            if not 1 <= precision <= 1000:
                raise SqlError("22023", f"NUMERIC precision {precision} must be between 1 and 1000", location=location)
            if not -1000 <= scale <= 1000:
                raise SqlError("22023", f"NUMERIC scale {scale} must be between -1000 and 1000", location=location)
            return (precision << 16 | scale & 0x7FF) + 4
        case "timestamp" | "timestamptz" | "time":
            return min(mods[0], 6)
        case "interval":
            return (mods[0] << 16) | (mods[1] if len(mods) > 1 else 0xFFFF)
        case _:
            raise SqlError("42601", f'type modifier is not allowed for type "{type_.name}"', location=location)
