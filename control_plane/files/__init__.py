"""``falsefront files``: a world's files for agents that act on a local disk, over HTTP only."""

from .cli import main

__all__ = ["main"]
