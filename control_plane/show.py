"""Worlds, clocks and marks in the form in which they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from falsefront.faults.plan import plan_of
from falsefront.world.clock import Clock, show_time
from falsefront.world.digest import show
from falsefront.world.store import Version
from falsefront.world.world import World

from .addresses import addresses
from .answers import ClockInfo, MarkInfo, WorldCreated, WorldInfo

if TYPE_CHECKING:
    from .route import Call


def clock(value: Clock) -> ClockInfo:
    """A clock."""
    return ClockInfo(mode=value.mode, now=show_time(value.now()), settle=value.settle)


def world(value: World) -> WorldInfo:
    """A world."""
    version = value.version
    return WorldInfo(
        name=value.name,
        parent=value.parent,
        fixture=value.fixture,
        seed=version.seed,
        version=version.number,
        digest=show(version.digest),
        clock=clock(version.clock),
        marks=list(value.marks),
        faults=[placed.name for placed in plan_of(version).rules],
    )


def created(value: World, call: Call) -> WorldCreated:
    """A world and everything to paste, for whoever asked."""
    found = addresses(call.serving, value.name, call.host)
    return WorldCreated(**world(value).model_dump(), addresses=found, environment=found.environment)


def mark(name: str, version: Version) -> MarkInfo:
    """A mark."""
    return MarkInfo(name=name, version=version.number, digest=show(version.digest), at=show_time(version.clock.now()))
