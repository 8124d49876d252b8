"""The unmodified stripe package, told a base address and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule

stripe = pytest.importorskip("stripe")
requests = pytest.importorskip("requests")

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    return serve("stripe")


@pytest.fixture
def world(server: Background, request: pytest.FixtureRequest) -> Iterator[str]:
    name = request.node.name.replace("[", "-").replace("]", "")[:60]
    server.call(lambda: server.runtime.worlds.create(name))
    yield name
    server.call(lambda: server.runtime.worlds.drop(name))


@pytest.fixture
def client(server: Background, world: str) -> Iterator[Any]:
    with requests.Session() as session:
        yield stripe.StripeClient(
            "sk_test_x",
            base_addresses={"api": f"{server.url}/w/{world}/stripe"},
            http_client=stripe.RequestsClient(session=session),
            max_network_retries=2,
        )


def fault(server: Background, world: str, rule: dict[str, Any]) -> None:
    found = server.runtime.worlds.find(world)
    server.call(lambda: put_rule(found, "f", Rule.model_validate(rule)))


def pay(client: Any, card: str = "pm_card_visa", **more: Any) -> Any:
    return client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "automatic_payment_methods": NO_REDIRECTS,
            **more,
        }
    )


def test_a_shop(client: Any) -> None:
    product = client.v1.products.create({"name": "Tea", "images": ["https://x.co/1.png", "https://x.co/2.png"]})
    price = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 2000})
    customer = client.v1.customers.create(
        {"email": "j@x.co", "name": "Jenny Röse & Co", "metadata": {"row": "7"}, "address": {"line1": "1 Road"}}
    )
    client.v1.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})
    (method,) = client.v1.customers.payment_methods.list(customer.id).data
    intent = pay(client, method.id, customer=customer.id, expand=["customer", "latest_charge.balance_transaction"])
    assert (intent.status, intent.customer.name, intent.amount) == ("succeeded", "Jenny Röse & Co", price.unit_amount)
    assert intent.latest_charge.balance_transaction.fee == 88
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 500, "metadata": {"why": "late"}})
    assert (refund.status, refund.metadata.to_dict()) == ("succeeded", {"why": "late"})
    updated = client.v1.customers.update(customer.id, {"metadata": {"row": "", "tier": "gold"}, "name": ""})
    assert (updated.metadata.to_dict(), updated.name) == ({"tier": "gold"}, None)
    assert client.v1.customers.search({"query": "metadata['tier']:'gold'"}).data[0].id == customer.id
    assert client.v1.balance.retrieve().pending[0].amount == 2000 - 88 - 500
    assert client.v1.customers.delete(customer.id).deleted is True
    assert client.v1.customers.retrieve(customer.id).deleted is True
    assert client.v1.events.list({"limit": 1}).data[0].type == "customer.deleted"


def test_a_saved_card_is_charged_while_the_customer_is_away(client: Any) -> None:
    customer = client.v1.customers.create({"name": "Ada"})
    client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    (method,) = client.v1.customers.payment_methods.list(customer.id).data
    away = {"amount": 900, "currency": "usd", "customer": customer.id, "payment_method": method.id, "confirm": True}
    assert client.v1.payment_intents.create({**away, "off_session": True}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.v1.payment_intents.create(away)


def test_pages_one_after_another(client: Any) -> None:
    made = [client.v1.customers.create({"name": f"c{number}"}).id for number in range(7)]
    listed = client.v1.customers.list({"limit": 3})
    assert [customer.id for customer in listed.auto_paging_iter()] == made[::-1]
    found = client.v1.customers.search({"query": "created>0", "limit": 2})
    assert len(list(found.auto_paging_iter())) == 7


def test_errors_have_their_classes(client: Any, server: Background, world: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.customers.retrieve("cus_nobody")
    assert (missing.value.http_status, missing.value.code, missing.value.param) == (404, "resource_missing", "id")
    assert missing.value.request_id.startswith("req_")
    with pytest.raises(stripe.CardError) as declined:
        pay(client, "pm_card_chargeDeclinedExpiredCard")
    assert (declined.value.code, declined.value.user_message) == ("expired_card", "Your card has expired.")
    assert declined.value.error.payment_intent.status == "requires_payment_method"
    client.v1.customers.create({"name": "a"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        client.v1.customers.create({"name": "b"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        client.v1.customers.list(options={"api_key": "sk_live_0123456789"})
    with pytest.raises(stripe.PermissionError):
        client.v1.customers.list(options={"stripe_account": "acct_other"})
    with pytest.raises(stripe.InvalidRequestError, match="does not support POST /v1/plans"):
        client.v1.plans.create({"currency": "usd", "interval": "month"})


@pytest.mark.parametrize(
    ("kind", "error"),
    [("rate_limited", "RateLimitError"), ("internal", "APIError"), ("forbidden", "PermissionError")],
)
def test_injected_errors_have_their_classes(client: Any, server: Background, world: str, kind: str, error: str) -> None:
    fault(server, world, {"when": {"op": "customers.list"}, "then": [{"fail": kind}]})
    with pytest.raises(getattr(stripe, error)):
        client.v1.customers.list(options={"max_network_retries": 0})


def test_retries_find_what_was_done(client: Any, server: Background, world: str) -> None:
    """The answer is lost on its way back; the package tries again with the same key."""
    rule = {"when": {"op": "payment_intents.create", "nth": 1}, "then": [{"link": "reset"}]}
    fault(server, world, rule)
    intent = pay(client)
    assert intent.last_response.headers["idempotent-replayed"] == "true"
    assert [found.id for found in client.v1.payment_intents.list().data] == [intent.id]


def test_an_outage_passes(client: Any, server: Background, world: str) -> None:
    fault(server, world, {"when": {"op": "customers.create", "to": 2}, "then": [{"fail": "unavailable"}]})
    assert client.v1.customers.create({"name": "x"}).name == "x"
    assert len(client.v1.customers.list().data) == 1


def test_the_global_way(server: Background, world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = requests.Session()
    monkeypatch.setattr(stripe, "api_base", server.url)
    monkeypatch.setattr(stripe, "api_key", f"sk_test_{world}")
    monkeypatch.setattr(stripe, "default_http_client", stripe.RequestsClient(session=session))
    customer = stripe.Customer.create(name="x")
    charge = stripe.Charge.create(amount=500, currency="usd", source="tok_visa", description="Tea")
    assert (charge.status, charge.source.last4) == ("succeeded", "4242")
    held = stripe.PaymentIntent.create(
        amount=900,
        currency="usd",
        payment_method="pm_card_visa",
        confirm=True,
        capture_method="manual",
        return_url="https://x.co",
    )
    assert held.capture(amount_to_capture=400).status == "succeeded"
    assert stripe.Customer.modify(customer.id, phone="1").phone == "1"
    found = server.runtime.worlds.find(world)
    assert server.call(lambda: found.journal.seq) == 5
    session.close()
