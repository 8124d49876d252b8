"""BEGIN, COMMIT, ROLLBACK and savepoints: keeping and going back to versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from falsefront.kernel.state import State

from ..change.foreign import check_deferred
from ..errors import SqlError, unsupported
from .session import Block, Session, replay


def _warn(session: Session, code: str, message: str) -> None:
    session.notices.append({"S": "WARNING", "V": "WARNING", "C": code, "M": message})


def options(node: Any) -> dict[str, str]:
    """A transaction's modes by name."""
    found: dict[str, str] = {}
    for listed in node:
        option = listed.def_elem
        const = option.arg.a_const
        found[option.defname] = const.sval.sval if const.WhichOneof("val") == "sval" else str(const.ival.ival)
    return found


def set_modes(block: Block, modes: Mapping[str, str]) -> None:
    """Give a transaction its isolation level and access mode. Raises 25001."""
    if "transaction_isolation" in modes:
        if block.log or block.snapshot:
            raise SqlError("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query")
        block.isolation = modes["transaction_isolation"]
    if "transaction_read_only" in modes:
        block.read_only = modes["transaction_read_only"] not in ("0", "off")


def begin(session: Session, prepared: Any, state: State) -> dict[str, Any]:
    """BEGIN."""
    node = prepared.statement.node
    tag = "BEGIN" if node.kind == 1 else "START TRANSACTION"
    block = session.block
    if block is not None and not block.implicit:
        _warn(session, "25001", "there is already a transaction in progress")
        return {"tag": tag}
    if block is None:
        block = session.open()
    block.implicit = False
    modes = options(node.options)
    set_modes(block, modes)
    if "transaction_isolation" in modes:
        session.settings.values["transaction_isolation"] = block.isolation
    if "transaction_read_only" in modes:
        session.settings.values["transaction_read_only"] = "on" if block.read_only else "off"
    return {"tag": tag}


def commit(session: Session, prepared: Any, state: State) -> dict[str, Any]:
    """COMMIT. Raises 23503 for a deferred key that points nowhere, 40001 if what was changed has changed since."""
    block = session.block
    if block is None or (block.implicit and prepared is not None):
        _warn(session, "25P01", "there is no transaction in progress")
        if block is None:
            return {"tag": "COMMIT"}
    failed = block.failed
    chain = prepared is not None and prepared.statement.node.chain
    try:
        if not failed:
            _merge(session, block, state)
    except BaseException:
        session.restore_settings(False)
        session.end()
        raise
    session.restore_settings(not failed)
    session.end()
    if chain:
        session.open().isolation = block.isolation
    return {"tag": "ROLLBACK" if failed else "COMMIT"}


def _merge(session: Session, block: Block, state: State) -> None:
    if session.deferred:
        run = session.run(state, session.branch(), [])
        check_deferred(run)
    _check_conflicts(session, block, state)
    replay(state, block.log, session.specs)  # type: ignore[arg-type]


def _check_conflicts(session: Session, block: Block, state: State) -> None:
    """What a change found must be what is there now: no update is lost, whoever made the other one."""
    seen: set[Any] = set()
    for change in block.log:
        key = (change.table, change.key)
        if key in seen:
            continue
        seen.add(key)
        spec = session.specs.get(("name", change.table))
        if spec is None:
            continue
        if state.table(spec).get(change.key) != change.before:
            raise SqlError("40001", "could not serialize access due to concurrent update")


def rollback(session: Session, prepared: Any, state: State) -> dict[str, Any]:
    """ROLLBACK."""
    if session.block is None or session.block.implicit:
        _warn(session, "25P01", "there is no transaction in progress")
    if session.block is not None:
        isolation = session.block.isolation
        session.restore_settings(False)
        session.end()
        if prepared is not None and prepared.statement.node.chain:
            session.open().isolation = isolation
    return {"tag": "ROLLBACK"}


def _in_block(session: Session, what: str) -> Block:
    block = session.block
    if block is None or block.implicit:
        raise SqlError("25P01", f"{what} can only be used in transaction blocks")
    return block


def savepoint(session: Session, prepared: Any, state: State) -> dict[str, Any]:
    """SAVEPOINT: the version so far, under a name."""
    block = _in_block(session, "SAVEPOINT")
    name = prepared.statement.node.savepoint_name
    block.savepoints.append(
        (name, block.version, len(block.log), dict(session.settings.values), list(session.deferred))
    )
    return {"tag": "SAVEPOINT"}


def _find(block: Block, name: str) -> int:
    for place in range(len(block.savepoints) - 1, -1, -1):
        if block.savepoints[place][0] == name:
            return place
    raise SqlError("3B001", f'savepoint "{name}" does not exist')


def release(session: Session, prepared: Any, state: State) -> dict[str, Any]:
    """RELEASE SAVEPOINT."""
    block = _in_block(session, "RELEASE SAVEPOINT")
    del block.savepoints[_find(block, prepared.statement.node.savepoint_name) :]
    return {"tag": "RELEASE"}


def rollback_to(session: Session, prepared: Any, state: State) -> dict[str, Any]:
    """ROLLBACK TO SAVEPOINT: back to the version under the name."""
    block = _in_block(session, "ROLLBACK TO SAVEPOINT")
    place = _find(block, prepared.statement.node.savepoint_name)
    _, version, length, settings, deferred = block.savepoints[place]
    del block.savepoints[place + 1 :]
    del block.log[length:]
    if block.base.tables is session.world.version.tables or block.isolation in ("repeatable read", "serializable"):
        block.version = version
    else:
        block.base = block.version = session.world.version
        session._rebase(block, session.world.version)
    session.settings.values = dict(settings)
    session.deferred = list(deferred)
    block.failed = False
    return {"tag": "ROLLBACK"}


def two_phase(session: Session, prepared: Any, state: State) -> dict[str, Any]:
    """PREPARE TRANSACTION and its like."""
    raise unsupported("a two-phase commit")


TRANSACTION_STATEMENTS: Final[Mapping[str, Callable[[Session, Any, State], dict[str, Any]]]] = {
    "begin": begin, "commit": commit, "rollback": rollback, "savepoint": savepoint, "release": release, "rollback_to": rollback_to,
}  # fmt: skip
