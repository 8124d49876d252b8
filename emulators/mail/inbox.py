"""The inbox over HTTP: ``GET``, ``POST`` and ``DELETE /messages``, ``/messages/<id>``, ``/messages/<id>/raw``."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import Context, Op, Receive, Scope, Send
from falsefront.kernel.operation import Failure, FailureKind, Operation, Reply
from falsefront.wire.http import STATUS, Disconnected, Request, TooLarge, send_bytes, send_json, send_reply
from falsefront.world.digest import as_json

_NUMBER: Final = re.compile("[0-9]{1,18}")


class Inbox:
    """The ASGI app of the HTTP surface."""

    def __init__(self, context: Context, operations: dict[str, Op]) -> None:
        self._context = context
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        try:
            await self._answer(request, send)
        except Failure as failure:
            status = 413 if isinstance(failure, TooLarge) else STATUS[failure.kind]
            headers = [] if failure.retry_after is None else [(b"retry-after", b"%d" % failure.retry_after)]
            error = {"kind": failure.kind.value, "message": failure.message or failure.kind.value.replace("_", " ")}
            await send_json(send, status, {"error": error}, headers)
        except Disconnected:
            return

    async def _answer(self, request: Request, send: Send) -> None:
        name, args, raw = await self._operation(request)
        op = self._operations[name]
        exchange = Exchange(
            Operation("mail", name, args), op.handler, request.world, link=request.link, access=op.access
        )
        result = await self._context.perform(exchange)
        if isinstance(result, Reply):
            await send_reply(send, result)
        elif raw:
            await send_bytes(send, 200, [(b"content-type", b"message/rfc822")], result["raw"])
        else:
            shown = {key: value for key, value in result.items() if key != "raw"}
            await send_json(send, 201 if name == "messages.send" else 200, as_json(shown))

    async def _operation(self, request: Request) -> tuple[str, dict[str, Any], bool]:
        """The operation that a request asks for, and whether it wants the raw source."""
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["messages"]:
                return "messages.list", _query(request), False
            case "POST", ["messages"]:
                return "messages.send", await self._body(request), False
            case "DELETE", ["messages"]:
                return "messages.clear", {}, False
            case "GET", ["messages", id]:
                return "messages.get", {"id": id}, False
            case "GET", ["messages", id, "raw"]:
                return "messages.get", {"id": id}, True
            case "DELETE", ["messages", id]:
                return "messages.delete", {"id": id}, False
            case method, _:
                raise Failure(FailureKind.NOT_FOUND, f"{method} {request.path} is no operation; see /messages")

    async def _body(self, request: Request) -> dict[str, Any]:
        body = await request.body(self._context.max_body)
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Failure(FailureKind.INVALID, f"the body is not JSON: {error}") from None
        if not isinstance(value, dict) or set(value) - {"from", "to", "subject", "text", "html"}:
            raise Failure(FailureKind.INVALID, "the body is an object of from, to, subject, text and html")
        return value


def _query(request: Request) -> dict[str, Any]:
    args: dict[str, Any] = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    unknown = set(args) - {"to", "limit", "before"}
    if unknown:
        raise Failure(FailureKind.INVALID, f"unknown parameter {min(unknown)!r}; there are to, limit and before")
    for name in ("limit", "before"):
        if name in args and _NUMBER.fullmatch(args[name]):
            args[name] = int(args[name])
    return args
