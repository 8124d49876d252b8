"""What comes before any message: who calls, what is sent, how large it is, and which world it is for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule
from tests.mcp.conftest import Endpoint

Connect = Callable[[Background, str], Endpoint]
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize(
    "host", ["evil.example.com", "evil.example.com:80", "localhost.evil.com", "127.0.0.1.nip.io", ""]
)
def test_a_rebound_name_is_turned_away(endpoint: Endpoint, host: str) -> None:
    response = endpoint.post(PING, host=host)
    assert response.status_code == 403
    assert response.json()["error"] == {"code": -32000, "message": f"Invalid Host header: {host}"}
    assert endpoint.journal() == []


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:80", "t17.localhost", "10.0.0.7:1"]
)
def test_names_of_this_machine_are_welcome(endpoint: Endpoint, host: str) -> None:
    assert endpoint.post(PING, host=host).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example.com", "https://6.6.6.6", "null", "x"])
def test_pages_from_elsewhere_are_turned_away(endpoint: Endpoint, origin: str) -> None:
    response = endpoint.post(PING, origin=origin)
    assert response.status_code == 403
    assert response.json()["error"]["message"] == f"Invalid Origin header: {origin}"
    assert endpoint.http.delete(endpoint.url, headers={"origin": origin, "mcp-session-id": "x"}).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:5"])
def test_pages_of_this_machine_are_welcome(endpoint: Endpoint, origin: str) -> None:
    assert endpoint.post(PING, origin=origin).status_code == 200


def test_further_names_can_be_allowed(serve: Callable[..., Background], connect: Connect) -> None:
    background = serve("tests.mcp.diagnostic", allowed_hosts=["host.docker.internal"])
    endpoint = connect(background, "default")
    assert endpoint.post(PING, host="Host.Docker.Internal:7070").status_code == 200
    assert endpoint.post(PING, origin="http://host.docker.internal").status_code == 200
    assert endpoint.post(PING, host="evil.example.com").status_code == 403


def test_only_posts_and_deletes(endpoint: Endpoint) -> None:
    for method in ("GET", "PUT", "PATCH", "OPTIONS"):
        response = endpoint.http.request(method, endpoint.url, headers={"accept": "text/event-stream"})
        assert response.status_code == 405
        assert response.headers["allow"] == "POST, DELETE"
    response = endpoint.http.delete(endpoint.url, headers={"mcp-protocol-version": "2026-07-28"})
    assert response.status_code == 405


def test_what_is_not_json_is_refused(endpoint: Endpoint) -> None:
    response = endpoint.post(PING, content_type="text/plain")
    assert response.status_code == 415
    assert response.json()["error"]["message"] == "Unsupported Media Type: Content-Type must be application/json"
    assert endpoint.post(PING, content_type="application/json; charset=utf-8").status_code == 200


def test_a_client_must_take_what_there_is(endpoint: Endpoint) -> None:
    response = endpoint.post(PING, accept="text/html")
    assert response.status_code == 406
    for accept in ("application/json", "*/*", "application/*;q=0.5", ""):
        assert endpoint.post(PING, accept=accept).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"1" * 5000 + b"x",
        b"null x",
    ],
)
def test_malformed_json_is_an_error(endpoint: Endpoint, content: bytes) -> None:
    response = endpoint.post(content=content)
    assert response.status_code == 400
    assert response.json() == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32700, "message": "Parse error: Invalid JSON"},
    }


def call_with(text: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"%s"}}}' % text


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (rb"\ud800", "\ud800"),
        (rb"a\udc00\ud800b", "a\udc00\ud800b"),
        (rb"\ud83d\ude00", "😀"),
        (rb"\u2028\u0000\u0085", "\u2028\0\x85"),
        (b"bad \xff utf-8", "bad \ufffd utf-8"),
        ("é😀".encode(), "é😀"),
    ],
)
def test_odd_characters_come_through(endpoint: Endpoint, sent: bytes, answered: str) -> None:
    for accept in ("application/json", "text/event-stream"):
        response = endpoint.post(content=call_with(sent), accept=accept)
        body = response.content if accept == "application/json" else response.content.split(b"data: ")[1]
        assert json.loads(body)["result"]["content"][0]["text"] == answered
    entry = endpoint.journal()[-1]
    assert entry["args"]["text"] == answered


def test_a_byte_order_mark_is_no_matter(endpoint: Endpoint) -> None:
    assert endpoint.post(content=b"\xef\xbb\xbf" + json.dumps(PING).encode()).status_code == 200


def test_large_numbers_are_what_javascript_makes_of_them(endpoint: Endpoint) -> None:
    content = b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"n":%s}}' % (b"9" * 400)
    assert endpoint.post(content=content).json()["error"]["code"] == -32601


def test_a_body_over_the_limit_is_refused(serve: Callable[..., Background], connect: Connect) -> None:
    background = serve("tests.mcp.diagnostic", max_body=1000)
    endpoint = connect(background, "default")

    def parts() -> Any:
        for _ in range(20):
            yield b" " * 100

    for content in (call_with(b"x" * 1000), parts()):
        headers = {"content-type": "application/json"}
        response = endpoint.http.post(endpoint.url, content=content, headers=headers)
        assert response.status_code == 413
        assert response.json()["error"] == {
            "code": -32000,
            "message": "Payload Too Large: Request body must not exceed 1000 bytes",
        }
    assert endpoint.post(PING).status_code == 200


def test_an_unknown_world_is_said_in_the_protocols_words(endpoint: Endpoint) -> None:
    url = endpoint.url.replace(endpoint.world, "nowhere")
    response = endpoint.http.post(url, json=PING)
    assert response.status_code == 404
    assert response.json()["error"] == {"code": -32600, "message": "there is no world 'nowhere'"}
    assert endpoint.http.delete(url, headers={"mcp-session-id": "x"}).status_code == 404


# Faults


def put(endpoint: Endpoint, op: str, **effect: Any) -> None:
    rule = Rule.model_validate({"when": {"op": op}, "then": [effect]})
    endpoint.do(lambda world: put_rule(world, f"on-{op}", rule))


def test_an_injected_failure_of_a_call_is_its_result(endpoint: Endpoint) -> None:
    put(endpoint, "count", fail="rate_limited")
    result = endpoint.call("count")
    assert result == {"content": [{"type": "text", "text": "Rate limit exceeded"}], "isError": True}
    put(endpoint, "count", fail="unavailable", message="try later")
    assert endpoint.call("count")["content"][0]["text"] == "try later"
    assert endpoint.journal()[-1]["faults"] == ["on-count"]


def test_an_injected_failure_of_the_protocol_is_an_error(endpoint: Endpoint) -> None:
    put(endpoint, "tools/list", fail="internal")
    response = endpoint.request("tools/list")
    assert response.status_code == 200
    assert response.json()["error"] == {"code": -32603, "message": "Internal error"}
    assert endpoint.stateless("tools/list").json()["error"]["code"] == -32603
    put(endpoint, "initialize", fail="unavailable", retry_after=3)
    response = endpoint.request(
        "initialize",
        {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    )
    assert response.headers["retry-after"] == "3"
    assert response.json()["error"] == {"code": -32000, "message": "Service unavailable"}


def test_a_native_failure_chooses_code_and_status(endpoint: Endpoint) -> None:
    native = {"code": -32050, "data": {"why": "x"}, "status": 503}
    put(endpoint, "count", fail="unavailable", message="down", native=native)
    response = endpoint.request("tools/call", {"name": "count"})
    assert response.status_code == 503
    assert response.json()["error"] == {"code": -32050, "message": "down", "data": {"why": "x"}}


def test_a_rule_may_answer_in_raw_http(endpoint: Endpoint) -> None:
    put(endpoint, "*", respond={"status": 502, "headers": {"x-proxy": "1"}, "body": "<html>Bad Gateway</html>"})
    for send in (endpoint.request, endpoint.stateless):
        response = send("tools/list")
        assert (response.status_code, response.text) == (502, "<html>Bad Gateway</html>")
        assert response.headers["x-proxy"] == "1"


def test_a_notification_that_is_struck_is_lost_quietly(endpoint: Endpoint) -> None:
    put(endpoint, "notifications/*", fail="internal")
    assert endpoint.post({"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202


def test_a_connection_can_be_reset(endpoint: Endpoint) -> None:
    put(endpoint, "count", link="reset")
    with pytest.raises(httpx.TransportError):
        endpoint.call("count")
    assert endpoint.request("ping").status_code == 200
