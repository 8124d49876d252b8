from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from falsefront.control_plane.client import Falsefront, InvalidRequest, World
from falsefront.control_plane.serving import Background


@pytest.fixture
def world(client: Falsefront) -> Iterator[World]:
    with client.worlds.create() as made:
        yield made


def test_a_frozen_clock_stands_until_it_is_moved(world: World) -> None:
    assert world.clock.get() == {"mode": "frozen", "now": "2026-01-01T00:00:00Z", "settle": 5.0}
    assert world.clock.advance("1h30m")["now"] == "2026-01-01T01:30:00Z"
    assert world.clock.advance(0.5)["now"] == "2026-01-01T01:30:00.500000Z"
    assert world.clock.advance(to="2026-02-01T00:00:00Z")["now"] == "2026-02-01T00:00:00Z"
    assert world.clock.advance(to=datetime(2026, 3, 1, tzinfo=UTC))["now"] == "2026-03-01T00:00:00Z"


def test_a_clock_is_set(world: World) -> None:
    assert world.clock.set(time="2020-05-05T05:05:05+02:00")["now"] == "2020-05-05T03:05:05Z"
    assert world.clock.set(settle="0s")["settle"] == 0.0
    assert world.clock.set("offset", time="2040-01-01T00:00:00Z")["mode"] == "offset"
    assert datetime.fromisoformat(world.clock.get()["now"]) > datetime(2040, 1, 1, tzinfo=UTC)
    assert world.clock.set("frozen")["now"].startswith("2040-01-01")
    real = datetime.fromisoformat(world.clock.set("real")["now"])
    assert abs((datetime.now(UTC) - real).total_seconds()) < 3600


def test_a_clock_goes_forward_only(world: World) -> None:
    with pytest.raises(InvalidRequest, match="only goes forward"):
        world.clock.advance(to="2025-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock/advance", {}),
        ("clock/advance", {"by": "1h", "to": "2027-01-01"}),
        ("clock/advance", {"by": "soon"}),
        ("clock/advance", {"by": -1}),
        ("clock/advance", {"by": True}),
        ("clock/advance", {"to": "the day after"}),
        ("clock/advance", {"to": "9999-12-31T00:00:00Z"}),
        ("clock", {"mode": "stopped"}),
        ("clock", {"time": "noon"}),
        ("clock", {"time": 1e300}),
        ("clock", {"settle": "x"}),
    ],
)
def test_a_mistake_is_refused(http: httpx.Client, world: World, path: str, body: object) -> None:
    before = world.clock.get()
    answer = http.put(f"/worlds/{world.name}/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert world.clock.get() == before


def test_the_names_one_would_guess_are_understood(http: httpx.Client, world: World) -> None:
    path = f"/worlds/{world.name}/clock"
    assert http.put(path, json={"now": "2027-01-01T00:00:00Z"}).json()["now"] == "2027-01-01T00:00:00Z"
    assert http.post(path, json={"time": 1_800_000_000}).json()["now"] == "2027-01-15T08:00:00Z"
    assert http.post(f"{path}/advance", json={"seconds": 60}).json()["now"] == "2027-01-15T08:01:00Z"


def test_a_world_on_a_running_clock_keeps_its_appointments_from_the_first(
    server: Background, client: Falsefront, world: World
) -> None:
    """Nobody acts on the fork: what its parent had arranged happens by itself."""

    def arrange() -> None:
        made = server.runtime.worlds.find(world.name)
        state = made.begin()
        message = {"to": ["a@example.com"], "subject": "on time"}
        state.timers.set("later", timedelta(hours=1), "mail", "messages.send", message)
        made.commit(state)

    server.call(arrange)
    with client.worlds.create(from_=world, clock={"mode": "offset", "time": "2026-01-01T01:00:00Z"}) as late:
        for _ in range(1000):
            if late.journal(op="messages.send"):
                break
        late.expect(op="messages.send", exactly=1)
    world.expect(op="messages.send", never=True)
