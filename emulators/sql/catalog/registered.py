"""regclass, regtype and their like: OIDs that read and write as names."""

from __future__ import annotations

from typing import Any

from ..errors import SqlError
from ..functions.strings import quote_ident
from ..functions.system import format_type
from ..types.table import REGCLASS, REGNAMESPACE, REGROLE, REGTYPE
from .system import system_names


def _split(text: str) -> list[str]:
    import re

    return [
        part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()
        for part in re.findall(r'"(?:[^"]|"")+"|[^.\s]+', text.strip())
    ]


def name_of(run: Any, kind: int, oid: int) -> str:
    """An object's name as its registered type shows it."""
    if oid == 0:
        return "-"
    if kind == REGTYPE:
        return format_type(run, oid, None) or str(oid)
    if kind == REGNAMESPACE:
        return next((quote_ident(name) for name, found in run.catalog.schemas().items() if found == oid), str(oid))
    if kind == REGROLE:
        return str(run.session.user) if oid == 10 else str(oid)
    if kind == REGCLASS:
        relation = run.catalog.by_oid(oid)
        if relation is not None:
            name = quote_ident(relation.name)
            visible = next(
                (r for s in run.session.search_path() if (r := run.catalog.relation(s, relation.name)) is not None),
                None,
            )
            return name if visible is not None and visible.oid == oid else f"{quote_ident(relation.schema)}.{name}"
        found = next((n for n, number in system_names().items() if number == oid), None)
        return found[1] if found else str(oid)
    from .system import procedure_name

    return procedure_name(oid)


def oid_of(run: Any, kind: int, text: str) -> int:
    """An object's OID from its name. Raises 42P01 and 42704."""
    if text.strip().isdigit():
        return int(text)
    if text.strip() == "-":
        return 0
    if kind == REGTYPE:
        return _type_oid(run, text)
    names = _split(text)
    schema, name = (names[-2], names[-1]) if len(names) > 1 else (None, names[-1])
    if kind == REGCLASS:
        for place in [schema] if schema else run.session.search_path():
            relation = run.catalog.relation(place, name)
            if relation is not None:
                return int(relation.oid)
        found = system_names().get((schema or "pg_catalog", name))
        if found is not None:
            return found
        raise SqlError("42P01", f'relation "{".".join(names)}" does not exist')
    if kind == REGNAMESPACE:
        oid = run.catalog.schema(name)
        if oid is None:
            raise SqlError("3F000", f'schema "{name}" does not exist')
        return int(oid)
    if kind == REGROLE:
        if name in (run.session.user, "postgres"):
            return 10
        raise SqlError("42704", f'role "{name}" does not exist')
    from .system import procedure_oid

    oid = procedure_oid(name)
    if oid is None:
        raise SqlError("42883", f'function "{text}" does not exist')
    return oid


def _type_oid(run: Any, text: str) -> int:
    from ..analyse.analyser import Analyser
    from ..syntax import parse

    try:
        node = parse(f"SELECT NULL::{text}")[0].node.target_list[0].res_target.val.type_cast.type_name
    except SqlError:
        raise SqlError("42704", f'type "{text}" does not exist') from None
    try:
        return Analyser(run.catalog, run.session, run.style).type_of(node)[0]
    except SqlError as error:
        error.location = -1
        raise
