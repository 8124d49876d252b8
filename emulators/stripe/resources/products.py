"""Products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call, merge_metadata
from ..errors import refuse
from ..lists import DATED, page
from ..resource import PRICES, PRODUCTS, Document, new_id
from ..route import WORDS, Route, refused
from ..search import SEARCH, search
from ..shape import (
    Reader,
    Shape,
    array,
    choice,
    clearable,
    currency,
    decimal,
    flag,
    group,
    metadata,
    text,
)
from .price_shapes import PRICE_DATA
from .prices import make

_DIMENSIONS: Final = group(
    dict.fromkeys(("height", "length", "weight", "width"), decimal), "height", "length", "weight", "width"
)
_FEATURES: Final = array(group({"name": text(80)}, "name"), 15)
_COMMON: Final[Mapping[str, Reader]] = {
    "active": flag,
    "description": text(40000),
    "images": clearable(array(text(2048), 8)),
    "marketing_features": clearable(_FEATURES),
    "metadata": metadata,
    "package_dimensions": clearable(_DIMENSIONS),
    "shippable": flag,
    "statement_descriptor": text(22),
    "tax_code": text(),
    "unit_label": text(12),
    "url": text(2048),
    **refused("tax_details"),
}
_CREATE: Final = Shape(
    {
        **_COMMON,
        "default_price_data": group({"currency": currency, **PRICE_DATA, **refused("custom_unit_amount")}, "currency"),
        "id": text(fixed=True),
        "name": text(fixed=True),
        "type": choice("good", "service"),
    },
    ("name",),
)
_UPDATE: Final = Shape({**_COMMON, "default_price": text(), "name": text(fixed=True)})
_LIST: Final = Shape(
    {
        **DATED,
        "active": flag,
        "ids": WORDS,
        "shippable": flag,
        "type": choice("good", "service"),
        "url": text(fixed=True),
    }
)
_PLAIN: Final = ("active", "description", "shippable", "statement_descriptor", "tax_code", "unit_label", "url")


def create(call: Call) -> Document:
    """Create a product, and its default price if one is given."""
    params = call.params
    ident = params.get("id") or new_id(call.state, PRODUCTS, call.now)
    if ident in call.state.table(PRODUCTS.spec):
        raise refuse("Product already exists.", code="resource_already_exists", param="id")
    blank: dict[str, Any] = {
        "id": ident,
        "object": "product",
        "active": True,
        "attributes": [],
        "created": call.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": params.get("type", "service"),
        "unit_label": None,
        "updated": call.now,
        "url": None,
    }
    doc = call.create(PRODUCTS, _changed(call, blank))
    call.tell("product.created", doc)
    if (given := params.get("default_price_data")) is not None:
        price = make(call, {**given, "product": ident}, "default_price_data")
        doc = call.save(PRODUCTS, {**doc, "default_price": price["id"]})
    return doc


def _changed(call: Call, before: Mapping[str, Any]) -> dict[str, Any]:
    params, after = call.params, dict(before)
    for name in _PLAIN:
        if name in params:
            after[name] = params[name]
    for name in ("images", "marketing_features"):
        if name in params:
            after[name] = params[name] or []
    if "package_dimensions" in params:
        given = params["package_dimensions"]
        after["package_dimensions"] = given and {name: float(value) for name, value in sorted(given.items())}
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "name" in params:
        after["name"] = params["name"]
    return after


def update(call: Call) -> Document:
    """Change a product."""
    before = call.find(PRODUCTS, call.id)
    after = _changed(call, before)
    if "default_price" in call.params:
        price = call.named(PRICES, "default_price")
        if price is not None and price["product"] != call.id:
            raise refuse(
                f"The price specified (`{price['id']}`) does not belong to this product (`{call.id}`).",
                param="default_price",
            )
        after["default_price"] = price and price["id"]
    if after != before:
        after["updated"] = call.now
    return call.update(PRODUCTS, before, after, "product.updated")


def delete(call: Call) -> Mapping[str, Any]:
    """Delete a product that has no prices."""
    doc = call.find(PRODUCTS, call.id)
    if next(iter(call.state.table(PRICES.spec).find("product", call.id)), None) is not None:
        raise refuse("This product cannot be deleted because it has one or more user-created prices.")
    call.state.table(PRODUCTS.spec).delete(call.id)
    call.tell("product.deleted", doc)
    return {"id": call.id, "object": "product", "deleted": True}


def list_(call: Call) -> Mapping[str, Any]:
    """List products, newest first."""
    params = call.params
    by = {name: params[name] for name in ("url", "active") if name in params}
    first = dict(list(by.items())[:1])
    ids = params.get("ids")

    def keep(doc: Document) -> bool:
        return (
            all(doc[name] == value for name, value in by.items())
            and (ids is None or doc["id"] in ids)
            and all(doc[name] == params[name] for name in ("shippable", "type") if name in params)
        )

    return page(call, PRODUCTS, first or None, keep)


ROUTES: Final = (
    Route("products.create", "POST", "/v1/products", create, "Create a product.", _CREATE, "product"),
    Route(
        "products.retrieve",
        "GET",
        "/v1/products/{id}",
        lambda call: call.find(PRODUCTS, call.id),
        "Retrieve a product.",
        gives="product",
    ),
    Route("products.update", "POST", "/v1/products/{id}", update, "Update a product.", _UPDATE, "product"),
    Route("products.delete", "DELETE", "/v1/products/{id}", delete, "Delete a product.", gives="product"),
    Route("products.list", "GET", "/v1/products", list_, "List products.", _LIST, "product", many=True),
    Route(
        "products.search",
        "GET",
        "/v1/products/search",
        lambda call: search(call, PRODUCTS),
        "Search products.",
        SEARCH,
        "product",
        many=True,
    ),
)
