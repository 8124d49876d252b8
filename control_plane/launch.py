"""A server in a process of its own, started by its command line and stopped when it is no longer needed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any


class Launched:
    """``falsefront serve`` as a child process; a context manager.

    ``arguments`` are what follows ``serve --json`` on its command line; ports are free ones unless they say
    otherwise. ``addresses`` is what it printed. Raises ``RuntimeError`` with its own words where it does not start.
    """

    def __init__(self, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        self._arguments = list(arguments)
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self.addresses: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """The base URL."""
        return str(self.addresses["url"])

    @property
    def pid(self) -> int:
        """The child's process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Launched:
        """Start it and wait until every port answers."""
        command = [sys.executable, "-m", "falsefront.control_plane.cli", "serve", "--json"]
        command += ["--port", "0", "--postgres-port", "0", *self._arguments]
        with tempfile.TemporaryFile("w+") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=None if self._environment is None else dict(self._environment),
            )
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            if not line:
                self.stop()
                errors.seek(0)
                raise RuntimeError(f"the falsefront server did not start: {errors.read().strip()}")
        self.addresses = json.loads(line)
        return self

    def stop(self) -> int:
        """Stop it; its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            return process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            if process.stdout is not None:
                process.stdout.close()

    def __enter__(self) -> Launched:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
