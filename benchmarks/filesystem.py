"""`read_text_file` with 16 calls in flight against the npm server it stands for: `python -P benchmarks/filesystem.py`.

The npm server runs on its own stdio, and behind a common proxy (supergateway) over streamable HTTP; ours over
streamable HTTP. They take turns, so that the ratios hold on a busy machine. It takes Node and npm.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FLIGHT = 16
ROUNDS = 5
TEXT = "one line of a file\n" * 60


def call(path: str, number: int) -> bytes:
    params = {"name": "read_text_file", "arguments": {"path": path}}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()


async def over_stdio(process: asyncio.subprocess.Process, path: str, calls: int) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(calls + FLIGHT):
        if number >= FLIGHT:
            assert b"one line" in await process.stdout.readline()
        if number < calls:
            process.stdin.write(call(path, number) + b"\n")


async def over_http(port: int, target: str, path: str, headers: str, calls: int) -> None:
    async def caller(first: int, own: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        for number in range(first, first + own):
            # A proxy has one pipe for all: no two calls in flight may have the same id.
            body = call(path, number)
            head = (
                f"POST {target} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
                f"accept: application/json, text/event-stream\r\nmcp-protocol-version: 2025-11-25\r\n"
                f"{headers}content-length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            assert b"one line" in await answer(reader)
        writer.close()

    own = calls // FLIGHT
    async with asyncio.timeout(60):
        await asyncio.gather(*(caller(first, own) for first in range(0, own * FLIGHT, own)))


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b" 200 " in head.split(b"\r\n", 1)[0], head
    if b"content-length:" in head:
        return await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"nobody listens on {port}")


def serve(port: int) -> None:
    import uvloop

    from falsefront.control_plane.registry import load
    from falsefront.control_plane.serving import Ports, Serving
    from falsefront.runtime import Runtime

    async def main() -> None:
        serving = Serving(Runtime(load(["filesystem"])), Ports(http=port))
        world = serving.runtime.worlds.create("default")
        state = world.begin()
        serving.runtime.emulators["filesystem"].seed(state, {"files": {"/workspace/f": TEXT}})
        world.commit(state)
        await serving.server.serve()

    uvloop.run(main())


def session(port: int) -> str:
    """Open a session at the proxy: its id."""
    import httpx

    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    accept = {"accept": "application/json, text/event-stream"}
    response = httpx.post(f"http://127.0.0.1:{port}/mcp", json=message, headers=accept, timeout=60)
    return f"mcp-session-id: {response.headers['mcp-session-id']}\r\n"


async def measure(root: Path) -> dict[str, list[float]]:
    from tests.clients.node import node, node_package

    server = node_package("@modelcontextprotocol/server-filesystem", "2026.8.31") / "dist" / "index.js"
    proxy = node_package("supergateway", "4.0.0") / "dist" / "index.js"
    path = str(root / "f")
    ours_port, proxy_port = free_port(), free_port()
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    stdio = await asyncio.create_subprocess_exec(
        node(), str(server), str(root), stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, limit=1 << 22
    )
    command = f"{node()} {server} {root}"
    gateway = [node(), str(proxy), "--stdio", command, "--outputTransport", "streamableHttp", "--stateful"]
    running = [
        await asyncio.create_subprocess_exec(*command, **quiet)
        for command in (
            [*gateway, "--port", str(proxy_port), "--logLevel", "none"],
            [sys.executable, "-P", __file__, "serve", str(ours_port)],
        )
    ]
    rates: dict[str, list[float]] = {"npm, stdio": [], "npm, supergateway": [], "falsefront, HTTP": []}
    try:
        wait_for(ours_port)
        wait_for(proxy_port)
        headers = session(proxy_port)
        subjects = {
            "npm, stdio": (4000, lambda calls: over_stdio(stdio, path, calls)),
            "npm, supergateway": (1600, lambda calls: over_http(proxy_port, "/mcp", path, headers, calls)),
            "falsefront, HTTP": (
                4000,
                lambda calls: over_http(ours_port, "/w/default/filesystem/mcp", "/workspace/f", "", calls),
            ),
        }
        for turn in range(ROUNDS + 1):
            for name, (calls, run) in subjects.items():
                start = time.perf_counter()
                await run(calls)
                if turn:
                    rates[name].append(calls / (time.perf_counter() - start))
    finally:
        stdio.kill()
        await stdio.wait()
        for process in running:
            process.terminate()
            await process.wait()
    return rates


def main() -> None:
    import uvloop
    from rich.console import Console
    from rich.table import Table

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / "f").write_text(TEXT)
        rates = uvloop.run(measure(root))
    best = {name: max(found) for name, found in rates.items()}
    table = Table("read_text_file, 16 in flight", "calls/s (best)", "× npm on stdio")
    for name, rate in best.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / best['npm, stdio']:.2f}")
    console = Console()
    console.print(table)
    ours = best["falsefront, HTTP"]
    console.print(
        f"{ours / best['npm, stdio']:.2f} × the npm server on its own stdio (bar ≥ 1), "
        f"{ours / best['npm, supergateway']:.2f} × the npm server behind a proxy (bar ≥ 4)"
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]))
    else:
        main()
