"""A private real PostgreSQL to compare with, and what one statement answered on either."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BINARIES = Path("/usr/lib/postgresql/15/bin")
FIELDS = {
    "severity": "S",
    "sqlstate": "C",
    "message": "M",
    "detail": "D",
    "hint": "H",
    "position": "P",
    "schema": "s",
    "table": "t",
    "column": "c",
    "constraint": "n",
}


def missing() -> str | None:
    """Why there is no real PostgreSQL here, if there is none."""
    if not (BINARIES / "initdb").exists():
        return f"{BINARIES}/initdb is not installed"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and runuser is missing"
    return None


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def real_postgres(directory: Path) -> Iterator[dict[str, Any]]:
    """Start a PostgreSQL 15 of our own; gives how to connect."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    data = directory / "data"
    directory.chmod(0o777)
    for parent in directory.parents:
        if str(parent).startswith("/tmp/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    run = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(
        [*prefix, BINARIES / "initdb", "-D", data, "-U", "postgres", "--locale=C.UTF-8", "-A", "trust", "-N"], **run
    )
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c timezone=Etc/UTC"
    control = [*prefix, BINARIES / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-o", options, "-l", "/dev/null", "start"], **run)
    try:
        yield {"host": "127.0.0.1", "port": port, "user": "postgres"}
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **{**run, "check": False})


def answer(connection: Any, sql: str) -> tuple[Any, ...]:
    """What a statement answers through the simple protocol: columns, types, rows and tag, or the error's fields."""
    from psycopg import pq

    result = connection.pgconn.exec_(sql.encode())
    if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
        diagnostics = {name: result.error_field(ord(letter)) for name, letter in FIELDS.items()}
        return ("error", *((name, value.decode()) for name, value in diagnostics.items() if value is not None))
    columns = tuple((result.fname(n).decode(), _type(result.ftype(n)), result.fmod(n)) for n in range(result.nfields))
    rows = tuple(
        tuple(None if (value := result.get_value(r, n)) is None else value.decode() for n in range(result.nfields))
        for r in range(result.ntuples)
    )
    return ("ok", (result.command_status or b"").decode(), columns, rows)


def _type(oid: int) -> int:
    """Users' types have other OIDs on every server."""
    return oid if oid < 16384 else 16384


def statements(path: Path) -> list[str]:
    """The statements of a corpus file: each ends with a semicolon at the end of a line."""
    found: list[str] = []
    lines: list[str] = []
    for line in path.read_text().splitlines():
        if not lines and (not line.strip() or line.startswith("--")):
            continue
        lines.append(line)
        if line.rstrip().endswith(";"):
            found.append("\n".join(lines).rstrip().removesuffix(";"))
            lines = []
    return found
