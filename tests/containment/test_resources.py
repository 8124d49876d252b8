"""What worlds and connections cost once they are gone, and how a server ends."""

from __future__ import annotations

import gc
import smtplib
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from falsefront.control_plane.serving import Background
from falsefront.world.world import World
from tests.containment.real import Real, Unhurt, loadable

_LINUX = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")


def memory(server: Real) -> int:
    """Bytes of the process that are in memory."""
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


def handles(server: Real) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def churn(client: httpx.Client, url: str, count: int) -> None:
    """Make worlds, use, fork and drop them."""
    for number in range(count):
        name = f"w{number}"
        assert client.post(f"{url}/_falsefront/worlds/default/fork", json={"name": name}).status_code == 201
        mail = client.post(f"{url}/w/{name}/mail/messages", json={"to": ["a@b.c"], "text": "x" * 2000})
        assert mail.status_code == 201
        key = {"authorization": "Bearer sk_test_x"}
        assert client.post(f"{url}/w/{name}/stripe/v1/customers", data={"name": "x"}, headers=key).status_code == 200
        assert client.post(f"{url}/_falsefront/worlds/{name}/marks", json={"name": "m"}).status_code < 300
        assert client.delete(f"{url}/_falsefront/worlds/{name}").status_code == 200


@_LINUX
def test_dropped_worlds_leave_nothing() -> None:
    server = Real(emulators=["stripe", "mail"])
    try:
        with httpx.Client(trust_env=False, timeout=30) as client:
            churn(client, server.url, 100)
            before, open_before = memory(server), handles(server)
            churn(client, server.url, 400)
        # Each world held some 20 KB of mail, customers, events and journal.
        assert memory(server) - before < 4_000_000
        assert handles(server) <= open_before
        assert len(server.control("GET", "/worlds")["worlds"]) == 1
    finally:
        assert server.stop()[0] == 0
        server.close()


@pytest.fixture
def background(serve: Callable[..., Background]) -> Background:
    return serve("kubernetes", "mail", "filesystem", "stripe")


def worlds_alive(server: Background) -> int:
    gc.collect()
    # Not by isinstance: it would ask proxies what they are.
    return sum(type(item) is World for item in gc.get_objects())


def test_2000_worlds_are_let_go(background: Background) -> None:
    before = worlds_alive(background)

    def make() -> None:
        worlds = background.runtime.worlds
        for number in range(2000):
            worlds.fork(worlds.find("default"), f"many{number}")

    def drop() -> None:
        for number in range(2000):
            background.runtime.worlds.drop(f"many{number}")

    background.call(make)
    assert worlds_alive(background) == before + 2000
    background.call(drop)
    assert worlds_alive(background) == before


@contextmanager
def watching(port: int, request: bytes, first: bytes) -> Iterator[socket.socket]:
    """A stream that has begun."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(request)
        seen = b""
        while first not in seen:
            chunk = sock.recv(1 << 16)
            assert chunk, seen
            seen += chunk
        yield sock


def watch_request(world: str) -> bytes:
    path = f"/w/{world}/kubernetes/api/v1/pods?watch=1&timeoutSeconds=600"
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


def listen_request(world: str) -> bytes:
    meta = (
        '{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},'
        '"io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"}}'
    )
    body = (
        '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},'
        f'"_meta":{meta}}}}}'
    )
    return (
        f"POST /w/{world}/filesystem/mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        "accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n"
        f"mcp-method: subscriptions/listen\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    ).encode()


def test_streams_of_a_dropped_world_end_and_let_it_go(background: Background) -> None:
    before = worlds_alive(background)
    port = int(background.url.rpartition(":")[2])
    worlds = background.runtime.worlds
    background.call(lambda: worlds.fork(worlds.find("default"), "streamed"))
    with (
        watching(port, watch_request("streamed"), b"\r\n\r\n") as watch,
        watching(port, listen_request("streamed"), b"acknowledged") as events,
    ):
        background.call(lambda: worlds.drop("streamed"))
        for stream in (watch, events):
            tail = b""
            while not tail.endswith(b"0\r\n\r\n"):
                chunk = stream.recv(1 << 16)
                assert chunk, "closed before the stream's end"
                tail += chunk
    # Another turn of the loop lets the ended requests go.
    for _ in range(100):
        background.call(lambda: None)
        if worlds_alive(background) == before:
            break
    assert worlds_alive(background) == before


def test_a_listener_goes_with_its_client(background: Background) -> None:
    port = int(background.url.rpartition(":")[2])
    world = background.call(lambda: background.runtime.worlds.find("default"))
    for request, first in ((watch_request("default"), b"\r\n\r\n"), (listen_request("default"), b"acknowledged")):
        with ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(watching(port, request, first))
            assert len(background.call(lambda: list(world._listeners or ()))) >= 20
        for _ in range(1000):
            if not background.call(lambda: list(world._listeners or ())):
                break
        assert not background.call(lambda: list(world._listeners or ()))


def test_a_server_ends_at_once_with_every_stream_open() -> None:
    server = Real("--clock", "real")
    with ExitStack() as stack:
        stack.callback(server.close)
        stack.enter_context(watching(server.port, watch_request("default"), b"\r\n\r\n"))
        stack.enter_context(watching(server.port, listen_request("default"), b"acknowledged"))
        half = stack.enter_context(server.connect())
        half.sendall(b"POST /w/default/mail/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        idle = stack.enter_context(server.connect())
        idle.sendall(b"GET /ready HTTP/1.1\r\nhost: x\r\n\r\n")
        assert idle.recv(1000)
        mail = smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10)
        stack.callback(mail.close)
        mail.ehlo()
        mail.mail("a@b.c")
        if "sql" in loadable():
            body = struct.pack("!i", 196608) + b"user\0postgres\0database\0postgres@default\0\0"
            start = struct.pack("!i", len(body) + 4) + body
            stack.enter_context(watching(server.postgres_port, start, b""))
        status, took = server.stop()
        assert status == 0
        assert took < 5
        told = server.stderr()
        assert "Traceback" not in told, told
        assert "Warning" not in told, told
        assert "never" not in told, told


def test_a_delayed_operation_holds_up_nobody(real: Real, unhurt: Unhurt, world: str) -> None:
    """Neither another world nor the control plane waits for one that waits."""
    rule = {"when": {"emulator": "mail"}, "then": [{"delay": "60s"}]}
    real.control("PUT", f"/worlds/{world}/faults/slow", rule)
    with real.connect() as slow:
        slow.sendall(f"GET /w/{world}/mail/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
        assert real.send("GET", "/w/default/mail/messages").status == 200
        assert real.send("GET", f"/_falsefront/worlds/{world}/faults").status == 200
