"""Confirming a payment intent: from a payment method to money, a decline or a question to the customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.operation import Failure

from ..call import Call
from ..cards import AUTHENTICATION, Card, Decline
from ..errors import refuse
from ..resource import PAYMENT_INTENTS, PAYMENT_METHODS, Document, public
from . import payments
from .intent_shapes import needs_return_url, next_action
from .payment_methods import card_of, declined, last_error, tie, usable

_HELD: Final = timedelta(days=7)
_NO_METHOD: Final = (
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
    "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method "
    "or ConfirmationToken."
)
_ON_ACTION: Final = Decline(
    "authentication_required",
    "This payment required an authentication action to complete, but `error_on_requires_action` was set. When you're "
    "ready, you can upgrade your integration to handle actions at https://stripe.com/docs/payments/payment-intents/"
    "upgrade-to-handle-actions.",
    None,
    None,
    None,
)
_TAKEN: Final = (
    "description", "metadata", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix",
    "transfer_group",
)  # fmt: skip


def unexpected(message: str, intent: Document) -> Failure:
    """The refusal of what a payment intent's status does not allow."""
    return refuse(message, code="payment_intent_unexpected_state", payment_intent=public(intent))


def confirm_payment(call: Call, intent: Document, params: Mapping[str, Any], method: Document | None) -> Document:
    """Confirm an intent with the payment method given, else with its own."""
    if method is None and intent["payment_method"] is not None:
        method = call.find(PAYMENT_METHODS, intent["payment_method"], "payment_method", 400)
    if method is None:
        raise unexpected(_NO_METHOD, intent)
    usable(call, method, intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        raise refuse(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Please attach a "
            f"PaymentMethod of one of the following types: {', '.join(intent['payment_method_types'])}.",
            param="payment_method",
        )
    if (why := needs_return_url(intent, params, "PaymentIntent")) is not None:
        raise why
    card = card_of(method)
    intent = {**intent, "payment_method": method["id"], "last_payment_error": None, "next_action": None}
    if _asks(card, intent, off_session=bool(params.get("off_session"))):
        if params.get("off_session"):
            raise _fail(call, intent, method, AUTHENTICATION, None)
        if params.get("error_on_requires_action"):
            raise _fail(call, intent, method, _ON_ACTION, None)
        after = call.save(
            PAYMENT_INTENTS,
            {**intent, "next_action": next_action(call, "payment_intent", params), "status": "requires_action"},
        )
        call.tell("payment_intent.requires_action", after)
        return after
    return _charge(call, intent, method, card)


def _asks(card: Card, intent: Document, *, off_session: bool) -> bool:
    """Whether the customer has to authenticate."""
    asked = (intent["payment_method_options"].get("card") or {}).get("request_three_d_secure")
    if off_session:
        return card.authentication == "off_session"
    if card.authentication in ("always", "off_session"):
        return True
    return card.name == "threeDSecureOptional" and asked in ("any", "challenge")


def _charge(call: Call, intent: Document, method: Document, card: Card) -> Document:
    capture = intent["capture_method"] != "manual"
    charged, decline = payments.charge(
        call,
        payments.Payment(
            intent["amount"],
            intent["currency"],
            card,
            method["card"],
            method["id"],
            capture=capture,
            customer=intent["customer"],
            intent=intent["id"],
            billing=method["billing_details"],
            extra={name: intent[name] for name in _TAKEN},
        ),
    )
    intent = {**intent, "latest_charge": charged["id"]}
    if decline is not None:
        raise _fail(call, intent, method, decline, charged["id"])
    amount = intent["amount"]
    if method["customer"] is None:
        if intent["customer"] is not None and intent["setup_future_usage"] is not None:
            tie(call, method, intent["customer"])
        else:
            call.save(PAYMENT_METHODS, {**method, "_spent": True})
    if capture:
        after = call.save(PAYMENT_INTENTS, {**intent, "amount_received": amount, "status": "succeeded"})
        call.tell("payment_intent.succeeded", after)
        return after
    after = call.save(PAYMENT_INTENTS, {**intent, "amount_capturable": amount, "status": "requires_capture"})
    call.tell("payment_intent.amount_capturable_updated", after)
    call.state.timers.set(
        f"stripe.{intent['id']}.expire", _HELD, "stripe", "payment_intents.expire_authorization", {"id": intent["id"]}
    )
    return after


def _fail(call: Call, intent: Document, method: Document, decline: Decline, charge: str | None) -> Failure:
    """Write a failed attempt down; the failure to raise, which keeps what was written."""
    after = call.save(
        PAYMENT_INTENTS,
        {
            **intent,
            "last_payment_error": last_error(decline, method, charge),
            "payment_method": None,
            "status": "requires_payment_method",
        },
    )
    call.tell("payment_intent.payment_failed", after)
    return declined(decline, keep=True, charge=charge, payment_intent=public(after), payment_method=public(method))
