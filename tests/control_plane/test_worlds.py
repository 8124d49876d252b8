from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import httpx
import pytest

from falsefront.control_plane.client import Conflict, Falsefront, InvalidRequest, NotFound, World

Mail = Callable[..., httpx.Response]
_NUMBERS = count()


@pytest.fixture
def world(client: Falsefront) -> Iterator[World]:
    made = client.worlds.create(f"w{next(_NUMBERS)}")
    yield made
    if made.name in {info["name"] for info in client.worlds.list()}:
        made.drop()


def test_a_world_is_made_listed_described_and_dropped(client: Falsefront) -> None:
    made = client.worlds.create("made", seed=7, clock={"time": "2030-01-02T03:04:05Z"})
    info = made.info()
    assert (info["name"], info["seed"], info["parent"]) == ("made", 7, None)
    assert info["clock"] == {"mode": "frozen", "now": "2030-01-02T03:04:05Z", "settle": 5.0}
    assert "made" in [world.name for world in client.worlds]
    client.worlds.drop("made")
    with pytest.raises(NotFound, match="no world 'made'"):
        client.worlds.get("made")


def test_creating_a_world_answers_with_its_addresses(client: Falsefront, http: httpx.Client) -> None:
    answer = http.post("/worlds", json={"name": "addressed"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["environment"]["MAIL_URL"] == f"{client.url}/w/addressed/mail"
    assert body["addresses"]["urls"] == {"mail": f"{client.url}/w/addressed/mail"}
    assert body["addresses"]["mcp"]["mcpServers"]["mail"]["url"] == f"{client.url}/w/addressed/mail/mcp"
    assert client.world("addressed").environment() == body["environment"]
    client.worlds.drop("addressed")


@pytest.mark.parametrize("name", ["a b", "-a", ".", "a/b", "ä", "x" * 64, "a@b"])
def test_a_name_that_cannot_be_is_refused(client: Falsefront, name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        client.worlds.create(name)
    assert refused.value.status == 422
    assert "cannot name a world" in refused.value.message


def test_a_taken_name_is_a_conflict(client: Falsefront, world: World) -> None:
    with pytest.raises(Conflict):
        client.worlds.create(world.name)
    with pytest.raises(Conflict):
        world.fork(world.name)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/worlds/nowhere"),
        ("DELETE", "/worlds/nowhere"),
        ("POST", "/worlds/nowhere/reset"),
        ("POST", "/worlds/nowhere/fork"),
        ("GET", "/worlds/nowhere/marks"),
        ("PUT", "/worlds/nowhere/marks/m"),
        ("GET", "/worlds/nowhere/digest"),
        ("GET", "/worlds/nowhere/diff"),
        ("GET", "/worlds/nowhere/faults"),
        ("GET", "/worlds/nowhere/journal"),
        ("GET", "/worlds/nowhere/clock"),
        ("GET", "/worlds/nowhere/export"),
        ("GET", "/worlds/nowhere/environment"),
    ],
)
def test_an_unknown_world_is_not_found(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path)
    assert answer.status_code == 404
    assert answer.json() == {"error": {"kind": "not_found", "message": "there is no world 'nowhere'"}}


def test_worlds_are_made_with_put_and_without_a_name(http: httpx.Client) -> None:
    assert http.put("/worlds/by-put").status_code == 201
    assert http.put("/worlds/by-put", json={"name": "other"}).status_code == 422
    named = http.post("/worlds").json()["name"]
    assert http.get(f"/worlds/{named}").status_code == 200
    assert http.delete("/worlds/by-put").json() == {"removed": 1}
    http.delete(f"/worlds/{named}")


def test_an_unknown_field_is_told(http: httpx.Client) -> None:
    answer = http.post("/worlds", json={"name": "x", "fixtur": "shop"})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "fixtur"


@pytest.mark.parametrize("body", [b"{", b"[1", b"\xff", b"nul"])
def test_a_body_that_is_no_json_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/worlds", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "invalid"


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_a_body_that_is_no_object_is_refused(http: httpx.Client, body: bytes) -> None:
    assert http.post("/worlds", content=body).status_code == 422


def test_forks_go_their_own_way(world: World, mail: Mail) -> None:
    mail(world.name)
    left, right = world.fork(), world.fork()
    assert left.digest() == right.digest() == world.digest()
    assert left.info()["parent"] == world.name
    mail(left.name, subject="left")
    mail(right.name, subject="right")
    assert len({left.digest(), right.digest(), world.digest()}) == 3
    subjects = [change["after"]["subject"] for change in left.diff(right)["changes"] if change["after"]]
    assert "right" in subjects
    left.drop()
    right.drop()


def test_forks_of_one_state_do_the_same_given_the_same(world: World, mail: Mail) -> None:
    left, right, other = world.fork(), world.fork(), world.fork(seed=99)
    first, second, third = (mail(fork.name).json() for fork in (left, right, other))
    assert first == second
    assert left.digest() == right.digest()
    assert third["id"] != first["id"]
    for fork in (left, right, other):
        fork.drop()


def test_marks_keep_and_restore_everything(world: World, mail: Mail) -> None:
    mail(world.name)
    taken = world.mark("before")
    before = world.digest()
    assert (taken["name"], taken["digest"]) == ("before", before)
    mail(world.name, subject="after")
    world.clock.advance("1h")
    world.faults.put("always", {"fail": "unavailable"})
    assert world.digest() != before
    restored = world.restore("before")
    assert (restored["digest"], restored["faults"]) == (before, [])
    assert restored["clock"]["now"] == taken["at"]
    assert [mark["name"] for mark in world.marks()] == ["before"]
    world.unmark("before")
    with pytest.raises(NotFound, match="no mark 'before'"):
        world.restore("before")


def test_a_world_is_made_of_a_mark(client: Falsefront, world: World, mail: Mail) -> None:
    mail(world.name)
    digest = world.mark("m")["digest"]
    mail(world.name)
    for made in (
        world.fork(mark="m"),
        client.worlds.create(from_=world, mark="m"),
        client.worlds.create(from_=f"{world.name}@m"),
    ):
        assert made.digest() == digest
        made.drop()


def test_what_a_world_is_of_may_be_written_as_an_object(http: httpx.Client, world: World, mail: Mail) -> None:
    mail(world.name)
    digest = world.mark("m")["digest"]
    mail(world.name)
    for source, expected in (
        ({"world": world.name, "mark": "m"}, digest),
        ({"world": world.name}, world.digest()),
        ({"fixture": "empty"}, "ff1:" + "0" * 32),
    ):
        made = http.post("/worlds", json={"from": source}).json()
        assert made["digest"] == expected
        http.delete(f"/worlds/{made['name']}")


def test_reset_puts_a_world_back_to_how_it_began(world: World, mail: Mail) -> None:
    began = world.digest()
    mail(world.name)
    assert world.digest() != began
    assert world.reset()["digest"] == began


def test_diffs_say_what_changed_since(client: Falsefront, world: World, mail: Mail) -> None:
    assert world.diff()["equal"]
    mail(world.name, subject="one")
    world.mark("m")
    mail(world.name, subject="two")
    assert [change["after"]["subject"] for change in world.diff(mark="m")["changes"]] == ["two"]
    assert {change["after"]["subject"] for change in world.diff()["changes"]} == {"one", "two"}
    assert {change["kind"] for change in world.diff()["changes"]} == {"added"}
    backwards = world.diff(f"{world.name}@m")
    assert [change["kind"] for change in backwards["changes"]] == ["removed"]
    limited = world.diff(limit=1)
    assert (limited["count"], limited["truncated"]) == (1, True)
    number = world.info()["version"]
    assert world.diff(f"{world.name}#{number}")["equal"]
    with pytest.raises(NotFound):
        world.diff(f"{world.name}#{number + 1}")


def test_diffs_by_get_are_those_by_post(http: httpx.Client, world: World, mail: Mail) -> None:
    world.mark("m")
    mail(world.name)
    posted = http.post(f"/worlds/{world.name}/diff", json={"before": {"mark": "m"}}).json()
    assert posted["count"] == 1
    assert http.get(f"/worlds/{world.name}/diff", params={"mark": "m"}).json() == posted
    assert http.get(f"/worlds/default/diff/{world.name}").json()["count"] == 1
    sides = {"before": f"{world.name}@m", "after": world.name}
    assert http.get("/diff", params=sides).json()["changes"] == posted["changes"]


def test_nouns_without_a_world_mean_the_one_named_else_the_default(http: httpx.Client, world: World) -> None:
    assert http.get("/digest").json()["world"] == "default"
    assert http.get("/digest", params={"world": world.name}).json()["world"] == world.name
    forked = http.post("/fork", json={"world": world.name, "name": f"{world.name}-f"})
    assert (forked.status_code, forked.json()["parent"]) == (201, world.name)
    assert http.delete(f"/worlds/{world.name}-f").status_code == 200


def test_a_world_is_seeded_further(client: Falsefront, world: World) -> None:
    world.seed({"mail": {"messages": [{"to": ["x@example.com"], "subject": "seeded"}]}})
    assert [change["after"]["subject"] for change in world.diff()["changes"]] == ["seeded"]
    with pytest.raises(InvalidRequest, match="no emulator 'nothing' is loaded"):
        world.seed({"nothing": {}})
    before = world.digest()
    with pytest.raises(InvalidRequest):
        world.seed({"mail": {"messages": [{"to": ["x@example.com"]}, {"to": []}]}})
    assert world.digest() == before


def test_reads_do_not_change_the_digest(http: httpx.Client, world: World, mail: Mail) -> None:
    mail(world.name)
    found = http.get(f"/worlds/{world.name}/digest").json()
    assert list(found["tables"].values()) == [found["digest"]]
    assert http.get(f"/worlds/{world.name}/digest").json() == found


def test_queries_say_that_they_are_not_there_yet(http: httpx.Client) -> None:
    answer = http.post("/worlds/default/query", json={"sql": "select 1"})
    assert answer.status_code == 501
    assert "not there yet" in answer.json()["error"]["message"]


def test_paths_and_methods_that_are_not_there_say_so(http: httpx.Client) -> None:
    assert http.get("/nothing/here").status_code == 404
    wrong = http.delete("/worlds")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET, POST, PUT"
    assert http.head("/worlds").status_code == 200


def test_health_ready_and_what_is_loaded(client: Falsefront) -> None:
    assert client.health()["status"] == "ready"
    index = httpx.get(f"{client.url}/_falsefront").json()
    assert httpx.get(f"{client.url}{index['openapi']}").json()["info"]["version"] == index["version"]
    assert httpx.get(f"{client.url}/ready").json()["emulators"] == ["mail"]
    assert httpx.get(f"{client.url}/health").json()["status"] == "ok"
    (mail,) = client.emulators()
    assert "messages.send" in {operation["name"] for operation in mail["operations"]}
    assert {"empty", "shop"} <= set(client.fixtures())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("falsefront:7070", "http://falsefront:7070"),
        ("[::1]:81", "http://[::1]:81"),
    ],
)
def test_addresses_are_those_by_which_the_server_was_reached(http: httpx.Client, host: str, url: str) -> None:
    """As through a container's mapped port, or by its name in a network."""
    found = http.get("/worlds/default/environment", headers={"host": host}).json()
    assert found["urls"]["mail"] == f"{url}/w/default/mail"
    assert found["environment"]["MAIL_URL"] == f"{url}/w/default/mail"
    smtp = found["environment"]["SMTP_URL"].rpartition("@")[2]
    assert smtp.startswith("falsefront:" if host.startswith("falsefront") else "127.0.0.1:")
