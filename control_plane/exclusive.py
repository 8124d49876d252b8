"""Acting on a world while no operation is under way in it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

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
