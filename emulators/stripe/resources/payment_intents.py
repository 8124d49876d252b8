"""Payment intents: created, confirmed, captured, canceled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call, merge_metadata, shipping
from ..errors import refuse
from ..lists import page
from ..resource import (
    CHARGES,
    CUSTOMERS,
    PAYMENT_INTENTS,
    Document,
    client_secret,
    new_id,
    public,
)
from ..route import Route
from ..search import SEARCH, search
from ..shape import (
    Shape,
    text,
)
from . import payment_intent_shapes as shapes
from . import payments
from .confirming import confirm_payment, unexpected
from .intent_shapes import (
    customer_of,
    method_of,
    offered,
    options,
)
from .payment_methods import usable

_NOTED: Final = (
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE: Final = (
    "requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, requires_action, "
    "expired, processing"
)
_LOCKED: Final = (
    "amount", "currency", "customer", "payment_method", "payment_method_data", "capture_method", "setup_future_usage",
    "payment_method_types", "allowed_payment_method_types", "payment_method_options",
)  # fmt: skip
_TOO_SMALL: Final = (
    "The amount must be greater than or equal to the minimum charge amount allowed for your account and the currency "
    "set (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you want to save a Payment "
    "Method for future use without an immediate payment, use a Setup Intent instead: "
    "https://docs.stripe.com/payments/setup-intents"
)


def _check_amount(params: Mapping[str, Any], currency: str) -> None:
    if params["amount"] < 1:
        raise refuse(_TOO_SMALL, code="parameter_invalid_integer", param="amount")
    payments.check_amount(params["amount"], currency)


def create(call: Call) -> Document:
    """Create a payment intent and, with ``confirm``, confirm it."""
    params = call.params
    _check_amount(params, params["currency"])
    confirming = params.get("confirm", False)
    if not confirming:
        for name in ("off_session", "return_url", "error_on_requires_action"):
            if params.get(name):
                raise refuse(
                    f"The parameter {name} cannot be passed when creating a PaymentIntent unless confirm is set to "
                    "true.",
                    param=name,
                )
    offer = offered(call, params)
    customer = customer_of(call)
    method = method_of(call, params)
    if method is not None:
        usable(call, method, customer)
    ident = params.get("id") or new_id(call.state, PAYMENT_INTENTS, call.now)
    doc: dict[str, Any] = {
        "id": ident,
        "object": "payment_intent",
        "allowed_payment_method_types": offer["allowed_payment_method_types"],
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": offer["automatic_payment_methods"],
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": client_secret(call.state, ident),
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": call.now,
        "currency": params["currency"],
        "customer": customer,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": merge_metadata({}, params.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": method and method["id"],
        "payment_method_configuration_details": offer["payment_method_configuration_details"],
        "payment_method_options": _options(offer["payment_method_types"], params),
        "payment_method_types": offer["payment_method_types"],
        "payment_record": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": params.get("setup_future_usage"),
        "shipping": shipping(params.get("shipping")),
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_confirmation" if method else "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        **{name: params[name] for name in _NOTED if name in params},
    }
    made = call.create(PAYMENT_INTENTS, doc)
    call.tell("payment_intent.created", made)
    return confirm_payment(call, made, params, method) if confirming else made


def _options(kinds: list[str], params: Mapping[str, Any]) -> dict[str, Any]:
    base = {"installments": None, "mandate_options": None, "network": None}
    return options(kinds, params.get("payment_method_options", {}), base)


def update(call: Call) -> Document:
    """Change a payment intent."""
    before, params = call.find(PAYMENT_INTENTS, call.id), call.params
    if before["status"] not in _OPEN:
        for name in _LOCKED:
            if name in params:
                raise refuse(
                    f"This PaymentIntent's {name} could not be updated because it has a status of {before['status']}. "
                    f"You may only update the {name} of a PaymentIntent with one of the following statuses: "
                    f"{', '.join(_OPEN)}.",
                    code="payment_intent_unexpected_state",
                    param=name,
                    payment_intent=public(before),
                )
    after = dict(before)
    for name in (*_NOTED, "amount", "capture_method", "currency", "setup_future_usage"):
        if name in params:
            after[name] = params[name]
    if "amount" in params or "currency" in params:
        _check_amount(after, after["currency"])
    if "customer" in params:
        after["customer"] = customer_of(call)
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "shipping" in params:
        after["shipping"] = shipping(params["shipping"], before["shipping"])
    if "payment_method_types" in params or "allowed_payment_method_types" in params:
        after.update(offered(call, params))
        after["payment_method_options"] = _options(after["payment_method_types"], params)
    elif "payment_method_options" in params:
        after["payment_method_options"] = _options(before["payment_method_types"], params)
    method = method_of(call, params)
    if method is not None:
        usable(call, method, after["customer"])
        after["payment_method"] = method["id"]
        after["status"] = "requires_confirmation"
    elif "payment_method" in params:
        after["payment_method"] = None
        after["status"] = "requires_payment_method"
    return call.update(PAYMENT_INTENTS, before, after)


def confirm(call: Call) -> Document:
    """Confirm a payment intent: try to charge its payment method."""
    before, params = call.find(PAYMENT_INTENTS, call.id), call.params
    if before["status"] == "succeeded":
        raise unexpected(
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
            before,
        )
    if before["status"] not in _OPEN:
        raise unexpected(
            f"You cannot confirm this PaymentIntent because it has a status of {before['status']}. Only a "
            "PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, "
            "requires_action.",
            before,
        )
    method = method_of(call, params)
    intent = dict(before)
    for name in ("capture_method", "receipt_email", "setup_future_usage"):
        if name in params:
            intent[name] = params[name]
    if "shipping" in params:
        intent["shipping"] = shipping(params["shipping"], before["shipping"])
    if "payment_method_options" in params:
        intent["payment_method_options"] = _options(before["payment_method_types"], params)
    return confirm_payment(call, intent, params, method)


def capture(call: Call) -> Document:
    """Capture what was authorised, or a part of it; the rest is released."""
    before, params = call.find(PAYMENT_INTENTS, call.id), call.params
    if before["status"] != "requires_capture":
        raise unexpected(
            f"This PaymentIntent could not be captured because it has a status of {before['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
            before,
        )
    amount = params.get("amount_to_capture", before["amount_capturable"])
    if amount < 1:
        raise refuse(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param="amount_to_capture",
        )
    if amount > before["amount_capturable"]:
        raise refuse(
            f"The amount_to_capture ({amount}) is greater than the amount that can be captured "
            f"({before['amount_capturable']}).",
            code="amount_too_large",
            param="amount_to_capture",
            payment_intent=public(before),
        )
    charged = call.find(CHARGES, before["latest_charge"])
    noted = {name: params[name] for name in ("statement_descriptor", "statement_descriptor_suffix") if name in params}
    call.state.timers.cancel(f"stripe.{before['id']}.expire")
    payments.capture(call, {**charged, **noted}, amount)
    after = {**before, **noted, "amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    call.save(PAYMENT_INTENTS, after)
    call.tell("payment_intent.succeeded", after)
    return after


def cancel(call: Call) -> Document:
    """Cancel a payment intent; what was authorised is released."""
    before = call.find(PAYMENT_INTENTS, call.id)
    if before["status"] in ("succeeded", "canceled"):
        raise unexpected(
            f"You cannot cancel this PaymentIntent because it has a status of {before['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {_CANCELABLE}.",
            before,
        )
    return _canceled(call, before, call.params.get("cancellation_reason"), "charge.refunded")


def expire_authorization(call: Call) -> Document:
    """Cancel a payment intent whose authorisation was not captured in seven days."""
    before = call.find(PAYMENT_INTENTS, call.id)
    return _canceled(call, before, "automatic", "charge.expired") if before["status"] == "requires_capture" else before


def _canceled(call: Call, before: Document, reason: str | None, event: str) -> Document:
    call.state.timers.cancel(f"stripe.{before['id']}.expire")
    if before["status"] == "requires_capture":
        payments.release(call, call.find(CHARGES, before["latest_charge"]), event)
    after = {
        **before,
        "amount_capturable": 0,
        "canceled_at": call.now,
        "cancellation_reason": reason,
        "next_action": None,
        "status": "canceled",
    }
    call.save(PAYMENT_INTENTS, after)
    call.tell("payment_intent.canceled", after)
    return after


def list_(call: Call) -> Mapping[str, Any]:
    """List payment intents, newest first."""
    customer = call.named(CUSTOMERS, "customer")
    return page(call, PAYMENT_INTENTS, {"customer": customer["id"]} if customer else None)


_P: Final = "/v1/payment_intents"
ROUTES: Final = (
    Route("payment_intents.create", "POST", _P, create, "Create a payment intent.", shapes.CREATE, "payment_intent"),
    Route(
        "payment_intents.retrieve",
        "GET",
        _P + "/{id}",
        lambda call: call.find(PAYMENT_INTENTS, call.id),
        "Retrieve a payment intent.",
        Shape({"client_secret": text(fixed=True)}),
        "payment_intent",
    ),
    Route(
        "payment_intents.update",
        "POST",
        _P + "/{id}",
        update,
        "Update a payment intent.",
        shapes.UPDATE,
        "payment_intent",
    ),
    Route("payment_intents.list", "GET", _P, list_, "List payment intents.", shapes.LIST, "payment_intent", many=True),
    Route(
        "payment_intents.search",
        "GET",
        _P + "/search",
        lambda call: search(call, PAYMENT_INTENTS),
        "Search payment intents.",
        SEARCH,
        "payment_intent",
        many=True,
    ),
    Route(
        "payment_intents.confirm",
        "POST",
        _P + "/{id}/confirm",
        confirm,
        "Confirm a payment intent.",
        shapes.CONFIRM,
        "payment_intent",
    ),
    Route(
        "payment_intents.capture",
        "POST",
        _P + "/{id}/capture",
        capture,
        "Capture a payment intent.",
        shapes.CAPTURE,
        "payment_intent",
    ),
    Route(
        "payment_intents.cancel",
        "POST",
        _P + "/{id}/cancel",
        cancel,
        "Cancel a payment intent.",
        shapes.CANCEL,
        "payment_intent",
    ),
)
