"""The stateless era: the envelope, the routing headers, what every result says, and subscriptions."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any

import httpx
import pytest

from falsefront.mcp.catalogue import seed_catalogue
from tests.mcp.conftest import INITIALIZE, META, Endpoint, events

INFO = {"io.modelcontextprotocol/serverInfo": {"name": "diagnostic-server", "version": "1.0.0"}}
VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


def refused(response: httpx.Response, status: int, code: int, number: Any = 1) -> Any:
    assert response.status_code == status
    body = response.json()
    assert (body["jsonrpc"], body["id"], body["error"]["code"]) == ("2.0", number, code)
    return body["error"]


def test_discover_says_what_there_is(endpoint: Endpoint) -> None:
    assert endpoint.stateless("server/discover").json()["result"] == {
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {"listChanged": True}},
        "instructions": "Only for tests.",
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": INFO,
    }


def test_a_list_says_how_long_it_holds(endpoint: Endpoint) -> None:
    result = endpoint.stateless("tools/list").json()["result"]
    assert (result["resultType"], result["ttlMs"], result["cacheScope"]) == ("complete", 0, "private")
    assert result["tools"] == endpoint.request("tools/list").json()["result"]["tools"]


def test_a_call_is_complete_and_begins_no_session(endpoint: Endpoint) -> None:
    response = endpoint.stateless("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    assert response.json()["result"] == {
        "content": [{"type": "text", "text": "hi"}],
        "resultType": "complete",
        "_meta": INFO,
    }
    assert "mcp-session-id" not in response.headers
    assert endpoint.journal()[-1]["args"] == {"text": "hi"}


def test_what_goes_wrong_in_a_call_is_its_result(endpoint: Endpoint) -> None:
    for name in ("test_error_handling", "nope"):
        response = endpoint.stateless("tools/call", {"name": name})
        assert response.status_code == 200
        assert response.json()["result"]["isError"] is True


@pytest.mark.parametrize(
    "params",
    [{}, {"_meta": 5}, {"_meta": {}}, {"_meta": {VERSION: "2026-07-28"}}, {"_meta": {CAPABILITIES: {}}}],
)
def test_a_request_needs_its_envelope(endpoint: Endpoint, params: Any) -> None:
    headers = {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/list"}
    refused(endpoint.request("tools/list", params, number="a", **headers), 400, -32602, "a")
    refused(endpoint.request("tools/list", None, number="a", **headers), 400, -32602, "a")


def test_capabilities_are_an_object(endpoint: Endpoint) -> None:
    refused(endpoint.stateless("tools/list", {"_meta": {**META, CAPABILITIES: 5}}), 400, -32602)


def test_an_unknown_version_is_told_which_there_are(endpoint: Endpoint) -> None:
    meta = {**META, VERSION: "2099-01-01"}
    error = refused(endpoint.stateless("tools/list", {"_meta": meta}, mcp_protocol_version="2099-01-01"), 400, -32022)
    assert error["data"] == {"supported": ["2026-07-28"], "requested": "2099-01-01"}
    note = {"jsonrpc": "2.0", "method": "notifications/x"}
    refused(endpoint.post(note, mcp_protocol_version="2099-01-01"), 400, -32022, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp_protocol_version": "2025-11-25"},
        {"mcp_protocol_version": "2099-01-01"},
        {"mcp_method": "tools/list"},
        {"mcp_method": ""},
        {"mcp_name": "count"},
        {"mcp_name": ""},
        {"mcp_name": "=?base64?AAAA"},
        {"mcp_name": "=?base64?!?="},
    ],
)
def test_headers_must_say_what_the_body_says(endpoint: Endpoint, headers: dict[str, str]) -> None:
    refused(endpoint.stateless("tools/call", {"name": "echo", "arguments": {"text": "x"}}, **headers), 400, -32020)
    assert endpoint.journal() == []


@pytest.mark.parametrize("name", ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"])
@pytest.mark.parametrize("how", ["absent", "twice"])
def test_headers_must_be_there_once(endpoint: Endpoint, name: str, how: str) -> None:
    known = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "count")]
    lines = [
        line
        for known_name, value in known
        for line in [(known_name, value)] * (1 if known_name != name else 0 if how == "absent" else 2)
    ]
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "count", "_meta": META}}
    headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream"), *lines]
    refused(endpoint.http.post(endpoint.url, content=json.dumps(body), headers=headers), 400, -32020)


@pytest.mark.parametrize("value", ["echo  ", "  echo", "echo\t", f"=?base64?{base64.b64encode(b'echo').decode()}?="])
def test_blanks_and_encoding_of_a_header_do_not_count(endpoint: Endpoint, value: str) -> None:
    params = {"name": "echo", "arguments": {"text": "x"}, "_meta": META}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    url = httpx.URL(endpoint.url)
    lines = [
        f"POST {url.path} HTTP/1.1",
        "host: localhost",
        "content-type: application/json",
        "mcp-protocol-version: 2026-07-28  ",
        "mcp-method: tools/call ",
        f"mcp-name: {value}",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    with socket.create_connection((url.host, url.port)) as client:
        client.sendall("\r\n".join([*lines, "", body]).encode())
        assert client.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("arguments", "headers", "status"),
    [
        (
            {"region": "eu", "priority": 42, "verbose": True},
            {"region": "eu", "priority": "42.0", "verbose": "true"},
            200,
        ),
        ({"region": "eu"}, {}, 400),
        ({"region": "eu"}, {"region": "us"}, 400),
        ({}, {"region": "eu"}, 400),
        ({"region": None}, {}, 200),
        ({"priority": 42}, {"priority": "4.2e1"}, 400),
        ({"note": "x"}, {}, 200),
        ({"region": "zürich"}, {"region": f"=?base64?{base64.b64encode('zürich'.encode()).decode()}?="}, 200),
    ],
)
def test_arguments_may_be_asked_for_in_headers(
    endpoint: Endpoint, arguments: Any, headers: dict[str, str], status: int
) -> None:
    names = {f"mcp-param-{name}": value for name, value in headers.items()}
    response = endpoint.stateless("tools/call", {"name": "test_custom_headers", "arguments": arguments}, **names)
    assert response.status_code == status


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "resources/subscribe", "nope"])
def test_methods_of_the_other_era_are_not_found(endpoint: Endpoint, method: str) -> None:
    refused(endpoint.stateless(method, INITIALIZE, number="m"), 404, -32601, "m")


@pytest.mark.parametrize("body", [5, [], [{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}], {"id": 1}, {"x": 1}])
def test_what_is_no_message_is_refused(endpoint: Endpoint, body: Any) -> None:
    refused(endpoint.post(body, mcp_protocol_version="2026-07-28"), 400, -32600, None)


@pytest.mark.parametrize("params", [{"name": 5}, {}, {"name": "echo", "arguments": []}])
def test_a_misshapen_call_is_an_error(endpoint: Endpoint, params: Any) -> None:
    headers = {"mcp_name": str(params.get("name", ""))} if isinstance(params.get("name"), str) else {}
    response = endpoint.stateless("tools/call", params, **{"mcp_name": "5", **headers})
    assert response.status_code == 400
    assert response.json()["error"]["code"] in (-32602, -32020)


def test_a_notification_is_acknowledged(endpoint: Endpoint) -> None:
    note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    assert endpoint.post(note, mcp_protocol_version="2026-07-28").status_code == 202


def test_a_capability_that_a_tool_needs_must_be_declared(endpoint: Endpoint) -> None:
    error = refused(endpoint.stateless("tools/call", {"name": "test_missing_capability"}), 400, -32021)
    assert error["data"] == {"requiredCapabilities": {"sampling": {}}}
    meta = {**META, CAPABILITIES: {"sampling": {}}}
    response = endpoint.stateless("tools/call", {"name": "test_missing_capability", "_meta": meta})
    assert response.status_code == 200


def test_a_log_comes_only_from_the_level_asked_for(endpoint: Endpoint) -> None:
    def logged(level: str | None) -> list[str]:
        meta = META if level is None else {**META, "io.modelcontextprotocol/logLevel": level}
        response = endpoint.stateless("tools/call", {"name": "test_logging_tool", "_meta": meta})
        if response.headers["content-type"] == "application/json":
            return []
        return [message["params"]["level"] for message in events(response)[:-1]]

    assert (logged(None), logged("info"), logged("debug"), logged("emergency")) == (
        [],
        ["info", "error"],
        ["debug", "info", "error"],
        [],
    )


# Subscriptions


def frames(response: httpx.Response) -> Any:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


def listen(endpoint: Endpoint, wanted: Any) -> Any:
    message = {
        "jsonrpc": "2.0",
        "id": "sub",
        "method": "subscriptions/listen",
        "params": {"_meta": META, "notifications": wanted},
    }
    return endpoint.http.stream(
        "POST",
        endpoint.url,
        json=message,
        headers={
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": "subscriptions/listen",
        },
    )


TAG = {"io.modelcontextprotocol/subscriptionId": "sub"}


def test_a_subscriber_hears_of_changes_and_of_the_end(endpoint: Endpoint, other: Endpoint) -> None:
    with listen(endpoint, {"toolsListChanged": True, "promptsListChanged": True}) as response:
        stream = frames(response)
        first = next(stream)
        assert first["method"] == "notifications/subscriptions/acknowledged"
        assert first["params"] == {"notifications": {"toolsListChanged": True}, "_meta": TAG}
        before = other.do(lambda world: world.version)
        other.call("test_trigger_tool_change")
        changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": TAG}}
        assert next(stream) == changed
        other.do(lambda world: world.restore(before))
        assert next(stream) == changed
        other.do(lambda world: world.close())
        last = next(stream)
        assert (last["id"], last["result"]["resultType"]) == ("sub", "complete")
        assert list(stream) == []


def test_a_subscriber_hears_only_what_it_asked_for(endpoint: Endpoint, other: Endpoint) -> None:
    with listen(endpoint, {"promptsListChanged": True}) as response:
        stream = frames(response)
        assert next(stream)["params"]["notifications"] == {}
        other.call("test_trigger_tool_change")
        other.do(lambda world: world.close())
        assert "result" in next(stream)


def test_a_subscriber_that_leaves_is_forgotten(endpoint: Endpoint, other: Endpoint) -> None:
    with listen(endpoint, {"toolsListChanged": True}) as response:
        stream = frames(response)
        next(stream)
        assert other.do(lambda world: len(world._listeners)) == 1
    while other.do(lambda world: len(world._listeners)):
        pass


def test_a_subscription_needs_a_stream_and_a_filter(endpoint: Endpoint) -> None:
    wanted = {"notifications": {}}
    assert endpoint.stateless("subscriptions/listen", wanted, accept="application/json").status_code == 406
    refused(endpoint.stateless("subscriptions/listen", {"notifications": 5}), 400, -32602)


def test_a_catalogue_in_the_world_changes_what_it_says(endpoint: Endpoint) -> None:
    def seed(world: Any) -> None:
        state = world.begin()
        tools = '{"tools":[{"name":"a","inputSchema":{"type":"object"},"z":1,"b":1.0}]}'
        seed_catalogue(state, "diagnostic", {"initialize": '{"serverInfo":{"name":"other"}}', "tools/list": [tools]})
        world.commit(state)

    endpoint.do(seed)
    response = endpoint.stateless("tools/list")
    assert '"tools":[{"name":"a","inputSchema":{"type":"object"},"z":1,"b":1.0}]' in response.text
    result = response.json()["result"]
    assert result["_meta"] == {"io.modelcontextprotocol/serverInfo": {"name": "other"}}
    assert result["resultType"] == "complete"
