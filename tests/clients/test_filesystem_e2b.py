"""The unmodified E2B SDK, pointed at a world by its own environment variables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from falsefront.control_plane.serving import Background
from tests.clients.python import python_with, run_script

PROGRAM = Path(__file__).parent / "programs" / "e2b_client.py"


def test_the_e2b_sdk(serve: Callable[..., Background]) -> None:
    python = python_with("e2b==2.63.0")
    background = serve("filesystem")

    def prepare() -> dict[str, str]:
        world = background.runtime.worlds.create("sandbox")
        state = world.begin()
        background.runtime.emulators["filesystem"].seed(state, {"files": {"/workspace/link": {"symlink": "raw.bin"}}})
        world.commit(state)
        return background.serving.environment("sandbox")

    found = json.loads(run_script(python, PROGRAM, **background.call(prepare)))
    errors = found.pop("errors")
    assert found == {
        "running": True,
        "written": "/workspace/a/b.txt",
        "text": "héllo\n",
        "relative": "héllo\n",
        "bytes": [0, 255, 13, 10, 45, 45, 120],
        "sizes": [100_000, 300_000],
        "stream": "héllo\n",
        "many": ["/workspace/m/1", "/workspace/m/2"],
        "listed": [["b.txt", "file", "/workspace/a/b.txt", 7, "-rw-r--r--", None]],
        "deep": [
            "/workspace/a",
            "/workspace/a/b.txt",
            "/workspace/link",
            "/workspace/m",
            "/workspace/m/1",
            "/workspace/m/2",
            "/workspace/raw.bin",
            "/workspace/streamed.bin",
            "/workspace/zipped.bin",
        ],
        "made": [True, False],
        "info": ["a", "dir", "/workspace/a", 4096, "drwxr-xr-x", None],
        "link": ["link", "symlink", "/workspace/link", 7, "Lrwxrwxrwx", "/workspace/raw.bin"],
        "renamed": "/workspace/c/d.txt",
        "exists": [False, True],
        "removed": False,
    }
    gone = "/workspace/gone: no such file or directory"
    assert errors["read"] == ["FileNotFoundException", "path '/workspace/gone' does not exist"]
    assert errors["directory"] == ["InvalidArgumentException", "path '/workspace/m' is a directory"]
    assert errors["onto"] == ["InvalidArgumentException", "path is a directory: /workspace/m"]
    assert errors["list"] == ["FileNotFoundException", f"path not found: lstat {gone}"]
    assert errors["file"] == ["InvalidArgumentException", "path is not a directory: /workspace/m/1"]
    assert errors["info"] == ["FileNotFoundException", f"file not found: lstat {gone}"]
    assert errors["rename"][0] == "FileNotFoundException"
    assert errors["make"][1] == "path already exists but it is not a directory: /workspace/m/1"
    for name in ("run", "watch"):
        assert errors[name][0] == "SandboxException"
        assert "unimplemented" in errors[name][1].lower()


def test_what_it_does_is_in_the_journal(serve: Callable[..., Background]) -> None:
    background = serve("filesystem")

    def operations() -> list[str]:
        return [entry.op.name for entry in background.runtime.worlds.find("sandbox").journal]

    test_the_e2b_sdk(serve) if not background.call(lambda: "sandbox" in background.runtime.worlds) else None
    done = background.call(operations)
    assert {"e2b.read", "e2b.write", "e2b.ListDir", "e2b.Stat", "e2b.MakeDir", "e2b.Move", "e2b.Remove"} == set(done)
