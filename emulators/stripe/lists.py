"""Lists: newest first, a page at a time, never by walking a whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .call import Call
from .errors import missing, refuse
from .resource import Document, Resource, public
from .shape import Reader, either, group, integer, text

_WHEN: Final = either(group({"gt": integer(), "gte": integer(), "lt": integer(), "lte": integer()}), integer())
PAGE: Final[Mapping[str, Reader]] = {
    "ending_before": text(fixed=True),
    "limit": integer(),
    "starting_after": text(fixed=True),
}
DATED: Final[Mapping[str, Reader]] = {**PAGE, "created": _WHEN}


def page(
    call: Call,
    resource: Resource,
    by: Mapping[str, Any] | None = None,
    keep: Callable[[Document], bool] = lambda _: True,
    show: Callable[[Document], Mapping[str, Any]] = public,
    url: str | None = None,
) -> dict[str, Any]:
    """One page of the objects whose members are as ``by`` says, through the index on those members."""
    params = call.params
    limit = min(max(params.get("limit", 10), 1), 100)
    index, prefix = "+".join(by or ()) or "all", tuple((by or {}).values())
    cursor, backwards = _cursor(call, resource)
    low, high = _bounds(params.get("created"))
    docs: list[Document] = []
    for doc in _walk(call, resource, index, prefix, cursor, high, backwards):
        if (not backwards and doc["created"] < low) or (backwards and doc["created"] > high):
            break
        if low <= doc["created"] <= high and keep(doc):
            docs.append(doc)
            if len(docs) > limit:
                break
    more = len(docs) > limit
    docs = docs[:limit][::-1] if backwards else docs[:limit]
    return {
        "object": "list",
        "data": [show(doc) for doc in docs],
        "has_more": more,
        "url": url or resource.path,
    }


def _cursor(call: Call, resource: Resource) -> tuple[Document | None, bool]:
    found: list[Document | None] = []
    for name in ("starting_after", "ending_before"):
        ident = call.params.get(name)
        doc = None if ident is None else call.state.table(resource.spec).get(ident)
        if ident is not None and (doc is None or "deleted" in doc):
            raise missing(resource.noun, ident, name)
        found.append(doc)
    after, before = found
    if after is not None and before is not None:
        raise refuse("Received both starting_after and ending_before parameters. Please pass in only one.")
    return (before, True) if before is not None else (after, False)


def _walk(
    call: Call,
    resource: Resource,
    index: str,
    prefix: tuple[Any, ...],
    cursor: Document | None,
    high: float,
    backwards: bool,
) -> Iterator[Document]:
    """The objects from the cursor on (without it), newest first, or oldest first if ``backwards``."""
    table = call.state.table(resource.spec)
    start: tuple[Any, ...] | None = None
    if cursor is not None:
        start = (*prefix, cursor["created"], cursor["_n"], cursor["id"])
    elif high != _EVER:
        start = (*prefix, high + 1)
    for key in table.find(index, *prefix, start=start, reverse=not backwards):
        if cursor is None or key != cursor["id"]:
            yield table[key]


_EVER: Final = float("inf")


def _bounds(created: Any) -> tuple[float, float]:
    if created is None:
        return -_EVER, _EVER
    if isinstance(created, int):
        return created, created
    low, high = -_EVER, _EVER
    low = max(low, created.get("gte", low), created["gt"] + 1 if "gt" in created else low)
    high = min(high, created.get("lte", high), created["lt"] - 1 if "lt" in created else high)
    return low, high
