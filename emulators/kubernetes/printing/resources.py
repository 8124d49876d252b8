"""The rows of services, storage and policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .fields import Cells, Item, age, few, labels, name_of, spec_of, status_of


def service(item: Item, now: datetime) -> Cells:
    """A service."""
    spec = spec_of(item)
    return [
        name_of(item),
        spec.get("type", ""),
        spec.get("clusterIP") or "<none>",
        _external(item),
        _ports(spec.get("ports", ())) or "<none>",
        age(item, now),
        labels(spec.get("selector")),
    ]


def _external(item: Item) -> str:
    spec = spec_of(item)
    addresses: list[str] = list(spec.get("externalIPs", ()))
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case "LoadBalancer":
            ingress = status_of(item).get("loadBalancer", {}).get("ingress", ())
            addresses = [entry.get("ip") or entry.get("hostname", "") for entry in ingress] + addresses
            return ",".join(addresses) or "<pending>"
        case _:
            return ",".join(addresses) or "<none>"


def _ports(ports: Sequence[Item]) -> str:
    return ",".join(
        f"{port['port']}:{port['nodePort']}/{port.get('protocol', 'TCP')}"
        if port.get("nodePort")
        else f"{port['port']}/{port.get('protocol', 'TCP')}"
        for port in ports
    )


def endpoint_slice(item: Item, now: datetime) -> Cells:
    """An endpoint slice."""
    ports = ",".join(str(port.get("port", "*")) for port in item.get("ports") or ()) or "<unset>"
    addresses = [address for endpoint in item.get("endpoints") or () for address in endpoint.get("addresses", ())]
    return [name_of(item), item.get("addressType", ""), ports, few(addresses) or "<unset>", age(item, now)]


def endpoints(item: Item, now: datetime) -> Cells:
    """Endpoints."""
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in item.get("subsets") or ()
        for address in subset.get("addresses", ())
        for port in subset.get("ports") or ()
    ]
    return [name_of(item), few(found) or "<none>", age(item, now)]


def ingress(item: Item, now: datetime) -> Cells:
    """An ingress."""
    spec = spec_of(item)
    hosts = [rule["host"] for rule in spec.get("rules", ()) if rule.get("host")]
    addresses = [
        entry.get("ip") or entry.get("hostname", "")
        for entry in status_of(item).get("loadBalancer", {}).get("ingress", ())
    ]
    return [
        name_of(item),
        spec.get("ingressClassName", "<none>"),
        few(hosts) or "*",
        ",".join(addresses),
        "80, 443" if spec.get("tls") else "80",
        age(item, now),
    ]


def claim(item: Item, now: datetime) -> Cells:
    """A persistent volume claim."""
    spec, status = spec_of(item), status_of(item)
    phase = "Terminating" if item["metadata"].get("deletionTimestamp") else status.get("phase", "")
    bound = bool(spec.get("volumeName"))
    return [
        name_of(item),
        phase,
        spec.get("volumeName", ""),
        status.get("capacity", {}).get("storage", "") if bound else "",
        _modes(status.get("accessModes", ())) if bound else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", "<unset>"),
        age(item, now),
        spec.get("volumeMode", "<unset>"),
    ]


def volume(item: Item, now: datetime) -> Cells:
    """A persistent volume."""
    spec, status = spec_of(item), status_of(item)
    claim = spec.get("claimRef")
    return [
        name_of(item),
        spec.get("capacity", {}).get("storage", ""),
        _modes(spec.get("accessModes", ())),
        spec.get("persistentVolumeReclaimPolicy", ""),
        "Terminating" if item["metadata"].get("deletionTimestamp") else status.get("phase", ""),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", "<unset>"),
        status.get("reason", ""),
        age(item, now),
        spec.get("volumeMode", "<unset>"),
    ]


def _modes(modes: Sequence[str]) -> str:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return ",".join(short.get(mode, mode) for mode in modes)


def quota(item: Item, now: datetime) -> Cells:
    """A resource quota."""
    spec, status = spec_of(item), status_of(item)
    used = status.get("used", {})
    requests: list[str] = []
    limits: list[str] = []
    for name, hard in sorted(spec.get("hard", {}).items()):
        (limits if name.startswith("limits") else requests).append(f"{name}: {used.get(name, '0')}/{hard}")
    return [name_of(item), ", ".join(requests), ", ".join(limits), age(item, now)]


def budget(item: Item, now: datetime) -> Cells:
    """A disruption budget."""
    spec = spec_of(item)
    return [
        name_of(item),
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        status_of(item).get("disruptionsAllowed", 0),
        age(item, now),
    ]


def binding(item: Item, now: datetime) -> Cells:
    """A role binding."""
    role = item.get("roleRef", {})
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in item.get("subjects") or ():
        name = subject.get("name", "")
        if subject.get("kind") == "ServiceAccount":
            name = f"{subject.get('namespace', '')}/{name}"
        subjects.setdefault(subject.get("kind", ""), []).append(name)
    return [
        name_of(item),
        f"{role.get('kind', '')}/{role.get('name', '')}",
        age(item, now),
        *(", ".join(subjects[kind]) for kind in ("User", "Group", "ServiceAccount")),
    ]


def storage_class(item: Item, now: datetime) -> Cells:
    """A storage class."""
    default = item["metadata"].get("annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    return [
        f"{name_of(item)} (default)" if default else name_of(item),
        item.get("provisioner", ""),
        item.get("reclaimPolicy", "Delete"),
        item.get("volumeBindingMode", "Immediate"),
        str(item.get("allowVolumeExpansion", False)).lower(),
        age(item, now),
    ]


def priority_class(item: Item, now: datetime) -> Cells:
    """A priority class."""
    default = bool(item.get("globalDefault", False))
    return [name_of(item), item.get("value", 0), default, age(item, now), item.get("preemptionPolicy", "")]


def ingress_class(item: Item, now: datetime) -> Cells:
    """An ingress class."""
    parameters = spec_of(item).get("parameters")
    shown = f"{parameters.get('kind', '')}/{parameters.get('name', '')}" if parameters else "<none>"
    return [name_of(item), spec_of(item).get("controller", ""), shown, age(item, now)]


def parent(item: Item) -> str:
    """What an address belongs to."""
    parent = spec_of(item).get("parentRef", {})
    return f"{parent.get('resource', '')}/{parent.get('namespace', '')}/{parent.get('name', '')}"
