"""What a façade offers over MCP: its tools, and who it says it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from falsefront.kernel.chain import Handler
from falsefront.kernel.operation import Access, Failure, FailureKind, Operation
from falsefront.kernel.state import State

INJECTED: Final[Mapping[FailureKind, str]] = {
    FailureKind.INVALID: "Invalid request",
    FailureKind.UNAUTHENTICATED: "Authentication required",
    FailureKind.FORBIDDEN: "Permission denied",
    FailureKind.NOT_FOUND: "Not found",
    FailureKind.CONFLICT: "Conflict with the present state",
    FailureKind.GONE: "No longer available",
    FailureKind.RATE_LIMITED: "Rate limit exceeded",
    FailureKind.QUOTA_EXCEEDED: "Quota exceeded",
    FailureKind.TIMEOUT: "Request timed out",
    FailureKind.UNAVAILABLE: "Service unavailable",
    FailureKind.INTERNAL: "Internal error",
}
"""What a failure says that a rule put there without words of its own."""


def accept(arguments: Mapping[str, Any]) -> str | None:
    """Find nothing wrong with a call's arguments."""
    return None


def describe(op: Operation, failure: Failure) -> str:
    """A failure's own message, else what its kind says."""
    return failure.message or INJECTED[failure.kind]


@dataclass(frozen=True, slots=True)
class Notified:
    """A result, and the notifications that come before it: what a handler returns that reports on its way.

    ``notifications`` are (method, params). A ``notifications/progress`` goes out only where the caller gave a
    token, which is put into its params; a stateless caller gets a ``notifications/message`` only from the level
    that it asked for.
    """

    result: Mapping[str, Any]
    notifications: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what ``tools/list`` says of it, word for word, and what calling it does.

    ``handler`` returns a CallToolResult as a dict, or a ``Notified`` with one; a ``Failure`` that it raises becomes
    an ``isError`` result with the failure's message. ``check`` returns what is wrong with the arguments, in the
    server's own words, or ``None``. A call is an operation that has the tool's name, and its arguments as args.
    """

    definition: Mapping[str, Any]
    handler: Handler
    access: Access = "write"
    check: Callable[[Mapping[str, Any]], str | None] = accept
    threaded: bool = False
    """The handler may be slow: run it in a thread, under its world's lock."""
    requires: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Capabilities that a stateless client must have declared, as it would declare them."""

    @property
    def name(self) -> str:
        """The tool's name."""
        name: str = self.definition["name"]
        return name

    def call(self, state: State, op: Operation) -> Any:
        """Check the arguments, then do it. Raises ``Failure``."""
        wrong = self.check(op.args)
        if wrong is not None:
            raise Failure(FailureKind.INVALID, wrong)
        return self.handler(state, op)


@dataclass(frozen=True, slots=True)
class McpServer:
    """An MCP server of an emulator; ``tools`` are by name, in the order in which they are listed.

    A failure's ``native`` may hold ``code`` (and ``data``): it is then a JSON-RPC error and no ``isError`` result;
    and ``status``, the HTTP status that it comes with.
    """

    emulator: str
    name: str
    version: str
    tools: Mapping[str, Tool]
    instructions: str | None = None
    capabilities: Mapping[str, Any] = field(default_factory=lambda: {"tools": {"listChanged": True}})
    unknown_tool: Callable[[str], str] = lambda name: f"MCP error -32602: Tool {name} not found"
    """What a call of a tool that is not there answers, as an ``isError`` result."""
    describe: Callable[[Operation, Failure], str] = describe
    """What a failed call says, injected failures included: those have a kind and no message."""
    unknown_call: Handler | None = None
    """Does what a call asks of a tool that is not among ``tools``."""
