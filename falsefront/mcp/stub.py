"""A stand-in for any MCP server: its own words from a captured catalogue, its answers from recordings or a script.

A world's section for it, with the file that ``falsefront capture mcp`` wrote as ``catalogue``::

    {"catalogue": {…, "calls": […]},
     "calls": [{"tool": "search", "arguments": {"q": "x"}, "result": {…}}],
     "script": [{"tool": "search", "where": {"q": {"contains": "x"}}, "text": "nothing for {q}"}]}

A recorded call is answered by its exact arguments, the n-th time with the n-th recording, then with the last. What no
recording answers goes to the first rule of the script that fits: ``text``, ``result`` or ``error``. A call that nothing
answers fails as a protocol error, so that nobody takes it for the tool's own words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from falsefront.faults.when import check_pattern, matches
from falsefront.kernel.chain import Handler
from falsefront.kernel.emulator import Context, Endpoints, Http, Op, Receive, Scope, Send, Surface
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State, TableSpec
from falsefront.wire.http import Request, send_json

from .app import mcp_app
from .catalogue import find_catalogue, read_catalogue, seed_catalogue, verbatim
from .message import INTERNAL_ERROR
from .operations import MCP_TABLES, protocol_operations
from .tool import McpServer

ANSWERS: Final = TableSpec("mcp.answers")
"""By (emulator, the call as text): the recorded answers in order."""
SCRIPTS: Final = TableSpec("mcp.scripts")
"""By emulator: the rules in order."""
ASKED: Final = TableSpec("mcp.asked", content=False)
"""By (emulator, the call as text): how often it was asked."""

_FIELD: Final = re.compile(r"\{(\w+)\}")
_ANSWER_KINDS: Final = ("text", "result", "error")


def stub(name: str, respond: Handler | None = None) -> Stub:
    """An emulator of that name for a server of which no more is known than a world's section says.

    ``respond`` is a responder of your own: it gets ``(state, operation)`` for what nothing else answers, and returns a
    CallToolResult or raises ``Failure``.
    """
    return Stub(name, respond)


class Stub:
    """The emulator; its endpoint is at ``/w/<world>/<name>/mcp``."""

    def __init__(self, name: str, respond: Handler | None) -> None:
        self._respond = respond
        self._name = name
        self._server = McpServer(name, name, "0", {}, unknown_call=self._answer)
        self.tables = (*MCP_TABLES, ANSWERS, SCRIPTS, ASKED)

    @property
    def name(self) -> str:
        """The emulator's name."""
        return self._name

    @property
    def operations(self) -> Mapping[str, Op]:
        """The protocol's own; the tools' are whatever the catalogue lists."""
        return protocol_operations(self._server)

    def seed(self, state: State, data: Any) -> None:
        """Put a section into a world. Raises ``Failure`` (invalid)."""
        if not isinstance(data, Mapping) or not set(data) <= {"catalogue", "calls", "script"}:
            raise _invalid("it has 'catalogue', 'calls' and 'script', and nothing else")
        catalogue = read_catalogue(data.get("catalogue"))
        if catalogue is not None:
            seed_catalogue(state, self._name, catalogue)
        recorded = catalogue.get("calls", ()) if isinstance(catalogue, Mapping) else ()
        self._seed_calls(state, [*recorded, *data.get("calls", ())])
        if "script" in data:
            state.table(SCRIPTS).put(self._name, [_rule(rule) for rule in data["script"]])

    def _seed_calls(self, state: State, calls: Sequence[Any]) -> None:
        answers: dict[str, list[Any]] = {}
        for call in calls:
            if not isinstance(call, Mapping) or not isinstance(call.get("tool"), str):
                raise _invalid("a call has no 'tool'")
            answer = {kind: call[kind] for kind in ("result", "error") if kind in call}
            if len(answer) != 1:
                raise _invalid("a call has either a 'result' or an 'error'")
            answers.setdefault(_key(call["tool"], call.get("arguments", {})), []).append(answer)
        for key, found in answers.items():
            state.table(ANSWERS).put((self._name, key), found)

    def surfaces(self, context: Context) -> Sequence[Surface]:
        """One endpoint for every world."""
        endpoint = mcp_app(self._server, context)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and Request(scope, receive).path.rstrip("/") != "/mcp":
                await send_json(send, 404, {"error": "the MCP endpoint is at /mcp"})
            else:
                await endpoint(scope, receive, send)

        return [Http(app)]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        """The endpoint's URL."""
        variable = re.sub(r"\W", "_", self._name).upper()
        return {f"{variable}_MCP_URL": f"{endpoints.url}/w/{world}/{self._name}/mcp"}

    def _answer(self, state: State, op: Operation) -> Any:
        """Answer a call from the recordings, else the script, else the responder."""
        key = (self._name, _key(op.name, op.args))
        answers = state.table(ANSWERS).get(key)
        if answers:
            asked = state.table(ASKED).get(key) or 0
            state.table(ASKED).put(key, asked + 1)
            return _render(answers[min(asked, len(answers) - 1)], op)
        for rule in state.table(SCRIPTS).get(self._name) or ():
            if fnmatchcase(op.name, rule["tool"]) and matches(op.args, rule["where"]):
                return _render(rule, op)
        if self._respond is not None:
            return self._respond(state, op)
        catalogue = find_catalogue(state, self._name)
        if catalogue is not None and catalogue["names"] and op.name not in catalogue["names"]:
            raise Failure(FailureKind.NOT_FOUND, self._server.unknown_tool(op.name))
        raise self._unanswered(state, op)

    def _unanswered(self, state: State, op: Operation) -> Failure:
        """Say what was asked, and what could have been."""
        start = f"{op.name} "
        near: list[str] = []
        for (name, key), _ in state.table(ANSWERS).scan((self._name, start)):
            if name != self._name or not key.startswith(start) or len(near) == 5:
                break
            near.append(key)
        recorded = f"; recorded are: {', '.join(near)}" if near else f"; no call of {op.name} is recorded"
        message = f"{self._name} has no answer for {_key(op.name, op.args)}{recorded}"
        return Failure(FailureKind.NOT_FOUND, message, native={"code": INTERNAL_ERROR})


def _key(tool: str, arguments: Any) -> str:
    """A call as text: equal for equal calls, whatever the order of their arguments."""
    return f"{tool} {json.dumps(arguments, sort_keys=True, separators=(',', ':'))}"


def _rule(rule: Any) -> Mapping[str, Any]:
    if not isinstance(rule, Mapping) or not set(rule) <= {"tool", "where", *_ANSWER_KINDS}:
        raise _invalid("a rule of the script has 'tool', 'where', and one of 'text', 'result' and 'error'")
    answer = {kind: rule[kind] for kind in _ANSWER_KINDS if kind in rule}
    if len(answer) != 1:
        raise _invalid("a rule of the script has one of 'text', 'result' and 'error'")
    try:
        where = check_pattern(rule.get("where", {}))
    except ValueError as error:
        raise _invalid(str(error)) from None
    return {"tool": rule.get("tool", "*"), "where": where, **answer}


def _render(answer: Mapping[str, Any], op: Operation) -> Any:
    if "text" in answer:
        text = _FIELD.sub(lambda field: _shown(op.args.get(field[1], field[0])), str(answer["text"]))
        return {"content": [{"type": "text", "text": text}]}
    if "result" in answer:
        result = answer["result"]
        return verbatim(result) if isinstance(result, str) else result
    error = answer["error"] if isinstance(answer["error"], Mapping) else {"message": str(answer["error"])}
    native = {"code": error.get("code", INTERNAL_ERROR), "data": error.get("data")}
    raise Failure(FailureKind.INVALID, str(error.get("message", "")), native=native)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _invalid(why: str) -> Failure:
    return Failure(FailureKind.INVALID, f"this is no section of a stub server: {why}")
