"""The beginning of a connection: encryption refused, the protocol agreed, the world found."""

from __future__ import annotations

import struct
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.world.ids import stream
from falsefront.world.worlds import DEFAULT

from ..errors import SqlError
from ..session.session import Session
from ..session.settings import REPORTED
from .extended import Extended
from .messages import decoded, message, parameter_status, text

_SSL: Final = 80877103
_GSS: Final = 80877104
_CANCEL: Final = 80877102


class Refused(Exception):
    """The connection ends without a word."""


class Startup:
    """Handles the packets that come before the first message."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def packet(self, body: bytes) -> None:
        """One packet. Raises ``Failure`` for what PostgreSQL would refuse."""
        (code,) = struct.unpack_from("!I", body)
        if code in (_SSL, _GSS):
            self.connection.send(b"N")
            self.connection.flush()
        elif code == _CANCEL:
            self._cancel(body)
            raise Refused
        else:
            self._begin(code, body)

    def _cancel(self, body: bytes) -> None:
        if len(body) != 12:
            return
        pid, secret = struct.unpack("!II", body[4:])
        other = self.connection.shared.sessions.get(pid)
        if other is not None and other.secret == secret and other.session is not None:
            other.session.cancelled = "canceling statement due to user request"
            if other.extended is not None:
                other.extended.wake()

    def _begin(self, code: int, body: bytes) -> None:
        major, minor = code >> 16, code & 0xFFFF
        if major != 3:
            raise SqlError(
                "0A000", f"unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.0", severity="FATAL"
            )
        params = self._parameters(body)
        unknown = [name for name in params if name.startswith("_pq_.")]
        if minor > 0 or unknown:
            names = b"".join(text(name) for name in unknown)
            self.connection.send(message(b"v", struct.pack("!ii", 3 << 16, len(unknown)) + names))
        user = params.get("user", "")
        if not user:
            raise SqlError("28000", "no PostgreSQL user name specified in startup packet", severity="FATAL")
        database = params.get("database") or user
        self._open(user, database, params)

    def _parameters(self, body: bytes) -> dict[str, str]:
        if not body.endswith(b"\0"):
            raise SqlError("08P01", "invalid startup packet layout: expected terminator as last byte", severity="FATAL")
        parts = body[4:-1].split(b"\0")
        if parts and parts[-1] == b"":
            parts.pop()
        if len(parts) % 2:
            raise SqlError("08P01", "invalid startup packet layout: expected terminator as last byte", severity="FATAL")
        return {decoded(parts[n]): decoded(parts[n + 1]) for n in range(0, len(parts), 2)}

    def _open(self, user: str, database: str, params: dict[str, str]) -> None:
        connection = self.connection
        name = world_of(database) or world_of(user) or DEFAULT
        try:
            world = connection.context.find_world(name)
        except Failure as failure:
            if failure.kind is not FailureKind.NOT_FOUND:
                raise
            raise SqlError("3D000", f'database "{database}" does not exist', severity="FATAL") from None
        shared = connection.shared
        shared.next_pid += 1
        connection.pid = shared.next_pid
        connection.secret = int.from_bytes(stream(world.version.seed, "sql.cancel", connection.pid, 4), "big")
        session = Session(shared, world, user.partition("@")[0], database, connection.pid)
        for key, value in params.items():
            if key in ("user", "database", "replication") or key.startswith("_pq_."):
                continue
            if key == "options":
                self._options(session, value)
                continue
            proper, checked = session.settings.check(key, value)
            session.settings.start[proper] = checked
        if params.get("replication", "false").lower() not in ("false", "off", "no", "0", ""):
            raise SqlError("0A000", "replication connections are not supported by this emulator", severity="FATAL")
        connection.session = session
        connection.extended = Extended(connection, session)
        shared.sessions[connection.pid] = connection
        connection.send(message(b"R", struct.pack("!i", 0)))
        for parameter in sorted(REPORTED):
            connection.send(parameter_status(parameter, str(session.settings.get(parameter))))
        connection.send(message(b"K", struct.pack("!II", connection.pid, connection.secret)))
        connection.extended.ready()
        connection.flush()

    def _options(self, session: Session, value: str) -> None:
        import shlex

        words = shlex.split(value)
        place = 0
        while place < len(words):
            word = words[place]
            if word == "-c" and place + 1 < len(words):
                place += 1
                word = words[place]
            elif word.startswith(("-c", "--")):
                word = word[2:]
            name, equals, setting = word.partition("=")
            if not equals:
                raise SqlError("42601", f"invalid command-line argument for server process: {word}", severity="FATAL")
            proper, checked = session.settings.check(name.replace("-", "_"), setting)
            session.settings.start[proper] = checked
            place += 1


def world_of(name: str) -> str | None:
    """The world that a database's or user's name ends with: ``shop@t17`` or ``shop/t17``."""
    for mark in ("@", "/"):
        head, found, world = name.rpartition(mark)
        if found and head:
            return world
    return None
