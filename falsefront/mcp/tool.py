"""What a façade offers over MCP: its tools, and who it says it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from falsefront.kernel.chain import Handler
from falsefront.kernel.operation import Access


def accept(arguments: Mapping[str, Any]) -> str | None:
    """Find nothing wrong with a call's arguments."""
    return None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what ``tools/list`` says of it, word for word, and what calling it does.

    ``handler`` returns a CallToolResult as a dict; a ``Failure`` that it raises becomes an ``isError`` result with
    the failure's message. ``check`` returns what is wrong with the arguments, in the server's own words, or ``None``.
    A call is an operation that has the tool's name, and its arguments as args.
    """

    definition: Mapping[str, Any]
    handler: Handler
    access: Access = "write"
    check: Callable[[Mapping[str, Any]], str | None] = accept

    @property
    def name(self) -> str:
        """The tool's name."""
        name: str = self.definition["name"]
        return name


@dataclass(frozen=True, slots=True)
class McpServer:
    """An MCP server of an emulator; ``tools`` are by name, in the order in which they are listed."""

    emulator: str
    name: str
    version: str
    tools: Mapping[str, Tool]
    instructions: str | None = None
    capabilities: Mapping[str, Any] = field(default_factory=lambda: {"tools": {"listChanged": True}})
    unknown_tool: Callable[[str], str] = lambda name: f"MCP error -32602: Tool {name} not found"
    """What a call of a tool that is not there answers, as an ``isError`` result."""
