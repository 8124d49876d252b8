"""A tool call over MCP against a bare JSON endpoint and the `mcp` SDK's own server: `python -P benchmarks/mcp.py`.

Every server runs in a process of its own under uvicorn; one client with 16 connections calls them in turns, so that
the ratios hold on a busy machine. What counts is the CPU time a server spends on a call.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A script is run with its own folder first on the path, where this file would stand for the SDK.
sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != os.path.dirname(os.path.abspath(__file__))]

CONNECTIONS = 16
CALLS = 4_000
ROUNDS = 5
TICK = 1 / os.sysconf("SC_CLK_TCK")
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
}


# The servers


def serve_bare(sock: socket.socket) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def echo(request: Request) -> JSONResponse:
        message = await request.json()
        text = message["params"]["arguments"]["text"]
        return JSONResponse({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": text}]}})

    app = Starlette(routes=[Route("/mcp", echo, methods=["POST"])])
    uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[sock])


def serve_ours(sock: socket.socket) -> None:
    from falsefront.control_plane.serving import Ports, Serving
    from falsefront.kernel.emulator import Context, Endpoints, Http
    from falsefront.mcp.app import mcp_app
    from falsefront.mcp.tool import McpServer, Tool
    from falsefront.runtime import Runtime

    def echo(state: Any, op: Any) -> Any:
        return {"content": [{"type": "text", "text": op.args["text"]}]}

    class Echo:
        name = "echo"
        operations: Mapping[str, Any] = {}
        tables = ()

        def seed(self, state: Any, data: Any) -> None: ...

        def surfaces(self, context: Context) -> list[Http]:
            tool = Tool({"name": "echo", "inputSchema": SCHEMA}, echo, "read")
            return [Http(mcp_app(McpServer("echo", "echo", "1", {"echo": tool}), context))]

        def environment(self, endpoints: Endpoints, world: str) -> dict[str, str]:
            return {}

    port = sock.getsockname()[1]
    sock.close()

    async def main() -> None:
        serving = Serving(Runtime([Echo()]), Ports(http=port))
        serving.runtime.worlds.create("default")
        await serving.server.serve()

    import uvloop

    uvloop.run(main())


def serve_sdk(sock: socket.socket) -> None:
    import uvicorn
    from mcp.server import Server
    from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool

    async def list_tools(context: Any, params: Any) -> ListToolsResult:
        return ListToolsResult(tools=[Tool(name="echo", input_schema=SCHEMA)], ttl_ms=0, cache_scope="private")

    async def call_tool(context: Any, params: Any) -> CallToolResult:
        return CallToolResult(content=[TextContent(type="text", text=params.arguments["text"])])

    server = Server("echo", on_list_tools=list_tools, on_call_tool=call_tool)
    app = server.streamable_http_app(json_response=True, stateless_http=True)
    uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[sock])


SERVERS = {"bare": serve_bare, "ours": serve_ours, "sdk": serve_sdk}


# The client


def request(path: str, port: int, *, stateless: bool) -> bytes:
    params: dict[str, Any] = {"name": "echo", "arguments": {"text": "hello"}}
    headers = "mcp-protocol-version: 2025-11-25\r\n"
    if stateless:
        params["_meta"] = META
        headers = "mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: echo\r\n"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"accept: application/json, text/event-stream\r\n{headers}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def caller(port: int, data: bytes, calls: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(calls):
        writer.write(data)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        assert b"hello" in body, body
    writer.close()


async def callers(port: int, data: bytes, calls: int) -> None:
    await asyncio.gather(*(caller(port, data, calls // CONNECTIONS) for _ in range(CONNECTIONS)))


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


@dataclass
class Subject:
    title: str
    server: str
    path: str
    stateless: bool
    share: float = 1.0
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)


def start(name: str) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-P", __file__, "serve", name, str(port)])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process, port
    raise RuntimeError(f"the server {name} did not start")


def main() -> None:
    import uvloop
    from rich.console import Console
    from rich.table import Table

    subjects = [
        Subject("bare Starlette JSON endpoint", "bare", "/mcp", stateless=False),
        Subject("falsefront, 2025-11-25", "ours", "/w/default/echo/mcp", stateless=False),
        Subject("falsefront, 2026-07-28", "ours", "/w/default/echo/mcp", stateless=True),
        Subject("mcp SDK stateless, 2025-11-25", "sdk", "/mcp", stateless=False, share=0.2),
        Subject("mcp SDK stateless, 2026-07-28", "sdk", "/mcp", stateless=True, share=0.2),
    ]
    running = {name: start(name) for name in SERVERS}
    try:
        for round_number in range(ROUNDS + 1):
            for subject in subjects:
                process, port = running[subject.server]
                calls = int(CALLS * subject.share)
                data = request(subject.path, port, stateless=subject.stateless)
                cpu, clock = cpu_seconds(process.pid), time.perf_counter()
                uvloop.run(callers(port, data, calls))
                if round_number:
                    subject.rates.append(calls / (time.perf_counter() - clock))
                    subject.costs.append((cpu_seconds(process.pid) - cpu) / calls * 1e6)
    finally:
        for process, _ in running.values():
            process.terminate()
            process.wait()
    bare = min(subjects[0].costs)
    table = Table("server", "calls/s (best)", "CPU µs per call (best)", "× bare")
    for subject in subjects:
        cost = min(subject.costs)
        table.add_row(subject.title, f"{max(subject.rates):,.0f}", f"{cost:.0f}", f"{cost / bare:.2f}")
    console = Console()
    console.print(table)
    for era, ours, sdk in (("2025-11-25", 1, 3), ("2026-07-28", 2, 4)):
        more = min(subjects[sdk].costs) / min(subjects[ours].costs)
        rate = max(subjects[ours].rates) / max(subjects[sdk].rates)
        console.print(
            f"{era}: {min(subjects[ours].costs) / bare:.2f} × the bare endpoint (bar ≤ 2); "
            f"{more:.1f} × the SDK by CPU, {rate:.1f} × by throughput (bar ≥ 4)"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", int(sys.argv[3])))
        SERVERS[sys.argv[2]](listening)
    else:
        main()
