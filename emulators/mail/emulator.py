"""The mail emulator: its operations, its tables, and the surfaces that lead to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from falsefront.kernel.emulator import Context, Endpoints, Http, Op, Receive, Scope, Send, Surface, Tcp
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State, TableSpec
from falsefront.mcp.app import mcp_app
from falsefront.mcp.operations import MCP_TABLES

from .inbox import Inbox
from .messages import MESSAGES, accept_recipient, clear, delete, get, list_messages, send
from .smtp import smtp_protocol
from .tools import SERVER

OPERATIONS: Final[dict[str, Op]] = {
    "recipients.accept": Op(accept_recipient, "read", "Say whether mail for an address is taken (SMTP's RCPT)."),
    "messages.send": Op(send, "write", "Deliver a message."),
    "messages.list": Op(list_messages, "read", "List messages, newest first."),
    "messages.get": Op(get, "read", "Read one message."),
    "messages.delete": Op(delete, "write", "Delete one message."),
    "messages.clear": Op(clear, "write", "Delete every message."),
    **{tool.name: Op(tool.handler, tool.access, tool.definition["title"]) for tool in SERVER.tools.values()},
}


class Mail:
    """Mail in over SMTP, and an inbox over HTTP and MCP."""

    name = "mail"
    operations: Mapping[str, Op] = OPERATIONS
    tables: Sequence[TableSpec] = (MESSAGES, *MCP_TABLES)

    def seed(self, state: State, data: Any) -> None:
        """``{"messages": [{"from", "to": [...], "subject", "text", "html"}]}``."""
        if not isinstance(data, Mapping) or set(data) - {"messages"}:
            raise Failure(FailureKind.INVALID, "mail: the section has one key, messages")
        for message in data.get("messages", ()):
            send(state, Operation("mail", "messages.send", message))

    def surfaces(self, context: Context) -> Sequence[Surface]:
        """HTTP with ``/messages`` and ``/mcp``, and SMTP on a port of its own."""
        inbox = Inbox(context, OPERATIONS)
        mcp = mcp_app(SERVER, context)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope["path"][len(scope["root_path"]) :]
            await (mcp if path.startswith("/mcp") else inbox)(scope, receive, send)

        return [Http(app), Tcp("smtp", lambda: smtp_protocol(context))]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        """The inbox's URL, the MCP URL, and SMTP with the world as the user."""
        host, port = endpoints.tcp["smtp"]
        return {
            "MAIL_URL": f"{endpoints.url}/w/{world}/mail",
            "MAIL_MCP_URL": f"{endpoints.url}/w/{world}/mail/mcp",
            "SMTP_URL": f"smtp://{world}:any@{host}:{port}",
        }


emulator = Mail()
