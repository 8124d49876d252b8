"""Disputes: opened by certain test cards, answered with evidence, won or lost on magic words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..call import Call, merge_metadata
from ..errors import refuse
from ..lists import DATED, page
from ..resource import CHARGES, DISPUTES, Document, new_id
from ..route import Route, refused
from ..shape import Shape, flag, group, metadata, text
from .ledger import post, show

_FEE: Final = 1500
_TEXTS: Final = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
_FILES: Final = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt",
    "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip
_UPDATE: Final = Shape(
    {
        "evidence": group({**{name: text(20000) for name in _TEXTS}, **refused("enhanced_evidence", *_FILES)}),
        "metadata": metadata,
        "submit": flag,
    }
)
_LIST: Final = Shape({**DATED, "charge": text(fixed=True), "payment_intent": text(fixed=True)})
_CLOSED: Final = ("won", "lost", "warning_closed")


def dispute(call: Call, charged: Document, reason: str) -> Document:
    """Dispute a charge; gives the charge as it is then. An inquiry takes no money yet."""
    inquiry = reason == "inquiry"
    ident = new_id(call.state, DISPUTES, call.now)
    withdrawn = None if inquiry else _move(call, charged, ident, -charged["amount"], _FEE)
    end_of_day = datetime.fromtimestamp(call.now, UTC).replace(hour=23, minute=59, second=59)
    doc = call.create(
        DISPUTES,
        {
            "id": ident,
            "object": "dispute",
            "amount": charged["amount"],
            "balance_transactions": [] if withdrawn is None else [withdrawn],
            "charge": charged["id"],
            "created": call.now,
            "currency": charged["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {
                **dict.fromkeys((*_TEXTS, *_FILES)),
                "enhanced_evidence": {},
                "billing_address": None,
            },
            "evidence_details": {
                "due_by": int((end_of_day + timedelta(days=8)).timestamp()),
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "intended_submission_method": None,
            "is_charge_refundable": inquiry,
            "livemode": False,
            "metadata": {},
            "payment_intent": charged["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": charged["payment_method_details"]["card"]["brand"],
                    "case_type": "inquiry" if inquiry else "chargeback",
                    "network_reason_code": {"fraudulent": "10.4", "product_not_received": "13.1"}.get(reason, "83"),
                },
                "type": "card",
            },
            "reason": "general" if inquiry else reason,
            "status": "warning_needs_response" if inquiry else "needs_response",
        },
    )
    after = call.save(CHARGES, {**charged, "disputed": True, "dispute": ident})
    call.tell("charge.dispute.created", doc)
    if withdrawn is not None:
        call.tell("charge.dispute.funds_withdrawn", doc)
    return after


def _move(call: Call, charged: Document, ident: str, amount: int, fee: int) -> dict[str, Any]:
    word = "withdrawal" if amount < 0 else "reversal"
    kind = "dispute" if amount < 0 else "dispute_reversal"
    return show(
        call,
        post(
            call,
            "adjustment",
            amount,
            charged["currency"],
            ident,
            fee=fee,
            description=f"Chargeback {word} for {charged['id']}",
            category=kind,
        ),
    )


def update(call: Call) -> Document:
    """Add evidence to a dispute and, unless ``submit`` is false, send it in."""
    before, params = call.find(DISPUTES, call.id), call.params
    if before["status"] in _CLOSED:
        raise refuse("This dispute is already closed")
    after = dict(before)
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    given = params.get("evidence", {})
    if given:
        after["evidence"] = {**before["evidence"], **given}
        details = before["evidence_details"]
        after["evidence_details"] = {**details, "has_evidence": any(after["evidence"].get(name) for name in _TEXTS)}
    if params.get("submit", bool(given)):
        details = after["evidence_details"]
        after["evidence_details"] = {**details, "submission_count": details["submission_count"] + 1}
        inquiry = before["status"].startswith("warning")
        after["status"] = "warning_under_review" if inquiry else "under_review"
        decided = _VERDICTS.get(given.get("uncategorized_text") or "")
        if decided:
            call.state.timers.set(
                f"stripe.{call.id}.verdict", timedelta(seconds=3), "stripe", "disputes.decide",
                {"id": call.id, "verdict": decided},
            )  # fmt: skip
    return call.update(DISPUTES, before, after, "charge.dispute.updated")


_VERDICTS: Final[Mapping[str, str]] = {"winning_evidence": "won", "losing_evidence": "lost"}


def close(call: Call) -> Document:
    """Give a dispute up."""
    before = call.find(DISPUTES, call.id)
    if before["status"] in _CLOSED:
        raise refuse("This dispute is already closed")
    return _settle(call, before, "lost")


def decide(call: Call) -> Document:
    """The bank's verdict on submitted evidence."""
    before = call.find(DISPUTES, call.id)
    return before if before["status"] in _CLOSED else _settle(call, before, call.params["verdict"])


def _settle(call: Call, before: Document, verdict: str) -> Document:
    if before["status"].startswith("warning"):
        verdict = "warning_closed"
    after = {**before, "status": verdict}
    if verdict == "won":
        charged = call.find(CHARGES, before["charge"])
        back = _move(call, charged, before["id"], before["amount"], 0)
        after["balance_transactions"] = [*before["balance_transactions"], back]
    made = call.update(DISPUTES, before, after)
    if verdict == "won":
        call.tell("charge.dispute.funds_reinstated", made)
    call.tell("charge.dispute.closed", made)
    return made


def list_(call: Call) -> Mapping[str, Any]:
    """List disputes, newest first."""
    by = {name: call.params[name] for name in ("charge", "payment_intent") if name in call.params}
    return page(
        call,
        DISPUTES,
        dict(list(by.items())[:1]) or None,
        lambda doc: all(doc[name] == value for name, value in by.items()),
    )


ROUTES: Final = (
    Route(
        "disputes.retrieve",
        "GET",
        "/v1/disputes/{id}",
        lambda call: call.find(DISPUTES, call.id),
        "Retrieve a dispute.",
        gives="dispute",
    ),
    Route(
        "disputes.update", "POST", "/v1/disputes/{id}", update, "Answer a dispute with evidence.", _UPDATE, "dispute"
    ),
    Route("disputes.close", "POST", "/v1/disputes/{id}/close", close, "Give a dispute up.", gives="dispute"),
    Route("disputes.list", "GET", "/v1/disputes", list_, "List disputes.", _LIST, "dispute", many=True),
)
