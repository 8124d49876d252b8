"""What a handler sees of its world: tables, time, ids, dice and timers, for the length of one operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

Key: TypeAlias = Any
"""A table's key: a string, an integer, or a tuple of them; the keys of one table compare with each other."""

Document: TypeAlias = Any
"""A stored value: JSON, or JSON with ``bytes`` and tuples in it. Never mutated once it is stored."""


@dataclass(frozen=True, slots=True)
class Index:
    """An order in which a table can be walked, kept by the store.

    ``keys`` gives, for a key and its document, the tuples under which it is filed: none, one or many
    (a pod's labels, say). Tuples of one index compare with each other, position by position.
    """

    name: str
    keys: Callable[[Any, Any], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, eq=False)
class TableSpec:
    """A table that an emulator declares beside its handlers.

    ``content`` tables make up the world's digest and its diffs; the others (event logs, lookup
    tables that follow from content) fork and rewind like everything else but do not count.
    """

    name: str
    indexes: tuple[Index, ...] = ()
    content: bool = True


class Base(Protocol):
    """A frozen set of rows, held outside the store, that a table may stand on; shared by all worlds.

    Its keys come before every key the table adds. ``digest`` is the sum of the rows' entry digests.
    """

    @property
    def digest(self) -> int: ...
    def __len__(self) -> int: ...
    def get(self, key: Key) -> Document | None: ...
    def items(self) -> Iterator[tuple[Key, Document]]: ...


class Table(Protocol):
    """The documents of one kind, by key, in key order."""

    def __len__(self) -> int: ...
    def __contains__(self, key: Key) -> bool: ...
    def __getitem__(self, key: Key) -> Document: ...
    def get(self, key: Key) -> Document | None: ...
    def put(self, key: Key, document: Document) -> None: ...
    def delete(self, key: Key) -> None: ...

    def scan(self, start: Key | None = None, *, reverse: bool = False) -> Iterator[tuple[Key, Document]]:
        """Walk in key order from ``start`` (included where it is present); backwards if ``reverse``."""
        ...

    def find(
        self, index: str, *prefix: Any, start: tuple[Any, ...] | None = None, reverse: bool = False
    ) -> Iterator[Key]:
        """Walk the keys filed under ``prefix`` in an index, in the index's order.

        ``start`` is the full index tuple to begin at (index tuple, then the key), included.
        """
        ...

    @property
    def base(self) -> Base | None: ...
    def last(self) -> Key | None:
        """The greatest key that was written here, on top of the base; it may be a deleted row of the base."""
        ...

    def changed(self) -> Iterator[tuple[Key, Document | None]]:
        """The rows that differ from the base, in key order; ``None`` stands for a deleted one."""
        ...

    def rebase(self, base: Base) -> None:
        """Let the table stand on ``base``, which already holds every row it had."""
        ...


class Ids(Protocol):
    """The only source of identifiers and chance; every stream is derived from the world's seed."""

    def counter(self, purpose: str) -> int:
        """The next whole number of this purpose: 1, 2, 3, …"""
        ...

    def token(self, purpose: str, length: int, alphabet: str = ...) -> str: ...
    def uuid(self, purpose: str) -> str: ...
    def bytes(self, purpose: str, length: int) -> bytes: ...
    def random(self, purpose: str) -> float:
        """A number in [0, 1)."""
        ...


class Timers(Protocol):
    """Operations that fall due later on the world's clock; they fork and rewind with the world."""

    def set(
        self, name: str, due: datetime | timedelta, emulator: str, operation: str, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run an operation at ``due`` (or that long from now); a timer of the same name is replaced."""
        ...

    def cancel(self, name: str) -> bool: ...


class State(Protocol):
    """A transaction open for one operation: what a handler raises undoes it all."""

    @property
    def world(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def now(self) -> datetime:
        """World time, the same for the whole operation; the only time a handler may read."""
        ...

    @property
    def ids(self) -> Ids: ...
    @property
    def timers(self) -> Timers: ...
    def table(self, spec: TableSpec) -> Table: ...
    def sequence(self, name: str, value: int | None = None) -> int:
        """Advance (or set) a counter that stays advanced even if the operation fails, as a sequence does."""
        ...

    def peek(self, name: str) -> int:
        """A sequence's present value, 0 if it was never advanced."""
        ...
