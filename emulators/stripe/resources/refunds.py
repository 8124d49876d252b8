"""Refunds: of a charge, or of the charge behind a payment intent, whole or in parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ..call import Call, merge_metadata
from ..errors import missing, refuse
from ..lists import DATED, page
from ..money import show
from ..resource import (
    BALANCE_TRANSACTIONS,
    CHARGES,
    PAYMENT_INTENTS,
    REFUNDS,
    Document,
    new_id,
)
from ..route import Route, refused
from ..shape import Shape, choice, integer, metadata, text
from .charges import card_behind
from .ledger import post

_CREATE: Final = Shape(
    {
        "amount": integer(),
        "charge": text(fixed=True),
        "metadata": metadata,
        "payment_intent": text(fixed=True),
        "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
        **refused("currency", "customer", "instructions_email", "origin", "refund_application_fee", "reverse_transfer"),
    }
)
_UPDATE: Final = Shape({"metadata": metadata})
_LIST: Final = Shape({**DATED, "charge": text(fixed=True), "payment_intent": text(fixed=True)})
_SOON: Final = timedelta(seconds=3)
"""How long a refund that settles later takes."""


def create(call: Call) -> Document:
    """Refund a charge, all that is left of it or less."""
    params = call.params
    charged = _charge(call)
    amount = _amount(params, charged)
    card = card_behind(charged)
    ident = new_id(call.state, REFUNDS, call.now, charged["id"])
    collected = call.find(BALANCE_TRANSACTIONS, charged["balance_transaction"])
    moved = post(
        call,
        "refund",
        -amount,
        charged["currency"],
        ident,
        description=f"REFUND FOR CHARGE ({charged['description']})" if charged["description"] else "REFUND FOR CHARGE",
        available_on=max(call.now, collected["available_on"]),
    )
    doc = call.create(
        REFUNDS,
        {
            "id": ident,
            "object": "refund",
            "amount": amount,
            "balance_transaction": moved["id"],
            "charge": charged["id"],
            "created": call.now,
            "currency": charged["currency"],
            "customer": charged["customer"],
            "customer_account": None,
            "destination_details": {
                "card": {
                    "reference_status": "pending",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": merge_metadata({}, params.get("metadata")),
            "payment_intent": charged["payment_intent"],
            "payment_method": charged["payment_method"] if charged["payment_intent"] else None,
            "reason": params.get("reason"),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "pending" if card.refund == "pending" else "succeeded",
            "transfer_reversal": None,
        },
    )
    total = charged["amount_refunded"] + amount
    call.tell("refund.created", doc)
    after = {**charged, "amount_refunded": total, "refunded": total == charged["amount"]}
    call.update(CHARGES, charged, after, "charge.refunded")
    if card.refund:
        call.state.timers.set(f"stripe.{ident}.settle", _SOON, "stripe", "refunds.settle", {"id": ident})
    return doc


def _charge(call: Call) -> Document:
    params = call.params
    if params.get("charge") is None and params.get("payment_intent") is None:
        raise refuse("One of the following params should be provided for this request: payment_intent or charge.")
    charged: Document | None = None
    if params.get("charge") is not None:
        charged = call.find(CHARGES, params["charge"], "charge", 404)
    if params.get("payment_intent") is not None:
        intent = call.find(PAYMENT_INTENTS, params["payment_intent"], "payment_intent", 404)
        if charged is not None and charged["payment_intent"] != intent["id"]:
            raise missing("charge", charged["id"], "charge", 404)
        if charged is None:
            latest = intent["latest_charge"]
            charged = latest and call.find(CHARGES, latest)
        if charged is None or charged["status"] == "failed":
            raise refuse(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
    assert charged is not None
    _check(charged)
    return charged


def _check(charged: Document) -> None:
    ident, intent = charged["id"], charged["payment_intent"]
    if charged["status"] == "failed":
        raise refuse(f"Charge {ident} is not successful; cannot issue a refund.", param="charge")
    if charged["refunded"]:
        raise refuse(f"Charge {ident} has already been refunded.", code="charge_already_refunded")
    if charged["disputed"]:
        raise refuse(f"Charge {ident} has been charged back; cannot issue a refund.", code="charge_disputed")
    if not charged["captured"]:
        if intent is None:
            raise refuse(f"Charge {ident} has not been captured; capture it before you refund it.", param="charge")
        raise refuse(
            f"This uncaptured Charge was created by a PaymentIntent ({intent}). You must cancel the PaymentIntent to "
            "reverse the authorization instead of refunding the Charge directly. For more information, see "
            "https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"
        )


def _amount(params: Mapping[str, Any], charged: Document) -> int:
    left: int = charged["amount"] - charged["amount_refunded"]
    amount: int = params.get("amount", left)
    if amount < 1:
        raise refuse("This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount")
    if amount > left:
        currency = charged["currency"]
        raise refuse(
            f"Refund amount ({show(amount, currency)}) is greater than unrefunded amount on charge "
            f"({show(left, currency)})",
            param="amount",
        )
    return amount


def update(call: Call) -> Document:
    """Change a refund's metadata."""
    before = call.find(REFUNDS, call.id)
    after = dict(before)
    if "metadata" in call.params:
        after["metadata"] = merge_metadata(before["metadata"], call.params["metadata"])
    return call.update(REFUNDS, before, after, "refund.updated", "charge.refund.updated")


def cancel(call: Call) -> Document:
    """Refuse: refunds of cards cannot be canceled."""
    call.find(REFUNDS, call.id)
    raise refuse("Canceling this refund is unsupported.")


def settle(call: Call) -> Document:
    """What becomes of a refund that a test card lets hang: a pending one succeeds, another fails after all."""
    before = call.find(REFUNDS, call.id)
    if before["status"] == "pending":
        return call.update(
            REFUNDS, before, {**before, "status": "succeeded"}, "refund.updated", "charge.refund.updated"
        )
    charged = call.find(CHARGES, before["charge"])
    back = post(
        call,
        "refund_failure",
        before["amount"],
        before["currency"],
        before["id"],
        description=f"REFUND FAILURE ({before['id']})",
    )
    after = {
        **before,
        "failure_balance_transaction": back["id"],
        "failure_reason": "expired_or_canceled_card",
        "status": "failed",
    }
    total = charged["amount_refunded"] - before["amount"]
    call.update(CHARGES, charged, {**charged, "amount_refunded": total, "refunded": False}, "charge.updated")
    failed = dict(sorted(after.items(), key=lambda item: (item[0] not in ("id", "object"), item[0])))
    return call.update(REFUNDS, before, failed, "refund.failed", "charge.refund.updated")


def list_(call: Call) -> Mapping[str, Any]:
    """List refunds, newest first."""
    params = call.params
    for name, resource in (("charge", CHARGES), ("payment_intent", PAYMENT_INTENTS)):
        if name in params:
            call.find(resource, params[name], name, 400)
    by = {name: params[name] for name in ("charge", "payment_intent") if name in params}
    return page(
        call,
        REFUNDS,
        dict(list(by.items())[:1]) or None,
        lambda doc: all(doc[name] == value for name, value in by.items()),
    )


def of_charge(call: Call) -> Mapping[str, Any]:
    """List the refunds of one charge."""
    charge = call.path["charge"]
    call.find(CHARGES, charge)
    return page(call, REFUNDS, {"charge": charge}, url=f"/v1/charges/{charge}/refunds")


ROUTES: Final = (
    Route("refunds.create", "POST", "/v1/refunds", create, "Refund a charge.", _CREATE, "refund"),
    Route(
        "refunds.retrieve",
        "GET",
        "/v1/refunds/{id}",
        lambda call: call.find(REFUNDS, call.id),
        "Retrieve a refund.",
        gives="refund",
    ),
    Route("refunds.update", "POST", "/v1/refunds/{id}", update, "Update a refund's metadata.", _UPDATE, "refund"),
    Route("refunds.cancel", "POST", "/v1/refunds/{id}/cancel", cancel, "Cancel a refund.", gives="refund"),
    Route("refunds.list", "GET", "/v1/refunds", list_, "List refunds.", _LIST, "refund", many=True),
    Route(
        "charges.list_refunds",
        "GET",
        "/v1/charges/{charge}/refunds",
        of_charge,
        "List the refunds of a charge.",
        Shape(DATED),
        "refund",
        many=True,
    ),
)
