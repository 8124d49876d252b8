"""Record the golden run: what the reference filesystem server answers, for machines without Node.

``python -m tests.clients.record_filesystem`` writes ``tests/emulators/filesystem/golden.json.gz`` anew.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
from pathlib import Path
from typing import Any

from tests.clients.filesystem_calls import Calls, make_tree
from tests.clients.filesystem_pair import PACKAGE, VERSION, Ours, Reference, normal, put_on_disk, undescribed
from tests.clients.node import node, node_package

GOLDEN = Path(__file__).parents[1] / "emulators" / "filesystem" / "golden.json.gz"
BASE = Path("/tmp/ff-golden")  # the answers name it, so that it has to be the same everywhere
SEEDS = range(90_000, 90_040)
CALLS = 45


def record(reference: Reference, seed: int) -> dict[str, Any]:
    """One world, its calls, and what they were answered."""
    dice = random.Random(seed)
    tree = make_tree(dice, str(reference.base), several=reference.several)
    put_on_disk(tree, reference.base)
    ours = Ours(tree.fixture())
    calls = Calls(dice, tree)
    taken: list[Any] = []
    for _ in range(CALLS):
        name, arguments = calls.pick(ours.there(tree.root))
        answer = normal(reference.call(name, arguments))
        ours.call(name, arguments)
        taken.append([name, arguments, answer])
    return {"fixture": tree.fixture(), "calls": taken}


def main() -> None:
    """Record."""
    package = node_package(PACKAGE, VERSION)
    worlds: list[Any] = []
    tools: Any = None
    for several in (False, True):
        shutil.rmtree(BASE, ignore_errors=True)
        BASE.mkdir()
        reference = Reference(node(), package, BASE, several=several)
        tools = undescribed(reference.request("tools/list", {})["tools"])
        worlds += [record(reference, seed) for seed in SEEDS if (seed % 4 == 0) == several]
        reference.close()
    shutil.rmtree(BASE)
    data = {"server": f"{PACKAGE}@{VERSION}", "tools": tools, "worlds": worlds}
    GOLDEN.write_bytes(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 9, mtime=0))
    print(GOLDEN, GOLDEN.stat().st_size, "bytes", sum(len(world["calls"]) for world in worlds), "calls")


if __name__ == "__main__":
    main()
