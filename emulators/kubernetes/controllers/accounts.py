"""Controllers that only count: resource quotas and disruption budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falsefront.kernel.state import State

from ..api.selectors import from_object
from ..api.subresources import needed_healthy
from ..objects import Object
from ..rules import quota
from ..shape import Shape
from .cluster import Cluster, is_active, is_ready


def quotas(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Say what the quotas of a namespace have used."""
    cluster = Cluster(shape, state)
    for key, found in list(cluster.objects.scan("resourcequotas", args["namespace"])):
        hard: Mapping[str, Any] = found.get("spec", {}).get("hard") or {}
        amounts = {name: quota.show(name, quota.used(cluster.objects, key[1], name)) for name in sorted(hard)}
        cluster.put_status(key, {"hard": dict(hard), "used": amounts})


def budgets(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Say how many disruptions the budgets of a namespace allow."""
    cluster = Cluster(shape, state)
    pods = [pod for _, pod in cluster.objects.scan("pods", args["namespace"]) if is_active(pod)]
    for key, found in list(cluster.objects.scan("poddisruptionbudgets.policy", args["namespace"])):
        cluster.put_status(key, _budget(cluster, found, pods))


def _budget(cluster: Cluster, found: Object, pods: list[Object]) -> Object:
    spec = found.get("spec", {})
    chosen = [pod for pod in pods if from_object(spec.get("selector")).matches(pod)]
    healthy, wanted = sum(is_ready(pod) for pod in chosen), needed_healthy(spec, len(chosen))
    allowed = max(0, healthy - wanted) if chosen else 0
    before = {entry["type"]: entry for entry in found.get("status", {}).get("conditions", ())}.get("DisruptionAllowed")
    value = "True" if allowed else "False"
    condition = {
        "type": "DisruptionAllowed",
        "status": value,
        "observedGeneration": found["metadata"].get("generation", 1),
        "lastTransitionTime": before["lastTransitionTime"] if before and before["status"] == value else cluster.now,
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "message": "",
    }
    return {
        "observedGeneration": found["metadata"].get("generation", 1),
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": wanted,
        "expectedPods": len(chosen),
        "conditions": [condition],
    }
