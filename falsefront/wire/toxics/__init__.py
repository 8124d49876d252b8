"""What can befall the bytes of a connection. One toxic, one small file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .close import Close
from .reset import Reset
from .toxic import Toxic

TOXICS: Final[Mapping[str, Callable[..., Toxic]]] = {"close": Close, "reset": Reset}
"""The toxics by name; each is made from its settings."""

__all__ = ["TOXICS", "Toxic"]


def make(name: str, settings: Mapping[str, Any]) -> Toxic:
    """A toxic by name. Raises ``KeyError`` for an unknown one, ``TypeError`` for settings it does not take."""
    return TOXICS[name](**settings)
