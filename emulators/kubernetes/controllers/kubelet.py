"""The kubelet: images are pulled, containers start, run, end and start again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.state import State

from ..objects import timestamp
from ..shape import Shape
from ..triggers import wake
from . import images
from .cluster import Cluster, is_active
from .launching import PULL, RETRY, SETTLE, launch, missing_volume
from .podwork import Pod, all_ready, ended, free_address, fresh, in_job, is_present

READY: Final = timedelta(milliseconds=300)
_LONGEST_BACKOFF: Final = 300


def sync(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """One step in a pod's life."""
    cluster = Cluster(shape, state)
    key = ("pods", args["namespace"], args["name"])
    document = cluster.objects.get(*key)
    if document is None or document["metadata"].get("deletionTimestamp") or not document["spec"].get("nodeName"):
        return
    if args.get("uid") not in (None, document["metadata"]["uid"]):
        return
    if document.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return
    _STEPS[args.get("step", "admit")](Pod(cluster, key, document))


def _admit(pod: Pod) -> None:
    """The node has the pod; on a pod that runs already, an image has changed."""
    if "startTime" not in pod.status:
        node = pod.cluster.objects.get("nodes", "", pod.host)
        addresses = (node or {}).get("status", {}).get("addresses", ())
        host = next((entry["address"] for entry in addresses if entry["type"] == "InternalIP"), "")
        pod.status.update(phase="Pending", startTime=pod.cluster.now)
        if host:
            pod.status.update(hostIP=host, hostIPs=[{"ip": host}])
        pod.status.setdefault("qosClass", "BestEffort")
        for group in ("initContainers", "containers"):
            reason = "PodInitializing" if pod.spec.get("initContainers") else "ContainerCreating"
            waiting = {"waiting": {"reason": reason}}
            found = {c["name"]: fresh(pod, c, waiting) for c in pod.spec.get(group, ())}
            pod.put(group, found)
        pod.conditions(
            PodReadyToStartContainers=False,
            Initialized=not pod.spec.get("initContainers"),
            Ready=False,
            ContainersReady=False,
        )
        pod.save()
    if missing := missing_volume(pod):
        pod.event("Warning", "FailedMount", missing)
        pod.later(RETRY, "admit")
        return
    for container in (*pod.spec.get("initContainers", ()), *pod.spec.get("containers", ())):
        if container.get("imagePullPolicy") == "Always" or (
            container.get("imagePullPolicy") == "IfNotPresent" and not is_present(pod, container["image"])
        ):
            pod.event("Normal", "Pulling", f'Pulling image "{container["image"]}"', container["name"])
    pod.later(PULL, "start")


def _start(pod: Pod) -> None:
    """The images have come, or not; init containers run first, then the others."""
    if "podIP" not in pod.status:
        address = free_address(pod)
        pod.status.update(podIP=address, podIPs=[{"ip": address}])
    pod.conditions(PodReadyToStartContainers=True)
    if not _run_init(pod):
        pod.conditions(Ready=False, ContainersReady=False)
        pod.save()
        return
    pod.conditions(Initialized=True)
    found = pod.statuses()
    for container in pod.spec.get("containers", ()):
        found[container["name"]] = launch(pod, container, found.get(container["name"]), "containers")
    pod.put("containers", found)
    if any("running" in entry["state"] or "terminated" in entry["state"] for entry in found.values()):
        pod.status["phase"] = "Running"
    pod.conditions(Ready=all_ready(found), ContainersReady=all_ready(found))
    pod.save()
    _plan(pod, found)


def _run_init(pod: Pod) -> bool:
    """Whether every init container has done its work."""
    containers = pod.spec.get("initContainers", ())
    found = pod.statuses("initContainers")
    for container in containers:
        entry = found.get(container["name"]) or fresh(pod, container, {})
        before = entry["state"].get("terminated")
        if before is not None and before["exitCode"] == 0:
            continue
        entry = launch(pod, container, entry, "initContainers")
        found[container["name"]] = entry
        pod.put("initContainers", found)
        if "running" not in entry["state"]:
            pod.later(SETTLE, "backoff")
            return False
        if container.get("restartPolicy") == "Always":
            entry.update(ready=True, started=True)
            continue
        run = images.program(container, in_job=True)
        if run.seconds is None or run.code:
            pod.later(timedelta(seconds=run.seconds or 1), "init-ended")
            return False
        if run.seconds > 1:
            pod.later(timedelta(seconds=run.seconds), "init-ended")
            return False
        found[container["name"]] = ended(pod, entry, 0)
        found[container["name"]]["ready"] = True
    pod.put("initContainers", found)
    return True


def _init_ended(pod: Pod) -> None:
    found = pod.statuses("initContainers")
    for container in pod.spec.get("initContainers", ()):
        entry = found[container["name"]]
        if "running" not in entry["state"]:
            continue
        run = images.program(container, in_job=True)
        found[container["name"]] = ended(pod, entry, run.code)
        pod.put("initContainers", found)
        if run.code:
            if pod.spec.get("restartPolicy") == "Never":
                pod.status["phase"] = "Failed"
                pod.save()
                return
            _crash(pod, container, found, "initContainers")
            pod.save()
            return
        found[container["name"]]["ready"] = True
        pod.put("initContainers", found)
        break
    pod.save()
    pod.later(timedelta(0), "start")


def _back_off(pod: Pod) -> None:
    """After a pull that failed: wait, longer each time, then try again."""
    again = False
    for group in ("initContainers", "containers"):
        found = pod.statuses(group)
        for container in pod.spec.get(group, ()):
            entry = found.get(container["name"])
            waiting = (entry or {}).get("state", {}).get("waiting", {})
            if entry is None or waiting.get("reason") != "ErrImagePull":
                continue
            image = container["image"]
            message = f'Back-off pulling image "{image}"'
            pod.event("Normal", "BackOff", message, container["name"], group)
            pod.event("Warning", "Failed", "Error: ImagePullBackOff", container["name"], group)
            full = f"{message}: ErrImagePull: {waiting.get('message', '')}"
            entry["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": full}}
            again = True
        pod.put(group, found)
    if again:
        pod.save()
        tries = pod.cluster.state.ids.counter(f"kubernetes.pull/{pod.uid}")
        pod.later(timedelta(seconds=min(10 * 2 ** min(tries, 6), _LONGEST_BACKOFF)), "admit")


def _plan(pod: Pod, found: Mapping[str, Mapping[str, Any]]) -> None:
    """What comes next: an end, or readiness."""
    ends: list[float] = []
    probed = False
    for container in pod.spec.get("containers", ()):
        entry = found[container["name"]]
        if "running" not in entry["state"]:
            continue
        run = images.program(container, in_job=in_job(pod))
        if run.seconds is not None:
            ends.append(run.seconds)
        probed = probed or not entry["ready"]
    if ends and min(ends) <= 1:
        pod.later(timedelta(seconds=min(ends)), "ended")
    elif probed:
        delays = [(c.get("readinessProbe") or {}).get("initialDelaySeconds", 0) for c in pod.spec.get("containers", ())]
        pod.later(max(READY, timedelta(seconds=max(delays, default=0))), "ready")
    elif ends:
        pod.later(timedelta(seconds=min(ends)), "ended")


def _become_ready(pod: Pod) -> None:
    found = pod.statuses()
    for entry in found.values():
        if "running" in entry["state"]:
            entry["ready"] = True
    pod.put("containers", found)
    pod.conditions(Ready=all_ready(found), ContainersReady=all_ready(found))
    pod.save()
    _plan(pod, found)


def _end(pod: Pod) -> None:
    """Programs that are over: the pod is done, or they start again."""
    found = pod.statuses()
    policy = pod.spec.get("restartPolicy", "Always")
    crashed: list[Mapping[str, Any]] = []
    for container in pod.spec.get("containers", ()):
        entry = found[container["name"]]
        run = images.program(container, in_job=in_job(pod))
        if "running" not in entry["state"] or run.seconds is None:
            continue
        found[container["name"]] = ended(pod, entry, run.code)
        if policy == "Always" or (policy == "OnFailure" and run.code):
            crashed.append(container)
    pod.put("containers", found)
    for container in crashed:
        _crash(pod, container, found, "containers")
    codes = [entry["state"]["terminated"]["exitCode"] for entry in found.values() if "terminated" in entry["state"]]
    if not crashed and len(codes) == len(found):
        pod.status["phase"] = "Failed" if any(codes) else "Succeeded"
    pod.conditions(Ready=False, ContainersReady=False)
    pod.save()


def _crash(pod: Pod, container: Mapping[str, Any], found: dict[str, dict[str, Any]], group: str) -> None:
    """A container that ended and is to run again: at once the first time, then ever later."""
    name = container["name"]
    entry = found[name]
    count = entry["restartCount"]
    last = {"terminated": entry["state"]["terminated"]}
    if count == 0:
        pod.later(timedelta(seconds=1), "start")
        return
    seconds = min(10 * 2 ** (count - 1), _LONGEST_BACKOFF)
    shown = "5m0s" if seconds == 300 else f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"
    who = f"{pod.key[2]}_{pod.key[1]}({pod.uid})"
    message = f"back-off {shown} restarting failed container={name} pod={who}"
    pod.event("Warning", "BackOff", f"Back-off restarting failed container {name} in pod {who}", name, group)
    found[name] = {
        **entry,
        "lastState": last,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}},
    }
    pod.put(group, found)
    pod.later(timedelta(seconds=seconds), "start")


def stop(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """A pod's containers are stopped, and the pod is gone unless a finalizer holds it."""
    cluster = Cluster(shape, state)
    key = ("pods", args["namespace"], args["name"])
    document = cluster.objects.get(*key)
    if document is None or not document["metadata"].get("deletionTimestamp"):
        return
    for entry in document.get("status", {}).get("containerStatuses", ()):
        if "running" in entry["state"]:
            path = f"spec.containers{{{entry['name']}}}"
            host = document["spec"].get("nodeName", "")
            cluster.event(document, "Normal", "Killing", f"Stopping container {entry['name']}", "kubelet", host, path)
    metadata = {**document["metadata"], "deletionGracePeriodSeconds": 0, "deletionTimestamp": timestamp(state.now)}
    document = {**document, "metadata": metadata}
    if metadata.get("finalizers"):
        cluster.objects.update(key, document)
    else:
        cluster.objects.remove(key, document)
        for waiting, pod in cluster.objects.on_node(""):
            if is_active(pod):
                wake(state, "pods.schedule", waiting[1], waiting[2])


_STEPS: Final = {
    "admit": _admit,
    "start": _start,
    "backoff": _back_off,
    "ready": _become_ready,
    "ended": _end,
    "init-ended": _init_ended,
}
