"""Expansion: identifiers replaced by the objects they name, where a request asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .call import Call
from .errors import refuse
from .resource import BALANCE_TRANSACTIONS, BY_OBJECT, CARDS, REFUNDS, Resource, public
from .resources.customers import show as show_customer
from .resources.ledger import show as show_transaction
from .resources.sources import show as show_card

LEVELS: Final = 4


@dataclass(frozen=True, slots=True)
class Field:
    """What a field can be expanded to: objects of these kinds, or a list that is only there when it is asked for."""

    kinds: tuple[str, ...] = ()
    sublist: str | None = None
    value: Any = None
    """What an includable field shows where there is nothing behind it here."""


def _to(*kinds: str) -> Field:
    return Field(kinds)


_EMPTY: Final = Field()
"""A field that Stripe expands, always null here."""
EXPANDABLE: Final[Mapping[str, Mapping[str, Field]]] = {
    "balance_transaction": {"source": _to("charge", "refund", "dispute")},
    "card": {"customer": _to("customer")},
    "charge": {
        "application": _EMPTY,
        "application_fee": _EMPTY,
        "balance_transaction": _to("balance_transaction"),
        "customer": _to("customer"),
        "dispute": _to("dispute"),
        "failure_balance_transaction": _EMPTY,
        "on_behalf_of": _EMPTY,
        "payment_intent": _to("payment_intent"),
        "refunds": Field(("refund",), sublist="refunds"),
        "review": _EMPTY,
        "source_transfer": _EMPTY,
        "transfer": _EMPTY,
    },
    "customer": {
        "cash_balance": Field(sublist="", value=None),
        "default_source": _to("card"),
        "discount": _EMPTY,
        "invoice_credit_balance": Field(sublist="", value={}),
        "invoice_settings.default_payment_method": _to("payment_method"),
        "sources": Field(("card",), sublist="sources"),
        "subscriptions": Field(sublist="subscriptions"),
        "tax": Field(
            sublist="",
            value={
                "automatic_tax": "unrecognized_location",
                "ip_address": None,
                "location": None,
                "provider": "stripe",
            },
        ),
        "tax_ids": Field(sublist="tax_ids"),
        "test_clock": _EMPTY,
    },
    "dispute": {"charge": _to("charge"), "payment_intent": _to("payment_intent")},
    "payment_intent": {
        "application": _EMPTY,
        "customer": _to("customer"),
        "latest_charge": _to("charge"),
        "on_behalf_of": _EMPTY,
        "payment_method": _to("payment_method"),
        "payment_record": _EMPTY,
        "review": _EMPTY,
        "source": _EMPTY,
    },
    "payment_method": {"customer": _to("customer")},
    "price": {
        "currency_options": Field(sublist="", value=None),
        "product": _to("product"),
        "tiers": Field(sublist="", value=None),
    },
    "product": {"default_price": _to("price"), "tax_code": _EMPTY},
    "refund": {
        "balance_transaction": _to("balance_transaction"),
        "charge": _to("charge"),
        "customer": _to("customer"),
        "failure_balance_transaction": _to("balance_transaction"),
        "payment_intent": _to("payment_intent"),
        "payment_method": _to("payment_method"),
        "source_transfer_reversal": _EMPTY,
        "transfer_reversal": _EMPTY,
    },
    "setup_intent": {
        "application": _EMPTY,
        "customer": _to("customer"),
        "latest_attempt": _EMPTY,
        "mandate": _EMPTY,
        "on_behalf_of": _EMPTY,
        "payment_method": _to("payment_method"),
        "single_use_mandate": _EMPTY,
    },
}


def check(paths: Sequence[str], gives: str, *, many: bool) -> None:
    """Refuse what cannot be expanded, before anything is done. Raises ``Failure`` (invalid)."""
    for path in paths:
        parts = path.split(".")
        if many:
            if path == "data":
                continue
            if parts[0] != "data":
                raise refuse(
                    f"This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' instead."
                )
            parts = parts[1:]
        if len(path.split(".")) > LEVELS:
            raise refuse(f"You cannot expand more than {LEVELS} levels of a property. Property: {path}")
        if not _can(parts, (gives,)):
            raise refuse(f"This property cannot be expanded ({path}).")


def _can(parts: Sequence[str], kinds: Sequence[str]) -> bool:
    if not parts:
        return True
    for kind in kinds:
        found = _field(parts, kind)
        if found is not None:
            field, _, rest = found
            if field.sublist and rest[:1] == ["data"]:
                rest = rest[1:]
            if not rest or _can(rest, field.kinds) or not field.kinds:
                return True
    return False


def _field(parts: Sequence[str], kind: str) -> tuple[Field, list[str], list[str]] | None:
    """The expandable field that a path begins with, its name's parts, and the rest of the path."""
    fields = EXPANDABLE.get(kind, {})
    for length in (1, 2):
        if (field := fields.get(".".join(parts[:length]))) is not None and len(parts) >= length:
            return field, list(parts[:length]), list(parts[length:])
    return None


def expand(call: Call, result: Mapping[str, Any], paths: Sequence[str], *, many: bool) -> Mapping[str, Any]:
    """A result with the objects that were asked for in the places of their identifiers."""
    for path in paths:
        parts = path.split(".")
        if not many:
            result = _into(call, result, parts)
        elif parts[0] == "data" and len(parts) > 1:
            result = {**result, "data": [_into(call, doc, parts[1:]) for doc in result["data"]]}
    return result


def _into(call: Call, doc: Mapping[str, Any], parts: list[str]) -> Mapping[str, Any]:
    if not parts or "deleted" in doc:
        return doc
    found = _field(parts, doc.get("object", ""))
    if found is None:
        return doc
    field, name, rest = found
    if len(name) == 2:
        outer, inner = name
        holder = doc[outer]
        return {**doc, outer: {**holder, inner: _value(call, holder[inner], rest, field.kinds)}}
    if field.sublist is not None:
        return _in_order({**doc, name[0]: _included(call, doc, name[0], field, rest)})
    return {**doc, name[0]: _value(call, doc.get(name[0]), rest, field.kinds)}


def _in_order(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {name: doc[name] for name in sorted(doc, key=lambda name: (name not in ("id", "object"), name))}


def _value(call: Call, value: Any, rest: list[str], kinds: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        value = next((found for kind in kinds if (found := _stored(call, kind, value)) is not None), value)
    return _into(call, value, rest) if isinstance(value, Mapping) else value


def _stored(call: Call, kind: str, ident: str) -> Mapping[str, Any] | None:
    resource = BY_OBJECT[kind]
    doc = call.state.table(resource.spec).get(ident)
    if doc is None:
        return None
    if resource is BALANCE_TRANSACTIONS:
        return show_transaction(call, doc)
    return _SHOWN.get(kind, public)(doc)


_LISTED: Final[Mapping[str, tuple[Resource, str]]] = {"refunds": (REFUNDS, "charge"), "sources": (CARDS, "customer")}
"""Lists inside objects that there is something in: of what, and through which index."""
_SHOWN: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "card": show_card,
    "customer": show_customer,
}


def _included(call: Call, doc: Mapping[str, Any], name: str, field: Field, rest: list[str]) -> Any:
    if field.sublist == "":
        return field.value
    present: Any = doc.get(name)
    if present is None:
        path = BY_OBJECT[doc["object"]].path
        rows: list[Any] = []
        if name in _LISTED:
            resource, index = _LISTED[name]
            table = call.state.table(resource.spec)
            shown = _SHOWN.get(resource.object, public)
            rows = [shown(table[key]) for key in table.find(index, doc["id"], reverse=True)]
        present = {
            "object": "list",
            "data": rows[:10],
            "has_more": len(rows) > 10,
            "total_count": len(rows),
            "url": f"{path}/{doc['id']}/{field.sublist}",
        }
    if rest[:1] == ["data"] and len(rest) > 1:
        found: list[Any] = present["data"]
        present = {**present, "data": [_into(call, row, rest[1:]) for row in found]}
    return present
