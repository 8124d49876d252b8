"""Garbage collection: what outlives its owners, and owners that wait for what they own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.state import State

from ..api.writing import settle
from ..objects import Key, Object
from ..shape import Shape
from ..triggers import wake
from .cluster import Cluster

_AGAIN: Final = timedelta(milliseconds=600)


def collect(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """An object is gone: so are those that it alone owned."""
    cluster = Cluster(shape, state)
    gone = args["uid"]
    for key, document in cluster.objects.owned(gone):
        others = [owner for owner in document["metadata"]["ownerReferences"] if owner.get("uid") != gone]
        if others:
            cluster.change(key, metadata={"ownerReferences": others})
        elif not document["metadata"].get("deletionTimestamp"):
            cluster.delete(key, {"propagationPolicy": "Background"} if _held(document) else {})


def _held(document: Object) -> bool:
    return bool({"orphan", "foregroundDeletion"} & set(document["metadata"].get("finalizers", ())))


def finalize(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """An object waits for its dependents: to be gone, or to be let go."""
    cluster = Cluster(shape, state)
    key = (args["kind"], args["namespace"], args["name"])
    document = cluster.objects.get(*key)
    if document is None or not document["metadata"].get("deletionTimestamp"):
        return
    uid = document["metadata"]["uid"]
    dependents = cluster.objects.owned(uid)
    if "orphan" in document["metadata"].get("finalizers", ()):
        for dependent, found in dependents:
            others = [owner for owner in found["metadata"]["ownerReferences"] if owner.get("uid") != uid]
            cluster.change(dependent, metadata={"ownerReferences": others})
        _release(cluster, key, "orphan")
        return
    for dependent, found in dependents:
        if not found["metadata"].get("deletionTimestamp"):
            cluster.delete(dependent, {"propagationPolicy": "Foreground"} if dependent[0] != "pods" else {})
    blocking = [
        found
        for _, found in cluster.objects.owned(uid)
        if any(o.get("uid") == uid and o.get("blockOwnerDeletion") for o in found["metadata"]["ownerReferences"])
    ]
    if blocking:
        wake(state, "garbage.finalize", args["namespace"], args["name"], _AGAIN, kind=args["kind"])
    else:
        _release(cluster, key, "foregroundDeletion")


def _release(cluster: Cluster, key: Key, finalizer: str) -> None:
    document = cluster.objects.get(*key)
    if document is None:
        return
    left = [name for name in document["metadata"].get("finalizers", ()) if name != finalizer]
    metadata = {name: value for name, value in document["metadata"].items() if name != "finalizers"}
    if left:
        metadata["finalizers"] = left
    session = cluster.session(key[0], key[1], key[2], "update", "")
    settle(session, key, {**document, "metadata": metadata})
