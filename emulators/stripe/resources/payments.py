"""What happens when a card is charged: authorisation, capture, release and the money's way into the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from falsefront.kernel.operation import Failure

from ..call import Call
from ..cards import BY_NAME, Card, Decline
from ..errors import refuse
from ..money import MAXIMUM, MINIMUM, fee, show
from ..resource import CHARGES, Document, account_of, new_id, short_hash
from . import disputes
from .ledger import SETTLING, post
from .payment_methods import billing

STATEMENT: Final = "FALSEFRONT"
_AUTHORIZED_FOR: Final = 7 * 86400
"""Seconds that an authorisation holds."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What is to be paid, with what, for whom."""

    amount: int
    currency: str
    card: Card
    details: Mapping[str, Any]
    """The card's details as its payment method shows them."""
    method: str
    """The identifier of the payment method, or of the older card object."""
    capture: bool = True
    customer: str | None = None
    intent: str | None = None
    source: Mapping[str, Any] | None = None
    billing: Mapping[str, Any] = field(default_factory=lambda: billing({}))
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Members that the charge takes over: description, metadata, receipt_email, shipping, …"""


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse an amount below or above what can be charged. Raises ``Failure``."""
    if amount > MAXIMUM:
        raise refuse(f"Amount must be no more than {show(MAXIMUM, currency)}", code="amount_too_large", param=param)
    if amount < MINIMUM.get(currency, 1):
        raise refuse(
            f"Amount must be at least {show(MINIMUM[currency], currency)} {currency}",
            code="amount_too_small",
            param=param,
        )


def charge(call: Call, payment: Payment) -> tuple[Document, Decline | None]:
    """Charge a card: the charge, and why it was declined if it was. Both stay."""
    card, decline = payment.card, payment.card.charging
    ident = new_id(call.state, CHARGES, call.now, payment.intent)
    paid = decline is None
    captured = paid and payment.capture
    doc: dict[str, Any] = {
        "id": ident,
        "object": "charge",
        "amount": payment.amount,
        "amount_captured": payment.amount if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": dict(payment.billing),
        "calculated_statement_descriptor": STATEMENT if paid else None,
        "captured": captured,
        "created": call.now,
        "currency": payment.currency,
        "customer": payment.customer,
        "description": None,
        "destination": None,
        "dispute": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "order": None,
        "outcome": _outcome(card, decline),
        "paid": paid,
        "payment_intent": payment.intent,
        "payment_method": payment.method,
        "payment_method_details": {"card": _card_used(ident, payment, captured), "type": "card"},
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": _receipt(call, ident) if paid else None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": payment.source,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
        **payment.extra,
        "_card": card.name,
    }
    if captured:
        doc["balance_transaction"] = _collect(call, doc, payment.amount)["id"]
    made = call.create(CHARGES, doc)
    call.tell("charge.succeeded" if paid else "charge.failed", made)
    if captured and card.dispute:
        made = disputes.dispute(call, made, card.dispute)
    return made, decline


def _collect(call: Call, charged: Mapping[str, Any], amount: int) -> Document:
    card_available = charged["_card"].startswith("bypassPending")
    return post(
        call,
        "charge",
        amount,
        charged["currency"],
        charged["id"],
        fee=fee(amount),
        description=charged["description"],
        available_on=call.now if card_available else call.now + SETTLING,
    )


def capture(call: Call, before: Document, amount: int) -> Document:
    """Capture all or a part of an authorised charge; the rest goes back to the card."""
    after = {**before, "amount_captured": amount, "captured": True, "amount_refunded": before["amount"] - amount}
    after["balance_transaction"] = _collect(call, before, amount)["id"]
    made = call.update(CHARGES, before, after, "charge.captured")
    reason = BY_NAME[before["_card"]].dispute
    return disputes.dispute(call, made, reason) if reason else made


def release(call: Call, before: Document, event: str = "charge.refunded") -> Document:
    """Give an authorised amount back to the card."""
    after = {**before, "amount_refunded": before["amount"], "refunded": True}
    return call.update(CHARGES, before, after, event)


def uncapturable(charged: Document) -> Failure | None:
    """Why a charge cannot be captured, if so."""
    if charged["refunded"]:
        return refuse(f"Charge {charged['id']} has already been refunded.", code="charge_already_refunded")
    if charged["captured"]:
        return refuse(f"Charge {charged['id']} has already been captured.", code="charge_already_captured")
    if charged["status"] == "failed":
        return refuse("You cannot capture a charge that has failed.")
    return None


def _outcome(card: Card, decline: Decline | None) -> dict[str, Any]:
    status, kind, message = "approved_by_network", "authorized", "Payment complete."
    reason: str | None = "elevated_risk_level" if card.risk == "elevated" else None
    if decline is not None:
        blocked = decline.blocked
        status, kind = ("not_sent_to_network", "blocked") if blocked else ("declined_by_network", "issuer_declined")
        reason = "highest_risk_level" if blocked else decline.decline_code or decline.code
        message = (
            "Stripe blocked this payment as too risky."
            if blocked
            else f"The bank returned the decline code `{reason}`."
            if reason != "generic_decline"
            else "The bank did not return any further details with this decline."
        )
    return {
        "advice_code": decline.advice if decline else None,
        "network_advice_code": None,
        "network_decline_code": decline.network_code if decline else None,
        "network_status": status,
        "reason": reason,
        "risk_level": card.risk,
        "risk_score": {"normal": 20, "elevated": 70, "highest": 95}[card.risk],
        "seller_message": message,
        "type": kind,
    }


def _card_used(ident: str, payment: Payment, captured: bool) -> dict[str, Any]:
    shown = payment.details
    paid = payment.card.charging is None
    return {
        "amount_authorized": payment.amount if paid else None,
        "authorization_code": short_hash(ident, 6) if paid else None,
        **{name: shown[name] for name in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint")},
        "extended_authorization": {"status": "disabled"},
        "funding": shown["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": shown["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": shown["brand"],
        "network_token": {"used": False},
        "network_transaction_id": short_hash(ident + "network", 15),
        "overcapture": {"maximum_amount_capturable": payment.amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }


def _receipt(call: Call, ident: str) -> str:
    account = account_of(call.state.seed)
    return f"https://pay.stripe.com/receipts/payment/{account}_{ident}"
