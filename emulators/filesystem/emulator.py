"""The filesystem emulator: its operations, its tables, and the surfaces that lead to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from falsefront.kernel.emulator import Context, Endpoints, Http, Op, Surface
from falsefront.kernel.state import State, TableSpec
from falsefront.mcp.app import mcp_app
from falsefront.mcp.catalogue import seed_catalogue
from falsefront.mcp.operations import MCP_TABLES, protocol_operations
from falsefront.mcp.tool import McpServer

from . import disk, e2b
from .faults import describe
from .nodes import FILES
from .seed import seed
from .settings import SETTINGS
from .surface import surface
from .tools.catalogue import TOOLS

EMULATED: Final = "@modelcontextprotocol/server-filesystem@2026.8.31"
_INHERITED: Final = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
"""What every JavaScript object has: the reference server looks its tools up in one, and finds these switched off."""


def _unknown_tool(name: str) -> str:
    return f"MCP error -32602: Tool {name} {'disabled' if name in _INHERITED else 'not found'}"


SERVER: Final = McpServer(
    "filesystem", "secure-filesystem-server", "0.2.0", TOOLS, unknown_tool=_unknown_tool, describe=describe
)


class Filesystem:
    """Files over MCP, as the reference filesystem server serves them."""

    name = "filesystem"
    operations: Mapping[str, Op] = {**protocol_operations(SERVER), **disk.OPERATIONS, **e2b.OPERATIONS}
    tables: Sequence[TableSpec] = (FILES, SETTINGS, *MCP_TABLES)

    def seed(self, state: State, data: Any) -> None:
        """Put a fixture's files into a world, and the ``catalogue`` that it speaks by, if the fixture has one."""
        if isinstance(data, Mapping) and "catalogue" in data:
            seed_catalogue(state, self.name, data["catalogue"])
            data = {key: value for key, value in data.items() if key != "catalogue"}
        seed(state, data)

    def surfaces(self, context: Context) -> Sequence[Surface]:
        """MCP at ``/mcp``, the disk at ``/disk``, an E2B sandbox at ``/e2b``."""
        return [Http(surface(mcp_app(SERVER, context), context))]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        """The MCP URL, and what points the E2B SDK here."""
        base = f"{endpoints.url}/w/{world}/filesystem"
        return {"FILESYSTEM_MCP_URL": f"{base}/mcp", "E2B_SANDBOX_URL": f"{base}/e2b", "E2B_DEBUG": "true"}


emulator = Filesystem()
