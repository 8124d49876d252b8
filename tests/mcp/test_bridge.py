"""The bridge from stdin and stdout to a world: lines in, lines out, and nothing heavy on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from falsefront.faults import Rule, put_rule
from falsefront.faults.plan import counts_of
from falsefront.mcp.pipe import Origin
from tests.mcp.conftest import INITIALIZE, META, Endpoint

INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "falsefront.control_plane.cli", "mcp", *args]


class Host:
    """Starts a bridge as a host does, and speaks to it in lines."""

    def __init__(self, url: str, *args: str) -> None:
        self.process = subprocess.Popen(
            command(*args),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "FALSEFRONT_URL": url},
        )

    def send(self, *messages: Any) -> None:
        assert self.process.stdin is not None
        for message in messages:
            line = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def request(self, method: str, params: Any = None, number: Any = 1) -> Any:
        self.send({"jsonrpc": "2.0", "id": number, "method": method, **({"params": params} if params else {})})
        return self.receive()

    def end(self) -> tuple[list[Any], str]:
        """Close its input: what it still says, on stdout and on stderr."""
        out, err = self.process.communicate(timeout=20)
        return [json.loads(line) for line in out.splitlines()], err.decode()


@pytest.fixture
def start() -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def make(url: str, *args: str) -> Host:
        hosts.append(Host(url, *args))
        return hosts[-1]

    yield make
    for host in hosts:
        if host.process.returncode is None:
            host.process.kill()
            host.process.communicate()


@pytest.fixture
def host(endpoint: Endpoint, start: Callable[..., Host]) -> Host:
    return start(endpoint.background.url, "diagnostic", "--world", endpoint.world)


def test_a_session_goes_over_in_lines(host: Host, endpoint: Endpoint) -> None:
    opened = host.request("initialize", {**INITIALIZE, "protocolVersion": "2025-06-18"})
    assert opened["result"]["protocolVersion"] == "2025-06-18"
    host.send(INITIALIZED)
    assert host.request("tools/call", {"name": "echo", "arguments": {"text": "a\nb"}}, "x") == {
        "jsonrpc": "2.0",
        "id": "x",
        "result": {"content": [{"type": "text", "text": "a\nb"}]},
    }
    assert host.end() == ([], "")
    journal = endpoint.journal()
    assert [entry["op"] for entry in journal] == ["initialize", "notifications/initialized", "echo"]
    assert journal[1]["session"] == journal[2]["session"] != ""
    assert host.process.returncode == 0


def test_the_stateless_era_goes_over_too(host: Host) -> None:
    found = host.request("server/discover", {"_meta": META})
    assert found["result"]["supportedVersions"] == ["2026-07-28"]
    for name in ("echo", "écho"):
        answer = host.request("tools/call", {"name": name, "arguments": {"text": "x"}, "_meta": META})
        assert answer["result"]["resultType"] == "complete"
    params = {"name": "test_custom_headers", "arguments": {"region": "eu"}, "_meta": META}
    assert "isError" not in host.request("tools/call", params)["result"]


def test_notifications_come_before_the_result(host: Host) -> None:
    host.send(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "test_tool_with_progress", "_meta": {"progressToken": "t"}},
        }
    )
    steps = [host.receive() for _ in range(3)]
    assert [step["params"]["progress"] for step in steps] == [0, 50, 100]
    assert host.receive()["id"] == 1


def test_large_and_odd_lines(host: Host) -> None:
    text = "x" * 5_000_000 + "\u2028\x85é"
    answer = host.request("tools/call", {"name": "echo", "arguments": {"text": text}})
    assert answer["result"]["content"][0]["text"] == text
    host.send(b"", b"{", b"5", b"[]", b"\xff", b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}')
    assert host.receive()["error"]["code"] == -32700
    assert host.request("ping")["result"] == {}


def test_pipelined_calls_are_done_in_order(host: Host, endpoint: Endpoint) -> None:
    calls = [{"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": {"name": "count"}} for n in range(50)]
    host.send(*calls)
    answers, _ = host.end()
    assert [(answer["id"], answer["result"]["content"][0]["text"]) for answer in answers] == [
        (number, str(number + 1)) for number in range(50)
    ]


@pytest.mark.parametrize("meta", [None, META])
def test_a_slow_call_holds_up_no_other_and_can_be_cancelled(host: Host, endpoint: Endpoint, meta: Any) -> None:
    rule = Rule.model_validate({"when": {"op": "count"}, "then": [{"delay": "1h"}]})
    endpoint.do(lambda world: put_rule(world, "slow", rule))
    params: dict[str, Any] = {"name": "count"}
    if meta:
        params["_meta"] = meta
    else:
        host.request("initialize", INITIALIZE)
    host.send({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params})
    while not endpoint.do(lambda world: counts_of(world.version, "slow").fired):
        pass
    assert host.request("tools/list", {"_meta": meta} if meta else {}, 10)["id"] == 10
    cancelled = {"requestId": 9, **({"_meta": meta} if meta else {})}
    host.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled})
    assert host.request("tools/list", {"_meta": meta} if meta else {}, 11)["id"] == 11
    answers, _ = host.end()
    assert answers == []
    while not any(entry["op"] == "count" for entry in endpoint.journal()):
        pass


def test_an_unknown_world_is_an_error_of_the_request(endpoint: Endpoint, start: Callable[..., Host]) -> None:
    host = start(endpoint.background.url, "diagnostic", "--world", "nowhere")
    answer = host.request("ping", number="p")
    assert (answer["id"], answer["error"]["message"]) == ("p", "there is no world 'nowhere'")


def test_raw_http_of_a_fault_becomes_an_error(host: Host, endpoint: Endpoint) -> None:
    effect = {"respond": {"status": 502, "body": "<html>\nBad Gateway</html>"}}
    rule = Rule.model_validate({"when": {"op": "ping"}, "then": [effect]})
    endpoint.do(lambda world: put_rule(world, "bad", rule))
    assert host.request("ping")["error"] == {"code": -32000, "message": "HTTP 502: <html>\nBad Gateway</html>"}
    reset = Rule.model_validate({"when": {"op": "ping"}, "then": [{"link": "reset"}]})
    endpoint.do(lambda world: put_rule(world, "bad", reset))
    assert host.request("ping")["error"]["code"] == -32000
    assert host.request("tools/list")["result"]["tools"]


def test_nobody_there(start: Callable[..., Host], free_port: int) -> None:
    host = start(f"http://127.0.0.1:{free_port}", "diagnostic")
    assert "cannot reach" in host.request("ping")["error"]["message"]
    host = start(f"http://127.0.0.1:{free_port}", "diagnostic", "/workspace")
    assert "cannot reach" in host.end()[1]
    assert host.process.returncode == 1


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


# Roots


@pytest.fixture
def rooted() -> Iterator[tuple[str, list[Any]]]:
    """A server that knows two directories; what it was asked to take as roots."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            directories = json.loads(self.rfile.read(int(self.headers["content-length"])))["directories"]
            asked.append((self.path, directories))
            there = [directory for directory in directories if directory in ("/a b", "/c")]
            skipped = [directory for directory in directories if directory not in there]
            self._answer(200 if there else 422, json.dumps({"directories": there, "skipped": skipped}).encode())

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": {}} if "id" in message else None
            self._answer(200 if answer else 202, json.dumps(answer).encode() if answer else b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_directories_of_the_command_line(rooted: tuple[str, list[Any]], start: Callable[..., Host]) -> None:
    url, asked = rooted
    host = start(url, "files", "--world", "t17", "/c", "/gone")
    assert host.end() == ([], "Warning: Cannot access directory /gone, skipping\n")
    assert asked == [("/w/t17/files/roots", ["/c", "/gone"])]
    host = start(url, "files", "/gone")
    out, err = host.end()
    assert err.endswith("Error: None of the specified directories are accessible\n")
    assert (host.process.returncode, out) == (1, [])


def test_a_client_with_roots_is_asked_for_them(rooted: tuple[str, list[Any]], start: Callable[..., Host]) -> None:
    url, asked = rooted
    host = start(url, "files")
    host.request("initialize", {**INITIALIZE, "capabilities": {"roots": {"listChanged": True}}})
    host.send(INITIALIZED)
    assert host.receive() == {"method": "roots/list", "jsonrpc": "2.0", "id": 0}
    host.send({"jsonrpc": "2.0", "id": 0, "result": {"roots": [{"uri": "file:///a%20b"}, {"uri": "file:///x"}]}})
    host.send({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"})
    assert host.receive()["id"] == 1
    for roots in ([], [{"uri": "https://a/c"}], [{"uri": "file:///c"}, {"uri": 5}], "x"):
        host.send({"jsonrpc": "2.0", "id": 1, "result": {"roots": roots}})
    host.send({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}})
    assert host.request("ping")["result"] == {}
    assert asked == [("/w/default/files/roots", ["/a b", "/x"])]


def test_a_client_without_roots_is_not_asked(host: Host) -> None:
    host.request("initialize", INITIALIZE)
    host.send(INITIALIZED)
    assert host.end()[0] == []


# What it costs, and where it goes


def test_it_imports_nothing_heavy() -> None:
    code = "import sys; import falsefront.control_plane.cli, falsefront.mcp.bridge; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"asyncio", "orjson", "starlette", "uvicorn", "pydantic", "http.client", "mcp", "ssl", "httpx"}
    assert len({name for name in loaded if name.startswith("falsefront")}) <= 6


@pytest.mark.parametrize("url", ["", "localhost:7070", "ftp://x", "http://", "http://h:x", "/w/x"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        Origin(url)


def test_addresses() -> None:
    def parts(url: str) -> Any:
        origin = Origin(url)
        return origin.secure, origin.host, origin.port, origin.path

    assert parts("http://127.0.0.1:7070/w/a/b/") == (False, "127.0.0.1", 7070, "/w/a/b")
    assert parts("https://example.com/x") == (True, "example.com", 443, "/x")
    assert parts("http://[::1]:80") == (False, "::1", 80, "")
    assert parts("http://[::1]") == (False, "::1", 80, "")
