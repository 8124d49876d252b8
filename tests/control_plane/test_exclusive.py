"""Acting on a world while one of its operations runs in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from falsefront.control_plane.client import Falsefront, World
from falsefront.control_plane.serving import Background
from falsefront.kernel.chain import Exchange
from falsefront.kernel.operation import Operation
from falsefront.kernel.state import State, TableSpec

ROWS = TableSpec("rows")


class Slow:
    """An operation that writes a row, and ends when it is let go."""

    def __init__(self, server: Background, world: str) -> None:
        self._let_go = threading.Event()
        self._begun = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        runtime = server.runtime
        exchange = Exchange(Operation("slow", "write"), self._write, runtime.worlds.find(world), threaded=True)
        self._done: Future[Any] = self._pool.submit(server.call, lambda: runtime.perform(exchange))
        assert self._begun.wait(10)

    def _write(self, state: State, op: Operation) -> None:
        state.table(ROWS).put("slow", {"written": True})
        self._begun.set()
        assert self._let_go.wait(10)

    def end(self) -> None:
        self._let_go.set()
        self._done.result(10)
        self._pool.shutdown()


@pytest.fixture
def world(client: Falsefront) -> Iterator[World]:
    with client.worlds.create() as made:
        made.mark("begin")
        yield made


@pytest.mark.parametrize("act", ["restore", "reset"])
def test_what_goes_back_waits_for_the_operation_under_way(
    server: Background, client: Falsefront, world: World, act: str
) -> None:
    began = world.digest()
    slow = Slow(server, world.name)
    with ThreadPoolExecutor(1) as pool:
        going_back = pool.submit(world.restore, "begin") if act == "restore" else pool.submit(world.reset)
        # The server answers meanwhile, for this world and for others.
        assert world.digest() == began
        assert client.world("default").digest()
        assert not going_back.done()
        slow.end()
        assert going_back.result(10)["digest"] == began
    assert world.digest() == began
    assert [entry["op"] for entry in world.journal()][-2:] == ["write", act]


def test_what_only_looks_or_adds_does_not_wait(server: Background, world: World) -> None:
    slow = Slow(server, world.name)
    world.mark("meanwhile")
    world.faults.put("meanwhile", {"fail": "internal"}, when={"op": "other"})
    assert world.clock.advance("1m")["now"] == "2026-01-01T00:01:00Z"
    with world.fork() as fork:
        assert fork.diff()["equal"]
    slow.end()
    info = world.info()
    # It is committed onto what became of the world meanwhile.
    assert info["faults"] == ["meanwhile"]
    assert info["clock"]["now"] == "2026-01-01T00:01:00Z"
    assert [change["key"] for change in world.diff(mark="meanwhile")["changes"]] == ["slow"]


def test_more_seed_waits_its_turn(server: Background, world: World) -> None:
    slow = Slow(server, world.name)
    with ThreadPoolExecutor(1) as pool:
        seeding = pool.submit(world.seed, {"mail": {"messages": [{"to": ["a@example.com"]}]}})
        slow.end()
        seeding.result(10)
    assert {change["table"] for change in world.diff()["changes"]} == {"rows", "mail.messages"}


def test_a_world_may_be_dropped_under_it(server: Background, client: Falsefront) -> None:
    made = client.worlds.create("doomed")
    slow = Slow(server, "doomed")
    made.drop()
    slow.end()
    assert "doomed" not in [info["name"] for info in client.worlds.list()]
    client.worlds.create("doomed").drop()
