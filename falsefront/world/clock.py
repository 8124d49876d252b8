"""World time: frozen, offset from the wall clock, or the wall clock itself."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

Mode: TypeAlias = Literal["frozen", "offset", "real"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Where a frozen clock stands unless the fixture says otherwise."""
_MICROSECOND: Final = timedelta(microseconds=1)
_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock's setting, which is part of a world's state.

    ``at`` is the time it stands at where it is frozen, else its distance from the wall clock; both in
    microseconds. ``settle`` (seconds) is how far a frozen clock runs ahead by itself, after an
    operation, to finish what that operation set off (pods that start, say); 0 never moves it.
    """

    mode: Mode = "frozen"
    at: int = (START - EPOCH) // _MICROSECOND
    settle: float = 5.0

    def now(self) -> datetime:
        """World time, aware, in UTC."""
        return moment(self.microseconds())

    def microseconds(self) -> int:
        """World time since 1970 in microseconds."""
        if self.mode == "frozen":
            return self.at
        return time.time_ns() // 1000 + self.at

    def at_time(self, microseconds: int) -> Clock:
        """This clock, showing another time; a real clock becomes one with an offset."""
        if self.mode == "frozen":
            return replace(self, at=microseconds)
        return replace(self, mode="offset", at=microseconds - time.time_ns() // 1000)

    def in_mode(self, mode: Mode) -> Clock:
        """This clock in another mode; only ``real`` changes the time it shows."""
        now = self.microseconds()
        if mode == "frozen":
            return replace(self, mode=mode, at=now)
        return replace(self, mode=mode, at=0 if mode == "real" else now - time.time_ns() // 1000)


def moment(microseconds: int) -> datetime:
    """A time from microseconds since 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - EPOCH) // _MICROSECOND


def parse_duration(text: str | float) -> float:
    """Seconds from ``"200ms"``, ``"1h30m"`` or a number of seconds. Raises ``ValueError``."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        seconds = float(text)
    else:
        parts = _PART.findall(str(text))
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(f"{text!r} is not a duration; write one as 200ms, 2s, 10m, 1h30m or 1d")
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 0 <= seconds <= 3_000_000_000:
        raise ValueError(f"a duration lies between 0 and about 95 years, not {text!r}")
    return seconds


def parse_time(text: str) -> datetime:
    """A time from ISO 8601, in UTC where it names no zone. Raises ``ValueError``."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def show_time(at: datetime) -> str:
    """ISO 8601 in UTC with a ``Z``; microseconds only where there are any."""
    return at.isoformat().replace("+00:00", "Z")
