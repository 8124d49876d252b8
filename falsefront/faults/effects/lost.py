"""``{"lost": true}``: the client is told that all went well, and nothing was written."""

from __future__ import annotations

from typing import Any

from falsefront.kernel.chain import Exchange, Interceptor, Perform


def lost(enabled: bool) -> Interceptor:
    """Acknowledge the operation's writes and forget them."""
    if enabled is not True:
        raise ValueError("write lost as true, or leave it out")

    async def forget(exchange: Exchange, proceed: Perform) -> Any:
        exchange.keep_writes = 0
        return await proceed(exchange)

    return forget
