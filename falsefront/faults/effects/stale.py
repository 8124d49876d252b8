"""``{"stale": "5s"}``, ``{"stale": {"versions": 2}}`` or ``{"stale": {"mark": "m"}}``: a read sees the past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falsefront.kernel.chain import Exchange, Interceptor, Perform
from falsefront.world.clock import parse_duration
from falsefront.world.world import World


def stale(age: Any) -> Interceptor:
    """Read from the version of that long ago (world time), that many versions back, or of a mark.

    A world remembers its last 64 versions; an older past is the oldest of them. What an operation
    writes, it writes to the present.
    """
    find = _past(age)

    async def read_past(exchange: Exchange, proceed: Perform) -> Any:
        exchange.read_version = find(exchange.world)
        return await proceed(exchange)

    return read_past


def _past(age: Any) -> Any:
    if not isinstance(age, Mapping):
        microseconds = int(parse_duration(age) * 1_000_000)
        return lambda world: _before(world, microseconds)
    match dict(age):
        case {"versions": int(count)} if count > 0 and len(age) == 1:
            return lambda world: world.at(world.version.number - count)
        case {"mark": str(mark)} if len(age) == 1:
            return lambda world: world.marked(mark)
        case _:
            raise ValueError("stale takes a duration, {versions} or {mark}")


def _before(world: World, microseconds: int) -> Any:
    return world.at_time(world.version.clock.microseconds() - microseconds)
