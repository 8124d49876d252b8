from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from falsefront.control_plane.client import Conflict, ExpectationFailed, Falsefront, InvalidRequest, World

Mail = Callable[..., httpx.Response]


@pytest.fixture
def world(client: Falsefront, mail: Mail) -> Iterator[World]:
    """A world in which three messages were sent, and one could not be."""
    with client.worlds.create() as made:
        for subject in ("one", "two", "three"):
            mail(made.name, subject=subject)
        mail(made.name, to="nobody")
        yield made


def test_every_operation_is_written_down(world: World) -> None:
    entries = world.journal()
    assert [entry["seq"] for entry in entries] == [1, 2, 3, 4]
    first, *_, last = entries
    assert (first["emulator"], first["op"], first["outcome"]) == ("mail", "messages.send", "ok")
    assert first["args"]["subject"] == "one"
    assert first["version"] == {"before": 0, "after": 1}
    assert [change["table"] for change in first["changes"]] == ["mail.messages"]
    assert last["outcome"] == "failed"
    assert last["world_state_hash"] == entries[2]["world_state_hash"] == world.digest()


def test_entries_are_filtered(world: World) -> None:
    assert [entry["seq"] for entry in world.journal(after=2)] == [3, 4]
    assert [entry["seq"] for entry in world.journal(limit=2)] == [1, 2]
    assert [entry["seq"] for entry in world.journal(last=1)] == [4]
    assert [entry["seq"] for entry in world.journal(outcome="failed")] == [4]
    assert [entry["seq"] for entry in world.journal(outcome="ok", last=2)] == [2, 3]
    assert [entry["seq"] for entry in world.journal(changed=False)] == [4]
    assert len(world.journal(op="messages.*")) == 4
    assert world.journal(op="charges.*") == []
    assert world.journal(emulator="world") == []
    world.mark("m")
    assert [entry["op"] for entry in world.journal(emulator="world")] == ["mark"]


def test_pages_follow_each_other(http: httpx.Client, world: World) -> None:
    path = f"/worlds/{world.name}/journal"
    found, after = [], 0
    for _ in range(3):
        page = http.get(path, params={"after": after, "limit": 2, "outcome": "ok"}).json()
        found += [entry["seq"] for entry in page["entries"]]
        after = page["next"]
    assert found == [1, 2, 3]
    assert (page["seq"], page["next"], page["forgotten"]) == (4, 4, 0)
    assert http.get(path, params={"after": 100}).json()["entries"] == []
    assert http.get(path, params={"limit": 0}).json()["next"] == 0


def test_lines_are_the_same_entries(http: httpx.Client, world: World) -> None:
    path = f"/worlds/{world.name}/journal"
    by_format = http.get(path, params={"format": "ndjson"})
    by_accept = http.get(path, headers={"accept": "application/x-ndjson"})
    assert by_format.headers["content-type"] == by_accept.headers["content-type"] == "application/x-ndjson"
    assert by_format.content == by_accept.content
    assert [json.loads(line) for line in by_format.text.splitlines()] == world.journal()


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=-1", "outcome=maybe", "format=xml"])
def test_a_bad_filter_is_refused(http: httpx.Client, query: str) -> None:
    answer = http.get(f"/worlds/default/journal?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == query.partition("=")[0]


def test_the_journal_is_cleared_and_goes_on_counting(world: World, mail: Mail) -> None:
    assert world.clear_journal() == 4
    mail(world.name)
    assert [entry["seq"] for entry in world.journal()] == [5]


def test_what_is_expected_and_happened_is_met(world: World) -> None:
    assert world.expect(op="messages.send") == [4]
    assert world.expect(op="messages.send", exactly=4) == [4]
    assert world.expect(op="messages.*", at_least=4, at_most=4) == [4]
    assert world.expect(op="messages.delete", never=True) == [0]
    assert world.expect(op="messages.send", args={"subject": {"in": ["one", "two"]}}, exactly=2) == [2]
    assert world.expect(outcome="failed", failure="invalid", exactly=1) == [1]
    assert world.expect(in_order=[{"args": {"subject": "one"}}, {"args": {"subject": "three"}}]) == []
    assert world.expect({"all": [{"op": "messages.send"}, {"op": "x", "never": True}]}) == [4, 0]
    assert world.expect(op="messages.send", after=3, exactly=1) == [1]


def test_what_is_expected_and_did_not_happen_shows_what_came_near(world: World) -> None:
    with pytest.raises(ExpectationFailed) as failed:
        world.expect(op="messages.send", args={"subject": "four", "to": ["a@example.com"]}, exactly=1)
    assert failed.value.status == 409
    (unmet,) = failed.value.unmet
    assert (unmet["wanted"], unmet["found"]) == ("exactly 1", 0)
    near = unmet["near_misses"][0]
    assert near["diff"] == ['- args.subject: "four"', '+ args.subject: "one"']
    assert '+ args.subject: "one"' in str(failed.value)
    assert isinstance(failed.value, AssertionError)
    assert isinstance(failed.value, Conflict)


@pytest.mark.parametrize(
    "expectation",
    [
        {"op": "messages.send", "exactly": 3},
        {"op": "messages.send", "never": True},
        {"op": "messages.send", "at_least": 5},
        {"op": "messages.send", "at_most": 3},
        {"in_order": [{"args": {"subject": "two"}}, {"args": {"subject": "one"}}]},
        {"all": [{"op": "messages.send"}, {"op": "charges.create"}]},
    ],
)
def test_each_kind_of_expectation_can_fail(world: World, expectation: dict[str, object]) -> None:
    with pytest.raises(ExpectationFailed):
        world.expect(expectation)


def test_nothing_expected_is_a_mistake(world: World) -> None:
    with pytest.raises(InvalidRequest, match="expect something"):
        world.expect()


def test_credentials_are_not_in_the_journal(client: Falsefront, mail: Mail) -> None:
    with client.worlds.create() as world:
        mail(world.name, subject="the key is sk_live_abcdefgh12345678")
        (entry,) = world.journal()
        assert "sk_live" not in json.dumps(entry)


def test_a_long_journal_is_read_whole(client: Falsefront, http: httpx.Client) -> None:
    with client.worlds.create() as world:
        for _ in range(1005):
            http.put(f"/worlds/{world.name}/marks/m")
        assert [entry["seq"] for entry in world.journal()] == list(range(1, 1006))
        page = http.get(f"/worlds/{world.name}/journal").json()
        assert (len(page["entries"]), page["next"], page["seq"]) == (1000, 1000, 1005)
