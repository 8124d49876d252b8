"""List and call tools with the `mcp` package, version 1; prints what came of it as JSON. `mcp1_client.py <url>`."""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main(url: str) -> None:
    steps: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        steps.append(progress)

    async with streamablehttp_client(url) as (read, write, _), ClientSession(read, write) as session:
        opened = await session.initialize()
        await session.send_ping()
        tools = await session.list_tools()
        echo = await session.call_tool("echo", {"text": "héllo"})
        failed = await session.call_tool("test_error_handling", {})
        await session.call_tool("test_tool_with_progress", {}, progress_callback=note)
    print(
        json.dumps(
            {
                "version": opened.protocolVersion,
                "server": opened.serverInfo.name,
                "tools": [tool.name for tool in tools.tools],
                "echo": echo.content[0].text,
                "failed": [failed.isError, failed.content[0].text],
                "progress": steps,
            }
        )
    )


asyncio.run(main(sys.argv[1]))
