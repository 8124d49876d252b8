"""What an emulator is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .chain import Handler, Perform
from .operation import Access
from .state import State, TableSpec

if TYPE_CHECKING:
    from falsefront.world.world import World

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

FindWorld: TypeAlias = "Callable[[str], World]"
"""Gives a world by name; raises ``Failure`` (not_found) where there is none."""


@dataclass(frozen=True, slots=True)
class Op:
    """A catalogue entry: what fault rules match, the journal records and the docs name."""

    handler: Handler
    access: Access
    summary: str


@dataclass(frozen=True, slots=True)
class Http:
    """A surface reached by URL at ``/w/<world>/<emulator>``.

    ``claims`` are path prefixes that this emulator also answers at the server's root, for clients that
    take a host and no path. ``credential`` finds a world's name in a request's headers, if it holds one.
    """

    app: ASGIApp
    claims: tuple[str, ...] = ()
    credential: Callable[[Mapping[bytes, bytes]], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Tcp:
    """A surface with a port of its own; clients name their world in the protocol's own handshake."""

    name: str
    protocol: Callable[[], asyncio.Protocol]


Surface: TypeAlias = Http | Tcp


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a server listens, for an emulator to say how its clients find it."""

    url: str
    """The base URL, without a slash at its end."""
    tcp: Mapping[str, tuple[str, int]]
    """Host and port by ``Tcp.name``."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an emulator is given to serve with."""

    perform: Perform
    find_world: FindWorld
    max_body: int
    """The largest request body, in bytes."""
    allowed_hosts: frozenset[str] = frozenset()
    """Host names, besides loopback's own, by which a server on loopback may be called."""


class Emulator(Protocol):
    """A folder under ``emulators/`` exports one of these, called ``emulator``."""

    @property
    def name(self) -> str: ...
    @property
    def operations(self) -> Mapping[str, Op]:
        """Every operation by name; timers run theirs from here too."""
        ...

    @property
    def tables(self) -> Sequence[TableSpec]:
        """The tables it declares; an imported world's indexes are built from these."""
        ...

    def seed(self, state: State, data: Any) -> None:
        """Put a fixture's section for this emulator into a world. Raises ``Failure`` (invalid)."""
        ...

    def surfaces(self, context: Context) -> Sequence[Surface]: ...
    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        """The environment variables, DSNs and URLs by which unmodified clients find this world."""
        ...
