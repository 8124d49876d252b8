"""Which emulators there are; one that is not asked for is not imported."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Final

from falsefront.kernel.emulator import Emulator

BUILT_IN: Final = ("filesystem", "sql", "stripe", "kubernetes", "mail")
ON_REQUEST: Final = ("mcpstub",)
"""Those that a server loads only by name."""


def load(names: Iterable[str] = BUILT_IN) -> list[Emulator]:
    """Emulators by name; ``package.module`` names one of your own. Raises ``ValueError`` for an unknown name."""
    return [_load(name) for name in names]


def _load(name: str) -> Emulator:
    if name in BUILT_IN or name in ON_REQUEST:
        module = import_module(f"falsefront.emulators.{name}")
    elif "." in name:
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            raise ValueError(f"cannot import the emulator {name!r}: {error}") from None
    else:
        raise ValueError(
            f"there is no emulator {name!r}; choose from {', '.join(BUILT_IN + ON_REQUEST)}, or name a module of yours"
        )
    emulator: Emulator | None = getattr(module, "emulator", None)
    if emulator is None:
        raise ValueError(f"{module.__name__} exports no `emulator`")
    return emulator
