"""What the verbs share: the shape, the objects of one transaction, and how a body becomes an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from falsefront.kernel.state import State

from ..objects import Key, Object, Objects, timestamp
from ..shape import Resource, Shape
from . import status
from .call import Call
from .decode import Decoder, Mismatch, strict_error
from .status import Cause

if TYPE_CHECKING:
    from ..patches.managers import Manager

GENERATIONS: Final = frozenset(
    [
        "pods",
        "deployments.apps",
        "replicasets.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "replicationcontrollers",
        "jobs.batch",
        "cronjobs.batch",
        "ingresses.networking.k8s.io",
        "networkpolicies.networking.k8s.io",
        "poddisruptionbudgets.policy",
        "priorityclasses.scheduling.k8s.io",
        "endpointslices.discovery.k8s.io",
        "customresourcedefinitions.apiextensions.k8s.io",
    ]
)
"""Kinds whose metadata counts the generations of their spec."""


@dataclass(slots=True)
class Result:
    """An answer: HTTP status, object, warnings."""

    body: Any
    code: int = 200
    warnings: list[str] = field(default_factory=list[str])

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"code": self.code, "body": self.body}
        if self.warnings:
            found["warnings"] = self.warnings
        return found


class Session:
    """One call under way."""

    __slots__ = ("call", "managers", "objects", "resource", "shape", "state", "warnings")

    def __init__(self, shape: Shape, state: State, call: Call) -> None:
        self.shape = shape
        self.state = state
        self.call = call
        self.resource: Resource = call.resource
        self.objects = Objects(state)
        self.warnings: list[str] = []
        self.managers: list[Manager] | None = None
        """Who owns which fields afterwards, where an apply has worked that out."""

    @property
    def now(self) -> str:
        return timestamp(self.state.now)

    @property
    def key(self) -> Key:
        return (self.resource.storage, self.call.namespace, self.call.name)

    def existing(self) -> Object:
        """The stored object that the call names. Raises a Status failure (404)."""
        found = self.objects.get(*self.key)
        if found is None:
            raise status.not_found(self.resource, self.call.name)
        return found

    def check_options(self, kind: str) -> None:
        """Refuse query options with values that there are not. Raises a Status failure (422)."""
        options = self.call.options
        causes: list[Cause] = []
        if (dry := options.get("dryRun")) is not None and dry != "All":
            causes.append(
                Cause("FieldValueNotSupported", f'Unsupported value: ["{dry}"]: supported values: "All"', "dryRun")
            )
        if (check := options.get("fieldValidation", "")) not in ("", "Ignore", "Strict", "Warn"):
            text = f'Unsupported value: "{check}": supported values: "", "Ignore", "Strict", "Warn"'
            causes.append(Cause("FieldValueNotSupported", text, "fieldValidation"))
        if kind == "PatchOptions" and self.call.patch == "apply" and not self.call.options.get("fieldManager"):
            causes.append(Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager"))
        elif "force" in options and self.call.patch != "apply":
            text = "Forbidden: may not be specified for non-apply patch"
            causes.append(Cause("FieldValueForbidden", text, "force"))
        if causes:
            raise status.invalid("meta.k8s.io", kind, "", causes)

    def decode(self, body: Any, *, resource: Resource | None = None) -> Object:
        """A body as an object of its type, without what the type does not know. Raises a Status failure (400)."""
        resource = resource or self.resource
        duplicates = list(body.pop("$duplicates", ())) if isinstance(body, dict) and "$duplicates" in body else []
        self._check_kind(resource, body)
        decoder = Decoder(self.shape.types)
        try:
            found: Object = decoder.read(resource.type_name, body)
        except Mismatch as mismatch:
            raise status.bad_request(_unhandled(resource, str(mismatch))) from None
        self._complain(resource, strict_error(decoder.unknown, duplicates))
        found["kind"], found["apiVersion"] = resource.kind, resource.api_version
        found.setdefault("metadata", {})
        return found

    def _complain(self, resource: Resource, complaints: list[str]) -> None:
        check = self.call.options.get("fieldValidation") or "Warn"
        if complaints and check == "Strict":
            raise status.bad_request(_unhandled(resource, "strict decoding error: " + ", ".join(complaints)))
        if check == "Warn":
            self.warnings += complaints

    def _check_kind(self, resource: Resource, body: Mapping[str, Any]) -> None:
        kind, api_version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
        for key, value in (("apiVersion", api_version), ("kind", kind)):
            if not isinstance(value, str):
                what = {list: "array", dict: "object", bool: "bool"}.get(type(value), "number")
                raise status.bad_request(
                    f"couldn't get version/kind; json parse error: json: cannot unmarshal {what} into Go struct field "
                    f".{key} of type string"
                )
        if (kind, api_version) == (resource.kind, resource.api_version):
            return
        version = str(api_version).rpartition("/")[2]
        if (api_version, kind) in self.shape.kinds:
            package = resource.group.split(".")[0] or "core"
            why = f"converting ({version}.{kind}) to ({package}.{resource.kind}): unknown conversion"
        else:
            scheme = "pkg/api/legacyscheme/scheme.go:30"
            why = f'no kind "{kind}" is registered for version "{api_version}" in scheme "{scheme}"'
        raise status.bad_request(f'{kind} in version "{version}" cannot be handled as a {resource.kind}: {why}')

    def result(self, body: Any, code: int = 200) -> Result:
        return Result(body, code, self.warnings)


def _unhandled(resource: Resource, why: str) -> str:
    return f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}'
