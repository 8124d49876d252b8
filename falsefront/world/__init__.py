"""Worlds: their store, clock, dice, journal, and the registry that holds them."""

from .rows import Change
from .store import Transaction, Version
from .world import Commit, World
from .worlds import Worlds

__all__ = ["Change", "Commit", "Transaction", "Version", "World", "Worlds"]
