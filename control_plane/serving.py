"""A whole server in one object: runtime, data plane, control plane and ports."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from falsefront.kernel.emulator import ASGIApp, Emulator, Endpoints, Http, Receive, Scope, Send, Tcp
from falsefront.runtime import Runtime
from falsefront.wire.server import Server, bind
from falsefront.wire.street import Street

if TYPE_CHECKING:
    from .archives import Archives
    from .fixture import Fixtures

CONTROL = "/_falsefront"
_PROBES = {"/ready": f"{CONTROL}/ready", "/health": f"{CONTROL}/health"}


@dataclass(slots=True)
class Ports:
    """Where to listen; 0 takes any free port. ``tcp`` is by the surface's name, and those not named get a free port.

    ``control`` gives the control plane a port of its own, so that whoever can reach only the façades cannot reach it.
    """

    host: str = "127.0.0.1"
    http: int = 0
    tcp: Mapping[str, int] | None = None
    control: int | None = None


class Front:
    """The main port's app: the façades, with the control plane among them unless it has its own port."""

    def __init__(self, street: ASGIApp, control: ASGIApp, *, apart: bool) -> None:
        self._street = street
        self._control = control
        self._apart = apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the one or the other; the probes are answered in either case."""
        path: str = scope["path"]
        if path in _PROBES:
            scope["path"] = _PROBES[path]
            await self._control(scope, receive, send)
        elif not self._apart and (path == CONTROL or path.startswith(CONTROL + "/")):
            await self._control(scope, receive, send)
        else:
            await self._street(scope, receive, send)


class Serving:
    """Everything between a runtime and its sockets.

    ``control`` makes the control plane; without one there is none. ``fixtures`` and ``archives`` are what it makes
    worlds from.
    """

    def __init__(
        self,
        runtime: Runtime,
        ports: Ports | None = None,
        control: Callable[[Serving], ASGIApp] | None = None,
        fixtures: Fixtures | None = None,
        archives: Archives | None = None,
    ) -> None:
        self.runtime = runtime
        self.ready = False
        self._fixtures = fixtures
        self._archives = archives
        self._sockets: list[Any] = []
        try:
            self._listen(ports or Ports(), control)
        except BaseException:
            self.close()
            raise

    def _listen(self, ports: Ports, control: Callable[[Serving], ASGIApp] | None) -> None:
        self.http: dict[str, Http] = {}
        tcp: dict[Any, Tcp] = {}
        main = self._bind(ports.host, ports.http)
        addresses: dict[str, tuple[str, int]] = {}
        for emulator in self.runtime.emulators.values():
            for surface in emulator.surfaces(self.runtime.context):
                if isinstance(surface, Http):
                    self.http[emulator.name] = surface
                    continue
                sock = self._bind(ports.host, (ports.tcp or {}).get(surface.name, 0))
                tcp[sock] = surface
                addresses[surface.name] = (reachable(ports.host), sock.getsockname()[1])
        self.endpoints = Endpoints(_url(ports.host, main), addresses)
        self.control_url = self.endpoints.url
        self.street = Street(self.http, self.runtime.worlds.find)
        app: ASGIApp = self.street
        apps = []
        if control is not None:
            plane = control(self)
            app = Front(self.street, plane, apart=ports.control is not None)
            if ports.control is not None:
                sock = self._bind(ports.host, ports.control)
                self.control_url = _url(ports.host, sock)
                apps.append((Front(plane, plane, apart=False), sock))
        self.app = app
        self.server = Server([(app, main), *apps], tcp)

    def _bind(self, host: str, port: int) -> Any:
        sock = bind(host, port)
        self._sockets.append(sock)
        return sock

    @property
    def fixtures(self) -> Fixtures:
        """What worlds can be made from."""
        if self._fixtures is None:
            from .fixture import Fixtures

            self._fixtures = Fixtures(self.runtime)
        return self._fixtures

    @property
    def archives(self) -> Archives:
        """Exported worlds on the server's side."""
        if self._archives is None:
            from .archives import Archives

            self._archives = Archives(self.runtime)
        return self._archives

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until the server is stopped or the task is cancelled; ``ready`` is called once all ports answer."""

        def begin() -> None:
            self.ready = True
            ready()

        try:
            await self.server.serve(begin)
        finally:
            self.ready = False
            self.close()

    def close(self) -> None:
        """Let go of every socket and every world's files."""
        for sock in self._sockets:
            sock.close()
        self.runtime.close()

    def environment(self, world: str, endpoints: Endpoints | None = None) -> dict[str, str]:
        """What every emulator says of how its clients find a world."""
        found: dict[str, str] = {}
        for emulator in self.runtime.emulators.values():
            found.update(emulator.environment(endpoints or self.endpoints, world))
        return found

    def reached_at(self, host: str) -> Endpoints:
        """Where this server is for a client that sends this ``Host``: by another name, or through another port."""
        name, port = _split(host)
        if not name:
            return self.endpoints
        own = self.endpoints
        if self.control_url != own.url or port is None:
            # The façades' port is not the one that was asked.
            port = urlsplit(own.url).port
        shown = f"[{name}]" if ":" in name else name
        there = own.tcp if name in _HERE else {tcp: (name, number) for tcp, (_, number) in own.tcp.items()}
        return Endpoints(f"http://{shown}:{port}", there)


_HERE: Final = ("localhost", "127.0.0.1", "::1")


def _split(host: str) -> tuple[str | None, int | None]:
    """A ``Host`` header's name and port; neither where it makes no sense."""
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname, parts.port
    except ValueError:
        return None, None


def reachable(host: str) -> str:
    """An address at which clients here find a server that listens on ``host``: every address is also loopback."""
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)


def _url(host: str, sock: Any) -> str:
    host = reachable(host)
    return f"http://{f'[{host}]' if ':' in host else host}:{sock.getsockname()[1]}"


class Background:
    """A server in a thread of its own, for tests and notebooks; a context manager.

    ``ports`` says where; further settings are ``Runtime``'s. What keeps it from starting is raised where it is
    entered.
    """

    def __init__(
        self, emulators: Iterable[Emulator], *, ports: Ports | None = None, token: str | None = None, **settings: Any
    ) -> None:
        self._emulators = list(emulators)
        self._ports = ports
        self._token = token
        self._settings = settings
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop
        self.serving: Serving

    def __enter__(self) -> Background:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True, name="falsefront")
        self._thread.start()
        if not ready.wait(30):
            raise RuntimeError("the server did not start within 30 s")
        if self._error is not None:
            self._thread.join(10)
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        assert self._thread is not None
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.serving.server.stop)
        self._thread.join(10)
        if self._thread.is_alive():
            raise RuntimeError("the server did not stop within 10 s")

    @property
    def url(self) -> str:
        """The base URL."""
        return self.serving.endpoints.url

    @property
    def runtime(self) -> Runtime:
        """The runtime; touch it only through ``call``."""
        return self.serving.runtime

    def call(self, work: Callable[[], Any]) -> Any:
        """Run something in the server's event loop and wait for it."""

        async def run() -> Any:
            result = work()
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def _run(self, ready: threading.Event) -> None:
        async def main() -> None:
            from .app import control_plane

            self._loop = asyncio.get_running_loop()
            self.serving = Serving(Runtime(self._emulators, **self._settings), self._ports, control_plane(self._token))
            self.runtime.worlds.create("default")
            await self.serving.serve(ready.set)

        try:
            asyncio.run(main())
        except BaseException as error:
            self._error = error
        finally:
            ready.set()
