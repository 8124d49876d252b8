"""The one path every operation takes, whatever protocol carried it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from .operation import Operation
from .state import State

Handler: TypeAlias = Callable[[State, Operation], Any]
"""What an emulator does: synchronous, so that it is atomic; pure but for its state."""


class Link(Protocol):
    """The server's end of a client's connection, for faults that are bytes and not meanings."""

    def arm(self, toxic: str, **settings: Any) -> None: ...


@dataclass(slots=True)
class Exchange:
    """An operation under way. Interceptors may change the plan, never the operation."""

    op: Operation
    handler: Handler
    world: Any
    """The ``falsefront.world.World`` it happens in (untyped here: the kernel knows no storage)."""
    link: Link | None = None
    access: str = "write"
    threaded: bool = False
    """The handler may be slow: run it in a thread, under its world's lock."""
    read_version: Any = None
    """Stale read: open the transaction at this older ``falsefront.world.Version``."""
    keep_writes: int | None = None
    """Torn write: keep only the first n changes; 0 loses them all."""
    duplicate: bool = False
    """Deliver it twice: the handler runs again in a transaction of its own; the first answer counts."""
    commit: Any = None
    """The ``falsefront.world.Commit`` that came of it, once it is done."""
    fired: list[str] = field(default_factory=list[str])
    delayed: float = 0.0
    """Seconds of delay that faults added."""


Perform: TypeAlias = Callable[[Exchange], Awaitable[Any]]
Interceptor: TypeAlias = Callable[[Exchange, Perform], Awaitable[Any]]


def fold(interceptors: Sequence[Interceptor], innermost: Perform) -> Perform:
    """Put interceptors around ``innermost``, the first one outermost."""
    perform = innermost
    for interceptor in reversed(interceptors):
        perform = _around(interceptor, perform)
    return perform


def _around(interceptor: Interceptor, proceed: Perform) -> Perform:
    def perform(exchange: Exchange) -> Awaitable[Any]:
        return interceptor(exchange, proceed)

    return perform
