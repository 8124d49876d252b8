"""Validation: every field error of an object at once, in the API server's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..api import status
from ..objects import Object
from ..shape import Resource
from . import names, services, workloads
from .problems import Problems

_LABELS: Final = frozenset({"namespaces", "services"})
_STANDARD_FINALIZERS: Final = frozenset({"orphan", "foregroundDeletion", "kubernetes"})


def check_create(resource: Resource, document: Object) -> None:
    """Raises a Status failure (422) with everything that is wrong."""
    problems = Problems()
    _metadata(problems, resource, document["metadata"])
    rule = _CREATE.get(resource.storage)
    if rule is not None:
        rule(problems, document)
    _raise(resource, document, problems)


def check_update(resource: Resource, old: Object, new: Object, subresource: str) -> None:
    """The same for a change: also what may not change once it is set."""
    problems = Problems()
    _metadata(problems, resource, new["metadata"])
    _finalizers_of_the_dying(problems, old, new)
    if (rule := _UPDATE.get(resource.storage)) is not None:
        rule(problems, old, new)
    if not subresource and (rule_for_new := _CREATE.get(resource.storage)) is not None:
        rule_for_new(problems, new)
    _raise(resource, new, problems)


def _raise(resource: Resource, document: Object, problems: Problems) -> None:
    if problems.causes:
        name = document["metadata"].get("name", "")
        raise status.invalid(resource.group, resource.kind, name, problems.causes)


def _metadata(problems: Problems, resource: Resource, metadata: Mapping[str, Any]) -> None:
    name = metadata.get("name", "")
    if not name:
        problems.required("metadata.name", "name or generateName is required")
    elif resource.group == "rbac.authorization.k8s.io":
        problems.each("metadata.name", name, names.path_segment(name))
    elif resource.storage in _LABELS:
        problems.each("metadata.name", name, names.dns_label(name))
    elif resource.storage != "events":
        problems.each("metadata.name", name, names.dns_subdomain(name))
    labels(problems, "metadata.labels", metadata.get("labels"))
    check_annotations(problems, metadata.get("annotations"))
    for place, finalizer in enumerate(metadata.get("finalizers", ())):
        field = f"metadata.finalizers[{place}]"
        problems.each(field, finalizer, names.qualified_name(finalizer))
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            problems.invalid(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified")


def labels(problems: Problems, field: str, found: Mapping[str, str] | None) -> None:
    """The rules of labels."""
    for key, value in sorted((found or {}).items()):
        problems.each(field, key, names.qualified_name(key))
        problems.each(field, value, names.label_value(value))


def check_annotations(problems: Problems, found: Mapping[str, str] | None) -> None:
    """The rules of annotations: their keys, and 256 KiB in all."""
    for key in sorted(found or {}):
        problems.each("metadata.annotations", key, names.qualified_name(key.lower()))
    if sum(len(key.encode()) + len(value.encode()) for key, value in (found or {}).items()) > 262144:
        problems.too_long("metadata.annotations", 262144)


def _finalizers_of_the_dying(problems: Problems, old: Object, new: Object) -> None:
    if not old["metadata"].get("deletionTimestamp"):
        return
    added = [
        name for name in new["metadata"].get("finalizers", ()) if name not in old["metadata"].get("finalizers", ())
    ]
    if added:
        quoted = ", ".join(f'"{name}"' for name in added)
        problems.forbidden(
            "metadata.finalizers",
            f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{quoted}}}",
        )


def _config_map(problems: Problems, document: Object) -> None:
    for group in ("data", "binaryData"):
        for key in sorted(document.get(group) or {}):
            problems.each(f"{group}[{key}]", key, names.config_key(key))
    if sum(len(value) for group in ("data", "binaryData") for value in (document.get(group) or {}).values()) > 1 << 20:
        problems.too_long("", 1 << 20)


def _secret(problems: Problems, document: Object) -> None:
    for key in sorted(document.get("data") or {}):
        problems.each(f"data[{key}]", key, names.config_key(key))
    needed = {
        "kubernetes.io/tls": ("tls.crt", "tls.key"),
        "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    }
    for key in needed.get(document.get("type", ""), ()):
        if key not in (document.get("data") or {}):
            problems.required(f"data[{key}]")


def _immutable_data(problems: Problems, old: Object, new: Object) -> None:
    if old.get("immutable"):
        if not new.get("immutable"):
            problems.forbidden("immutable", "field is immutable when `immutable` is set")
        for group in ("data", "binaryData"):
            if (old.get(group) or {}) != (new.get(group) or {}):
                problems.forbidden(group, "field is immutable when `immutable` is set")


def _secret_update(problems: Problems, old: Object, new: Object) -> None:
    if new.get("type") != old.get("type"):
        problems.invalid("type", new.get("type"), "field is immutable")
    _immutable_data(problems, old, new)


def _role_binding_update(problems: Problems, old: Object, new: Object) -> None:
    if new.get("roleRef") != old.get("roleRef"):
        problems.invalid("roleRef", new.get("roleRef"), "cannot change roleRef")


_CREATE: Final[Mapping[str, Callable[[Problems, Object], None]]] = {
    "configmaps": _config_map,
    "secrets": _secret,
    **workloads.CREATE,
    **services.CREATE,
}
_UPDATE: Final[Mapping[str, Callable[[Problems, Object, Object], None]]] = {
    "configmaps": _immutable_data,
    "secrets": _secret_update,
    "rolebindings.rbac.authorization.k8s.io": _role_binding_update,
    "clusterrolebindings.rbac.authorization.k8s.io": _role_binding_update,
    **workloads.UPDATE,
    **services.UPDATE,
}
