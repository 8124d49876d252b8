"""Customers, and the payment methods that belong to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call, address, merge_metadata, shipping
from ..errors import missing, refuse
from ..lists import DATED, PAGE, page
from ..resource import CUSTOMERS, PAYMENT_METHODS, Document, new_id, public
from ..route import ADDRESS, SHIPPING, WORDS, Route, refused
from ..search import SEARCH, search
from ..shape import (
    Reader,
    Shape,
    array,
    choice,
    clearable,
    email,
    group,
    integer,
    metadata,
    text,
)
from . import sources
from .payment_methods import attached, detach_all, of_customer
from .payment_types import TYPES

_COMMON: Final[Mapping[str, Reader]] = {
    "address": clearable(group(ADDRESS)),
    "balance": integer(),
    "business_name": text(150),
    "description": text(),
    "email": email,
    "individual_name": text(150),
    "invoice_prefix": text(12, fixed=True),
    "invoice_settings": group(
        {
            "custom_fields": clearable(array(group({"name": text(40), "value": text(140)}, "name", "value"), 4)),
            "default_payment_method": text(),
            "footer": text(),
            "rendering_options": clearable(
                group(
                    {
                        "amount_tax_display": clearable(choice("exclude_tax", "include_inclusive_tax")),
                        "template": text(),
                    }
                )
            ),
        }
    ),
    "metadata": metadata,
    "name": text(256),
    "next_invoice_sequence": integer(1),
    "phone": text(20),
    "preferred_locales": WORDS,
    "shipping": clearable(SHIPPING),
    "tax_exempt": clearable(choice("none", "reverse", "exempt")),
    "source": text(fixed=True),
    **refused("cash_balance", "tax", "validate"),
}
_CREATE: Final = Shape({**_COMMON, "payment_method": text(fixed=True), **refused("tax_id_data", "test_clock")})
_UPDATE: Final = Shape({**_COMMON, "default_source": text(fixed=True)})
_LIST: Final = Shape({**DATED, "email": text(fixed=True), **refused("test_clock")})
_METHODS: Final = Shape({**PAGE, "type": choice(*TYPES), "allow_redisplay": choice("always", "limited", "unspecified")})
_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def create(call: Call) -> Document:
    """Create a customer; a payment method that is given is attached."""
    params = call.params
    ident = params.get("id") or new_id(call.state, CUSTOMERS, call.now)
    blank: dict[str, Any] = {
        "id": ident,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": call.state.ids.token("stripe.invoice_prefix", 8, _UPPER),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    doc = _changed(call, blank)
    method = params.get("payment_method")
    if (default := params.get("invoice_settings", {}).get("default_payment_method")) is not None and default != method:
        _check_default(call, ident, default)
    if method is not None:
        doc = {**doc, "invoice_settings": {**doc["invoice_settings"]}}
        kept = attached(call, method, ident, "payment_method", 400)
        if default is not None:
            doc["invoice_settings"]["default_payment_method"] = kept["id"]
    if "source" in params:
        doc = {**doc, "default_source": sources.add(call, ident, params["source"])["id"]}
    made = call.create(CUSTOMERS, doc)
    call.tell("customer.created", made)
    return made


def update(call: Call) -> Document:
    """Change a customer."""
    before = call.find(CUSTOMERS, call.id)
    default = call.params.get("invoice_settings", {}).get("default_payment_method")
    if default is not None:
        _check_default(call, call.id, default)
    after = _changed(call, before)
    if "source" in call.params:
        after["default_source"] = sources.add(call, call.id, call.params["source"])["id"]
    elif "default_source" in call.params:
        after["default_source"] = sources.of_customer(call, call.id, call.params["default_source"])["id"]
    return call.update(CUSTOMERS, before, after, "customer.updated")


def _changed(call: Call, before: Mapping[str, Any]) -> dict[str, Any]:
    params, after = call.params, dict(before)
    for name in ("balance", "description", "email", "invoice_prefix", "name", "next_invoice_sequence", "phone"):
        if name in params:
            after[name] = params[name]
    for name in ("business_name", "individual_name"):
        after.pop(name, None)
        if (value := params.get(name, before.get(name))) is not None:
            after[name] = value
    if "tax_exempt" in params:
        after["tax_exempt"] = params["tax_exempt"] or "none"
    if "preferred_locales" in params:
        after["preferred_locales"] = params["preferred_locales"]
    if "address" in params:
        after["address"] = address(params["address"], before["address"])
    if "shipping" in params:
        after["shipping"] = _shipping(params["shipping"], before["shipping"])
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "invoice_settings" in params:
        after["invoice_settings"] = {**before["invoice_settings"], **params["invoice_settings"]}
    return {name: after[name] for name in sorted(after, key=lambda name: (name not in ("id", "object"), name))}


def _shipping(given: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given and old is None:
        for name in ("address", "name"):
            if given.get(name) is None:
                raise refuse(
                    f"Missing required param: shipping[{name}].", code="parameter_missing", param=f"shipping[{name}]"
                )
    if given == {}:
        return dict(old) if old else None
    return shipping(given, old)


def _check_default(call: Call, customer: str, method: str) -> None:
    found = call.state.table(PAYMENT_METHODS.spec).get(method)
    if found is None or found["customer"] != customer:
        raise refuse(
            f"No such PaymentMethod: '{method}'; It's possible this PaymentMethod exists on one of your connected "
            "accounts, in which case you should retry this request on that connected account. Learn more at "
            "https://stripe.com/docs/connect/authentication"
            if found is None
            else f"The customer does not have a payment method with the ID {method}. The payment method must be "
            "attached to the customer.",
            code="resource_missing",
            param="invoice_settings[default_payment_method]",
        )


def retrieve(call: Call) -> Mapping[str, Any]:
    """Show a customer; of a deleted one only that it was."""
    doc: Document | None = call.state.table(CUSTOMERS.spec).get(call.id)
    if doc is None:
        raise missing("customer", call.id, "id", 404)
    return show(doc)


def delete(call: Call) -> Mapping[str, Any]:
    """Delete a customer; its payment methods are detached."""
    doc = call.find(CUSTOMERS, call.id)
    detach_all(call, call.id)
    call.tell("customer.deleted", doc)
    gone = {"id": call.id, "object": "customer", "deleted": True}
    call.save(CUSTOMERS, {**gone, "_n": doc["_n"], "created": doc["created"]})
    return gone


def list_(call: Call) -> Mapping[str, Any]:
    """List customers, newest first."""
    email_ = call.params.get("email")
    return page(call, CUSTOMERS, {"email": email_} if email_ is not None else None)


def list_payment_methods(call: Call) -> Mapping[str, Any]:
    """List a customer's payment methods."""
    call.find(CUSTOMERS, call.path["customer"], "customer")
    return of_customer(call, call.path["customer"], f"/v1/customers/{call.path['customer']}/payment_methods")


def retrieve_payment_method(call: Call) -> Document:
    """Show a payment method of a customer."""
    call.find(CUSTOMERS, call.path["customer"], "customer")
    doc = call.find(PAYMENT_METHODS, call.path["payment_method"])
    if doc["customer"] != call.path["customer"]:
        raise missing("PaymentMethod", doc["id"], "payment_method", 404)
    return doc


def show(doc: Document) -> dict[str, Any]:
    """A customer as it is shown, deleted or not."""
    if "deleted" in doc:
        return {"id": doc["id"], "object": "customer", "deleted": True}
    return public(doc)


ROUTES: Final = (
    Route("customers.create", "POST", "/v1/customers", create, "Create a customer.", _CREATE, "customer"),
    Route("customers.retrieve", "GET", "/v1/customers/{id}", retrieve, "Retrieve a customer.", gives="customer"),
    Route("customers.update", "POST", "/v1/customers/{id}", update, "Update a customer.", _UPDATE, "customer"),
    Route("customers.delete", "DELETE", "/v1/customers/{id}", delete, "Delete a customer.", gives="customer"),
    Route("customers.list", "GET", "/v1/customers", list_, "List customers.", _LIST, "customer", many=True),
    Route(
        "customers.search",
        "GET",
        "/v1/customers/search",
        lambda call: search(call, CUSTOMERS),
        "Search customers.",
        SEARCH,
        "customer",
        many=True,
    ),
    Route(
        "customers.list_payment_methods",
        "GET",
        "/v1/customers/{customer}/payment_methods",
        list_payment_methods,
        "List a customer's payment methods.",
        _METHODS,
        "payment_method",
        many=True,
    ),
    Route(
        "customers.retrieve_payment_method",
        "GET",
        "/v1/customers/{customer}/payment_methods/{payment_method}",
        retrieve_payment_method,
        "Retrieve a customer's payment method.",
        gives="payment_method",
    ),
)
