from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from falsefront.control_plane.client import Falsefront, InvalidRequest, NotFound, World

Mail = Callable[..., httpx.Response]

EXAMPLE = """
{"when": {"emulator": "stripe", "op": "charges.create", "args": {"amount": {"gte": 1000}}, "nth": 2},
 "then": [{"delay": {"p50": "200ms", "p99": "2s"}}, {"fail": "rate_limited", "retry_after": 2}],
 "times": 1, "ttl": "10m"}
"""


@pytest.fixture
def world(client: Falsefront) -> Iterator[World]:
    with client.worlds.create() as made:
        yield made


def test_a_rule_is_put_by_name_again_and_again(http: httpx.Client, world: World) -> None:
    path = f"/worlds/{world.name}/faults/second-charge"
    first = http.put(path, content=EXAMPLE)
    again = http.put(path, content=EXAMPLE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["when"] == json.loads(EXAMPLE)["when"]
    assert first.json()["then"] == json.loads(EXAMPLE)["then"]
    assert first.json()["expires"] == "2026-01-01T00:10:00Z"
    assert [fault["name"] for fault in world.faults.list()] == ["second-charge"]


def test_a_rule_strikes_as_often_as_it_says_and_counts(world: World, mail: Mail) -> None:
    world.faults.put(
        "second", {"fail": "unavailable"}, when={"op": "messages.send", "args": {"subject": "now"}, "nth": 2}
    )
    outcomes = [mail(world.name, subject=subject).is_success for subject in ("now", "later", "now", "now")]
    assert outcomes == [True, True, False, True]
    fault = world.faults.get("second")
    assert (fault["seen"], fault["fired"], fault["last"]) == (3, 1, "2026-01-01T00:00:00Z")
    (struck,) = world.journal(fault="second")
    assert (struck["outcome"], struck["faults"]) == ("failed", ["second"])
    assert struck["failure"]
    assert struck["failure"]["kind"] == "unavailable"


def test_forks_carry_the_rules_and_what_they_met(world: World, mail: Mail) -> None:
    world.faults.put("second", {"fail": "unavailable"}, when={"op": "messages.send", "nth": 2})
    mail(world.name)
    with world.fork() as fork:
        assert not mail(fork.name).is_success
        assert fork.faults.get("second")["fired"] == 1
    assert world.faults.get("second")["fired"] == 0


def test_a_rule_ends_with_its_time(world: World, mail: Mail) -> None:
    world.faults.put("short", {"fail": "unavailable"}, ttl="10m")
    assert not mail(world.name).is_success
    world.clock.advance("10m")
    assert mail(world.name).is_success


def test_rules_are_removed_one_by_one_and_all_at_once(world: World, http: httpx.Client) -> None:
    for name in ("a", "b", "c"):
        world.faults.put(name, [{"fail": "internal"}])
    world.faults.remove("b")
    with pytest.raises(NotFound, match="no fault 'b'"):
        world.faults.remove("b")
    with pytest.raises(NotFound):
        world.faults.get("b")
    assert world.faults.clear() == 2
    assert world.faults.list() == []


def test_a_rule_may_be_posted_with_its_name_or_without(http: httpx.Client, world: World) -> None:
    path = f"/worlds/{world.name}/faults"
    assert http.post(path, json={"name": "n", "then": [{"fail": "internal"}]}).json()["name"] == "n"
    assert http.post(path, json={"then": [{"fail": "internal"}]}).json()["name"] == "fault-1"


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "then"),
        ({"then": []}, "then"),
        ({"then": [{"explode": True}]}, None),
        ({"then": [{"fail": "no such kind"}]}, None),
        ({"then": [{"fail": "internal"}], "when": {"nth": 0}}, "when"),
        ({"then": [{"fail": "internal"}], "when": {"opp": "x"}}, "when.opp"),
        ({"then": [{"fail": "internal"}], "ttl": "soon"}, "ttl"),
        ({"then": [{"fail": "internal"}], "times": 0}, "times"),
        ({"then": [{"fail": "internal"}], "when": {"args": {"a": {"regex": "("}}}}, None),
        ({"then": [{"delay": "long"}]}, None),
    ],
)
def test_a_rule_with_a_mistake_is_refused_and_says_where(
    http: httpx.Client, world: World, rule: object, field: str | None
) -> None:
    answer = http.put(f"/worlds/{world.name}/faults/bad", json=rule)
    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert error["kind"] == "invalid"
    assert error["message"]
    if field:
        assert error["field"] == field
    assert world.faults.list() == []


def test_a_rule_tells_how_many_operations_it_is_for(http: httpx.Client, world: World) -> None:
    counts = [
        world.faults.put("f", {"fail": "internal"}, when={"op": op})["matches"]
        for op in ("messages.send", "messages.*", "mesages.send")
    ]
    assert counts[0] == 1
    assert counts[1] > 1
    assert counts[2] == 0
    assert world.faults.list()[0]["matches"] == 0


def test_one_effect_needs_no_list(http: httpx.Client, world: World) -> None:
    put = http.put(f"/worlds/{world.name}/faults/one", json={"then": {"fail": "internal"}})
    assert put.json()["then"] == [{"fail": "internal"}]


def test_a_bad_name_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest, match="cannot name a fault"):
        world.faults.put("a b", [{"fail": "internal"}])
