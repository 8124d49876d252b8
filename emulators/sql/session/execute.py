"""Running one prepared statement: in the world itself, or on the session's private branch of it."""

from __future__ import annotations

from typing import Any

from falsefront.kernel.state import State
from falsefront.world.store import Transaction

from ..change.statement import run_change
from ..errors import SqlError, bounded
from ..execute.query import compile_query
from ..execute.run import Run
from ..types.text import show
from .locks import Blocked, Contended
from .prepare import Prepared, ResultColumn, prepare, still_good
from .session import Session

Result = dict[str, Any]
_PLACED = frozenset({"create_view", "create_table_as", "declare", "prepare", "execute"})
_IN_FAILED = frozenset({"commit", "rollback", "rollback_to"})


def perform(session: Session, prepared: Prepared, state: State, params: list[Any]) -> Result:
    """Run a statement as its operation's handler. Raises ``SqlError``."""
    try:
        with bounded():
            return _perform(session, prepared, state, params)
    except Blocked as blocked:
        raise Contended(blocked.holder) from None
    except SqlError as error:
        raise error.locate(prepared.statement.sql) from None


def _perform(session: Session, prepared: Prepared, state: State, params: list[Any]) -> Result:
    from .transactions import TRANSACTION_STATEMENTS

    block = session.block
    if block is not None and block.failed and prepared.name not in _IN_FAILED:
        raise SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block")
    transaction = TRANSACTION_STATEMENTS.get(prepared.name)
    if transaction is not None:
        return transaction(session, prepared, state)
    if block is None:
        return _run(session, prepared, state, state, params)
    branch = session.branch()
    result = _run(session, prepared, state, branch, params)
    session.keep(branch)
    return result


def trial(session: Session, prepared: Prepared, params: list[Any]) -> None:
    """Run a statement on a copy that is thrown away, to find out whether it would have to wait. Raises ``Blocked``."""
    world = Transaction(session.world.version, session.world.name)
    tables: State = world if session.block is None else session.branch()
    values = dict(session.sequence_values)
    last, deferred, notices = session.last_sequence, list(session.deferred), len(session.notices)
    try:
        with bounded():
            _run(session, prepared, world, tables, params)
    except SqlError:
        pass
    finally:
        session.sequence_values, session.last_sequence, session.deferred = values, last, deferred
        del session.notices[notices:]


def _run(session: Session, prepared: Prepared, state: State, tables: State, params: list[Any]) -> Result:
    if prepared.plan is not None and not still_good(prepared, session, tables):
        prepared = prepare(session, prepared.statement, state, tables, prepared.params)
    run = session.run(state, tables, params)
    _check_read_only(session, prepared)
    if prepared.plan is None:
        from .utility import run_utility

        try:
            return run_utility(run, prepared)
        except SqlError as error:
            # DDL looks relations up without knowing where their names stand.
            if error.sqlstate == "42P01" and error.message.startswith("relation") and prepared.name not in _PLACED:
                error.location = -1
            raise
    assert prepared.plan is not None
    if hasattr(prepared.plan, "relation"):
        count, rows = run_change(run, prepared.plan)
        tag = f"INSERT 0 {count}" if prepared.name == "insert" else f"{prepared.name.upper()} {count}"
        return result(run, tag, prepared.columns, rows)
    locked = None
    if prepared.plan.locks:
        from .locking import lock_rows

        locked = lock_rows(run, prepared.plan)
    found = run.keep(compile_query(run, prepared.plan, [], locked)())
    return result(run, f"SELECT {len(found)}", prepared.columns, found)


def _check_read_only(session: Session, prepared: Prepared) -> None:
    block = session.block
    read_only = block.read_only if block is not None else session.settings.get("default_transaction_read_only") == "on"
    if read_only and prepared.name not in (
        "select",
        "show",
        "set",
        "fetch",
        "declare",
        "close",
        "prepare",
        "execute",
        "deallocate",
        "discard",
    ):
        tag = prepared.statement.text.split(None, 2)
        name = prepared.name.upper().replace("_", " ")
        del tag
        raise SqlError("25006", f"cannot execute {name} in a read-only transaction")
    if read_only and prepared.plan is not None and any(hasattr(cte.query, "relation") for cte in prepared.plan.ctes):
        raise SqlError("25006", "cannot execute INSERT in a read-only transaction")


def result(run: Run, tag: str, columns: list[ResultColumn] | None, rows: list[Any]) -> Result:
    """A statement's answer: its tag, its columns and its rows as PostgreSQL's text."""
    if columns is None:
        return {"tag": tag}
    shows = [shower(run, column.type) for column in columns]
    return {
        "tag": tag,
        "columns": [
            {"name": c.name, "oid": c.type, "typmod": c.typmod, "table": c.table, "attnum": c.attnum} for c in columns
        ],
        "rows": run.keep([None if v is None else s(v) for s, v in zip(shows, row, strict=True)] for row in rows),
    }


def shower(run: Run, oid: int) -> Any:
    """What makes a type's values text."""
    if oid in (20, 21, 23, 26):
        return str
    type_ = run.find(oid)
    if oid in (25, 1042, 1043, 19, 114, 3802, 2950) or type_.labels:
        return _same
    find, style = run.find, run.style
    return lambda value: show(value, type_, find, style)


def _same(value: Any) -> Any:
    return value
