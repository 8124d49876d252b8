"""The control plane and MCP against pages that a browser was lured to, and against whoever has no token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.containment.real import Real, Unhurt

_MCP = {"content-type": "application/json", "accept": "application/json"}
_PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


@pytest.fixture(scope="module")
def guarded() -> Iterator[Real]:
    """A server with a token, its control plane on a port of its own."""
    server = Real("--control-port", "0", emulators=["mail", "filesystem"], env={"FALSEFRONT_TOKEN": "s3cret-é"})
    yield server
    assert server.stop()[0] == 0
    assert "Traceback" not in server.stderr()
    assert "s3cret" not in server.stderr()
    server.close()


def control_port(server: Real) -> int:
    return int(server.said["control"].removesuffix("/_falsefront").rpartition(":")[2])


def ask(server: Real, path: str, **headers: str) -> bytes:
    lines = "".join(
        f"{name.replace('_', '-')}: {value}\r\n" for name, value in {"host": "127.0.0.1", **headers}.items()
    )
    request = f"GET {path} HTTP/1.1\r\n{lines}connection: close\r\n\r\n"
    return server.raw(request.encode(), port=control_port(server)).raw


@pytest.mark.parametrize(
    "token",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Bearer s3cret", "Bearer s3cret-\xe9x", "Basic s3cret-é", "s3cret-é",
     "Bearer " + "x" * 9999],
)  # fmt: skip
def test_no_token_no_answer(guarded: Real, token: str) -> None:
    answer = ask(guarded, "/_falsefront/worlds", **({"authorization": token} if token else {}))
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"www-authenticate: Bearer" in answer
    assert b"default" not in answer
    assert b"s3cret" not in answer


def test_the_token_opens(guarded: Real) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert ask(guarded, "/_falsefront/worlds", authorization=f"{scheme} s3cret-é").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", ["/_falsefront", "/_falsefront/", "/_falsefront/worlds", "/_falsefront/openapi.json",
    "/%5ffalsefront/worlds", "//_falsefront/worlds", "/./_falsefront/worlds", "/x/../_falsefront/worlds",
    "/w/default/../../_falsefront/worlds", "/w/_falsefront/worlds", "/w/default/_falsefront/worlds",
    "/_falsefront%2fworlds",
    "/_FALSEFRONT/worlds", "/ready/../_falsefront/worlds", "/worlds", "/ready/worlds"])  # fmt: skip
def test_it_is_not_on_the_agents_port(guarded: Real, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = guarded.send(method, path, {"authorization": "Bearer s3cret-é"})
        assert answer.status == 404, answer.raw
    absolute = guarded.raw(
        f"GET http://127.0.0.1:{control_port(guarded)}{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()
    )
    assert absolute.status in (400, 404), absolute.raw


def test_probes_say_no_more_than_they_must(guarded: Real) -> None:
    for path in ("/ready", "/health"):
        assert guarded.send("GET", path).status == 200
        assert guarded.send("DELETE", path).status in (401, 405)


HOSTS = [
    "evil.example.com",
    "127.0.0.1.evil.com",
    "localhost.evil.com",
    "[",
    "[::1",
    "a b",
    "evil.com:80@127.0.0.1",
    "\xff",
    "%",
    ",",
]
ORIGINS = [
    "https://evil.example.com",
    "null",
    "http://127.0.0.1.evil.com",
    "file://",
    "x",
    "http://[",
    "\xff",
    "http://evil.com#127.0.0.1",
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/_falsefront/worlds", "/_falsefront/openapi.json", "/_falsefront/nothing"])
def test_a_foreign_host_changes_nothing(real: Real, unhurt: Unhurt, host: str, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        assert unhurt.answer(real.send(method, path, {"host": host})).status == 403
    assert unhurt.answer(real.send("POST", "/w/default/filesystem/mcp", {**_MCP, "host": host}, _PING)).status == 403


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_foreign_page_changes_nothing(real: Real, unhurt: Unhurt, origin: str) -> None:
    worlds = real.control("GET", "/worlds")
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        headers = {"origin": origin, "content-type": kind}
        for method, path in (
            ("POST", "/worlds"),
            ("DELETE", "/worlds/default"),
            ("POST", "/reset"),
            ("GET", "/journal"),
        ):
            answer = unhurt.answer(real.send(method, f"/_falsefront{path}", headers, b'{"name":"lured"}'))
            assert answer.status == 403
            assert not answer.header("access-control-allow-origin")
    assert (
        unhurt.answer(real.send("POST", "/w/default/filesystem/mcp", {**_MCP, "origin": origin}, _PING)).status == 403
    )
    assert real.control("GET", "/worlds") == worlds


def test_no_page_is_let_in_by_a_preflight(real: Real, unhurt: Unhurt) -> None:
    for path in ("/_falsefront/worlds", "/w/default/filesystem/mcp", "/w/default/mail/messages"):
        headers = {"origin": "https://evil.example.com", "access-control-request-method": "POST"}
        answer = unhurt.answer(real.send("OPTIONS", path, headers))
        assert answer.status >= 400
        assert not answer.header("access-control-allow-origin")


def test_a_token_s_comparison_takes_no_shortcut() -> None:
    """Compared in constant time, whatever its length and its characters."""
    from falsefront.control_plane.guard import Guard
    from falsefront.control_plane.route import Refused

    guard = Guard("tökén")
    guard.check({b"host": b"localhost", b"authorization": "Bearer tökén".encode()})
    for wrong in ("tökén ", "t", "", "tökén\0", "Tökén"):
        if wrong.strip() == "tökén":
            continue
        with pytest.raises(Refused):
            guard.check({b"host": b"localhost", b"authorization": f"Bearer {wrong}".encode()})
