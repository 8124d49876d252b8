"""An emulator with the diagnostic tools that the MCP conformance suite calls by name; for tests only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from falsefront.kernel.emulator import Context, Endpoints, Http, Op, Surface
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State, TableSpec
from falsefront.mcp.app import mcp_app
from falsefront.mcp.catalogue import CATALOGUES, find_catalogue, seed_catalogue
from falsefront.mcp.message import dump
from falsefront.mcp.operations import ENDED, protocol_operations
from falsefront.mcp.tool import McpServer, Notified, Tool

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

TEXT = {"type": "text", "text": "This is a simple text response for testing."}
IMAGE = {"type": "image", "data": PNG, "mimeType": "image/png"}
AUDIO = {"type": "audio", "data": WAV, "mimeType": "audio/wav"}
EMBEDDED = {
    "type": "resource",
    "resource": {"uri": "test://embedded-resource", "mimeType": "text/plain", "text": "This is an embedded resource."},
}
MIXED = [
    {"type": "text", "text": "Multiple content types test:"},
    IMAGE,
    {"type": "resource", "resource": {"uri": "test://mixed", "mimeType": "application/json", "text": '{"test":1}'}},
]
JSON_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
HEADERS = {
    "type": "object",
    "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "priority": {"type": "integer", "x-mcp-header": "Priority"},
        "verbose": {"type": "boolean", "x-mcp-header": "Verbose"},
        "note": {"type": "string"},
    },
}


def says(*content: Mapping[str, Any]) -> Any:
    def handler(state: State, op: Operation) -> Any:
        return {"content": list(content)}

    return handler


def echo(state: State, op: Operation) -> Any:
    return {"content": [{"type": "text", "text": str(op.args.get("text", ""))}]}


def wrong(arguments: Mapping[str, Any]) -> str | None:
    return None if isinstance(arguments.get("text"), str) else "text must be a string"


def fails(state: State, op: Operation) -> Any:
    raise Failure(FailureKind.INVALID, "This tool intentionally returns an error for testing")


def crashes(state: State, op: Operation) -> Any:
    raise RuntimeError("a secret of the server")


def progresses(state: State, op: Operation) -> Any:
    steps = [("notifications/progress", {"progress": step, "total": 100}) for step in (0, 50, 100)]
    return Notified({"content": [TEXT]}, steps)


def logs(state: State, op: Operation) -> Any:
    lines = [
        ("notifications/message", {"level": level, "data": f"log at {level}"}) for level in ("debug", "info", "error")
    ]
    return Notified({"content": [TEXT]}, lines)


def changes_tools(state: State, op: Operation) -> Any:
    """List one tool more than before."""
    present = find_catalogue(state, "diagnostic")
    number = len(present["names"]) if present else len(TOOLS)
    tools = [tool.definition for tool in TOOLS.values()]
    more = [
        {"name": f"more_{n}", "description": "One more", "inputSchema": {"type": "object"}}
        for n in range(number - len(TOOLS) + 1)
    ]
    seed_catalogue(state, "diagnostic", {"tools/list": [dump({"tools": [*tools, *more]}).decode()]})
    return {"content": [TEXT]}


def counts(state: State, op: Operation) -> Any:
    number = state.ids.counter("diagnostic")
    state.table(COUNTS).put(number, {"number": number})
    return {"content": [{"type": "text", "text": str(number)}]}


def tool(name: str, handler: Any, schema: Mapping[str, Any] | None = None, **more: Any) -> Tool:
    definition = {
        "name": name,
        "description": f"The diagnostic tool {name}",
        "inputSchema": schema or {"type": "object", "properties": {}},
    }
    return Tool(definition, handler, **more)


COUNTS = TableSpec("diagnostic.counts")
TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        tool("echo", echo, {"type": "object", "properties": {"text": {"type": "string"}}}, access="read", check=wrong),
        tool("count", counts),
        tool("crash", crashes),
        tool("test_simple_text", says(TEXT)),
        tool("test_image_content", says(IMAGE)),
        tool("test_audio_content", says(AUDIO)),
        tool("test_embedded_resource", says(EMBEDDED)),
        tool("test_multiple_content_types", says(*MIXED)),
        tool("test_error_handling", fails),
        tool("test_tool_with_progress", progresses),
        tool("test_tool_with_logging", logs),
        tool("test_logging_tool", logs),
        tool("test_streaming_elicitation", progresses),
        tool("test_missing_capability", says(TEXT), requires={"sampling": {}}),
        tool("test_trigger_tool_change", changes_tools),
        tool("test_custom_headers", says(TEXT), HEADERS),
        tool("test_custom_headers_null", says(TEXT), HEADERS),
        tool("json_schema_2020_12_tool", says(TEXT), JSON_SCHEMA),
    )
}


class Diagnostic:
    name = "diagnostic"
    server = McpServer("diagnostic", "diagnostic-server", "1.0.0", TOOLS, instructions="Only for tests.")
    operations: Mapping[str, Op] = protocol_operations(server)
    tables = (CATALOGUES, ENDED, COUNTS)

    def seed(self, state: State, data: Any) -> None:
        if "catalogue" in data:
            seed_catalogue(state, self.name, data["catalogue"])

    def surfaces(self, context: Context) -> Sequence[Surface]:
        return [Http(mcp_app(self.server, context))]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        return {"DIAGNOSTIC_MCP_URL": f"{endpoints.url}/w/{world}/diagnostic/mcp"}


emulator = Diagnostic()
