"""``{"delay": "200ms"}`` or ``{"delay": {"p50": "200ms", "p99": "2s"}}``: the client waits, then all goes on."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

from falsefront.kernel.chain import Exchange, Interceptor, Perform
from falsefront.world.clock import parse_duration


def delay(amount: Any) -> Interceptor:
    """Wait a fixed time, or one drawn by the world's dice: uniform (min, max) or log-normal (p50, p99)."""
    draw = _distribution(amount)

    async def wait(exchange: Exchange, proceed: Perform) -> Any:
        seconds = draw(lambda: exchange.world.draw("faults.delay"))
        exchange.delayed += seconds
        await asyncio.sleep(seconds)
        return await proceed(exchange)

    return wait


def _distribution(amount: Any) -> Callable[[Callable[[], float]], float]:
    if not isinstance(amount, Mapping):
        fixed = parse_duration(amount)
        return lambda _: fixed
    if set(amount) == {"min", "max"}:
        low, high = parse_duration(amount["min"]), parse_duration(amount["max"])
        return lambda dice: low + (high - low) * dice()
    if set(amount) == {"p50", "p99"}:
        middle, late = parse_duration(amount["p50"]), parse_duration(amount["p99"])
        if not 0 < middle <= late:
            raise ValueError("p50 is above 0 and not above p99")
        normal = NormalDist()
        spread = math.log(late / middle) / normal.inv_cdf(0.99)
        return lambda dice: middle * math.exp(spread * normal.inv_cdf(min(max(dice(), 1e-9), 1 - 1e-9)))
    raise ValueError("a delay is a duration, {min, max} or {p50, p99}")
