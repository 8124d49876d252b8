"""The disk over HTTP, for the ``falsefront files`` commands and the stdio bridge.

``POST /disk/<operation>?path=…``: arguments in the query, content in the body. Answers are JSON, or the bytes of a
file or an archive. An error is JSON with ``errno`` and ``message``. ``GET`` and ``PUT /roots`` are the roots.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote_to_bytes

import orjson

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import ASGIApp, Context, Receive, Scope, Send
from falsefront.kernel.operation import Failure, FailureKind, Operation, Reply
from falsefront.wire.http import JSON, STATUS, Disconnected, Request, TooLarge, send_bytes, send_json, send_reply

from .disk import OPERATIONS
from .errors import INJECTED, TEXTS
from .tree import encode

_NUMBERS: Final = frozenset({"offset", "size", "mode"})
_FLAGS: Final = frozenset({"exclusive", "parents"})
_BYTES: Final = ((b"content-type", b"application/octet-stream"),)
_STATUS: Final = {**STATUS, FailureKind.QUOTA_EXCEEDED: 507}
"""A full disk has a status of its own."""


def disk_app(context: Context) -> ASGIApp:
    """Serve ``/disk/…`` and ``/roots``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            await _serve(context, request, send)
        except TooLarge as error:
            await send_json(send, 413, {"errno": "EFBIG", "message": error.message})
        except Failure as failure:
            await send_bytes(send, _STATUS[failure.kind], [JSON], _json(_error(failure)))
        except Disconnected:
            return

    return app


async def _serve(context: Context, request: Request, send: Send) -> None:
    name = _operation(request)
    if name not in OPERATIONS:
        raise Failure(FailureKind.NOT_FOUND, f"there is no {request.method} {request.path}", native={"errno": "ENOSYS"})
    entry = OPERATIONS[name]
    args = await _arguments(context, request, name)
    op = Operation("filesystem", name, args, request.header(b"falsefront-session"))
    exchange = Exchange(op, entry.handler, request.world, request.link, entry.access, name == "disk.check_out")
    result = await context.perform(exchange)
    if isinstance(result, Reply):
        await send_reply(send, result)
    elif isinstance(result, bytes):
        await send_bytes(send, 200, _BYTES, result)
    elif isinstance(result, str):
        await send_bytes(send, 200, _BYTES, encode(result))
    else:
        await send_bytes(send, 200, [JSON], _json(result))


def _operation(request: Request) -> str:
    if request.path == "/roots":
        return {"GET": "roots.get", "PUT": "roots.set"}.get(request.method, "")
    return f"disk.{request.path.removeprefix('/disk/')}" if request.method == "POST" else ""


async def _arguments(context: Context, request: Request, name: str) -> dict[str, Any]:
    body = await request.body(context.max_body)
    if name == "roots.set":
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise Failure(FailureKind.INVALID, "the body is a JSON object", native={"errno": "EINVAL"})
        return found
    args: dict[str, Any] = {}
    for pair in request.query.split(b"&"):
        key, _, value = pair.partition(b"=")
        if key:
            args[key.decode("latin-1")] = _value(key.decode("latin-1"), unquote_to_bytes(value))
    if name == "disk.write":
        args["content"] = body
    return args


def _value(name: str, value: bytes) -> Any:
    """A path may have bytes that are no UTF-8; everything else has not."""
    text = value.decode("utf-8", "surrogateescape")
    try:
        if name in _NUMBERS:
            number = int(text)
            if number < 0:
                raise ValueError
            return number
        return float(text) if name == "modified" else text == "true" if name in _FLAGS else text
    except ValueError:
        raise Failure(FailureKind.INVALID, f"{name} is a number", native={"errno": "EINVAL"}) from None


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        # A name that is not UTF-8: its odd bytes go as the surrogates that stand for them.
        import json

        return json.dumps(value).encode()


def _error(failure: Failure) -> dict[str, Any]:
    errno = str(failure.native.get("errno", ""))
    if errno not in TEXTS:
        errno = INJECTED[failure.kind]
    more = {key: failure.native[key] for key in ("skipped", "changed") if key in failure.native}
    return {"errno": errno, "message": failure.message or TEXTS[errno], **more}
