"""Coupons: what is taken off, how often and until when."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ..call import Call, merge_metadata
from ..errors import refuse
from ..lists import DATED, page
from ..resource import COUPONS, Document, public
from ..route import Route, refused
from ..shape import Shape, choice, currency, decimal, integer, metadata, text

_CREATE: Final = Shape(
    {
        "amount_off": integer(1),
        "currency": currency,
        "duration": choice("forever", "once", "repeating"),
        "duration_in_months": integer(1),
        "id": text(500),
        "max_redemptions": integer(1),
        "metadata": metadata,
        "name": text(40),
        "percent_off": decimal,
        "redeem_by": integer(0),
        **refused("applies_to", "currency_options", "script"),
    }
)
_UPDATE: Final = Shape({"metadata": metadata, "name": text(40), **refused("currency_options")})


def create(call: Call) -> Mapping[str, Any]:
    """Create a coupon."""
    params = call.params
    percent, amount = params.get("percent_off"), params.get("amount_off")
    duration, months = params.get("duration", "once"), params.get("duration_in_months")
    if percent is None and amount is None:
        raise refuse("Must provide percent_off or amount_off.", code="parameter_missing")
    if percent is not None and amount is not None:
        raise refuse("You may only specify one of these parameters: amount_off, percent_off.", param="amount_off")
    if percent is not None and not 0 < Decimal(percent) <= 100:
        raise refuse("Invalid percent_off: must be greater than 0 and at most 100.", param="percent_off")
    if amount is not None and "currency" not in params:
        raise refuse("You must pass currency when passing amount_off", code="parameter_missing", param="currency")
    if duration == "repeating" and months is None:
        raise refuse(
            "Missing required param: duration_in_months.", code="parameter_missing", param="duration_in_months"
        )
    if duration != "repeating" and months is not None:
        raise refuse("You can only set duration_in_months for repeating coupons.", param="duration_in_months")
    if params.get("redeem_by", call.now + 1) <= call.now:
        raise refuse("Invalid redeem_by: must be in the future.", param="redeem_by")
    ident = params.get("id") or call.state.ids.token("stripe.coupon", 8)
    if ident in call.state.table(COUPONS.spec):
        raise refuse("Coupon already exists.", code="resource_already_exists", param="id")
    doc = call.create(
        COUPONS,
        {
            "id": ident,
            "object": "coupon",
            "amount_off": amount,
            "created": call.now,
            "currency": params["currency"] if amount is not None else None,
            "duration": duration,
            "duration_in_months": months,
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merge_metadata({}, params.get("metadata")),
            "name": params.get("name"),
            "percent_off": None if percent is None else float(percent),
            "redeem_by": params.get("redeem_by"),
            "times_redeemed": 0,
            "valid": True,
        },
    )
    call.tell("coupon.created", doc)
    return doc


def show(call: Call, doc: Document) -> dict[str, Any]:
    """A coupon as it stands now: past its date it is no longer valid."""
    now = int(call.state.now.timestamp())
    return {**public(doc), "valid": doc["redeem_by"] is None or now <= doc["redeem_by"]}


def update(call: Call) -> Mapping[str, Any]:
    """Change a coupon's name or metadata."""
    before, params = call.find(COUPONS, call.id), call.params
    after = dict(before)
    if "name" in params:
        after["name"] = params["name"]
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    return show(call, call.update(COUPONS, before, after, "coupon.updated"))


def delete(call: Call) -> Mapping[str, Any]:
    """Delete a coupon."""
    doc = call.find(COUPONS, call.id)
    call.state.table(COUPONS.spec).delete(call.id)
    call.tell("coupon.deleted", doc)
    return {"id": call.id, "object": "coupon", "deleted": True}


_P: Final = "/v1/coupons"
ROUTES: Final = (
    Route("coupons.create", "POST", _P, create, "Create a coupon.", _CREATE, "coupon"),
    Route(
        "coupons.retrieve",
        "GET",
        _P + "/{id}",
        lambda call: show(call, call.find(COUPONS, call.id)),
        "Retrieve a coupon.",
        gives="coupon",
    ),
    Route("coupons.update", "POST", _P + "/{id}", update, "Update a coupon.", _UPDATE, "coupon"),
    Route("coupons.delete", "DELETE", _P + "/{id}", delete, "Delete a coupon.", gives="coupon"),
    Route(
        "coupons.list",
        "GET",
        _P,
        lambda call: page(call, COUPONS, show=lambda doc: show(call, doc)),
        "List coupons.",
        Shape(DATED),
        "coupon",
        many=True,
    ),
)
