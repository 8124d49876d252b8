"""ReplicaSets: as many pods as are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.operation import Failure
from falsefront.kernel.state import State

from ..api.selectors import LabelSelector, from_object
from ..objects import Key, Object
from ..shape import Shape
from ..triggers import wake
from .cluster import Cluster, condition, controller_of, is_active, is_ready, owner_reference

_COMPONENT: Final = "replicaset-controller"
_LONGEST: Final = 600
BURST: Final = 200
"""The most pods of one owner that wait for a node: the rest are made as these find one, so that no wish is endless."""


def reconcile(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Adopt, release, create and delete pods until there are as many as wanted."""
    cluster = Cluster(shape, state)
    key = ("replicasets.apps", args["namespace"], args["name"])
    found = cluster.objects.get(*key)
    if found is None:
        return
    refused = ""
    if not found["metadata"].get("deletionTimestamp"):
        pods = _claim(cluster, found)
        refused = _manage(cluster, found, pods)
    if refused:
        wake(state, "replicasets.reconcile", key[1], key[2], patience(cluster, found))
    _report(cluster, key, found, refused)


def patience(cluster: Cluster, owner: Object) -> timedelta:
    """How long to wait after the API has refused a pod: longer each time."""
    times = cluster.state.ids.counter(f"kubernetes.refused/{owner['metadata']['uid']}")
    return timedelta(seconds=min(10 * 2 ** min(times - 1, 10), _LONGEST))


def _claim(cluster: Cluster, owner: Object) -> list[tuple[Key, Object]]:
    """The pods that are this set's own: strays are adopted, those whose labels have changed let go."""
    selector = from_object(owner["spec"].get("selector"))
    for key, pod in cluster.owned(owner, "pods"):
        if not selector.matches(pod):
            others = [o for o in pod["metadata"]["ownerReferences"] if o["uid"] != owner["metadata"]["uid"]]
            cluster.change(key, metadata={"ownerReferences": others})
    for key, pod in _matching(cluster, owner["metadata"]["namespace"], selector):
        if controller_of(pod) is None and is_active(pod):
            owners = [*pod["metadata"].get("ownerReferences", []), owner_reference(owner)]
            cluster.change(key, metadata={"ownerReferences": owners})
    return [(key, pod) for key, pod in cluster.owned(owner, "pods") if is_active(pod)]


def _matching(cluster: Cluster, namespace: str, selector: LabelSelector) -> list[tuple[Key, Object]]:
    label = selector.equality
    rows = cluster.objects.labelled("pods", *label, namespace) if label else cluster.objects.scan("pods", namespace)
    return [(key, pod) for key, pod in rows if selector.matches(pod)]


def _manage(cluster: Cluster, owner: Object, pods: list[tuple[Key, Object]]) -> str:
    """Create or delete what is missing or too much; why the API refused a pod, if it did."""
    missing = owner["spec"].get("replicas", 0) - len(pods)
    for _ in range(room(missing, [pod for _, pod in pods])):
        try:
            create_pod(cluster, owner, {"generateName": owner["metadata"]["name"] + "-"}, _COMPONENT)
        except Failure as failure:
            return failure.message
    if missing < 0:
        for key, pod in sorted(pods, key=lambda row: _rank(row[1]))[:-missing]:
            cluster.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}", _COMPONENT)
            cluster.delete(key)
    return ""


def room(missing: int, pods: Sequence[Object]) -> int:
    """How many of an owner's missing pods may be made now."""
    return min(missing, BURST - sum(not pod["spec"].get("nodeName") for pod in pods))


def _rank(pod: Object) -> tuple[Any, ...]:
    """Which pods go first: unbound, pending, not ready, then the newest."""
    phases = {"Pending": 0, "Unknown": 1, "Running": 2}
    created = pod["metadata"]["creationTimestamp"]
    newest_first = tuple(-ord(letter) for letter in created)
    phase = pod.get("status", {}).get("phase", "Pending")
    return (
        bool(pod["spec"].get("nodeName")),
        phases.get(phase, 0),
        is_ready(pod),
        newest_first,
        pod["metadata"]["name"],
    )


def create_pod(
    cluster: Cluster, owner: Object, names: Mapping[str, Any], component: str, labels: Mapping[str, str] | None = None
) -> Object:
    """A pod of an owner's template, with an event. Raises a Status failure if the API refuses it."""
    template: Mapping[str, Any] = owner["spec"].get("template", {})
    metadata: Object = {**names}
    for field in ("labels", "annotations", "finalizers"):
        if template.get("metadata", {}).get(field):
            metadata[field] = template["metadata"][field]
    if labels:
        metadata["labels"] = {**metadata.get("labels", {}), **labels}
    metadata["ownerReferences"] = [owner_reference(owner)]
    namespace = owner["metadata"]["namespace"]
    document: Object = {"metadata": metadata, "spec": template.get("spec", {})}
    try:
        pod = cluster.create("pods", namespace, document, "kube-controller-manager")
    except Failure as failure:
        cluster.event(owner, "Warning", "FailedCreate", f"Error creating: {failure.message}", component)
        raise
    cluster.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", component)
    return pod


def _report(cluster: Cluster, key: Key, owner: Object, refused: str) -> None:
    rows = cluster.owned(owner, "pods")
    active = [pod for _, pod in rows if is_active(pod)]
    ready = sum(is_ready(pod) for pod in active)
    found: Object = {"replicas": len(active)}
    if active:
        found["fullyLabeledReplicas"] = len(active)
    if ready:
        found["readyReplicas"] = ready
        found["availableReplicas"] = ready
    found["observedGeneration"] = owner["metadata"].get("generation", 1)
    found["terminatingReplicas"] = sum("deletionTimestamp" in pod["metadata"] for _, pod in rows)
    if refused:
        before = condition(owner, "ReplicaFailure")
        since = before["lastTransitionTime"] if before else cluster.now
        found["conditions"] = [
            {
                "type": "ReplicaFailure",
                "status": "True",
                "lastTransitionTime": since,
                "reason": "FailedCreate",
                "message": refused,
            }
        ]
    cluster.put_status(key, found)
