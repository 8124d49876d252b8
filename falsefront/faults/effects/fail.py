"""``{"fail": "rate_limited", "retry_after": 2}``: the operation is not done; the client gets that system's error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falsefront.kernel.chain import Exchange, Interceptor, Perform
from falsefront.kernel.operation import Failure, FailureKind
from falsefront.world.clock import parse_duration


def fail(kind: str, message: str = "", native: Mapping[str, Any] | None = None, retry_after: Any = None) -> Interceptor:
    """Fail with one of the failure kinds; ``native`` is for what only that system can say."""
    try:
        kind = FailureKind(kind)
    except ValueError:
        raise ValueError(f"{kind!r} is not a failure; choose from {', '.join(FailureKind)}") from None
    seconds = None if retry_after is None else parse_duration(retry_after)

    async def refuse(exchange: Exchange, proceed: Perform) -> Any:
        raise Failure(kind, message, native=native, retry_after=seconds)

    return refuse
