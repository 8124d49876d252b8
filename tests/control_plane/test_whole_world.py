"""All emulators in one world: marked, forked, restored, written to a file and read again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from falsefront.control_plane.client import Falsefront, World
from falsefront.control_plane.launch import Launched

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def server() -> Iterator[Launched]:  # type: ignore[override]
    with Launched() as server:
        yield server


@pytest.fixture
def falsefront(server: Launched) -> Iterator[Falsefront]:
    with Falsefront(server.url) as client:
        yield client


def _sql(world: World, *statements: str) -> list[Any]:
    with psycopg.connect(world.addresses()["postgres"], autocommit=True) as connection:
        cursors = [connection.execute(statement) for statement in statements]
        return [cursor.fetchall() if cursor.description else cursor.statusmessage for cursor in cursors]


def _stripe(world: World, method: str, path: str, **params: Any) -> dict[str, Any]:
    base = world.addresses()["urls"]["stripe"]
    headers = {"authorization": "Bearer sk_test_x"}
    answer = httpx.request(method, f"{base}/v1/{path}", data=params, headers=headers)
    found: dict[str, Any] = answer.json()
    return found


def _act(world: World) -> list[Any]:
    """One change in each of several systems, and what was said."""
    customer = _stripe(world, "POST", "customers", name="Ada")
    rows = _sql(
        world,
        "INSERT INTO customers (name, email) VALUES ('Ada', 'ada@example.com') RETURNING *",
        "UPDATE orders SET status = 'shipped' WHERE status = 'paid' RETURNING id",
        "SELECT status, count(*) FROM orders GROUP BY status",
    )
    url = f"{world.addresses()['urls']['kubernetes']}/apis/apps/v1/namespaces/default/deployments/shop"
    patch = {"spec": {"replicas": 4}}
    scaled = httpx.patch(url, json=patch, headers={"content-type": "application/merge-patch+json"}).json()
    pods = httpx.get(f"{world.addresses()['urls']['kubernetes']}/api/v1/namespaces/default/pods").json()
    return [customer, rows, scaled, pods]


def test_everything_is_put_back_at_once(falsefront: Falsefront) -> None:
    with falsefront.worlds.create(from_="shop") as world:
        began = world.digest()
        world.mark("m")
        first = _act(world)
        changed = world.digest()
        tables = {change["table"] for change in world.diff(mark="m")["changes"]}
        assert {"sql.public.customers", "sql.public.orders", "stripe.customers", "kubernetes.objects"} <= tables
        assert world.restore("m")["digest"] == began
        assert _act(world) == first
        assert world.digest() == changed


def test_forks_do_not_see_each_other(falsefront: Falsefront) -> None:
    with falsefront.world("shop").fork() as left, falsefront.world("shop").fork() as right:
        _act(left)
        assert right.diff("shop")["equal"]
        assert _sql(right, "SELECT count(*) FROM customers") == [[(200,)]]


def test_a_world_goes_through_a_file_whole(falsefront: Falsefront) -> None:
    with falsefront.worlds.create(from_="shop") as world:
        # Rows enough that they are frozen outside the store.
        rows = [[number, f"name {number}"] for number in range(3000)]
        schema = "CREATE TABLE many (id integer PRIMARY KEY, name text UNIQUE)"
        world.seed({"sql": {"schema": schema, "tables": {"many": {"columns": ["id", "name"], "rows": rows}}}})
        _sql(world, "DELETE FROM many WHERE id < 10", "UPDATE many SET name = 'changed' WHERE id = 20")
        _act(world)
        with falsefront.import_world(world.export(), "through-a-file") as copy:
            assert copy.digest() == world.digest()
            questions = (
                "SELECT * FROM many WHERE id < 30",
                "SELECT count(*), min(id), max(name) FROM many",
                "INSERT INTO many VALUES (5000, 'new') RETURNING *",
                "SELECT * FROM many WHERE name = 'changed'",
                "INSERT INTO customers (name, email) VALUES ('Bob', 'bob@example.com') RETURNING *",
            )
            assert _sql(copy, *questions) == _sql(world, *questions)
            for each in (world, copy):
                with pytest.raises(psycopg.errors.UniqueViolation):
                    _sql(each, "INSERT INTO many VALUES (5001, 'changed')")
            assert _stripe(copy, "POST", "customers") == _stripe(world, "POST", "customers")
            assert copy.digest() == world.digest()
            assert copy.export().startswith(b"\x1f\x8b")


def test_the_clock_moves_for_all(falsefront: Falsefront) -> None:
    with falsefront.worlds.create(from_="shop") as world:
        world.clock.advance("36h")
        assert _sql(world, "SELECT now()::text") == [[("2026-01-06 21:00:00+00",)]]
        assert _stripe(world, "POST", "customers")["created"] == 1767733200
