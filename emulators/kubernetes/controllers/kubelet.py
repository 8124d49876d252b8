"""The kubelet: images are pulled, containers start, run, end and start again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from falsefront.kernel.state import State

from ..objects import Key, Object, timestamp
from ..shape import Shape
from ..triggers import wake
from . import images
from .cluster import Cluster, controller_of, is_active

PULL: Final = timedelta(milliseconds=400)
READY: Final = timedelta(milliseconds=300)
_SETTLE: Final = timedelta(seconds=2)
_RETRY: Final = timedelta(seconds=15)
_LONGEST_BACKOFF: Final = 300
_ORDER: Final = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


class _Pod:
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
    _STEPS[args.get("step", "admit")](_Pod(cluster, key, document))


def _admit(pod: _Pod) -> None:
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
            found = {c["name"]: _fresh(pod, c, waiting) for c in pod.spec.get(group, ())}
            pod.put(group, found)
        pod.conditions(
            PodReadyToStartContainers=False,
            Initialized=not pod.spec.get("initContainers"),
            Ready=False,
            ContainersReady=False,
        )
        pod.save()
    if missing := _missing_volume(pod):
        pod.event("Warning", "FailedMount", missing)
        pod.later(_RETRY, "admit")
        return
    for container in (*pod.spec.get("initContainers", ()), *pod.spec.get("containers", ())):
        if container.get("imagePullPolicy") == "Always" or (
            container.get("imagePullPolicy") == "IfNotPresent" and not _present(pod, container["image"])
        ):
            pod.event("Normal", "Pulling", f'Pulling image "{container["image"]}"', container["name"])
    pod.later(PULL, "start")


def _fresh(pod: _Pod, container: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
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


def _present(pod: _Pod, image: str) -> bool:
    """Whether the node ran a container of this image before."""
    return any(
        entry.get("imageID") and entry.get("image") == images.full_name(image)
        for _, other in pod.cluster.objects.on_node(pod.host)
        for entry in other.get("status", {}).get("containerStatuses", ())
    )


def _missing_volume(pod: _Pod) -> str:
    for volume in pod.spec.get("volumes", ()):
        for field, storage, named in (("configMap", "configmaps", "name"), ("secret", "secrets", "secretName")):
            source = volume.get(field)
            if not source or source.get("optional"):
                continue
            name = source.get(named, "")
            if pod.cluster.objects.get(storage, pod.key[1], name) is None:
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {storage[:-1]} "{name}" not found'
    return ""


def _misconfigured(pod: _Pod, container: Mapping[str, Any]) -> str:
    """What a container's environment refers to and is not there."""
    sources = [(entry.get("configMapRef"), "configmap", "") for entry in container.get("envFrom", ())]
    sources += [(entry.get("secretRef"), "secret", "") for entry in container.get("envFrom", ())]
    for variable in container.get("env", ()):
        origin = variable.get("valueFrom") or {}
        for field, kind in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
            sources.append((origin.get(field), kind, (origin.get(field) or {}).get("key", "")))
    for source, kind, key in sources:
        if not source or source.get("optional"):
            continue
        found = pod.cluster.objects.get(f"{kind}s", pod.key[1], source.get("name", ""))
        if found is None:
            return f'{kind} "{source.get("name", "")}" not found'
        if key and key not in (found.get("data") or {}) and key not in (found.get("binaryData") or {}):
            title = "ConfigMap" if kind == "configmap" else "Secret"
            return f"couldn't find key {key} in {title} {pod.key[1]}/{source['name']}"
    return ""


def _start(pod: _Pod) -> None:
    """The images have come, or not; init containers run first, then the others."""
    if "podIP" not in pod.status:
        address = _address(pod)
        pod.status.update(podIP=address, podIPs=[{"ip": address}])
    pod.conditions(PodReadyToStartContainers=True)
    if not _run_init(pod):
        pod.conditions(Ready=False, ContainersReady=False)
        pod.save()
        return
    pod.conditions(Initialized=True)
    found = pod.statuses()
    for container in pod.spec.get("containers", ()):
        found[container["name"]] = _launch(pod, container, found.get(container["name"]), "containers")
    pod.put("containers", found)
    if any("running" in entry["state"] or "terminated" in entry["state"] for entry in found.values()):
        pod.status["phase"] = "Running"
    pod.conditions(Ready=_all_ready(found), ContainersReady=_all_ready(found))
    pod.save()
    _plan(pod, found)


def _address(pod: _Pod) -> str:
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


def _run_init(pod: _Pod) -> bool:
    """Whether every init container has done its work."""
    containers = pod.spec.get("initContainers", ())
    found = pod.statuses("initContainers")
    for container in containers:
        entry = found.get(container["name"]) or _fresh(pod, container, {})
        ended = entry["state"].get("terminated")
        if ended is not None and ended["exitCode"] == 0:
            continue
        entry = _launch(pod, container, entry, "initContainers")
        found[container["name"]] = entry
        pod.put("initContainers", found)
        if "running" not in entry["state"]:
            pod.later(_SETTLE, "backoff")
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
        found[container["name"]] = _ended(pod, entry, 0)
        found[container["name"]]["ready"] = True
    pod.put("initContainers", found)
    return True


def _init_ended(pod: _Pod) -> None:
    found = pod.statuses("initContainers")
    for container in pod.spec.get("initContainers", ()):
        entry = found[container["name"]]
        if "running" not in entry["state"]:
            continue
        run = images.program(container, in_job=True)
        found[container["name"]] = _ended(pod, entry, run.code)
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


def _launch(pod: _Pod, container: Mapping[str, Any], before: dict[str, Any] | None, group: str) -> dict[str, Any]:
    """A container's status once it was tried to start it."""
    entry = dict(before) if before else _fresh(pod, container, {})
    image = container["image"]
    name = container["name"]
    full = images.full_name(image)
    if "running" in entry["state"] and entry["image"] == full:
        return entry
    if "terminated" in entry["state"] and entry["image"] == full and pod.spec.get("restartPolicy") != "Always":
        return entry
    if "running" in entry["state"]:
        pod.event("Normal", "Killing", f"Container {name} definition changed, will be restarted", name, group)
        entry = {
            **entry,
            "restartCount": entry["restartCount"] + 1,
            "lastState": {"terminated": _end_of(pod, entry, 0)},
        }
    found = images.verdict(pod.cluster.state, image)
    if found != "exists" and container.get("imagePullPolicy") == "Never":
        entry.update(image=image, ready=False, started=False)
        entry["state"] = {
            "waiting": {
                "reason": "ErrImageNeverPull",
                "message": f'Container image "{image}" is not present with pull policy of Never',
            }
        }
        return entry
    if found != "exists":
        return _unpulled(pod, entry, container, found, group)
    if wrong := _misconfigured(pod, container):
        pod.event("Warning", "Failed", f"Error: {wrong}", name, group)
        entry["state"] = {"waiting": {"reason": "CreateContainerConfigError", "message": wrong}}
        pod.later(_RETRY, "start")
        return entry
    _announce_pull(pod, container, group)
    pod.event("Normal", "Created", "Container created", name, group)
    pod.event("Normal", "Started", "Container started", name, group)
    run = images.program(container, in_job=_in_job(pod))
    digest = pod.cluster.state.ids.bytes(f"kubernetes.container/{pod.uid}/{name}", 32).hex()
    entry.update(
        state={"running": {"startedAt": pod.cluster.now}},
        ready=False,
        started=True,
        image=full,
        imageID=f"{full.rsplit(':', 1)[0]}@sha256:{_image_digest(full)}",
        containerID=f"containerd://{digest}",
    )
    if run.seconds is None and "readinessProbe" not in container and "startupProbe" not in container:
        entry["ready"] = group == "initContainers"
    return entry


def _image_digest(name: str) -> str:
    from hashlib import sha256

    return sha256(name.encode()).hexdigest()


def _announce_pull(pod: _Pod, container: Mapping[str, Any], group: str) -> None:
    image = container["image"]
    policy = container.get("imagePullPolicy")
    if policy == "Never" or (policy == "IfNotPresent" and _present(pod, image)):
        text = f'Container image "{image}" already present on machine and can be accessed by the pod'
    else:
        size = 20_000_000 + int(_image_digest(images.full_name(image))[:6], 16)
        took = f"{PULL.microseconds // 1000}ms"
        text = f'Successfully pulled image "{image}" in {took} ({took} including waiting). Image size: {size} bytes.'
    pod.event("Normal", "Pulled", text, container["name"], group)


def _unpulled(pod: _Pod, entry: dict[str, Any], container: Mapping[str, Any], found: str, group: str) -> dict[str, Any]:
    image, name = container["image"], container["name"]
    text = images.failure(image, found)
    entry.update(image=image, imageID="", ready=False, started=False)
    if found == "invalid":
        pod.event("Warning", "InspectFailed", text, name, group)
        pod.event("Warning", "Failed", "Error: InvalidImageName", name, group)
        entry["state"] = {"waiting": {"reason": "InvalidImageName", "message": text}}
        return entry
    pod.event("Warning", "Failed", text, name, group)
    pod.event("Warning", "Failed", "Error: ErrImagePull", name, group)
    message = text.partition(": ")[2]
    entry["state"] = {"waiting": {"reason": "ErrImagePull", "message": message}}
    pod.later(_SETTLE, "backoff")
    return entry


def _back_off(pod: _Pod) -> None:
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


def _in_job(pod: _Pod) -> bool:
    owner = controller_of(pod.document)
    return owner is not None and owner.get("kind") == "Job"


def _all_ready(found: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(entry.get("ready") for entry in found.values())


def _plan(pod: _Pod, found: Mapping[str, Mapping[str, Any]]) -> None:
    """What comes next: an end, or readiness."""
    ends: list[float] = []
    probed = False
    for container in pod.spec.get("containers", ()):
        entry = found[container["name"]]
        if "running" not in entry["state"]:
            continue
        run = images.program(container, in_job=_in_job(pod))
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


def _become_ready(pod: _Pod) -> None:
    found = pod.statuses()
    for entry in found.values():
        if "running" in entry["state"]:
            entry["ready"] = True
    pod.put("containers", found)
    pod.conditions(Ready=_all_ready(found), ContainersReady=_all_ready(found))
    pod.save()
    _plan(pod, found)


def _end_of(pod: _Pod, entry: Mapping[str, Any], code: int) -> dict[str, Any]:
    running = entry["state"].get("running", {})
    return {
        "exitCode": code,
        "reason": "Completed" if code == 0 else "Error",
        "startedAt": running.get("startedAt", pod.cluster.now),
        "finishedAt": pod.cluster.now,
        "containerID": entry.get("containerID", ""),
    }


def _ended(pod: _Pod, entry: dict[str, Any], code: int) -> dict[str, Any]:
    return {**entry, "state": {"terminated": _end_of(pod, entry, code)}, "ready": False, "started": False}


def _end(pod: _Pod) -> None:
    """Programs that are over: the pod is done, or they start again."""
    found = pod.statuses()
    policy = pod.spec.get("restartPolicy", "Always")
    crashed: list[Mapping[str, Any]] = []
    for container in pod.spec.get("containers", ()):
        entry = found[container["name"]]
        run = images.program(container, in_job=_in_job(pod))
        if "running" not in entry["state"] or run.seconds is None:
            continue
        found[container["name"]] = _ended(pod, entry, run.code)
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


def _crash(pod: _Pod, container: Mapping[str, Any], found: dict[str, dict[str, Any]], group: str) -> None:
    """A container that ended and is to run again: at once the first time, then ever later."""
    name = container["name"]
    entry = found[name]
    count = entry["restartCount"]
    last = {"terminated": entry["state"]["terminated"]}
    if count == 0:
        found[name] = {
            **entry,
            "restartCount": 1,
            "lastState": last,
            "state": {"waiting": {"reason": "ContainerCreating"}},
        }
        pod.put(group, found)
        pod.later(timedelta(seconds=1), "start")
        return
    seconds = min(10 * 2 ** (count - 1), _LONGEST_BACKOFF)
    shown = "5m0s" if seconds == 300 else f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"
    who = f"{pod.key[2]}_{pod.key[1]}({pod.uid})"
    message = f"back-off {shown} restarting failed container={name} pod={who}"
    pod.event("Warning", "BackOff", f"Back-off restarting failed container {name} in pod {who}", name, group)
    found[name] = {
        **entry,
        "restartCount": count + 1,
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
