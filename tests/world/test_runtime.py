from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import Context, Endpoints, Op, Surface
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State, TableSpec
from falsefront.runtime import Runtime
from falsefront.world.clock import START, Clock
from falsefront.world.world import Commit, World

EVENTS = TableSpec("events")


def note(state: State, op: Operation) -> Any:
    number = state.ids.counter("event")
    state.table(EVENTS).put(number, {"text": op.args.get("text"), "at": state.now.isoformat()})
    for delay, text in op.args.get("then", ()):
        state.timers.set(f"t{number}{text}", timedelta(seconds=delay), "toy", "note", {"text": text})
    if op.args.get("fail"):
        raise Failure("conflict", "told to", keep=op.args["fail"] == "keep")
    if op.args.get("bug"):
        raise ZeroDivisionError
    return number


def sequence(state: State, op: Operation) -> Any:
    number = state.sequence("s")
    if op.args.get("fail"):
        raise Failure("invalid")
    return number


class Toy:
    name = "toy"
    operations: Mapping[str, Op] = {"note": Op(note, "write", "Note."), "sequence": Op(sequence, "write", "Count.")}
    tables = (EVENTS,)

    def seed(self, state: State, data: Any) -> None:
        note(state, Operation("toy", "note", data))

    def surfaces(self, context: Context) -> list[Surface]:
        return []

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        return {}


@pytest.fixture
def runtime() -> Runtime:
    return Runtime([Toy()])


@pytest.fixture
def world(runtime: Runtime) -> World:
    return runtime.worlds.create("w")


def texts(world: World) -> list[str]:
    return [event["text"] for _, event in world.begin().table(EVENTS).scan()]


async def do(runtime: Runtime, world: World, name: str = "note", threaded: bool = False, **args: Any) -> Any:
    handler = Toy.operations[name].handler
    return await runtime.perform(Exchange(Operation("toy", name, args), handler, world, threaded=threaded))


async def test_what_falls_due_soon_happens_at_once_at_its_own_time(runtime: Runtime, world: World) -> None:
    await do(runtime, world, text="a", then=[(2, "soon"), (9, "later")])
    assert texts(world) == ["a", "soon"]
    assert world.version.clock.now() == START + timedelta(seconds=2)
    await runtime.advance(world, timedelta(minutes=1))
    assert texts(world) == ["a", "soon", "later"]
    (*_, last) = [event for _, event in world.begin().table(EVENTS).scan()]
    assert datetime.fromisoformat(last["at"]) == START + timedelta(seconds=9)
    assert world.version.clock.now() == START + timedelta(seconds=62)


async def test_a_strictly_frozen_clock_waits(runtime: Runtime, world: World) -> None:
    await runtime.set_clock(world, Clock(settle=0))
    await do(runtime, world, text="a", then=[(2, "soon")])
    assert texts(world) == ["a"]
    await runtime.advance(world, timedelta(seconds=1))
    assert texts(world) == ["a"]
    await runtime.advance(world, timedelta(seconds=1))
    assert texts(world) == ["a", "soon"]


async def test_a_clock_goes_only_forward(runtime: Runtime, world: World) -> None:
    with pytest.raises(Failure, match="forward"):
        await runtime.advance(world, to=START - timedelta(seconds=1))


async def test_a_running_clock_runs_its_timers(runtime: Runtime, world: World) -> None:
    await runtime.set_clock(world, Clock().in_mode("real"))
    done = asyncio.Event()
    world.listen(lambda commit: done.set() if len(texts(world)) == 2 else None)
    await do(runtime, world, text="a", then=[(0.02, "soon")])
    await asyncio.wait_for(done.wait(), 5)
    assert texts(world) == ["a", "soon"]


async def test_timers_fork_and_rewind(runtime: Runtime, world: World) -> None:
    await do(runtime, world, text="a", then=[(60, "later")])
    fork = runtime.worlds.fork(world, "f")
    world.mark("m")
    await runtime.advance(world, timedelta(hours=1))
    assert texts(world) == ["a", "later"]
    assert texts(fork) == ["a"]
    world.restore(world.marked("m"))
    assert texts(world) == ["a"]
    await runtime.advance(world, timedelta(hours=1))
    await runtime.advance(fork, timedelta(hours=1))
    assert texts(fork) == ["a", "later"]
    assert fork.version.digest == world.version.digest


async def test_a_failed_operation_leaves_no_trace_but_its_journal_entry(runtime: Runtime, world: World) -> None:
    before = world.version
    with pytest.raises(Failure):
        await do(runtime, world, text="a", fail=True)
    assert world.version is before
    (entry,) = world.journal
    assert entry.as_json()["failure"]["kind"] == "conflict"
    assert entry.changes == ()


async def test_a_failure_may_keep_what_was_written(runtime: Runtime, world: World) -> None:
    with pytest.raises(Failure):
        await do(runtime, world, text="declined", fail="keep")
    assert texts(world) == ["declined"]


async def test_sequences_advance_even_through_failures(runtime: Runtime, world: World) -> None:
    assert await do(runtime, world, "sequence") == 1
    with pytest.raises(Failure):
        await do(runtime, world, "sequence", fail=True)
    assert await do(runtime, world, "sequence") == 3


async def test_a_bug_is_an_internal_failure(runtime: Runtime, world: World, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Failure) as caught:
        await do(runtime, world, bug=True)
    assert caught.value.kind is FailureKind.INTERNAL
    assert "ZeroDivision" not in caught.value.message
    assert "ZeroDivisionError" in caplog.text
    assert texts(world) == []


async def test_a_slow_operation_holds_up_its_own_world_only(runtime: Runtime, world: World) -> None:
    other = runtime.worlds.create("other")
    started, finish = threading.Event(), threading.Event()

    def slow(state: State, op: Operation) -> Any:
        started.set()
        assert finish.wait(5)
        return note(state, op)

    slow_one = asyncio.ensure_future(
        runtime.perform(Exchange(Operation("toy", "slow", {"text": "slow"}), slow, world, threaded=True))
    )
    await asyncio.to_thread(started.wait, 5)
    behind = asyncio.ensure_future(do(runtime, world, text="behind"))
    await do(runtime, other, text="free")
    assert texts(other) == ["free"]
    assert not behind.done()
    finish.set()
    await asyncio.gather(slow_one, behind)
    assert texts(world) == ["slow", "behind"]


async def test_a_cancelled_slow_operation_lets_go_of_its_world(runtime: Runtime, world: World) -> None:
    started, finish = threading.Event(), threading.Event()

    def slow(state: State, op: Operation) -> Any:
        started.set()
        assert finish.wait(5)
        return note(state, op)

    task = asyncio.ensure_future(
        runtime.perform(Exchange(Operation("toy", "slow", {"text": "slow"}), slow, world, threaded=True))
    )
    await asyncio.to_thread(started.wait, 5)
    task.cancel()
    finish.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await do(runtime, world, text="next") == 1
    assert texts(world) == ["next"]


async def test_listeners_hear_commits_and_rewinds(runtime: Runtime, world: World) -> None:
    heard: list[Commit] = []
    stop = world.listen(heard.append)
    world.mark("m")
    await do(runtime, world, text="a")
    await do(runtime, world, "sequence")
    world.restore(world.marked("m"))
    stop()
    await do(runtime, world, text="b")
    assert [(len(commit.changes), commit.rewound) for commit in heard] == [(1, False), (0, True)]


@pytest.mark.parametrize("name", ["", "a b", "-x", "../x", "x" * 64, "é", "a/b", ".hidden", "a\n"])
def test_bad_names_make_no_world(runtime: Runtime, name: str) -> None:
    with pytest.raises(Failure) as caught:
        runtime.worlds.create(name)
    assert caught.value.kind is FailureKind.INVALID


def test_worlds_are_found_forked_and_dropped(runtime: Runtime, world: World) -> None:
    with pytest.raises(Failure) as taken:
        runtime.worlds.fork(world, "w")
    assert taken.value.kind is FailureKind.CONFLICT
    fork = runtime.worlds.fork(world, "f")
    assert (fork.parent, runtime.worlds.find("f")) == ("w", fork)
    runtime.worlds.drop("f")
    with pytest.raises(Failure):
        runtime.worlds.find("f")
    with pytest.raises(Failure):
        runtime.worlds.drop("f")


def test_a_world_is_made_on_first_use_only_where_that_is_configured() -> None:
    made = Runtime([Toy()], make=lambda name: Runtime([Toy()]).seeded({"toy": {"text": name}}))
    assert texts(made.worlds.find("new")) == ["new"]
    with pytest.raises(Failure):
        made.worlds.find("../x")


async def test_seeding_names_what_it_does_not_know(runtime: Runtime, world: World) -> None:
    with pytest.raises(Failure, match="nothing"):
        runtime.seed(world, {"nothing": {}})
    runtime.seed(world, {"toy": {"text": "seeded"}})
    assert texts(world) == ["seeded"]


def test_ten_thousand_forks_share_one_version(runtime: Runtime, world: World) -> None:
    forks = [runtime.worlds.fork(world, f"f{number}") for number in range(10_000)]
    assert len({id(fork.version) for fork in forks}) == 1
