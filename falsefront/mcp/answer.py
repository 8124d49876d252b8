"""What goes back over HTTP for one message or one batch: JSON, or an event stream where there is more to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from falsefront.kernel.emulator import Send
from falsefront.kernel.operation import Failure, FailureKind, Operation, Reply
from falsefront.wire.http import JSON, send_bytes, send_reply

from .message import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, SERVER_ERROR, RpcError, dump
from .tool import McpServer, Notified

STREAM: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
CODES: Final[Mapping[FailureKind, int]] = {
    FailureKind.INVALID: INVALID_PARAMS,
    FailureKind.NOT_FOUND: METHOD_NOT_FOUND,
    FailureKind.TIMEOUT: -32001,
    FailureKind.INTERNAL: INTERNAL_ERROR,
}
"""The JSON-RPC code of a failed protocol operation, where it is not the general -32000."""


LEVELS: Final = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


@dataclass(slots=True)
class Answer:
    """A response and what comes with it. ``body`` is ``None`` where a message is only acknowledged."""

    body: Any = None
    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    notifications: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    reply: Reply | None = None
    """What a fault rule answered in its place."""

    async def send(self, send: Send, *, stream: bool) -> None:
        """Send it: as an event stream if that is asked for or notifications come first, else as JSON."""
        if self.reply is not None:
            await send_reply(send, self.reply)
        elif self.body is None:
            await send_bytes(send, 202, self.headers, b"")
        elif self.notifications or stream:
            frames = [event(message) for message in (*self.notifications, self.body)]
            await send_bytes(send, self.status, [*STREAM, *self.headers], b"".join(frames))
        else:
            await send_bytes(send, self.status, [JSON, *self.headers], dump(self.body))


def event(message: Any) -> bytes:
    """A message as one frame of an event stream."""
    return b"event: message\ndata: " + dump(message) + b"\n\n"


def respond(id: Any, result: Any) -> Answer:
    """A successful response."""
    return Answer({"result": result, "jsonrpc": "2.0", "id": id})


def refuse(id: Any, error: RpcError, status: int) -> Answer:
    """An error response; ``status`` is the era's choice, which the error may overrule."""
    answer = Answer(error.body(id), error.status or status)
    if error.retry_after is not None:
        answer.headers.append((b"retry-after", b"%d" % max(1, round(error.retry_after))))
    return answer


def rpc_error(server: McpServer, op: Operation, failure: Failure) -> RpcError:
    """A failure as a JSON-RPC error."""
    native = failure.native
    return RpcError(
        int(native.get("code", CODES.get(failure.kind, SERVER_ERROR))),
        server.describe(op, failure),
        native.get("data"),
        status=native.get("status"),
        retry_after=failure.retry_after,
    )


def tool_error(text: str) -> dict[str, Any]:
    """A call's failure as its result, for the model to read."""
    return {"content": [{"type": "text", "text": text}], "isError": True}


def unwrap(outcome: Any, token: Any, level: str | None = LEVELS[0]) -> tuple[Any, list[Mapping[str, Any]]]:
    """A handler's result, and the notifications that go before it: progress if there is a ``token`` for it, and log
    messages from ``level`` on, none without one.
    """
    if not isinstance(outcome, Notified):
        return outcome, []
    return outcome.result, _messages(outcome.notifications, token, level)


def _messages(
    notifications: Sequence[tuple[str, Mapping[str, Any]]], token: Any, level: str | None
) -> list[Mapping[str, Any]]:
    messages: list[Mapping[str, Any]] = []
    for method, params in notifications:
        if method == "notifications/message" and not _is_loud(params.get("level"), level):
            continue
        if method == "notifications/progress":
            if token is None:
                continue
            params = {"progressToken": token, **params}
        messages.append({"method": method, "params": params, "jsonrpc": "2.0"})
    return messages


def _is_loud(level: Any, wanted: str | None) -> bool:
    return wanted in LEVELS and level in LEVELS and LEVELS.index(level) >= LEVELS.index(wanted)
