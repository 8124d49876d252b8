"""One connection: bytes in, messages in their order, bytes out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections import deque
from typing import Any, Final

from falsefront.kernel.emulator import Context
from falsefront.kernel.operation import Failure, FailureKind

from ..errors import SqlError, response_fields
from ..session.session import Session, Shared
from .extended import Extended
from .messages import fields, message, parameter_status
from .startup import Refused, Startup

log = logging.getLogger("falsefront")
_MAX_STARTUP: Final = 10_000
_KNOWN: Final = frozenset(b"QPBDECSHXFdcfp")


class Connection(asyncio.Protocol):
    """The server's side of the PostgreSQL protocol. Messages are handled one after another by one task."""

    def __init__(self, context: Context, shared: Shared) -> None:
        self.context = context
        self.shared = shared
        self.session: Session | None = None
        self.extended: Extended | None = None
        self.pid = 0
        self.secret = 0
        self._transport: Any = None
        self._buffer = bytearray()
        self._messages: deque[tuple[int, bytes]] = deque()
        self._out: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._closing = False
        self.skipping = False
        """After an error in the extended protocol, until Sync."""

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._writable.set()
        self.shared.sessions.pop(self.pid, None)
        if self.session is not None:
            self.session.cancelled = "terminating connection because the client went away"
            if self._task is None or self._task.done():
                self._end_session()

    def _end_session(self) -> None:
        session = self.session
        if session is None:
            return
        if session.block is not None:
            session.end()
        if session.temp_used:
            assert self.extended is not None
            self.extended.drop_temporary()
        self.session = None

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._buffer += data
        try:
            self._split()
        except SqlError as error:
            self.fatal(error)
            return
        if self._messages and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())
        if len(self._messages) > 2000:
            self._transport.pause_reading()

    # Messages

    def _split(self) -> None:
        """Cut the bytes so far into messages. Raises 08P01."""
        buffer = self._buffer
        while True:
            head = 0 if self.session is None else 1
            if len(buffer) < head + 4:
                return
            (length,) = struct.unpack_from("!i", buffer, head)
            if head == 0:
                if not 8 <= length <= _MAX_STARTUP:
                    raise SqlError("08P01", "invalid length of startup packet", severity="FATAL")
            elif buffer[0] not in _KNOWN:
                raise SqlError("08P01", f"invalid frontend message type {buffer[0]}", severity="FATAL")
            elif length < 4 or length > self.context.max_body:
                raise SqlError("08P01", "invalid message length", severity="FATAL")
            if len(buffer) < head + length:
                return
            body = bytes(buffer[head + 4 : head + length])
            kind = buffer[0] if head else 0
            del buffer[: head + length]
            if head == 0:
                self._start(body)
                if self._closing:
                    return
            else:
                self._messages.append((kind, body))

    def _start(self, body: bytes) -> None:
        try:
            Startup(self).packet(body)
        except Refused:
            self.close()
        except Failure as failure:
            self.fatal(failure)

    async def _work(self) -> None:
        try:
            while self._messages and not self._closing:
                kind, body = self._messages.popleft()
                if len(self._messages) == 1000:
                    self._transport.resume_reading()
                await self._handle(kind, body)
                if not self._messages:
                    self.flush()
                await self._writable.wait()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a PostgreSQL connection failed")
            self.fatal(SqlError("XX000", "an internal error occurred", severity="FATAL"))
        finally:
            self._task = None
            if self._closing:
                self._end_session()

    async def _handle(self, kind: int, body: bytes) -> None:
        extended = self.extended
        assert extended is not None
        if kind == ord("X"):
            self.close()
            return
        if self.skipping and kind not in (ord("S"),):
            return
        try:
            await extended.message(kind, body, self._messages[0][0] if self._messages else 0)
        except Failure as failure:
            self.failed(failure)
            if kind == ord("Q"):
                extended.ready()
            elif not self._closing:
                self.skipping = True
                self.flush()

    def failed(self, failure: Failure) -> None:
        """Tell the client of a failure; a fatal one ends the connection."""
        if failure.kind is FailureKind.INTERNAL and not failure.message and "sqlstate" not in failure.native:
            log.debug("an injected internal failure")
        values = response_fields(failure)
        self.notices()
        self.send(fields(values))
        if self.extended is not None:
            self.extended.abort()
        if values["S"] in ("FATAL", "PANIC"):
            self.close()

    def fatal(self, failure: Failure) -> None:
        """Say why, and close."""
        values = response_fields(failure)
        values["S"] = values["V"] = "FATAL"
        self.send(fields(values))
        self.close()

    # Output

    def send(self, data: bytes) -> None:
        """Put bytes into the answer."""
        self._out.append(data)
        if len(self._out) > 512:
            self.flush()

    def notices(self) -> None:
        """Send what the session has to tell besides: notices and changed parameters."""
        session = self.session
        if session is None:
            return
        for notice in session.notices:
            self.send(fields(notice, b"N"))
        session.notices.clear()
        for name, value in session.reported:
            self.send(parameter_status(name, value))
        session.reported.clear()

    def flush(self) -> None:
        """Write the answer so far."""
        if self._out and not self._transport.is_closing():
            data = b"".join(self._out)
            self._out.clear()
            self._transport.write(data)

    def close(self) -> None:
        """Write what there is, and close."""
        self.flush()
        self._closing = True
        with contextlib.suppress(Exception):
            self._transport.close()

    @property
    def transport(self) -> Any:
        """The link, for faults that are bytes."""
        return self._transport


__all__ = ["Connection", "message"]
