"""How soon a server is ready, and what memory it holds: `python benchmarks/startup.py`.

From the start of the process to its line of JSON, the best of several; the memory is what is resident then.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

TIMES = 5
CASES = [
    ("all emulators, shop", [], "≤ 1.0 s, ≤ 150 MB"),
    ("all emulators, empty", ["--fixture", "empty"], "≤ 1.0 s"),
    *(
        (f"{name}, empty", ["--emulators", name, "--fixture", "empty"], "≤ 0.5 s")
        for name in ("filesystem", "sql", "stripe", "kubernetes", "mail")
    ),
]


def start(arguments: list[str]) -> tuple[float, float, float]:
    """Seconds until ready, CPU seconds until then, and resident megabytes."""
    command = [
        sys.executable,
        "-m",
        "falsefront.control_plane.cli",
        "serve",
        "--json",
        "--port",
        "0",
        "--postgres-port",
        "0",
    ]
    begun = time.perf_counter()
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        ready = time.perf_counter() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(fields[11]) + int(fields[12])) / 100
        resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
        return ready, cpu, resident
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    console = Console()
    table = Table(title="Start-up", title_justify="left")
    for heading in ("server", "ready", "CPU", "resident", "bar"):
        table.add_column(heading, justify="left" if heading in ("server", "bar") else "right")
    with console.status("starting servers"):
        for name, arguments, bar in CASES:
            runs = [start(arguments) for _ in range(TIMES)]
            ready, cpu, resident = (min(column) for column in zip(*runs, strict=True))
            table.add_row(name, f"{ready:.2f} s", f"{cpu:.2f} s", f"{resident:.0f} MB", bar)
    console.print(table)


if __name__ == "__main__":
    main()
