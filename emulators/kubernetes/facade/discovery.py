"""Discovery, in its aggregated and its older form."""

from __future__ import annotations

from typing import Any, Final

from ..shape import Resource, Shape
from ..shape.residue import SERVED

AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def aggregated(shape: Shape, *, core: bool) -> dict[str, Any]:
    """``APIGroupDiscoveryList`` of the core group or of the others."""
    groups = [""] if core else list(dict.fromkeys(group for group, _ in SERVED if group))
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group, "creationTimestamp": None} if group else {"creationTimestamp": None},
                "versions": [
                    {
                        "version": version,
                        "resources": [_entry(resource) for resource in _of(shape, group, version)],
                        "freshness": "Current",
                    }
                    for name, version in SERVED
                    if name == group
                ],
            }
            for group in groups
        ],
    }


def _of(shape: Shape, group: str, version: str) -> list[Resource]:
    return [r for r in shape.resources if (r.group, r.version) == (group, version)]


def _entry(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resource": resource.plural,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        found["shortNames"] = list(resource.short_names)
    if resource.categories:
        found["categories"] = list(resource.categories)
    if resource.subresources:
        found["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": {"group": sub.group, "version": sub.version, "kind": sub.kind},
                "verbs": list(sub.verbs),
            }
            for sub in resource.subresources.values()
        ]
    return found


def versions(host: str) -> dict[str, Any]:
    """``/api`` in the older form."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}],
    }


def group_list() -> dict[str, Any]:
    """``/apis`` in the older form."""
    names = dict.fromkeys(group for group, _ in SERVED if group)
    groups = [{k: v for k, v in group(name).items() if k not in ("kind", "apiVersion")} for name in names]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(name: str) -> dict[str, Any]:
    """``/apis/<group>``; without versions where there is no such group."""
    found = [{"groupVersion": f"{g}/{v}", "version": v} for g, v in SERVED if g == name]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": found,
        "preferredVersion": found[0] if found else {},
    }


def resource_list(shape: Shape, group_name: str, version: str) -> dict[str, Any]:
    """``/api/v1`` or ``/apis/<group>/<version>``."""
    entries: list[dict[str, Any]] = []
    for resource in _of(shape, group_name, version):
        entry: dict[str, Any] = {
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(resource.verbs),
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        entries.append(entry)
        for sub in resource.subresources.values():
            below: dict[str, Any] = {
                "name": f"{resource.plural}/{sub.name}",
                "singularName": "",
                "namespaced": resource.namespaced,
            }
            if sub.version:
                below["group"], below["version"] = sub.group, sub.version
            entries.append({**below, "kind": sub.kind, "verbs": list(sub.verbs)})
    group_version = f"{group_name}/{version}" if group_name else version
    head: dict[str, Any] = {"kind": "APIResourceList"}
    if group_name:
        head["apiVersion"] = "v1"
    return {**head, "groupVersion": group_version, "resources": entries}
