"""The server closes the connection in an orderly way before it has answered."""

from __future__ import annotations

import asyncio


class Close:
    """Send nothing more, and close."""

    def write(self, data: bytes, transport: asyncio.Transport) -> None:
        """Close in place of writing."""
        transport.close()
