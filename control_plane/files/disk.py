"""A world's disk over HTTP; what fails raises ``OSError`` with the number that the system call would have."""

from __future__ import annotations

import errno
import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from falsefront.mcp.pipe import Connection, Origin, Unreachable

DEFAULT_URL: Final = "http://127.0.0.1:7070"


class Changed(OSError):
    """The world holds something else than was expected."""


class Disk:
    """The files of one world; a context manager. Threads may share it: each call has a connection to itself."""

    def __init__(self, url: str, world: str) -> None:
        self._origin = Origin(f"{url.rstrip('/')}/w/{quote(world, safe='')}/filesystem")
        # Threads come and go (FUSE makes them as it needs them), so connections are not theirs but wait here.
        self._idle: deque[Connection] = deque()

    def __enter__(self) -> Disk:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._idle:
            connection.close()

    def roots(self) -> list[str]:
        """The directories that the world's tools may touch."""
        directories: list[str] = json.loads(self._ask("GET", "/roots", b""))["directories"]
        return directories

    def do(self, operation: str, path: str, content: bytes = b"", **args: Any) -> bytes:
        """Do one operation. Raises ``OSError``; ``Changed`` where an expectation does not hold."""
        query = urlencode(
            {"path": path, **{name: _text(value) for name, value in args.items() if value is not None}},
            errors="surrogateescape",
            quote_via=quote,
        )
        return self._ask("POST", f"/disk/{operation}?{query}", content)

    def get(self, operation: str, path: str, **args: Any) -> Any:
        """Do one operation that answers in JSON. Raises as ``do`` does."""
        return json.loads(self.do(operation, path, **args))

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = Connection(self._origin)
        try:
            connection.send(method, path, {"content-type": "application/octet-stream"}, body)
            response = connection.receive()
            data = b"".join(response.parts())
        except (Unreachable, OSError) as error:
            connection.close()
            raise OSError(errno.EIO, str(error)) from None
        self._idle.append(connection)
        if response.status != 200:
            raise _failure(response.status, data)
        return data


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _failure(status: int, data: bytes) -> OSError:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    told: Mapping[str, Any] = found if isinstance(found, dict) else {}
    number = getattr(errno, str(told.get("errno")), errno.EIO)
    message = str(told.get("message") or f"HTTP {status}")
    # The class is given here, because OSError would choose another by the number.
    return Changed(number, message) if told.get("changed") else OSError(number, message)
