"""The handshake era, 2024-11-05 to 2025-11-25: ``initialize`` first, then messages that lean on it.

Nothing is kept of a session: the world is in the URL, the rest is in each message. What the TypeScript SDK says of
a bad message, this says in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.emulator import Receive, Send
from falsefront.kernel.operation import Reply

from .answer import Answer, refuse, respond, unwrap
from .message import INVALID_REQUEST, PARSE_ERROR, RpcError, kind_of
from .operations import Call, Opened, Operations, nothing
from .params import ABSENT, check_call, check_initialize, check_list
from .waiting import Cancelled, Waiting

BATCH: Final = 100
"""How many messages a batch may hold."""
_BATCHING: Final = ("", "2025-03-26")
"""What the version header says where batches are known: it is younger than they are."""


class Handshake:
    """Answers the messages of one server in the handshake era."""

    def __init__(self, operations: Operations, waiting: Waiting) -> None:
        self._operations = operations
        self._waiting = waiting

    async def serve(
        self, call: Call, message: Any, version: str, receive: Receive, send: Send, *, stream: bool
    ) -> None:
        """Answer a POST: one message, or a batch where the version has them. Raises ``RpcError``, ``Cancelled``."""
        kind = kind_of(message)
        if kind == "request":
            answer = await self._request(call, message, receive)
        elif isinstance(message, list):
            answer = await self._batch(call, message, version, receive)
        elif kind == "notification":
            await self._notification(call, message)
            answer = Answer()
        elif kind == "response":
            answer = Answer()
        else:
            raise RpcError(PARSE_ERROR, "Parse error: Invalid JSON-RPC message", status=400)
        await answer.send(send, stream=stream)

    async def _batch(self, call: Call, messages: list[Any], version: str, receive: Receive) -> Answer:
        if version not in _BATCHING:
            raise RpcError(INVALID_REQUEST, f"Invalid Request: {version} has no batches", status=400)
        if not messages:
            raise RpcError(INVALID_REQUEST, "Invalid Request: Batch must not be empty", status=400)
        if len(messages) > BATCH:
            raise RpcError(INVALID_REQUEST, f"Invalid Request: Batch must not exceed {BATCH} messages", status=400)
        kinds = [kind_of(message) for message in messages]
        if None in kinds:
            raise RpcError(PARSE_ERROR, "Parse error: Invalid JSON-RPC message", status=400)
        if len(messages) > 1 and any(message.get("method") == "initialize" for message in messages):
            raise RpcError(INVALID_REQUEST, "Invalid Request: Only one initialization request is allowed", status=400)
        whole = Answer()
        bodies: list[Any] = []
        for kind, message in zip(kinds, messages, strict=True):
            if kind == "notification":
                await self._notification(call, message)
            elif kind == "request":
                answer = await self._request(call, message, receive)
                if answer.reply is not None:
                    return answer
                bodies.append(answer.body)
                whole.notifications += answer.notifications
                whole.headers += answer.headers
        whole.body = bodies or None
        return whole

    async def _notification(self, call: Call, message: Mapping[str, Any]) -> None:
        params = message.get("params", {})
        await self._operations.note(call, message["method"], _without_meta(params))
        if message["method"] == "notifications/cancelled" and call.session:
            self._waiting.cancel((call.world.name, call.session, params.get("requestId")))

    async def _request(self, call: Call, message: Mapping[str, Any], receive: Receive) -> Answer:
        number = message["id"]
        params = message.get("params", ABSENT)
        # Without a session, one client's ids cannot be told from another's.
        key = (call.world.name, call.session, number) if call.session else None
        try:
            outcome = await self._waiting.run(self._do(call, message["method"], params), key, receive)
        except RpcError as error:
            return refuse(number, error, 200)
        except Cancelled as cancelled:
            if cancelled.gone:
                raise
            return refuse(number, RpcError(0, "Request cancelled"), 200)
        if isinstance(outcome, Reply):
            return Answer(reply=outcome)
        if isinstance(outcome, Opened):
            answer = respond(number, outcome.result)
            answer.headers.append((b"mcp-session-id", outcome.session.encode()))
            return answer
        result, notifications = unwrap(outcome, _token(params))
        answer = respond(number, result)
        answer.notifications = notifications
        return answer

    async def _do(self, call: Call, method: str, params: Any) -> Any:
        operations = self._operations
        if method == "tools/call":
            if not _is_plain_call(params):
                check_call(params)
            return await operations.call_tool(call, params["name"], params.get("arguments", {}))
        args = {} if params is ABSENT else _without_meta(params)
        if method == "tools/list":
            check_list(params)
            return await operations.do(call, method, args, operations.list_tools)
        if method == "ping":
            return await operations.do(call, method, args, nothing)
        if method == "initialize":
            check_initialize(params)
            return await operations.do(call, method, args, operations.initialize, "write")
        return await operations.unknown_method(call, method, args)


def _is_plain_call(params: Any) -> bool:
    """Whether nothing can be wrong with a tool call's params, as is nearly always so."""
    return (
        type(params) is dict
        and type(params.get("name")) is str
        and type(params.get("arguments", params)) is dict
        and "task" not in params
    )


def _without_meta(params: Mapping[str, Any]) -> Mapping[str, Any]:
    if "_meta" not in params:
        return params
    return {name: value for name, value in params.items() if name != "_meta"}


def _token(params: Any) -> Any:
    if params is ABSENT or "_meta" not in params:
        return None
    return params["_meta"].get("progressToken")
