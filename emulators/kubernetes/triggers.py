"""Which controller looks at what after a change: each is woken by a timer that falls due at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.state import State

_NOW: Final = timedelta(0)
_WORKLOADS: Final = {
    "deployments.apps": "deployments.reconcile",
    "replicasets.apps": "replicasets.reconcile",
    "statefulsets.apps": "statefulsets.reconcile",
    "daemonsets.apps": "daemonsets.reconcile",
    "jobs.batch": "jobs.reconcile",
    "services": "services.reconcile",
}
_KINDS: Final = {
    "Deployment": "deployments.reconcile",
    "ReplicaSet": "replicasets.reconcile",
    "StatefulSet": "statefulsets.reconcile",
    "DaemonSet": "daemonsets.reconcile",
    "Job": "jobs.reconcile",
}


def wake(state: State, operation: str, namespace: str, name: str, due: timedelta = _NOW, **args: Any) -> None:
    """Run a controller's operation on one object, soon or at ``due``."""
    found = {"namespace": namespace, "name": name, **args}
    state.timers.set(f"kubernetes/{operation}/{namespace}/{name}", due, "kubernetes", operation, found)


def changed(
    state: State, key: tuple[str, str, str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    """Wake whoever watches objects of this kind."""
    storage, namespace, name = key
    document = after or before or {}
    if operation := _WORKLOADS.get(storage):
        # A status is what a controller itself says: no reason to look again.
        if after is not None and (before is None or _wish(before) != _wish(after)):
            wake(state, operation, namespace, name)
    elif storage == "pods":
        _pod(state, namespace, name, before, after)
    elif storage == "namespaces":
        if after is not None:
            wake(state, "namespaces.reconcile", "", name)
    elif storage == "nodes":
        wake(state, "nodes.reconcile", "", name)
    if storage in ("replicasets.apps", "pods", "jobs.batch"):
        for owner in document["metadata"].get("ownerReferences", ()):
            if owner.get("controller") and (operation := _KINDS.get(owner.get("kind", ""))):
                wake(state, operation, namespace, owner.get("name", ""))


def _wish(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return {field: value for field, value in document.items() if field != "status"}


def _pod(
    state: State, namespace: str, name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    if after is not None and not after["metadata"].get("deletionTimestamp") and not after["spec"].get("nodeName"):
        wake(state, "pods.schedule", namespace, name)
    elif (
        after is not None and before is not None and before["spec"].get("nodeName") != after["spec"].get("nodeName")
    ) or (after is not None and before is not None and _images(before) != _images(after)):
        wake(state, "pods.sync", namespace, name)


def _images(pod: Mapping[str, Any]) -> list[Any]:
    return [container.get("image") for container in pod["spec"].get("containers", ())]
