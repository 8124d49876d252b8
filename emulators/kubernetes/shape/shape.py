"""The shape in use: resources by path, types by name, built once per machine and kept in the user's cache."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from . import extract
from .residue import SCHEMA, SERVED
from .resources import Resource, from_json
from .types import Types

FORMAT: Final = 3
"""Counted up whenever the cache's content changes its form."""


class Shape:
    """Every resource that is served, and the types of all."""

    def __init__(self, data: bytes) -> None:
        length = int.from_bytes(data[:4], "big")
        head: dict[str, Any] = orjson.loads(data[4 : 4 + length])
        self.resources: tuple[Resource, ...] = tuple(from_json(entry) for entry in head["resources"])
        self.types = Types(data[4 + length :], {name: (at, size) for name, at, size in head["types"]})
        self.kinds: Mapping[tuple[str, str], str] = {(gv, kind): name for gv, kind, name in head["kinds"]}
        """Type names by (apiVersion, kind), also of kinds that are no resource."""
        self._by_path = {(r.group, r.version, r.plural): r for r in self.resources}
        self._by_kind = {(r.api_version, r.kind): r for r in self.resources}
        self._groups = {group for group, _ in SERVED}

    def resource(self, group: str, version: str, plural: str) -> Resource | None:
        """A resource by where its path says it is."""
        return self._by_path.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """A resource by what its objects say they are."""
        return self._by_kind.get((api_version, kind))

    def named(self, api_version: str, plural: str) -> Resource | None:
        """A resource by an ``apiVersion`` and its plural."""
        group, _, version = api_version.rpartition("/")
        return self._by_path.get((group, version, plural))


def load() -> Shape:
    """The shape of the installed packages, from the cache where it is there."""
    path = _cache_path("shape")
    with contextlib.suppress(OSError, ValueError, KeyError):
        return Shape(path.read_bytes())
    data = _build()
    save(path, data)
    return Shape(data)


def cached_document(name: str) -> Path:
    """Where a document derived from the same packages is kept."""
    return _cache_path(name)


def _cache_path(name: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home, "falsefront", f"kubernetes-{SCHEMA}-{extract.package_versions()}-{FORMAT}", name)


def save(path: Path, data: bytes) -> None:
    """Keep a file for next time, whole or not at all; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)


def _build() -> bytes:
    types = extract.definitions()
    resources = extract.resources(types)
    places: list[tuple[str, int, int]] = []
    kinds: list[tuple[str, str, str]] = []
    parts: list[bytes] = []
    at = 0
    for name, schema in types.items():
        for gvk in schema.get("x-kubernetes-group-version-kind", ()):
            api_version = f"{gvk['group']}/{gvk['version']}" if gvk["group"] else gvk["version"]
            kinds.append((api_version, gvk["kind"], name))
        data = orjson.dumps(extract.lean({k: v for k, v in schema.items() if not k.startswith("x-kubernetes-group")}))
        places.append((name, at, len(data)))
        parts.append(data)
        at += len(data)
    head = orjson.dumps({"resources": resources, "types": places, "kinds": kinds})
    return len(head).to_bytes(4, "big") + head + b"".join(parts)
