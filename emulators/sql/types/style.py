"""The session's settings that decide how values look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo


@dataclass(slots=True)
class Style:
    """``where`` is the session's time zone, ``None`` for UTC; ``now`` the transaction's time in microseconds since 2000.

    ``name_of`` says an object's name for the types that are OIDs with a name (regclass and its like).
    """

    where: tzinfo | None = None
    now: int = 0
    bytea: str = "hex"
    interval: str = "postgres"
    name_of: Callable[[int, int], str] = lambda type_, oid: str(oid)
    oid_of: Callable[[int, str], int] = lambda type_, text: int(text)
