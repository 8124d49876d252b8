"""A request to the API, as an operation carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from falsefront.kernel.operation import Operation

from ..shape import Resource, Shape
from . import status


@dataclass(frozen=True, slots=True)
class Call:
    """What to do to which resource.

    ``options`` are the query parameters as sent. ``body`` is the decoded object, patch or options, ``None`` without
    one. ``patch`` is ``json``, ``merge``, ``strategic`` or ``apply``.
    """

    verb: str
    resource: Resource
    namespace: str
    name: str
    subresource: str
    options: Mapping[str, str]
    body: Any
    patch: str
    manager: str

    @property
    def operation(self) -> str:
        """``pods.list``, ``deployments.scale.update``."""
        middle = f".{self.subresource}" if self.subresource else ""
        return f"{self.resource.plural}{middle}.{self.verb}"

    def args(self) -> dict[str, Any]:
        """What fault rules match and the journal shows."""
        args: dict[str, Any] = {"apiVersion": self.resource.api_version}
        if self.namespace:
            args["namespace"] = self.namespace
        if self.name:
            args["name"] = self.name
        args.update(self.options)
        if self.patch:
            args["patchType"] = self.patch
        if self.manager:
            args["manager"] = self.manager
        if self.body is not None:
            args["body"] = self.body
        return args

    @property
    def field_manager(self) -> str:
        """Who makes the change: the query parameter, else the client's user agent."""
        return self.options.get("fieldManager") or self.manager

    @property
    def dry_run(self) -> bool:
        return "dryRun" in self.options


OPTIONS = frozenset(
    [
        "allowWatchBookmarks",
        "continue",
        "dryRun",
        "fieldManager",
        "fieldSelector",
        "fieldValidation",
        "force",
        "gracePeriodSeconds",
        "includeObject",
        "labelSelector",
        "limit",
        "orphanDependents",
        "propagationPolicy",
        "resourceVersion",
        "resourceVersionMatch",
        "sendInitialEvents",
        "timeoutSeconds",
        "watch",
        "container",
        "follow",
        "previous",
        "sinceSeconds",
        "sinceTime",
        "tailLines",
        "timestamps",
        "limitBytes",
        "stream",
    ]
)
"""Query parameters with a meaning; others are ignored, as the real server ignores them."""


def from_operation(shape: Shape, op: Operation) -> Call:
    """The call that an operation stands for. Raises a Status failure for a resource that is not there."""
    plural, *middle, verb = op.name.split(".")
    args = op.args
    resource = shape.named(args.get("apiVersion", "v1"), plural)
    if resource is None:
        raise status.no_resource()
    return Call(
        verb=verb,
        resource=resource,
        namespace=str(args.get("namespace", "")),
        name=str(args.get("name", "")),
        subresource=".".join(middle),
        options={key: str(value) for key, value in args.items() if key in OPTIONS},
        body=args.get("body"),
        patch=str(args.get("patchType", "")),
        manager=str(args.get("manager", "")),
    )
