"""The cells of each kind's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from . import durations
from .fields import Cells, Item, age, aged, containers_of, labels, name_of, selector, spec_of, status_of
from .pods import pod
from .resources import (
    binding,
    budget,
    claim,
    endpoint_slice,
    endpoints,
    ingress,
    ingress_class,
    parent,
    priority_class,
    quota,
    service,
    storage_class,
    volume,
)


def cells(plural: str, item: Item, now: datetime) -> Cells:
    """A row's cells, in the order of the kind's columns."""
    rule = _CELLS.get(plural)
    if rule is None:
        return [item["metadata"]["name"], item["metadata"].get("creationTimestamp")]
    return rule(item, now)


def _deployment(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
    return [
        name_of(item),
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(item, now),
        *containers_of(spec.get("template", {})),
        selector(spec.get("selector")),
    ]


def _replica_set(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
    chosen = spec.get("selector") or {}
    plain = item.get("kind") == "ReplicationController"
    return [
        name_of(item),
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(item, now),
        *containers_of(spec.get("template", {})),
        labels(chosen) if plain else selector(chosen),
    ]


def _stateful_set(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [name_of(item), ready, age(item, now), *containers_of(spec.get("template", {}))]


def _daemon_set(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
    counts = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        name_of(item),
        *(status.get(field, 0) for field in counts),
        labels((spec.get("template", {}).get("spec") or {}).get("nodeSelector")),
        age(item, now),
        *containers_of(spec.get("template", {})),
        selector(spec.get("selector")),
    ]


def _job(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
    completions = spec.get("completions")
    done = status.get("succeeded", 0)
    total = str(completions) if completions is not None else f"1 of {spec.get('parallelism', 1)}"
    began, ended = status.get("startTime"), status.get("completionTime")
    duration = ""
    if began:
        end = durations.parse(ended) if ended else now
        duration = durations.show((end - durations.parse(began)).total_seconds())
    return [
        name_of(item),
        _job_status(item),
        f"{done}/{total}",
        duration,
        age(item, now),
        *containers_of(spec.get("template", {})),
        selector(spec.get("selector")),
    ]


def _job_status(item: Item) -> str:
    words = {"Complete": "Complete", "Failed": "Failed", "Suspended": "Suspended", "FailureTarget": "FailureTarget"}
    for condition in status_of(item).get("conditions", ()):
        if condition.get("status") == "True" and condition.get("type") in words:
            return words[condition["type"]]
    return "Terminating" if item["metadata"].get("deletionTimestamp") else "Running"


def _cron_job(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
    last = status.get("lastScheduleTime")
    return [
        name_of(item),
        spec.get("schedule", ""),
        spec.get("timeZone", "<none>"),
        str(spec.get("suspend", False)).title(),
        len(status.get("active", ())),
        durations.since(last, now) if last else "<none>",
        age(item, now),
        *containers_of((spec.get("jobTemplate", {}).get("spec") or {}).get("template", {})),
        "<none>",
    ]


def _node(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
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
        name_of(item),
        ",".join(states),
        ",".join(roles) or "<none>",
        age(item, now),
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
        name_of(item),
    ]


def _autoscaler(item: Item, now: datetime) -> Cells:
    spec, status = spec_of(item), status_of(item)
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
        name_of(item),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        ", ".join(shown) or "<none>",
        spec.get("minReplicas", "<unset>"),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        age(item, now),
    ]


def _revision(item: Item, now: datetime) -> Cells:
    owner = next(iter(item["metadata"].get("ownerReferences", ())), None)
    shown = f"{owner['kind'].lower()}.{owner['apiVersion'].split('/')[0]}/{owner['name']}" if owner else "<none>"
    return [name_of(item), shown, item.get("revision", 0), age(item, now)]


def _pod_template(item: Item, now: datetime) -> Cells:
    template = item.get("template", {})
    return [name_of(item), *containers_of(template), labels(template.get("metadata", {}).get("labels"))]


_CELLS: Final[Mapping[str, Callable[[Item, datetime], Cells]]] = {
    "pods": pod,
    "deployments": _deployment,
    "replicasets": _replica_set,
    "replicationcontrollers": _replica_set,
    "statefulsets": _stateful_set,
    "daemonsets": _daemon_set,
    "jobs": _job,
    "cronjobs": _cron_job,
    "services": service,
    "nodes": _node,
    "events": _event,
    "endpoints": endpoints,
    "endpointslices": endpoint_slice,
    "ingresses": ingress,
    "ingressclasses": ingress_class,
    "persistentvolumeclaims": claim,
    "persistentvolumes": volume,
    "horizontalpodautoscalers": _autoscaler,
    "resourcequotas": quota,
    "poddisruptionbudgets": budget,
    "rolebindings": binding,
    "clusterrolebindings": binding,
    "storageclasses": storage_class,
    "priorityclasses": priority_class,
    "controllerrevisions": _revision,
    "podtemplates": _pod_template,
    "namespaces": aged(lambda item: status_of(item).get("phase", "")),
    "configmaps": aged(lambda item: len(item.get("data") or {}) + len(item.get("binaryData") or {})),
    "secrets": aged(lambda item: item.get("type", ""), lambda item: len(item.get("data") or {})),
    "serviceaccounts": aged(),
    "networkpolicies": aged(lambda item: selector(spec_of(item).get("podSelector"))),
    "leases": aged(lambda item: spec_of(item).get("holderIdentity", "")),
    "runtimeclasses": aged(lambda item: item.get("handler", "")),
    "csinodes": aged(lambda item: len(spec_of(item).get("drivers", ()))),
    "deviceclasses": aged(),
    "resourceclaimtemplates": aged(),
    "resourceclaims": aged(lambda item: "allocated,reserved" if status_of(item).get("reservedFor") else "pending"),
    "resourceslices": aged(
        lambda item: spec_of(item).get("nodeName", ""),
        lambda item: spec_of(item).get("driver", ""),
        lambda item: spec_of(item).get("pool", {}).get("name", ""),
    ),
    "volumeattributesclasses": aged(lambda item: item.get("driverName", "")),
    "volumeattachments": aged(
        lambda item: spec_of(item).get("attacher", ""),
        lambda item: spec_of(item).get("source", {}).get("persistentVolumeName", ""),
        lambda item: spec_of(item).get("nodeName", ""),
        lambda item: status_of(item).get("attached", False),
    ),
    "csidrivers": aged(
        lambda item: spec_of(item).get("attachRequired", True),
        lambda item: spec_of(item).get("podInfoOnMount", False),
        lambda item: spec_of(item).get("storageCapacity", False),
        lambda item: (
            ",".join(token.get("audience", "") for token in spec_of(item).get("tokenRequests", ())) or "<unset>"
        ),
        lambda item: str(spec_of(item).get("requiresRepublish", False)).lower(),
        lambda item: ",".join(spec_of(item).get("volumeLifecycleModes", ("Persistent",))),
    ),
    "certificatesigningrequests": lambda item, now: [
        name_of(item),
        age(item, now),
        spec_of(item).get("signerName", "<none>"),
        spec_of(item).get("username", ""),
        "<none>",
        ",".join(condition["type"] for condition in status_of(item).get("conditions", ())) or "Pending",
    ],
    "ipaddresses": lambda item, now: [name_of(item), parent(item)],
    "servicecidrs": aged(lambda item: ",".join(spec_of(item).get("cidrs", ()))),
    "flowschemas": lambda item, now: [
        name_of(item),
        spec_of(item).get("priorityLevelConfiguration", {}).get("name", ""),
        spec_of(item).get("matchingPrecedence", 1000),
        (spec_of(item).get("distinguisherMethod") or {}).get("type", "<none>"),
        age(item, now),
        "?",
    ],
    "prioritylevelconfigurations": lambda item, now: [
        name_of(item),
        spec_of(item).get("type", ""),
        (spec_of(item).get("limited") or {}).get("nominalConcurrencyShares", "<none>"),
        "<none>",
        "<none>",
        "<none>",
        age(item, now),
    ],
    "scale": lambda item, now: [
        name_of(item),
        spec_of(item).get("replicas", 0),
        status_of(item).get("replicas", 0),
        age(item, now),
    ],
}
