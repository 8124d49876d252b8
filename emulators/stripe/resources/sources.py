"""Cards on customers, as the older API keeps them: made of tokens, charged by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call, merge_metadata
from ..cards import BY_NAME, Card
from ..errors import missing, refuse
from ..lists import PAGE, page
from ..resource import CARDS, CUSTOMERS, Document, public
from ..route import Route, refused
from ..shape import Shape, choice, integer, metadata, text
from .payment_methods import card_of_token, declined
from .tokens import card_object

_CREATE: Final = Shape({"metadata": metadata, "source": text(fixed=True), **refused("validate")}, ("source",))
_ADDRESS: Final = ("address_city", "address_country", "address_line1", "address_line2", "address_state", "address_zip")
_UPDATE: Final = Shape(
    {
        **dict.fromkeys((*_ADDRESS, "name"), text()),
        "exp_month": integer(1, 12),
        "exp_year": integer(1970, 2100),
        "metadata": metadata,
        **refused("account_holder_name", "account_holder_type", "owner"),
    }
)
_LIST: Final = Shape({**PAGE, "object": choice("card", "bank_account", "source")})


def show(doc: Document) -> dict[str, Any]:
    """A card as it is shown; when it was made is not."""
    return {name: value for name, value in public(doc).items() if name != "created"}


def add(call: Call, customer: str, token: str, given: Mapping[str, str] | None = None) -> Document:
    """Keep a token's card; one that its issuer declines is not kept."""
    card, month, year = card_of_token(call, token, "source")
    if card.keeping is not None:
        raise declined(card.keeping, param="")
    today = call.state.now
    shown = card_object(call, card, month or today.month, year or today.year + 1)
    kept = {**shown, "customer": customer, "metadata": merge_metadata({}, given)}
    doc = call.create(CARDS, {**kept, "created": call.now, "_card": card.name})
    call.tell("customer.source.created", show(doc))
    return doc


def of_customer(call: Call, customer: str, ident: str) -> Document:
    """A card of a customer. Raises ``Failure``."""
    doc: Document | None = call.state.table(CARDS.spec).get(ident)
    if doc is None or doc["customer"] != customer:
        raise refuse(
            f"Customer {customer} does not have a linked source with ID {ident}.", code="missing", param="source"
        )
    return doc


def _customer(call: Call) -> Document:
    return call.find(CUSTOMERS, call.path["customer"], "customer")


def _found(call: Call) -> Document:
    customer = _customer(call)
    doc: Document | None = call.state.table(CARDS.spec).get(call.id)
    if doc is None or doc["customer"] != customer["id"]:
        raise missing("source", call.id, "id", 404)
    return doc


def create(call: Call) -> Mapping[str, Any]:
    """Keep a card; a customer's first one is the default."""
    customer = _customer(call)
    doc = add(call, customer["id"], call.params["source"], call.params.get("metadata"))
    if customer["default_source"] is None:
        call.update(CUSTOMERS, customer, {**customer, "default_source": doc["id"]}, "customer.updated")
    return show(doc)


def update(call: Call) -> Mapping[str, Any]:
    """Change what is noted on a card."""
    before, params = _found(call), call.params
    after = {**before, **{name: value for name, value in params.items() if name != "metadata"}}
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if after != before:
        call.save(CARDS, after)
        call.tell("customer.source.updated", show(after))
    return show(after)


def delete(call: Call) -> Mapping[str, Any]:
    """Take a card from its customer; the newest of the others is the default then."""
    doc, customer = _found(call), _customer(call)
    table = call.state.table(CARDS.spec)
    table.delete(doc["id"])
    call.tell("customer.source.deleted", show(doc))
    if customer["default_source"] == doc["id"]:
        other = next(iter(table.find("customer", customer["id"], reverse=True)), None)
        call.update(CUSTOMERS, customer, {**customer, "default_source": other}, "customer.updated")
    return {"id": doc["id"], "object": "card", "deleted": True}


def list_(call: Call) -> Mapping[str, Any]:
    """List a customer's cards."""
    customer = _customer(call)["id"]
    kind = call.params.get("object", "card")
    url = f"/v1/customers/{customer}/sources"
    return page(call, CARDS, {"customer": customer}, lambda doc: doc["object"] == kind, show, url)


def card_behind(doc: Document) -> Card:
    """The test card that a kept card stands for."""
    return BY_NAME[doc["_card"]]


_P: Final = "/v1/customers/{customer}/sources"
ROUTES: Final = (
    Route("customers.create_source", "POST", _P, create, "Keep a token's card.", _CREATE, "card"),
    Route("customers.list_sources", "GET", _P, list_, "List a customer's cards.", _LIST, "card", many=True),
    Route(
        "customers.retrieve_source",
        "GET",
        _P + "/{id}",
        lambda call: show(_found(call)),
        "Retrieve a customer's card.",
        gives="card",
    ),
    Route("customers.update_source", "POST", _P + "/{id}", update, "Update a customer's card.", _UPDATE, "card"),
    Route("customers.delete_source", "DELETE", _P + "/{id}", delete, "Delete a customer's card.", gives="card"),
)
