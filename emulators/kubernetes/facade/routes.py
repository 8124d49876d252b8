"""From a method and a path to a resource and a verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..api import status
from ..shape import Resource, Shape

_ON_OBJECTS: Final = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "POST": "create"}
_ON_COLLECTIONS: Final = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}


class NoSuchPath(Exception):
    """A path of no group: the real server answers in plain text."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names and a method asks of it."""

    resource: Resource
    verb: str
    namespace: str
    name: str
    subresource: str


def find(shape: Shape, method: str, path: str, *, watch: bool) -> Target:
    """Raises ``NoSuchPath``, or a Status failure (404, 405)."""
    parts = path.strip("/").split("/")
    group, version, rest = _group(shape, parts)
    if rest[:1] == ["watch"] and len(rest) > 1:
        rest, watch = rest[1:], True
    resource, namespace, name, sub = _resource(shape, group, version, rest)
    if sub:
        return Target(resource, _ON_OBJECTS.get(method, ""), namespace, name, sub)
    verb = (_ON_OBJECTS if name else _ON_COLLECTIONS).get(method, "")
    if method == "GET" and watch:
        verb = "watch"
    if (name and verb == "create") or verb not in resource.verbs:
        raise status.no_method()
    if resource.namespaced and not namespace and verb not in ("list", "watch"):
        # Only lists and watches span namespaces.
        raise status.no_method() if not name else status.no_resource()
    return Target(resource, verb, namespace, name, "")


def _group(shape: Shape, parts: list[str]) -> tuple[str, str, list[str]]:
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise NoSuchPath
    if not any((r.group, r.version) == (group, version) for r in shape.resources):
        raise NoSuchPath
    return group, version, rest


def _resource(shape: Shape, group: str, version: str, rest: list[str]) -> tuple[Resource, str, str, str]:
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        inside = shape.resource(group, version, rest[2])
        if inside is not None and inside.namespaced:
            namespace, rest = rest[1], rest[2:]
        elif len(rest) != 3 or shape.resource(group, version, "namespaces") is None:
            raise status.no_resource()
    resource = shape.resource(group, version, rest[0])
    if resource is None or len(rest) > 3:
        raise status.no_resource()
    name = rest[1] if len(rest) > 1 else ""
    sub = rest[2] if len(rest) > 2 else ""
    if sub and sub not in resource.subresources:
        raise status.no_resource()
    return resource, namespace, name, sub
