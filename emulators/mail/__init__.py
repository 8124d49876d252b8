"""A mail service: the small emulator that docs/adding-an-emulator.md walks through."""

from .service import emulator

__all__ = ["emulator"]
