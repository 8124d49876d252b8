"""A pod's row: above all its STATUS, which is put together from everything that the pod reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from . import durations


def pod(item: Mapping[str, Any], now: datetime) -> list[Any]:
    """Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates."""
    spec, status = item.get("spec") or {}, item.get("status") or {}
    containers: Sequence[Mapping[str, Any]] = status.get("containerStatuses", ())
    ready = sum(1 for c in containers if c.get("ready") and "running" in c.get("state", {}))
    gates = spec.get("readinessGates", ())
    true = {c["type"] for c in status.get("conditions", ()) if c.get("status") == "True"}
    return [
        item["metadata"].get("name", ""),
        f"{ready}/{len(spec.get('containers', ()))}",
        reason(item),
        _restarts(status, now),
        durations.since(item["metadata"].get("creationTimestamp"), now),
        (status.get("podIPs") or [{}])[0].get("ip") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        f"{sum(gate['conditionType'] in true for gate in gates)}/{len(gates)}" if gates else "<none>",
    ]


def reason(item: Mapping[str, Any]) -> str:
    """The STATUS column."""
    status = item.get("status") or {}
    found: str = status.get("reason") or status.get("phase", "")
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            found = "SchedulingGated"
    starting = _initialising(item)
    found = starting or _running(status, found)
    if item["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            return "Unknown"
        if status.get("phase") not in ("Succeeded", "Failed"):
            return "Terminating"
    return found


def _initialising(item: Mapping[str, Any]) -> str:
    """``Init:…`` while the init containers run, else nothing."""
    inits: Sequence[Mapping[str, Any]] = (item.get("status") or {}).get("initContainerStatuses", ())
    total = len((item.get("spec") or {}).get("initContainers", ()))
    for place, container in enumerate(inits):
        state = container.get("state", {})
        ended = state.get("terminated")
        if ended is not None:
            if ended.get("exitCode") == 0:
                continue
            return "Init:" + _ended(ended)
        waiting = state.get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{place}/{total}"
    return ""


def _ended(terminated: Mapping[str, Any]) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _running(status: Mapping[str, Any], found: str) -> str:
    has_running = False
    for container in reversed(status.get("containerStatuses", ())):
        state = container.get("state", {})
        waiting, ended = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            found = waiting["reason"]
        elif ended is not None:
            found = _ended(ended)
        elif container.get("ready") and "running" in state:
            has_running = True
    if found == "Completed" and has_running:
        ready = any(c["type"] == "Ready" and c.get("status") == "True" for c in status.get("conditions", ()))
        return "Running" if ready else "NotReady"
    return found


def _restarts(status: Mapping[str, Any], now: datetime) -> str:
    containers = status.get("containerStatuses", ())
    total = sum(c.get("restartCount", 0) for c in containers)
    ends = [
        ended["finishedAt"]
        for c in containers
        if (ended := (c.get("lastState") or {}).get("terminated")) and ended.get("finishedAt")
    ]
    return f"{total} ({durations.since(max(ends), now)} ago)" if total and ends else str(total)
