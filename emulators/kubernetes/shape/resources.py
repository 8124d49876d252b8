"""Resources as discovery shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object: ``status``, ``scale``, ``log`` and the like."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """One plural of one group and version. ``type_name`` names its schema."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    subresources: Mapping[str, Subresource]
    type_name: str

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """``deployments.apps``, or ``pods`` for the core group: how messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """``Deployment.apps``, or ``Pod``: how validation messages name it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def storage(self) -> str:
        """Where its objects are kept: the same for two versions, or two groups, of one thing."""
        return "events" if self.plural == "events" else self.qualified


def from_json(data: Mapping[str, Any]) -> Resource:
    """A resource as the cache keeps it."""
    return Resource(
        group=data["group"],
        version=data["version"],
        plural=data["plural"],
        singular=data["singular"],
        kind=data["kind"],
        namespaced=data["namespaced"],
        verbs=tuple(data["verbs"]),
        short_names=tuple(data["shortNames"]),
        categories=tuple(data["categories"]),
        subresources={
            sub["name"]: Subresource(sub["name"], sub["group"], sub["version"], sub["kind"], tuple(sub["verbs"]))
            for sub in data["subresources"]
        },
        type_name=data["type"],
    )
