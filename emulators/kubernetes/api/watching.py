"""Watches: where one begins, and which events of the log it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects import Object, Objects, with_version
from ..views import present
from . import status
from .reading import Selection, check_future, parse_revision, selection, walk
from .session import Result, Session
from .status import Cause


def start(session: Session) -> Result:
    """The revision to watch from, with the events that come first.

    ``{"revision", "events", "error"}``: an ``error`` is a Status to be sent as the stream's only event.
    """
    options = session.call.options
    chosen = selection(session)
    asked = options.get("resourceVersion", "")
    wants_initial = options.get("sendInitialEvents")
    if wants_initial is not None and options.get("resourceVersionMatch") != "NotOlderThan":
        text = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise status.invalid(
            "meta.k8s.io", "ListOptions", "", [Cause("FieldValueForbidden", text, "resourceVersionMatch")]
        )
    revision = parse_revision(asked)
    check_future(session, revision)
    objects = session.objects
    initial = wants_initial == "true" or (wants_initial is None and not revision)
    if not initial:
        if revision == 0:
            revision = objects.revision
        if revision < objects.floor:
            return session.result({"revision": revision, "events": [], "error": expired(revision, objects.floor)})
        return session.result({"revision": revision, "events": []})
    events = [
        {"type": "ADDED", "object": present(session.resource, with_version(document, version))}
        for _, document, version in walk(session, chosen)
    ]
    if wants_initial == "true" and options.get("allowWatchBookmarks") in ("true", "1"):
        mark = bookmark(session, objects.revision)
        mark["object"]["metadata"]["annotations"] = {"k8s.io/initial-events-end": "true"}
        events.append(mark)
    return session.result({"revision": objects.revision, "events": events})


def bookmark(session: Session, revision: int) -> dict[str, Any]:
    """An event that only says how far a watch has come."""
    resource = session.resource
    metadata = {"resourceVersion": str(revision), "creationTimestamp": None}
    found: Object = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    return {"type": "BOOKMARK", "object": found}


def expired(revision: int, floor: int) -> dict[str, Any]:
    """The Status of a watch that asks for what is forgotten."""
    return status.render(status.error(410, "Expired", f"too old resource version: {revision} ({floor})"))


def events_after(
    objects: Objects, session: Session, chosen: Selection, revision: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The events of the log that a watch shows, each with its revision."""
    storage = session.resource.storage
    for at, change in objects.changes(revision):
        if change["key"][0] == storage and (event := _event(session, chosen, at, change)) is not None:
            yield at, event


def _event(session: Session, chosen: Selection, revision: int, change: Mapping[str, Any]) -> dict[str, Any] | None:
    """One change as the watch sees it: an object may come into its selection, or leave it."""
    key, document = change["key"], change["object"]
    before: Object | None = change["before"]
    was = before is not None and chosen.matches(key, before)
    is_now = change["type"] != "DELETED" and chosen.matches(key, document)
    if not was and not is_now:
        return None
    kind = "DELETED" if not is_now else "MODIFIED" if was else "ADDED"
    if kind == "DELETED" and change["type"] != "DELETED" and before is not None:
        document = before
    return {"type": kind, "object": present(session.resource, with_version(document, revision))}
