"""The server's side of one TCP connection, which a toxic may spoil."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from .toxics import Toxic, make


class Link(asyncio.Transport):
    """An asyncio transport that hands what is written to a toxic while one is armed."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._toxic: Toxic | None = None
        self._held: list[bytes] = []
        self._soon = asyncio.get_running_loop().call_soon

    def arm(self, toxic: str, **settings: Any) -> None:
        """Let a toxic take everything that is written from now on."""
        self.flush()
        self._toxic = make(toxic, settings)

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Hold what is written in one step of the loop (a head, then its body) for one system call."""
        if self._toxic is not None:
            self._toxic.write(bytes(data), self._transport)
            return
        if not self._held:
            self._soon(self.flush)
        self._held.append(data if isinstance(data, bytes) else bytes(data))

    def flush(self) -> None:
        """Hand on what is held."""
        if self._held:
            held, self._held = self._held, []
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        self.write(b"".join(list_of_data))

    # Everything else is the transport's own.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._held.clear()
        self._transport.abort()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def write_eof(self) -> None:
        self.flush()
        self._transport.write_eof()

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._transport.get_protocol()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size() + sum(map(len, self._held))

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._transport.get_write_buffer_limits()
