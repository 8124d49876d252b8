"""Where each kind of object is kept: its table, its identifiers, its names in paths and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, TypeAlias

from falsefront.kernel.state import Index, State, TableSpec
from falsefront.world.ids import ALPHANUMERIC, stream

Document: TypeAlias = Mapping[str, Any]
"""An object as the API shows it, and beside that what only the emulator knows, under names that begin with ``_``."""

_ID_EPOCH: Final = 1_262_304_000
"""Identifiers tell the time since 2010."""


def _filed(*names: str) -> Callable[[Any, Document], Iterable[tuple[Any, ...]]]:
    def keys(_: Any, doc: Document) -> Iterable[tuple[Any, ...]]:
        if "deleted" in doc:
            return ()
        values = [doc[name] for name in names]
        return () if any(value is None for value in values) else ((*values, doc["created"], doc["_n"]),)

    return keys


def listing(*names: str) -> Index:
    """An index that lists objects by those members, oldest first."""
    return Index("+".join(names) or "all", _filed(*names))


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object.

    ``timed`` identifiers tell the account and the time, as those of payments do; ``param`` is what Stripe calls the
    identifier in a path when there is no such object.
    """

    object: str
    prefix: str
    path: str
    indexes: tuple[Index, ...] = ()
    noun: str = ""
    param: str = "id"
    timed: bool = False
    content: bool = True
    spec: TableSpec = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "noun", self.noun or self.object)
        name = f"stripe.{self.path.rpartition('/')[2]}"
        object.__setattr__(self, "spec", TableSpec(name, (listing(), *self.indexes), content=self.content))


CUSTOMERS: Final = Resource("customer", "cus_", "/v1/customers", (listing("email"),))
PRODUCTS: Final = Resource("product", "prod_", "/v1/products", (listing("active"), listing("url")))
PRICES: Final = Resource(
    "price",
    "price_",
    "/v1/prices",
    (listing("product"), listing("active"), listing("lookup_key")),
    param="price",
    timed=True,
)
PAYMENT_METHODS: Final = Resource(
    "payment_method",
    "pm_",
    "/v1/payment_methods",
    (listing("customer"),),
    noun="PaymentMethod",
    param="payment_method",
    timed=True,
)
PAYMENT_INTENTS: Final = Resource(
    "payment_intent", "pi_", "/v1/payment_intents", (listing("customer"),), param="intent", timed=True
)
SETUP_INTENTS: Final = Resource(
    "setup_intent",
    "seti_",
    "/v1/setup_intents",
    (listing("customer"), listing("payment_method")),
    noun="setupintent",
    param="intent",
    timed=True,
)
CHARGES: Final = Resource(
    "charge",
    "ch_",
    "/v1/charges",
    (listing("customer"), listing("payment_intent"), listing("transfer_group")),
    timed=True,
)
CARDS: Final = Resource("card", "card_", "/v1/cards", (listing("customer"),), noun="source", timed=True)
COUPONS: Final = Resource("coupon", "", "/v1/coupons", param="coupon")
REFUNDS: Final = Resource("refund", "re_", "/v1/refunds", (listing("charge"), listing("payment_intent")), timed=True)
DISPUTES: Final = Resource(
    "dispute", "du_", "/v1/disputes", (listing("charge"), listing("payment_intent")), param="dispute", timed=True
)
BALANCE_TRANSACTIONS: Final = Resource(
    "balance_transaction",
    "txn_",
    "/v1/balance_transactions",
    (listing("source"), listing("type"), listing("currency")),
    noun="balance transaction",
    timed=True,
)
TOKENS: Final = Resource("token", "tok_", "/v1/tokens", param="token", timed=True)
EVENTS: Final = Resource("event", "evt_", "/v1/events", (listing("type"),), timed=True, content=False)

RESOURCES: Final[tuple[Resource, ...]] = (
    CUSTOMERS, PRODUCTS, PRICES, PAYMENT_METHODS, PAYMENT_INTENTS, SETUP_INTENTS, CHARGES, REFUNDS, DISPUTES,
    BALANCE_TRANSACTIONS, CARDS, COUPONS, TOKENS, EVENTS,
)  # fmt: skip
BY_OBJECT: Final[Mapping[str, Resource]] = {resource.object: resource for resource in RESOURCES}

FUNDS: Final = TableSpec("stripe.funds")
"""What the account holds, by (currency, when it becomes available): {"amount": …}."""
KEYS: Final = TableSpec("stripe.idempotency_keys", (Index("at", lambda _, record: ((record["at"],),)),), content=False)

TABLES: Final[tuple[TableSpec, ...]] = (*(resource.spec for resource in RESOURCES), FUNDS, KEYS)


def public(doc: Document) -> dict[str, Any]:
    """A document without what only the emulator knows."""
    return {name: value for name, value in doc.items() if name[0] != "_"}


def tail_of(seed: int) -> str:
    """The ten characters that a world's account leaves in its identifiers."""
    return _base62(int.from_bytes(stream(seed, "stripe.account", 0, 8), "big"), 10)


def account_of(seed: int) -> str:
    """A world's account."""
    return f"acct_1{_base62(int.from_bytes(stream(seed, 'stripe.account', 1, 8), 'big'), 5)}{tail_of(seed)}"


def _base62(number: int, length: int) -> str:
    letters: list[str] = []
    for _ in range(length):
        number, letter = divmod(number, 62)
        letters.append(ALPHANUMERIC[letter])
    return "".join(reversed(letters))


def new_id(state: State, resource: Resource, created: int, beside: str | None = None) -> str:
    """A new identifier; ``beside`` is one of the same payment, whose middle it shares."""
    purpose = f"stripe.{resource.object}"
    if not resource.timed:
        return resource.prefix + state.ids.token(purpose, 14)
    if beside is not None:
        middle = beside.partition("_")[2][:16]
    else:
        digit = "3" if resource.object in ("payment_intent", "charge") else "1"
        middle = digit + _base62(max(0, created - _ID_EPOCH), 5) + tail_of(state.seed)
    return resource.prefix + middle + state.ids.token(purpose, 8)


def client_secret(state: State, ident: str) -> str:
    """What a browser would confirm an intent with."""
    return f"{ident}_secret_{state.ids.token('stripe.client_secret', 25)}"


def short_hash(text: str, length: int) -> str:
    """Digits that depend on a text alone."""
    return str(int.from_bytes(sha256(text.encode()).digest()[:8], "big"))[:length].rjust(length, "0")
