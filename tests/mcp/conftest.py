from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from falsefront.control_plane.serving import Background

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Endpoint:
    """Speaks raw HTTP to the diagnostic server in a world of its own."""

    def __init__(self, background: Background, world: str) -> None:
        self.background = background
        self.world = world
        self.url = f"{background.url}/w/{world}/diagnostic/mcp"
        self.http = httpx.Client(timeout=10)

    def post(self, message: Any = None, *, content: bytes | None = None, **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps(message).encode() if content is None else content
        return self.http.post(
            self.url,
            content=body,
            headers={"content-type": "application/json", "accept": "application/json, text/event-stream", **names},
        )

    def request(self, method: str, params: Any = None, *, number: Any = 1, **headers: str) -> httpx.Response:
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        if params is not None:
            message["params"] = params
        return self.post(message, **headers)

    def call(self, name: str, arguments: Any = None, **headers: str) -> Any:
        return self.request("tools/call", {"name": name, "arguments": arguments or {}}, **headers).json()["result"]

    def stateless(self, method: str, params: Any = None, *, number: Any = 1, **headers: str) -> httpx.Response:
        params = {"_meta": META, **(params or {})}
        known = {"mcp_protocol_version": "2026-07-28", "mcp_method": method}
        if "name" in params:
            known["mcp_name"] = params["name"]
        return self.request(method, params, number=number, **{**known, **headers})

    def journal(self) -> list[Any]:
        def entries() -> list[Any]:
            return [entry.as_json() for entry in self.background.runtime.worlds.find(self.world).journal]

        return self.background.call(entries)

    def do(self, work: Callable[[Any], Any]) -> Any:
        """Run something with the world, in the server's event loop."""
        return self.background.call(lambda: work(self.background.runtime.worlds.find(self.world)))


@pytest.fixture(scope="module")
def diagnostic(serve: Callable[..., Background]) -> Background:
    return serve("tests.mcp.diagnostic")


@pytest.fixture
def connect() -> Iterator[Callable[[Background, str], Endpoint]]:
    """Make clients of worlds; their connections are closed with the test."""
    made: list[Endpoint] = []

    def make(background: Background, world: str) -> Endpoint:
        made.append(Endpoint(background, world))
        return made[-1]

    yield make
    for endpoint in made:
        endpoint.http.close()


@pytest.fixture
def endpoint(
    diagnostic: Background, connect: Callable[[Background, str], Endpoint], request: pytest.FixtureRequest
) -> Iterator[Endpoint]:
    """A client of a world of its own."""
    world = f"w{zlib.crc32(request.node.nodeid.encode())}"
    diagnostic.call(lambda: diagnostic.runtime.worlds.create(world))
    yield connect(diagnostic, world)
    diagnostic.call(lambda: diagnostic.runtime.worlds.drop(world))


@pytest.fixture
def other(endpoint: Endpoint, connect: Callable[[Background, str], Endpoint]) -> Endpoint:
    """A second client of the same world."""
    return connect(endpoint.background, endpoint.world)


def events(response: httpx.Response) -> list[Any]:
    """The messages of an event stream."""
    assert response.headers["content-type"] == "text/event-stream"
    return [json.loads(line[6:]) for line in response.text.split("\n") if line.startswith("data: ")]
