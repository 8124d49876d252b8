"""One API call as a resource's handler sees it, and the few things every handler does with objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from falsefront.kernel.operation import Failure
from falsefront.kernel.state import State

from .errors import missing, refuse
from .resource import EVENTS, Document, Resource, new_id, public

API_VERSION: Final = "2026-10-28.endive"
"""The account's default API version, for clients that name none."""


@dataclass(slots=True)
class Call:
    """An operation under way: typed parameters, identifiers from the path, and the world's state."""

    state: State
    params: Mapping[str, Any]
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    request_id: str | None = None
    idempotency_key: str | None = None
    quiet: bool = False
    """Write no events: seeds are not news."""
    at: int | None = None
    """When objects are said to be created, where that is not now (seeds)."""

    @property
    def id(self) -> str:
        """The object that the path names."""
        return self.path["id"]

    @property
    def now(self) -> int:
        """World time in seconds since 1970, or the time a seed gives."""
        return int(self.state.now.timestamp()) if self.at is None else self.at

    def find(self, resource: Resource, ident: Any, param: str | None = None, status: int = 404) -> Document:
        """An object by its identifier. Raises ``Failure`` (resource_missing)."""
        doc: Document | None = self.state.table(resource.spec).get(ident) if ident else None
        if doc is None or "deleted" in doc:
            raise missing(resource.noun, ident, param or resource.param, status)
        return doc

    def named(self, resource: Resource, param: str) -> Document | None:
        """The object that a parameter names, if it is given. Raises ``Failure`` (resource_missing, 400)."""
        ident = self.params.get(param)
        return None if ident is None else self.find(resource, ident, param, 400)

    def save(self, resource: Resource, doc: Document) -> Document:
        """Put an object in the place of the one with its identifier."""
        self.state.table(resource.spec).put(doc["id"], doc)
        return doc

    def create(self, resource: Resource, doc: dict[str, Any]) -> Document:
        """Put a new object, numbered so that those of one second are in order."""
        return self.save(resource, {**doc, "_n": self.state.ids.counter(f"stripe.{resource.object}.n")})

    def update(self, resource: Resource, before: Document, after: Document, *events: str) -> Document:
        """Put a changed object and tell what changed; nothing changed is no news."""
        if after == before:
            return before
        self.save(resource, after)
        for event in events:
            self.tell(event, after, changes(before, after))
        return after

    def tell(self, type: str, doc: Document, previous: Mapping[str, Any] | None = None) -> None:
        """Write an event."""
        if self.quiet:
            return
        data: dict[str, Any] = {"object": public(doc)}
        if previous is not None:
            data["previous_attributes"] = previous
        payment = doc["id"] if doc["object"] in ("payment_intent", "charge", "refund") else None
        created = int(self.state.now.timestamp())
        self.create(
            EVENTS,
            {
                "id": new_id(self.state, EVENTS, created, payment),
                "object": "event",
                "api_version": API_VERSION,
                "created": created,
                "data": data,
                "livemode": False,
                "pending_webhooks": 0,
                "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
                "type": type,
            },
        )


Handle: TypeAlias = Callable[[Call], Any]
"""What an operation does: gives an object, a list of them, or raises ``Failure``."""


def changes(before: Document, after: Document) -> dict[str, Any]:
    """The members that changed, as they were: only the changed leaves of an object, ``None`` for what was not there."""
    found: dict[str, Any] = {}
    for name in sorted({**before, **after}):
        if name[0] == "_":
            continue
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found[name] = changes(old, new)
        else:
            found[name] = old
    return found


def merge_metadata(old: Mapping[str, str], given: Mapping[str, str] | None) -> dict[str, str]:
    """Metadata with some keys set and, by empty values, some deleted; ``None`` deletes all. Raises ``Failure``."""
    if given is None:
        return {}
    merged = {key: value for key, value in {**old, **given}.items() if value != ""}
    if len(merged) > 50:
        raise too_many_keys(len(merged))
    return merged


def too_many_keys(count: int) -> Failure:
    """The refusal of more than 50 keys of metadata."""
    return refuse(
        f"Metadata can have up to 50 keys, but your update would result in the object having {count} keys.",
        param="metadata",
    )


def merge(old: Any, given: Any) -> Any:
    """An object with the given leaves changed; an empty object changes nothing."""
    if isinstance(old, Mapping) and isinstance(given, Mapping):
        return {**old, **{name: merge(old.get(name), value) for name, value in given.items()}}
    return given


ADDRESS_KEYS: Final = ("city", "country", "line1", "line2", "postal_code", "state")


def address(given: Mapping[str, Any] | None, old: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """An address with all six members, changed in those given."""
    if given is None:
        return None
    return {key: given.get(key, (old or {}).get(key)) for key in ADDRESS_KEYS}


def shipping(given: Mapping[str, Any] | None, old: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """Where goods go: an address, a name, a phone; carrier and tracking number only where there are any."""
    if given is None:
        return None
    before = old or {}
    merged: dict[str, Any] = {"address": None, "name": None, "phone": None, **before, **given}
    if given.get("address") is not None:
        merged["address"] = address(given["address"], before.get("address"))
    return {name: merged[name] for name in sorted(merged)}
