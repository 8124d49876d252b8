from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from falsefront.faults import Rule, put_rule, remove_rule, rules
from falsefront.faults.when import matches
from falsefront.kernel.chain import Exchange
from falsefront.kernel.operation import Failure, FailureKind, Operation, Reply
from falsefront.kernel.state import State, TableSpec
from falsefront.runtime import Runtime
from falsefront.world.world import World

NOTES = TableSpec("notes")


def write(state: State, op: Operation) -> str:
    number = state.ids.counter("note")
    state.table(NOTES).put(f"n{number}", {"text": op.args.get("text"), "number": number})
    return f"n{number}"


def count(state: State, op: Operation) -> int:
    return len(state.table(NOTES))


class Link:
    def __init__(self) -> None:
        self.armed: list[str] = []

    def arm(self, toxic: str, **settings: Any) -> None:
        self.armed.append(toxic)


class Desk:
    """A world, and operations performed in it."""

    def __init__(self) -> None:
        self.runtime = Runtime([])
        self.world: World = self.runtime.worlds.create("w")
        self.link = Link()

    def put(self, name: str, **rule: Any) -> None:
        put_rule(self.world, name, Rule.model_validate(rule))

    async def write(self, **args: Any) -> Any:
        return await self._perform("notes.write", write, args)

    async def count(self) -> Any:
        return await self._perform("notes.count", count, {})

    async def _perform(self, name: str, handler: Any, args: dict[str, Any]) -> Any:
        return await self.runtime.perform(Exchange(Operation("desk", name, args), handler, self.world, link=self.link))

    async def outcome(self, **args: Any) -> str:
        try:
            return str(await self.write(**args))
        except Failure as failure:
            return failure.kind.value

    def met(self, name: str) -> tuple[int, int]:
        (rule,) = [rule for rule in rules(self.world.version) if rule["name"] == name]
        return rule["seen"], rule["fired"]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("value", "pattern", "fits"),
    [
        (5, 5, True),
        ("5", 5, True),
        ("x", 5, False),
        (1500, {"gte": 1000}, True),
        ("1500", {"gte": 1000, "lt": 2000}, True),
        ("abc", {"gte": 1000}, False),
        ("usd", {"in": ["usd", "eur"]}, True),
        ("web-1", {"glob": "web-*"}, True),
        ("web-1", {"regex": r"\d$"}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, True),
        ({"a": {"b": 2}}, {"a": {"b": 1}}, False),
        ({"a": 1}, {"b": {"exists": False}}, True),
        ({"a": 1}, {"b": {"ne": 3}}, True),
        ({"a": 1}, {"b": 3}, False),
        ("true", True, True),
        (None, {"exists": True}, True),
    ],
)
def test_patterns(value: Any, pattern: Any, fits: bool) -> None:
    assert matches(value, pattern) is fits


async def test_the_nth_fails_and_nothing_is_written(desk: Desk) -> None:
    desk.put("second", when={"emulator": "desk", "op": "notes.*", "nth": 2}, then=[{"fail": "rate_limited"}])
    assert [await desk.outcome() for _ in range(3)] == ["n1", "rate_limited", "n2"]
    assert desk.met("second") == (3, 1)
    assert len(desk.world.begin().table(NOTES)) == 2


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ({"nth": [1, 3]}, [1, 3]),
        ({"every": 2}, [2, 4, 6]),
        ({"from": 3, "to": 4}, [3, 4]),
        ({"from": 5}, [5, 6]),
        ({"args": {"text": {"gte": 4}}}, [4, 5, 6]),
        ({"args": {"text": {"gte": 4}}, "nth": 2}, [5]),
        ({"session": "nobody*"}, []),
        ({"op": "notes.count"}, []),
        ({"state": {"table": "notes", "count": {"gte": 2}}}, [3, 4, 5, 6]),
        ({"state": {"table": "notes", "key": "n1", "matches": {"text": 1}}}, [2, 3, 4, 5, 6]),
        ({"between": ["2026-01-01", "2026-01-02"]}, [1, 2, 3, 4, 5, 6]),
        ({"between": ["2027-01-01", "2027-01-02"]}, []),
        ({"probability": 0}, []),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6]),
    ],
)
async def test_conditions(desk: Desk, when: dict[str, Any], struck: list[int]) -> None:
    desk.put("rule", when=when, then=[{"fail": "unavailable"}])
    outcomes = [await desk.outcome(text=number) for number in range(1, 7)]
    assert [number for number, outcome in enumerate(outcomes, 1) if outcome == "unavailable"] == struck


async def test_times_and_ttl_end_a_rule(desk: Desk) -> None:
    desk.put("twice", then=[{"fail": "timeout"}], times=2)
    assert [await desk.outcome() for _ in range(3)] == ["timeout", "timeout", "n1"]
    remove_rule(desk.world, "twice")
    desk.put("brief", then=[{"fail": "timeout"}], ttl="10m")
    assert await desk.outcome() == "timeout"
    from datetime import timedelta

    await desk.runtime.advance(desk.world, timedelta(minutes=10))
    assert (await desk.outcome()).startswith("n")


async def test_after_does_it_and_then_fails(desk: Desk) -> None:
    desk.put("torn", when={"nth": 1}, then=[{"after": "timeout"}])
    assert await desk.outcome() == "timeout"
    assert await desk.count() == 1


async def test_lost_writes_are_acknowledged(desk: Desk) -> None:
    desk.put("lost", when={"nth": 1}, then=[{"lost": True}])
    assert await desk.write() == "n1"
    assert await desk.count() == 0
    assert await desk.write() == "n2"


async def test_stale_reads_see_the_past(desk: Desk) -> None:
    desk.world.mark("empty")
    for _ in range(3):
        await desk.write()
    desk.put("stale", when={"op": "notes.count", "nth": 1}, then=[{"stale": {"versions": 2}}])
    assert [await desk.count() for _ in range(2)] == [1, 3]
    desk.put("mark", when={"op": "notes.count", "nth": 1}, then=[{"stale": {"mark": "empty"}}])
    assert [await desk.count() for _ in range(2)] == [0, 3]


async def test_a_stale_writer_loses_nothing_of_the_present(desk: Desk) -> None:
    await desk.write(text="a")
    await desk.write(text="b")
    desk.put("stale", when={"op": "notes.write"}, then=[{"stale": {"versions": 2}}])
    await desk.write(text="c")
    assert await desk.count() >= 2


async def test_respond_answers_in_its_place(desk: Desk) -> None:
    desk.put("canned", then=[{"respond": {"status": 503, "body": {"x": 1}}}])
    assert await desk.write() == Reply({"x": 1}, 503, {})
    assert len(desk.world.begin().table(NOTES)) == 0


async def test_link_toxics_are_armed_after_the_commit_or_before(desk: Desk) -> None:
    desk.put("reset", when={"nth": 1}, then=[{"link": "reset"}])
    assert await desk.outcome() == "n1"
    assert desk.link.armed == ["reset"]
    desk.put("close", when={"nth": 1}, then=[{"link": "close", "before": True}])
    assert await desk.outcome() == "unavailable"
    assert desk.link.armed == ["reset", "close"]
    assert await desk.count() == 1


async def test_delays_are_on_the_journal(desk: Desk) -> None:
    desk.put("slow", then=[{"delay": {"p50": "1ms", "p99": "2ms"}}, {"fail": "internal"}])
    assert await desk.outcome() == "internal"
    (entry,) = [entry for entry in desk.world.journal if entry.op.name == "notes.write"]
    assert entry.faults == ("slow",)
    assert 0 < entry.duration < 0.1


async def test_dice_are_seeded(desk: Desk) -> None:
    desk.put("coin", when={"probability": 0.5}, then=[{"fail": "conflict"}])
    fork = desk.runtime.worlds.fork(desk.world, "f")
    first = [await desk.outcome() for _ in range(40)]
    desk.world = fork
    assert [await desk.outcome() for _ in range(40)] == first
    assert 5 < first.count("conflict") < 35


async def test_rules_and_counts_fork_and_rewind(desk: Desk) -> None:
    desk.put("second", when={"nth": 2}, then=[{"fail": "gone"}])
    await desk.write()
    desk.world.mark("m")
    original = desk.world
    desk.world = desk.runtime.worlds.fork(original, "f")
    assert await desk.outcome() == "gone"
    assert desk.met("second") == (2, 1)
    desk.world = original
    assert desk.met("second") == (1, 0)
    assert await desk.outcome() == "gone"
    desk.world.restore(desk.world.marked("m"))
    assert desk.met("second") == (1, 0)
    assert await desk.outcome() == "gone"


async def test_putting_a_rule_again_replaces_it(desk: Desk) -> None:
    desk.put("r", then=[{"fail": "gone"}])
    await desk.outcome()
    desk.put("r", then=[{"fail": "conflict"}])
    assert desk.met("r") == (0, 0)
    assert await desk.outcome() == "conflict"
    remove_rule(desk.world, "r")
    with pytest.raises(Failure) as caught:
        remove_rule(desk.world, "r")
    assert caught.value.kind is FailureKind.NOT_FOUND


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"then": []},
        {"then": [{}]},
        {"then": [{"explode": 1}]},
        {"then": [{"fail": "nonsense"}]},
        {"then": [{"fail": "gone", "delay": "1s"}]},
        {"then": [{"fail": "gone", "typo": 1}]},
        {"then": [{"delay": "soon"}]},
        {"then": [{"delay": {"p50": "2s", "p99": "1s"}}]},
        {"then": [{"stale": {"versions": 0}}]},
        {"then": [{"lost": "yes"}]},
        {"then": [{"link": "nonsense"}]},
        {"then": [{"link": "reset", "rate": 3}]},
        {"then": [{"respond": {"status": 42}}]},
        {"then": [{"respond": {"code": 200}}]},
        {"then": [{"after": {"fail": "nonsense"}}]},
        {"then": [{"fail": "gone"}], "typo": 1},
        {"then": [{"fail": "gone"}], "when": {"operation": "x"}},
        {"then": [{"fail": "gone"}], "when": {"nth": 0}},
        {"then": [{"fail": "gone"}], "when": {"from": 3, "to": 2}},
        {"then": [{"fail": "gone"}], "when": {"args": {"a": {"gte": 1, "b": 2}}}},
        {"then": [{"fail": "gone"}], "when": {"args": {"a": {"regex": "("}}}},
        {"then": [{"fail": "gone"}], "when": {"between": ["today", "tomorrow"]}},
        {"then": [{"fail": "gone"}], "ttl": "never"},
    ],
)
def test_mistakes_are_told_when_a_rule_is_put(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(rule)
