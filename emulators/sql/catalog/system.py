"""pg_catalog and information_schema: views that are computed from the catalogue when they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .names import RELATION_NAMES


@dataclass(frozen=True, slots=True)
class SystemView:
    """A system relation: its OID, its columns (name, type OID) and what computes its rows."""

    schema: str
    name: str
    oid: int
    columns: tuple[tuple[str, int], ...]
    rows: Callable[[Any], Iterable[Any]]


@lru_cache(maxsize=1)
def _views() -> dict[tuple[str, str], SystemView]:
    from . import information, pg_objects, pg_server

    made: dict[tuple[str, str], SystemView] = {}
    for schema, definitions in (
        ("pg_catalog", pg_objects.VIEWS), ("pg_catalog", pg_server.VIEWS), ("information_schema", information.VIEWS),
    ):  # fmt: skip
        for name, (columns, rows) in definitions.items():
            made[schema, name] = SystemView(schema, name, system_names()[schema, name], columns, rows)
    return made


@lru_cache(maxsize=1)
def system_names() -> dict[tuple[str, str], int]:
    """The OID of every system relation; the four that clients know by number have their own."""
    fixed = {"pg_type": 1247, "pg_attribute": 1249, "pg_proc": 1255, "pg_class": 1259, "pg_database": 1262, "pg_namespace": 2615,
             "pg_constraint": 2606, "pg_index": 2610, "pg_attrdef": 2604, "pg_description": 2609, "pg_authid": 1260,
             "pg_extension": 3079, "pg_enum": 3501, "pg_trigger": 2620, "pg_collation": 3456, "pg_am": 2601}  # fmt: skip
    names: dict[tuple[str, str], int] = {}
    for n, name in enumerate(sorted(RELATION_NAMES)):
        schema = "pg_catalog" if name.startswith("pg_") else "information_schema"
        names[schema, name] = fixed.get(name, 12000 + n)
    return names


def system_view(schema: str | None, name: str, path: list[str]) -> SystemView | None:
    """A system relation by name; pg_catalog's need no schema."""
    return _views().get((schema or "pg_catalog", name))


@lru_cache(maxsize=1)
def procedures() -> list[tuple[int, Any]]:
    """Every function with an OID."""
    from ..functions.library import every

    return [(6000 + n, function) for n, function in enumerate(every())]


def procedure_name(oid: int) -> str:
    """A function's name by OID."""
    return next((function.name for number, function in procedures() if number == oid), str(oid))


def procedure_oid(name: str) -> int | None:
    """A function's OID by name."""
    return next((number for number, function in procedures() if function.name == name), None)
