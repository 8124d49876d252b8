"""The little HTTP that façades share: a request read from ASGI, its body under a limit, an answer sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote

import orjson

from falsefront.kernel.chain import Link
from falsefront.kernel.emulator import Receive, Scope, Send
from falsefront.kernel.operation import Failure, FailureKind, Reply
from falsefront.world.world import World

WORLD: Final = "falsefront.world"
FAILURE: Final = "falsefront.failure"
LINK: Final = "falsefront.link"
JSON: Final = (b"content-type", b"application/json")
STATUS: Final[Mapping[FailureKind, int]] = {
    FailureKind.INVALID: 422,
    FailureKind.UNAUTHENTICATED: 401,
    FailureKind.FORBIDDEN: 403,
    FailureKind.NOT_FOUND: 404,
    FailureKind.CONFLICT: 409,
    FailureKind.GONE: 410,
    FailureKind.RATE_LIMITED: 429,
    FailureKind.QUOTA_EXCEEDED: 429,
    FailureKind.TIMEOUT: 504,
    FailureKind.UNAVAILABLE: 503,
    FailureKind.INTERNAL: 500,
}
"""How HTTP says each failure, where a system of our own has no older custom."""


class TooLarge(Failure):
    """A request body over the server's limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(FailureKind.INVALID, f"the request body is larger than {limit} bytes")
        self.limit = limit


class Disconnected(Exception):
    """The client went away before its request was whole."""


class Request:
    """One HTTP request to a façade.

    ``path`` is relative to the façade's own root and decoded; ``world`` raises ``Failure`` (not_found) where the
    URL names a world that is not there, so that each façade says so in its own words.
    """

    __slots__ = ("_receive", "headers", "method", "path", "query", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self.method: str = scope.get("method", "GET")
        root: str = scope.get("root_path", "")
        self.path: str = scope["path"][len(root) :] or "/"
        self.query: bytes = scope.get("query_string", b"")
        self.headers: dict[bytes, bytes] = dict(scope["headers"])

    @property
    def raw_path(self) -> str:
        """The path as it was sent, percent-encoded, below the façade's root."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        root = self.scope.get("root_path", "")
        text = raw.decode("latin-1")
        while root and unquote(text[: len(root)]) != root and len(text) > len(root):
            # The root itself was sent encoded: count its segments instead.
            return "/" + "/".join(text.split("/")[root.count("/") + 1 :])
        return text[len(root) :] or "/"

    @property
    def world(self) -> World:
        """The world the request is for."""
        world: World | None = self.scope.get(WORLD)
        if world is None:
            failure: Failure = self.scope.get(FAILURE) or Failure(FailureKind.NOT_FOUND, "there is no such world")
            raise failure
        return world

    @property
    def link(self) -> Link | None:
        """The connection it came over."""
        state: Mapping[str, Any] = self.scope.get("state") or {}
        return state.get(LINK)

    def header(self, name: bytes, default: str = "") -> str:
        """A header by its lower-case name, stripped."""
        value = self.headers.get(name)
        return default if value is None else value.decode("latin-1").strip()

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises ``TooLarge``, and ``Disconnected`` if the client leaves before its end."""
        length = self.headers.get(b"content-length")
        if length is not None and length.isdigit() and int(length) > limit:
            raise TooLarge(limit)
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            body: bytes = message.get("body", b"")
            if len(body) > limit:
                raise TooLarge(limit)
            return body
        parts: list[bytes] = []
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise Disconnected
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge(limit)
            if not message.get("more_body"):
                return b"".join(parts)
            message = await self._receive()


async def send_bytes(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
    """Send a whole answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_json(send: Send, status: int, value: Any, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send a value as JSON."""
    await send_bytes(send, status, [JSON, *headers], orjson.dumps(value))


async def send_reply(send: Send, reply: Reply) -> None:
    """Send what a fault rule answered in the operation's place."""
    body, headers = reply.body, {name.lower(): value for name, value in reply.headers.items()}
    if isinstance(body, str):
        data = body.encode()
        headers.setdefault("content-type", "text/plain; charset=utf-8")
    else:
        data = b"" if body is None else orjson.dumps(body)
        headers.setdefault("content-type", "application/json")
    await send_bytes(
        send, reply.status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()], data
    )
