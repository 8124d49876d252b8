"""The reference filesystem server and ours answer the same random calls alike.

``FALSEFRONT_SEEDS=first:count`` runs other seeds than the ordinary ones, ``FALSEFRONT_CALLS`` other numbers of calls.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.filesystem_pair import PACKAGE, VERSION, Ours, Reference, Tally, run_pair, shape, undescribed
from tests.clients.node import node, node_package

ALIKE = 0.998
FIRST, COUNT = map(int, os.environ.get("FALSEFRONT_SEEDS", "1:16").split(":"))
CALLS = int(os.environ.get("FALSEFRONT_CALLS", "40"))


@pytest.fixture(scope="module", params=["one root", "two roots"])
def reference(request: pytest.FixtureRequest) -> Iterator[Reference]:
    package = node_package(PACKAGE, VERSION)
    with tempfile.TemporaryDirectory(prefix="ff-") as base:
        if os.stat(base).st_size != 4096:
            pytest.skip("directories here do not have 4096 bytes, as those of ext4 and of our worlds do")
        server = Reference(node(), package, Path(base).resolve(), several=request.param == "two roots")
        yield server
        server.close()


def check(tally: Tally) -> None:
    report = "\n".join(map(repr, tally.different[:5]))
    assert tally.calls
    assert 1 - len(tally.different) / tally.calls >= ALIKE, report


def test_random_calls_are_answered_alike(reference: Reference) -> None:
    tally = Tally()
    for seed in range(FIRST, FIRST + COUNT):
        run_pair(reference, seed, CALLS, tally)
    check(tally)


class OverHttp(Ours):
    """Our tools behind our server."""

    def __init__(self, background: Any, client: httpx.Client, fixture: dict[str, Any]) -> None:
        super().__init__(fixture)
        self.world = background.call(lambda: self._make(background))
        self._client = client

    def _make(self, background: Any) -> Any:
        worlds = background.runtime.worlds
        if "pair" in worlds:
            worlds.drop("pair")
        return worlds.create("pair", self.world.version)

    def call(self, name: str, arguments: Any) -> Any:
        response = self._client.post(
            "/w/pair/filesystem/mcp",
            headers={"accept": "application/json, text/event-stream", "content-type": "application/json"},
            content=shape(
                {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
            ),
        )
        answer = response.json()
        return answer.get("result") or answer["error"]


def test_random_calls_over_http_are_answered_alike(reference: Reference, serve: Any) -> None:
    background = serve("filesystem")
    tally = Tally()
    with httpx.Client(base_url=background.url) as client:
        for seed in range(FIRST + 1000, FIRST + 1000 + max(2, COUNT // 4)):
            run_pair(reference, seed, CALLS, tally, lambda fixture: OverHttp(background, client, fixture))
    check(tally)


def test_tools_are_listed_alike(reference: Reference) -> None:
    from falsefront.emulators.filesystem.tools.catalogue import TOOLS

    theirs = reference.request("tools/list", {})["tools"]
    ours = [dict(tool.definition) for tool in TOOLS.values()]
    assert [undescribed(tool) for tool in ours] == [undescribed(tool) for tool in theirs]
    assert [shape(undescribed(tool)) for tool in ours] == [shape(undescribed(tool)) for tool in theirs], (
        "keys in other order"
    )
