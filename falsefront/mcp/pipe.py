"""As much of an HTTP client as a bridge needs, from the standard library's cheapest parts."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO, Final

CHUNK: Final = 1 << 16
IDLE: Final = 2.0
"""Seconds after which a kept connection is let go of, before a server does so while a request is on its way."""


class Unreachable(Exception):
    """Nobody answered, or not in HTTP."""


class Origin:
    """Where a server is. ``url`` is http or https, with a path that requests are relative to."""

    def __init__(self, url: str) -> None:
        scheme, separator, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        host, port = authority, ""
        if not authority.endswith("]") and ":" in authority:
            host, _, port = authority.rpartition(":")
        if not separator or scheme not in ("http", "https") or not host or (port and not port.isdigit()):
            raise ValueError(f"{url!r} is no address of a server; it looks like http://127.0.0.1:7070")
        self.secure = scheme == "https"
        self.authority = authority
        self.host = host.strip("[]")
        self.port = int(port) if port else 443 if self.secure else 80
        self.path = f"/{path}".rstrip("/")

    def connect(self) -> socket.socket:
        """Open a connection. Raises ``Unreachable``."""
        try:
            sock = socket.create_connection((self.host, self.port), timeout=10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.secure:
                import ssl

                return ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
        except OSError as error:
            raise Unreachable(f"cannot reach {self.host}:{self.port}: {error}") from None
        return sock


class Response:
    """An answer whose head was read; its body is still to come."""

    def __init__(self, status: int, headers: Mapping[str, str], stream: BinaryIO) -> None:
        self.status = status
        self.headers = headers
        self._stream = stream

    def parts(self) -> Iterator[bytes]:
        """The body as it comes. Raises ``Unreachable`` if it breaks off."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(self._line().partition(b";")[0], 16):
                yield self._exactly(size)
                self._line()
            while self._line():
                pass
        else:
            left = int(self.headers.get("content-length", "0"))
            while left:
                part = self._exactly(min(left, CHUNK))
                left -= len(part)
                yield part

    def _line(self) -> bytes:
        line = self._stream.readline()
        if not line.endswith(b"\n"):
            raise Unreachable("the connection broke off")
        return line.strip()

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise Unreachable("the connection broke off")
        return data


class Connection:
    """One kept-alive connection, for one request at a time; ``timeout`` is for each read, in seconds."""

    def __init__(self, origin: Origin, timeout: float | None = None) -> None:
        self._origin = origin
        self._timeout = timeout
        self._used = 0.0
        self._socket: socket.socket | None = None
        self._stream: BinaryIO | None = None

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send a request. Raises ``Unreachable``."""
        if self._socket is not None and (time.monotonic() - self._used > IDLE or self.ready(0)):
            # There is nothing to read before a request: the server has closed it, or is about to.
            self.close()
        self._used = time.monotonic()
        if self._socket is None:
            self._socket = self._origin.connect()
            self._socket.settimeout(self._timeout)
            self._stream = self._socket.makefile("rb")
        lines = [f"{method} {self._origin.path}{path} HTTP/1.1", f"host: {self._origin.authority}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode("latin-1")
        try:
            self._socket.sendall(head + body if len(body) < CHUNK else head)
            if len(body) >= CHUNK:
                self._socket.sendall(body)
        except OSError as error:
            self.close()
            raise Unreachable(str(error)) from None

    def ready(self, seconds: float) -> bool:
        """Whether something arrives within that time."""
        assert self._socket is not None
        return bool(select.select([self._socket], [], [], seconds)[0])

    def receive(self) -> Response:
        """The answer. Raises ``Unreachable``."""
        stream = self._stream
        assert stream is not None
        try:
            status = stream.readline().split(None, 2)
            if len(status) < 2 or not status[0].startswith(b"HTTP/") or not status[1].isdigit():
                raise Unreachable("the connection was closed without an answer")
            headers: dict[str, str] = {}
            while line := stream.readline().strip():
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
        except OSError as error:
            raise Unreachable(str(error)) from None
        return Response(int(status[1]), headers, stream)

    def abort(self) -> None:
        """Break the connection off; the thread that reads from it is told so, and closes it."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
        if self._stream is not None:
            self._stream.close()
        self._socket = self._stream = None
