"""Operations that fall due on the world's clock, kept in the world's state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from falsefront.kernel.state import Index, TableSpec

from . import tree
from .clock import microseconds

if TYPE_CHECKING:
    from .store import Transaction, Version

TIMERS = TableSpec(
    "world.timers", indexes=(Index("due", lambda key, timer: ((timer["due"], timer["order"]),)),), content=False
)


class Due(NamedTuple):
    """The next timer of a world: when (microseconds since 1970), its name and what it runs."""

    at: int
    name: str
    timer: Mapping[str, Any]


class Timers:
    """The timers of one open transaction."""

    __slots__ = ("_transaction",)

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def set(
        self, name: str, due: datetime | timedelta, emulator: str, operation: str, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run an operation at ``due`` (or that long from now); a timer of the same name is replaced."""
        state = self._transaction
        at = state.now + due if isinstance(due, timedelta) else due
        timer = {
            "due": microseconds(at),
            "order": state.ids.counter("world.timers"),
            "emulator": emulator,
            "operation": operation,
            "args": dict(args or {}),
        }
        state.table(TIMERS).put(name, timer)

    def cancel(self, name: str) -> bool:
        """Whether there was a timer of that name; it is gone."""
        table = self._transaction.table(TIMERS)
        there = name in table
        table.delete(name)
        return there


def next_due(version: Version) -> Due | None:
    """The timer that falls due first; of two at one time, the one set first."""
    rows = version.tables.get(TIMERS.name)
    if rows is None or not rows.count:
        return None
    (at, _, name), _ = next(iter(tree.scan(rows.indexes[0])))
    return Due(at, name, rows.get(name))  # type: ignore[arg-type]
