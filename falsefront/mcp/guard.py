"""Who may knock: the DNS-rebinding check, what a client accepts, what it sends."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from falsefront.kernel.emulator import Scope
from falsefront.wire.http import Request

from .message import SERVER_ERROR, RpcError

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def check_caller(request: Request, allowed: Collection[str]) -> None:
    """On a connection to loopback, let in only who calls us by a loopback name or an allowed one. Raises ``RpcError``.

    A web page that a browser was lured to reaches a loopback port under its own host name; that is how it is told.
    """
    if not _on_loopback(request.scope):
        return
    host = request.header(b"host")
    name = _name(host)
    if not (name in LOOPBACK or _is_ours(name, allowed) or _is_address(name)):
        raise RpcError(SERVER_ERROR, f"Invalid Host header: {host}", status=403)
    origin = request.header(b"origin")
    if origin and not _is_ours(_name(origin.partition("://")[2]), allowed):
        raise RpcError(SERVER_ERROR, f"Invalid Origin header: {origin}", status=403)


def _on_loopback(scope: Scope) -> bool:
    server = scope.get("server")
    return server is None or server[0] in ("127.0.0.1", "::1") or str(server[0]).startswith("127.")


def _name(authority: str) -> str:
    """A host without its port, in lower case."""
    if authority.startswith("["):
        return authority[: authority.find("]") + 1].lower()
    return authority.partition(":")[0].lower()


def _is_ours(name: str, allowed: Collection[str]) -> bool:
    return name in LOOPBACK or name in allowed or name.endswith(".localhost")


def _is_address(name: str) -> bool:
    """Whether it is an address, which cannot be rebound."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def accepted(request: Request) -> tuple[bool, bool]:
    """Whether the client takes JSON, and whether it takes an event stream; without an Accept header it takes both."""
    return _accepted(request.headers.get(b"accept", b""))


@lru_cache(maxsize=256)
def _accepted(header: bytes) -> tuple[bool, bool]:
    accept = header.decode("latin-1").strip().lower()
    if not accept or "*/*" in accept:
        return True, True
    kinds = [kind.partition(";")[0].strip() for kind in accept.split(",")]
    return (
        "application/json" in kinds or "application/*" in kinds,
        "text/event-stream" in kinds or "text/*" in kinds,
    )


def check_content(request: Request) -> None:
    """Take nothing but JSON. Raises ``RpcError``."""
    header = request.headers.get(b"content-type", b"")
    if header == b"application/json":
        return
    kind = header.decode("latin-1").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RpcError(SERVER_ERROR, "Unsupported Media Type: Content-Type must be application/json", status=415)
