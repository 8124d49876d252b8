"""The emulator: its operations, tables and surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from falsefront.kernel.chain import Handler
from falsefront.kernel.emulator import Context, Endpoints, Http, Op, Surface
from falsefront.kernel.operation import Operation
from falsefront.kernel.state import State, TableSpec

from .call import Call, Handle
from .http import Api, credential
from .resource import TABLES, public
from .resources import ROUTES
from .resources.disputes import decide
from .resources.payment_intents import expire_authorization
from .resources.refunds import settle
from .router import Router
from .seed import seed

_LATER: Final[Mapping[str, tuple[Handle, str]]] = {
    "disputes.decide": (decide, "The bank decides a dispute."),
    "payment_intents.expire_authorization": (expire_authorization, "An authorisation that was not captured expires."),
    "refunds.settle": (settle, "A refund that hangs succeeds, or fails after all."),
}
"""What no client can ask for: the clock does it."""


def _handler(handle: Handle, path: Sequence[str]) -> Handler:
    def run(state: State, op: Operation) -> Any:
        params = {name: value for name, value in op.args.items() if name not in path}
        return public(handle(Call(state, params, {name: op.args[name] for name in path})))

    return run


def _operations() -> dict[str, Op]:
    found = {
        route.name: Op(
            _handler(route.handle, [part[1:-1] for part in route.path.split("/") if part.startswith("{")]),
            route.access,
            route.summary,
        )
        for route in ROUTES
    }
    found.update({name: Op(_handler(handle, ["id"]), "write", summary) for name, (handle, summary) in _LATER.items()})
    return found


class Stripe:
    """Stripe, for unmodified clients that are given another base address."""

    name = "stripe"
    operations: Mapping[str, Op] = _operations()
    tables: Sequence[TableSpec] = TABLES

    def seed(self, state: State, data: Any) -> None:
        """Put customers, products, prices and payments into a world. Raises ``Failure`` (invalid)."""
        seed(state, data)

    def surfaces(self, context: Context) -> Sequence[Surface]:
        """The API below the emulator's path, and at the root for clients that keep ``/v1/``."""
        return [Http(Api(context, Router(ROUTES)), claims=("/v1/", "/v2/"), credential=credential)]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        """What a client needs: a base address and a key."""
        return {
            "STRIPE_API_BASE": f"{endpoints.url}/w/{world}/stripe",
            "STRIPE_API_KEY": f"sk_test_{world}",
            "STRIPE_SECRET_KEY": f"sk_test_{world}",
        }


emulator = Stripe()
