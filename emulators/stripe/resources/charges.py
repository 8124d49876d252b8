"""Charges: those of payment intents, and the older way of charging a token at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call, merge_metadata, shipping
from ..cards import BY_NAME, Card
from ..errors import CARD, refuse
from ..lists import DATED, page
from ..money import show
from ..resource import CHARGES, CUSTOMERS, PAYMENT_INTENTS, Document
from ..route import SHIPPING, Route, refused
from ..search import SEARCH, search
from ..shape import (
    Shape,
    choice,
    clearable,
    currency,
    email,
    flag,
    group,
    integer,
    metadata,
    text,
)
from . import payments, sources
from .payment_methods import billing, card_of_token, declined
from .tokens import card_object

_CREATE: Final = Shape(
    {
        "amount": integer(1),
        "capture": flag,
        "currency": currency,
        "customer": text(fixed=True),
        "description": text(40000),
        "metadata": metadata,
        "receipt_email": email,
        "shipping": SHIPPING,
        "source": text(fixed=True),
        "statement_descriptor": text(22),
        "statement_descriptor_suffix": text(22),
        "transfer_group": text(),
        **refused(
            "application_fee",
            "application_fee_amount",
            "card",
            "destination",
            "on_behalf_of",
            "radar_options",
            "transfer_data",
        ),
    },
    ("amount", "currency"),
)
_UPDATE: Final = Shape(
    {
        "customer": text(fixed=True),
        "description": text(40000),
        "fraud_details": group({"user_report": clearable(choice("fraudulent", "safe"))}, "user_report"),
        "metadata": metadata,
        "receipt_email": email,
        "shipping": clearable(SHIPPING),
        "transfer_group": text(),
    }
)
_CAPTURE: Final = Shape(
    {
        "amount": integer(1),
        "receipt_email": email,
        "statement_descriptor": text(22),
        "statement_descriptor_suffix": text(22),
        "transfer_group": text(),
        **refused("application_fee", "application_fee_amount", "transfer_data"),
    }
)
_LIST: Final = Shape(
    {
        **DATED,
        "customer": text(fixed=True),
        "payment_intent": text(fixed=True),
        "transfer_group": text(fixed=True),
    }
)
_TAKEN: Final = (
    "description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix", "transfer_group",
)  # fmt: skip


def create(call: Call) -> Document:
    """Charge a token at once."""
    params = call.params
    customer = call.named(CUSTOMERS, "customer")
    payments.check_amount(params["amount"], params["currency"])
    card, shown = _card(call, customer)
    made, decline = payments.charge(
        call,
        payments.Payment(
            params["amount"],
            params["currency"],
            card,
            {**card.details(), "exp_month": shown["exp_month"], "exp_year": shown["exp_year"]},
            shown["id"],
            capture=params.get("capture", True),
            customer=customer["id"] if customer else None,
            source=shown,
            billing=billing({}),
            extra={
                **{name: params[name] for name in _TAKEN if name in params},
                "metadata": merge_metadata({}, params.get("metadata")),
                "shipping": shipping(params.get("shipping")),
            },
        ),
    )
    if decline is not None:
        raise declined(decline, keep=True, charge=made["id"], param="")
    return made


def _card(call: Call, customer: Document | None) -> tuple[Card, Mapping[str, Any]]:
    """What is charged: the card of a customer, or of a token; and how it is shown."""
    ident = call.params.get("source")
    if customer is not None:
        ident = ident or customer["default_source"]
        if ident is None:
            raise refuse(
                "Cannot charge a customer that has no active card",
                code="missing",
                param="card",
                status=402,
                type=CARD,
            )
        kept = sources.of_customer(call, customer["id"], ident)
        return sources.card_behind(kept), sources.show(kept)
    if ident is None:
        raise refuse("Must provide source or customer.", code="parameter_missing")
    card, month, year = card_of_token(call, ident, "source")
    today = call.state.now
    return card, card_object(call, card, month or today.month, year or today.year + 1)


def update(call: Call) -> Document:
    """Change what is noted on a charge."""
    before, params = call.find(CHARGES, call.id), call.params
    after = dict(before)
    for name in ("description", "receipt_email", "transfer_group"):
        if name in params:
            after[name] = params[name]
    if "customer" in params:
        if before["customer"] is not None:
            raise refuse("You cannot change the customer of a charge that already has one.", param="customer")
        after["customer"] = call.find(CUSTOMERS, params["customer"], "customer", 400)["id"]
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "shipping" in params:
        after["shipping"] = shipping(params["shipping"], before["shipping"])
    if "fraud_details" in params:
        after["fraud_details"] = {name: value for name, value in params["fraud_details"].items() if value}
    return call.update(CHARGES, before, after, "charge.updated")


def capture(call: Call) -> Document:
    """Capture a charge that was only authorised."""
    before, params = call.find(CHARGES, call.id), call.params
    if (why := payments.uncapturable(before)) is not None:
        raise why
    if before["payment_intent"] is not None:
        raise refuse(
            "This charge was created by a PaymentIntent. Capture it through the PaymentIntent "
            f"({before['payment_intent']}) instead."
        )
    amount = params.get("amount", before["amount"])
    if amount > before["amount"]:
        raise refuse(
            f"You cannot capture more than the authorized amount ({show(before['amount'], before['currency'])}).",
            code="amount_too_large",
            param="amount",
        )
    noted = {name: params[name] for name in _TAKEN if name in params}
    return payments.capture(call, {**before, **noted}, amount)


def list_(call: Call) -> Mapping[str, Any]:
    """List charges, newest first."""
    params = call.params
    if "payment_intent" in params:
        call.find(PAYMENT_INTENTS, params["payment_intent"], "payment_intent", 400)
    by = {name: params[name] for name in ("payment_intent", "customer", "transfer_group") if name in params}
    return page(
        call,
        CHARGES,
        dict(list(by.items())[:1]) or None,
        lambda doc: all(doc[name] == value for name, value in by.items()),
    )


def card_behind(charged: Document) -> Card:
    """The test card that was charged."""
    return BY_NAME[charged["_card"]]


_P: Final = "/v1/charges"
ROUTES: Final = (
    Route("charges.create", "POST", _P, create, "Charge a token.", _CREATE, "charge"),
    Route(
        "charges.retrieve",
        "GET",
        _P + "/{id}",
        lambda call: call.find(CHARGES, call.id),
        "Retrieve a charge.",
        gives="charge",
    ),
    Route("charges.update", "POST", _P + "/{id}", update, "Update a charge.", _UPDATE, "charge"),
    Route("charges.capture", "POST", _P + "/{id}/capture", capture, "Capture a charge.", _CAPTURE, "charge"),
    Route("charges.list", "GET", _P, list_, "List charges.", _LIST, "charge", many=True),
    Route(
        "charges.search",
        "GET",
        _P + "/search",
        lambda call: search(call, CHARGES),
        "Search charges.",
        SEARCH,
        "charge",
        many=True,
    ),
)
