"""The objects of the API, one kind to a module: what their endpoints take and do."""

from __future__ import annotations

from typing import Final

from ..route import Route
from . import (
    account,
    charges,
    coupons,
    customers,
    disputes,
    events,
    ledger,
    payment_intents,
    payment_methods,
    prices,
    products,
    refunds,
    setup_intents,
    sources,
    tokens,
)

ROUTES: Final[tuple[Route, ...]] = (
    *account.ROUTES,
    *charges.ROUTES,
    *coupons.ROUTES,
    *customers.ROUTES,
    *disputes.ROUTES,
    *events.ROUTES,
    *ledger.ROUTES,
    *payment_intents.ROUTES,
    *payment_methods.ROUTES,
    *prices.ROUTES,
    *products.ROUTES,
    *refunds.ROUTES,
    *setup_intents.ROUTES,
    *sources.ROUTES,
    *tokens.ROUTES,
)
