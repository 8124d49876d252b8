"""Python clients that cannot stand beside our own dependencies: each in a virtual environment in ``.clients``."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.clients.node import CLIENTS, locked


@cache
def python_with(*requirements: str) -> str:
    """A Python with packages of its own, installed once; the test is skipped where that cannot be done."""
    home = CLIENTS / "python" / "+".join(requirements)
    python = home / "bin" / "python"
    with locked(home):
        if not (home / "installed").exists():
            for command in (
                [sys.executable, "-m", "venv", str(home)],
                [str(python), "-m", "pip", "install", "--quiet", *requirements],
            ):
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    pytest.skip(f"cannot install {' '.join(requirements)}: {done.stderr[-300:]}")
            (home / "installed").touch()
    return str(python)


def run_script(program: str, script: Path, *args: str, **environment: str) -> str:
    """What a script prints; it must end well."""
    import os

    done = subprocess.run(
        [program, str(script), *args],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
