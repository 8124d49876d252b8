"""Objects as a particular version shows them, where that is not how they are stored."""

from __future__ import annotations

from typing import Any

from .objects import Object
from .shape import Resource


def present(resource: Resource, document: Object) -> Object:
    """A stored object (with its resource version) in the form of ``resource``; always a new dictionary."""
    if resource.group == "events.k8s.io":
        return _event(document)
    if resource.storage.startswith("horizontalpodautoscalers") and resource.version == "v1":
        return _autoscaler(document)
    return dict(document)


def _event(document: Object) -> Object:
    out: dict[str, Any] = {"kind": "Event", "apiVersion": "events.k8s.io/v1", "metadata": document["metadata"]}
    renamed = {
        "eventTime": "eventTime",
        "series": "series",
        "reportingComponent": "reportingController",
        "reportingInstance": "reportingInstance",
        "action": "action",
        "reason": "reason",
        "involvedObject": "regarding",
        "related": "related",
        "message": "note",
        "type": "type",
        "source": "deprecatedSource",
        "firstTimestamp": "deprecatedFirstTimestamp",
        "lastTimestamp": "deprecatedLastTimestamp",
        "count": "deprecatedCount",
    }
    for old, new in renamed.items():
        if old in document:
            out[new] = document[old]
    out.setdefault("eventTime", None)
    return out


def store(resource: Resource, document: Object) -> Object:
    """The stored form of an object that came in the form of ``resource``."""
    if resource.group == "events.k8s.io":
        out: dict[str, Any] = {"kind": "Event", "apiVersion": "v1", "metadata": document["metadata"]}
        for old, new in (
            ("regarding", "involvedObject"),
            ("reason", "reason"),
            ("note", "message"),
            ("deprecatedSource", "source"),
            ("deprecatedFirstTimestamp", "firstTimestamp"),
            ("deprecatedLastTimestamp", "lastTimestamp"),
            ("deprecatedCount", "count"),
            ("type", "type"),
            ("eventTime", "eventTime"),
            ("series", "series"),
            ("action", "action"),
            ("related", "related"),
            ("reportingController", "reportingComponent"),
            ("reportingInstance", "reportingInstance"),
        ):
            if old in document:
                out[new] = document[old]
        out.setdefault("involvedObject", {})
        return out
    if resource.storage.startswith("horizontalpodautoscalers") and resource.version == "v1":
        spec = dict(document.get("spec", {}))
        percent = spec.pop("targetCPUUtilizationPercentage", None)
        if percent is not None:
            target = {"type": "Utilization", "averageUtilization": percent}
            spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
        return {**document, "apiVersion": "autoscaling/v2", "spec": spec}
    return document


def _autoscaler(document: Object) -> Object:
    spec = dict(document.get("spec", {}))
    for metric in spec.pop("metrics", ()):
        resource = metric.get("resource", {})
        if resource.get("name") == "cpu" and "averageUtilization" in resource.get("target", {}):
            spec["targetCPUUtilizationPercentage"] = resource["target"]["averageUtilization"]
    status = {
        key: value
        for key, value in document.get("status", {}).items()
        if key in ("observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas")
    }
    return {**document, "apiVersion": "autoscaling/v1", "spec": spec, "status": {"currentReplicas": 0, **status}}
