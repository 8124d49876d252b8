"""Idempotency keys, fault rules and what the one does to the other; determinism, worlds and seeds."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from falsefront.emulators.stripe import emulator
from falsefront.emulators.stripe.known import exists
from falsefront.emulators.stripe.resources import ROUTES
from tests.emulators.stripe.conftest import Api


def test_an_answer_is_given_again(api: Api) -> None:
    first = api.post("/v1/customers", "name=x&metadata[a]=1&metadata[b]=2", Idempotency_Key="k")
    again = api.post("/v1/customers", "metadata[b]=2&metadata[a]=1&name=x", Idempotency_Key="k")
    assert again.body == first.body
    assert first.headers["original-request"] == first.headers["request-id"]
    assert again.headers["original-request"] == first.headers["request-id"] != again.headers["request-id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert first.headers["idempotency-key"] == "k"
    assert first.headers["stripe-should-retry"] == "false"
    assert len(api.get("/v1/customers")["data"]) == 1


def test_a_decline_is_given_again(api: Api) -> None:
    first = api.pay("pm_card_visa_chargeDeclined", Idempotency_Key="k")
    again = api.pay("pm_card_visa_chargeDeclined", Idempotency_Key="k")
    assert (first.status, again.status) == (402, 402)
    assert again.body == first.body
    assert len(api.get("/v1/payment_intents")["data"]) == 1


def test_a_failure_without_a_trace_is_given_again(api: Api) -> None:
    first = api.post("/v1/refunds", "charge=ch_x", Idempotency_Key="k")
    again = api.post("/v1/refunds", "charge=ch_x", Idempotency_Key="k")
    assert (first.status, again.status, again.headers["idempotent-replayed"]) == (404, 404, "true")
    assert again.body == first.body


def test_a_refused_request_leaves_its_key_free(api: Api) -> None:
    assert api.post("/v1/customers", "limit=x", Idempotency_Key="k").status == 400
    assert api.post("/v1/customers", "name=x", Idempotency_Key="k").status == 200


def test_mismatches(api: Api) -> None:
    api.post("/v1/customers", "preferred_locales[]=a&preferred_locales[]=b", Idempotency_Key="k")
    other = api.post("/v1/customers", "preferred_locales[]=b&preferred_locales[]=a", Idempotency_Key="k")
    assert other.status == 400
    assert (other.error["type"], "code" in other.error) == ("idempotency_error", False)
    assert other.error["message"] == (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using "
        "a key other than 'k' if you meant to execute a different request."
    )
    elsewhere = api.post("/v1/products", "name=x", Idempotency_Key="k")
    assert elsewhere.error["message"] == (
        "Keys for idempotent requests can only be used for the same endpoint they were first used for ('/v1/customers' "
        "vs '/v1/products'). Try using a key other than 'k' if you meant to execute a different request."
    )


def test_keys_mean_nothing_to_reads(api: Api) -> None:
    before = api.get("/v1/customers", Idempotency_Key="k")
    api.post("/v1/customers")
    assert len(api.get("/v1/customers", Idempotency_Key="k")["data"]) == len(before["data"]) + 1


def test_a_request_under_way(api: Api, another: Callable[[str], Api]) -> None:
    api.fault("slow", {"when": {"op": "customers.create", "nth": 1}, "then": [{"delay": "1s"}]})
    answers: list[Any] = []
    first = another(api.world)
    world = api.server.runtime.worlds.find(api.world)

    def ask() -> None:
        answers.append(first.post("/v1/customers", "name=x", Idempotency_Key="k"))

    thread = threading.Thread(target=ask)
    thread.start()
    while api.server.call(lambda: world.version.extra.get("faults/slow")) is None:
        pass
    second = api.post("/v1/customers", "name=x", Idempotency_Key="k")
    thread.join()
    assert (second.status, second.error["code"]) == (409, "idempotency_key_in_use")
    assert second.error["type"] == "idempotency_error"
    assert second.headers["stripe-should-retry"] == "true"
    assert answers[0].status == 200
    assert api.post("/v1/customers", "name=x", Idempotency_Key="k").body == answers[0].body


KINDS = [
    ("invalid", 400, "invalid_request_error", None),
    ("unauthenticated", 401, "invalid_request_error", None),
    ("forbidden", 403, "invalid_request_error", None),
    ("not_found", 404, "invalid_request_error", "resource_missing"),
    ("conflict", 429, "invalid_request_error", "lock_timeout"),
    ("gone", 404, "invalid_request_error", "resource_missing"),
    ("rate_limited", 429, "invalid_request_error", "rate_limit"),
    ("quota_exceeded", 429, "invalid_request_error", "rate_limit"),
    ("timeout", 504, "api_error", None),
    ("unavailable", 503, "api_error", None),
    ("internal", 500, "api_error", None),
]


@pytest.mark.parametrize(("kind", "status", "type_", "code"), KINDS)
def test_every_kind_of_failure(api: Api, kind: str, status: int, type_: str, code: str | None) -> None:
    api.fault("f", {"when": {"op": "customers.create", "nth": 1}, "then": [{"fail": kind, "retry_after": 1.2}]})
    answer = api.post("/v1/customers", "name=x")
    assert (answer.status, answer.error["type"], answer.error.get("code")) == (status, type_, code)
    assert answer.error["message"]
    assert answer.headers["retry-after"] == "2"
    assert api.post("/v1/customers", "name=x").status == 200


@pytest.mark.parametrize(
    ("native", "status", "message"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, 402, "Your card has insufficient funds."),
        ({"code": "expired_card"}, 402, "Your card has expired."),
        ({"type": "card_error"}, 402, "Your card was declined."),
        ({"code": "custom", "param": "amount", "message": "No.", "status": 418}, 418, "No."),
    ],
)
def test_failures_in_stripes_own_words(api: Api, native: dict[str, Any], status: int, message: str) -> None:
    api.fault("f", {"when": {"op": "payment_intents.*"}, "then": [{"fail": "invalid", "native": native}]})
    answer = api.pay()
    assert (answer.status, answer.error["message"]) == (status, message)
    assert all(answer.error[name] == value for name, value in native.items() if name != "status")


def test_arguments_are_matched(api: Api) -> None:
    when = {"op": "payment_intents.create", "args": {"amount": {"gte": 1000}, "metadata": {"vip": "yes"}}}
    api.fault("f", {"when": when, "then": [{"fail": "internal"}]})
    assert api.pay(amount=900, more="&metadata[vip]=yes").status == 200
    assert api.pay(amount=1000).status == 200
    assert api.pay(amount=1000, more="&metadata[vip]=yes").status == 500


@pytest.mark.parametrize(
    ("then", "first", "second", "count"),
    [
        # It was executed and failed: the failure is the key's answer.
        ({"fail": "internal"}, 500, 500, 0),
        # It never got through: the key is still free.
        ({"fail": "unavailable"}, 503, 200, 1),
        ({"fail": "rate_limited"}, 429, 200, 1),
        # It was done and only its answer was lost: the key remembers.
        ({"after": "timeout"}, 504, 200, 1),
        ({"after": "internal"}, 500, 200, 1),
    ],
)
def test_a_retry_with_its_key(api: Api, then: dict[str, str], first: int, second: int, count: int) -> None:
    api.fault("f", {"when": {"op": "customers.create", "nth": 1}, "then": [then]})
    assert api.post("/v1/customers", "name=x", Idempotency_Key="k").status == first
    assert api.post("/v1/customers", "name=x", Idempotency_Key="k").status == second
    assert len(api.get("/v1/customers")["data"]) == count


def test_an_answer_in_its_place(api: Api) -> None:
    reply = {"status": 502, "body": "<html>Bad gateway</html>", "headers": {"content-type": "text/html"}}
    api.fault("f", {"when": {"op": "balance.retrieve"}, "then": [{"respond": reply}]})
    answer = api.client.get("/v1/balance")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (502, reply["body"], "text/html")


def test_worlds_know_nothing_of_each_other(api: Api, another: Callable[[str], Api]) -> None:
    customer = api.post("/v1/customers", "name=x", Idempotency_Key="k")["id"]
    runtime = api.server.runtime
    api.server.call(lambda: runtime.worlds.fork(runtime.worlds.find(api.world), f"{api.world}-fork"))
    fork = another(f"{api.world}-fork")
    assert fork.get(f"/v1/customers/{customer}")["name"] == "x"
    assert fork.post("/v1/customers", "name=x", Idempotency_Key="k")["id"] == customer
    fork.delete(f"/v1/customers/{customer}")
    assert api.get(f"/v1/customers/{customer}")["name"] == "x"
    assert another("default").get(f"/v1/customers/{customer}").status == 404
    assert fork.events() == ["customer.created", "customer.deleted"]


SCRIPT = """
import asyncio, hashlib, json, sys
import httpx
from falsefront.control_plane.registry import load
from falsefront.control_plane.serving import Background
from falsefront.world.digest import show

digest = hashlib.sha256()
with Background(load(["stripe"])) as server, httpx.Client(base_url=server.url) as client:
    client.headers["Authorization"] = "Bearer sk_test_x"
    def ask(method, path, data=""):
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.request(method, path, content=data, headers=head)
        digest.update(answer.content + repr(sorted(answer.headers.items())).encode())
        return answer.json()
    customer = ask("POST", "/v1/customers", "name=x&metadata[b]=1&metadata[a]=2")["id"]
    pay = "amount=900&currency=usd&confirm=true&return_url=https://x.co&payment_method="
    intent = ask("POST", "/v1/payment_intents", pay + "pm_card_visa")["id"]
    ask("POST", "/v1/payment_intents", pay + "pm_card_visa_chargeDeclined")
    ask("POST", "/v1/payment_intents", pay + "pm_card_createDispute")
    ask("POST", "/v1/refunds", "payment_intent=" + intent)
    ask("GET", "/v1/events?limit=100")
    ask("GET", "/v1/customers/nobody")
    world = server.runtime.worlds.find("default")
    for entry in world.journal:
        digest.update(json.dumps(entry.as_json(), sort_keys=True).encode())
    print(digest.hexdigest(), show(world.version.digest))
"""


def test_two_processes_agree_to_the_byte() -> None:
    def run(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, timeout=60, check=True
        )
        return done.stdout

    assert run("1") == run("2")


def seed(api: Api, section: dict[str, Any]) -> None:
    runtime = api.server.runtime
    api.server.call(lambda: runtime.seed(runtime.worlds.find(api.world), {"stripe": section}))


def test_seeds(api: Api) -> None:
    seed(
        api,
        {
            "customers": [{"id": "cus_1", "name": "Jenny", "email": "j@x.co", "metadata": {"row": 7}}],
            "products": [{"id": "tea", "name": "Tea", "active": True}],
            "prices": [{"id": "price_tea", "product": "tea", "currency": "usd", "unit_amount": 500}],
            "payments": [
                {"customer": "cus_1", "amount": 5000, "currency": "usd", "created": "2025-12-01T00:00:00Z"},
                {"customer": "cus_1", "amount": 700, "card": "pm_card_visa", "refunded": 200},
                {"customer": "cus_1", "amount": 900, "card": "pm_card_chargeCustomerFail"},
            ],
        },
    )
    assert api.get("/v1/customers/cus_1")["metadata"] == {"row": "7"}
    assert api.get("/v1/prices/price_tea", "expand[]=product")["product"]["name"] == "Tea"
    payments = api.get("/v1/payment_intents", "customer=cus_1")["data"]
    assert [payment["status"] for payment in payments] == ["requires_payment_method", "succeeded", "succeeded"]
    assert payments[2]["created"] == 1764547200
    assert api.get("/v1/refunds")["data"][0]["amount"] == 200
    answer = api.get("/v1/balance")
    assert (answer["available"][0]["amount"], answer["pending"][0]["amount"]) == (5000 - 175, 700 - 50 - 200)
    assert api.events() == []
    assert len(api.get("/v1/customers/cus_1/payment_methods")["data"]) == 2


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"customers": [{"nope": 1}]}, "stripe.customers[0]: Received unknown parameter: nope"),
        ({"payments": [{"amount": 100, "card": "pm_card_x"}]}, "'pm_card_x' is no test card"),
        ({"payments": [{"amount": 100, "customer": "cus_x"}]}, "No such customer: 'cus_x'"),
        ({"people": []}, "unknown sections people"),
        ([1], "an object of lists"),
        ({"customers": [{"id": "a"}, {"id": "a"}]}, "there is a customer 'a' already"),
    ],
)
def test_bad_seeds(api: Api, section: Any, message: str) -> None:
    with pytest.raises(Exception, match=re.escape(message)):
        seed(api, section)
    assert api.get("/v1/customers")["data"] == []


def sdk_routes() -> Iterator[tuple[str, str]]:
    """Every endpoint that the installed stripe package calls, read from its source."""
    spec = find_spec("stripe")
    if spec is None or spec.origin is None:
        pytest.skip("the stripe package is not installed")
    for file in sorted(Path(spec.origin).parent.rglob("*_service.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_request":
                template = ast.unparse(node.args[1])
                path = ast.literal_eval(template.partition(".format(")[0])
                yield ast.literal_eval(node.args[0]).upper(), re.sub(r"\{[^}]*\}", "*", path)


def test_every_endpoint_of_the_python_package_is_known() -> None:
    routes = set(sdk_routes())
    assert len(routes) > 500
    assert [route for route in routes if not exists(route[0], route[1].replace("*", "x_1"))] == []


def test_the_docs_name_every_operation_and_card() -> None:
    text = (Path(__file__).parents[3] / "docs" / "stripe.md").read_text()
    assert [name for name in emulator.operations if f"`{name}`" not in text] == []
    from falsefront.emulators.stripe.cards import CARDS

    assert [card.name for card in CARDS if len(card.name) > 2 and f"`{card.name}`" not in text] == []
    assert all(exists(route.method, re.sub(r"\{\w+\}", "x", route.path)) for route in ROUTES)


def test_the_environment_is_ready_to_paste(api: Api) -> None:
    environment = api.server.serving.environment(api.world)
    assert json.loads(json.dumps(environment))["STRIPE_API_BASE"].endswith(f"/w/{api.world}/stripe")
    assert environment["STRIPE_API_KEY"] == f"sk_test_{api.world}"


def test_a_key_is_forgotten_after_a_day(api: Api) -> None:
    from datetime import timedelta

    first = api.post("/v1/customers", "name=x", Idempotency_Key="k")["id"]
    runtime = api.server.runtime
    world = runtime.worlds.find(api.world)
    api.server.call(lambda: runtime.advance(world, timedelta(hours=23)))
    assert api.post("/v1/customers", "name=x", Idempotency_Key="k")["id"] == first
    api.server.call(lambda: runtime.advance(world, timedelta(hours=1)))
    assert api.post("/v1/customers", "name=y", Idempotency_Key="k")["id"] != first
    assert world.version.tables["stripe.idempotency_keys"].count == 1
