"""The step of the chain where faults strike."""

from __future__ import annotations

from typing import Any

from falsefront.kernel.chain import Exchange, Perform, fold
from falsefront.world.world import World

from .plan import Placed, count, counts_of, fired, plan_of, seen


async def strike(exchange: Exchange, proceed: Perform) -> Any:
    """Let every rule that fits do what it does; with none for this operation, only look."""
    world: World = exchange.world
    plan = plan_of(world.version)
    if not plan.rules:
        return await proceed(exchange)
    op = exchange.op
    candidates = plan.naming(op.emulator, op.name)
    if not candidates:
        return await proceed(exchange)
    effects = [effect for placed in candidates if _strikes(world, exchange, placed) for effect in placed.rule.effects]
    return await fold(effects, proceed)(exchange)


def _strikes(world: World, exchange: Exchange, placed: Placed) -> bool:
    """Whether a rule strikes this operation; counts it either way."""
    version = world.version
    now = version.clock.microseconds()
    if placed.expires is not None and now >= placed.expires:
        return False
    rule, when = placed.rule, placed.rule.when
    if not when.fits(exchange.op, version.clock.now(), version.tables.get):
        return False
    counts = seen(counts_of(version, placed.name))
    struck = when.counts(counts.seen) and (rule.times is None or counts.fired < rule.times)
    if struck and when.probability is not None:
        struck = world.draw(f"faults.{placed.name}") < when.probability
    if struck:
        counts = fired(counts, now)
        exchange.fired.append(placed.name)
    count(world, placed.name, counts)
    return struck
