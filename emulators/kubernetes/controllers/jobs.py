"""Jobs: pods until enough of them have succeeded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.operation import Failure
from falsefront.kernel.state import State

from ..objects import Object
from ..shape import Shape
from ..triggers import wake
from .cluster import Cluster, condition, is_active, is_ready
from .replicasets import create_pod, patience, room

_COMPONENT: Final = "job-controller"


def reconcile(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Start the pods that a job still needs, and say how far it has come."""
    cluster = Cluster(shape, state)
    key = ("jobs.batch", args["namespace"], args["name"])
    job = cluster.objects.get(*key)
    if job is None or job["metadata"].get("deletionTimestamp"):
        return
    if any((found := condition(job, kind)) and found["status"] == "True" for kind in ("Complete", "Failed")):
        return
    pods = [pod for _, pod in cluster.owned(job, "pods")]
    spec = job["spec"]
    phases = [pod.get("status", {}).get("phase") for pod in pods]
    succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
    active = [pod for pod in pods if is_active(pod)]
    status: Object = dict(job.get("status", {}))
    if spec.get("suspend"):
        for pod in active:
            cluster.delete(("pods", key[1], pod["metadata"]["name"]))
        _set(cluster, status, "Suspended", "JobSuspended", "Job suspended")
        cluster.put_status(key, status)
        return
    status.setdefault("startTime", cluster.now)
    wanted = spec.get("completions", 1)
    if failed > spec.get("backoffLimit", 6):
        message = "Job has reached the specified backoff limit"
        _set(cluster, status, "FailureTarget", "BackoffLimitExceeded", message)
        _set(cluster, status, "Failed", "BackoffLimitExceeded", message)
        cluster.event(job, "Warning", "BackoffLimitExceeded", message, _COMPONENT)
        active = []
    elif succeeded >= wanted:
        _set(cluster, status, "SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods")
        _set(cluster, status, "Complete", "CompletionsReached", "Reached expected number of succeeded pods")
        status["completionTime"] = cluster.now
        cluster.event(job, "Normal", "Completed", "Job completed", _COMPONENT)
    else:
        missing = min(spec.get("parallelism", 1), wanted - succeeded) - len(active)
        for number in range(room(missing, active)):
            labels: dict[str, str] = {}
            if spec.get("completionMode") == "Indexed":
                labels["batch.kubernetes.io/job-completion-index"] = str(succeeded + len(active) + number)
            try:
                active.append(create_pod(cluster, job, {"generateName": f"{key[2]}-"}, _COMPONENT, labels))
            except Failure:
                wake(state, "jobs.reconcile", key[1], key[2], patience(cluster, job))
                break
    _count(status, active=len(active), succeeded=succeeded, failed=failed)
    status["ready"] = sum(is_ready(pod) for pod in active)
    status["terminating"] = sum("deletionTimestamp" in pod["metadata"] for pod in pods)
    status["uncountedTerminatedPods"] = {}
    cluster.put_status(key, status)


def _count(status: Object, **counts: int) -> None:
    for name, count in counts.items():
        status.pop(name, None)
        if count:
            status[name] = count


def _set(cluster: Cluster, status: Object, kind: str, reason: str, message: str) -> None:
    conditions = list(status.get("conditions", ()))
    if any(entry["type"] == kind and entry["status"] == "True" for entry in conditions):
        return
    now = cluster.now
    entry = {
        "type": kind,
        "status": "True",
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
    status["conditions"] = [*(found for found in conditions if found["type"] != kind), entry]
