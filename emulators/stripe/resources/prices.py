"""Prices: per unit, once or recurring."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ..call import Call, merge_metadata
from ..errors import refuse
from ..lists import DATED, page
from ..resource import PRICES, PRODUCTS, Document, new_id
from ..route import WORDS, Route, refused
from ..search import SEARCH, search
from ..shape import Shape, choice, clearable, currency, flag, group, integer, metadata, text
from .price_shapes import PRICE_DATA

_COMMON: Final = {"active": flag, "lookup_key": text(200), "nickname": text(5000), "transfer_lookup_key": flag}
_CREATE: Final = Shape(
    {
        **_COMMON,
        **PRICE_DATA,
        "billing_scheme": choice("per_unit", "tiered"),
        "currency": currency,
        "product": text(fixed=True),
        "product_data": group(
            {
                "active": flag,
                "id": text(fixed=True),
                "metadata": metadata,
                "name": text(fixed=True),
                "statement_descriptor": text(22),
                "tax_code": text(),
                "unit_label": text(12),
                **refused("tax_details"),
            },
            "name",
        ),
        "transform_quantity": group({"divide_by": integer(1), "round": choice("up", "down")}, "divide_by", "round"),
        **refused("custom_unit_amount", "tiers", "tiers_mode"),
    },
    ("currency",),
)
_UPDATE: Final = Shape(
    {
        **_COMMON,
        "metadata": metadata,
        "tax_behavior": choice("inclusive", "exclusive", "unspecified"),
        **refused("currency_options"),
    }
)
_LIST: Final = Shape(
    {
        **DATED,
        "active": flag,
        "currency": currency,
        "lookup_keys": WORDS,
        "product": text(fixed=True),
        "recurring": group(
            {
                "interval": choice("day", "month", "week", "year"),
                "usage_type": choice("licensed", "metered"),
                **refused("meter"),
            }
        ),
        "type": clearable(choice("one_time", "recurring")),
    }
)


def create(call: Call) -> Document:
    """Create a price for a product that is there, or for one made with it."""
    params = call.params
    if "product" in params and "product_data" in params:
        raise refuse("You may only specify one of these parameters: product, product_data.", param="product")
    if "product" not in params and "product_data" not in params:
        raise refuse("You must specify either `product` or `product_data` when creating a price.", param="product")
    if "product" in params:
        call.named(PRODUCTS, "product")
        return make(call, params)
    from . import products

    _amounts(params, "")
    made = products.create(Call(call.state, params["product_data"], {}, call.request_id, call.idempotency_key,
                                call.quiet, call.at))  # fmt: skip
    return make(call, {**params, "product": made["id"]})


def make(call: Call, params: Mapping[str, Any], within: str = "") -> Document:
    """A new price from its parameters."""
    amount, exact = _amounts(params, within)
    recurring = params.get("recurring")
    key = params.get("lookup_key")
    if recurring and recurring.get("usage_type") == "metered":
        raise refuse(
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.",
            param="recurring[usage_type]",
        )
    if params.get("billing_scheme") == "tiered":
        raise refuse("This emulator does not support tiered prices.", param="billing_scheme")
    if key is not None:
        _take_lookup_key(call, key, transfer=params.get("transfer_lookup_key", False))
    doc = call.create(
        PRICES,
        {
            "id": params.get("id") or new_id(call.state, PRICES, call.now),
            "object": "price",
            "active": params.get("active", True),
            "billing_scheme": "per_unit",
            "created": call.now,
            "currency": params["currency"],
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": key,
            "metadata": merge_metadata({}, params.get("metadata")),
            "nickname": params.get("nickname"),
            "product": params["product"],
            "recurring": recurring
            and {
                "interval": recurring["interval"],
                "interval_count": recurring.get("interval_count", 1),
                "meter": None,
                "trial_period_days": recurring.get("trial_period_days"),
                "usage_type": "licensed",
            },
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": params.get("transform_quantity"),
            "type": "recurring" if recurring else "one_time",
            "unit_amount": amount,
            "unit_amount_decimal": exact,
        },
    )
    call.tell("price.created", doc)
    return doc


def _amounts(params: Mapping[str, Any], within: str) -> tuple[int | None, str]:
    amount, exact = params.get("unit_amount"), params.get("unit_amount_decimal")
    if amount is not None and exact is not None:
        raise refuse(
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
            param=f"{within}[unit_amount]" if within else "unit_amount",
        )
    if amount is not None:
        return amount, str(amount)
    if exact is None:
        raise refuse(
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
            code="parameter_missing",
            param=f"{within}[unit_amount]" if within else "unit_amount",
        )
    number = Decimal(exact)
    whole = number == number.to_integral_value()
    return (int(number), str(int(number))) if whole else (None, format(number.normalize(), "f"))


def _take_lookup_key(call: Call, key: str, *, transfer: bool, own: str = "") -> None:
    table = call.state.table(PRICES.spec)
    holder = next((ident for ident in table.find("lookup_key", key) if ident != own), None)
    if holder is None:
        return
    if not transfer:
        raise refuse(f"A price (`{holder}`) already uses that lookup key.", param="lookup_key")
    call.update(PRICES, table[holder], {**table[holder], "lookup_key": None}, "price.updated")


def update(call: Call) -> Document:
    """Change a price; amounts and intervals never change."""
    before, params = call.find(PRICES, call.id), call.params
    after = dict(before)
    if params.get("lookup_key") is not None:
        transfer = params.get("transfer_lookup_key", False)
        _take_lookup_key(call, params["lookup_key"], transfer=transfer, own=call.id)
    for name in ("active", "lookup_key", "nickname"):
        if name in params:
            after[name] = params[name]
    if "tax_behavior" in params and params["tax_behavior"] != before["tax_behavior"]:
        if before["tax_behavior"] != "unspecified":
            raise refuse(
                f"You cannot change the tax behavior to {params['tax_behavior']} because it has already been set to "
                f"{before['tax_behavior']}.",
                param="tax_behavior",
            )
        after["tax_behavior"] = params["tax_behavior"]
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    return call.update(PRICES, before, after, "price.updated")


def list_(call: Call) -> Mapping[str, Any]:
    """List prices, newest first."""
    params = call.params
    keys, recurring = params.get("lookup_keys"), params.get("recurring", {})
    by: dict[str, Any] = {}
    if "product" in params:
        by = {"product": params["product"]}
    elif keys is not None and len(keys) == 1:
        by = {"lookup_key": keys[0]}
    elif "active" in params:
        by = {"active": params["active"]}

    def keep(doc: Document) -> bool:
        return (
            all(doc[name] == params[name] for name in ("active", "currency", "type") if params.get(name) is not None)
            and (keys is None or doc["lookup_key"] in keys)
            and all((doc["recurring"] or {}).get(name) == value for name, value in recurring.items())
        )

    return page(call, PRICES, by or None, keep)


ROUTES: Final = (
    Route("prices.create", "POST", "/v1/prices", create, "Create a price.", _CREATE, "price"),
    Route(
        "prices.retrieve",
        "GET",
        "/v1/prices/{id}",
        lambda call: call.find(PRICES, call.id),
        "Retrieve a price.",
        gives="price",
    ),
    Route("prices.update", "POST", "/v1/prices/{id}", update, "Update a price.", _UPDATE, "price"),
    Route("prices.list", "GET", "/v1/prices", list_, "List prices.", _LIST, "price", many=True),
    Route(
        "prices.search",
        "GET",
        "/v1/prices/search",
        lambda call: search(call, PRICES),
        "Search prices.",
        SEARCH,
        "price",
        many=True,
    ),
)
