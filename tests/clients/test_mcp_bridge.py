"""The bridge in the place of the npm server, as hosts start it: from the Python SDK, and beside the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from falsefront.control_plane.serving import Background
from tests.clients.node import node, node_package

BRIDGE = [sys.executable, "-m", "falsefront.control_plane.cli", "mcp"]


@pytest.fixture
def world(serve: Callable[..., Background], request: pytest.FixtureRequest) -> tuple[Background, str]:
    background = serve("filesystem")
    name = f"w{zlib.crc32(request.node.nodeid.encode())}"

    def make() -> None:
        world = background.runtime.worlds.create(name)
        state = world.begin()
        files = {"/workspace/a.txt": "hello\n", "/workspace/sub/b.txt": "below\n"}
        background.runtime.emulators["filesystem"].seed(state, {"files": files})
        world.commit(state)

    background.call(make)
    return background, name


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
async def test_the_python_sdk_starts_it(world: tuple[Background, str], mode: Any, version: str) -> None:
    mcp = pytest.importorskip("mcp")
    background, name = world
    server = mcp.StdioServerParameters(
        command=BRIDGE[0],
        args=[*BRIDGE[1:], "filesystem", "--world", name, "/workspace/sub"],
        env={**os.environ, "FALSEFRONT_URL": background.url},
    )
    async with mcp.Client(server, mode=mode) as client:
        assert client.protocol_version == version
        assert len((await client.list_tools()).tools) == 14
        read = await client.call_tool("read_text_file", {"path": "b.txt"})
        assert read.content[0].text == "below\n"
        outside = await client.call_tool("read_text_file", {"path": "/workspace/a.txt"})
        assert outside.content[0].text == (
            "Access denied - path outside allowed directories: /workspace/a.txt not in /workspace/sub"
        )


class Session:
    """A server on stdio, and the lines that go to and fro."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )

    def send(self, message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ask(self, method: str, params: Any) -> Any:
        self.send({"id": 1000, "method": method, "params": params})
        return self.receive()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def converse(session: Session, root: str) -> list[Any]:
    """What a host with roots hears, from the first line on; with the root's own path taken out."""
    heard: list[Any] = []
    info = {"name": "host", "version": "1"}
    params = {"protocolVersion": "2025-11-25", "capabilities": {"roots": {"listChanged": True}}, "clientInfo": info}
    heard.append(session.ask("initialize", params))
    session.send({"method": "notifications/initialized"})
    heard.append(session.receive())

    def answer(*roots: str) -> None:
        session.send(
            {"id": heard[-1]["id"], "result": {"roots": [{"uri": f"file://{root}{below}"} for below in roots]}}
        )

    def allowed() -> None:
        wanted = heard[-1].get("id")
        # The real server sets its roots a moment after it was told.
        for _ in range(200):
            said = session.ask("tools/call", {"name": "list_allowed_directories", "arguments": {}})
            if said["result"]["content"][0]["text"].endswith(below):
                break
        assert wanted is not None
        heard.append(said)

    below = "/sub"
    answer("/sub", "/missing")
    allowed()
    session.send({"method": "notifications/roots/list_changed"})
    heard.append(session.receive())
    below = root
    answer("")
    allowed()
    heard.append(session.ask("tools/call", {"name": "read_text_file", "arguments": {"path": "sub/b.txt"}}))
    heard.append([tool["name"] for tool in session.ask("tools/list", {})["result"]["tools"]])
    heard.append(session.ask("nonsense", {}))
    return json.loads(json.dumps(heard).replace(root, "R"))


def test_it_says_what_the_real_server_says(world: tuple[Background, str], tmp_path: Any) -> None:
    server = node_package("@modelcontextprotocol/server-filesystem", "2026.8.31") / "dist" / "index.js"
    background, name = world
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("hello\n")
    (root / "sub/b.txt").write_text("below\n")
    real = Session([node(), str(server), str(root)])
    ours = Session([*BRIDGE, "filesystem", "--world", name, "/workspace"], FALSEFRONT_URL=background.url)
    try:
        assert converse(ours, "/workspace") == converse(real, str(root))
    finally:
        real.close()
        ours.close()
