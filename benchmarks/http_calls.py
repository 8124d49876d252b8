"""CPU per HTTP call, beside a bare Starlette endpoint on the same server: `python benchmarks/http_calls.py`.

Each server runs in a process of its own, whose CPU the kernel counts; the client is the same for all. What counts is
the ratio, taken in one run.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

CALLS = 4000
ROUNDS = 5
KEY = "Authorization: Bearer sk_test_default\r\n"
PATH = "/v1/customers/cus_1"
TICKS = os.sysconf("SC_CLK_TCK")


def bare() -> None:
    """Serve a Starlette app with one endpoint that answers a customer's worth of JSON."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from falsefront.wire.server import Server, bind

    body = {f"field_{number}": None for number in range(24)}

    async def show(request: Request) -> JSONResponse:
        return JSONResponse({"id": request.path_params["id"], **body})

    sock = bind("127.0.0.1", 0)
    serve(Server([(Starlette(routes=[Route("/v1/customers/{id}", show)]), sock)], {}), sock.getsockname()[1])


def stripe() -> None:
    """Serve the Stripe façade with one customer."""
    from falsefront.control_plane.registry import load
    from falsefront.control_plane.serving import Serving
    from falsefront.runtime import Runtime

    runtime = Runtime(load(["stripe"]))
    world = runtime.worlds.create("default")
    runtime.seed(world, {"stripe": {"customers": [{"id": "cus_1", "name": "Jenny", "email": "jenny@example.com"}]}})

    async def main() -> None:
        serving = Serving(runtime)
        port = int(serving.endpoints.url.rpartition(":")[2])
        await serving.server.serve(lambda: print(port, flush=True))

    asyncio.run(main())


def serve(server: Any, port: int) -> None:
    asyncio.run(server.serve(lambda: print(port, flush=True)))


def calls(port: int, count: int) -> None:
    """Ask over one kept connection."""
    request = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n{KEY}\r\n".encode()
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            sock.sendall(request)
            head, _, body = receive(sock).partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            json.loads(body)


def receive(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        more = sock.recv(65536)
        if not more:
            raise RuntimeError("the server closed the connection")
        data, body = data + more, body + more
    return data


class Measured:
    """A server in a process of its own."""

    def __init__(self, name: str) -> None:
        self.process = subprocess.Popen([sys.executable, __file__, name], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        calls(self.port, 500)

    def cpu(self) -> float:
        """Microseconds of CPU per call."""
        before = self._used()
        calls(self.port, CALLS)
        return (self._used() - before) / CALLS * 1e6

    def _used(self) -> float:
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def main() -> None:
    console = Console()
    with console.status("asking"):
        servers = {"Starlette, bare": Measured("bare"), "Stripe GET /v1/customers/{id}": Measured("stripe")}
        # Taken in turns, so that a busy machine is as busy for both; the best round of each counts.
        best = dict.fromkeys(servers, float("inf"))
        for _ in range(ROUNDS):
            for name, server in servers.items():
                best[name] = min(best[name], server.cpu())
        for server in servers.values():
            server.stop()
    table = Table(title="CPU per HTTP call", title_justify="left")
    for heading in ("what", "µs", "ratio", "bar"):
        table.add_column(heading, justify="left" if heading in ("what", "bar") else "right")
    base = best["Starlette, bare"]
    for name, cost in best.items():
        table.add_row(name, f"{cost:.0f}", f"{cost / base:.2f}", "≤ 3" if cost is not base else "")
    console.print(table)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare"]:
            bare()
        case ["stripe"]:
            stripe()
        case _:
            main()
