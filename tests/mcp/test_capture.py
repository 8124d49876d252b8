"""Catalogues: taken from a real server, put into a world, and served with the very same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from falsefront.control_plane.serving import Background
from falsefront.kernel.operation import Failure
from falsefront.mcp.capture import main
from falsefront.mcp.rawjson import member, members
from falsefront.mcp.stub import stub
from falsefront.world.store import Transaction, Version
from tests.mcp.conftest import INITIALIZE, Endpoint

# Key order, number forms, escapes and blanks that no serialiser writes like this by itself.
OPENED = '{"serverInfo":{"version":"1.0","name":"odd"}, "protocolVersion":"2025-11-25","capabilities":{"tools":{}}}'
PAGES = [
    r'{"tools":[{"z":1.0,"name":"look","inputSchema":{"type":"object"},"d":"\u00e9\/é"}],"nextCursor":"p2"}',
    r'{"tools":[{"name":"find","inputSchema":{"type":"object"},"n":1e2}]}',
]
SERVER = f"""
import json, sys
opened, pages = {OPENED!r}, {PAGES!r}
for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "initialize":
        print("some words that are no JSON")
        print('{{"jsonrpc":"2.0","id":9,"method":"roots/list"}}')
        print('{{"jsonrpc":"2.0","method":"notifications/message","params":{{}}}}')
        result = opened
    elif message.get("method") == "tools/list":
        result = pages[1 if message["params"].get("cursor") == "p2" else 0]
    elif message.get("method") == "tools/call":
        result = '{{"content":[{{"type":"text","text":"%s"}}],"x":1.0}}' % message["params"]["arguments"]["q"]
    else:
        continue
    print('{{"result":%s,"jsonrpc":"2.0","id":%s}}' % (result, json.dumps(message["id"])), flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> list[str]:
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return [sys.executable, str(path)]


def test_members_are_found_as_they_were_written() -> None:
    text = ' { "a" : [1.0, {"b":2}] ,"r\\u0065sult": {"z":1,"a":1.50} , "a":null }'
    assert list(members(text)) == [("a", '[1.0, {"b":2}]'), ("result", '{"z":1,"a":1.50}'), ("a", "null")]
    assert member(text, "a") == "null"
    assert member(text, "b") is None
    assert list(members("{}")) == []
    for bad in ("[]", "", "{1:2}", '{"a" 1}', '{"a":'):
        with pytest.raises(ValueError, match=r"."):
            list(members(bad))


def test_a_command_is_captured_word_for_word(
    server: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.json"
    assert main(["mcp", "-o", str(path), "--", *server]) == 0
    assert capsys.readouterr().out == f"{path}: 2 tools\n"
    assert json.loads(path.read_text()) == {
        "format": "falsefront-mcp-catalogue/1",
        "initialize": OPENED,
        "tools/list": PAGES,
    }


def test_a_url_is_captured_in_either_era(endpoint: Endpoint, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    assert main(["mcp", "--url", endpoint.url, "-o", str(path)]) == 0
    captured = json.loads(path.read_text())
    assert json.loads(captured["tools/list"][0]) == endpoint.request("tools/list").json()["result"]
    assert json.loads(captured["initialize"])["serverInfo"]["name"] == "diagnostic-server"


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-c", "pass"], ["/nowhere/to/be/found"], [sys.executable, "-c", "print(input())"]],
)
def test_what_is_no_server_is_said(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.json"
    assert main(["mcp", "-o", str(path), "--", *command]) == 1
    assert capsys.readouterr().err.startswith("falsefront capture: ")
    assert not path.exists()
    with pytest.raises(SystemExit):
        main(["mcp"])


def test_a_session_is_recorded_while_it_goes_on(server: list[str], tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/list", "params": {"cursor": "p2"}},
        {"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "look", "arguments": {"q": "a"}}},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "falsefront.mcp.capture", "mcp", "--record", "-o", str(path), "--", *server],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert [json.loads(line).get("id") for line in done.stdout.splitlines()[1:]] == [9, None, 1, 2, 3, 4]
    recorded = json.loads(path.read_text())
    assert (recorded["initialize"], recorded["tools/list"]) == (OPENED, PAGES)
    result = '{"content":[{"type":"text","text":"a"}],"x":1.0}'
    assert recorded["calls"] == [{"tool": "look", "arguments": {"q": "a"}, "result": result}]


# In a world

CATALOGUE = {"format": "falsefront-mcp-catalogue/1", "initialize": OPENED, "tools/list": PAGES}


@pytest.fixture
def stubbed(
    serve: Callable[..., Background], connect: Callable[[Background, str], Endpoint], request: pytest.FixtureRequest
) -> Callable[[Any], Endpoint]:
    def make(section: Any) -> Endpoint:
        background = serve("mcpstub")
        world = f"w{zlib.crc32(request.node.nodeid.encode())}"
        background.call(lambda: background.runtime.worlds.create(world))
        endpoint = connect(background, world)
        endpoint.url = f"{background.url}/w/{world}/mcpstub/mcp"

        def seed(world: Any) -> None:
            state = world.begin()
            background.runtime.emulators["mcpstub"].seed(state, section)
            world.commit(state)

        endpoint.do(seed)
        return endpoint

    return make


def test_a_catalogue_is_served_byte_for_byte(stubbed: Callable[[Any], Endpoint]) -> None:
    endpoint = stubbed({"catalogue": json.dumps(CATALOGUE)})
    assert endpoint.request("initialize", INITIALIZE).text == f'{{"result":{OPENED},"jsonrpc":"2.0","id":1}}'
    older = endpoint.request("initialize", {**INITIALIZE, "protocolVersion": "2025-03-26"}).json()["result"]
    assert older == {**json.loads(OPENED), "protocolVersion": "2025-03-26"}
    assert endpoint.request("tools/list").text == f'{{"result":{PAGES[0]},"jsonrpc":"2.0","id":1}}'
    assert endpoint.request("tools/list", {"cursor": "p2"}).text == f'{{"result":{PAGES[1]},"jsonrpc":"2.0","id":1}}'
    assert endpoint.request("tools/list", {"cursor": "p9"}).json()["error"]["code"] == -32602
    stateless = endpoint.stateless("tools/list").text
    assert stateless.startswith(f'{{"result":{PAGES[0][:-1]},"resultType":"complete"')
    found = endpoint.stateless("server/discover").json()["result"]
    assert (found["capabilities"], found["resultType"]) == ({"tools": {}}, "complete")
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "odd"


def test_a_server_of_the_stateless_era_is_served_in_both(stubbed: Callable[[Any], Endpoint]) -> None:
    info = '{"io.modelcontextprotocol/serverInfo":{"name":"new","version":"2"}}'
    text = '{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":60000,"cacheScope":"public",'
    text += f'"resultType":"complete","instructions":"Do.","_meta":{info}}}'
    endpoint = stubbed({"catalogue": {"server/discover": text, "tools/list": PAGES}})
    assert endpoint.stateless("server/discover").text == f'{{"result":{text},"jsonrpc":"2.0","id":1}}'
    opened = endpoint.request("initialize", INITIALIZE).json()["result"]
    assert opened["serverInfo"] == {"name": "new", "version": "2"}
    assert opened["instructions"] == "Do."


def text_of(endpoint: Endpoint, name: str, **arguments: Any) -> str:
    text: str = endpoint.call(name, arguments)["content"][0]["text"]
    return text


def says(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}


def test_calls_are_answered_from_recordings_in_turn(stubbed: Callable[[Any], Endpoint]) -> None:
    exact = '{"content":[{"type":"text","text":"a"}],"x":1.0}'
    endpoint = stubbed(
        {
            "catalogue": {**CATALOGUE, "calls": [{"tool": "look", "arguments": {"q": 1, "r": 2}, "result": exact}]},
            "calls": [
                {"tool": "find", "arguments": {}, "result": says("first")},
                {"tool": "find", "result": says("second")},
                {"tool": "look", "error": {"code": -32050, "message": "no", "data": 5}},
            ],
        }
    )
    response = endpoint.request("tools/call", {"name": "look", "arguments": {"r": 2, "q": 1}})
    assert response.text == f'{{"result":{exact},"jsonrpc":"2.0","id":1}}'
    assert [text_of(endpoint, "find") for _ in range(3)] == ["first", "second", "second"]
    error = endpoint.request("tools/call", {"name": "look"}).json()["error"]
    assert error == {"code": -32050, "message": "no", "data": 5}


def test_a_script_answers_what_no_recording_does(stubbed: Callable[[Any], Endpoint]) -> None:
    endpoint = stubbed(
        {
            "catalogue": CATALOGUE,
            "script": [
                {"tool": "find", "where": {"q": {"contains": "x"}}, "text": "nothing for {q}, {n} or {other}"},
                {"tool": "f*", "error": "too hard"},
                {"tool": "look", "result": {"content": [], "isError": True}},
            ],
        }
    )
    assert text_of(endpoint, "find", q="axb", n=[1]) == "nothing for axb, [1] or {other}"
    error = endpoint.request("tools/call", {"name": "find", "arguments": {"q": "b"}}).json()["error"]
    assert error == {"code": -32603, "message": "too hard"}
    assert endpoint.call("look") == {"content": [], "isError": True}


def test_an_unknown_call_fails_loudly(stubbed: Callable[[Any], Endpoint]) -> None:
    endpoint = stubbed(
        {"catalogue": CATALOGUE, "calls": [{"tool": "find", "arguments": {"q": "a"}, "result": says("a")}]}
    )
    error = endpoint.request("tools/call", {"name": "find", "arguments": {"q": "b"}}).json()["error"]
    assert error == {
        "code": -32603,
        "message": 'mcpstub has no answer for find {"q":"b"}; recorded are: find {"q":"a"}',
    }
    error = endpoint.request("tools/call", {"name": "look"}).json()["error"]
    assert error["message"] == "mcpstub has no answer for look {}; no call of look is recorded"
    assert [entry["failure"]["kind"] for entry in endpoint.journal()] == ["not_found", "not_found"]
    assert text_of(endpoint, "made-up") == "MCP error -32602: Tool made-up not found"


@pytest.mark.parametrize(
    "section",
    [
        5,
        {"unknown": 1},
        {"catalogue": {}},
        {"catalogue": "{"},
        {"catalogue": {"tools/list": ["{"]}},
        {"catalogue": {"tools/list": ["{}"]}},
        {"catalogue": {"tools/list": [], "initialize": "[]"}},
        {"calls": [{"result": {}}]},
        {"calls": [{"tool": "x"}]},
        {"calls": [{"tool": "x", "result": {}, "error": {}}]},
        {"script": [{"tool": "x"}]},
        {"script": [{"text": "x", "typo": 1}]},
        {"script": [{"text": "x", "where": {"q": {"gte": 1, "other": 2}}}]},
    ],
)
def test_a_bad_section_is_refused(section: Any) -> None:
    with pytest.raises(Failure, match="invalid"):
        stub("x").seed(Transaction(Version()), section)


async def test_a_responder_of_ones_own() -> None:
    own = stub("x", lambda state, op: says(f"{op.name} at {state.now.year}"))
    state = Transaction(Version())
    from falsefront.kernel.operation import Operation

    assert own._answer(state, Operation("x", "any", {}))["content"][0]["text"] == f"any at {state.now.year}"
