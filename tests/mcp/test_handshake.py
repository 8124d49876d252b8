"""The handshake era: what the TypeScript SDK's servers answer, these answer."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import httpx
import pytest

from falsefront.faults import Rule, put_rule
from falsefront.faults.plan import counts_of
from tests.mcp.conftest import INITIALIZE, Endpoint, events
from tests.mcp.diagnostic import TOOLS


@pytest.mark.parametrize("version", ["2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_a_known_version_is_agreed_to(endpoint: Endpoint, version: str) -> None:
    response = endpoint.request("initialize", {**INITIALIZE, "protocolVersion": version})
    assert response.status_code == 200
    assert response.json() == {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {
            "protocolVersion": version,
            "capabilities": {"tools": {"listChanged": True}},
            "serverInfo": {"name": "diagnostic-server", "version": "1.0.0"},
            "instructions": "Only for tests.",
        },
    }
    assert all("!" <= character <= "~" for character in response.headers["mcp-session-id"])


@pytest.mark.parametrize("version", ["2026-07-28", "1999-01-01", "x"])
def test_any_other_version_is_answered_with_the_newest(endpoint: Endpoint, version: str) -> None:
    result = endpoint.request("initialize", {**INITIALIZE, "protocolVersion": version}).json()["result"]
    assert result["protocolVersion"] == "2025-11-25"


def test_sessions_differ_and_are_the_same_again_in_an_equal_world(endpoint: Endpoint) -> None:
    def open_two() -> list[str]:
        return [endpoint.request("initialize", INITIALIZE).headers["mcp-session-id"] for _ in range(2)]

    start = endpoint.do(lambda world: world.version)
    first = open_two()
    assert len(set(first)) == 2
    endpoint.do(lambda world: world.restore(start))
    assert open_two() == first


def test_a_session_that_was_never_opened_will_do(endpoint: Endpoint) -> None:
    assert endpoint.request("ping", mcp_session_id="anything-at-all").json()["result"] == {}
    assert endpoint.journal()[-1]["session"] == "anything-at-all"


def test_a_session_that_was_ended_is_gone(endpoint: Endpoint) -> None:
    session = endpoint.request("initialize", INITIALIZE).headers["mcp-session-id"]
    assert endpoint.request("ping", mcp_session_id=session).status_code == 200
    assert endpoint.http.delete(endpoint.url, headers={"mcp-session-id": session}).status_code == 200
    response = endpoint.request("ping", mcp_session_id=session)
    assert response.status_code == 404
    assert response.json()["error"] == {"code": -32001, "message": "Session not found"}
    assert endpoint.http.delete(endpoint.url, headers={"mcp-session-id": session}).status_code == 404
    assert endpoint.http.delete(endpoint.url).status_code == 400
    assert endpoint.request("ping").status_code == 200


def test_notifications_and_responses_are_acknowledged(endpoint: Endpoint) -> None:
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 7, "result": {}},
        {"jsonrpc": "2.0", "id": 7, "error": {"code": 1, "message": "no"}},
    ):
        response = endpoint.post(message)
        assert (response.status_code, response.content) == (202, b"")
    assert [entry["op"] for entry in endpoint.journal()] == ["notifications/initialized"]


def test_tools_are_listed_in_order_and_word_for_word(endpoint: Endpoint) -> None:
    result = endpoint.request("tools/list", {}).json()["result"]
    assert result == {"tools": [tool.definition for tool in TOOLS.values()]}


def test_a_call_is_an_operation_with_its_arguments(endpoint: Endpoint) -> None:
    assert endpoint.call("echo", {"text": "hi"}) == {"content": [{"type": "text", "text": "hi"}]}
    entry = endpoint.journal()[-1]
    assert (entry["emulator"], entry["op"], entry["args"]) == ("diagnostic", "echo", {"text": "hi"})
    assert entry["outcome"] == "ok"


def error_text(result: Any) -> str:
    assert result["isError"] is True
    assert [content["type"] for content in result["content"]] == ["text"]
    text: str = result["content"][0]["text"]
    return text


def test_what_goes_wrong_in_a_call_is_its_result(endpoint: Endpoint) -> None:
    assert error_text(endpoint.call("test_error_handling")) == "This tool intentionally returns an error for testing"
    assert error_text(endpoint.call("echo", {"text": 5})) == "text must be a string"
    assert error_text(endpoint.call("nope")) == "MCP error -32602: Tool nope not found"
    assert error_text(endpoint.call("")) == "MCP error -32602: Tool  not found"
    assert error_text(endpoint.call("__proto__")) == "MCP error -32602: Tool __proto__ not found"
    assert [entry["failure"]["kind"] for entry in endpoint.journal()] == ["invalid", "invalid", *["not_found"] * 3]


def test_a_crash_tells_nothing_of_the_server(endpoint: Endpoint) -> None:
    response = endpoint.request("tools/call", {"name": "crash"})
    assert response.status_code == 200
    assert "secret" not in response.text
    assert response.json()["result"]["isError"] is True


def zod(*issues: tuple[str, str, list[str]]) -> str:
    return json.dumps(
        [
            {
                "expected": expected,
                "code": "invalid_type",
                "path": path,
                "message": f"Invalid input: expected {expected}, received {received}",
            }
            for expected, received, path in issues
        ],
        indent=2,
    )


ARGUMENTS = ["params", "arguments"]
NAME = ["params", "name"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (None, zod(("object", "undefined", ["params"]))),
        ({}, zod(("string", "undefined", NAME))),
        ({"name": 5}, zod(("string", "number", NAME))),
        ({"name": True}, zod(("string", "boolean", NAME))),
        ({"name": "echo", "arguments": []}, zod(("record", "array", ARGUMENTS))),
        ({"name": "echo", "arguments": None}, zod(("record", "null", ARGUMENTS))),
        ({"name": "echo", "arguments": "x"}, zod(("record", "string", ARGUMENTS))),
        ({"arguments": 5}, zod(("string", "undefined", NAME), ("record", "number", ARGUMENTS))),
        ({"name": "echo", "task": 5}, zod(("object", "number", ["params", "task"]))),
        ({"name": "echo", "task": {}}, "Server does not support task creation (required for tools/call)"),
    ],
)
def test_a_misshapen_call_is_a_protocol_error(endpoint: Endpoint, params: Any, message: str) -> None:
    response = endpoint.request("tools/call", params)
    assert response.status_code == 200
    assert response.json() == {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": message}}


def test_a_misshapen_initialize_names_everything_that_is_wrong(endpoint: Endpoint) -> None:
    error = endpoint.request("initialize", {"protocolVersion": 5, "capabilities": []}).json()["error"]
    assert error["message"] == zod(
        ("string", "number", ["params", "protocolVersion"]),
        ("object", "array", ["params", "capabilities"]),
        ("object", "undefined", ["params", "clientInfo"]),
    )


def test_a_cursor_must_be_a_string(endpoint: Endpoint) -> None:
    error = endpoint.request("tools/list", {"cursor": 5}).json()["error"]
    assert error["message"] == zod(("string", "number", ["params", "cursor"]))
    assert "tools" in endpoint.request("tools/list", {"cursor": "anything"}).json()["result"]


@pytest.mark.parametrize("method", ["resources/list", "prompts/list", "logging/setLevel", "server/discover", "nope"])
def test_an_unknown_method_is_not_found(endpoint: Endpoint, method: str) -> None:
    response = endpoint.request(method, {})
    assert response.status_code == 200
    assert response.json()["error"] == {"code": -32601, "message": "Method not found"}


@pytest.mark.parametrize(
    "message",
    [
        5,
        "x",
        None,
        {},
        {"id": 1, "method": "ping"},
        {"jsonrpc": "1.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        {"jsonrpc": "2.0", "id": True, "method": "ping"},
        {"jsonrpc": "2.0", "id": 2**60, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1, "method": 5},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": None},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "extra": 1},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": 5}},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": {"progressToken": 1.5}}},
        {"jsonrpc": "2.0", "id": 1, "result": 5},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": "x", "message": "no"}},
    ],
)
def test_what_is_no_message_is_refused(endpoint: Endpoint, message: Any) -> None:
    response = endpoint.post(message)
    assert response.status_code == 400
    assert response.json() == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32700, "message": "Parse error: Invalid JSON-RPC message"},
    }
    assert endpoint.journal() == []


# Batches


def ping(number: int) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "ping"}


@pytest.mark.parametrize("headers", [{}, {"mcp_protocol_version": "2025-03-26"}])
def test_a_batch_is_answered_as_one(endpoint: Endpoint, headers: dict[str, str]) -> None:
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    call = {"jsonrpc": "2.0", "id": "c", "method": "tools/call", "params": {"name": "test_error_handling"}}
    answers = endpoint.post([ping(1), note, call], **headers).json()
    assert [answer["id"] for answer in answers] == [1, "c"]
    assert answers[1]["result"]["isError"] is True
    assert endpoint.post([note, note], **headers).status_code == 202


def test_a_bad_batch_is_refused_as_a_whole(endpoint: Endpoint) -> None:
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}
    for batch, code in (([], -32600), ([ping(1), 5], -32700), ([first, ping(2)], -32600), ([ping(1)] * 101, -32600)):
        response = endpoint.post(batch)
        assert (response.status_code, response.json()["error"]["code"]) == (400, code)
    assert endpoint.journal() == []


def test_later_versions_have_no_batches(endpoint: Endpoint) -> None:
    assert endpoint.post([ping(1)], mcp_protocol_version="2025-06-18").status_code == 400


# Notifications, streams, cancellation


def test_progress_comes_before_the_result_in_a_stream(endpoint: Endpoint) -> None:
    params = {"name": "test_tool_with_progress", "_meta": {"progressToken": "t"}}
    *progress, last = events(endpoint.request("tools/call", params))
    assert [message["params"] for message in progress] == [
        {"progressToken": "t", "progress": step, "total": 100} for step in (0, 50, 100)
    ]
    assert last["id"] == 1
    assert "result" in last


def test_nobody_gets_progress_who_gave_no_token(endpoint: Endpoint) -> None:
    response = endpoint.request("tools/call", {"name": "test_tool_with_progress"})
    assert response.headers["content-type"] == "application/json"


def test_a_client_that_takes_only_a_stream_gets_one(endpoint: Endpoint) -> None:
    assert events(endpoint.request("ping", accept="text/event-stream")) == [
        {"jsonrpc": "2.0", "id": 1, "result": {}},
    ]


@pytest.fixture
def slow(endpoint: Endpoint) -> Endpoint:
    """Calls of ``count`` take an hour."""
    rule = Rule.model_validate({"when": {"op": "count"}, "then": [{"delay": "1h"}]})
    endpoint.do(lambda world: put_rule(world, "slow", rule))
    return endpoint


def is_waiting(endpoint: Endpoint) -> bool:
    return bool(endpoint.do(lambda world: counts_of(world.version, "slow").fired))


def test_a_call_that_waits_can_be_given_up(slow: Endpoint, other: Endpoint) -> None:
    answers: list[Any] = []

    def call() -> None:
        answers.append(other.request("tools/call", {"name": "count"}, number=9, mcp_session_id="s").json())

    thread = threading.Thread(target=call)
    thread.start()
    while thread.is_alive():
        for session, number in (("another", 9), ("s", 8)):
            cancel(slow, session, number)
        if is_waiting(slow):
            cancel(slow, "s", 9)
            thread.join(10)
    assert answers[0]["error"] == {"code": 0, "message": "Request cancelled"}
    given_up(slow)


def cancel(endpoint: Endpoint, session: str, number: int) -> None:
    note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}
    assert endpoint.post(note, mcp_session_id=session).status_code == 202


def test_a_call_ends_when_its_client_goes_away(slow: Endpoint) -> None:
    message = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"count"}}'
    url = httpx.URL(slow.url)
    with socket.create_connection((url.host, url.port)) as client:
        client.sendall(
            b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
            % (url.raw_path, len(message), message)
        )
        while not is_waiting(slow):
            pass
    while not slow.journal():
        pass
    given_up(slow)


def given_up(endpoint: Endpoint) -> None:
    entry = next(entry for entry in endpoint.journal() if entry["op"] == "count")
    assert entry["failure"]["message"] == "the client went away"
    assert entry["changes"] == []
    assert endpoint.request("ping").json()["result"] == {}
