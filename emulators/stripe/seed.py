"""Fixtures: customers, products, prices and payments, made by the same code that serves clients.

The section is ``{"customers": […], "products": […], "prices": […], "payments": […]}``. Entries hold what the API's
create calls take, and ``id`` and ``created`` if they are to be given. A payment is ``{"amount", "currency", "card":
"pm_card_visa", "customer"?, "refunded"?: true or an amount}``; a card that declines leaves a failed payment.
No events are written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.kernel.state import State
from falsefront.world.clock import parse_time

from .call import Call
from .cards import by_token
from .resource import CUSTOMERS, PAYMENT_INTENTS, PAYMENT_METHODS, PRICES, PRODUCTS, Document, Resource
from .resources import ROUTES, customers, payment_intents, payment_methods, prices, products, refunds
from .route import Route

_BY_NAME: Final[Mapping[str, Route]] = {route.name: route for route in ROUTES}


def seed(state: State, data: Any) -> None:
    """Put a section into a world. Raises ``Failure`` (invalid), naming the entry that is wrong."""
    if not isinstance(data, Mapping):
        raise Failure(FailureKind.INVALID, "the stripe section is an object of lists")
    unknown = set(data) - {"account", *_SECTIONS}
    if unknown:
        raise Failure(FailureKind.INVALID, f"stripe: unknown sections {', '.join(sorted(map(str, unknown)))}")
    for section, make in _SECTIONS.items():
        for place, entry in enumerate(data.get(section) or ()):
            try:
                make(state, dict(entry))
            except Failure as failure:
                raise Failure(FailureKind.INVALID, f"stripe.{section}[{place}]: {failure.message}") from None
            except (TypeError, ValueError) as error:
                raise Failure(FailureKind.INVALID, f"stripe.{section}[{place}]: {error}") from None


def _call(state: State, entry: dict[str, Any], name: str, resource: Resource) -> Call:
    """A quiet call with an entry's parameters, read as if they had come from a client."""
    ident, created = entry.pop("id", None), entry.pop("created", None)
    if ident is not None and state.table(resource.spec).get(ident) is not None:
        raise Failure(FailureKind.INVALID, f"there is a {resource.noun} '{ident}' already")
    params = _BY_NAME[name].shape.read(_form(entry))
    if ident is not None:
        params["id"] = str(ident)
    return Call(state, params, quiet=True, at=_seconds(created))


def _seconds(created: Any) -> int | None:
    if created is None or isinstance(created, int):
        return created
    if isinstance(created, datetime):
        return int(created.timestamp())
    return int(parse_time(str(created)).timestamp())


def _form(value: Any) -> Any:
    """A value as a form would carry it."""
    match value:
        case Mapping():
            return {str(name): _form(item) for name, item in value.items() if item is not None}
        case list() | tuple():
            return {str(place): _form(item) for place, item in enumerate(value)}
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _customer(state: State, entry: dict[str, Any]) -> None:
    customers.create(_call(state, entry, "customers.create", CUSTOMERS))


def _product(state: State, entry: dict[str, Any]) -> None:
    products.create(_call(state, entry, "products.create", PRODUCTS))


def _price(state: State, entry: dict[str, Any]) -> None:
    prices.create(_call(state, entry, "prices.create", PRICES))


def _payment(state: State, entry: dict[str, Any]) -> None:
    card, refunded = str(entry.pop("card", "pm_card_visa")), entry.pop("refunded", False)
    if by_token(card) is None:
        raise Failure(FailureKind.INVALID, f"{card!r} is no test card; use pm_card_visa or another of docs/stripe.md")
    entry.setdefault("automatic_payment_methods", {"enabled": True, "allow_redirects": "never"})
    call = _call(state, {"currency": "usd", **entry, "confirm": True}, "payment_intents.create", PAYMENT_INTENTS)
    method = _method(call, card)
    call.params = {**call.params, "payment_method": method}
    try:
        intent = payment_intents.create(call)
    except Failure as failure:
        if failure.native.get("type") != "card_error":
            raise
        return
    if refunded:
        amount = {} if refunded is True else {"amount": int(refunded)}
        refunds.create(Call(state, {"payment_intent": intent["id"], **amount}, quiet=True, at=call.at))


def _method(call: Call, card: str) -> str:
    """The customer's payment method with that card, or a new one."""
    customer = call.params.get("customer")
    test = by_token(card)
    assert test is not None
    if customer is None:
        return str(payment_methods.new(call, test, {})["id"])
    call.named(CUSTOMERS, "customer")
    table = call.state.table(PAYMENT_METHODS.spec)
    kept = next((key for key in table.find("customer", customer) if table[key]["_card"] == test.name), None)
    if kept is not None:
        return str(kept)
    method: Document = payment_methods.new(call, test, {})
    return str(payment_methods.tie(call, method, customer)["id"])


_SECTIONS: Final[Mapping[str, Callable[[State, dict[str, Any]], None]]] = {
    "customers": _customer,
    "products": _product,
    "prices": _price,
    "payments": _payment,
}
