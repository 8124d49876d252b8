"""The ledger: balance transactions, and the balance that they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call
from ..lists import DATED, page
from ..resource import BALANCE_TRANSACTIONS, FUNDS, Document, new_id, public
from ..route import Route, refused
from ..shape import Shape, currency, text

SETTLING: Final = 2 * 86400
"""Seconds until a payment's money is available."""
_LIST: Final = Shape(
    {**DATED, "currency": currency, "source": text(fixed=True), "type": text(fixed=True), **refused("payout")}
)
_CATEGORY: Final = {"charge": "charge", "refund": "refund", "adjustment": "dispute", "refund_failure": "refund_failure"}


def post(
    call: Call,
    type: str,
    amount: int,
    currency: str,
    source: str,
    *,
    fee: int = 0,
    description: str | None = None,
    available_on: int | None = None,
    category: str | None = None,
) -> Document:
    """Write a balance transaction and move the balance by its net."""
    now = call.now
    due = now if available_on is None else available_on
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees" if type == "charge" else "Dispute fee",
            "type": "stripe_fee",
        }
    ]
    doc = call.create(
        BALANCE_TRANSACTIONS,
        {
            "id": new_id(call.state, BALANCE_TRANSACTIONS, now, source),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": due,
            "balance_type": "payments",
            "created": now,
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": fees if fee else [],
            "net": amount - fee,
            "reporting_category": category or _CATEGORY[type],
            "source": source,
            "status": "pending",
            "type": type,
        },
    )
    funds = call.state.table(FUNDS)
    # All the money of a currency is under 0, so that only what is still pending has to be walked.
    for key in ((currency, 0), (currency, due)):
        held = funds.get(key)
        funds.put(key, {"amount": (held["amount"] if held else 0) + amount - fee})
    return doc


def show(call: Call, doc: Document) -> dict[str, Any]:
    """A balance transaction as it stands now."""
    now = int(call.state.now.timestamp())
    return {**public(doc), "status": "available" if doc["available_on"] <= now else "pending"}


def balance(call: Call) -> Mapping[str, Any]:
    """What is available and what is pending, by currency."""
    now = int(call.state.now.timestamp())
    funds = call.state.table(FUNDS)
    totals: dict[str, int] = {}
    start: tuple[str, int] | None = None
    while True:
        first = next(iter(funds.scan(start)), None)
        if first is None:
            break
        (name, _), held = first
        totals[name] = held["amount"]
        start = (name + "~", 0)
    pending = {name: _pending(funds, name, now) for name in totals}
    for by in (totals, pending):
        by.setdefault("usd", 0)

    def entries(amounts: Mapping[str, int]) -> list[Mapping[str, Any]]:
        return [
            {"amount": amounts[name], "currency": name, "source_types": {"card": amounts[name]}}
            for name in sorted(amounts)
        ]

    return {
        "object": "balance",
        "available": entries({name: total - pending[name] for name, total in totals.items()}),
        "livemode": False,
        "pending": entries(pending),
    }


def _pending(funds: Any, name: str, now: int) -> int:
    total = 0
    for (held_in, _), held in funds.scan((name, now + 1)):
        if held_in != name:
            break
        total += held["amount"]
    return total


def retrieve(call: Call) -> Mapping[str, Any]:
    """Show a balance transaction."""
    return show(call, call.find(BALANCE_TRANSACTIONS, call.id))


def list_(call: Call) -> Mapping[str, Any]:
    """List balance transactions, newest first."""
    params = call.params
    by = {name: params[name] for name in ("source", "type", "currency") if name in params}
    return page(
        call,
        BALANCE_TRANSACTIONS,
        dict(list(by.items())[:1]) or None,
        lambda doc: all(doc[name] == value for name, value in by.items()),
        lambda doc: show(call, doc),
    )


ROUTES: Final = (
    Route("balance.retrieve", "GET", "/v1/balance", balance, "Retrieve the balance.", gives="balance"),
    Route(
        "balance_transactions.retrieve",
        "GET",
        "/v1/balance_transactions/{id}",
        retrieve,
        "Retrieve a balance transaction.",
        gives="balance_transaction",
    ),
    Route(
        "balance_transactions.list",
        "GET",
        "/v1/balance_transactions",
        list_,
        "List balance transactions.",
        _LIST,
        "balance_transaction",
        many=True,
    ),
)
