"""``falsefront serve``."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from falsefront.runtime import Runtime
from falsefront.wire.server import bind
from falsefront.world.clock import Clock, microseconds, parse_duration, parse_time
from falsefront.world.journal import Journal
from falsefront.world.store import Version
from falsefront.world.worlds import DEFAULT

from ..app import control_plane
from ..archives import Archives
from ..exclusive import start
from ..fixture import EMPTY, Fixtures
from ..registry import BUILT_IN, load
from ..serving import Ports, Serving

SMTP: Final = 2525
PATIENCE: Final = 0.9
"""Seconds that a stopping server waits for threads that still work."""


def serve(options: argparse.Namespace) -> int:
    """Start a server and serve until a signal stops it."""
    # What is made by now stays: looking through it for garbage again and again would cost a fifth of the start.
    gc.disable()
    runner = _runner()
    runner(_Run(options).main())
    return 0


def _runner() -> Callable[[Any], Any]:
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run


class _Run:
    """One run of a server."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        journal = _journals(options.journal_dir) if options.journal_dir else lambda _: Journal()
        self._origin: Version | None = None
        self._runtime = Runtime(
            load(options.emulators or BUILT_IN),
            make_journal=journal,
            make=(lambda _: self._origin) if options.create_worlds else (lambda _: None),
            max_body=options.max_body,
            allowed_hosts=options.allow_host,
        )
        self._clock = _clock(options)
        self._fixtures = Fixtures(self._runtime, options.fixture, seed=options.seed, clock=self._clock)

    async def main(self) -> None:
        options = self._options
        token = options.token or os.environ.get("FALSEFRONT_TOKEN") or None
        serving = Serving(
            self._runtime,
            Ports(
                options.host,
                options.port,
                {"postgres": options.postgres_port, "smtp": _smtp_port(options)},
                options.control_port,
            ),
            control_plane(token, options.allow_host),
            self._fixtures,
            Archives(self._runtime, _absolute(options.archive_dir)),
        )
        if not token and options.control_port is None and not _private(options.host):
            told = "the control plane is open to whoever reaches it; give a --token, or move it with --control-port"
            print(f"falsefront: {told}", file=sys.stderr)
        try:
            await self._make_worlds()
        except BaseException:
            serving.close()
            raise
        self._stop_on_signals(serving)
        await serving.serve(lambda: self._begin(serving))
        self._fixtures.keep()

    def _begin(self, serving: Serving) -> None:
        self._announce(serving)
        gc.freeze()
        gc.enable()

    async def _make_worlds(self) -> None:
        name = self._fixtures.standard
        self._origin = version = await self._fixtures.version(name)
        worlds = self._runtime.worlds
        if name == EMPTY:
            name = DEFAULT
        first = worlds.create(name, version, fixture=self._fixtures.standard)
        if name != DEFAULT:
            worlds.fork(first, DEFAULT)
        for world in worlds:
            await start(self._runtime, world)

    def _stop_on_signals(self, serving: Serving) -> None:
        loop = asyncio.get_running_loop()

        def stop(*_: object) -> None:
            loop.call_soon_threadsafe(serving.server.stop)
            # A thread that still runs a query would hold up the interpreter's end.
            watchdog = threading.Timer(PATIENCE, os._exit, [0])
            watchdog.daemon = True
            watchdog.start()

        for number in (signal.SIGTERM, signal.SIGINT):
            # Not the loop's own handlers: they would wait for an operation that does not end.
            signal.signal(number, stop)

    def _announce(self, serving: Serving) -> None:
        from ..addresses import addresses

        found = addresses(serving, DEFAULT)
        if self._options.json:
            line = {
                "url": serving.endpoints.url,
                "postgres": found.postgres,
                "control": f"{serving.control_url}/_falsefront",
                "world": DEFAULT,
                "worlds": [world.name for world in self._runtime.worlds],
                **found.model_dump(exclude={"postgres"}),
            }
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            return
        from .welcome import welcome

        welcome(serving, found, token=bool(self._options.token or os.environ.get("FALSEFRONT_TOKEN")))


def _private(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _smtp_port(options: argparse.Namespace) -> int:
    """As asked for; else the usual one where it is free and the other ports are the usual ones too."""
    if options.smtp_port is not None:
        return int(options.smtp_port)
    if options.port == 0:
        return 0
    try:
        bind(options.host, SMTP).close()
    except OSError:
        return 0
    return SMTP


def _clock(options: argparse.Namespace) -> Callable[[Clock], Clock]:
    """What the options make of a fixture's clock."""
    time = parse_time(options.time) if options.time else None
    settle = parse_duration(options.settle) if options.settle else None

    def change(clock: Clock) -> Clock:
        if options.clock is not None:
            clock = clock.in_mode(options.clock)
        if time is not None:
            clock = clock.at_time(microseconds(time))
        return clock if settle is None else replace(clock, settle=settle)

    return change


def _journals(directory: str) -> Callable[[str], Journal]:
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)

    def make(name: str) -> Journal:
        return Journal(file=(folder / f"{name}.ndjson").open("ab"))

    return make


def _absolute(url: str | None) -> str | None:
    if url is None or re.match(r"[a-z][a-z0-9+.-]*://", url):
        return url
    return str(Path(url).absolute())
