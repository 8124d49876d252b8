from __future__ import annotations

from typing import Any

from falsefront.kernel.chain import Exchange, Perform, fold
from falsefront.kernel.operation import Operation


async def test_the_first_interceptor_is_outermost() -> None:
    order: list[str] = []

    def named(name: str) -> Any:
        async def interceptor(exchange: Exchange, proceed: Perform) -> Any:
            order.append(f"{name}+")
            result = await proceed(exchange)
            order.append(f"{name}-")
            return result

        return interceptor

    async def innermost(exchange: Exchange) -> Any:
        order.append(exchange.op.name)
        return 42

    exchange = Exchange(Operation("e", "op"), lambda state, op: None, world=None)
    assert await fold([named("a"), named("b")], innermost)(exchange) == 42
    assert order == ["a+", "b+", "op", "b-", "a-"]
