"""A pod that its node works on: its status as it will be stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from ..objects import Key, Object
from ..triggers import wake
from . import images
from .cluster import Cluster, controller_of

_ORDER: Final = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


class Pod:
    """A pod being worked on: its status as it will be stored."""

    def __init__(self, cluster: Cluster, key: Key, document: Object) -> None:
        self.cluster = cluster
        self.key = key
        self.document = document
        self.spec: Mapping[str, Any] = document["spec"]
        self.status: dict[str, Any] = dict(document.get("status", {}))
        self.host: str = self.spec.get("nodeName", "")

    def event(self, kind: str, reason: str, message: str, container: str = "", group: str = "containers") -> None:
        path = f"spec.{group}{{{container}}}" if container else ""
        self.cluster.event(self.document, kind, reason, message, "kubelet", self.host, path)

    def later(self, after: timedelta, step: str) -> None:
        wake(self.cluster.state, "pods.sync", self.key[1], self.key[2], after, step=step, uid=self.uid)

    @property
    def uid(self) -> str:
        return str(self.document["metadata"]["uid"])

    def statuses(self, group: str = "containers") -> dict[str, dict[str, Any]]:
        field = "containerStatuses" if group == "containers" else "initContainerStatuses"
        return {entry["name"]: dict(entry) for entry in self.status.get(field, ())}

    def put(self, group: str, found: Mapping[str, Any]) -> None:
        field = "containerStatuses" if group == "containers" else "initContainerStatuses"
        if found:
            self.status[field] = [found[name] for name in sorted(found)]

    def conditions(self, **values: bool) -> None:
        """Set conditions; one that changes says since when."""
        known = {entry["type"]: entry for entry in self.status.get("conditions", ())}
        generation = self.document["metadata"].get("generation", 1)
        for kind, true in values.items():
            value = "True" if true else "False"
            before = known.get(kind)
            entry: dict[str, Any] = {
                "type": kind,
                "observedGeneration": generation,
                "status": value,
                "lastProbeTime": None,
                "lastTransitionTime": self.cluster.now,
            }
            if before is not None and before["status"] == value:
                entry["lastTransitionTime"] = before["lastTransitionTime"]
            if not true and kind in ("Ready", "ContainersReady"):
                done = self.status.get("phase") == "Succeeded"
                entry["reason"] = "PodCompleted" if done else "ContainersNotReady"
                if not done:
                    unready = [name for name, entry in self.statuses().items() if not entry.get("ready")]
                    entry["message"] = f"containers with unready status: [{' '.join(unready)}]"
            known[kind] = entry
        self.status["conditions"] = [known[kind] for kind in _ORDER if kind in known]

    def save(self) -> None:
        self.status["observedGeneration"] = self.document["metadata"].get("generation", 1)
        self.cluster.put_status(self.key, self.status)


def fresh(pod: Pod, container: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """A container's status before it ever ran."""
    found: dict[str, Any] = {
        "name": container["name"],
        "state": state,
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "image": container["image"],
        "imageID": "",
        "started": False,
    }
    mounts = [
        {
            "name": mount["name"],
            "mountPath": mount["mountPath"],
            **({"readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {}),
        }
        for mount in container.get("volumeMounts", ())
    ]
    if mounts:
        found["volumeMounts"] = mounts
    return found


def is_present(pod: Pod, image: str) -> bool:
    """Whether the node ran a container of this image before."""
    return any(
        entry.get("imageID") and entry.get("image") == images.full_name(image)
        for _, other in pod.cluster.objects.on_node(pod.host)
        for entry in other.get("status", {}).get("containerStatuses", ())
    )


def free_address(pod: Pod) -> str:
    """A free address of the node; the host's own for a pod on its network."""
    if pod.spec.get("hostNetwork"):
        return str(pod.status.get("hostIP", ""))
    node = pod.cluster.objects.get("nodes", "", pod.host) or {}
    base = str(node.get("spec", {}).get("podCIDR", "10.244.0.0/24")).rsplit(".", 1)[0]
    taken = {other.get("status", {}).get("podIP") for _, other in pod.cluster.objects.on_node(pod.host)}
    count = pod.cluster.state.ids.counter(f"kubernetes.pod-ip/{pod.host}")
    for number in range(count, count + 253):
        address = f"{base}.{number % 253 + 1}"
        if address not in taken:
            return address
    return f"{base}.254"


def image_digest(name: str) -> str:
    """The digest that an image seems to have."""
    return sha256(name.encode()).hexdigest()


def in_job(pod: Pod) -> bool:
    """Whether a job controls the pod."""
    owner = controller_of(pod.document)
    return owner is not None and owner.get("kind") == "Job"


def all_ready(found: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether every container is ready."""
    return all(entry.get("ready") for entry in found.values())


def end_of(pod: Pod, entry: Mapping[str, Any], code: int) -> dict[str, Any]:
    """How a container ended: a ``terminated`` state."""
    running = entry["state"].get("running", {})
    return {
        "exitCode": code,
        "reason": "Completed" if code == 0 else "Error",
        "startedAt": running.get("startedAt", pod.cluster.now),
        "finishedAt": pod.cluster.now,
        "containerID": entry.get("containerID", ""),
    }


def ended(pod: Pod, entry: dict[str, Any], code: int) -> dict[str, Any]:
    """A running container's status once it has ended."""
    return {**entry, "state": {"terminated": end_of(pod, entry, code)}, "ready": False, "started": False}
