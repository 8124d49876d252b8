"""A plain HTTP client for one world of a server that all tests of a module share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from falsefront.control_plane.serving import Background
from falsefront.world.store import Version

NAMES = itertools.count()


@dataclass
class Answer:
    status: int
    body: Any
    headers: httpx.Headers

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    @property
    def error(self) -> Any:
        return self.body["error"]


class Api:
    """Calls in one world; form bodies are given as text or as pairs."""

    def __init__(self, server: Background, world: str, key: str = "sk_test_x") -> None:
        self.server = server
        self.world = world
        self.client = httpx.Client(
            base_url=f"{server.url}/w/{world}/stripe", headers={"Authorization": f"Bearer {key}"}
        )

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(data, dict):
            data = "&".join(f"{httpx.QueryParams({k: v})}" for k, v in data.items())
        if method == "POST":
            names.setdefault("Content-Type", "application/x-www-form-urlencoded")
            answer = self.client.request(method, path, content=data, headers=names)
        else:
            answer = self.client.request(method, path + (f"?{data}" if data else ""), headers=names)
        return Answer(answer.status_code, answer.json(), answer.headers)

    def get(self, path: str, data: Any = None, **headers: str) -> Answer:
        return self.call("GET", path, data, **headers)

    def post(self, path: str, data: Any = "", **headers: str) -> Answer:
        return self.call("POST", path, data, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, **headers)

    def pay(self, card: str = "pm_card_visa", amount: int = 10000, more: str = "", **headers: str) -> Answer:
        """Create and confirm a payment intent."""
        return self.post(
            "/v1/payment_intents",
            f"amount={amount}&currency=usd&payment_method={card}&confirm=true"
            f"&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never{more}",
            **headers,
        )

    def events(self) -> list[str]:
        """The types of all events, oldest first."""
        return [event["type"] for event in self.get("/v1/events", "limit=100")["data"]][::-1]

    def fault(self, name: str, rule: dict[str, Any]) -> None:
        from falsefront.faults import Rule, put_rule

        runtime = self.server.runtime
        self.server.call(lambda: put_rule(runtime.worlds.find(self.world), name, Rule.model_validate(rule)))


@pytest.fixture
def another(api: Api) -> Iterator[Callable[[str], Api]]:
    """Clients for other worlds of the same server."""
    with ExitStack() as stack:

        def make(world: str) -> Api:
            found = Api(api.server, world)
            stack.callback(found.client.close)
            return found

        yield make


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    return serve("stripe")


@pytest.fixture
def api(server: Background) -> Iterator[Api]:
    """A world of its own."""
    name = f"t{next(NAMES)}"
    server.call(lambda: server.runtime.worlds.create(name, Version(seed=7)))
    found = Api(server, name)
    yield found
    found.client.close()
    server.call(lambda: server.runtime.worlds.drop(name))
