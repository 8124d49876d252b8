"""StatefulSets, one pod after the other, and DaemonSets, one pod per node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.operation import Failure
from falsefront.kernel.state import State

from ..objects import Key, Object
from ..shape import Shape
from ..triggers import wake
from .cluster import Cluster, is_active, is_ready, owner_reference
from .hashing import template_hash
from .replicasets import patience, room
from .scheduler import tolerates

_STATEFUL: Final = "statefulset-controller"
_DAEMON: Final = "daemonset-controller"
_HASH: Final = "controller-revision-hash"


def reconcile_stateful(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Bring a stateful set's pods up in order, and down in the opposite one."""
    cluster = Cluster(shape, state)
    key = ("statefulsets.apps", args["namespace"], args["name"])
    found = cluster.objects.get(*key)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    mark = f"{key[2]}-{template_hash(found['spec']['template'])}"
    replicas = found["spec"].get("replicas", 1)
    ordered = found["spec"].get("podManagementPolicy") != "Parallel"
    pods = {pod["metadata"]["name"]: pod for _, pod in cluster.owned(found, "pods")}
    if _grow(cluster, found, pods, mark, replicas, ordered=ordered) and _shrink(cluster, found, pods, replicas):
        _renew(cluster, found, pods, mark, replicas)
    _report_stateful(cluster, key, found, mark)


def _grow(
    cluster: Cluster, owner: Object, pods: Mapping[str, Object], mark: str, replicas: int, *, ordered: bool
) -> bool:
    """Whether every wanted pod is there, and ready where order counts."""
    name = owner["metadata"]["name"]
    complete = True
    left = room(replicas, list(pods.values()))
    for number in range(replicas):
        pod = pods.get(f"{name}-{number}")
        if pod is None:
            if left <= 0:
                return False
            left -= 1
            _make_stateful(cluster, owner, f"{name}-{number}", number, mark)
            complete = False
        elif not is_ready(pod) or pod["metadata"].get("deletionTimestamp"):
            complete = False
        if not complete and ordered:
            return False
    return complete


def _make_stateful(cluster: Cluster, owner: Object, name: str, number: int, mark: str) -> None:
    template = owner["spec"].get("template", {})
    namespace = owner["metadata"]["namespace"]
    labels = {
        **template.get("metadata", {}).get("labels", {}),
        "apps.kubernetes.io/pod-index": str(number),
        _HASH: mark,
        "statefulset.kubernetes.io/pod-name": name,
    }
    spec = {**template.get("spec", {}), "hostname": name}
    if owner["spec"].get("serviceName"):
        spec["subdomain"] = owner["spec"]["serviceName"]
    volumes = list(spec.get("volumes", ()))
    for claim in owner["spec"].get("volumeClaimTemplates", ()):
        title = f"{claim['metadata']['name']}-{name}"
        volumes.append({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": title}})
        if cluster.objects.get("persistentvolumeclaims", namespace, title) is None:
            document = {"metadata": {"name": title, "labels": labels}, "spec": claim["spec"]}
            cluster.create("persistentvolumeclaims", namespace, document, "kube-controller-manager")
    if volumes:
        spec["volumes"] = volumes
    metadata: Object = {"name": name, "generateName": f"{owner['metadata']['name']}-", "labels": labels}
    metadata["ownerReferences"] = [owner_reference(owner)]
    kind = owner["metadata"]["name"]
    try:
        cluster.create("pods", namespace, {"metadata": metadata, "spec": spec}, "kube-controller-manager")
    except Failure as failure:
        text = f"Create Pod {name} in StatefulSet {kind} failed error: {failure.message}"
        cluster.event(owner, "Warning", "FailedCreate", text, _STATEFUL)
        wake(cluster.state, "statefulsets.reconcile", namespace, kind, patience(cluster, owner))
        return
    text = f"Create Pod {name} in StatefulSet {kind} successful"
    cluster.event(owner, "Normal", "SuccessfulCreate", text, _STATEFUL)


def _number(pod: Object) -> int:
    return int(pod["metadata"]["name"].rsplit("-", 1)[1])


def _shrink(cluster: Cluster, owner: Object, pods: Mapping[str, Object], replicas: int) -> bool:
    """Whether no pod is one too many; the last one goes first, one at a time."""
    surplus = sorted((pod for pod in pods.values() if _number(pod) >= replicas), key=_number, reverse=True)
    if not surplus:
        return True
    _drop(cluster, owner, surplus[0])
    return False


def _drop(cluster: Cluster, owner: Object, pod: Object) -> None:
    if pod["metadata"].get("deletionTimestamp"):
        return
    name = pod["metadata"]["name"]
    cluster.delete(("pods", pod["metadata"]["namespace"], name))
    text = f"Delete Pod {name} in StatefulSet {owner['metadata']['name']} successful"
    cluster.event(owner, "Normal", "SuccessfulDelete", text, _STATEFUL)


def _renew(cluster: Cluster, owner: Object, pods: Mapping[str, Object], mark: str, replicas: int) -> None:
    """Replace the last pod that is of an older template."""
    strategy = owner["spec"].get("updateStrategy", {})
    if strategy.get("type") == "OnDelete":
        return
    first = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    for pod in sorted(pods.values(), key=_number, reverse=True):
        if first <= _number(pod) < replicas and pod["metadata"]["labels"].get(_HASH) != mark:
            _drop(cluster, owner, pod)
            return


def _report_stateful(cluster: Cluster, key: Key, owner: Object, mark: str) -> None:
    pods = [pod for _, pod in cluster.owned(owner, "pods")]
    ready = sum(is_ready(pod) for pod in pods)
    updated = sum(pod["metadata"]["labels"].get(_HASH) == mark for pod in pods)
    before = owner.get("status", {})
    done = updated == len(pods) == owner["spec"].get("replicas", 1)
    status: Object = {
        "observedGeneration": owner["metadata"].get("generation", 1),
        "replicas": len(pods),
        "currentRevision": mark if done or "currentRevision" not in before else before["currentRevision"],
        "updateRevision": mark,
        "collisionCount": 0,
        "availableReplicas": ready,
    }
    counts = {
        "readyReplicas": ready,
        "currentReplicas": updated if done else len(pods) - updated,
        "updatedReplicas": updated,
    }
    status.update({name: count for name, count in counts.items() if count})
    cluster.put_status(key, status)


def reconcile_daemon(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """One pod on every node that takes it."""
    cluster = Cluster(shape, state)
    key = ("daemonsets.apps", args["namespace"], args["name"])
    found = cluster.objects.get(*key)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    mark = template_hash(found["spec"]["template"])
    nodes = [node for _, node in cluster.objects.scan("nodes") if _wanted(found, node)]
    pods = [pod for _, pod in cluster.owned(found, "pods") if is_active(pod)]
    here = {_target(pod): pod for pod in pods}
    names = {node["metadata"]["name"] for node in nodes}
    for name in sorted(names - set(here)):
        _make_daemon(cluster, found, name, mark)
    for name, pod in here.items():
        if name not in names:
            _delete_daemon(cluster, found, pod)
    if found["spec"].get("updateStrategy", {}).get("type") != "OnDelete":
        old = [pod for pod in pods if pod["metadata"]["labels"].get(_HASH) != mark]
        if old and all(is_ready(pod) for pod in pods):
            _delete_daemon(cluster, found, old[0])
    _report_daemon(cluster, key, found, len(names), mark)


def _wanted(owner: Object, node: Object) -> bool:
    spec = owner["spec"].get("template", {}).get("spec", {})
    labels = node["metadata"].get("labels", {})
    if any(labels.get(name) != value for name, value in (spec.get("nodeSelector") or {}).items()):
        return False
    return tolerates({"tolerations": [*spec.get("tolerations", ()), *_TOLERATED]}, node)


_TOLERATED: Final = [
    {"key": f"node.kubernetes.io/{taint}", "operator": "Exists", "effect": effect}
    for taint, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
]


def _target(pod: Object) -> str:
    terms = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return str(terms["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])


def _make_daemon(cluster: Cluster, owner: Object, node: str, mark: str) -> None:
    template = owner["spec"]["template"]
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    spec = {
        **template.get("spec", {}),
        "affinity": {"nodeAffinity": required},
        "tolerations": [*template.get("spec", {}).get("tolerations", ()), *_TOLERATED],
    }
    labels = {**template.get("metadata", {}).get("labels", {}), _HASH: mark, "pod-template-generation": "1"}
    metadata: Object = {
        "generateName": f"{owner['metadata']['name']}-",
        "labels": labels,
        "ownerReferences": [owner_reference(owner)],
    }
    namespace = owner["metadata"]["namespace"]
    try:
        pod = cluster.create("pods", namespace, {"metadata": metadata, "spec": spec}, "kube-controller-manager")
    except Failure as failure:
        cluster.event(owner, "Warning", "FailedCreate", f"Error creating: {failure.message}", _DAEMON)
        wake(cluster.state, "daemonsets.reconcile", namespace, owner["metadata"]["name"], patience(cluster, owner))
        return
    cluster.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", _DAEMON)


def _delete_daemon(cluster: Cluster, owner: Object, pod: Object) -> None:
    name = pod["metadata"]["name"]
    cluster.delete(("pods", pod["metadata"]["namespace"], name))
    cluster.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name}", _DAEMON)


def _report_daemon(cluster: Cluster, key: Key, owner: Object, wanted: int, mark: str) -> None:
    pods = [pod for _, pod in cluster.owned(owner, "pods") if is_active(pod)]
    ready = sum(is_ready(pod) for pod in pods)
    updated = sum(pod["metadata"]["labels"].get(_HASH) == mark for pod in pods)
    status: Object = {
        "currentNumberScheduled": len(pods),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": wanted,
        "numberReady": ready,
        "observedGeneration": owner["metadata"].get("generation", 1),
    }
    counts = {"updatedNumberScheduled": updated, "numberAvailable": ready, "numberUnavailable": wanted - ready}
    status.update({name: count for name, count in counts.items() if count})
    cluster.put_status(key, status)
