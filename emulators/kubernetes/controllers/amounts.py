"""Numbers that may be percentages."""

from __future__ import annotations

from typing import Any


def scaled(value: Any, total: int, *, up: bool) -> int:
    """A number, or a percentage of ``total`` rounded up or down."""
    if isinstance(value, str):
        percent = int(value.rstrip("%") or 0)
        return -(-percent * total // 100) if up else percent * total // 100
    return int(value or 0)
