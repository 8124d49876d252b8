"""The commands of the command line, and how each is written."""

from .parser import run

__all__ = ["run"]
