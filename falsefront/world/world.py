"""One isolated world: its present version, the versions it keeps, its journal and whoever watches it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind, Operation

from .clock import Clock, show_time
from .ids import stream
from .journal import Entry, Journal
from .rows import Change
from .store import Transaction, Version

HISTORY: Final = 64
"""How many past versions a world remembers for stale reads."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What listeners are told: the version before and after, what changed, and whether time ran backwards."""

    before: Version
    after: Version
    changes: tuple[Change, ...]
    rewound: bool = False


Listener = Callable[[Commit], None]


class World:
    """A named world. Everything that forks and rewinds is in ``version``; the rest is bookkeeping."""

    __slots__ = (
        "__weakref__",
        "_history",
        "_journal",
        "_listeners",
        "_lock",
        "_make_journal",
        "_marks",
        "_settling",
        "alarm",
        "fixture",
        "name",
        "origin",
        "parent",
        "version",
    )

    def __init__(
        self,
        name: str,
        version: Version,
        *,
        parent: str | None = None,
        fixture: str | None = None,
        make_journal: Callable[[str], Journal] = lambda _: Journal(),
    ) -> None:
        self.name = name
        self.version = version
        self.origin = version
        self.parent = parent
        self.fixture = fixture
        self.alarm: asyncio.TimerHandle | None = None
        self._make_journal = make_journal
        self._journal: Journal | None = None
        self._marks: dict[str, Version] | None = None
        self._history: deque[Version] | None = None
        self._lock: asyncio.Lock | None = None
        self._settling: asyncio.Lock | None = None
        self._listeners: list[Listener] | None = None

    @property
    def journal(self) -> Journal:
        """What happened here; begins empty in a fork."""
        if self._journal is None:
            self._journal = self._make_journal(self.name)
        return self._journal

    @property
    def lock(self) -> asyncio.Lock:
        """Held while a slow operation runs in a thread."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        return self._lock

    @property
    def settling(self) -> asyncio.Lock:
        """Held while timers run, so that time runs once."""
        if self._settling is None:
            self._settling = asyncio.Lock()
        return self._settling

    @property
    def busy(self) -> bool:
        """Whether an operation must wait its turn."""
        return self._lock is not None and self._lock.locked()

    # Transactions

    def begin(self, read_version: Version | None = None) -> Transaction:
        """Open a transaction on the present version, or on an older one."""
        return Transaction(self.version if read_version is None else read_version, self.name)

    def commit(self, transaction: Transaction, keep_writes: int | None = None) -> Commit:
        """Make a transaction's changes the world's, all of them or only the first few."""
        before = self.version
        if keep_writes is not None or transaction.base is not before:
            transaction = transaction.onto(before, keep_writes)
        after = transaction.commit()
        if after is before:
            return Commit(before, before, ())
        return self._become(Commit(before, after, tuple(transaction.changes)))

    def keep_sequences(self, transaction: Transaction) -> None:
        """Keep what a failed transaction may keep: the sequences that it advanced."""
        sequences = transaction.commit_sequences().sequences
        if sequences is not transaction.base.sequences:
            self.evolve(sequences=self.version.sequences.update(sequences))

    def become(self, version: Version) -> None:
        """Go on from a version made elsewhere (a seed); listeners are told as of a rewind."""
        before, self.version = self.version, version
        self._tell(Commit(before, version, (), rewound=True))

    def _become(self, commit: Commit) -> Commit:
        self.version = commit.after
        if commit.after.number != commit.before.number:
            if self._history is None:
                self._history = deque(maxlen=HISTORY)
            self._history.append(commit.before)
            self._tell(commit)
        return commit

    def at(self, number: int) -> Version:
        """The version with that number, or the oldest remembered one after it."""
        for version in self._history or ():
            if version.number >= number:
                return version
        return self.version

    def at_time(self, microseconds: int) -> Version:
        """The version that was current at a world time, or the oldest remembered one."""
        found = None
        for version in reversed(self._history or ()):
            found = version
            if version.clock.microseconds() <= microseconds:
                break
        return found or self.version

    def evolve(self, **fields: Any) -> None:
        """Replace parts of the version that are not documents (its clock, its rules)."""
        self.version = replace(self.version, **fields)

    def draw(self, purpose: str) -> float:
        """A seeded number in [0, 1) outside any operation, for the dice of fault rules."""
        count = self.version.counters.get(purpose, 0) + 1
        self.evolve(counters=self.version.counters.set(purpose, count))
        return int.from_bytes(stream(self.version.seed, purpose, count, 7), "big") / (1 << 56)

    # Versions under a name

    @property
    def marks(self) -> Mapping[str, Version]:
        """The marks by name, in the order they were taken."""
        return self._marks or {}

    def mark(self, name: str) -> Version:
        """Keep the present version under a name; a mark of that name is replaced."""
        if self._marks is None:
            self._marks = {}
        self._marks.pop(name, None)
        self._marks[name] = self.version
        self.note("mark", mark=name)
        return self.version

    def unmark(self, name: str) -> None:
        """Forget a mark. Raises ``Failure`` (not_found)."""
        self.marked(name)
        assert self._marks is not None
        del self._marks[name]

    def marked(self, name: str) -> Version:
        """The version under a name. Raises ``Failure`` (not_found)."""
        version = self.marks.get(name)
        if version is None:
            raise Failure(FailureKind.NOT_FOUND, f"world {self.name!r} has no mark {name!r}")
        return version

    def restore(self, version: Version, *, mark: str | None = None) -> None:
        """Point back (or forward) to a version, everything at once: documents, clock, dice, rules."""
        before, self.version = self.version, version
        if self._history is not None:
            self._history.clear()
        self._tell(Commit(before, version, (), rewound=True))
        self.note("restore" if mark else "reset", **({"mark": mark} if mark else {}))

    def fork(self, name: str, version: Version | None = None) -> World:
        """A new world that begins at this one's present version, or at a given one."""
        return World(
            name,
            self.version if version is None else version,
            parent=self.name,
            fixture=self.fixture,
            make_journal=self._make_journal,
        )

    def note(self, operation: str, **args: Any) -> None:
        """Write an operation on the world itself to its journal."""
        version = self.version
        journal = self.journal
        journal.append(
            Entry(
                seq=journal.seq + 1,
                op=Operation("world", operation, args),
                at=version.clock.microseconds(),
                duration=0.0,
                failure=None,
                faults=(),
                before=version.number,
                after=version.number,
                digest=version.digest,
                changes=(),
            )
        )

    # Listeners

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be called after every commit and rewind, until the returned function is called."""
        if self._listeners is None:
            self._listeners = []
        self._listeners.append(listener)

        def stop() -> None:
            if self._listeners is not None and listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _tell(self, commit: Commit) -> None:
        for listener in tuple(self._listeners or ()):
            listener(commit)

    def close(self) -> None:
        """Let go of files, timers and listeners; a listener is told by a rewind to its own version."""
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
        self._tell(Commit(self.version, self.version, (), rewound=True))
        self._listeners = None
        if self._journal is not None:
            self._journal.close()

    def set_clock(self, clock: Clock) -> None:
        """Set the clock; timers that fall due by it are run by whoever calls this."""
        self.evolve(clock=clock)
        self.note("clock", mode=clock.mode, now=show_time(clock.now()))
