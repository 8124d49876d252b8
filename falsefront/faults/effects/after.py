"""``{"after": {"fail": "timeout"}}``: the operation is done and committed, then the inner effect spoils the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falsefront.kernel.chain import Exchange, Interceptor, Perform


def after(effect: Mapping[str, Any] | str, **settings: Any) -> Interceptor:
    """Do the operation first, then apply another effect to its answer (a failure kind alone means ``fail``)."""
    from . import parse_effect

    inner = parse_effect({"fail": effect, **settings} if isinstance(effect, str) else effect)

    async def do_first(exchange: Exchange, proceed: Perform) -> Any:
        result = await proceed(exchange)

        async def done(_: Exchange) -> Any:
            return result

        return await inner(exchange, done)

    return do_first
