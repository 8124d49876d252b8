"""Snapshots, forks, digests and the chain: `python benchmarks/kernel.py`.

Times are the best of many runs; what counts are the ratios, all taken in one run.
"""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from falsefront.faults import Rule, put_rule
from falsefront.kernel.chain import Exchange
from falsefront.kernel.operation import Operation
from falsefront.kernel.state import Index, State, TableSpec
from falsefront.runtime import Runtime
from falsefront.world.store import Transaction, Version, diff
from falsefront.world.world import World

DOCS = TableSpec("docs", indexes=(Index("group", lambda key, doc: ((doc["group"],),)),))
FORKS = 10_000


def world_of(size: int) -> World:
    state = Transaction(Version())
    state.load(
        DOCS, ((f"k{number:08}", {"id": number, "group": number % 100, "text": "x" * 20}) for number in range(size))
    )
    return World(f"w{size}", state.commit())


def best(work: Callable[[], Any], times: int = 2000, batches: int = 9) -> float:
    """Microseconds of one call, the best of several batches."""
    found = []
    gc.disable()
    for _ in range(batches):
        start = time.perf_counter()
        for _ in range(times):
            work()
        found.append((time.perf_counter() - start) / times * 1e6)
    gc.enable()
    return min(found)


def write_one(world: World) -> Callable[[], None]:
    numbers = iter(range(10**9))

    def write() -> None:
        state = world.begin()
        state.table(DOCS).put(f"k{next(numbers) % 1000:08}", {"id": next(numbers), "group": 1, "text": "y" * 20})
        world.commit(state)

    return write


def chain_cost(rules: int) -> float:
    """CPU microseconds of one read through the whole chain."""
    runtime = Runtime([])
    world = runtime.worlds.create("w", world_of(1000).version)
    for number in range(rules):
        rule = {"when": {"emulator": "other", "op": f"op{number}.*"}, "then": [{"fail": "internal"}]}
        put_rule(world, f"r{number}", Rule.model_validate(rule))

    def handler(state: State, op: Operation) -> Any:
        return None

    op = Operation("docs", "docs.get", {"id": "k00000001"})

    async def run() -> float:
        found = []
        for _ in range(9):
            start = time.process_time()
            for _ in range(5000):
                await runtime.perform(Exchange(op, handler, world))
            found.append((time.process_time() - start) / 5000 * 1e6)
        return min(found)

    return asyncio.run(run())


def memory_per_fork(world: World) -> float:
    """Kilobytes that one of many untouched forks costs, as Python's allocator counts them."""
    tracemalloc.start()
    forks = [world.fork(f"f{number}") for number in range(FORKS)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len({id(fork.version) for fork in forks}) == 1
    return size / FORKS / 1024


def main() -> None:
    console = Console()
    with console.status("building worlds of 1,000 and 1,000,000 documents"):
        small, large = world_of(1_000), world_of(1_000_000)
    table = Table(title="Kernel", title_justify="left")
    for heading in ("what", "1,000 docs", "1,000,000 docs", "ratio", "bar"):
        table.add_column(heading, justify="left" if heading in ("what", "bar") else "right")

    def compare(what: str, work: Callable[[World], Callable[[], Any]], bar: str, times: int = 2000) -> None:
        one, many = best(work(small), times), best(work(large), times)
        table.add_row(what, f"{one:.2f} µs", f"{many:.2f} µs", f"{many / one:.2f}", bar)

    with console.status("measuring"):
        compare("mark", lambda world: lambda: world.mark("m"), "≤ 2, ≤ 50 µs")
        compare("restore", lambda world: lambda: world.restore(world.origin, mark="m"), "≤ 2, ≤ 50 µs")
        compare("fork", lambda world: lambda: world.fork("f"), "≤ 2, ≤ 50 µs")
        compare("write, commit and digest", write_one, "grows with the tree's height", 500)
        compare(
            "diff after 9 × 500 writes", lambda world: lambda: sum(1 for _ in diff(world.origin, world.version)), "", 3
        )
        none, fifty = chain_cost(0), chain_cost(50)
        table.add_row(
            "chain, no rule / 50 rules for others",
            f"{none:.2f} µs",
            f"{fifty:.2f} µs",
            f"{fifty / none:.2f}",
            "≤ 10 µs, same",
        )
        kilobytes = memory_per_fork(large)
    console.print(table)
    console.print(f"memory per untouched fork, {FORKS:,} alive at once: {kilobytes:.2f} KB (bar: 20 KB)")


if __name__ == "__main__":
    main()
