"""The one HTTP surface of the emulator: MCP, the disk, and the E2B files API, told apart by their paths."""

from __future__ import annotations

from falsefront.kernel.emulator import ASGIApp, Context, Receive, Scope, Send
from falsefront.wire.http import send_json

from .disk_http import disk_app
from .e2b_http import e2b_app


def surface(mcp: ASGIApp, context: Context) -> ASGIApp:
    """Route a request: ``/mcp`` (and the bare root) to MCP, ``/disk`` and ``/roots``, ``/e2b``."""
    disk, e2b = disk_app(context), e2b_app(context)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await mcp(scope, receive, send)
            return
        below: str = scope["path"][len(scope.get("root_path", "")) :]
        match below[1:].partition("/")[0]:
            case "mcp" | "":
                await mcp(scope, receive, send)
            case "disk" | "roots":
                await disk(scope, receive, send)
            case "e2b":
                await e2b(scope, receive, send)
            case _:
                await send_json(send, 404, {"message": "here are /mcp, /disk, /roots and /e2b"})

    return app
