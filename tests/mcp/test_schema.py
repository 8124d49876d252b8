"""The protocol's own schemas, as the `mcp-types` package has them, against what is answered in every version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from falsefront.mcp.catalogue import seed_catalogue
from tests.mcp.conftest import INITIALIZE, META, Endpoint, events
from tests.mcp.diagnostic import TOOLS

methods = pytest.importorskip("mcp_types.methods")
HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")


@pytest.mark.parametrize("version", HANDSHAKE)
def test_results_of_the_handshake_era(endpoint: Endpoint, version: str) -> None:
    for method, params in (
        ("initialize", {**INITIALIZE, "protocolVersion": version}),
        ("ping", {}),
        ("tools/list", {}),
    ):
        result = endpoint.request(method, params, mcp_protocol_version=version).json()["result"]
        methods.validate_server_result(method, version, result)
    for name in TOOLS:
        params = {"name": name, "arguments": {"text": "x"}}
        response = endpoint.request("tools/call", params, mcp_protocol_version=version, accept="text/event-stream")
        *notifications, last = events(response)
        for message in notifications:
            methods.parse_server_notification(message["method"], version, message["params"])
        methods.validate_server_result("tools/call", version, last["result"])


def test_results_of_the_stateless_era(endpoint: Endpoint) -> None:
    version = "2026-07-28"
    for method in ("server/discover", "tools/list"):
        methods.validate_server_result(method, version, endpoint.stateless(method).json()["result"])
    for name in (*TOOLS, "nope"):
        if not TOOLS.get(name) or not TOOLS[name].requires:
            response = endpoint.stateless("tools/call", {"name": name, "arguments": {"text": "x"}})
            methods.validate_server_result("tools/call", version, response.json()["result"])


def test_notifications(endpoint: Endpoint) -> None:
    params = {"name": "test_tool_with_progress", "_meta": {**META, "progressToken": 1}}
    for message in events(endpoint.stateless("tools/call", params))[:-1]:
        methods.parse_server_notification(message["method"], "2026-07-28", message["params"])


CALLS: list[Any] = [
    {},
    {"name": "echo"},
    {"name": 5},
    {"name": None},
    {"name": "echo", "arguments": {}},
    {"name": "echo", "arguments": []},
    {"name": "echo", "arguments": "x"},
    {"name": "echo", "arguments": {"text": 1}},
]


@pytest.mark.parametrize("params", CALLS, ids=json.dumps)
def test_a_call_is_refused_where_the_schema_refuses_it(endpoint: Endpoint, params: Any) -> None:
    params = {**params, "_meta": META}
    try:
        methods.validate_client_request("tools/call", "2026-07-28", params)
    except ValueError:
        fits = False
    else:
        fits = True
    name = params["name"] if isinstance(params.get("name"), str) else "5"
    answer = endpoint.stateless("tools/call", params, mcp_name=name).json()
    assert ("result" in answer) is fits


def test_a_catalogue_of_another_era_fits_too(endpoint: Endpoint) -> None:
    def seed(world: Any) -> None:
        state = world.begin()
        opened = '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"a","version":"1"}}'
        pages = ['{"tools":[{"name":"a","inputSchema":{"type":"object"}}]}']
        seed_catalogue(state, "diagnostic", {"initialize": opened, "tools/list": pages})
        world.commit(state)

    endpoint.do(seed)
    for method in ("server/discover", "tools/list"):
        methods.validate_server_result(method, "2026-07-28", endpoint.stateless(method).json()["result"])
    assert endpoint.call("echo", {"text": "x"})["isError"] is True
