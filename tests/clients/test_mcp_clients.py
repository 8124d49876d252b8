"""Unmodified MCP clients, each pointed at a URL and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from falsefront.control_plane.serving import Background
from tests.clients.node import node, node_package
from tests.clients.python import python_with, run_script
from tests.mcp.diagnostic import TOOLS

PROGRAMS = Path(__file__).parent / "programs"
FAILED = [True, "This tool intentionally returns an error for testing"]
EXPECTED = {"tools": list(TOOLS), "echo": "héllo", "failed": FAILED, "progress": [0, 50, 100]}


@pytest.fixture(scope="module")
def url(serve: Callable[..., Background]) -> str:
    return f"{serve('tests.mcp.diagnostic').url}/w/default/diagnostic/mcp"


@pytest.mark.parametrize(
    ("mode", "version"),
    [("auto", "2026-07-28"), ("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")],
)
async def test_the_python_sdk(url: str, mode: Any, version: str) -> None:
    mcp = pytest.importorskip("mcp")
    steps: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        steps.append(progress)

    async with mcp.Client(url, mode=mode) as client:
        assert client.protocol_version == version
        tools = await client.list_tools()
        echo = await client.call_tool("echo", {"text": "héllo"})
        failed = await client.call_tool("test_error_handling", {})
        await client.call_tool("test_tool_with_progress", {}, progress_callback=note)
    assert {
        "tools": [tool.name for tool in tools.tools],
        "echo": echo.content[0].text,
        "failed": [failed.is_error, failed.content[0].text],
        "progress": steps,
    } == EXPECTED


def test_the_python_sdk_version_1(url: str) -> None:
    python = python_with("mcp==1.30.0")
    assert json.loads(run_script(python, PROGRAMS / "mcp1_client.py", url)) == {
        **EXPECTED,
        "version": "2025-11-25",
        "server": "diagnostic-server",
    }


def test_fastmcp(url: str) -> None:
    python = python_with("fastmcp==4.1.2")
    assert json.loads(run_script(python, PROGRAMS / "fastmcp_client.py", url)) == EXPECTED


def test_the_typescript_sdk(url: str) -> None:
    sdk = node_package("@modelcontextprotocol/sdk", "1.32.2")
    answer = json.loads(run_script(node(), PROGRAMS / "typescript_client.mjs", str(sdk), url))
    assert "Session not found" in answer.pop("ended")
    assert answer == {**EXPECTED, "server": "diagnostic-server", "session": "string", "unknown": -32601}
