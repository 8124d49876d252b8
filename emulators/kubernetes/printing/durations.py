"""Ages, as kubectl writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def parse(stamp: str) -> datetime:
    """A timestamp of the API."""
    return datetime.fromisoformat(stamp).astimezone(UTC)


def show(seconds: float) -> str:
    """A duration in one or two units: ``90s``, ``5m10s``, ``3h``, ``2d4h``."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    whole = max(whole, 0)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    years = days // 365
    return _two(years, "y", days % 365, "d") if years < 8 else f"{years}y"


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"


def since(stamp: str | None, now: datetime) -> str:
    """How long ago it was."""
    return show((now - parse(stamp)).total_seconds()) if stamp else "<unknown>"
