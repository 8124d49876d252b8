"""Payment methods: cards, kept without their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.operation import Failure

from ..call import Call, address, merge_metadata
from ..cards import BY_MASK, BY_NAME, INCORRECT_NUMBER, REAL_CARD, Card, Decline, by_token
from ..errors import CARD, missing, refuse
from ..form import BAD_CHECK_DIGIT
from ..lists import DATED, page
from ..resource import CUSTOMERS, PAYMENT_METHODS, TOKENS, Document, new_id, public
from ..route import BILLING, Route, refused
from ..shape import Reader, Shape, choice, group, integer, metadata, text
from .payment_types import OTHERS, TYPES

REDISPLAY: Final = choice("always", "limited", "unspecified")
CARD_FIELDS: Final = group(
    {
        "cvc": text(4, fixed=True),
        "exp_month": integer(),
        "exp_year": integer(),
        "networks": group({"preferred": text()}),
        "number": text(64, fixed=True),
        "token": text(fixed=True),
    }
)
METHOD_DATA: Final[Mapping[str, Reader]] = {
    "allow_redisplay": REDISPLAY,
    "billing_details": BILLING,
    "card": CARD_FIELDS,
    "metadata": metadata,
    "type": choice(*TYPES),
    **refused("radar_options", *OTHERS),
}
_CREATE: Final = Shape({**METHOD_DATA, **refused("customer", "payment_method")}, ("type",))
_UPDATE: Final = Shape(
    {
        "allow_redisplay": REDISPLAY,
        "billing_details": BILLING,
        "card": group({"exp_month": integer(), "exp_year": integer(), **refused("networks")}),
        "metadata": metadata,
        **refused("us_bank_account"),
    }
)
_LIST: Final = Shape(
    {
        **DATED,
        "allow_redisplay": REDISPLAY,
        "customer": text(fixed=True),
        "type": choice(*TYPES),
        **refused("customer_account"),
    }
)
_ATTACH: Final = Shape({"customer": text(fixed=True), **refused("customer_account")})
_USED: Final = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
    "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use "
    "a PaymentMethod multiple times, you must attach it to a Customer first."
)


def declined(decline: Decline, *, keep: bool = False, **members: Any) -> Failure:
    """A card error in an issuer's words."""
    return refuse(
        decline.message,
        code=decline.code,
        status=402,
        type=CARD,
        keep=keep,
        decline_code=decline.decline_code,
        advice_code=decline.advice,
        network_decline_code=decline.network_code,
        **members,
    )


def last_error(decline: Decline, method: Document, charge: str | None = None) -> dict[str, Any]:
    """A decline as the intent that met it remembers it."""
    error = {
        "advice_code": decline.advice,
        "charge": charge,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "network_decline_code": decline.network_code,
        "payment_method": public(method),
        "type": CARD,
    }
    return {name: value for name, value in error.items() if value is not None}


def create(call: Call) -> Document:
    """Create a payment method from a test card's number or token."""
    return make(call, call.params, "")


def make(call: Call, params: Mapping[str, Any], within: str) -> Document:
    """A new payment method; ``within`` names the parameter that held its data."""
    kind = params.get("type")
    prefix = f"{within}[card]" if within else "card"
    if kind is None:
        shown = f"{within}[type]" if within else "type"
        raise refuse(f"Missing required param: {shown}.", code="parameter_missing", param=shown)
    if kind != "card":
        raise refuse(f"This emulator does not support payment methods of the type {kind}.", param="type")
    given = params.get("card")
    if given is None:
        raise refuse(f"Missing required param: {prefix}.", code="parameter_missing", param=prefix)
    if "token" in given:
        card, month, year = card_of_token(call, given["token"], f"{prefix}[token]")
    else:
        card = card_of_number(given, prefix)
        month, year = expiry(call, given, prefix)
    return new(call, card, params, month, year)


def new(
    call: Call, card: Card, params: Mapping[str, Any], month: int | None = None, year: int | None = None
) -> Document:
    """A new payment method for a card."""
    ident = params.get("id") or new_id(call.state, PAYMENT_METHODS, call.now)
    return call.create(PAYMENT_METHODS, _draft(call, ident, card, params, month, year))


def _draft(
    call: Call, ident: str, card: Card, params: Mapping[str, Any], month: int | None = None, year: int | None = None
) -> dict[str, Any]:
    """A payment method as it begins; one that names no month expires a year from now."""
    today = call.state.now
    expires = {"exp_month": month or today.month, "exp_year": year or today.year + 1}
    return {
        "id": ident,
        "object": "payment_method",
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "billing_details": billing(params.get("billing_details", {})),
        "card": dict(sorted({**card.details(), **expires}.items())),
        "created": call.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": merge_metadata({}, params.get("metadata")),
        "type": "card",
        "_card": card.name,
        "_spent": False,
    }


def billing(given: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Billing details with all their members, changed in those given."""
    before = old or {"address": address({}), "email": None, "name": None, "phone": None, "tax_id": None}
    after = {**before, **given}
    if "address" in given:
        after["address"] = address(given["address"] or {}, before["address"] if given["address"] else None)
    return after


def card_of_number(given: Mapping[str, Any], prefix: str) -> Card:
    """The test card with a (masked) number. Raises ``Failure``: a card error, as Stripe does for all others."""
    number = given.get("number")
    if number is None:
        raise refuse(f"Missing required param: {prefix}[number].", code="parameter_missing", param=f"{prefix}[number]")
    if number.endswith(BAD_CHECK_DIGIT):
        raise declined(INCORRECT_NUMBER, param="number")
    card = BY_MASK.get(number)
    if card is None:
        raise declined(REAL_CARD, param="")
    return card


def expiry(call: Call, given: Mapping[str, Any], prefix: str) -> tuple[int, int]:
    """When a card expires. Raises ``Failure``: a card error for a time that is past or is none."""
    for name in ("exp_month", "exp_year"):
        if name not in given:
            shown = f"{prefix}[{name}]"
            raise refuse(f"Missing required param: {shown}.", code="parameter_missing", param=shown)
    month, year = given["exp_month"], given["exp_year"]
    year += 2000 if 0 <= year < 100 else 0
    today = call.state.now
    wrong = None
    if not 1 <= month <= 12:
        wrong = "month"
    elif not today.year <= year <= today.year + 50:
        wrong = "year"
    elif year == today.year and month < today.month:
        wrong = "month"
    if wrong:
        raise refuse(
            f"Your card's expiration {wrong} is invalid.",
            code=f"invalid_expiry_{wrong}",
            status=402,
            type=CARD,
            param=f"exp_{wrong}",
        )
    if given.get("cvc") == "*":
        raise refuse("Your card's security code is invalid.", code="invalid_cvc", status=402, type=CARD, param="cvc")
    return month, year


def card_of_token(call: Call, token: str, param: str) -> tuple[Card, int | None, int | None]:
    """The card behind a token, Stripe's own or one made here, which is spent by it. Raises ``Failure``."""
    if token.startswith("tok_") and (card := by_token(token)) is not None:
        return card, None, None
    doc = call.state.table(TOKENS.spec).get(token)
    if doc is None:
        raise missing("token", token, param)
    if doc["used"]:
        raise refuse(f"You cannot use a Stripe token more than once: {token}.", code="token_already_used", param=param)
    call.save(TOKENS, {**doc, "used": True})
    return BY_NAME[doc["_card"]], doc["card"]["exp_month"], doc["card"]["exp_year"]


def card_of(method: Document) -> Card:
    """The test card that a payment method stands for."""
    return BY_NAME[method["_card"]]


def resolve(call: Call, ident: str, param: str | None = None, status: int = 404) -> Document:
    """A payment method by its identifier, or a new one for ``pm_card_visa`` and its like. Raises ``Failure``."""
    if ident.startswith("pm_card_") and (card := by_token(ident)) is not None:
        return new(call, card, {})
    return call.find(PAYMENT_METHODS, ident, param, status)


def usable(call: Call, method: Document, customer: str | None) -> None:
    """Refuse a payment method that was spent, or that belongs to somebody else."""
    if method["customer"] is None:
        if method["_spent"]:
            raise refuse(_USED, param="payment_method")
    elif customer is None:
        raise refuse(
            "The provided PaymentMethod has been attached to a customer. Please include the customer in the `customer` "
            "parameter.",
            param="payment_method",
        )
    elif customer != method["customer"]:
        raise refuse(
            f"The PaymentMethod {method['id']} does not belong to the Customer you supplied {customer}. Please use "
            "this PaymentMethod with the Customer that it belongs to instead.",
            param="payment_method",
        )


def retrieve(call: Call) -> Document:
    """Show a payment method; to look at ``pm_card_visa`` makes none."""
    if call.id.startswith("pm_card_") and (card := by_token(call.id)) is not None:
        return _draft(call, call.id, card, {})
    return call.find(PAYMENT_METHODS, call.id)


def attached(call: Call, ident: str, customer: str, param: str = "payment_method", status: int = 404) -> Document:
    """Attach a payment method to a customer; a card that its issuer declines is not."""
    method = resolve(call, ident, param, status)
    if method["customer"] == customer:
        return method
    if method["customer"] is not None:
        raise refuse("The payment method you provided has already been attached to a customer.", param=param)
    if method["_spent"]:
        raise refuse(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again.",
            param=param,
        )
    if (decline := card_of(method).keeping) is not None:
        raise declined(decline, param="")
    return tie(call, method, customer)


def tie(call: Call, method: Document, customer: str) -> Document:
    """Give a payment method to a customer."""
    after = call.save(PAYMENT_METHODS, {**method, "customer": customer})
    call.tell("payment_method.attached", after)
    return after


def attach(call: Call) -> Document:
    """Attach a payment method to a customer."""
    if call.params.get("customer") is None:
        resolve(call, call.id)
        raise refuse("Missing required param: customer.", code="parameter_missing", param="customer")
    call.named(CUSTOMERS, "customer")
    return attached(call, call.id, call.params["customer"])


def detach(call: Call) -> Document:
    """Detach a payment method from its customer, for good."""
    method = call.find(PAYMENT_METHODS, call.id)
    if method["customer"] is None:
        raise refuse(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    return _detached(call, method)


def _detached(call: Call, method: Document) -> Document:
    customer = call.state.table(CUSTOMERS.spec).get(method["customer"])
    settings = customer and customer.get("invoice_settings")
    if customer and settings and settings["default_payment_method"] == method["id"]:
        after = {**customer, "invoice_settings": {**settings, "default_payment_method": None}}
        call.update(CUSTOMERS, customer, after, "customer.updated")
    after = {**method, "customer": None, "_spent": True}
    return call.update(PAYMENT_METHODS, method, after, "payment_method.detached")


def detach_all(call: Call, customer: str) -> None:
    """Detach every payment method of a customer."""
    table = call.state.table(PAYMENT_METHODS.spec)
    for ident in list(table.find("customer", customer)):
        _detached(call, table[ident])


def update(call: Call) -> Document:
    """Change a payment method that belongs to a customer."""
    before, params = call.find(PAYMENT_METHODS, call.id), call.params
    if before["customer"] is None:
        raise refuse("You must save this PaymentMethod to a customer before you can update it.")
    after = dict(before)
    if "billing_details" in params:
        after["billing_details"] = billing(params["billing_details"], before["billing_details"])
    if "allow_redisplay" in params:
        after["allow_redisplay"] = params["allow_redisplay"]
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "card" in params:
        month, year = expiry(call, {**before["card"], **params["card"]}, "card")
        after["card"] = {**before["card"], "exp_month": month, "exp_year": year}
    return call.update(PAYMENT_METHODS, before, after, "payment_method.updated")


def list_(call: Call) -> Mapping[str, Any]:
    """List payment methods, of one customer or all."""
    customer = call.named(CUSTOMERS, "customer")
    return of_customer(call, customer["id"] if customer else None)


def of_customer(call: Call, customer: str | None, url: str | None = None) -> Mapping[str, Any]:
    """One page of payment methods."""
    params = call.params

    def keep(doc: Document) -> bool:
        return all(doc[name] == params[name] for name in ("type", "allow_redisplay") if name in params)

    return page(call, PAYMENT_METHODS, {"customer": customer} if customer else None, keep, url=url)


_P: Final = "/v1/payment_methods"
ROUTES: Final = (
    Route("payment_methods.create", "POST", _P, create, "Create a payment method.", _CREATE, "payment_method"),
    Route(
        "payment_methods.retrieve",
        "GET",
        _P + "/{id}",
        retrieve,
        "Retrieve a payment method.",
        gives="payment_method",
    ),
    Route(
        "payment_methods.update", "POST", _P + "/{id}", update, "Update a payment method.", _UPDATE, "payment_method"
    ),
    Route("payment_methods.list", "GET", _P, list_, "List payment methods.", _LIST, "payment_method", many=True),
    Route(
        "payment_methods.attach",
        "POST",
        _P + "/{id}/attach",
        attach,
        "Attach a payment method to a customer.",
        _ATTACH,
        "payment_method",
    ),
    Route(
        "payment_methods.detach",
        "POST",
        _P + "/{id}/detach",
        detach,
        "Detach a payment method from its customer.",
        gives="payment_method",
    ),
)
