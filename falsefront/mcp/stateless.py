"""The stateless era, 2026-07-28: every request says all there is to know, and its answer is the only channel back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.emulator import Receive, Send
from falsefront.kernel.operation import Reply
from falsefront.wire.http import Request
from falsefront.world.world import Commit, World

from .answer import STREAM, Answer, event, refuse, respond, unwrap
from .catalogue import CATALOGUES, SERVER_INFO_KEY
from .message import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    Raw,
    RpcError,
    dump,
    is_id,
    parse,
)
from .operations import STATELESS, Call, Operations, nothing
from .routing import (
    CAPABILITIES_KEY,
    HEADER_MISMATCH,
    LOG_LEVEL_KEY,
    MISSING_CAPABILITY,
    SUBSCRIPTION_KEY,
    UNSUPPORTED_VERSION,
    check_capabilities,
    check_envelope,
    check_mirrored,
    unsupported,
)
from .waiting import Waiting

STATUS: Final[Mapping[int, int]] = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
"""The HTTP status an error code is sent with; all others with 200."""
_LISTED: Final = {"ttlMs": 0, "cacheScope": "private"}
"""A list may change with its world at any time, and belongs to nobody else."""
KEEP_ALIVE: Final = 15.0
"""Seconds of silence after which an open stream carries a comment."""


class Stateless:
    """Answers the messages of one server in the stateless era."""

    def __init__(self, operations: Operations, waiting: Waiting) -> None:
        self._operations = operations
        self._waiting = waiting

    async def serve(
        self, call: Call, message: Any, request: Request, receive: Receive, send: Send, *, accepts: tuple[bool, bool]
    ) -> None:
        """Answer a POST. Raises ``RpcError``, ``Cancelled``."""
        if isinstance(message, dict) and "id" not in message:
            await self._notification(call, message, request)
            await Answer().send(send, stream=False)
            return
        if not _is_request(message):
            raise RpcError(INVALID_REQUEST, "Body must be a single JSON-RPC request or notification object", status=400)
        number = message["id"]
        try:
            check_envelope(message, request.headers, request.scope["headers"])
            if message["method"] == "subscriptions/listen":
                await self._listen(call, message, receive, send, accepts)
                return
            outcome = await self._waiting.run(self._do(call, message, request), None, receive)
        except RpcError as error:
            await refuse(number, error, STATUS.get(error.code, 200)).send(send, stream=False)
            return
        if isinstance(outcome, Reply):
            await Answer(reply=outcome).send(send, stream=False)
            return
        meta = message["params"]["_meta"]
        result, notifications = unwrap(outcome, meta.get("progressToken"), meta.get(LOG_LEVEL_KEY))
        answer = respond(number, self._complete(call.world, result, message["method"]))
        answer.notifications = notifications
        await answer.send(send, stream=not accepts[0])

    async def _notification(self, call: Call, message: Mapping[str, Any], request: Request) -> None:
        """Take note and do nothing: there is nothing that a notification could act on."""
        method = message.get("method")
        if message.get("jsonrpc") != "2.0" or not isinstance(method, str):
            raise RpcError(INVALID_REQUEST, "Body must be a single JSON-RPC request or notification object", status=400)
        version = request.header(b"mcp-protocol-version")
        if version not in STATELESS:
            raise unsupported(version)
        params = message.get("params")
        await self._operations.note(call, method, _arguments(params) if isinstance(params, dict) else {})

    async def _do(self, call: Call, message: Mapping[str, Any], request: Request) -> Any:
        operations, method, params = self._operations, message["method"], message["params"]
        if method == "tools/call":
            name, arguments = params.get("name"), params.get("arguments", {})
            if not isinstance(name, str) or not isinstance(arguments, dict):
                raise RpcError(INVALID_PARAMS, "Invalid request parameters")
            tool = operations.server.tools.get(name)
            if tool is not None:
                check_capabilities(tool.requires, params["_meta"][CAPABILITIES_KEY])
                if not request.header(b"falsefront-bridge"):
                    # Stdio has no headers, so there is nothing that could be unlike.
                    check_mirrored(tool.definition.get("inputSchema"), arguments, request.headers)
            return await operations.call_tool(call, name, arguments)
        args = _arguments(params)
        if method == "tools/list":
            if not isinstance(params.get("cursor", ""), str):
                raise RpcError(INVALID_PARAMS, "Invalid request parameters")
            return await operations.do(call, method, args, operations.list_tools)
        if method == "server/discover":
            return await operations.do(call, method, args, operations.discover)
        return await operations.unknown_method(call, method, args)

    def _complete(self, world: World, result: Any, method: str) -> Any:
        """Add what every result of this era says."""
        more: dict[str, Any] = {"resultType": "complete"}
        if method != "tools/call":
            more.update(_LISTED)
        meta = {SERVER_INFO_KEY: self._operations.information(world)}
        if isinstance(result, Raw):
            return _extend(result.text, {**more, "_meta": meta})
        if not isinstance(result, dict):
            return result
        # A captured answer of this era says these things itself.
        return {**result, **{key: value for key, value in more.items() if key not in result}} | {
            "_meta": {**meta, **(result.get("_meta") or {})}
        }

    # Subscriptions

    async def _listen(
        self, call: Call, message: Mapping[str, Any], receive: Receive, send: Send, accepts: tuple[bool, bool]
    ) -> None:
        """Tell of changes of the tool list, until the client goes or the world does."""
        if not accepts[1]:
            raise RpcError(INVALID_REQUEST, "Not Acceptable: Client must accept text/event-stream", status=406)
        params = message["params"]
        wanted = params.get("notifications")
        if not isinstance(wanted, dict):
            raise RpcError(INVALID_PARAMS, "Invalid request parameters")
        outcome = await self._operations.do(call, message["method"], _arguments(params), nothing)
        if isinstance(outcome, Reply):
            await Answer(reply=outcome).send(send, stream=False)
            return
        honoured = {"toolsListChanged": True} if wanted.get("toolsListChanged") is True else {}
        meta = {SUBSCRIPTION_KEY: message["id"]}
        changes: asyncio.Queue[str | None] = asyncio.Queue()
        stop = self._follow(call.world, changes)
        gone = asyncio.ensure_future(_disconnected(receive, changes))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(STREAM)})
            await _write(send, _notification("subscriptions/acknowledged", {"notifications": honoured, "_meta": meta}))
            while (change := await _next(changes)) is not None:
                if not change:
                    await send({"type": "http.response.body", "body": b": ping\n\n", "more_body": True})
                elif honoured:
                    await _write(send, _notification(change, {"_meta": meta}))
            result = {
                "resultType": "complete",
                "_meta": {**meta, SERVER_INFO_KEY: self._operations.information(call.world)},
            }
            await _write(send, {"result": result, "jsonrpc": "2.0", "id": message["id"]}, more=False)
        finally:
            stop()
            gone.cancel()

    def _follow(self, world: World, changes: asyncio.Queue[str | None]) -> Any:
        emulator = self._operations.server.emulator

        def catalogue(commit_version: Any) -> Any:
            table = commit_version.tables.get(CATALOGUES.name)
            return table.get(emulator) if table is not None else None

        def told(commit: Commit) -> None:
            if catalogue(commit.before) != catalogue(commit.after):
                changes.put_nowait("tools/list_changed")
            elif commit.rewound and commit.before is commit.after:
                # So a world closes. One that is restored to where it stands looks alike; clients listen again.
                changes.put_nowait(None)

        return world.listen(told)


def _extend(text: bytes, more: Mapping[str, Any]) -> Raw:
    """An object's text with further members, those that it has left as they are."""
    present = parse(text)
    missing = {key: value for key, value in more.items() if key not in present}
    if not missing:
        return Raw(text)
    return Raw(text.rstrip()[:-1] + (b"," if present else b"") + dump(missing)[1:])


def _is_request(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
        and is_id(message.get("id"))
        and isinstance(message.get("params", {}), dict)
    )


def _arguments(params: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in params.items() if name != "_meta"}


def _notification(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {"method": f"notifications/{method}", "params": params, "jsonrpc": "2.0"}


async def _write(send: Send, message: Any, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": event(message), "more_body": more})


async def _next(changes: asyncio.Queue[str | None]) -> str | None:
    """The next change; an empty one after a while of silence, and ``None`` at the end."""
    try:
        return await asyncio.wait_for(changes.get(), KEEP_ALIVE)
    except TimeoutError:
        return ""


async def _disconnected(receive: Receive, changes: asyncio.Queue[str | None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    changes.put_nowait(None)
