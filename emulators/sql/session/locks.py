"""Row locks between the open transactions of one world: who holds what, who waits for whom."""

from __future__ import annotations

import asyncio
from typing import Any

from ..errors import SqlError


class Blocked(Exception):
    """A statement has to wait until another session's transaction ends."""

    def __init__(self, holder: Any) -> None:
        super().__init__(holder)
        self.holder = holder


class Contended(SqlError):
    """A statement met a lock that was taken after it had found the way free: it is undone, and tried again after the wait."""

    def __init__(self, holder: Any) -> None:
        super().__init__("40001", "could not serialize access due to concurrent update")
        self.holder = holder


class Locks:
    """The locks of one world. They are no part of its state: a fork has none."""

    def __init__(self) -> None:
        self.held: dict[Any, Any] = {}
        self.sessions: set[Any] = set()
        self.waits: dict[Any, Any] = {}
        self.ends: dict[Any, asyncio.Event] = {}
        self.reserved: dict[str, int] = {}

    def take(self, key: Any, session: Any) -> None:
        """Hold a lock. Raises ``Blocked`` if another session does."""
        holder = self.held.setdefault(key, session)
        if holder is not session:
            raise Blocked(holder)

    def check(self, key: Any, session: Any) -> None:
        """Raises ``Blocked`` if another session holds a lock."""
        holder = self.held.get(key)
        if holder is not None and holder is not session:
            raise Blocked(holder)

    def begin(self, session: Any) -> None:
        """Know that a session has a transaction open."""
        self.sessions.add(session)

    def release(self, session: Any) -> None:
        """Let go of all that a session holds, and wake whoever waits for it."""
        if session not in self.sessions:
            return
        self.sessions.discard(session)
        self.held = {key: holder for key, holder in self.held.items() if holder is not session}
        event = self.ends.pop(session, None)
        if event is not None:
            event.set()
        if not self.sessions:
            self.reserved.clear()

    def reserve(self, storage: str, rid: int) -> int:
        """A row id that no open transaction has used."""
        if not self.sessions:
            return rid
        rid = max(rid, self.reserved.get(storage, 0) + 1)
        self.reserved[storage] = rid
        return rid

    async def wait(self, session: Any, holder: Any, seconds: float | None) -> None:
        """Wait until a session's transaction ends. Raises 40P01 and 55P03."""
        current: Any = holder
        while current is not None:
            if current is session:
                raise SqlError(
                    "40P01", "deadlock detected",
                    detail=f"Process {session.pid} waits for ShareLock on transaction {700 + holder.pid}; blocked by process {holder.pid}.\n"
                    f"Process {holder.pid} waits for ShareLock on transaction {700 + session.pid}; blocked by process {session.pid}.",
                    hint="See server log for query details.",
                )  # fmt: skip
            current = self.waits.get(current)
        self.waits[session] = holder
        event = self.ends.setdefault(holder, asyncio.Event())
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            raise SqlError("55P03", "canceling statement due to lock timeout") from None
        finally:
            self.waits.pop(session, None)
