"""The async client: the sync one's methods, awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

import httpx

from . import asks, transport
from .asks import Ask, Time
from .shapes import Addresses, Clock, Diff, Entry, Fault, FaultInfos, Mark, WorldInfo, WorldInfos

T = TypeVar("T")


class AsyncFalsefront:
    """A falsefront server; a context manager.

    ``url`` is its address without a path, else ``FALSEFRONT_URL``, else port 7070 of this machine; ``token`` is
    else ``FALSEFRONT_TOKEN``. Raises ``FalsefrontError`` and what is below it.
    """

    def __init__(self, url: str | None = None, token: str | None = None, *, timeout: float = 60.0) -> None:
        self.url = asks.server_url(url)
        self._http = httpx.AsyncClient(**transport.settings(self.url, token, timeout))
        self.worlds = AsyncWorlds(self)

    async def __aenter__(self) -> AsyncFalsefront:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def send(self, ask: Ask[T]) -> T:
        """Send a request and read its answer."""
        with transport.told(self.url):
            answer = await self._http.request(ask.method, ask.path, **transport.request(ask))
        return transport.read(ask, answer)

    def world(self, name: str = "default") -> AsyncWorld:
        """A handle on a world, whether it is there or not."""
        return AsyncWorld(self, name)

    async def health(self) -> dict[str, Any]:
        """What the server says of itself, once it is ready."""
        return await self.send(asks.health())

    async def emulators(self) -> list[dict[str, Any]]:
        """What is loaded, with every operation."""
        return await self.send(asks.emulators())

    async def fixtures(self) -> list[str]:
        """What worlds can be made from."""
        return await self.send(asks.fixtures())

    async def import_world(self, file: bytes | str, name: str | None = None) -> AsyncWorld:
        """Make a world from an exported one: its bytes, or a path or fsspec URL on this side."""
        content = file if isinstance(file, bytes) else transport.load(file)
        return AsyncWorld(self, (await self.send(asks.import_world(content, name)))["name"])


class AsyncWorlds:
    """The server's worlds."""

    def __init__(self, client: AsyncFalsefront) -> None:
        self._client = client

    async def list(self) -> WorldInfos:
        """Every world, in the order of creation."""
        return await self._client.send(asks.worlds())

    async def get(self, name: str) -> AsyncWorld:
        """A world that is there. Raises ``NotFound``."""
        return AsyncWorld(self._client, (await self._client.send(asks.world(name)))["name"])

    async def create(
        self,
        name: str | None = None,
        *,
        fixture: str | None = None,
        from_: str | AsyncWorld | None = None,
        mark: str | None = None,
        file: str | None = None,
        data: Mapping[str, Any] | None = None,
        seed: int | None = None,
        clock: Mapping[str, Any] | None = None,
    ) -> AsyncWorld:
        """Make a world: from a fixture, another world or a mark of it, or a file of the server's.

        With none of these it begins as the server's own worlds did. Raises ``Conflict`` where the name is taken.
        """
        source = from_.name if isinstance(from_, AsyncWorld) else from_
        ask = asks.create(name, fixture=fixture, from_=source, mark=mark, file=file, data=data, seed=seed, clock=clock)
        return AsyncWorld(self._client, (await self._client.send(ask))["name"])

    async def drop(self, name: str) -> None:
        """Drop a world. Raises ``NotFound``."""
        await self._client.send(asks.drop(name))


class AsyncWorld:
    """A handle on one world; as a context manager it drops the world at the end."""

    def __init__(self, client: AsyncFalsefront, name: str) -> None:
        self.name = name
        self._client = client
        self.faults = AsyncFaults(client, name)
        self.clock = AsyncWorldClock(client, name)

    def __repr__(self) -> str:
        return f"AsyncWorld({self.name!r})"

    async def __aenter__(self) -> AsyncWorld:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drop()

    async def info(self) -> WorldInfo:
        """The world as it stands."""
        return await self._client.send(asks.world(self.name))

    async def addresses(self) -> Addresses:
        """Everything ready to paste."""
        return await self._client.send(asks.addresses(self.name))

    async def environment(self) -> dict[str, str]:
        """The environment variables by which unmodified clients find this world."""
        return await self._client.send(asks.environment(self.name))

    async def fork(self, name: str | None = None, *, mark: str | None = None, seed: int | None = None) -> AsyncWorld:
        """A new world at this one's present state, or at one of its marks; another seed gives it other ids."""
        return AsyncWorld(
            self._client, (await self._client.send(asks.fork(self.name, name, mark=mark, seed=seed)))["name"]
        )

    async def mark(self, name: str) -> Mark:
        """Keep the present state under a name; a mark of that name is replaced."""
        return await self._client.send(asks.mark(self.name, name))

    async def marks(self) -> list[Mark]:
        """The marks, in the order they were taken."""
        return await self._client.send(asks.marks(self.name))

    async def unmark(self, name: str) -> None:
        """Forget a mark. Raises ``NotFound``."""
        await self._client.send(asks.unmark(self.name, name))

    async def restore(self, mark: str) -> WorldInfo:
        """Put everything back to a mark. Raises ``NotFound``."""
        return await self._client.send(asks.restore(self.name, mark))

    async def reset(self) -> WorldInfo:
        """Put everything back to how the world began."""
        return await self._client.send(asks.reset(self.name))

    async def drop(self) -> None:
        """Drop the world. Raises ``NotFound``."""
        await self._client.send(asks.drop(self.name))

    async def digest(self) -> str:
        """The hash of the content: equal for equal states."""
        return await self._client.send(asks.digest(self.name))

    async def diff(
        self, other: str | AsyncWorld | None = None, *, mark: str | None = None, limit: int | None = None
    ) -> Diff:
        """What changed since the world began, or since a mark; or what differs from here to ``other``.

        ``other`` is a world, or text: ``world``, ``world@mark`` or ``world#version``.
        """
        after = other.name if isinstance(other, AsyncWorld) else other
        return await self._client.send(asks.diff(self.name, after, mark=mark, limit=limit))

    async def seed(self, data: Mapping[str, Any] | None = None, *, fixture: str | None = None) -> WorldInfo:
        """Put more into the world: sections by emulator, as in a fixture."""
        return await self._client.send(asks.seed(self.name, data or {}, fixture))

    async def journal(
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
        return await self._client.send(ask)

    async def clear_journal(self) -> int:
        """Forget the entries in memory; how many there were."""
        return await self._client.send(asks.clear_journal(self.name))

    async def expect(self, body: Mapping[str, Any] | None = None, **expectation: Any) -> list[int]:
        """Assert over the journal: ``op="charges.create", exactly=1``. Raises ``ExpectationFailed``.

        Returns how many entries each expectation found.
        """
        return await self._client.send(asks.expect(self.name, {**(body or {}), **expectation}))

    async def export(self, file: str | None = None) -> bytes:
        """The world as the bytes of a file; written to ``file`` (a path or fsspec URL on this side) too."""
        content = await self._client.send(asks.export(self.name))
        if file is not None:
            transport.save(file, content)
        return content

    async def export_to(self, url: str) -> dict[str, Any]:
        """Write the world to a file of the server's."""
        return await self._client.send(asks.export_to(self.name, url))


class AsyncFaults:
    """A world's fault rules."""

    def __init__(self, client: AsyncFalsefront, world: str) -> None:
        self._client = client
        self._world = world

    async def put(
        self,
        name: str,
        then: Sequence[Mapping[str, Any]] | Mapping[str, Any],
        *,
        when: Mapping[str, Any] | None = None,
        times: int | None = None,
        ttl: str | float | None = None,
    ) -> Fault:
        """Put a rule under a name, in place of one of that name. Raises ``InvalidRequest``."""
        return await self._client.send(asks.put_fault(self._world, name, when, then, times, ttl))

    async def list(self) -> FaultInfos:
        """Every rule and what it has met."""
        return await self._client.send(asks.faults(self._world))

    async def get(self, name: str) -> Fault:
        """A rule and what it has met. Raises ``NotFound``."""
        return await self._client.send(asks.fault(self._world, name))

    async def remove(self, name: str) -> None:
        """Remove a rule. Raises ``NotFound``."""
        await self._client.send(asks.remove_fault(self._world, name))

    async def clear(self) -> int:
        """Remove every rule; how many there were."""
        return await self._client.send(asks.clear_faults(self._world))


class AsyncWorldClock:
    """A world's clock."""

    def __init__(self, client: AsyncFalsefront, world: str) -> None:
        self._client = client
        self._world = world

    async def get(self) -> Clock:
        """What time it is."""
        return await self._client.send(asks.clock(self._world))

    async def set(
        self, mode: str | None = None, *, time: Time | None = None, settle: str | float | None = None
    ) -> Clock:
        """Set the clock; what is left out stays."""
        return await self._client.send(asks.set_clock(self._world, mode, time, settle))

    async def advance(self, by: str | float | None = None, *, to: Time | None = None) -> Clock:
        """Move forward by a duration (``"10m"``, or seconds) or to a time, and run what falls due."""
        return await self._client.send(asks.advance(self._world, by, to))
