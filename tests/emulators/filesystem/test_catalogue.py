"""A captured catalogue in a filesystem's world: its own words, our files."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from falsefront.control_plane.serving import Background

OPENED = '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"version":"9","name":"older"}}'
PAGE = r'{"tools":[{"inputSchema":{"type":"object"},"name":"read_file","description":"\u00fcber 1.0"}]}'


def test_a_world_speaks_by_its_catalogue(serve: Callable[..., Background], request: pytest.FixtureRequest) -> None:
    background = serve("filesystem")
    world = f"w{zlib.crc32(request.node.nodeid.encode())}"
    section = {"catalogue": {"initialize": OPENED, "tools/list": [PAGE]}, "files": {"/workspace/f": "hello"}}

    def make() -> None:
        made = background.runtime.worlds.create(world)
        state = made.begin()
        background.runtime.emulators["filesystem"].seed(state, section)
        made.commit(state)

    background.call(make)

    def ask(method: str, **params: Any) -> str:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return httpx.post(f"{background.url}/w/{world}/filesystem/mcp", json=message).text

    info = {"name": "x", "version": "1"}
    opened = ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=info)
    assert opened == f'{{"result":{OPENED},"jsonrpc":"2.0","id":1}}'
    assert ask("tools/list") == f'{{"result":{PAGE},"jsonrpc":"2.0","id":1}}'
    read = json.loads(ask("tools/call", name="read_file", arguments={"path": "/workspace/f"}))["result"]
    assert read["content"][0]["text"] == "hello"
    unlisted = json.loads(ask("tools/call", name="read_text_file", arguments={"path": "/workspace/f"}))["result"]
    assert unlisted["content"][0]["text"] == "MCP error -32602: Tool read_text_file not found"
    assert unlisted["isError"] is True
