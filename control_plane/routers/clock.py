"""A world's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from falsefront.world.clock import Clock, microseconds

from .. import show
from ..answers import ClockInfo
from ..bodies import Advance, ClockSetting
from ..route import Call, Route


def changed(clock: Clock, setting: ClockSetting) -> Clock:
    """A clock with a setting's parts put on it."""
    if setting.mode is not None:
        clock = clock.in_mode(setting.mode)
    if setting.time is not None:
        clock = clock.at_time(microseconds(setting.time))
    if setting.settle is not None:
        clock = replace(clock, settle=setting.settle)
    return clock


async def read(call: Call) -> ClockInfo:
    return show.clock(call.world.version.clock)


async def put(call: Call) -> ClockInfo:
    world = call.world
    await call.serving.runtime.set_clock(world, changed(world.version.clock, call.body))
    return show.clock(world.version.clock)


async def advance(call: Call) -> ClockInfo:
    world = call.world
    wanted: Advance = call.body
    by = None if wanted.by is None else timedelta(seconds=wanted.by)
    await call.serving.runtime.advance(world, by=by, to=wanted.to)
    return show.clock(world.version.clock)


_C: Final = "/worlds/{world}/clock"
ROUTES: Final = (
    Route(("GET",), _C, read, "What time it is", ClockInfo),
    Route(("PUT", "POST", "PATCH"), _C, put, "Set the clock", ClockInfo, 200, ClockSetting),
    Route(
        ("POST", "PUT"),
        f"{_C}/advance",
        advance,
        "Move the clock forward and run what falls due",
        ClockInfo,
        200,
        Advance,
    ),
    Route(("POST", "PUT"), "/worlds/{world}/advance", advance, "The same", ClockInfo, 200, Advance),
)
