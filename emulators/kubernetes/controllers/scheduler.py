"""The scheduler: which node a pod runs on, or why on none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from falsefront.kernel.state import State

from ..objects import Key, Object
from ..rules import quantity
from ..shape import Shape
from ..triggers import wake
from .cluster import Cluster, is_active

_COMPONENT: Final = "default-scheduler"
_NO_VICTIMS: Final = "No preemption victims found for incoming pod"
_NO_HELP: Final = "Preemption is not helpful for scheduling"


def schedule(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Bind one pod, or say why it cannot be."""
    cluster = Cluster(shape, state)
    key = ("pods", args["namespace"], args["name"])
    pod = cluster.objects.get(*key)
    if pod is None or pod["spec"].get("nodeName") or not is_active(pod):
        return
    if pod["spec"].get("schedulerName", "default-scheduler") != "default-scheduler":
        return
    nodes = [node for _, node in cluster.objects.scan("nodes")]
    reasons = {node["metadata"]["name"]: _obstacle(cluster, pod, node) for node in nodes}
    missing = _missing_claim(cluster, pod)
    fitting = [name for name, reason in reasons.items() if reason is None]
    if missing or not fitting:
        _refuse(cluster, key, pod, missing or _explain(reasons))
        return
    load = {name: cluster.objects.count_on_node(name) for name in fitting}
    _bind(cluster, key, pod, min(fitting, key=lambda name: (load[name], name)))


def _bind(cluster: Cluster, key: Key, pod: Object, node: str) -> None:
    now = cluster.now
    status = dict(pod.get("status", {}))
    conditions = [entry for entry in status.get("conditions", ()) if entry["type"] != "PodScheduled"]
    scheduled = {
        "type": "PodScheduled",
        "observedGeneration": pod["metadata"].get("generation", 1),
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": now,
    }
    status["conditions"] = [*conditions, scheduled]
    cluster.objects.update(key, {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status})
    cluster.event(pod, "Normal", "Scheduled", f"Successfully assigned {key[1]}/{key[2]} to {node}", _COMPONENT)


def _refuse(cluster: Cluster, key: Key, pod: Object, message: str) -> None:
    status = dict(pod.get("status", {}))
    before = next((entry for entry in status.get("conditions", ()) if entry["type"] == "PodScheduled"), None)
    if before is not None and before.get("message") == message:
        return
    unscheduled = {
        "type": "PodScheduled",
        "observedGeneration": pod["metadata"].get("generation", 1),
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": before["lastTransitionTime"] if before else cluster.now,
        "reason": "Unschedulable",
        "message": message,
    }
    status["conditions"] = [
        *(entry for entry in status.get("conditions", ()) if entry["type"] != "PodScheduled"),
        unscheduled,
    ]
    cluster.objects.update(key, {**pod, "status": status})
    # The object's new state asks for the scheduler again, which would say the same.
    cluster.state.timers.cancel(f"kubernetes/pods.schedule/{key[1]}/{key[2]}")
    cluster.event(pod, "Warning", "FailedScheduling", message, _COMPONENT)


def _explain(reasons: Mapping[str, str | None]) -> str:
    if not reasons:
        return "no nodes available to schedule pods"
    total = len(reasons)
    counts = Counter(part for reason in reasons.values() for part in (reason or "").split("; "))
    listed = ", ".join(
        f"{count} {reason}" for reason, count in sorted(counts.items(), key=lambda item: f"{item[1]} {item[0]}")
    )
    victims = sum(
        any(part.startswith(("Insufficient", "Too many")) for part in (r or "").split("; ")) for r in reasons.values()
    )
    helpless = total - victims
    preemption = [f"{victims} {_NO_VICTIMS}"] if victims else []
    preemption += [f"{helpless} {_NO_HELP}"] if helpless else []
    head = f"0/{total} nodes are available"
    return f"{head}: {listed}. preemption: {head}: {', '.join(sorted(preemption))}."


def _missing_claim(cluster: Cluster, pod: Object) -> str:
    for volume in pod["spec"].get("volumes", ()):
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim and cluster.objects.get("persistentvolumeclaims", pod["metadata"]["namespace"], claim) is None:
            total = sum(1 for _ in cluster.objects.scan("nodes"))
            return f'0/{total} nodes are available: persistentvolumeclaim "{claim}" not found. not found'
    return ""


def _obstacle(cluster: Cluster, pod: Object, node: Object) -> str | None:
    """Why a pod cannot run on a node."""
    spec = pod["spec"]
    if node["spec"].get("unschedulable"):
        return "node(s) were unschedulable"
    if not tolerates(spec, node):
        return "node(s) had untolerated taint(s)"
    if not _selected(spec, node):
        return "node(s) didn't match Pod's node affinity/selector"
    return _lacking(cluster, pod, node)


def tolerates(spec: Mapping[str, Any], node: Object) -> bool:
    """Whether a pod tolerates every taint that keeps pods off a node."""
    taints = [taint for taint in node["spec"].get("taints", ()) if taint.get("effect") != "PreferNoSchedule"]
    return all(any(_matches(toleration, taint) for toleration in spec.get("tolerations", ())) for taint in taints)


def _matches(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return not toleration.get("key") or toleration["key"] == taint.get("key")
    return (toleration.get("key"), toleration.get("value", "")) == (taint.get("key"), taint.get("value", ""))


def _selected(spec: Mapping[str, Any], node: Object) -> bool:
    labels: Mapping[str, str] = node["metadata"].get("labels", {})
    if any(labels.get(name) != value for name, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(_term(term, labels, node) for term in required.get("nodeSelectorTerms", ()))


def _term(term: Mapping[str, Any], labels: Mapping[str, str], node: Object) -> bool:
    names = {"metadata.name": node["metadata"]["name"]}
    return all(_expression(entry, labels) for entry in term.get("matchExpressions", ())) and all(
        _expression(entry, names) for entry in term.get("matchFields", ())
    )


def _expression(entry: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(entry.get("key", "")), entry.get("values") or ()
    match entry.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as sign if value is not None and value.isdecimal() and values:
            return int(value) > int(values[0]) if sign == "Gt" else int(value) < int(values[0])
        case _:
            return False


def _lacking(cluster: Cluster, pod: Object, node: Object) -> str | None:
    room: Mapping[str, Any] = node.get("status", {}).get("allocatable", {})
    name = node["metadata"]["name"]
    if "pods" in room and cluster.objects.count_on_node(name) + 1 > quantity.parse(room["pods"]):
        return "Too many pods"
    wanted = {kind: amount for kind, amount in requests(pod).items() if amount}
    if not wanted:
        return None
    used: dict[str, Fraction] = {}
    for _, other in cluster.objects.on_node(name):
        if is_active(other):
            for kind, amount in requests(other).items():
                used[kind] = used.get(kind, Fraction(0)) + amount
    lacking = [
        f"Insufficient {kind}"
        for kind, amount in wanted.items()
        if used.get(kind, Fraction(0)) + amount > quantity.parse(room.get(kind, "0"))
    ]
    return "; ".join(sorted(lacking)) or None


def requests(pod: Object) -> dict[str, Fraction]:
    """What a pod asks for: all its containers together, or its largest init container."""
    total: dict[str, Fraction] = {}
    for container in pod["spec"].get("containers", ()):
        for name, amount in container.get("resources", {}).get("requests", {}).items():
            total[name] = total.get(name, Fraction(0)) + quantity.parse(amount)
    for container in pod["spec"].get("initContainers", ()):
        for name, amount in container.get("resources", {}).get("requests", {}).items():
            total[name] = max(total.get(name, Fraction(0)), quantity.parse(amount))
    return total


def nodes_changed(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Try the pods again that found no node."""
    cluster = Cluster(shape, state)
    for key, pod in cluster.objects.on_node(""):
        if is_active(pod):
            wake(state, "pods.schedule", key[1], key[2])
    for key, _ in cluster.objects.scan("daemonsets.apps"):
        wake(state, "daemonsets.reconcile", key[1], key[2])
