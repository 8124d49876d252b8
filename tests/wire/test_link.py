from __future__ import annotations

import asyncio
from typing import Any

import pytest

from falsefront.wire.link import Link
from falsefront.wire.server import LinkedTcp


class Echo(asyncio.Protocol):
    """Echoes; arms the toxic that a line names, then answers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, Link)
        self.link = transport

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"!"):
            self.link.arm(data[1:].decode().strip())
        self.link.write(b"head\n")
        self.link.writelines([b"body ", data])


async def talk(line: bytes) -> bytes:
    server = await asyncio.get_running_loop().create_server(lambda: LinkedTcp(Echo()), "127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        try:
            writer.write(line)
            return await asyncio.wait_for(reader.read(11 if line.startswith(b"h") else -1), 5)
        finally:
            writer.close()
    finally:
        server.close()


async def test_without_a_toxic_bytes_pass() -> None:
    assert await talk(b"hello\n") == b"head\nbody h"


async def test_reset_is_a_reset() -> None:
    with pytest.raises(ConnectionResetError):
        await talk(b"!reset\n")


async def test_close_is_an_orderly_end_with_nothing_sent() -> None:
    assert await talk(b"!close\n") == b""


async def test_a_toxic_that_is_not_there_is_refused() -> None:
    class Never(asyncio.Transport):
        pass

    with pytest.raises(KeyError):
        Link(Never()).arm("nonsense")
    settings: dict[str, Any] = {"rate": 1}
    with pytest.raises(TypeError):
        Link(Never()).arm("reset", **settings)
