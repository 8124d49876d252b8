"""The inbox as MCP tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from falsefront.kernel.chain import Handler
from falsefront.kernel.operation import Operation
from falsefront.kernel.state import State
from falsefront.mcp.tool import McpServer, Tool
from falsefront.world.digest import as_json

from .messages import get, list_messages, send


def _answer(handler: Handler) -> Handler:
    """A handler whose result is a tool's: the same JSON as text and as structured content."""

    def call(state: State, op: Operation) -> Any:
        result = handler(state, op)
        shown = as_json({key: value for key, value in result.items() if key != "raw"})
        return {"content": [{"type": "text", "text": orjson.dumps(shown).decode()}], "structuredContent": shown}

    return call


def _tool(name: str, title: str, description: str, handler: Handler, reads: bool, **properties: Any) -> Tool:
    required = [key for key, schema in properties.items() if "default" not in schema]
    definition: Mapping[str, Any] = {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": {"type": "object", "properties": properties, "required": required},
        "annotations": {"readOnlyHint": reads, "openWorldHint": False},
    }

    def check(arguments: Mapping[str, Any]) -> str | None:
        missing = [key for key in required if key not in arguments]
        return f"missing argument: {', '.join(missing)}" if missing else None

    return Tool(definition, _answer(handler), "read" if reads else "write", check)


_TEXT: Final = {"type": "string"}
_TOOLS: Final = (
    _tool(
        "list_messages",
        "List messages",
        "Lists the inbox, newest first; `to` narrows it to one address.",
        list_messages,
        True,
        to={"type": "string", "default": ""},
        limit={"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
    ),
    _tool("read_message", "Read a message", "Reads one message whole.", get, True, id=_TEXT),
    _tool(
        "send_message",
        "Send a message",
        "Sends a message to one or more addresses.",
        send,
        False,
        **{"from": _TEXT, "to": {"type": "array", "items": _TEXT, "minItems": 1}, "subject": _TEXT, "text": _TEXT},
    ),
)

SERVER: Final = McpServer("mail", "falsefront-mail", "1.0.0", {tool.name: tool for tool in _TOOLS})
