"""The sync client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

import httpx

from . import asks, transport
from .asks import Ask, Time
from .shapes import Addresses, Clock, Diff, Entry, Fault, FaultInfos, Mark, WorldInfo, WorldInfos

T = TypeVar("T")


class Falsefront:
    """A falsefront server; a context manager.

    ``url`` is its address without a path, else ``FALSEFRONT_URL``, else port 7070 of this machine; ``token`` is
    else ``FALSEFRONT_TOKEN``. Raises ``FalsefrontError`` and what is below it.
    """

    def __init__(self, url: str | None = None, token: str | None = None, *, timeout: float = 60.0) -> None:
        self.url = asks.server_url(url)
        self._http = httpx.Client(**transport.settings(self.url, token, timeout))
        self.worlds = Worlds(self)

    def __enter__(self) -> Falsefront:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def send(self, ask: Ask[T]) -> T:
        """Send a request and read its answer."""
        with transport.told(self.url):
            answer = self._http.request(ask.method, ask.path, **transport.request(ask))
        return transport.read(ask, answer)

    def world(self, name: str = "default") -> World:
        """A handle on a world, whether it is there or not."""
        return World(self, name)

    def health(self) -> dict[str, Any]:
        """What the server says of itself, once it is ready."""
        return self.send(asks.health())

    def emulators(self) -> list[dict[str, Any]]:
        """What is loaded, with every operation."""
        return self.send(asks.emulators())

    def fixtures(self) -> list[str]:
        """What worlds can be made from."""
        return self.send(asks.fixtures())

    def import_world(self, file: bytes | str, name: str | None = None) -> World:
        """Make a world from an exported one: its bytes, or a path or fsspec URL on this side."""
        content = file if isinstance(file, bytes) else transport.load(file)
        return World(self, self.send(asks.import_world(content, name))["name"])


class Worlds:
    """The server's worlds."""

    def __init__(self, client: Falsefront) -> None:
        self._client = client

    def __iter__(self) -> Iterator[World]:
        return iter([World(self._client, info["name"]) for info in self.list()])

    def list(self) -> WorldInfos:
        """Every world, in the order of creation."""
        return self._client.send(asks.worlds())

    def get(self, name: str) -> World:
        """A world that is there. Raises ``NotFound``."""
        return World(self._client, self._client.send(asks.world(name))["name"])

    def create(
        self,
        name: str | None = None,
        *,
        fixture: str | None = None,
        from_: str | World | None = None,
        mark: str | None = None,
        file: str | None = None,
        data: Mapping[str, Any] | None = None,
        seed: int | None = None,
        clock: Mapping[str, Any] | None = None,
    ) -> World:
        """Make a world: from a fixture, another world or a mark of it, or a file of the server's.

        With none of these it begins as the server's own worlds did. Raises ``Conflict`` where the name is taken.
        """
        source = from_.name if isinstance(from_, World) else from_
        ask = asks.create(name, fixture=fixture, from_=source, mark=mark, file=file, data=data, seed=seed, clock=clock)
        return World(self._client, self._client.send(ask)["name"])

    def drop(self, name: str) -> None:
        """Drop a world. Raises ``NotFound``."""
        self._client.send(asks.drop(name))


class World:
    """A handle on one world; as a context manager it drops the world at the end."""

    def __init__(self, client: Falsefront, name: str) -> None:
        self.name = name
        self._client = client
        self.faults = Faults(client, name)
        self.clock = WorldClock(client, name)

    def __repr__(self) -> str:
        return f"World({self.name!r})"

    def __enter__(self) -> World:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def info(self) -> WorldInfo:
        """The world as it stands."""
        return self._client.send(asks.world(self.name))

    def addresses(self) -> Addresses:
        """Everything ready to paste."""
        return self._client.send(asks.addresses(self.name))

    def environment(self) -> dict[str, str]:
        """The environment variables by which unmodified clients find this world."""
        return self._client.send(asks.environment(self.name))

    def fork(self, name: str | None = None, *, mark: str | None = None, seed: int | None = None) -> World:
        """A new world at this one's present state, or at one of its marks; another seed gives it other ids."""
        return World(self._client, self._client.send(asks.fork(self.name, name, mark=mark, seed=seed))["name"])

    def mark(self, name: str) -> Mark:
        """Keep the present state under a name; a mark of that name is replaced."""
        return self._client.send(asks.mark(self.name, name))

    def marks(self) -> list[Mark]:
        """The marks, in the order they were taken."""
        return self._client.send(asks.marks(self.name))

    def unmark(self, name: str) -> None:
        """Forget a mark. Raises ``NotFound``."""
        self._client.send(asks.unmark(self.name, name))

    def restore(self, mark: str) -> WorldInfo:
        """Put everything back to a mark. Raises ``NotFound``."""
        return self._client.send(asks.restore(self.name, mark))

    def reset(self) -> WorldInfo:
        """Put everything back to how the world began."""
        return self._client.send(asks.reset(self.name))

    def drop(self) -> None:
        """Drop the world. Raises ``NotFound``."""
        self._client.send(asks.drop(self.name))

    def digest(self) -> str:
        """The hash of the content: equal for equal states."""
        return self._client.send(asks.digest(self.name))

    def diff(self, other: str | World | None = None, *, mark: str | None = None, limit: int | None = None) -> Diff:
        """What changed since the world began, or since a mark; or what differs from here to ``other``.

        ``other`` is a world, or text: ``world``, ``world@mark`` or ``world#version``.
        """
        after = other.name if isinstance(other, World) else other
        return self._client.send(asks.diff(self.name, after, mark=mark, limit=limit))

    def seed(self, data: Mapping[str, Any] | None = None, *, fixture: str | None = None) -> WorldInfo:
        """Put more into the world: sections by emulator, as in a fixture."""
        return self._client.send(asks.seed(self.name, data or {}, fixture))

    def journal(
        self,
        *,
        after: int | None = None,
        limit: int | None = None,
        last: int | None = None,
        emulator: str | None = None,
        op: str | None = None,
        session: str | None = None,
        outcome: str | None = None,
        fault: str | None = None,
        changed: bool | None = None,
    ) -> list[Entry]:
        """What happened, oldest first: every entry that is in memory, unless filters or ``limit`` say otherwise."""
        ask = asks.journal(
            self.name,
            after=after,
            limit=limit,
            last=last,
            emulator=emulator,
            op=op,
            session=session,
            outcome=outcome,
            fault=fault,
            changed=changed,
        )
        return self._client.send(ask)

    def clear_journal(self) -> int:
        """Forget the entries in memory; how many there were."""
        return self._client.send(asks.clear_journal(self.name))

    def expect(self, body: Mapping[str, Any] | None = None, **expectation: Any) -> list[int]:
        """Assert over the journal: ``op="charges.create", exactly=1``. Raises ``ExpectationFailed``.

        Returns how many entries each expectation found.
        """
        return self._client.send(asks.expect(self.name, {**(body or {}), **expectation}))

    def export(self, file: str | None = None) -> bytes:
        """The world as the bytes of a file; written to ``file`` (a path or fsspec URL on this side) too."""
        content = self._client.send(asks.export(self.name))
        if file is not None:
            transport.save(file, content)
        return content

    def export_to(self, url: str) -> dict[str, Any]:
        """Write the world to a file of the server's."""
        return self._client.send(asks.export_to(self.name, url))


class Faults:
    """A world's fault rules."""

    def __init__(self, client: Falsefront, world: str) -> None:
        self._client = client
        self._world = world

    def put(
        self,
        name: str,
        then: Sequence[Mapping[str, Any]] | Mapping[str, Any],
        *,
        when: Mapping[str, Any] | None = None,
        times: int | None = None,
        ttl: str | float | None = None,
    ) -> Fault:
        """Put a rule under a name, in place of one of that name. Raises ``InvalidRequest``."""
        return self._client.send(asks.put_fault(self._world, name, when, then, times, ttl))

    def list(self) -> FaultInfos:
        """Every rule and what it has met."""
        return self._client.send(asks.faults(self._world))

    def get(self, name: str) -> Fault:
        """A rule and what it has met. Raises ``NotFound``."""
        return self._client.send(asks.fault(self._world, name))

    def remove(self, name: str) -> None:
        """Remove a rule. Raises ``NotFound``."""
        self._client.send(asks.remove_fault(self._world, name))

    def clear(self) -> int:
        """Remove every rule; how many there were."""
        return self._client.send(asks.clear_faults(self._world))


class WorldClock:
    """A world's clock."""

    def __init__(self, client: Falsefront, world: str) -> None:
        self._client = client
        self._world = world

    def get(self) -> Clock:
        """What time it is."""
        return self._client.send(asks.clock(self._world))

    def set(self, mode: str | None = None, *, time: Time | None = None, settle: str | float | None = None) -> Clock:
        """Set the clock; what is left out stays."""
        return self._client.send(asks.set_clock(self._world, mode, time, settle))

    def advance(self, by: str | float | None = None, *, to: Time | None = None) -> Clock:
        """Move forward by a duration (``"10m"``, or seconds) or to a time, and run what falls due."""
        return self._client.send(asks.advance(self._world, by, to))
