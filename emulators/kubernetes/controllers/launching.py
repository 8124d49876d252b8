"""Starting a container: its image, its configuration, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from . import images
from .podwork import Pod, end_of, fresh, image_digest, in_job, is_present

PULL: Final = timedelta(milliseconds=400)


SETTLE: Final = timedelta(seconds=2)


RETRY: Final = timedelta(seconds=15)


def missing_volume(pod: Pod) -> str:
    """Why a volume cannot be mounted, or nothing."""
    for volume in pod.spec.get("volumes", ()):
        for field, storage, named in (("configMap", "configmaps", "name"), ("secret", "secrets", "secretName")):
            source = volume.get(field)
            if not source or source.get("optional"):
                continue
            name = source.get(named, "")
            if pod.cluster.objects.get(storage, pod.key[1], name) is None:
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {storage[:-1]} "{name}" not found'
    return ""


def _misconfigured(pod: Pod, container: Mapping[str, Any]) -> str:
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


def launch(pod: Pod, container: Mapping[str, Any], before: dict[str, Any] | None, group: str) -> dict[str, Any]:
    """A container's status once it was tried to start it."""
    entry = dict(before) if before else fresh(pod, container, {})
    image = container["image"]
    name = container["name"]
    full = images.full_name(image)
    if "running" in entry["state"] and entry["image"] == full:
        return entry
    if not _starts_again(pod, entry):
        return entry
    entry = _counted(entry)
    if "running" in entry["state"]:
        pod.event("Normal", "Killing", f"Container {name} definition changed, will be restarted", name, group)
        entry = {
            **entry,
            "restartCount": entry["restartCount"] + 1,
            "lastState": {"terminated": end_of(pod, entry, 0)},
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
        pod.later(RETRY, "start")
        return entry
    _announce_pull(pod, container, group)
    pod.event("Normal", "Created", "Container created", name, group)
    pod.event("Normal", "Started", "Container started", name, group)
    run = images.program(container, in_job=in_job(pod))
    digest = pod.cluster.state.ids.bytes(f"kubernetes.container/{pod.uid}/{name}", 32).hex()
    entry.update(
        state={"running": {"startedAt": pod.cluster.now}},
        ready=False,
        started=True,
        image=full,
        imageID=f"{full.rsplit(':', 1)[0]}@sha256:{image_digest(full)}",
        containerID=f"containerd://{digest}",
    )
    if run.seconds is None and "readinessProbe" not in container and "startupProbe" not in container:
        entry["ready"] = group == "initContainers"
    return entry


def _announce_pull(pod: Pod, container: Mapping[str, Any], group: str) -> None:
    image = container["image"]
    policy = container.get("imagePullPolicy")
    if policy == "Never" or (policy == "IfNotPresent" and is_present(pod, image)):
        text = f'Container image "{image}" already present on machine and can be accessed by the pod'
    else:
        size = 20_000_000 + int(image_digest(images.full_name(image))[:6], 16)
        took = f"{PULL.microseconds // 1000}ms"
        text = f'Successfully pulled image "{image}" in {took} ({took} including waiting). Image size: {size} bytes.'
    pod.event("Normal", "Pulled", text, container["name"], group)


def _starts_again(pod: Pod, entry: Mapping[str, Any]) -> bool:
    """Whether a container that has ended is to run once more."""
    last = entry["state"].get("terminated")
    policy = pod.spec.get("restartPolicy", "Always")
    return last is None or policy == "Always" or (policy == "OnFailure" and last["exitCode"] != 0)


def _counted(entry: dict[str, Any]) -> dict[str, Any]:
    """A container's status with one restart more, if this is one."""
    state = entry["state"]
    if "terminated" in state:
        return {**entry, "restartCount": entry["restartCount"] + 1, "lastState": {"terminated": state["terminated"]}}
    if state.get("waiting", {}).get("reason") == "CrashLoopBackOff":
        return {**entry, "restartCount": entry["restartCount"] + 1}
    return entry


def _unpulled(pod: Pod, entry: dict[str, Any], container: Mapping[str, Any], found: str, group: str) -> dict[str, Any]:
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
    pod.later(SETTLE, "backoff")
    return entry
