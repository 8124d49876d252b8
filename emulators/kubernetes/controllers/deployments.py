"""Deployments: replica sets of one template after another, rolled over step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.state import State

from ..objects import Key, Object
from ..printing.durations import parse
from ..shape import Shape
from ..triggers import wake
from .amounts import scaled
from .cluster import Cluster, condition, owner_reference
from .hashing import template_hash

_COMPONENT: Final = "deployment-controller"
_HASH: Final = "pod-template-hash"
_PREFIX: Final = "deployment.kubernetes.io/"
_NOT_INHERITED: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        f"{_PREFIX}revision",
        f"{_PREFIX}revision-history",
        f"{_PREFIX}desired-replicas",
        f"{_PREFIX}max-replicas",
        "deprecated.deployment.rollback.to",
    }
)
Row = tuple[Key, Object]


@dataclass(slots=True)
class _Rollout:
    """A deployment with its replica sets, old ones first."""

    cluster: Cluster
    key: Key
    document: Object
    new: Row | None
    old: list[Row]

    @property
    def spec(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["spec"]
        return found

    @property
    def replicas(self) -> int:
        return int(self.spec.get("replicas", 1))

    @property
    def limits(self) -> tuple[int, int]:
        """How many pods there may be too many, and how many may be missing."""
        if self.spec.get("strategy", {}).get("type") == "Recreate":
            return 0, self.replicas
        rolling = self.spec.get("strategy", {}).get("rollingUpdate") or {}
        surge = scaled(rolling.get("maxSurge", "25%"), self.replicas, up=True)
        unavailable = scaled(rolling.get("maxUnavailable", "25%"), self.replicas, up=False)
        return (surge, unavailable) if surge or unavailable else (0, 1)

    @property
    def all(self) -> list[Row]:
        return [*self.old, *([self.new] if self.new else [])]

    def refresh(self) -> None:
        """Read again what this reconciliation has changed."""
        objects = self.cluster.objects
        self.document = objects.get(*self.key) or self.document
        self.old = [(key, found) for key, _ in self.old if (found := objects.get(*key)) is not None]
        if self.new is not None:
            self.new = (self.new[0], objects.get(*self.new[0]) or self.new[1])


def reconcile(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Take a deployment one step further."""
    cluster = Cluster(shape, state)
    key = ("deployments.apps", args["namespace"], args["name"])
    document = cluster.objects.get(*key)
    if document is None or document["metadata"].get("deletionTimestamp"):
        return
    sets = cluster.owned(document, "replicasets.apps")
    new = next((row for row in sets if _template_of(row[1]) == document["spec"].get("template")), None)
    rollout = _Rollout(cluster, key, document, new, [row for row in sets if row is not new])
    if document["spec"].get("paused"):
        _scale_paused(rollout)
    else:
        _roll(rollout)
    rollout.refresh()
    _report(rollout)


def _template_of(replica_set: Object) -> Any:
    """A replica set's template without the hash that its deployment put in."""
    template = replica_set["spec"]["template"]
    metadata = template.get("metadata", {})
    labels = {name: value for name, value in metadata.get("labels", {}).items() if name != _HASH}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _roll(rollout: _Rollout) -> None:
    recreate = rollout.spec.get("strategy", {}).get("type") == "Recreate"
    if recreate and any(found["spec"].get("replicas") for _, found in rollout.old):
        for row in rollout.old:
            _scale(rollout, row, 0)
        return
    if recreate and any(rollout.cluster.owned(found, "pods") for _, found in rollout.old):
        return
    _ensure_new(rollout)
    rollout.refresh()
    if _scale_new(rollout):
        return
    if not recreate:
        _scale_old(rollout)
    rollout.refresh()
    if _complete(rollout):
        _clean_up(rollout)


def _revision(replica_set: Object) -> int:
    text = replica_set["metadata"].get("annotations", {}).get(f"{_PREFIX}revision", "0")
    return int(text) if text.isdecimal() else 0


def _ensure_new(rollout: _Rollout) -> None:
    """There is a replica set of the present template, and its revision is the highest."""
    revision = max((_revision(found) for _, found in rollout.old), default=0) + 1
    surge = rollout.limits[0]
    own = {k: v for k, v in rollout.document["metadata"].get("annotations", {}).items() if k not in _NOT_INHERITED}
    counts = {
        f"{_PREFIX}desired-replicas": str(rollout.replicas),
        f"{_PREFIX}max-replicas": str(rollout.replicas + surge if rollout.replicas else 0),
    }
    if rollout.new is None:
        rollout.new = _make(rollout, {**own, **counts, f"{_PREFIX}revision": str(revision)})
    else:
        key, found = rollout.new
        revision = max(revision, _revision(found))
        before = found["metadata"].get("annotations", {})
        annotations = {**before, **own, **counts, f"{_PREFIX}revision": str(revision)}
        if _revision(found) and _revision(found) != revision:
            history = before.get(f"{_PREFIX}revision-history", "")
            past = [part for part in history.split(",") if part]
            annotations[f"{_PREFIX}revision-history"] = ",".join([*past, str(_revision(found))])
        if annotations != before:
            rollout.cluster.change(key, metadata={"annotations": annotations})
    marks = {**rollout.document["metadata"].get("annotations", {}), f"{_PREFIX}revision": str(revision)}
    rollout.cluster.change(rollout.key, metadata={"annotations": marks})


def _make(rollout: _Rollout, annotations: Mapping[str, str]) -> Row:
    spec = rollout.spec
    template = spec["template"]
    mark = template_hash(template, rollout.document.get("status", {}).get("collisionCount", 0))
    metadata = template.get("metadata", {})
    labels = {**metadata.get("labels", {}), _HASH: mark}
    selector = spec["selector"]
    namespace = rollout.key[1]
    name = f"{rollout.key[2]}-{mark}"
    document: Object = {
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": dict(annotations),
            "ownerReferences": [owner_reference(rollout.document)],
        },
        "spec": {
            "replicas": 0,
            "selector": {**selector, "matchLabels": {**selector.get("matchLabels", {}), _HASH: mark}},
            "template": {**template, "metadata": {**metadata, "labels": labels}},
        },
    }
    if spec.get("minReadySeconds"):
        document["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    key = ("replicasets.apps", namespace, name)
    rollout.cluster.create("replicasets.apps", namespace, document, "kube-controller-manager")
    return key, rollout.cluster.objects.get(*key) or document


def _scale(rollout: _Rollout, row: Row, replicas: int) -> bool:
    """Give a replica set another size, with the event that says so."""
    key, found = row
    before = found["spec"].get("replicas", 0)
    if before == replicas:
        return False
    word = "up" if replicas > before else "down"
    rollout.cluster.change(key, spec={"replicas": replicas})
    message = f"Scaled {word} replica set {key[2]} from {before} to {replicas}"
    rollout.cluster.event(rollout.document, "Normal", "ScalingReplicaSet", message, _COMPONENT)
    return True


def _size(rows: Sequence[Row]) -> int:
    return sum(found["spec"].get("replicas", 0) for _, found in rows)


def _available(rows: Sequence[Row]) -> int:
    return sum(found.get("status", {}).get("availableReplicas", 0) for _, found in rows)


def _scale_new(rollout: _Rollout) -> bool:
    if rollout.new is None:
        return False
    size = rollout.new[1]["spec"].get("replicas", 0)
    if size > rollout.replicas:
        return _scale(rollout, rollout.new, rollout.replicas)
    room = rollout.replicas + rollout.limits[0] - _size(rollout.all)
    if size == rollout.replicas or room <= 0:
        return False
    return _scale(rollout, rollout.new, size + min(room, rollout.replicas - size))


def _scale_old(rollout: _Rollout) -> None:
    """Take away as many old pods as can be spared, the unhealthy ones first."""
    if rollout.new is None or not _size(rollout.old):
        return
    least = rollout.replicas - rollout.limits[1]
    _, new = rollout.new
    coming = new["spec"].get("replicas", 0) - new.get("status", {}).get("availableReplicas", 0)
    spare = _size(rollout.all) - least - coming
    if spare <= 0:
        return
    for row in rollout.old:
        size = row[1]["spec"].get("replicas", 0)
        unhealthy = min(spare, size - row[1].get("status", {}).get("availableReplicas", 0))
        if unhealthy > 0:
            _scale(rollout, row, size - unhealthy)
            spare -= unhealthy
    rollout.refresh()
    spare = _available(rollout.all) - least
    for row in rollout.old:
        size = row[1]["spec"].get("replicas", 0)
        less = min(spare, size)
        if less > 0:
            _scale(rollout, row, size - less)
            spare -= less


def _scale_paused(rollout: _Rollout) -> None:
    active = [row for row in rollout.all if row[1]["spec"].get("replicas")]
    if len(active) == 1:
        _scale(rollout, active[0], rollout.replicas)


def _complete(rollout: _Rollout) -> bool:
    if rollout.new is None:
        return False
    status = rollout.new[1].get("status", {})
    enough = status.get("availableReplicas", 0) >= rollout.replicas
    return enough and status.get("replicas", 0) == rollout.replicas and _total(rollout.old, "replicas") == 0


def _clean_up(rollout: _Rollout) -> None:
    """Forget the oldest revisions beyond the limit."""
    empty = [row for row in rollout.old if not row[1]["spec"].get("replicas") and not row[1]["status"].get("replicas")]
    surplus = len(empty) - rollout.spec.get("revisionHistoryLimit", 10)
    for key, _ in sorted(empty, key=lambda row: _revision(row[1]))[: max(surplus, 0)]:
        rollout.cluster.delete(key)


# Status


def _total(rows: Sequence[Row], field: str) -> int:
    return sum(found.get("status", {}).get(field, 0) for _, found in rows)


def _report(rollout: _Rollout) -> None:
    rows = rollout.all
    ready, available = _total(rows, "readyReplicas"), _available(rows)
    missing = max(_size(rows) - available, 0)
    found: Object = {"observedGeneration": rollout.document["metadata"].get("generation", 1)}
    counts = {
        "replicas": _total(rows, "replicas"),
        "updatedReplicas": _total([rollout.new] if rollout.new else [], "replicas"),
        "readyReplicas": ready,
        "availableReplicas": available,
        "unavailableReplicas": missing,
    }
    found.update({name: count for name, count in counts.items() if count})
    found["terminatingReplicas"] = _total(rows, "terminatingReplicas")
    found["conditions"] = [_availability(rollout, available), *_failure(rollout), *_progress(rollout)]
    rollout.cluster.put_status(rollout.key, found)


def _availability(rollout: _Rollout, available: int) -> Object:
    if available >= rollout.replicas - rollout.limits[1]:
        return _condition(
            rollout, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
        )
    return _condition(
        rollout, "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
    )


def _failure(rollout: _Rollout) -> list[Object]:
    """What keeps a replica set from making its pods."""
    for _, found in ([rollout.new] if rollout.new else []) + rollout.old:
        failed = condition(found, "ReplicaFailure")
        if failed is not None:
            return [_condition(rollout, "ReplicaFailure", "True", failed["reason"], failed["message"])]
    return []


def _progress(rollout: _Rollout) -> list[Object]:
    before = condition(rollout.document, "Progressing")
    if rollout.spec.get("paused"):
        return [_condition(rollout, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")]
    if rollout.new is None:
        return [dict(before)] if before else []
    name = rollout.new[0][2]
    if _complete(rollout):
        message = f'ReplicaSet "{name}" has successfully progressed.'
        return [_condition(rollout, "Progressing", "True", "NewReplicaSetAvailable", message)]
    deadline = rollout.spec.get("progressDeadlineSeconds", 600)
    found = _condition(rollout, "Progressing", "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
    moved = _counts(rollout.document.get("status", {})) != _now_counts(rollout)
    if moved or before is None or before["reason"] == "NewReplicaSetAvailable":
        found["lastUpdateTime"] = rollout.cluster.now
        wake(rollout.cluster.state, "deployments.check", *rollout.key[1:], timedelta(seconds=deadline))
    elif before["reason"] == "ProgressDeadlineExceeded":
        return [dict(before)]
    else:
        found["lastUpdateTime"] = before.get("lastUpdateTime", rollout.cluster.now)
        since = parse(found["lastUpdateTime"])
        if (rollout.cluster.state.now - since).total_seconds() >= deadline:
            message = f'ReplicaSet "{name}" has timed out progressing.'
            return [_condition(rollout, "Progressing", "False", "ProgressDeadlineExceeded", message)]
    return [found]


def _counts(status: Mapping[str, Any]) -> list[int]:
    return [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]


def _now_counts(rollout: _Rollout) -> list[int]:
    rows = rollout.all
    updated = _total([rollout.new] if rollout.new else [], "replicas")
    return [_total(rows, "replicas"), updated, _total(rows, "readyReplicas"), _available(rows)]


def _condition(rollout: _Rollout, kind: str, value: str, reason: str, message: str) -> Object:
    now = rollout.cluster.now
    found = {
        "type": kind,
        "status": value,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
    before = condition(rollout.document, kind)
    if before is not None and before["status"] == value:
        found["lastTransitionTime"] = before["lastTransitionTime"]
        if (before["reason"], before["message"]) == (reason, message):
            found["lastUpdateTime"] = before["lastUpdateTime"]
    return found
