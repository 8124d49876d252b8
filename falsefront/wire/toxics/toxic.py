"""What a toxic is."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Toxic(Protocol):
    """Takes what the server writes, and decides what of it reaches the client, and when."""

    def write(self, data: bytes, transport: asyncio.Transport) -> None: ...
