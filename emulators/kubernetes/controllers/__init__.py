"""Controllers: what happens by itself after an object has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from falsefront.kernel.state import State

OPERATIONS: Final[Mapping[str, tuple[Callable[[State, Mapping[str, Any]], None], str]]] = {}
"""What timers run, by operation name, with what it does."""
