"""The E2B sandbox's files API: ``/files`` over plain HTTP, ``filesystem.Filesystem`` as Connect with JSON.

Commands and watchers are refused as Connect refuses what a server does not have.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import ASGIApp, Context, Receive, Scope, Send
from falsefront.kernel.operation import Failure, FailureKind, Operation, Reply
from falsefront.wire.http import Disconnected, Request, TooLarge, send_bytes, send_json, send_reply
from falsefront.world.digest import speakable

from .e2b import OPERATIONS, E2bError

CODES: Final[Mapping[FailureKind, str]] = {
    FailureKind.INVALID: "invalid_argument",
    FailureKind.UNAUTHENTICATED: "unauthenticated",
    FailureKind.FORBIDDEN: "permission_denied",
    FailureKind.NOT_FOUND: "not_found",
    FailureKind.CONFLICT: "already_exists",
    FailureKind.GONE: "not_found",
    FailureKind.RATE_LIMITED: "resource_exhausted",
    FailureKind.QUOTA_EXCEEDED: "resource_exhausted",
    FailureKind.TIMEOUT: "deadline_exceeded",
    FailureKind.UNAVAILABLE: "unavailable",
    FailureKind.INTERNAL: "internal",
}
STATUS: Final[Mapping[str, int]] = {
    "invalid_argument": 400,
    "failed_precondition": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "already_exists": 409,
    "resource_exhausted": 429,
    "unimplemented": 501,
    "unavailable": 503,
    "deadline_exceeded": 504,
}
"""The HTTP status of each Connect code; the rest are 500."""
_UNIMPLEMENTED: Final = "this sandbox is a world of files: it runs no commands and watches no directories"
_END_OF_STREAM: Final = 2
_SERVICE: Final = "/filesystem.Filesystem/"
_NAME: Final = re.compile(rb'[ ;](filename|name)="((?:[^"\\]|\\.)*)"')


def e2b_app(context: Context) -> ASGIApp:
    """Serve the sandbox's daemon below ``/e2b``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.path.removeprefix("/e2b") or "/"
        try:
            if path == "/health":
                await send_bytes(send, 204, [], b"")
            elif path == "/files" and request.method in ("GET", "POST"):
                await _files(context, request, send)
            elif request.method == "POST" and "." in path:
                await _connect(context, request, path, send)
            else:
                await _refuse(send, 404, f"{request.method} {path} is no part of a sandbox's files")
        except TooLarge as error:
            await _refuse(send, 413, error.message)
        except Disconnected:
            return

    return app


async def _perform(context: Context, request: Request, name: str, args: Mapping[str, Any]) -> Any:
    entry = OPERATIONS[name]
    op = Operation("filesystem", name, args)
    return await context.perform(Exchange(op, entry.handler, request.world, request.link, entry.access))


def _code(failure: Failure) -> str:
    return str(failure.native.get("code") or CODES[failure.kind])


def _message(failure: Failure) -> str:
    return speakable(failure.message) or _code(failure).replace("_", " ")


async def _refuse(send: Send, status: int, message: str) -> None:
    await send_json(send, status, {"code": status, "message": speakable(message)})


# Whole files


async def _files(context: Context, request: Request, send: Send) -> None:
    query = parse_qs(request.query.decode("latin-1"), keep_blank_values=True, errors="surrogateescape")
    path = query.get("path", [None])[0]
    try:
        if request.method == "GET":
            result = await _perform(context, request, "e2b.read", {"path": path or ""})
            kind = b"application/octet-stream"
        else:
            files = await _uploads(context, request, path)
            written: list[Any] = []
            for name, content in files:
                result = await _perform(context, request, "e2b.write", {"path": name, "content": content})
                if isinstance(result, Reply):
                    break
                written.append(result)
            else:
                result = orjson.dumps(written)
            kind = b"application/json"
    except TooLarge:
        raise
    except Failure as failure:
        quota = failure.kind is FailureKind.QUOTA_EXCEEDED
        await _refuse(send, 507 if quota else STATUS.get(_code(failure), 500), _message(failure))
        return
    if isinstance(result, Reply):
        await send_reply(send, result)
    else:
        await send_bytes(send, 200, [(b"content-type", kind), (b"vary", b"Accept-Encoding")], result)


async def _uploads(context: Context, request: Request, path: str | None) -> list[tuple[str, bytes]]:
    """The files of an upload, by name. Raises ``Failure`` (invalid)."""
    if any(name.startswith(b"x-metadata-") for name in request.headers):
        raise E2bError("unimplemented", "files have no metadata here")
    body = await request.body(context.max_body)
    if request.header(b"content-encoding").lower() == "gzip":
        body = _decompress(body, context.max_body)
    kind = request.header(b"content-type")
    if kind.startswith("application/octet-stream"):
        if path is None:
            raise E2bError("invalid_argument", "path query parameter is required for raw body upload")
        return [(path, body)]
    boundary = re.search(r'boundary="?([^";]+)"?', kind)
    if not kind.startswith("multipart/") or boundary is None:
        expected = "expected multipart/form-data or application/octet-stream"
        raise E2bError("invalid_argument", f"unsupported content type: {kind}, {expected}")
    found: dict[str, bytes] = {}
    for names, content in _parts(body, boundary[1].encode("latin-1")):
        if names.get(b"name") != "file":
            continue
        name = path if path is not None else names.get(b"filename", "")
        if name in found:
            raise E2bError(
                "invalid_argument",
                f"you cannot upload multiple files to the same path '{name}' in one upload request, "
                "only the first specified file was uploaded",
            )
        found[name] = content
    return list(found.items())


def _decompress(body: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise E2bError("invalid_argument", f"error decompressing request body: {error}") from None
    if len(data) > limit:
        raise TooLarge(limit)
    if not unpacker.eof:
        raise E2bError("invalid_argument", "error decompressing request body: unexpected EOF")
    return data


def _parts(body: bytes, boundary: bytes) -> list[tuple[dict[bytes, str], bytes]]:
    """The parts of a multipart body: what each one's Content-Disposition names, and its content."""
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    found: list[tuple[dict[bytes, str], bytes]] = []
    for part in parts:
        if part.startswith(b"--"):
            return found
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            break
        names = {key: _unquote(value) for key, value in _NAME.findall(head)}
        found.append((names, content))
    raise E2bError("internal", "error reading form: multipart: NextPart: EOF", FailureKind.INTERNAL)


def _unquote(value: bytes) -> str:
    text = re.sub(rb"\\(.)", rb"\1", value).decode("utf-8", "surrogateescape")
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


# Connect


async def _connect(context: Context, request: Request, path: str, send: Send) -> None:
    kind = request.header(b"content-type").partition(";")[0]
    name = f"e2b.{path.removeprefix(_SERVICE)}" if path.startswith(_SERVICE) else ""
    try:
        if name not in OPERATIONS or name in ("e2b.read", "e2b.write"):
            await request.body(context.max_body)
            raise E2bError("unimplemented", _UNIMPLEMENTED)
        if kind != "application/json":
            raise E2bError("unimplemented", f"{kind or 'no content type'} is not spoken here; application/json is")
        result = await _perform(context, request, name, await _message_of(context, request))
    except TooLarge:
        raise
    except Failure as failure:
        error = {"code": _code(failure), "message": _message(failure)}
        if kind.startswith("application/connect+"):
            await _end_stream(send, kind, error)
        else:
            await send_json(send, STATUS.get(error["code"], 500), error)
        return
    if isinstance(result, Reply):
        await send_reply(send, result)
    else:
        await send_json(send, 200, result)


async def _message_of(context: Context, request: Request) -> dict[str, Any]:
    body = await request.body(context.max_body)
    try:
        message = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise E2bError("invalid_argument", f"unmarshal message: {error}") from None
    fields = {"path": str, "source": str, "destination": str, "depth": int}
    if not isinstance(message, dict):
        raise E2bError("invalid_argument", "unmarshal message: unexpected token")
    for name, kind in fields.items():
        if name in message and (not isinstance(message[name], kind) or isinstance(message[name], bool)):
            raise E2bError("invalid_argument", f"unmarshal message: invalid value for {name}")
    return message


async def _end_stream(send: Send, kind: str, error: Mapping[str, str]) -> None:
    """Refuse a stream: its status is 200, and its only frame says what is wrong."""
    body = orjson.dumps({"error": error})
    frame = bytes([_END_OF_STREAM]) + len(body).to_bytes(4, "big") + body
    await send_bytes(send, 200, [(b"content-type", kind.encode("latin-1"))], frame)
