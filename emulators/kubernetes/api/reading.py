"""get and list, with selectors, pages and resource versions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ..objects import Key, Object, with_version
from ..views import present
from . import status
from .selectors import FieldSelector, LabelSelector, parse_fields, parse_labels
from .session import Result, Session
from .status import Cause

_EXPIRED: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a resource a list, a watch or a deletion is about."""

    labels: LabelSelector
    fields: FieldSelector
    namespace: str
    name: str

    def matches(self, key: Key, document: Object) -> bool:
        if self.namespace and key[1] != self.namespace:
            return False
        if self.name and key[2] != self.name:
            return False
        return self.labels.matches(document) and self.fields.matches(document)


def selection(session: Session) -> Selection:
    """What the call selects. Raises a Status failure (400) for a selector that cannot be read."""
    call = session.call
    labels = parse_labels(call.options.get("labelSelector", ""))
    fields = parse_fields(call.options.get("fieldSelector", ""), session.resource)
    name = call.name or fields.equal("metadata.name") or ""
    namespace = call.namespace or (fields.equal("metadata.namespace") or "" if session.resource.namespaced else "")
    return Selection(labels, fields, namespace, name)


def get(session: Session) -> Result:
    """Read one object. Raises a Status failure (404)."""
    found = session.objects.shown(session.key)
    if found is None:
        raise status.not_found(session.resource, session.call.name)
    return session.result(present(session.resource, found))


def list_(session: Session) -> Result:
    """A page of a list, at the revision that its first page had."""
    chosen = selection(session)
    call = session.call
    revision = _revision(session)
    after = ""
    if token := call.options.get("continue"):
        revision, after = _continued(session, token)
    limit = _whole(call.options.get("limit", "0"), "limit")
    items: list[Any] = []
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    last = ""
    matching = walk(session, chosen, after, revision)
    for key, document, version in matching:
        if limit and len(items) == limit:
            metadata["continue"] = _token(revision, last, chosen.namespace)
            if not chosen.labels and not chosen.fields:
                metadata["remainingItemCount"] = 1 + sum(1 for _ in matching)
            break
        item = present(session.resource, with_version(document, version))
        del item["kind"], item["apiVersion"]
        items.append(item)
        last = f"{key[1]}/{key[2]}"
    resource = session.resource
    return session.result(
        {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version,
            "metadata": metadata,
            "items": items,
        }
    )


def walk(
    session: Session, chosen: Selection, after: str = "", revision: int | None = None
) -> Iterator[tuple[Key, Object, int]]:
    """The selected objects with their versions, in order, as they were at ``revision``."""
    objects = session.objects
    storage = session.resource.storage
    if revision is not None and revision < objects.revision:
        yield from _walk_back(session, chosen, after, revision)
        return
    if chosen.name and (chosen.namespace or not session.resource.namespaced):
        document = objects.get(storage, chosen.namespace, chosen.name)
        rows: Iterator[tuple[Key, Object]] = iter(
            () if document is None else [((storage, chosen.namespace, chosen.name), document)]
        )
    elif (label := chosen.labels.equality) and not after:
        rows = objects.labelled(storage, *label, chosen.namespace)
    else:
        rows = objects.scan(storage, chosen.namespace, after)
    for key, document in rows:
        if chosen.matches(key, document):
            yield key, document, objects.version(key)


def _walk_back(session: Session, chosen: Selection, after: str, revision: int) -> Iterator[tuple[Key, Object, int]]:
    """The same at an older revision: what changed since is undone, newest first."""
    objects = session.objects
    storage = session.resource.storage
    rows = {key: (document, objects.version(key)) for key, document in objects.scan(storage, chosen.namespace)}
    for _, change in reversed(list(objects.changes(revision))):
        key = change["key"]
        if key[0] != storage:
            continue
        if change["type"] == "ADDED":
            rows.pop(key, None)
        else:
            rows[key] = (change["before"], change["beforeVersion"])
    start = tuple(after.split("/", 1)) if after else ("", "")
    for key in sorted(rows):
        document, version = rows[key]
        if key[1:] > start and chosen.matches(key, document):
            yield key, document, version


def _revision(session: Session) -> int:
    """The revision to list at; the present one unless the call asks for an exact one."""
    options = session.call.options
    asked, match = options.get("resourceVersion", ""), options.get("resourceVersionMatch", "")
    if match and not asked:
        text = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise status.invalid(
            "meta.k8s.io", "ListOptions", "", [Cause("FieldValueForbidden", text, "resourceVersionMatch")]
        )
    revision = parse_revision(asked)
    check_future(session, revision)
    if match == "Exact" and revision:
        if revision < session.objects.floor:
            text = f"The provided resource version is too old: {revision} ({session.objects.floor})"
            raise status.error(410, "Expired", text)
        return revision
    return session.objects.revision


def parse_revision(text: str) -> int:
    """A resource version as a query parameter. Raises a Status failure (400)."""
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()):
        raise _bad_revision(text, "invalid syntax")
    if len(text) > 20 or (revision := int(text)) >= 1 << 64:
        raise _bad_revision(text, "value out of range")
    return revision


def _bad_revision(text: str, why: str) -> Exception:
    return status.bad_request(
        f'invalid resource version: resourceVersion: Invalid value: "{text}": strconv.ParseUint: '
        f'parsing "{text}": {why}'
    )


def check_future(session: Session, revision: int) -> None:
    """Refuse a revision that has not come yet. Raises a Status failure (504)."""
    current = session.objects.revision
    if revision > current:
        cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
        raise status.error(
            504,
            "Timeout",
            f"Timeout: Too large resource version: {revision}, current: {current}",
            {"causes": [cause], "retryAfterSeconds": 1},
            retry_after=1,
        )


def _whole(text: str, name: str) -> int:
    try:
        return max(0, int(text))
    except ValueError:
        raise status.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _token(revision: int, last: str, namespace: str) -> str:
    start = last.split("/", 1)[1] if namespace or last.startswith("/") else last
    data = orjson.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": f"{start}\0"})
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _continued(session: Session, token: str) -> tuple[int, str]:
    """The revision and place at which a list goes on. Raises a Status failure: 400, or 410 once it is too old."""
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise status.bad_request("continue key is not valid: illegal base64 data at input byte 0") from None
    try:
        found = orjson.loads(data)
        revision, start = int(found["rv"]), str(found["start"])
    except (ValueError, KeyError, TypeError):
        shown = data[:1].decode("latin-1")
        # The real server reads the token's first byte and stops there.
        why = f"continue key is not valid: invalid character '{shown}' looking for beginning of value"
        raise status.bad_request(f"invalid continue token: {why}") from None
    start = start.rstrip("\0")
    namespaced = session.resource.namespaced
    after = start if namespaced and not session.call.namespace else f"{session.call.namespace}/{start}"
    if revision == -1:
        return session.objects.revision, after
    if revision < session.objects.floor:
        data = orjson.dumps({"v": "meta.k8s.io/v1", "rv": -1, "start": f"{start}\0"})
        fresh = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        raise status.error(410, "Expired", _EXPIRED, metadata={"continue": fresh})
    return revision, after
