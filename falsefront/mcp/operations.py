"""The protocol's own operations: the same for every server, and seen by faults and the journal like any tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from falsefront.kernel.chain import Exchange, Handler
from falsefront.kernel.emulator import Context, Op
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State, TableSpec
from falsefront.world.world import World

from .answer import rpc_error, tool_error
from .catalogue import CATALOGUES, find_catalogue, initialized, introduction, page_after, verbatim
from .message import METHOD_NOT_FOUND
from .tool import McpServer, Tool

HANDSHAKE: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07")
"""Versions that begin with ``initialize``, the newest first."""
STATELESS: Final = ("2026-07-28",)
"""Versions whose every request says all there is to know."""

ENDED: Final = TableSpec("mcp.ended", content=False)
"""The sessions that clients ended, by id: all there is to know of sessions."""
MCP_TABLES: Final = (CATALOGUES, ENDED)
"""What an emulator with an MCP endpoint names among its tables."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The result of ``initialize``, and the session id that goes with it."""

    result: Any
    session: str


@dataclass(frozen=True, slots=True)
class Call:
    """What a message arrived with."""

    world: World
    session: str
    link: Any


class Operations:
    """What a server does on each method."""

    def __init__(self, server: McpServer, context: Context) -> None:
        self.server = server
        self._perform = context.perform
        self._tools: Mapping[str, tuple[Tool, Handler]] = {
            name: (tool, self._listed(tool)) for name, tool in server.tools.items()
        }

    # What each operation does

    def initialize(self, state: State, op: Operation) -> Any:
        """Agree on a version; the session id is for clients that like to have one, and means nothing."""
        asked = op.args.get("protocolVersion")
        version = asked if asked in HANDSHAKE else HANDSHAKE[0]
        catalogue = find_catalogue(state, self.server.emulator)
        result = initialized(catalogue, version) if catalogue else None
        return Opened(result or self._introduction(version), state.ids.uuid("mcp.session"))

    def _introduction(self, version: str) -> dict[str, Any]:
        server = self.server
        result: dict[str, Any] = {
            "protocolVersion": version,
            "capabilities": server.capabilities,
            "serverInfo": {"name": server.name, "version": server.version},
        }
        if server.instructions is not None:
            result["instructions"] = server.instructions
        return result

    def discover(self, state: State, op: Operation) -> Any:
        """What a stateless client learns in place of ``initialize``."""
        catalogue = find_catalogue(state, self.server.emulator)
        if catalogue is not None and "server/discover" in catalogue:
            return verbatim(catalogue["server/discover"])
        said = introduction(catalogue) or self._introduction(STATELESS[-1])
        result = {"supportedVersions": list(STATELESS), "capabilities": said.get("capabilities", {})}
        if "instructions" in said:
            result["instructions"] = said["instructions"]
        return result

    def list_tools(self, state: State, op: Operation) -> Any:
        """The tools, or those of the catalogue that the world holds."""
        catalogue = find_catalogue(state, self.server.emulator)
        if catalogue:
            return page_after(catalogue, op.args.get("cursor"))
        return {"tools": [tool.definition for tool in self.server.tools.values()]}

    def information(self, world: World) -> Mapping[str, Any]:
        """Who a world's server says it is."""
        table = world.version.tables.get(CATALOGUES.name)
        said = introduction(table.get(self.server.emulator)) if table is not None else None
        info = said.get("serverInfo") if said else None
        if isinstance(info, dict):
            return info
        return {"name": self.server.name, "version": self.server.version}

    def _listed(self, tool: Tool) -> Handler:
        """A tool's call, unless the world's catalogue has no such tool."""
        emulator, name = self.server.emulator, tool.name

        def call(state: State, op: Operation) -> Any:
            catalogue = find_catalogue(state, emulator)
            if catalogue is not None and name not in catalogue["names"]:
                raise Failure(FailureKind.NOT_FOUND, self.server.unknown_tool(name))
            return tool.call(state, op)

        return call

    def _unknown(self, name: str) -> Handler:
        """A call of a tool that is not ours: perhaps the world's catalogue lists it."""
        if self.server.unknown_call is not None:
            return self.server.unknown_call

        def call(state: State, op: Operation) -> Any:
            catalogue = find_catalogue(state, self.server.emulator)
            if catalogue is None or name not in catalogue["names"]:
                raise Failure(FailureKind.NOT_FOUND, self.server.unknown_tool(name))
            raise Failure(FailureKind.NOT_FOUND, f"nothing here answers calls of the tool {name}")

        return call

    # Taking them along the chain

    async def do(self, call: Call, name: str, args: Mapping[str, Any], handler: Handler, access: str = "read") -> Any:
        """Do a protocol operation. Raises ``RpcError``; returns a ``Reply`` where a fault rule gave one."""
        op = Operation(self.server.emulator, name, args, call.session)
        try:
            return await self._perform(Exchange(op, handler, call.world, link=call.link, access=access))
        except Failure as failure:
            raise rpc_error(self.server, op, failure) from None

    async def call_tool(self, call: Call, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a tool: a CallToolResult, a ``Notified`` or a ``Reply``. Raises ``RpcError``."""
        found = self._tools.get(name)
        if found is not None:
            tool, listed = found
            handler = listed if CATALOGUES.name in call.world.version.tables else tool.call
            op = Operation(self.server.emulator, name, arguments, call.session)
            exchange = Exchange(op, handler, call.world, call.link, tool.access, tool.threaded)
        else:
            # The journal names it too: what a catalogue lists, and what a model made up.
            op = Operation(self.server.emulator, name, arguments, call.session)
            exchange = Exchange(op, self._unknown(name), call.world, call.link)
        try:
            return await self._perform(exchange)
        except Failure as failure:
            if "code" in failure.native:
                raise rpc_error(self.server, op, failure) from None
            return tool_error(self.server.describe(op, failure))

    async def end_session(self, call: Call) -> Any:
        """Let a client end its session. Raises ``RpcError``."""
        return await self.do(call, "session/end", {}, _end_session, "write")

    async def note(self, call: Call, method: str, params: Mapping[str, Any]) -> None:
        """Let a notification pass; one that a fault strikes is lost, as notifications may be."""
        op = Operation(self.server.emulator, method, params, call.session)
        try:
            await self._perform(Exchange(op, nothing, call.world, call.link, "read"))
        except Failure:
            return

    async def unknown_method(self, call: Call, method: str, params: Mapping[str, Any]) -> Any:
        """A method this server does not have. Raises ``RpcError``."""
        return await self.do(call, method, params, no_such_method)


def _end_session(state: State, op: Operation) -> Any:
    """Remember that this session is over: a client that goes on with it must begin a new one."""
    state.table(ENDED).put(op.session, {})
    return {}


def has_ended(call: Call) -> bool:
    """Whether a session was ended by its client; any other id is as good as none."""
    table = call.world.version.tables.get(ENDED.name)
    return table is not None and table.get(call.session) is not None


def nothing(state: State, op: Operation) -> Any:
    """Answer a ping, acknowledge a notification."""
    return {}


def no_such_method(state: State, op: Operation) -> Any:
    """Fail as a method does that is not there."""
    raise Failure(FailureKind.NOT_FOUND, "Method not found", native={"code": METHOD_NOT_FOUND})


def protocol_operations(server: McpServer) -> dict[str, Op]:
    """The catalogue entries of the protocol's own operations and of a server's tools, for its emulator's catalogue."""
    entries = {
        "initialize": Op(nothing, "read", "Begin a session (handshake era)."),
        "server/discover": Op(nothing, "read", "Say what the server is and can do (stateless era)."),
        "ping": Op(nothing, "read", "Answer that the server is there."),
        "tools/list": Op(nothing, "read", "List the tools."),
        "subscriptions/listen": Op(nothing, "read", "Follow changes of the tool list (stateless era)."),
        "session/end": Op(_end_session, "write", "End a session (handshake era)."),
        "notifications/initialized": Op(nothing, "read", "Take note that the client is ready."),
        "notifications/cancelled": Op(nothing, "read", "Give up a call that still waits."),
    }
    for tool in server.tools.values():
        summary = str(tool.definition.get("title") or tool.definition.get("description") or tool.name)
        entries[tool.name] = Op(tool.call, tool.access, summary)
    return entries
