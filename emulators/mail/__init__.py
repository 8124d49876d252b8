"""A mail server with an inbox to look into: the small emulator that docs/adding-an-emulator.md walks through."""

from .emulator import emulator

__all__ = ["emulator"]
