"""A stand-in for any MCP server, from a captured catalogue and recorded calls; see ``falsefront.mcp.stub``."""

from __future__ import annotations

from typing import Final

from falsefront.mcp.stub import stub

emulator: Final = stub("mcpstub")

__all__ = ["emulator"]
