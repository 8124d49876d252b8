"""The registry of worlds: create, find, fork and drop them by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from falsefront.kernel.operation import Failure, FailureKind

from .journal import Journal
from .store import Version
from .world import World

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
DEFAULT: Final = "default"


class Worlds:
    """All worlds of one process.

    ``make`` is asked for a world that is not there, where the server is configured to create worlds on
    first use; it returns ``None`` to refuse.
    """

    def __init__(
        self,
        make_journal: Callable[[str], Journal] = lambda _: Journal(),
        make: Callable[[str], Version | None] = lambda _: None,
    ) -> None:
        self._worlds: dict[str, World] = {}
        self._make_journal = make_journal
        self._make = make

    def __len__(self) -> int:
        return len(self._worlds)

    def __iter__(self) -> Iterator[World]:
        return iter(self._worlds.values())

    def __contains__(self, name: object) -> bool:
        return name in self._worlds

    def find(self, name: str) -> World:
        """The world of that name. Raises ``Failure`` (not_found)."""
        world = self._worlds.get(name)
        if world is not None:
            return world
        if NAME.fullmatch(name) and (version := self._make(name)) is not None:
            return self.create(name, version)
        raise Failure(FailureKind.NOT_FOUND, f"there is no world {name!r}")

    def create(self, name: str, version: Version | None = None, *, fixture: str | None = None) -> World:
        """A new world. Raises ``Failure``: invalid for a bad name, conflict for a taken one."""
        self.check(name)
        world = World(name, version or Version(), fixture=fixture, make_journal=self._make_journal)
        self._worlds[name] = world
        return world

    def fork(self, source: World, name: str, version: Version | None = None) -> World:
        """A new world at ``source``'s present version, or at one of its marks. Fails as ``create`` does."""
        self.check(name)
        world = self._worlds[name] = source.fork(name, version)
        return world

    def check(self, name: str) -> None:
        """Raise ``Failure`` unless a world of that name can be made: invalid for a bad name, conflict for a taken."""
        if not NAME.fullmatch(name):
            raise Failure(
                FailureKind.INVALID,
                f"{name!r} cannot name a world: use 1 to 63 letters, digits, '.', '_' or '-', "
                "beginning with a letter or digit",
            )
        if name in self._worlds:
            raise Failure(FailureKind.CONFLICT, f"there is a world {name!r} already")

    def drop(self, name: str) -> None:
        """Forget a world. Raises ``Failure`` (not_found)."""
        world = self._worlds.pop(name, None)
        if world is None:
            raise Failure(FailureKind.NOT_FOUND, f"there is no world {name!r}")
        world.close()

    def close(self) -> None:
        """Close every world."""
        for world in self._worlds.values():
            world.close()
