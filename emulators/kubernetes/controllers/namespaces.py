"""Namespaces: furnished when they are new, emptied when they go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.state import State

from ..bootstrap import furnish
from ..objects import Key, Object
from ..shape import Shape
from ..triggers import wake
from .cluster import Cluster

_AGAIN: Final = timedelta(milliseconds=600)
_BLOCKED: Final = timedelta(seconds=15)
_KEPT: Final = frozenset({"events"})


def reconcile(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Furnish a namespace, or take one step in deleting it."""
    cluster = Cluster(shape, state)
    key = ("namespaces", "", args["name"])
    found = cluster.objects.get(*key)
    if found is None:
        return
    if not found["metadata"].get("deletionTimestamp"):
        furnish(cluster.objects, args["name"])
        return
    remaining = _empty(cluster, args["name"])
    if not remaining:
        cluster.objects.remove(key, {**found, "spec": {}})
        return
    _report(cluster, key, found, remaining)
    blocked = all(document["metadata"].get("finalizers") for _, document in remaining)
    wake(state, "namespaces.reconcile", "", args["name"], _BLOCKED if blocked else _AGAIN)


def _empty(cluster: Cluster, namespace: str) -> list[tuple[Key, Object]]:
    """Delete everything in a namespace; what is left has to be waited for."""
    storages = list(dict.fromkeys(r.storage for r in cluster.shape.resources if r.namespaced and "list" in r.verbs))
    for storage in sorted(storages, key=lambda name: name in _KEPT):
        for key, document in list(cluster.objects.scan(storage, namespace)):
            if not document["metadata"].get("deletionTimestamp"):
                cluster.delete(key)
    return [row for storage in storages for row in cluster.objects.scan(storage, namespace)]


def _report(cluster: Cluster, key: Key, found: Object, remaining: list[tuple[Key, Object]]) -> None:
    counts = Counter(row[0] for row, _ in remaining)
    finalizers = Counter(name for _, document in remaining for name in document["metadata"].get("finalizers", ()))
    content = ", ".join(f"{storage}. has {count} resource instances" for storage, count in sorted(counts.items()))
    held = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
    said = (
        ("NamespaceDeletionDiscoveryFailure", False, "ResourcesDiscovered", "All resources successfully discovered"),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            False,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "NamespaceDeletionContentFailure",
            False,
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("NamespaceContentRemaining", True, "SomeResourcesRemain", f"Some resources are remaining: {content}"),
        (
            "NamespaceFinalizersRemaining",
            bool(finalizers),
            "SomeFinalizersRemain" if finalizers else "ContentHasNoFinalizers",
            f"Some content in the namespace has finalizers remaining: {held}"
            if finalizers
            else "All content-preserving finalizers finished",
        ),
    )
    before = {entry["type"]: entry for entry in found.get("status", {}).get("conditions", ())}
    conditions: list[Object] = []
    for kind, true, reason, message in said:
        value = "True" if true else "False"
        known = before.get(kind)
        since = known["lastTransitionTime"] if known and known["status"] == value else cluster.now
        conditions.append(
            {"type": kind, "status": value, "lastTransitionTime": since, "reason": reason, "message": message}
        )
    status = {"phase": "Terminating", "conditions": conditions}
    if found.get("status") != status:
        cluster.objects.update(key, {**found, "status": status})
        # Its own change is no reason to look again at once.
