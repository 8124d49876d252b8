"""The server: one HTTP port for every façade, and a TCP port for each protocol of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from falsefront.kernel.emulator import ASGIApp, Receive, Scope, Send, Tcp

from .http import LINK
from .link import Link

log = logging.getLogger("falsefront")
BACKLOG: Final = 2048
MAX_HEAD: Final = 1 << 20
"""Bytes of a request's line and headers; as many as Go's servers take."""
_TOO_LONG: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 31\r\nconnection: close\r\n\r\nRequest Header Fields Too Large"
)


class LinkedHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol on a link, which every request finds in its scope's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        link = Link(transport)
        # The websocket protocol takes the state over from here, so it finds the link too.
        self.app_state = {**self.app_state, LINK: link}
        super().connection_made(link)

    # The parser would gather a head that never ends.

    _head: int | None = None

    def on_message_begin(self) -> None:
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > MAX_HEAD and not self.transport.is_closing():
                self.transport.write(_TOO_LONG)
                self.transport.close()


class LinkedTcp(asyncio.Protocol):
    """A protocol of our own, on a link; while it is connected it stands in ``open``."""

    def __init__(self, inner: asyncio.Protocol, open: set[Link] | None = None) -> None:
        self._inner = inner
        self._open = set[Link]() if open is None else open
        self._link: Link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not asyncio's by inheritance.
        self._link = Link(cast("asyncio.Transport", transport))
        self._open.add(self._link)
        self._inner.connection_made(self._link)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self._link)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, so that its port is known before anything is served. Raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(
            error.errno, f"cannot listen on {host}:{port}: {error.strerror}; choose another port, or 0"
        ) from None
    sock.setblocking(False)
    return sock


class Server:
    """HTTP apps and TCP protocols on their sockets, in the running event loop."""

    def __init__(self, apps: Sequence[tuple[ASGIApp, socket.socket]], tcp: Mapping[socket.socket, Tcp]) -> None:
        self._apps = apps
        self._tcp = tcp
        self._http: list[uvicorn.Server] = []
        self._tcp_servers: list[asyncio.Server] = []
        self._open: set[Link] = set()
        self._stopped = False

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stop`` is called or the task is cancelled; ``ready`` is called once all ports answer."""
        loop = asyncio.get_running_loop()
        for sock, surface in self._tcp.items():
            self._tcp_servers.append(
                await loop.create_server(self._linked(surface.protocol), sock=sock, backlog=BACKLOG)
            )
        self._http = [_Quiet(_config(self._until_stopped(app))) for app, _ in self._apps]
        running = [
            asyncio.ensure_future(server.serve(sockets=[sock]))
            for server, (_, sock) in zip(self._http, self._apps, strict=True)
        ]
        try:
            while not all(server.started for server in self._http):
                for task in running:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.002)
            ready()
            await asyncio.gather(*running)
        finally:
            self.stop()
            for server in self._tcp_servers:
                server.close()
            for link in tuple(self._open):
                link.abort()
            await asyncio.gather(*running, return_exceptions=True)
            # Whoever talked on those links hears of their end, and ends too.
            for _ in range(3):
                await asyncio.sleep(0)

    def _linked(self, protocol: Callable[[], asyncio.Protocol]) -> Callable[[], LinkedTcp]:
        return lambda: LinkedTcp(protocol(), self._open)

    def _until_stopped(self, app: ASGIApp) -> ASGIApp:
        """An app whose requests that are still under way at the end are let go of, and not told of as failures."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:
                link: Link | None = scope.get("state", {}).get(LINK)
                if not self._stopped or link is None:
                    raise
                link.abort()
                # uvicorn hears of the lost connection in the next turn of the loop.
                await asyncio.sleep(0)
                await asyncio.sleep(0)

        return serve

    def stop(self) -> None:
        """Let every connection go, soon."""
        self._stopped = True
        for server in self._http:
            server.should_exit = True
            server.force_exit = True


class _Quiet(uvicorn.Server):
    """A uvicorn server that leaves the process's signals to whoever runs it."""

    def install_signal_handlers(self) -> None:
        """Signals are the command line's business."""

    def capture_signals(self) -> Any:
        from contextlib import nullcontext

        return nullcontext()


def _websockets() -> type[asyncio.Protocol]:
    """Uvicorn's older websocket protocol: the newer one refuses the subprotocol of ``kubectl port-forward``."""
    with warnings.catch_warnings():
        # uvicorn warns that it is the older one.
        warnings.simplefilter("ignore")

        from uvicorn.protocols.websockets.websockets_impl import WebSocketProtocol
    return WebSocketProtocol


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=LinkedHttp,
        ws=_websockets(),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
        ws_max_size=16 * 1024 * 1024,
    )
