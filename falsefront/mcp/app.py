"""An MCP endpoint as an ASGI app: both eras of the protocol on one route, and nothing kept per session or world."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.emulator import ASGIApp, Context, Receive, Scope, Send
from falsefront.kernel.operation import Failure, Reply
from falsefront.wire.http import Disconnected, Request, TooLarge, send_bytes, send_json, send_reply
from falsefront.world.world import World

from .answer import refuse
from .guard import accepted, check_caller, check_content
from .handshake import Handshake
from .message import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, SERVER_ERROR, RpcError, parse
from .operations import HANDSHAKE, Call, Operations, has_ended
from .routing import VERSION_KEY
from .stateless import Stateless
from .tool import McpServer
from .waiting import Cancelled, Waiting

log = logging.getLogger("falsefront")
SESSION_GONE: Final = -32001


def mcp_app(server: McpServer, context: Context) -> ASGIApp:
    """Serve an emulator's tools over streamable HTTP, at whatever path the app is asked for."""
    return Endpoint(server, context)


class Endpoint:
    """One MCP endpoint; it serves every world, and keeps nothing between requests but the calls that wait."""

    def __init__(self, server: McpServer, context: Context) -> None:
        self._context = context
        waiting = Waiting()
        self._operations = Operations(server, context)
        self._handshake = Handshake(self._operations, waiting)
        self._stateless = Stateless(self._operations, waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1002})
            return
        request = Request(scope, receive)
        try:
            check_caller(request, self._context.allowed_hosts)
            if request.method == "POST":
                await self._post(request, receive, send)
            elif request.method == "DELETE" and _is_handshake(request):
                await self._delete(request, send)
            else:
                await _refuse_method(send)
        except RpcError as error:
            await refuse(None, error, 400).send(send, stream=False)
        except TooLarge as error:
            text = f"Payload Too Large: Request body must not exceed {error.limit} bytes"
            await refuse(None, RpcError(SERVER_ERROR, text, status=413), 413).send(send, stream=False)
        except (Cancelled, Disconnected):
            return
        except Exception:
            log.exception("%s: a request failed", scope["path"])
            await refuse(None, RpcError(INTERNAL_ERROR, "Internal error"), 500).send(send, stream=False)

    async def _post(self, request: Request, receive: Receive, send: Send) -> None:
        accepts = accepted(request)
        if not any(accepts):
            text = "Not Acceptable: Client must accept both application/json and text/event-stream"
            raise RpcError(SERVER_ERROR, text, status=406)
        check_content(request)
        body = await request.body(self._context.max_body)
        try:
            message = parse(body)
        except ValueError:
            raise RpcError(PARSE_ERROR, "Parse error: Invalid JSON", status=400) from None
        world = _world(request)
        version = request.header(b"mcp-protocol-version")
        call = Call(world, request.header(b"mcp-session-id"), request.link)
        if call.session and has_ended(call):
            raise RpcError(SESSION_GONE, "Session not found", status=404)
        if _is_stateless(version, message):
            await self._stateless.serve(call, message, request, receive, send, accepts=accepts)
        else:
            await self._handshake.serve(call, message, version, receive, send, stream=not accepts[0])

    async def _delete(self, request: Request, send: Send) -> None:
        call = Call(_world(request), request.header(b"mcp-session-id"), request.link)
        if not call.session:
            raise RpcError(SERVER_ERROR, "Bad Request: Mcp-Session-Id header is required", status=400)
        if has_ended(call):
            raise RpcError(SESSION_GONE, "Session not found", status=404)
        outcome = await self._operations.end_session(call)
        if isinstance(outcome, Reply):
            await send_reply(send, outcome)
        else:
            await send_bytes(send, 200, [], b"")


def _world(request: Request) -> World:
    try:
        return request.world
    except Failure as failure:
        raise RpcError(INVALID_REQUEST, failure.message, status=404) from None


def _is_handshake(request: Request) -> bool:
    version = request.header(b"mcp-protocol-version")
    return not version or version in HANDSHAKE


def _is_stateless(version: str, message: Any) -> bool:
    """Which era a request is of: by its version header, else by the envelope that only one of them has."""
    if version and version not in HANDSHAKE:
        return True
    if not isinstance(message, dict):
        return False
    params = message.get("params")
    meta: Mapping[str, Any] | Any = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and VERSION_KEY in meta


async def _refuse_method(send: Send) -> None:
    """Refuse a stream that nothing would come over, and whatever else is no POST."""
    body = {"jsonrpc": "2.0", "error": {"code": SERVER_ERROR, "message": "Method not allowed."}, "id": None}
    await send_json(send, 405, body, [(b"allow", b"POST, DELETE")])
