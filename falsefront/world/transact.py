"""The outermost and the innermost step of the chain: the journal, and the transaction it writes down."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from falsefront.kernel.chain import Exchange, Perform
from falsefront.kernel.operation import Failure, FailureKind

from .journal import Entry
from .store import Transaction
from .world import Commit, World

log = logging.getLogger("falsefront")


async def record(exchange: Exchange, proceed: Perform) -> Any:
    """Write every operation to its world's journal, whatever becomes of it."""
    world: World = exchange.world
    start = world.version.clock.microseconds()
    failure: Failure | None = None
    try:
        return await proceed(exchange)
    except Failure as error:
        failure = error
        raise
    except asyncio.CancelledError:
        failure = Failure(FailureKind.TIMEOUT, "the client went away")
        raise
    finally:
        _write(world, exchange, start, failure)


def _write(world: World, exchange: Exchange, start: int, failure: Failure | None) -> None:
    version = world.version
    commit: Commit | None = exchange.commit
    clock = version.clock
    elapsed = exchange.delayed if clock.mode == "frozen" else (clock.microseconds() - start) / 1e6
    journal = world.journal
    journal.append(
        Entry(
            seq=journal.seq + 1,
            op=exchange.op,
            at=start,
            duration=elapsed,
            failure=failure,
            faults=tuple(exchange.fired),
            before=commit.before.number if commit else version.number,
            after=commit.after.number if commit else version.number,
            digest=commit.after.digest if commit else version.digest,
            changes=_content(commit) if commit and commit.changes else (),
        )
    )


def _content(commit: Commit) -> tuple[Any, ...]:
    tables = commit.after.tables
    return tuple(change for change in commit.changes if tables[change.table].spec.content)


async def transact(exchange: Exchange) -> Any:
    """Run the handler in a transaction of its own: what it raises undoes it all."""
    world: World = exchange.world
    if not exchange.threaded and not world.busy:
        return _deliver(exchange, world)
    async with world.lock:
        return await _in_thread(exchange, world) if exchange.threaded else _deliver(exchange, world)


def _deliver(exchange: Exchange, world: World) -> Any:
    result = _once(exchange, world)
    if exchange.duplicate:
        first: Commit = exchange.commit
        try:
            _once(exchange, world)
        except Failure as failure:
            log.debug("the second delivery of %s failed, as it may: %s", exchange.op.name, failure)
        second: Commit = exchange.commit
        if second is not first:
            exchange.commit = Commit(first.before, second.after, first.changes + second.changes)
    return result


def _once(exchange: Exchange, world: World) -> Any:
    state = world.begin(exchange.read_version)
    return _conclude(exchange, world, state, _attempt(exchange, state))


async def _in_thread(exchange: Exchange, world: World) -> Any:
    """Only the handler leaves the event loop; its changes are committed here."""
    state = world.begin(exchange.read_version)
    running = asyncio.get_running_loop().run_in_executor(None, _attempt, exchange, state)
    try:
        outcome = await asyncio.shield(running)
    except asyncio.CancelledError:
        # The thread cannot be stopped, and the lock must not be let go of under it.
        await asyncio.wait([running])
        raise
    return _conclude(exchange, world, state, outcome)


def _attempt(exchange: Exchange, state: Transaction) -> Any:
    """What the handler returns, or its failure."""
    try:
        return exchange.handler(state, exchange.op)
    except Failure as failure:
        return failure
    except Exception:
        log.exception("%s.%s failed", exchange.op.emulator, exchange.op.name)
        return Failure(FailureKind.INTERNAL, "an internal error occurred")


def _conclude(exchange: Exchange, world: World, state: Transaction, outcome: Any) -> Any:
    if not isinstance(outcome, Failure):
        exchange.commit = world.commit(state, exchange.keep_writes)
        return outcome
    if outcome.keep:
        exchange.commit = world.commit(state, exchange.keep_writes)
    else:
        world.keep_sequences(state)
    raise outcome
