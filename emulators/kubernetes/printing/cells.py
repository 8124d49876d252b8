"""The cells of each kind's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from . import durations
from .pods import pod

Item: TypeAlias = Mapping[str, Any]
Cells: TypeAlias = list[Any]


def cells(plural: str, item: Item, now: datetime) -> Cells:
    """A row's cells, in the order of the kind's columns."""
    rule = _CELLS.get(plural)
    if rule is None:
        return [item["metadata"]["name"], item["metadata"].get("creationTimestamp")]
    return rule(item, now)


def _name(item: Item) -> str:
    name: str = item["metadata"].get("name", "")
    return name


def _age(item: Item, now: datetime) -> str:
    return durations.since(item["metadata"].get("creationTimestamp"), now)


def _spec(item: Item) -> Item:
    found: Item = item.get("spec") or {}
    return found


def _status(item: Item) -> Item:
    found: Item = item.get("status") or {}
    return found


def _aged(*values: Callable[[Item], Any]) -> Callable[[Item, datetime], Cells]:
    """Name, some cells, age."""

    def rule(item: Item, now: datetime) -> Cells:
        return [_name(item), *(value(item) for value in values), _age(item, now)]

    return rule


def labels(found: Mapping[str, Any] | None) -> str:
    """Labels as a selector."""
    return ",".join(f"{key}={value}" for key, value in sorted((found or {}).items())) or "<none>"


def selector(found: Mapping[str, Any] | None) -> str:
    """A ``LabelSelector`` object in its short form."""
    if found is None:
        return "<none>"
    terms = [f"{key}={value}" for key, value in sorted((found.get("matchLabels") or {}).items())]
    for term in found.get("matchExpressions") or ():
        key, values = term.get("key", ""), ",".join(sorted(term.get("values") or ()))
        match term.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "DoesNotExist":
                terms.append(f"!{key}")
            case _:
                terms.append(str(key))
    return ",".join(terms) or "<none>"


def _containers(template: Item) -> Cells:
    containers: Sequence[Item] = (template.get("spec") or {}).get("containers", ())
    return [",".join(c.get("name", "") for c in containers), ",".join(c.get("image", "") for c in containers)]


def _deployment(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    return [
        _name(item),
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        _age(item, now),
        *_containers(spec.get("template", {})),
        selector(spec.get("selector")),
    ]


def _replica_set(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    chosen = spec.get("selector") or {}
    plain = item.get("kind") == "ReplicationController"
    return [
        _name(item),
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        _age(item, now),
        *_containers(spec.get("template", {})),
        labels(chosen) if plain else selector(chosen),
    ]


def _stateful_set(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [_name(item), ready, _age(item, now), *_containers(spec.get("template", {}))]


def _daemon_set(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    counts = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        _name(item),
        *(status.get(field, 0) for field in counts),
        labels((spec.get("template", {}).get("spec") or {}).get("nodeSelector")),
        _age(item, now),
        *_containers(spec.get("template", {})),
        selector(spec.get("selector")),
    ]


def _job(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    completions = spec.get("completions")
    done = status.get("succeeded", 0)
    total = str(completions) if completions is not None else f"1 of {spec.get('parallelism', 1)}"
    began, ended = status.get("startTime"), status.get("completionTime")
    duration = ""
    if began:
        end = durations.parse(ended) if ended else now
        duration = durations.show((end - durations.parse(began)).total_seconds())
    return [
        _name(item),
        _job_status(item),
        f"{done}/{total}",
        duration,
        _age(item, now),
        *_containers(spec.get("template", {})),
        selector(spec.get("selector")),
    ]


def _job_status(item: Item) -> str:
    words = {"Complete": "Complete", "Failed": "Failed", "Suspended": "Suspended", "FailureTarget": "FailureTarget"}
    for condition in _status(item).get("conditions", ()):
        if condition.get("status") == "True" and condition.get("type") in words:
            return words[condition["type"]]
    return "Terminating" if item["metadata"].get("deletionTimestamp") else "Running"


def _cron_job(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    last = status.get("lastScheduleTime")
    return [
        _name(item),
        spec.get("schedule", ""),
        spec.get("timeZone", "<none>"),
        str(spec.get("suspend", False)).title(),
        len(status.get("active", ())),
        durations.since(last, now) if last else "<none>",
        _age(item, now),
        *_containers((spec.get("jobTemplate", {}).get("spec") or {}).get("template", {})),
        "<none>",
    ]


def _service(item: Item, now: datetime) -> Cells:
    spec = _spec(item)
    return [
        _name(item),
        spec.get("type", ""),
        spec.get("clusterIP") or "<none>",
        _external(item),
        _ports(spec.get("ports", ())) or "<none>",
        _age(item, now),
        labels(spec.get("selector")),
    ]


def _external(item: Item) -> str:
    spec = _spec(item)
    addresses: list[str] = list(spec.get("externalIPs", ()))
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case "LoadBalancer":
            ingress = _status(item).get("loadBalancer", {}).get("ingress", ())
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


def _node(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    states = [
        "Ready" if condition["status"] == "True" else "NotReady"
        for condition in status.get("conditions", ())
        if condition["type"] == "Ready"
    ] or ["Unknown"]
    if spec.get("unschedulable"):
        states.append("SchedulingDisabled")
    prefix = "node-role.kubernetes.io/"
    roles = sorted(key.removeprefix(prefix) for key in item["metadata"].get("labels", {}) if key.startswith(prefix))
    addresses = {entry["type"]: entry["address"] for entry in status.get("addresses", ())}
    info = status.get("nodeInfo", {})
    return [
        _name(item),
        ",".join(states),
        ",".join(roles) or "<none>",
        _age(item, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", "<none>"),
        addresses.get("ExternalIP", "<none>"),
        info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def _event(item: Item, now: datetime) -> Cells:
    about = item.get("involvedObject") or item.get("regarding") or {}
    first = item.get("firstTimestamp") or item.get("deprecatedFirstTimestamp") or item.get("eventTime")
    last = item.get("lastTimestamp") or item.get("deprecatedLastTimestamp") or first
    series = item.get("series") or {}
    count = series.get("count") or item.get("count") or item.get("deprecatedCount") or 1
    source = item.get("source") or item.get("deprecatedSource") or {}
    component = source.get("component") or item.get("reportingComponent") or item.get("reportingController", "")
    host = source.get("host") or item.get("reportingInstance", "")
    return [
        durations.since(series.get("lastObservedTime") or last, now),
        item.get("type", ""),
        item.get("reason", ""),
        f"{about.get('kind', '').lower()}/{about.get('name', '')}",
        about.get("fieldPath", ""),
        f"{component}, {host}" if host else component,
        (item.get("message") or item.get("note", "")).strip(),
        durations.since(first, now),
        count,
        _name(item),
    ]


def _endpoint_slice(item: Item, now: datetime) -> Cells:
    ports = ",".join(str(port.get("port", "*")) for port in item.get("ports") or ()) or "<unset>"
    addresses = [address for endpoint in item.get("endpoints") or () for address in endpoint.get("addresses", ())]
    return [_name(item), item.get("addressType", ""), ports, _few(addresses) or "<unset>", _age(item, now)]


def _endpoints(item: Item, now: datetime) -> Cells:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in item.get("subsets") or ()
        for address in subset.get("addresses", ())
        for port in subset.get("ports") or ()
    ]
    return [_name(item), _few(found) or "<none>", _age(item, now)]


def _few(values: Sequence[str], most: int = 3) -> str:
    shown = ",".join(values[:most])
    return f"{shown} + {len(values) - most} more..." if len(values) > most else shown


def _ingress(item: Item, now: datetime) -> Cells:
    spec = _spec(item)
    hosts = [rule["host"] for rule in spec.get("rules", ()) if rule.get("host")]
    addresses = [
        entry.get("ip") or entry.get("hostname", "")
        for entry in _status(item).get("loadBalancer", {}).get("ingress", ())
    ]
    return [
        _name(item),
        spec.get("ingressClassName", "<none>"),
        _few(hosts) or "*",
        ",".join(addresses),
        "80, 443" if spec.get("tls") else "80",
        _age(item, now),
    ]


def _claim(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    phase = "Terminating" if item["metadata"].get("deletionTimestamp") else status.get("phase", "")
    bound = bool(spec.get("volumeName"))
    return [
        _name(item),
        phase,
        spec.get("volumeName", ""),
        status.get("capacity", {}).get("storage", "") if bound else "",
        _modes(status.get("accessModes", ())) if bound else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", "<unset>"),
        _age(item, now),
        spec.get("volumeMode", "<unset>"),
    ]


def _volume(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    claim = spec.get("claimRef")
    return [
        _name(item),
        spec.get("capacity", {}).get("storage", ""),
        _modes(spec.get("accessModes", ())),
        spec.get("persistentVolumeReclaimPolicy", ""),
        "Terminating" if item["metadata"].get("deletionTimestamp") else status.get("phase", ""),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName", "<unset>"),
        status.get("reason", ""),
        _age(item, now),
        spec.get("volumeMode", "<unset>"),
    ]


def _modes(modes: Sequence[str]) -> str:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return ",".join(short.get(mode, mode) for mode in modes)


def _autoscaler(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    target = spec.get("scaleTargetRef", {})
    shown: list[str] = []
    for metric in spec.get("metrics") or ():
        resource = metric.get("resource") or {}
        goal = resource.get("target", {})
        wanted = (
            f"{goal['averageUtilization']}%" if "averageUtilization" in goal else goal.get("averageValue", "<auto>")
        )
        shown.append(f"{resource.get('name', '')}: <unknown>/{wanted}")
    if "targetCPUUtilizationPercentage" in spec:
        shown.append(f"cpu: <unknown>/{spec['targetCPUUtilizationPercentage']}%")
    return [
        _name(item),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        ", ".join(shown) or "<none>",
        spec.get("minReplicas", "<unset>"),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        _age(item, now),
    ]


def _quota(item: Item, now: datetime) -> Cells:
    spec, status = _spec(item), _status(item)
    used = status.get("used", {})
    requests: list[str] = []
    limits: list[str] = []
    for name, hard in sorted(spec.get("hard", {}).items()):
        (limits if name.startswith("limits") else requests).append(f"{name}: {used.get(name, '0')}/{hard}")
    return [_name(item), ", ".join(requests), ", ".join(limits), _age(item, now)]


def _budget(item: Item, now: datetime) -> Cells:
    spec = _spec(item)
    return [
        _name(item),
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        _status(item).get("disruptionsAllowed", 0),
        _age(item, now),
    ]


def _binding(item: Item, now: datetime) -> Cells:
    role = item.get("roleRef", {})
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in item.get("subjects") or ():
        name = subject.get("name", "")
        if subject.get("kind") == "ServiceAccount":
            name = f"{subject.get('namespace', '')}/{name}"
        subjects.setdefault(subject.get("kind", ""), []).append(name)
    return [
        _name(item),
        f"{role.get('kind', '')}/{role.get('name', '')}",
        _age(item, now),
        *(", ".join(subjects[kind]) for kind in ("User", "Group", "ServiceAccount")),
    ]


def _storage_class(item: Item, now: datetime) -> Cells:
    default = item["metadata"].get("annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    return [
        f"{_name(item)} (default)" if default else _name(item),
        item.get("provisioner", ""),
        item.get("reclaimPolicy", "Delete"),
        item.get("volumeBindingMode", "Immediate"),
        str(item.get("allowVolumeExpansion", False)).lower(),
        _age(item, now),
    ]


def _priority_class(item: Item, now: datetime) -> Cells:
    default = bool(item.get("globalDefault", False))
    return [_name(item), item.get("value", 0), default, _age(item, now), item.get("preemptionPolicy", "")]


def _revision(item: Item, now: datetime) -> Cells:
    owner = next(iter(item["metadata"].get("ownerReferences", ())), None)
    shown = f"{owner['kind'].lower()}.{owner['apiVersion'].split('/')[0]}/{owner['name']}" if owner else "<none>"
    return [_name(item), shown, item.get("revision", 0), _age(item, now)]


def _pod_template(item: Item, now: datetime) -> Cells:
    template = item.get("template", {})
    return [_name(item), *_containers(template), labels(template.get("metadata", {}).get("labels"))]


def _ingress_class(item: Item, now: datetime) -> Cells:
    parameters = _spec(item).get("parameters")
    shown = f"{parameters.get('kind', '')}/{parameters.get('name', '')}" if parameters else "<none>"
    return [_name(item), _spec(item).get("controller", ""), shown, _age(item, now)]


_CELLS: Final[Mapping[str, Callable[[Item, datetime], Cells]]] = {
    "pods": pod,
    "deployments": _deployment,
    "replicasets": _replica_set,
    "replicationcontrollers": _replica_set,
    "statefulsets": _stateful_set,
    "daemonsets": _daemon_set,
    "jobs": _job,
    "cronjobs": _cron_job,
    "services": _service,
    "nodes": _node,
    "events": _event,
    "endpoints": _endpoints,
    "endpointslices": _endpoint_slice,
    "ingresses": _ingress,
    "ingressclasses": _ingress_class,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "horizontalpodautoscalers": _autoscaler,
    "resourcequotas": _quota,
    "poddisruptionbudgets": _budget,
    "rolebindings": _binding,
    "clusterrolebindings": _binding,
    "storageclasses": _storage_class,
    "priorityclasses": _priority_class,
    "controllerrevisions": _revision,
    "podtemplates": _pod_template,
    "namespaces": _aged(lambda item: _status(item).get("phase", "")),
    "configmaps": _aged(lambda item: len(item.get("data") or {}) + len(item.get("binaryData") or {})),
    "secrets": _aged(lambda item: item.get("type", ""), lambda item: len(item.get("data") or {})),
    "serviceaccounts": _aged(),
    "networkpolicies": _aged(lambda item: selector(_spec(item).get("podSelector"))),
    "leases": _aged(lambda item: _spec(item).get("holderIdentity", "")),
    "runtimeclasses": _aged(lambda item: item.get("handler", "")),
    "csinodes": _aged(lambda item: len(_spec(item).get("drivers", ()))),
    "deviceclasses": _aged(),
    "resourceclaimtemplates": _aged(),
    "resourceclaims": _aged(lambda item: "allocated,reserved" if _status(item).get("reservedFor") else "pending"),
    "resourceslices": _aged(
        lambda item: _spec(item).get("nodeName", ""),
        lambda item: _spec(item).get("driver", ""),
        lambda item: _spec(item).get("pool", {}).get("name", ""),
    ),
    "volumeattributesclasses": _aged(lambda item: item.get("driverName", "")),
    "volumeattachments": _aged(
        lambda item: _spec(item).get("attacher", ""),
        lambda item: _spec(item).get("source", {}).get("persistentVolumeName", ""),
        lambda item: _spec(item).get("nodeName", ""),
        lambda item: _status(item).get("attached", False),
    ),
    "csidrivers": _aged(
        lambda item: _spec(item).get("attachRequired", True),
        lambda item: _spec(item).get("podInfoOnMount", False),
        lambda item: _spec(item).get("storageCapacity", False),
        lambda item: ",".join(token.get("audience", "") for token in _spec(item).get("tokenRequests", ())) or "<unset>",
        lambda item: str(_spec(item).get("requiresRepublish", False)).lower(),
        lambda item: ",".join(_spec(item).get("volumeLifecycleModes", ("Persistent",))),
    ),
    "certificatesigningrequests": lambda item, now: [
        _name(item),
        _age(item, now),
        _spec(item).get("signerName", "<none>"),
        _spec(item).get("username", ""),
        "<none>",
        ",".join(condition["type"] for condition in _status(item).get("conditions", ())) or "Pending",
    ],
    "ipaddresses": lambda item, now: [_name(item), _parent(item)],
    "servicecidrs": _aged(lambda item: ",".join(_spec(item).get("cidrs", ()))),
    "flowschemas": lambda item, now: [
        _name(item),
        _spec(item).get("priorityLevelConfiguration", {}).get("name", ""),
        _spec(item).get("matchingPrecedence", 1000),
        (_spec(item).get("distinguisherMethod") or {}).get("type", "<none>"),
        _age(item, now),
        "?",
    ],
    "prioritylevelconfigurations": lambda item, now: [
        _name(item),
        _spec(item).get("type", ""),
        (_spec(item).get("limited") or {}).get("nominalConcurrencyShares", "<none>"),
        "<none>",
        "<none>",
        "<none>",
        _age(item, now),
    ],
    "scale": lambda item, now: [
        _name(item),
        _spec(item).get("replicas", 0),
        _status(item).get("replicas", 0),
        _age(item, now),
    ],
}


def _parent(item: Item) -> str:
    parent = _spec(item).get("parentRef", {})
    return f"{parent.get('resource', '')}/{parent.get('namespace', '')}/{parent.get('name', '')}"
