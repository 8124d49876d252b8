"""Payment intents, charges, refunds, disputes and the ledger: every test card, every state, and the money's sums."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from falsefront.emulators.stripe.cards import CARDS, Card
from tests.emulators.stripe.conftest import Answer, Api

NO_REDIRECTS = "automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"


def advance(api: Api, **by: float) -> None:
    runtime = api.server.runtime
    api.server.call(lambda: runtime.advance(runtime.worlds.find(api.world), timedelta(**by)))


def balance(api: Api) -> tuple[int, int]:
    answer = api.get("/v1/balance")
    return answer["available"][0]["amount"], answer["pending"][0]["amount"]


def test_a_payment(api: Api) -> None:
    paid = api.pay(more="&metadata[order]=7&description=Tea&expand[]=latest_charge.balance_transaction")
    assert paid.status == 200
    assert (paid["status"], paid["amount_received"], paid["capture_method"]) == ("succeeded", 10000, "automatic_async")
    assert paid["amount_details"] == {"tip": {}}
    charge = paid["latest_charge"]
    assert (charge["status"], charge["paid"], charge["captured"]) == ("succeeded", True, True)
    assert (charge["metadata"], charge["description"]) == ({"order": "7"}, "Tea")
    assert charge["payment_method_details"]["card"]["last4"] == "4242"
    assert "refunds" not in charge
    moved = charge["balance_transaction"]
    assert (moved["amount"], moved["fee"], moved["net"], moved["status"]) == (10000, 320, 9680, "pending")
    assert moved["available_on"] - moved["created"] == 2 * 86400
    assert (moved["type"], moved["source"], moved["description"]) == ("charge", charge["id"], "Tea")
    assert "livemode" not in moved
    # The objects of one payment share the middle of their identifiers.
    assert len({ident.partition("_")[2][:16] for ident in (paid["id"], charge["id"], moved["id"])}) == 1
    assert api.events() == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    assert balance(api) == (0, 9680)
    advance(api, days=2)
    assert balance(api) == (9680, 0)
    assert api.get(f"/v1/balance_transactions/{moved['id']}")["status"] == "available"


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_card_does_what_it_is_for(api: Api, card: Card) -> None:
    answer = api.pay(f"pm_card_{card.name}")
    if card.authentication != "optional":
        assert (answer.status, answer["status"]) == (200, "requires_action")
        assert answer["next_action"]["type"] == "use_stripe_sdk"
        assert api.events()[-1] == "payment_intent.requires_action"
        assert api.get("/v1/charges")["data"] == []
    elif card.charging is not None:
        check_declined(api, answer, card)
    else:
        assert (answer.status, answer["status"]) == (200, "succeeded")
    stored = api.server.call(lambda: repr(api.server.runtime.worlds.find(api.world).version.tables))
    assert card.number not in stored


def check_declined(api: Api, answer: Answer, card: Card) -> None:
    decline = card.charging
    assert decline is not None
    assert answer.status == 402
    error = answer.error
    assert (error["type"], error["code"], error["message"]) == ("card_error", decline.code, decline.message)
    assert error.get("decline_code") == decline.decline_code
    assert "param" not in error
    intent = error["payment_intent"]
    assert (intent["status"], intent["payment_method"]) == ("requires_payment_method", None)
    assert intent["last_payment_error"]["code"] == decline.code
    assert api.get(f"/v1/payment_intents/{intent['id']}").body == intent
    charge = api.get(f"/v1/charges/{error['charge']}")
    assert (charge["status"], charge["paid"], charge["failure_code"]) == ("failed", False, decline.code)
    assert api.events() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
    assert balance(api) == (0, 0)


@pytest.mark.parametrize("card", [card for card in CARDS if card.keeping], ids=lambda card: card.name)
def test_a_declining_card_cannot_be_attached(api: Api, card: Card) -> None:
    customer = api.post("/v1/customers")["id"]
    answer = api.post(f"/v1/payment_methods/pm_card_{card.name}/attach", f"customer={customer}")
    assert card.keeping is not None
    assert (answer.status, answer.error["code"], answer.error["param"]) == (402, card.keeping.code, "")
    assert api.get("/v1/payment_methods", f"customer={customer}")["data"] == []


def test_a_card_may_be_kept_and_fail_later(api: Api) -> None:
    customer = api.post("/v1/customers")["id"]
    method = api.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", f"customer={customer}")["id"]
    assert api.pay(method, more=f"&customer={customer}").error["decline_code"] == "generic_decline"


@pytest.mark.parametrize("ident", ["pm_card_nonsense", "tok_visa", "pm_1", "visa", "pm_card_", "card_x"])
def test_unknown_payment_methods_pay_nothing(api: Api, ident: str) -> None:
    answer = api.pay(ident)
    assert (answer.status, answer.error["code"]) == (400, "resource_missing")
    assert answer.error["message"] == f"No such PaymentMethod: '{ident}'"
    assert api.get("/v1/payment_intents")["data"] == []
    assert api.events() == []


@pytest.mark.parametrize("token", ["tok_nonsense", "pm_card_visa", "tok_", "src_1"])
def test_unknown_tokens_pay_nothing(api: Api, token: str) -> None:
    answer = api.post("/v1/charges", f"amount=100&currency=usd&source={token}")
    assert (answer.status, answer.error["code"]) == (400, "resource_missing")
    assert api.get("/v1/charges")["data"] == []


def test_numbers_become_cards_and_are_forgotten(api: Api) -> None:
    card = "type=card&card[number]=4000000000000077&card[exp_month]=8&card[exp_year]=2030&card[cvc]=123"
    method = api.post("/v1/payment_methods", card)
    assert (method["card"]["last4"], method["card"]["exp_year"], method["card"]["brand"]) == ("0077", 2030, "visa")
    assert api.pay(method["id"])["status"] == "succeeded"
    assert balance(api) == (9680, 0), "this card's money is available at once"
    world = api.server.runtime.worlds.find(api.world)
    everything = api.server.call(lambda: repr([entry.op for entry in world.journal]) + repr(world.version.tables))
    assert "4000000000000077" not in everything
    assert "'cvc': '123'" not in everything


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("card[number]=4242424242424241&card[exp_month]=8&card[exp_year]=2030", "incorrect_number"),
        ("card[number]=abc&card[exp_month]=8&card[exp_year]=2030", "incorrect_number"),
        ("card[number]=4111111111111111&card[exp_month]=8&card[exp_year]=2030", "card_declined"),
        ("card[number]=4242424242424242&card[exp_month]=13&card[exp_year]=2030", "invalid_expiry_month"),
        ("card[number]=4242424242424242&card[exp_month]=8&card[exp_year]=2020", "invalid_expiry_year"),
        ("card[number]=4242424242424242&card[exp_month]=8&card[exp_year]=2030&card[cvc]=x", "invalid_cvc"),
    ],
)
def test_bad_cards(api: Api, card: str, code: str) -> None:
    answer = api.post("/v1/payment_methods", f"type=card&{card}")
    assert (answer.status, answer.error["type"], answer.error["code"]) == (402, "card_error", code)


def test_a_token_is_spent_once(api: Api) -> None:
    token = api.post("/v1/tokens", "card[number]=4242424242424242&card[exp_month]=8&card[exp_year]=2030")["id"]
    data = f"amount=500&currency=usd&source={token}"
    paid = api.post("/v1/charges", data)
    assert (paid["status"], paid["source"]["brand"], paid["payment_intent"]) == ("succeeded", "Visa", None)
    again = api.post("/v1/charges", data)
    assert (again.status, again.error["code"]) == (400, "token_already_used")


def test_a_charge_that_is_declined_stays(api: Api) -> None:
    answer = api.post("/v1/charges", "amount=500&currency=usd&source=tok_chargeDeclinedInsufficientFunds")
    assert (answer.status, answer.error["decline_code"]) == (402, "insufficient_funds")
    assert api.get(f"/v1/charges/{answer.error['charge']}")["status"] == "failed"
    assert api.events() == ["charge.failed"]


def test_manual_capture(api: Api) -> None:
    held = api.pay(more="&capture_method=manual")
    assert (held["status"], held["amount_capturable"], held["amount_received"]) == ("requires_capture", 10000, 0)
    assert balance(api) == (0, 0)
    assert api.get("/v1/balance_transactions")["data"] == []
    over = api.post(f"/v1/payment_intents/{held['id']}/capture", "amount_to_capture=10001")
    assert (over.status, over.error["code"]) == (400, "amount_too_large")
    refund = api.post("/v1/refunds", f"charge={held['latest_charge']}")
    assert refund.error["message"].startswith(f"This uncaptured Charge was created by a PaymentIntent ({held['id']}).")
    done = api.post(f"/v1/payment_intents/{held['id']}/capture", "amount_to_capture=6000")
    assert (done["status"], done["amount_received"], done["amount_capturable"]) == ("succeeded", 6000, 0)
    charge = api.get(f"/v1/charges/{held['latest_charge']}")
    assert (charge["amount_captured"], charge["amount_refunded"], charge["captured"]) == (6000, 4000, True)
    assert balance(api) == (0, 6000 - 204)
    assert api.events() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_an_authorisation_is_released(api: Api) -> None:
    held = api.pay(more="&capture_method=manual")
    gone = api.post(f"/v1/payment_intents/{held['id']}/cancel", "cancellation_reason=abandoned")
    assert (gone["status"], gone["cancellation_reason"], gone["amount_capturable"]) == ("canceled", "abandoned", 0)
    assert api.get(f"/v1/charges/{held['latest_charge']}")["refunded"] is True
    assert api.events()[-2:] == ["charge.refunded", "payment_intent.canceled"]


def test_an_authorisation_expires(api: Api) -> None:
    held = api.pay(more="&capture_method=manual")
    advance(api, days=6)
    assert api.get(f"/v1/payment_intents/{held['id']}")["status"] == "requires_capture"
    advance(api, days=1)
    gone = api.get(f"/v1/payment_intents/{held['id']}")
    assert (gone["status"], gone["cancellation_reason"]) == ("canceled", "automatic")
    assert api.events()[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_the_states_of_a_payment_intent(api: Api) -> None:
    made = api.post("/v1/payment_intents", "amount=500&currency=usd")
    path = f"/v1/payment_intents/{made['id']}"
    assert made["status"] == "requires_payment_method"
    assert made["automatic_payment_methods"] == {"allow_redirects": "always", "enabled": True}
    none = api.post(f"{path}/confirm")
    assert none.error["code"] == "payment_intent_unexpected_state"
    assert none.error["message"].startswith("You cannot confirm this PaymentIntent because it's missing a payment")
    assert none.error["payment_intent"]["id"] == made["id"]
    early = api.post(f"{path}/capture")
    assert early.error["message"] == (
        "This PaymentIntent could not be captured because it has a status of requires_payment_method. Only a "
        "PaymentIntent with one of the following statuses may be captured: requires_capture."
    )
    ready = api.post(path, "payment_method=pm_card_visa&amount=700")
    assert (ready["status"], ready["amount"]) == ("requires_confirmation", 700)
    nowhere = api.post(f"{path}/confirm")
    assert nowhere.status == 400
    assert "`return_url`" in nowhere.error["message"]
    done = api.post(f"{path}/confirm", "return_url=https://shop.example/done")
    assert (done["status"], done["amount_received"]) == ("succeeded", 700)
    late = api.post(path, "amount=900")
    assert late.error["param"] == "amount"
    assert late.error["message"].startswith(
        "This PaymentIntent's amount could not be updated because it has a status of succeeded. You may only update"
    )
    assert api.post(path, "metadata[a]=1")["metadata"] == {"a": "1"}
    twice = api.post(f"{path}/confirm", "return_url=https://shop.example/done")
    assert twice.error["code"] == "payment_intent_unexpected_state"
    cancel = api.post(f"{path}/cancel")
    assert cancel.error["message"] == (
        "You cannot cancel this PaymentIntent because it has a status of succeeded. Only a PaymentIntent with one of "
        "the following statuses may be canceled: requires_payment_method, requires_capture, requires_reauthorization, "
        "requires_confirmation, requires_action, expired, processing."
    )


def test_a_failed_payment_can_be_tried_again(api: Api) -> None:
    intent = api.pay("pm_card_visa_chargeDeclined").error["payment_intent"]["id"]
    done = api.post(f"/v1/payment_intents/{intent}/confirm", "payment_method=pm_card_visa")
    assert (done["status"], done["last_payment_error"]) == ("succeeded", None)
    charges = api.get("/v1/charges", f"payment_intent={intent}")["data"]
    assert [charge["status"] for charge in charges] == ["succeeded", "failed"]


def test_what_the_absent_cannot_authenticate_is_declined(api: Api) -> None:
    customer = api.post("/v1/customers")["id"]
    method = api.post("/v1/payment_methods/pm_card_authenticationRequired/attach", f"customer={customer}")["id"]
    answer = api.pay(method, more=f"&customer={customer}&off_session=true")
    assert (answer.status, answer.error["code"]) == (402, "authentication_required")
    assert answer.error["message"] == "Your card was declined. This transaction requires authentication."
    assert "charge" not in answer.error
    assert api.get("/v1/charges")["data"] == []
    strict = api.pay(method, more=f"&customer={customer}&error_on_requires_action=true")
    assert strict.error["code"] == "authentication_required"


def test_payment_methods_belong_to_their_customers(api: Api) -> None:
    first, second = api.post("/v1/customers")["id"], api.post("/v1/customers")["id"]
    method = api.post("/v1/payment_methods/pm_card_visa/attach", f"customer={first}")["id"]
    other = api.pay(method, more=f"&customer={second}")
    assert other.error["message"] == (
        f"The PaymentMethod {method} does not belong to the Customer you supplied {second}. Please use this "
        "PaymentMethod with the Customer that it belongs to instead."
    )
    assert api.pay(method).status == 400
    assert api.pay(method, more=f"&customer={first}")["status"] == "succeeded"
    assert api.pay(method, more=f"&customer={first}")["status"] == "succeeded"
    assert api.post(f"/v1/payment_methods/{method}/detach")["customer"] is None
    assert api.post(f"/v1/payment_methods/{method}/attach", f"customer={first}").status == 400
    assert "detached from a Customer" in api.pay(method).error["message"]


def test_a_card_can_be_kept_by_paying(api: Api) -> None:
    customer = api.post("/v1/customers")["id"]
    paid = api.pay(more=f"&customer={customer}&setup_future_usage=off_session")
    kept = api.get(f"/v1/customers/{customer}/payment_methods")["data"]
    assert [method["id"] for method in kept] == [paid["payment_method"]]


def test_setup_intents(api: Api) -> None:
    customer = api.post("/v1/customers")["id"]
    data = f"confirm=true&customer={customer}&{NO_REDIRECTS}&payment_method="
    kept = api.post("/v1/setup_intents", data + "pm_card_visa")
    assert (kept["status"], kept["usage"]) == ("succeeded", "off_session")
    assert api.get(f"/v1/payment_methods/{kept['payment_method']}")["customer"] == customer
    declined = api.post("/v1/setup_intents", data + "pm_card_visa_chargeDeclined")
    assert (declined.status, declined.error["setup_intent"]["status"]) == (402, "requires_payment_method")
    asked = api.post("/v1/setup_intents", data + "pm_card_authenticationRequiredOnSetup")
    assert asked["status"] == "requires_action"
    assert api.post(f"/v1/setup_intents/{asked['id']}/cancel")["status"] == "canceled"
    again = api.post(f"/v1/setup_intents/{kept['id']}/cancel")
    assert again.error["code"] == "setup_intent_unexpected_state"
    assert api.events()[-2:] == ["setup_intent.requires_action", "setup_intent.canceled"]


def test_refunds_in_parts(api: Api) -> None:
    paid = api.pay(more="&description=Tea")
    charge = paid["latest_charge"]
    part = api.post("/v1/refunds", f"charge={charge}&amount=7000&reason=duplicate")
    assert (part["status"], part["amount"], part["reason"]) == ("succeeded", 7000, "duplicate")
    assert "livemode" not in part.body
    moved = api.get(f"/v1/balance_transactions/{part['balance_transaction']}")
    assert (moved["amount"], moved["fee"], moved["net"], moved["type"]) == (-7000, 0, -7000, "refund")
    assert moved["description"] == "REFUND FOR CHARGE (Tea)"
    over = api.post("/v1/refunds", f"charge={charge}&amount=4000")
    assert over.error["message"] == ("Refund amount ($40.00) is greater than unrefunded amount on charge ($30.00)")
    assert (over.error["param"], "code" in over.error) == ("amount", False)
    zero = api.post("/v1/refunds", f"charge={charge}&amount=0")
    assert zero.error["message"] == "This value must be greater than or equal to 1."
    rest = api.post("/v1/refunds", f"payment_intent={paid['id']}")
    assert rest["amount"] == 3000
    full = api.post("/v1/refunds", f"payment_intent={paid['id']}")
    assert (full.error["code"], full.error["message"]) == (
        "charge_already_refunded",
        f"Charge {charge} has already been refunded.",
    )
    shown = api.get(f"/v1/charges/{charge}", "expand[]=refunds")
    assert (shown["refunded"], shown["amount_refunded"]) == (True, 10000)
    assert [refund["id"] for refund in shown["refunds"]["data"]] == [rest["id"], part["id"]]
    assert api.events()[3:] == ["refund.created", "charge.refunded"] * 2
    assert balance(api) == (0, -320)
    assert api.get("/v1/refunds", f"charge={charge}")["data"] == shown["refunds"]["data"]
    missing = api.post("/v1/refunds", "charge=ch_x")
    assert (missing.status, missing.error["param"]) == (404, "charge")
    cancel = api.post(f"/v1/refunds/{rest['id']}/cancel")
    assert cancel.error["message"] == "Canceling this refund is unsupported."


def test_refunds_that_take_their_time(api: Api) -> None:
    slow = api.post("/v1/refunds", f"payment_intent={api.pay('pm_card_pendingRefund')['id']}")
    assert slow["status"] == "pending"
    assert api.get(f"/v1/refunds/{slow['id']}")["status"] == "succeeded"
    paid = api.pay("pm_card_refundFail")
    before = sum(balance(api))
    failing = api.post("/v1/refunds", f"payment_intent={paid['id']}")
    assert failing["status"] == "succeeded"
    failed = api.get(f"/v1/refunds/{failing['id']}")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert api.get(f"/v1/charges/{paid['latest_charge']}")["amount_refunded"] == 0
    assert sum(balance(api)) == before


def test_a_dispute_is_lost(api: Api) -> None:
    paid = api.pay("pm_card_createDispute")
    assert api.events() == [
        "payment_intent.created",
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
    ]
    dispute = api.get("/v1/disputes", f"charge={paid['latest_charge']}")["data"][0]
    assert (dispute["status"], dispute["reason"], dispute["amount"]) == ("needs_response", "fraudulent", 10000)
    moved: dict[str, Any] = dispute["balance_transactions"][0]
    assert (moved["amount"], moved["fee"], moved["type"]) == (-10000, 1500, "adjustment")
    assert moved["description"] == f"Chargeback withdrawal for {paid['latest_charge']}"
    refund = api.post("/v1/refunds", f"payment_intent={paid['id']}")
    assert refund.error["code"] == "charge_disputed"
    assert sum(balance(api)) == -320 - 1500
    assert api.post(f"/v1/disputes/{dispute['id']}/close")["status"] == "lost"
    assert api.post(f"/v1/disputes/{dispute['id']}/close").error["message"] == "This dispute is already closed"


def test_a_dispute_is_won(api: Api) -> None:
    api.pay("pm_card_createDisputeProductNotReceived")
    dispute = api.get("/v1/disputes")["data"][0]["id"]
    answered = api.post(f"/v1/disputes/{dispute}", "evidence[uncategorized_text]=winning_evidence")
    assert answered["status"] == "under_review"
    won = api.get(f"/v1/disputes/{dispute}")
    assert (won["status"], len(won["balance_transactions"])) == ("won", 2)
    assert sum(balance(api)) == 9680 - 1500


def test_other_currencies(api: Api) -> None:
    data = f"amount=500&currency=JPY&payment_method=pm_card_visa&confirm=true&{NO_REDIRECTS}"
    assert api.post("/v1/payment_intents", data)["currency"] == "jpy"
    api.pay(amount=1000)
    pending = {entry["currency"]: entry["amount"] for entry in api.get("/v1/balance")["pending"]}
    assert pending == {"jpy": 500 - 45, "usd": 1000 - 59}


def test_cards_the_older_way(api: Api) -> None:
    customer = api.post("/v1/customers", "source=tok_mastercard&expand[]=default_source&expand[]=sources")
    first = customer["default_source"]
    assert (first["object"], first["brand"], first["customer"]) == ("card", "MasterCard", customer["id"])
    assert "created" not in first
    assert customer["sources"]["data"] == [first]
    path = f"/v1/customers/{customer['id']}"
    second = api.post(f"{path}/sources", "source=tok_chargeCustomerFail")
    assert [card["id"] for card in api.get(f"{path}/sources")["data"]] == [second["id"], first["id"]]
    charge = f"amount=500&currency=usd&customer={customer['id']}"
    paid = api.post("/v1/charges", charge)
    assert (paid["status"], paid["source"], paid["payment_method"]) == ("succeeded", first, first["id"])
    assert api.post("/v1/charges", f"{charge}&source={second['id']}").error["code"] == "card_declined"
    assert api.post(path, f"default_source={second['id']}")["default_source"] == second["id"]
    assert api.delete(f"{path}/sources/{second['id']}").body == {"id": second["id"], "object": "card", "deleted": True}
    assert api.get(path)["default_source"] == first["id"]
    foreign = api.post("/v1/charges", f"{charge}&source=tok_visa")
    assert foreign.error["message"] == f"Customer {customer['id']} does not have a linked source with ID tok_visa."
    declined = api.post(f"{path}/sources", "source=tok_chargeDeclined")
    assert (declined.status, declined.error["code"]) == (402, "card_declined")
    nobody = api.post("/v1/customers")["id"]
    empty = api.post("/v1/charges", f"amount=500&currency=usd&customer={nobody}")
    assert (empty.status, empty.error["message"]) == (402, "Cannot charge a customer that has no active card")
    assert api.post("/v1/customers", "source=tok_nonsense").error["message"] == "No such token: 'tok_nonsense'"
