"""When a world may be acted on, and when it begins to run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from falsefront.runtime import Runtime
from falsefront.world.world import World


@asynccontextmanager
async def exclusive(world: World) -> AsyncGenerator[None]:
    """Wait for an operation that runs in a thread: else it would commit onto a state that was put in its place."""
    if not world.busy:
        # Nothing can begin before the caller is done, for it does not wait for anything.
        yield
        return
    async with world.lock:
        yield


async def start(runtime: Runtime, world: World) -> World:
    """Let a world that was just made keep its appointments, if its clock runs; a frozen one waits for an operation."""
    if world.version.clock.mode != "frozen":
        await runtime.settle(world)
    return world
