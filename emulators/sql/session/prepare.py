"""Statements before they run: what they are called, what they want, what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from falsefront.kernel.state import State

from ..analyse.analyser import Analyser
from ..analyse.change import analyse_change
from ..analyse.nodes import Column, Query
from ..analyse.scope import Scope
from ..analyse.select import select
from ..catalog.catalog import Catalog
from ..catalog.model import RELATIONS, SCHEMAS, TYPES
from ..errors import SqlError
from ..execute.cost import Terms
from ..syntax import Statement
from ..types.table import TEXT, UNKNOWN
from .session import Session

NAMES: Final[Mapping[str, str]] = {
    "select_stmt": "select", "insert_stmt": "insert", "update_stmt": "update", "delete_stmt": "delete",
    "create_stmt": "create_table", "create_table_as_stmt": "create_table_as", "index_stmt": "create_index",
    "view_stmt": "create_view", "refresh_mat_view_stmt": "refresh", "create_seq_stmt": "create_sequence",
    "alter_seq_stmt": "alter_sequence", "create_schema_stmt": "create_schema", "create_enum_stmt": "create_type",
    "alter_enum_stmt": "alter_type", "create_domain_stmt": "create_domain", "drop_stmt": "drop", "truncate_stmt": "truncate",
    "alter_table_stmt": "alter_table", "rename_stmt": "rename", "comment_stmt": "comment", "variable_set_stmt": "set",
    "variable_show_stmt": "show", "prepare_stmt": "prepare", "execute_stmt": "execute", "deallocate_stmt": "deallocate",
    "discard_stmt": "discard", "constraints_set_stmt": "set_constraints", "declare_cursor_stmt": "declare",
    "fetch_stmt": "fetch", "close_portal_stmt": "close", "lock_stmt": "lock", "vacuum_stmt": "vacuum",
    "create_extension_stmt": "create_extension", "unlisten_stmt": "unlisten", "alter_object_schema_stmt": "set_schema",
    "alter_owner_stmt": "owner", "checkpoint_stmt": "checkpoint", "copy_stmt": "copy",
}  # fmt: skip
"""Operation names by the kind of statement; every other statement is an ``unsupported``."""
TRANSACTIONS: Final = {
    1: "begin", 2: "begin", 3: "commit", 4: "rollback", 5: "savepoint", 6: "release", 7: "rollback_to",
    8: "unsupported", 9: "unsupported", 10: "unsupported",
}  # fmt: skip
READS: Final = frozenset({"select", "show", "fetch"})


@dataclass(slots=True)
class ResultColumn:
    """A column of a result, as RowDescription says it."""

    name: str
    type: int
    typmod: int = -1
    table: int = 0
    attnum: int = 0


@dataclass(slots=True)
class Prepared:
    """A statement that has been analysed. ``made_for`` is the catalogue and settings it was analysed under."""

    statement: Statement
    name: str
    params: list[int] = field(default_factory=list[int])
    columns: list[ResultColumn] | None = None
    plan: Any = None
    tables: list[str] = field(default_factory=list[str])
    relations: list[Any] = field(default_factory=list[Any])
    made_for: tuple[Any, ...] = ()
    declared: list[int] = field(default_factory=list[int])
    terms: Terms | None = None
    """How many steps it may take, once somebody has asked."""


def operation_name(statement: Statement) -> str:
    """What the journal and fault rules call a statement."""
    if statement.kind == "transaction_stmt":
        return TRANSACTIONS[statement.node.kind]
    return NAMES.get(statement.kind, "unsupported")


def _made_for(session: Session, tables: State) -> tuple[Any, ...]:
    views = [tables.table(spec) for spec in (RELATIONS, TYPES, SCHEMAS)]
    return (
        *[view.entries for view in views],  # type: ignore[attr-defined]
        session.settings.get("search_path"),
        session.settings.get("TimeZone"),
        session.temp_used,
    )


def still_good(prepared: Prepared, session: Session, tables: State) -> bool:
    """Whether a statement was analysed under the present catalogue and settings."""
    now = _made_for(session, tables)
    return len(now) == len(prepared.made_for) and all(
        a is b or a == b for a, b in zip(now, prepared.made_for, strict=True)
    )


def prepare(
    session: Session, statement: Statement, state: State, tables: State, declared: list[int], count: int | None = None
) -> Prepared:
    """Analyse a statement. ``declared`` are the parameter types that the client names; 0 leaves one open.

    Raises what PostgreSQL's analysis raises.
    """
    prepared = Prepared(statement, operation_name(statement), declared=declared)
    try:
        _analyse(prepared, session, state, tables, count)
    except SqlError as error:
        raise error.locate(statement.sql) from None
    prepared.made_for = _made_for(session, tables)
    return prepared


def _analyse(prepared: Prepared, session: Session, state: State, tables: State, count: int | None) -> None:
    statement = prepared.statement
    run = session.run(state, tables, [])
    catalog: Catalog = run.catalog
    params = {n + 1: oid or UNKNOWN for n, oid in enumerate(prepared.declared)}
    session.declared_params = count
    an = Analyser(catalog, session, run.style, params)
    if statement.kind == "select_stmt" and not _into(statement.node):
        query = select(an, statement.node, Scope(Query()))
        prepared.plan = query
        prepared.columns = [_column(target, an.find) for target in query.visible]
    elif statement.kind in ("insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"):
        change = analyse_change(an, statement.kind, statement.node, Scope(Query()))
        prepared.plan = change
        prepared.columns = (
            None if change.returning is None else [_column(target, an.find) for target in change.returning]
        )
    else:
        from .utility import result_columns

        prepared.columns = result_columns(session, statement)
    session.declared_params = None
    prepared.relations = an.tables
    prepared.tables = [f"{relation.schema}.{relation.name}" for relation in an.tables]
    for number in sorted(params):
        if params[number] == UNKNOWN:
            if prepared.plan is None:
                params[number] = TEXT
                continue
            params[number] = _leftover(prepared, number)
    prepared.params = [params.get(n + 1, TEXT) for n in range(max(params, default=0))]


def _into(node: Any) -> bool:
    return bool(node.HasField("into_clause"))


def _leftover(prepared: Prepared, number: int) -> int:
    raise SqlError("42P18", f"could not determine data type of parameter ${number}")


def _column(target: Any, find: Any) -> ResultColumn:
    expr = target.expr
    type_ = find(expr.type)
    if type_.base:
        # Clients are told of a domain's base type.
        while find(type_.base).base:
            type_ = find(type_.base)
        table, attnum = (expr.table, expr.attnum) if isinstance(expr, Column) else (0, 0)
        return ResultColumn(target.name, type_.base, type_.base_typmod, table, attnum)
    if isinstance(expr, Column):
        return ResultColumn(target.name, expr.type, expr.typmod, expr.table, expr.attnum)
    return ResultColumn(target.name, expr.type, expr.typmod)
