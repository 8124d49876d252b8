"""List and call tools with `fastmcp`'s client; prints what came of it as JSON. `fastmcp_client.py <url>`."""

import asyncio
import json
import sys

from fastmcp import Client


async def main(url: str) -> None:
    steps: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        steps.append(progress)

    async with Client(url) as client:
        tools = await client.list_tools()
        echo = await client.call_tool("echo", {"text": "héllo"})
        failed = await client.call_tool("test_error_handling", {}, raise_on_error=False)
        await client.call_tool("test_tool_with_progress", {}, progress_handler=note)
    print(
        json.dumps(
            {
                "tools": [tool.name for tool in tools],
                "echo": echo.content[0].text,
                "failed": [failed.is_error, failed.content[0].text],
                "progress": steps,
            }
        )
    )


asyncio.run(main(sys.argv[1]))
