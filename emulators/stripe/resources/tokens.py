"""Tokens: a card's number exchanged for something that can be passed on, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call
from ..cards import Card
from ..errors import refuse
from ..resource import TOKENS, Document, new_id
from ..route import Route, refused
from ..shape import Shape, group, integer, text
from .payment_methods import card_of_number, expiry

_CREATE: Final = Shape(
    {
        "card": group(
            {
                "cvc": text(4, fixed=True),
                "exp_month": integer(),
                "exp_year": integer(),
                "name": text(),
                "number": text(64, fixed=True),
                **refused(
                    "address_city",
                    "address_country",
                    "address_line1",
                    "address_line2",
                    "address_state",
                    "address_zip",
                    "currency",
                    "networks",
                ),
            }
        ),
        **refused("account", "bank_account", "customer", "cvc_update", "person", "pii"),
    }
)
_BRANDS: Final = {
    "visa": "Visa",
    "mastercard": "MasterCard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


def card_object(call: Call, card: Card, month: int, year: int, name: str | None = None) -> dict[str, Any]:
    """A card as the older API shows it."""
    checks: Mapping[str, Any] = card.details()["checks"]
    return {
        "id": new_id(call.state, TOKENS, call.now).replace("tok_", "card_", 1),
        "object": "card",
        "address_city": None,
        "address_country": None,
        "address_line1": None,
        "address_line1_check": checks["address_line1_check"],
        "address_line2": None,
        "address_state": None,
        "address_zip": None,
        "address_zip_check": checks["address_postal_code_check"],
        "allow_redisplay": "unspecified",
        "brand": _BRANDS[card.brand],
        "country": card.country,
        "customer": None,
        "cvc_check": checks["cvc_check"],
        "dynamic_last4": None,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "last4": card.number[-4:],
        "metadata": {},
        "name": name,
        "regulated_status": "unregulated",
        "tokenization_method": None,
        "wallet": None,
    }


def create(call: Call) -> Document:
    """Create a token for a test card's number."""
    given = call.params.get("card")
    if given is None:
        raise refuse(
            "You must supply either a card, customer, PII data, bank account, or account legal entity to create "
            "a token.",
        )
    card = card_of_number(given, "card")
    month, year = expiry(call, given, "card")
    return call.create(
        TOKENS,
        {
            "id": new_id(call.state, TOKENS, call.now),
            "object": "token",
            "card": card_object(call, card, month, year, given.get("name")),
            "client_ip": "127.0.0.1",
            "created": call.now,
            "livemode": False,
            "type": "card",
            "used": False,
            "_card": card.name,
        },
    )


ROUTES: Final = (
    Route("tokens.create", "POST", "/v1/tokens", create, "Create a token for a card.", _CREATE, "token"),
    Route(
        "tokens.retrieve",
        "GET",
        "/v1/tokens/{id}",
        lambda call: call.find(TOKENS, call.id),
        "Retrieve a token.",
        gives="token",
    ),
)
