"""Services find their pods: Endpoints and EndpointSlices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from falsefront.kernel.state import State

from ..api.selectors import from_labels
from ..objects import Key, Object, ordered
from ..shape import Shape
from .cluster import Cluster, is_active, is_ready, owner_reference


def reconcile_service(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """One service has changed."""
    cluster = Cluster(shape, state)
    found = cluster.objects.get("services", args["namespace"], args["name"])
    if found is not None and found.get("spec", {}).get("selector"):
        _publish(cluster, found)


def reconcile_namespace(shape: Shape, state: State, args: Mapping[str, Any]) -> None:
    """Pods of a namespace have changed."""
    cluster = Cluster(shape, state)
    for _, service in list(cluster.objects.scan("services", args["namespace"])):
        if service.get("spec", {}).get("selector") and service["spec"].get("type") != "ExternalName":
            _publish(cluster, service)


def _publish(cluster: Cluster, service: Object) -> None:
    namespace = service["metadata"]["namespace"]
    selector = from_labels(service["spec"]["selector"])
    label = selector.equality
    rows = cluster.objects.labelled("pods", *label, namespace) if label else cluster.objects.scan("pods", namespace)
    pods = [pod for _, pod in rows if selector.matches(pod) and pod.get("status", {}).get("podIP") and is_active(pod)]
    _endpoints(cluster, service, pods)
    _slice(cluster, service, pods)


def _target(pod: Object) -> Object:
    metadata = pod["metadata"]
    return {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}


def _port(port: Mapping[str, Any], pods: Sequence[Object]) -> Any:
    """The number behind a service's target port; by name it is the first pod's."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for pod in pods:
        for container in pod["spec"].get("containers", ()):
            for own in container.get("ports", ()):
                if own.get("name") == target:
                    return own["containerPort"]
    return None


def _ports(service: Object, pods: Sequence[Object]) -> list[Object]:
    found: list[Object] = []
    for port in service["spec"].get("ports", ()):
        number = _port(port, pods)
        if number is not None:
            named = {"name": port["name"]} if port.get("name") else {}
            found.append({**named, "port": number, "protocol": port.get("protocol", "TCP")})
    return found


def _endpoints(cluster: Cluster, service: Object, pods: Sequence[Object]) -> None:
    metadata = service["metadata"]
    ready = [pod for pod in pods if is_ready(pod) or service["spec"].get("publishNotReadyAddresses")]
    waiting = [pod for pod in pods if pod not in ready]
    subset: Object = {}
    for field, group in (("addresses", ready), ("notReadyAddresses", waiting)):
        if group:
            subset[field] = [
                {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target(pod)}
                for pod in sorted(group, key=lambda pod: _numeric(pod["status"]["podIP"]))
            ]
    if subset and (ports := _ports(service, pods)):
        subset["ports"] = ports
    labels = {**metadata.get("labels", {}), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    if service["spec"].get("clusterIP") == "None":
        labels["service.kubernetes.io/headless"] = ""
    key = ("endpoints", metadata["namespace"], metadata["name"])
    fields: Object = {"subsets": [subset]} if subset else {}
    _store(cluster, key, "Endpoints", "v1", {"labels": labels}, fields)


def _numeric(address: str) -> tuple[int, ...]:
    return tuple(int(part) for part in address.split(".") if part.isdecimal())


def _slice(cluster: Cluster, service: Object, pods: Sequence[Object]) -> None:
    metadata = service["metadata"]
    storage = "endpointslices.discovery.k8s.io"
    owned = [key for key, _ in cluster.owned(service, storage)]
    if owned:
        key = owned[0]
    else:
        letters = "bcdfghjklmnpqrstvwxz2456789"
        suffix = cluster.state.ids.token(f"kubernetes.slice/{metadata['uid']}", 5, letters)
        key = (storage, metadata["namespace"], f"{metadata['name']}-{suffix}")
    endpoints: list[Object] = []
    for pod in sorted(pods, key=lambda pod: _numeric(pod["status"]["podIP"])):
        ready = is_ready(pod)
        endpoints.append(
            {
                "addresses": [pod["status"]["podIP"]],
                "conditions": {"ready": ready, "serving": ready, "terminating": False},
                "nodeName": pod["spec"]["nodeName"],
                "targetRef": _target(pod),
            }
        )
    labels = {
        **metadata.get("labels", {}),
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": metadata["name"],
    }
    ports = [
        {"name": port.get("name", ""), **{k: v for k, v in port.items() if k != "name"}}
        for port in _ports(service, pods)
    ]
    fields: Object = {"addressType": "IPv4", "endpoints": endpoints, "ports": ports}
    own = {
        "generateName": f"{metadata['name']}-",
        "labels": labels,
        "ownerReferences": [owner_reference(service)],
    }
    _store(cluster, key, "EndpointSlice", "discovery.k8s.io/v1", own, fields)


def _store(cluster: Cluster, key: Key, kind: str, api_version: str, own: Object, fields: Object) -> None:
    before = cluster.objects.get(*key)
    if before is None:
        metadata: Object = {
            "name": key[2],
            "namespace": key[1],
            "uid": cluster.state.ids.uuid(f"kubernetes.uid/{'/'.join(key)}"),
            "creationTimestamp": cluster.now,
            **own,
        }
        if kind == "EndpointSlice":
            metadata["generation"] = 1
        document: Object = {"kind": kind, "apiVersion": api_version, "metadata": metadata, **fields}
        cluster.objects.create(key, ordered(document))
        return
    after = {**before, "metadata": {**before["metadata"], **own}, **fields}
    if "subsets" in before and "subsets" not in fields:
        del after["subsets"]
    if after != before and "generation" in before["metadata"]:
        after["metadata"]["generation"] = before["metadata"]["generation"] + 1
    cluster.objects.update(key, after)
