"""The ASGI app: one request, one operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import Context, Receive, Scope, Send
from falsefront.kernel.operation import Failure, Operation, Reply
from falsefront.kernel.state import State
from falsefront.wire.http import Disconnected, Request, TooLarge, send_bytes, send_reply

from ..api import status
from ..api.call import OPTIONS, Call
from ..shape import Shape
from . import negotiation, routes, system
from .payloads import read_body
from .rendering import render
from .streaming import watch

NAME: Final = "kubernetes"
HEADERS: Final = ((b"cache-control", b"no-cache, private"),)
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_TABLES: Final = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")

Handle = Callable[[State, Operation], Any]


class App:
    """Serves the API over one shape."""

    def __init__(self, context: Context, shape: Callable[[], Shape], handle: Handle) -> None:
        self._context = context
        self._shape = shape
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse_socket(receive, send)
            return
        request = Request(scope, receive)
        call: Call | None = None
        try:
            call = await self._call(request)
            if call is None:
                await self._system(request, send)
            elif call.verb == "watch":
                await watch(self._context, self._shape(), self._handle, request, receive, send, call)
            else:
                await self._answer(request, send, call)
        except routes.NoSuchPath:
            await send_bytes(send, 404, [_TEXT, *HEADERS], b"404 page not found\n")
        except Disconnected:
            return
        except Failure as failure:
            await send_failure(send, failure, call)

    async def _call(self, request: Request) -> Call | None:
        """The request as a call on a resource; ``None`` if it is about the server itself."""
        request.world  # noqa: B018 (an unknown world is told first)
        if not request.path.startswith(("/api/", "/apis/")) or system.is_discovery(request.path):
            return None
        shape = self._shape()
        query = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
        options = {key: value for key, value in query.items() if key in OPTIONS}
        watching = query.get("watch", "false").lower() in ("true", "1") or ("watch" in query and not query["watch"])
        try:
            target = routes.find(shape, request.method, request.path, watch=watching)
        except Failure as failure:
            raise failure
        try:
            data = await request.body(self._context.max_body)
        except TooLarge as failure:
            text = f"Request entity too large: limit is {failure.limit}"
            raise status.error(413, "RequestEntityTooLarge", text, {}) from None
        call = Call(
            verb=target.verb,
            resource=target.resource,
            namespace=target.namespace,
            name=target.name,
            subresource=target.subresource,
            options=options,
            body=None,
            patch="",
            manager=_manager(request),
        )
        return read_body(shape, call, data, request.header(b"content-type"))

    async def _answer(self, request: Request, send: Send, call: Call) -> None:
        form = negotiation.choose(request.header(b"accept"), _TABLES)
        op = Operation(NAME, call.operation, call.args(), session=_session(request))
        access = "read" if call.verb in ("get", "list") else "write"
        exchange = Exchange(op, self._handle, request.world, link=request.link, access=access)
        result = await self._context.perform(exchange)
        if isinstance(result, Reply):
            await send_reply(send, result)
            return
        now = request.world.version.clock.now()
        code, headers, body = render(result, call, form, now)
        await send_bytes(send, code, [*headers, *HEADERS], body)

    async def _system(self, request: Request, send: Send) -> None:
        """Discovery, OpenAPI, version and health."""
        name = system.operation(request.path)
        if name is None:
            raise routes.NoSuchPath
        if request.method not in ("GET", "HEAD"):
            raise status.no_method()
        await request.body(self._context.max_body)
        shape = self._shape()

        def handle(state: State, op: Operation) -> Any:
            return system.SHOWN.get(op.name)

        op = Operation(NAME, name, {"path": request.path}, session=_session(request))
        result = await self._context.perform(Exchange(op, handle, request.world, link=request.link, access="read"))
        if isinstance(result, Reply):
            await send_reply(send, result)
            return
        code, headers, body = system.answer(shape, request)
        await send_bytes(send, code, headers, b"" if request.method == "HEAD" else body)


def _manager(request: Request) -> str:
    """The manager a change is put down to where the client names none: its user agent up to the slash."""
    return request.header(b"user-agent").split("/", 1)[0][:128] or "unknown"


def _session(request: Request) -> str:
    return request.header(b"kubectl-session")


async def send_failure(send: Send, failure: Failure, call: Call | None) -> None:
    """Send a failure as a Status."""
    shown = status.render(failure, call)
    headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json"), *HEADERS]
    if failure.retry_after:
        headers.append((b"retry-after", b"%d" % max(1, round(failure.retry_after))))
    await send_bytes(send, shown["code"], headers, orjson.dumps(shown) + b"\n")


async def _refuse_socket(receive: Receive, send: Send) -> None:
    """Streams into containers are not served: the handshake is refused."""
    message: Mapping[str, Any] = await receive()
    if message["type"] == "websocket.connect":
        await send({"type": "websocket.close", "code": 1008, "reason": "this server runs no containers"})
