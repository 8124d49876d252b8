"""Two servers in two processes, the same seed and the same calls by real clients: the same bytes."""

from __future__ import annotations

import asyncio
import json
import os
import smtplib
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from falsefront.control_plane.client import Falsefront
from falsefront.control_plane.launch import Launched
from falsefront.control_plane.registry import load

Addresses = dict[str, Any]


def _loadable() -> list[str]:
    names = []
    for name in ("filesystem", "sql", "stripe", "kubernetes", "mail"):
        try:
            load([name])
        except (ImportError, ValueError):
            continue
        names.append(name)
    return names


def stripe(addresses: Addresses) -> list[Any]:
    library = pytest.importorskip("stripe")
    client = library.StripeClient("sk_test_default", base_addresses={"api": addresses["urls"]["stripe"]})
    # The library would make up a key of its own, which is in the events.
    keys = ({"idempotency_key": f"key-{number}"} for number in count())
    customer = client.v1.customers.create({"name": "Ada", "metadata": {"b": "2", "a": "1"}}, next(keys))
    payment = {
        "amount": 1200,
        "currency": "gbp",
        "customer": customer.id,
        "payment_method": "pm_card_visa",
        "confirm": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    answers = [str(customer), *(str(client.v1.payment_intents.create(payment, next(keys))) for _ in range(2))]
    with pytest.raises(library.CardError) as declined:
        client.v1.payment_intents.create({**payment, "payment_method": "pm_card_visa_chargeDeclined"}, next(keys))
    answers += [declined.value.http_body, str(client.v1.customers.list({"limit": 20})), str(client.v1.events.list())]
    return answers


def filesystem(addresses: Addresses) -> list[Any]:
    mcp = pytest.importorskip("mcp")

    async def edit() -> list[Any]:
        calls: list[tuple[str, dict[str, Any]]] = [
            ("list_allowed_directories", {}),
            ("write_file", {"path": "/workspace/new/näme.txt", "content": "x"}),
            ("create_directory", {"path": "/workspace/new"}),
            ("write_file", {"path": "/workspace/new/näme.txt", "content": "one\ntwo\n"}),
            (
                "edit_file",
                {"path": "/workspace/new/näme.txt", "edits": [{"oldText": "two", "newText": "three"}]},
            ),
            ("directory_tree", {"path": "/workspace"}),
            ("get_file_info", {"path": "/workspace/new/näme.txt"}),
            ("search_files", {"path": "/workspace", "pattern": "**/*.txt"}),
        ]
        async with mcp.Client(f"{addresses['urls']['filesystem']}/mcp") as client:
            return [(await client.call_tool(name, arguments)).model_dump(mode="json") for name, arguments in calls]

    return asyncio.run(edit())


def kubernetes(addresses: Addresses) -> list[Any]:
    library = pytest.importorskip("kubernetes")
    configuration = library.client.Configuration(host=addresses["urls"]["kubernetes"])
    with library.client.ApiClient(configuration) as api:
        apps, core = library.client.AppsV1Api(api), library.client.CoreV1Api(api)
        apps.patch_namespaced_deployment_scale("shop", "default", {"spec": {"replicas": 5}})
        with pytest.raises(library.client.ApiException) as missing:
            core.read_namespaced_pod("none", "default")
        return [
            missing.value.body,
            *(
                api.sanitize_for_serialization(found)
                for found in (
                    apps.read_namespaced_deployment("shop", "default"),
                    core.list_namespaced_pod("default"),
                    core.list_namespaced_event("default"),
                )
            ),
        ]


def sql(addresses: Addresses) -> list[Any]:
    psycopg = pytest.importorskip("psycopg")
    statements = [
        "UPDATE orders SET status = 'shipped' WHERE status = 'paid' RETURNING id",
        "INSERT INTO customers (id, name, email) VALUES (1000, 'Ada', 'ada@example.com') RETURNING *",
        "SELECT status, count(*), sum(total_cents) FROM orders GROUP BY status",
        "SELECT c.city, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.city",
        "SELECT now(), random(), gen_random_uuid()",
        "DELETE FROM order_items WHERE order_id < 10",
        "UPDATE order_items SET quantity = quantity + 1 WHERE product_id = 3",
        "SELECT * FROM order_items WHERE order_id < 30",
        "INSERT INTO customers (id, name, email) VALUES (1, 'Ada', 'ada2@example.com')",
    ]
    answers: list[Any] = []
    with psycopg.connect(addresses["postgres"], autocommit=True) as connection:
        for statement in statements:
            try:
                cursor = connection.execute(statement)
                answers.append(repr(cursor.fetchall() if cursor.description else cursor.statusmessage))
            except psycopg.Error as error:
                answers.append(f"{error.sqlstate} {error}")
    return answers


def mail(addresses: Addresses) -> list[Any]:
    server = urlsplit(addresses["environment"]["SMTP_URL"])
    assert server.hostname
    with smtplib.SMTP(server.hostname, server.port or 25, local_hostname="localhost") as client:
        client.login("default", "any")
        client.sendmail("a@example.com", ["b@example.com"], "Subject: hello\r\n\r\nworld\r\n")
    return [httpx.get(f"{addresses['urls']['mail']}/messages").text]


def play(server: Launched, clients: list[Callable[[Addresses], list[Any]]]) -> dict[str, Any]:
    """Everything that can be seen of a server after the same calls."""
    seen: dict[str, Any] = {}
    with Falsefront(server.url) as falsefront, httpx.Client(base_url=f"{server.url}/_falsefront/worlds") as http:
        world = falsefront.world("default")
        world.faults.put("dice", {"fail": "unavailable"}, when={"op": "messages.list", "probability": 0.5})
        world.mark("begin")
        for client in clients:
            seen[client.__name__] = json.dumps(client(server.addresses), sort_keys=True)
        with world.fork("fork") as fork:
            fork.clock.advance("1d")
            seen["fork"] = (fork.digest(), http.get("fork/journal", params={"format": "ndjson"}).content)
        seen["digest"] = http.get("default/digest").content
        seen["journal"] = http.get("default/journal", params={"format": "ndjson"}).content
        seen["diff"] = http.get("default/diff").content
        seen["file"] = http.get("default/export").content
        world.restore("begin")
        seen["restored"] = world.digest()
    return seen


def test_two_processes_say_the_same_byte_for_byte() -> None:
    names = _loadable()
    clients = [client for client in (filesystem, sql, stripe, kubernetes, mail) if client.__name__ in names]
    with ExitStack() as stack:
        seen = []
        for seed, zone in (("0", "UTC"), ("12345", "Asia/Tokyo")):
            environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "FALSEFRONT_CACHE": ""}
            server = stack.enter_context(Launched(["--emulators", ",".join(names), "--seed", "77"], environment))
            seen.append(play(server, clients))
    first, second = seen
    assert set(first) > {"fork", "journal", "mail"}
    assert first["journal"].count(b"\n") > 10
    for part, said in first.items():
        assert said == second[part], part


def test_a_world_out_of_the_cache_goes_on_as_one_just_made(tmp_path: Any) -> None:
    names = _loadable()
    clients = [client for client in (filesystem, sql, stripe, kubernetes, mail) if client.__name__ in names]
    environment = {**os.environ, "FALSEFRONT_CACHE": str(tmp_path)}
    seen = []
    for _ in range(2):
        with Launched(["--emulators", ",".join(names)], environment) as server:
            seen.append(play(server, clients))
    assert list(tmp_path.glob("*.gz"))
    assert seen[0] == seen[1]
