"""Events: what happened to the account's objects."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from ..call import Call
from ..errors import refuse
from ..lists import DATED, page
from ..resource import EVENTS, Document
from ..route import WORDS, Route, refused
from ..shape import Shape, text

_LIST: Final = Shape({**DATED, "type": text(fixed=True), "types": WORDS, **refused("delivery_success")})


def list_(call: Call) -> Mapping[str, Any]:
    """List events, newest first; ``type`` may end in ``.*``."""
    kind, types = call.params.get("type"), call.params.get("types")
    if kind is not None and types is not None:
        raise refuse("You may only specify one of these parameters: type, types.", param="type")
    exact = kind is not None and "*" not in kind

    def keep(doc: Document) -> bool:
        if types is not None:
            return doc["type"] in types
        return kind is None or fnmatchcase(doc["type"], kind)

    return page(call, EVENTS, {"type": kind} if exact else None, keep)


ROUTES: Final = (
    Route(
        "events.retrieve",
        "GET",
        "/v1/events/{id}",
        lambda call: call.find(EVENTS, call.id),
        "Retrieve an event.",
        gives="event",
    ),
    Route("events.list", "GET", "/v1/events", list_, "List events.", _LIST, "event", many=True),
)
