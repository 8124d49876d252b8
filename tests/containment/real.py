"""A server in a process of its own, and bytes sent to it as no client would send them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from falsefront.control_plane.registry import BUILT_IN, load

LEAK = re.compile(
    rb"Traceback|site-packages|/lib/python|\.py[\"':, ]|object at 0x|\bfalsefront\.\w+\.\w+"
    rb"|\b(?:Key|Type|Value|Index|Attribute|Recursion|Assertion|Runtime|UnicodeEncode|UnicodeDecode|JSONDecode)Error\b"
    + b"|"
    + re.escape(str(Path(__file__).parents[2]).encode())
)
"""What no client may ever read: Python's own words, and places on the host."""


def loadable() -> list[str]:
    """The emulators that are there."""
    found: list[str] = []
    for name in BUILT_IN:
        try:
            load([name])
        except (ImportError, ValueError):
            continue
        found.append(name)
    return found


@dataclass(frozen=True)
class Answered:
    """What came back over one connection."""

    raw: bytes

    @property
    def status(self) -> int:
        return int(self.raw[9:12]) if self.raw.startswith(b"HTTP/1.") else 0

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    def header(self, name: str) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode():
                return value.strip().decode("latin-1")
        return ""

    def json(self) -> Any:
        return json.loads(self.body)


class Real:
    """``falsefront serve``, its standard error kept."""

    def __init__(self, *arguments: str, emulators: Iterable[str] = (), env: Mapping[str, str] | None = None) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the server)
        command = [sys.executable, "-m", "falsefront.control_plane.cli", "serve", "--json", "--fixture", "empty"]
        command += ["--port", "0", "--postgres-port", "0", "--emulators", ",".join(emulators or loadable())]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FALSEFRONT_")}
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**environment, "PYTHONWARNINGS": "always", **(env or {})},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError(self.stderr())
        self.said: dict[str, Any] = json.loads(line)
        self.url: str = self.said["url"]
        self.port = int(self.url.rpartition(":")[2])

    def stderr(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    @property
    def smtp_port(self) -> int:
        return urlsplit(self.said["environment"]["SMTP_URL"]).port or 0

    @property
    def postgres_port(self) -> int:
        return urlsplit(self.said["postgres"]).port or 0

    def stop(self) -> tuple[int, float]:
        """End it; its exit status and how long that took."""
        start = time.monotonic()
        self.process.terminate()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        took = time.monotonic() - start
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status, took

    def close(self) -> None:
        self._errors.close()

    # Bytes

    @contextmanager
    def connect(self, port: int | None = None, timeout: float = 15) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=timeout) as sock:
            yield sock

    def raw(self, data: bytes, *, port: int | None = None, end: bool = False, timeout: float = 15) -> Answered:
        """Send bytes, then read until the server closes; ``end`` closes our half first."""
        parts: list[bytes] = []
        with self.connect(port, timeout) as sock:
            # A server that has answered may close on what it did not care to read.
            with suppress(ConnectionError):
                sock.sendall(data)
                if end:
                    sock.shutdown(socket.SHUT_WR)
            with suppress(ConnectionError):
                while chunk := sock.recv(1 << 16):
                    parts.append(chunk)
        return Answered(b"".join(parts))

    def send(
        self, method: str, path: str | bytes, headers: Mapping[str, str | bytes] | None = None, body: bytes = b""
    ) -> Answered:
        """One HTTP request on a connection of its own, its parts written as they are."""
        target = path.encode("latin-1") if isinstance(path, str) else path
        fields: dict[str, str | bytes] = {
            "host": f"127.0.0.1:{self.port}",
            "content-length": str(len(body)),
            "connection": "close",
            **(headers or {}),
        }
        lines = [
            name.encode() + b": " + (value.encode("latin-1") if isinstance(value, str) else value)
            for name, value in fields.items()
            if value != "-"
        ]
        return self.raw(b"\r\n".join([method.encode() + b" " + target + b" HTTP/1.1", *lines, b"", body]))

    # The control plane

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.send(method, f"/_falsefront{path}", {"content-type": "application/json"}, data)
        assert answer.status < 300, answer.raw[:500]
        return answer.json()

    def world(self, name: str) -> str:
        """Make a world; its name."""
        self.control("POST", "/worlds", {"name": name, "fixture": "empty"})
        return name

    def digest(self, world: str = "default") -> str:
        return str(self.control("GET", f"/worlds/{world}/digest")["digest"])


class Unhurt:
    """Checks that whatever was sent, a server neither told of its inside nor failed at its work."""

    def __init__(self, server: Real) -> None:
        self.server = server
        self._seen = len(server.stderr())

    def answer(self, answer: Answered, *, inside: bool = True) -> Answered:
        """An answer that may be shown to a client; ``inside`` says that a 500 is none of those."""
        assert answer.raw, f"nothing was answered; stderr: {self.news()}"
        found = LEAK.search(answer.raw)
        assert found is None, (found, answer.raw[:2000])
        if inside:
            assert answer.status != 500, (answer.raw[:2000], self.news())
        return answer

    def news(self) -> str:
        """What the server wrote to its standard error since it was last asked."""
        errors = self.server.stderr()
        fresh, self._seen = errors[self._seen :], len(errors)
        return fresh

    def check(self) -> None:
        """No failure was logged, and the server answers."""
        assert self.server.process.poll() is None, self.server.stderr()[-2000:]
        fresh = self.news()
        assert "Traceback" not in fresh, fresh[-3000:]
        assert "Error" not in fresh, fresh[-3000:]
        assert self.server.send("GET", "/ready").status == 200
