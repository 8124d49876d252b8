"""The connection is reset: the client's next read fails with ECONNRESET."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


class Reset:
    """Send nothing more, and reset."""

    def write(self, data: bytes, transport: asyncio.Transport) -> None:
        """Reset in place of writing."""
        sock = transport.get_extra_info("socket")
        if sock is not None:
            # A close with a linger of zero seconds sends RST instead of FIN.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
