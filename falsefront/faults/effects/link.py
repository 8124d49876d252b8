"""``{"link": "reset"}``: the operation is done, and its answer meets a toxic on the client's connection."""

from __future__ import annotations

from typing import Any

from falsefront.kernel.chain import Exchange, Interceptor, Perform
from falsefront.kernel.operation import Failure, FailureKind
from falsefront.wire.toxics import TOXICS


def link(toxic: str, before: bool = False, **settings: Any) -> Interceptor:
    """Arm a toxic on the link; with ``before`` the operation is not done."""
    if toxic not in TOXICS:
        raise ValueError(f"{toxic!r} is not a toxic; choose from {', '.join(sorted(TOXICS))}")
    TOXICS[toxic](**settings)

    async def poison(exchange: Exchange, proceed: Perform) -> Any:
        if exchange.link is None:
            return await proceed(exchange)
        if before:
            exchange.link.arm(toxic, **settings)
            raise Failure(FailureKind.UNAVAILABLE, "the connection was cut")
        try:
            return await proceed(exchange)
        finally:
            exchange.link.arm(toxic, **settings)

    return poison
