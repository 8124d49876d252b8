"""What ties worlds, emulators and the chain together; servers and tests both stand on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import IO, Any, Final

from falsefront.faults import saved, strike
from falsefront.kernel.chain import Exchange, Perform, fold
from falsefront.kernel.emulator import Context, Emulator
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import TableSpec
from falsefront.world import archive
from falsefront.world.clock import Clock, microseconds, show_time
from falsefront.world.journal import Journal
from falsefront.world.store import Version
from falsefront.world.timers import TIMERS, Due, next_due
from falsefront.world.transact import record, transact
from falsefront.world.world import World
from falsefront.world.worlds import Worlds

log = logging.getLogger("falsefront")

MAX_BODY: Final = 16 * 1024 * 1024
_TIMERS_AT_ONCE: Final = 100_000
"""Timers that one advance may run; more than this is a loop."""
_TIMERS_IN_A_ROW: Final = 32

_EXTRA: Final = {"faults": archive.Extra(saved.save, saved.load)}
"""What of ``Version.extra`` goes into a file."""


class Runtime:
    """Worlds, the emulators that act on them, and the chain between.

    ``make`` builds a world that is not there, where worlds are created on first use.
    """

    def __init__(
        self,
        emulators: Iterable[Emulator],
        *,
        make_journal: Callable[[str], Journal] = lambda _: Journal(),
        make: Callable[[str], Version | None] = lambda _: None,
        max_body: int = MAX_BODY,
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        self.emulators: Mapping[str, Emulator] = {emulator.name: emulator for emulator in emulators}
        self.worlds = Worlds(make_journal, make)
        self.max_body = max_body
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._chain: Perform = fold([record, strike], transact)

    @property
    def context(self) -> Context:
        """What an emulator is given to serve with."""
        return Context(self.perform, self.worlds.find, self.max_body, self.allowed_hosts)

    async def perform(self, exchange: Exchange) -> Any:
        """Take one operation along the chain, then let the clock run what it set off."""
        try:
            return await self._chain(exchange)
        finally:
            world: World = exchange.world
            if world.version.tables.get(TIMERS.name) is not None:
                await self.settle(world)

    def seeded(self, data: Mapping[str, Any], version: Version | None = None) -> Version:
        """A version with fixture sections, by emulator name, put into it. Raises ``Failure`` (invalid)."""
        world = World("seed", version or Version())
        for name, section in data.items():
            emulator = self.emulators.get(name)
            if emulator is None:
                raise Failure(
                    FailureKind.INVALID, f"no emulator {name!r} is loaded; there are {', '.join(self.emulators)}"
                )
            state = world.begin()
            emulator.seed(state, section)
            world.commit(state)
        return world.version

    def seed(self, world: World, data: Mapping[str, Any]) -> None:
        """Put fixture sections into a world that is already there. Raises ``Failure`` (invalid)."""
        before = world.version
        world.become(self.seeded(data, before))
        world.note("seed", emulators=sorted(data))

    # Files

    def write(self, version: Version, file: IO[bytes], about: Mapping[str, Any]) -> None:
        """Write a version to a file, from any thread; ``about`` is told again by whoever reads it."""
        archive.write(version, file, _EXTRA, about)

    def read(self, file: IO[bytes]) -> archive.Archived:
        """Read a version from a file, in any thread. Raises ``Failure`` (invalid) unless it is whole."""
        declared = {spec.name: spec for emulator in self.emulators.values() for spec in emulator.tables}
        declared[TIMERS.name] = TIMERS
        hooks = [hook for emulator in self.emulators.values() if (hook := getattr(emulator, "table_spec", None))]

        def find(name: str) -> TableSpec | None:
            return declared.get(name) or next((spec for hook in hooks if (spec := hook(name)) is not None), None)

        return archive.read(file, find, _EXTRA)

    # The clock

    async def settle(self, world: World) -> None:
        """Run the timers that fall due by now; on a frozen clock also those within its settling time."""
        if world.settling.locked():
            return
        async with world.settling:
            clock = world.version.clock
            ahead = int(clock.settle * 1e6) if clock.mode == "frozen" else 0
            await self._run_due(world, clock.microseconds() + ahead)
        self._wake(world)

    async def advance(self, world: World, by: timedelta | None = None, to: datetime | None = None) -> None:
        """Move a world's clock forward, run in order what falls due, and return when all is settled.

        Raises ``Failure`` (invalid) where that would go backwards.
        """
        # Whoever settles may wait for an operation in a thread; time must not run on over its head.
        async with world.settling:
            now = world.version.clock.microseconds()
            target = microseconds(to) if to is not None else now + (by or timedelta()) // timedelta(microseconds=1)
            if target < now:
                raise Failure(FailureKind.INVALID, "a clock only goes forward; restore a mark to go back")
            await self._run_due(world, target)
            if world.version.clock.microseconds() < target:
                world.evolve(clock=world.version.clock.at_time(target))
        world.note("clock.advance", to=show_time(world.version.clock.now()))
        await self.settle(world)

    async def set_clock(self, world: World, clock: Clock) -> None:
        """Put a world on another clock and run what falls due by it."""
        world.set_clock(clock)
        await self.settle(world)

    async def _run_due(self, world: World, until: int) -> None:
        due = None
        for count in range(1, _TIMERS_AT_ONCE):
            due = next_due(world.version)
            if due is None or due.at > until:
                return
            await self._fire(world, due)
            if count % _TIMERS_IN_A_ROW == 0:
                # Other worlds are not to wait for a long advance of this one.
                await asyncio.sleep(0)
        raise Failure(
            FailureKind.INTERNAL,
            f"more than {_TIMERS_AT_ONCE} timers fell due at once in {world.name!r}, the last one {due and due.name!r}",
        )

    async def _fire(self, world: World, due: Due) -> None:
        """Run one timer at its own time; it is spent even if its operation fails."""
        state = world.begin()
        state.timers.cancel(due.name)
        world.commit(state)
        clock = world.version.clock
        if clock.microseconds() < due.at:
            world.evolve(clock=clock.at_time(due.at))
        timer = due.timer
        op = Operation(timer["emulator"], timer["operation"], timer["args"], session="clock")
        emulator = self.emulators.get(op.emulator)
        entry = emulator.operations.get(op.name) if emulator else None
        if entry is None:
            log.warning("timer %s of world %s names no operation: %s.%s", due.name, world.name, op.emulator, op.name)
            return
        try:
            await self._chain(Exchange(op, entry.handler, world, access=entry.access))
        except Failure as failure:
            log.info("timer %s of world %s failed: %s", due.name, world.name, failure.message)

    def _wake(self, world: World) -> None:
        """On a running clock, come back when the next timer falls due."""
        if world.alarm is not None:
            world.alarm.cancel()
            world.alarm = None
        clock = world.version.clock
        due = next_due(world.version)
        if due is None or clock.mode == "frozen":
            return
        loop = asyncio.get_running_loop()
        seconds = max(0.0, (due.at - clock.microseconds()) / 1e6)
        world.alarm = loop.call_later(min(seconds, 3600.0), lambda: loop.create_task(self.settle(world)))

    def close(self) -> None:
        """Close every world."""
        self.worlds.close()
