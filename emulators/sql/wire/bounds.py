"""What stops a statement from outside while it runs: its time limit, and the memory that it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from ..execute.run import OUT_OF_MEMORY
from ..session.session import Session

_LOOK: Final = 0.05
_MOST_GROWTH: Final = 1 << 30
"""Bytes by which the process may grow while one statement runs."""


@contextmanager
def stopped_after(milliseconds: int, stop: Callable[[], None]) -> Generator[None, None, None]:
    """Call ``stop`` if what is inside takes longer; zero is no limit."""
    if not milliseconds:
        yield
        return
    handle = asyncio.get_running_loop().call_later(milliseconds / 1000, stop)
    try:
        yield
    finally:
        handle.cancel()


@contextmanager
def watched(session: Session) -> Generator[None, None, None]:
    """Cancel the session's statement when the process has grown too much since it began."""
    start = _resident()
    loop = asyncio.get_running_loop()
    handle: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal handle
        if _resident() - start > _MOST_GROWTH:
            session.cancelled = session.cancelled or OUT_OF_MEMORY
        else:
            handle = loop.call_later(_LOOK, look)

    look()
    try:
        yield
    finally:
        if handle is not None:
            handle.cancel()


def _resident() -> int:
    """The process's resident bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0
