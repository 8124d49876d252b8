"""A whole server in one object: runtime, data plane, control plane and ports."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from falsefront.kernel.emulator import ASGIApp, Emulator, Endpoints, Http, Tcp
from falsefront.runtime import Runtime
from falsefront.wire.server import Server, bind
from falsefront.wire.street import Street


@dataclass(slots=True)
class Ports:
    """Where to listen; 0 takes any free port. ``tcp`` is by the surface's name, and those not named get a free port."""

    host: str = "127.0.0.1"
    http: int = 0
    tcp: Mapping[str, int] | None = None


class Serving:
    """Everything between a runtime and its sockets."""

    def __init__(
        self, runtime: Runtime, ports: Ports | None = None, control: Callable[[Serving], ASGIApp] | None = None
    ) -> None:
        self.runtime = runtime
        ports = ports or Ports()
        http: dict[str, Http] = {}
        tcp: dict[Any, Tcp] = {}
        self._http_socket = bind(ports.host, ports.http)
        addresses: dict[str, tuple[str, int]] = {}
        for emulator in runtime.emulators.values():
            for surface in emulator.surfaces(runtime.context):
                if isinstance(surface, Http):
                    http[emulator.name] = surface
                    continue
                sock = bind(ports.host, (ports.tcp or {}).get(surface.name, 0))
                tcp[sock] = surface
                addresses[surface.name] = (ports.host, sock.getsockname()[1])
        port = self._http_socket.getsockname()[1]
        host = f"[{ports.host}]" if ":" in ports.host else ports.host
        self.endpoints = Endpoints(f"http://{host}:{port}", addresses)
        street: ASGIApp = Street(http, runtime.worlds.find)
        self.app: ASGIApp = control(self) if control else street
        self.street = street
        self.server = Server([(self.app, self._http_socket)], tcp)

    def environment(self, world: str) -> dict[str, str]:
        """What every emulator says of how its clients find a world."""
        found: dict[str, str] = {}
        for emulator in self.runtime.emulators.values():
            found.update(emulator.environment(self.endpoints, world))
        return found


class Background:
    """A server in a thread of its own, for tests and notebooks; a context manager."""

    def __init__(self, emulators: Iterable[Emulator], **settings: Any) -> None:
        self._emulators = list(emulators)
        self._settings = settings
        self._thread: threading.Thread | None = None
        self.serving: Serving

    def __enter__(self) -> Background:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        if not ready.wait(30):
            raise RuntimeError("the server did not start within 30 s")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self.serving.server.stop)
        self._thread.join(10)

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
            self._loop = asyncio.get_running_loop()
            self.serving = Serving(Runtime(self._emulators, **self._settings))
            self.runtime.worlds.create("default")
            await self.serving.server.serve(ready.set)

        asyncio.run(main())
