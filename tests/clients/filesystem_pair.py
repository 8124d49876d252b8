"""The reference filesystem server and ours, side by side."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from falsefront.control_plane.registry import load
from falsefront.kernel.operation import Failure, Operation
from falsefront.runtime import Runtime
from falsefront.world.world import World
from tests.clients.filesystem_calls import Calls, Tree, make_tree

PACKAGE = "@modelcontextprotocol/server-filesystem"
VERSION = "2026.8.31"

_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.tmp")
_TIMES = re.compile(r"^(created|modified|accessed): \w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT\+0000 .*$", re.MULTILINE)


def normal(answer: Any) -> Any:
    """An answer without what differs from run to run: times, and names of temporary files."""
    dumped = json.dumps(answer, sort_keys=True, ensure_ascii=True)
    answer = json.loads(_TEMPORARY.sub(".HEX.tmp", dumped))
    for item in answer.get("content", []):
        if "text" in item:
            item["text"] = _TIMES.sub(r"\1: TIME", item["text"])
    structured = answer.get("structuredContent", {})
    if isinstance(structured.get("content"), str):
        structured["content"] = _TIMES.sub(r"\1: TIME", structured["content"])
    return answer


class Reference:
    """The npm server over stdio."""

    def __init__(self, node: str, package: Path, base: Path, *, several: bool = False) -> None:
        self.base = base
        self.several = several
        for name in ("root", "outside", "home", "rootx", *(["second"] if several else [])):
            (base / name).mkdir()
        roots = [f"{base}/root"]
        if several:
            (base / "via").symlink_to(base / "second")
            roots.append(f"{base}/via")
        self._process = subprocess.Popen(
            [node, str(package / "dist" / "index.js"), *roots],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=base / "root",
            env={"PATH": os.environ["PATH"], "HOME": f"{base}/home", "TZ": "UTC", "LANG": "en_US.UTF-8"},
        )
        self._id = 0
        client = {"name": "test", "version": "1"}
        self.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def request(self, method: str, params: Any) -> Any:
        """Ask, and wait for the answer."""
        assert self._process.stdout is not None
        self._id += 1
        self._send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        answer = json.loads(self._process.stdout.readline())
        assert answer["id"] == self._id
        return answer.get("result") or answer["error"]

    def call(self, name: str, arguments: Any) -> Any:
        """Call a tool."""
        return self.request("tools/call", {"name": name, "arguments": arguments})

    def close(self) -> None:
        """Stop the server."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class Ours:
    """Our tools on a world of their own, without a server between."""

    def __init__(self, fixture: dict[str, Any]) -> None:
        from falsefront.emulators.filesystem.tools.catalogue import TOOLS

        self._tools = TOOLS
        runtime = Runtime(load(["filesystem"]))
        self.world = World("t", runtime.seeded({"filesystem": fixture}))

    def call(self, name: str, arguments: Any) -> Any:
        """Call a tool."""
        state = self.world.begin()
        try:
            result = self._tools[name].call(state, Operation("filesystem", name, arguments))
        except Failure as failure:
            if failure.keep:
                self.world.commit(state)
            return {"content": [{"type": "text", "text": failure.message}], "isError": True}
        self.world.commit(state)
        return result

    def there(self, root: str) -> dict[str, bytes | None]:
        """What is below a directory: a file's content, ``None`` for anything else."""
        from falsefront.emulators.filesystem.nodes import FILES
        from falsefront.emulators.filesystem.tree import below

        files = self.world.begin().table(FILES)
        return {path: node.get("content") for path, node in below(files, root)}


def put_on_disk(tree: Tree, base: Path) -> None:
    """Make the tree on the disk, in place of what was there; the root itself stays, as a server has it open."""
    for directory in base.iterdir():
        for inner in () if directory.is_symlink() or not directory.is_dir() else directory.iterdir():
            if inner.is_dir() and not inner.is_symlink():
                shutil.rmtree(inner)
            else:
                inner.unlink()
        if not directory.is_dir():
            directory.unlink()
    for path in tree.directories:
        os.makedirs(path, exist_ok=True)
    for path, data in tree.files.items():
        Path(path).write_bytes(data)
        os.chmod(path, tree.modes.get(path, 0o644))
    for path, target in tree.links.items():
        if not os.path.islink(path):
            os.symlink(target, path)


def on_disk(root: str) -> dict[str, bytes | None]:
    """What is below a directory on the disk, as ``Ours.there``."""
    found: dict[str, bytes | None] = {}
    for folder, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = f"{folder}/{name}"
            plain = os.path.isfile(path) and not os.path.islink(path)
            found[path] = Path(path).read_bytes() if plain else None
    return dict(sorted(found.items()))


class Tally:
    """How many calls were answered alike."""

    def __init__(self) -> None:
        self.calls = 0
        self.different: list[tuple[int, str, Any, Any, Any]] = []

    def compare(self, seed: int, name: str, arguments: Any, theirs: Any, ours: Any) -> bool:
        """Count one call."""
        self.calls += 1
        theirs, ours = normal(theirs), normal(plain(ours))
        if theirs != ours:
            self.different.append((seed, name, arguments, theirs, ours))
        return bool(theirs == ours)


def plain(answer: Any) -> Any:
    """An answer as it is after its trip over the wire."""
    try:
        return orjson.loads(orjson.dumps(answer))
    except TypeError:
        return json.loads(json.dumps(answer))


def shape(value: Any) -> bytes:
    """JSON with lone surrogates escaped."""
    return json.dumps(value).encode()


def undescribed(value: Any) -> Any:
    """Without the descriptions, which are each server's own words."""
    if isinstance(value, dict):
        return {key: "…" if key == "description" else undescribed(item) for key, item in value.items()}
    return [undescribed(item) for item in value] if isinstance(value, list) else value


def run_pair(
    reference: Reference, seed: int, count: int, tally: Tally, make: Callable[[dict[str, Any]], Ours] = Ours
) -> None:
    """One random world and ``count`` random calls on both; ends early where the files have come to differ."""
    dice = random.Random(seed)
    tree = make_tree(dice, str(reference.base), several=reference.several)
    put_on_disk(tree, reference.base)
    ours = make(tree.fixture())
    calls = Calls(dice, tree)
    for _ in range(count):
        name, arguments = calls.pick(ours.there(tree.root))
        tally.compare(seed, name, arguments, reference.call(name, arguments), ours.call(name, arguments))
        if on_disk(tree.root) != ours.there(tree.root):
            tally.compare(seed, name, arguments, {"files": "alike"}, {"files": "different"})
            return
