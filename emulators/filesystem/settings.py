"""What a world's fixture says of its file system: which directories a client may touch, and where its home is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from falsefront.kernel.state import State, TableSpec

from .nodes import DEFAULT_ROOT

DEFAULT_HOME: Final = "/root"
SETTINGS: Final = TableSpec("filesystem_settings")
"""One document, ``settings``: ``allowed`` (a list of directories) and ``home``."""


class Settings(NamedTuple):
    """A world's settings."""

    allowed: tuple[str, ...] = (DEFAULT_ROOT,)
    home: str = DEFAULT_HOME


_DEFAULT: Final = Settings()


def settings_of(state: State) -> Settings:
    """The settings of a world, or the ordinary ones."""
    stored = state.table(SETTINGS).get("settings")
    return _DEFAULT if stored is None else Settings(tuple(stored["allowed"]), stored["home"])


def set_allowed(state: State, directories: Sequence[str], home: str | None = None) -> None:
    """Let clients touch these directories and what is below them."""
    home = home or settings_of(state).home
    state.table(SETTINGS).put("settings", {"allowed": list(directories), "home": home})
