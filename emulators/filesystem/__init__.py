"""A file system that agents reach over MCP: the reference filesystem server's tools over virtual files."""

from .emulator import emulator

__all__ = ["emulator"]
