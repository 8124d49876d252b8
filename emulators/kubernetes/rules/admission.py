"""Mutating admission: what the built-in plugins add to a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..api import status
from ..objects import Object

if TYPE_CHECKING:
    from ..api.session import Session

_SUFFIX: Final = "bcdfghjklmnpqrstvwxz2456789"
_MOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_PRIORITIES: Final = {"system-cluster-critical": 2000000000, "system-node-critical": 2000001000}


def admit(session: Session, document: Object, old: Object | None = None) -> Object:
    """The object after admission, as a new one where anything was added. Raises a Status failure (403)."""
    if session.resource.storage != "pods" or old is not None:
        return document
    pod = {**document, "spec": dict(document["spec"])}
    spec: dict[str, Any] = pod["spec"]
    _service_account(session, pod, spec)
    _priority(session, pod, spec)
    _tolerations(spec)
    return pod


def _service_account(session: Session, pod: Object, spec: dict[str, Any]) -> None:
    namespace, name = pod["metadata"]["namespace"], spec.get("serviceAccountName") or "default"
    account = session.objects.get("serviceaccounts", namespace, name)
    if account is None:
        why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        raise status.forbidden(session.resource, pod["metadata"].get("name", ""), why)
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    if not spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
        return
    volumes = spec.get("volumes", [])
    if any(volume["name"].startswith("kube-api-access-") for volume in volumes if "name" in volume):
        return
    suffix = session.state.ids.token(f"kubernetes.volume/{namespace}/{pod['metadata'].get('name', '')}", 5, _SUFFIX)
    volume = f"kube-api-access-{suffix}"
    spec["volumes"] = [*volumes, {"name": volume, "projected": _token_volume()}]
    mount = {"name": volume, "readOnly": True, "mountPath": _MOUNT}
    for group in ("initContainers", "containers"):
        if group in spec:
            spec[group] = [
                container
                if any(m.get("mountPath") == _MOUNT for m in container.get("volumeMounts", ()))
                else {**container, "volumeMounts": [*container.get("volumeMounts", ()), mount]}
                for container in spec[group]
            ]


def _token_volume() -> dict[str, Any]:
    reference = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": reference}]}},
        ],
        "defaultMode": 420,
    }


def _priority(session: Session, pod: Object, spec: dict[str, Any]) -> None:
    name = spec.get("priorityClassName")
    spec["priority"] = 0
    if name:
        found = session.objects.get("priorityclasses.scheduling.k8s.io", "", name)
        if found is None and name not in _PRIORITIES:
            why = f"no PriorityClass with name {name} was found"
            raise status.forbidden(session.resource, pod["metadata"].get("name", ""), why)
        spec["priority"] = found["value"] if found else _PRIORITIES[name]
        spec["preemptionPolicy"] = (found or {}).get("preemptionPolicy", "PreemptLowerPriority")
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _tolerations(spec: dict[str, Any]) -> None:
    tolerations = list(spec.get("tolerations", ()))
    for taint in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(_tolerates(toleration, taint) for toleration in tolerations):
            tolerations.append({"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    spec["tolerations"] = tolerations


def _tolerates(toleration: dict[str, Any], taint: str) -> bool:
    key = toleration.get("key")
    everything = not key and toleration.get("operator") == "Exists"
    return (everything or key == taint) and toleration.get("effect", "NoExecute") == "NoExecute"
