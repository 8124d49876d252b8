"""A PostgreSQL server over the world's store."""

from .service import emulator

__all__ = ["emulator"]
