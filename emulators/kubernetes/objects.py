"""The objects of a cluster: stored without their resource versions, with a log of every change for watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from falsefront.kernel.state import Index, State, TableSpec

from . import triggers

Object: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str, str]
"""Storage name, namespace ("" for cluster scope), name."""


def _owners(key: Any, document: Any) -> Iterable[tuple[Any, ...]]:
    return dict.fromkeys((owner.get("uid", ""),) for owner in document["metadata"].get("ownerReferences", ()))


def _labels(key: Any, document: Any) -> Iterable[tuple[Any, ...]]:
    storage, namespace, _ = key
    labels = document["metadata"].get("labels") or {}
    return [(storage, label, str(value), namespace) for label, value in labels.items()]


def _node(key: Any, document: Any) -> Iterable[tuple[Any, ...]]:
    """Pods by their node; those that have none yet are under the empty name."""
    return [(document.get("spec", {}).get("nodeName", ""),)] if key[0] == "pods" else ()


def _claims(key: Any, document: Any) -> Iterable[tuple[Any, ...]]:
    """The cluster IP and the node ports that a service holds."""
    if key[0] != "services":
        return ()
    spec = document.get("spec", {})
    address = spec.get("clusterIP", "")
    held = [("address", address)] if address not in ("", "None") else []
    return [*held, *(("port", str(port["nodePort"])) for port in spec.get("ports", ()) if port.get("nodePort"))]


def _involved(key: Any, document: Any) -> Iterable[tuple[Any, ...]]:
    if key[0] == "events" and (uid := document.get("involvedObject", {}).get("uid")):
        return [(uid,)]
    return ()


OBJECTS: Final = TableSpec(
    "kubernetes.objects",
    indexes=(
        Index("owner", _owners),
        Index("label", _labels),
        Index("node", _node),
        Index("involved", _involved),
        Index("claim", _claims),
    ),
)
VERSIONS: Final = TableSpec("kubernetes.versions", content=False)
LOG: Final = TableSpec("kubernetes.log", content=False)
META: Final = TableSpec("kubernetes.meta", content=False)
TABLES: Final = (OBJECTS, VERSIONS, LOG, META)

FIRST_REVISION: Final = 200
KEPT: Final = 2000
"""How many changes a watch may look back."""

_FOLLOWERS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "pods": (("services", "endpoints.reconcile"), ("poddisruptionbudgets.policy", "poddisruptionbudgets.reconcile")),
    "poddisruptionbudgets.policy": (("poddisruptionbudgets.policy", "poddisruptionbudgets.reconcile"),),
}
"""Whose controllers look at a namespace again when objects of a kind change in it, if it has any of theirs."""
_UNCOUNTED: Final = frozenset({"events", "endpoints", "endpointslices.discovery.k8s.io"})

_METADATA: Final = (
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)


def timestamp(at: datetime) -> str:
    """World time as the API writes it: whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def with_version(document: Mapping[str, Any], version: int) -> Object:
    """An object as clients see it: metadata in its usual order, with its resource version."""
    stored: Mapping[str, Any] = document["metadata"]
    metadata: Object = {}
    for field in _METADATA:
        if field == "resourceVersion":
            metadata[field] = str(version)
        elif field in stored:
            metadata[field] = stored[field]
    return {**document, "metadata": metadata}


def ordered(document: Mapping[str, Any]) -> Object:
    """kind, apiVersion and metadata first, status last."""
    first = {field: document[field] for field in ("kind", "apiVersion", "metadata") if field in document}
    rest = {field: value for field, value in document.items() if field not in first and field != "status"}
    last = {"status": document["status"]} if "status" in document else {}
    return {**first, **rest, **last}


class Objects:
    """The objects as one open transaction sees them. Documents that come out are never to be changed in place."""

    __slots__ = ("_log", "_meta", "_objects", "_versions", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self._objects = state.table(OBJECTS)
        self._versions = state.table(VERSIONS)
        self._log = state.table(LOG)
        self._meta = state.table(META)

    # Revisions

    @property
    def revision(self) -> int:
        """The revision of the last change; every change makes the next one, whatever its kind."""
        found: int | None = self._meta.get("revision")
        return FIRST_REVISION if found is None else found

    @property
    def begun(self) -> bool:
        """Whether the cluster has been set up."""
        return "revision" in self._meta

    @property
    def floor(self) -> int:
        """The oldest revision from which a watch can go on."""
        found: int | None = self._meta.get("floor")
        return FIRST_REVISION if found is None else found

    def forget(self) -> None:
        """Drop the log: watches can go on only from here."""
        for revision, _ in list(self._log.scan()):
            self._log.delete(revision)
        self._meta.put("floor", self.revision)

    def _advance(self, kind: str, key: Key, document: Object, before: Object | None) -> None:
        revision = self.revision + 1
        entry = {
            "type": kind,
            "key": key,
            "object": document,
            "before": before,
            "beforeVersion": self._versions.get(key),
        }
        self._log.put(revision, entry)
        if revision - self.floor > KEPT:
            floor = revision - KEPT
            self._log.delete(floor)
            self._meta.put("floor", floor)
        self._meta.put("revision", revision)
        if kind == "DELETED":
            self._versions.delete(key)
        else:
            self._versions.put(key, revision)

    def _follow(self, key: Key) -> None:
        """Wake the controllers that count the objects of a namespace."""
        storage, namespace, _ = key
        if not namespace:
            return
        followers = _FOLLOWERS.get(storage, ())
        if storage not in _UNCOUNTED:
            followers = (*followers, ("resourcequotas", "resourcequotas.reconcile"))
        for follower, operation in followers:
            if next(self.scan(follower, namespace), None) is not None:
                triggers.wake(self.state, operation, namespace, "")

    # Reading

    def get(self, storage: str, namespace: str, name: str) -> Object | None:
        """An object without its resource version."""
        found: Object | None = self._objects.get((storage, namespace, name))
        return found

    def version(self, key: Key) -> int:
        """The revision at which an object last changed."""
        found: int = self._versions.get(key) or 0
        return found

    def shown(self, key: Key) -> Object | None:
        """An object as clients see it."""
        document = self._objects.get(key)
        return None if document is None else with_version(document, self.version(key))

    def scan(self, storage: str, namespace: str = "", after: str = "") -> Iterator[tuple[Key, Object]]:
        """Objects in order of namespace and name, of one namespace or of all; ``after`` is ``namespace/name``."""
        start: tuple[str, ...] = (storage, namespace, "")
        if after:
            start = (storage, *after.split("/", 1))
        for key, document in self._objects.scan(start):
            if key[0] != storage or (namespace and key[1] != namespace):
                return
            if after and f"{key[1]}/{key[2]}" <= after and (key[1], key[2]) <= tuple(after.split("/", 1)):
                continue
            yield key, document

    def labelled(self, storage: str, label: str, value: str, namespace: str) -> Iterator[tuple[Key, Object]]:
        """The objects that carry a label, in order of namespace and name."""
        prefix = (storage, label, value, namespace) if namespace else (storage, label, value)
        for key in self._objects.find("label", *prefix):
            yield key, self._objects[key]

    def owned(self, uid: str) -> list[tuple[Key, Object]]:
        """The objects that name ``uid`` as an owner."""
        return [(key, self._objects[key]) for key in self._objects.find("owner", uid)]

    def on_node(self, node: str) -> list[tuple[Key, Object]]:
        """The pods bound to a node, or to none."""
        return [(key, self._objects[key]) for key in self._objects.find("node", node)]

    def count_on_node(self, node: str) -> int:
        """How many pods are bound to a node."""
        return sum(1 for _ in self._objects.find("node", node))

    def holder(self, kind: str, value: str) -> Key | None:
        """The service that holds a cluster IP (``address``) or a node port (``port``)."""
        return next(self._objects.find("claim", kind, value), None)

    def events_about(self, uid: str) -> list[tuple[Key, Object]]:
        """The events about an object."""
        return [(key, self._objects[key]) for key in self._objects.find("involved", uid)]

    def changes(self, after: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Every change after a revision, oldest first."""
        for revision, change in self._log.scan(after + 1):
            # An imported log has lists for tuples.
            yield revision, {**change, "key": tuple(change["key"])}

    # Writing

    def create(self, key: Key, document: Object) -> Object:
        """Store a new object; gives it as clients see it."""
        self._objects.put(key, document)
        self._advance("ADDED", key, document, None)
        triggers.changed(self.state, key, None, document)
        self._follow(key)
        return with_version(document, self.revision)

    def update(self, key: Key, document: Object) -> Object:
        """Store a changed object; one that is the same keeps its version."""
        before = self._objects[key]
        if before == document:
            return with_version(before, self.version(key))
        self._objects.put(key, document)
        self._advance("MODIFIED", key, document, before)
        triggers.changed(self.state, key, before, document)
        self._follow(key)
        return with_version(document, self.revision)

    def remove(self, key: Key, document: Object | None = None) -> Object:
        """Remove an object; gives its last state, with the revision of its end."""
        before = self._objects[key]
        last = document or before
        self._objects.delete(key)
        self._advance("DELETED", key, last, before)
        triggers.changed(self.state, key, last, None)
        self._follow(key)
        uid = last["metadata"].get("uid", "")
        if next(self._objects.find("owner", uid), None) is not None:
            triggers.wake(self.state, "garbage.collect", key[1], key[2], uid=uid, kind=key[0])
        return with_version(last, self.revision)
