"""Schemas by name, read one at a time from the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import orjson

Schema: TypeAlias = Mapping[str, Any]
ANY: Final[Schema] = {}

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
OBJECT_META: Final = _META + "ObjectMeta"
INT_OR_STRING: Final = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
TIMES: Final = frozenset({_META + "Time", _META + "MicroTime"})


class Types:
    """The lean schemas of every type; each is parsed when it is first asked for."""

    def __init__(self, data: bytes, places: Mapping[str, tuple[int, int]]) -> None:
        self._data = data
        self._places = places
        self._known: dict[str, Schema] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def get(self, name: str) -> Schema:
        """A type's schema; an empty one, which allows anything, for an unknown name."""
        schema = self._known.get(name)
        if schema is None:
            place = self._places.get(name)
            schema = orjson.loads(self._data[place[0] : place[0] + place[1]]) if place else ANY
            self._known[name] = schema
        return schema

    def fields(self, schema: Schema) -> Mapping[str, Schema]:
        """The named fields of an object type or of a reference to one."""
        found: Mapping[str, Schema] = self.resolve(schema).get("properties", {})
        return found

    def resolve(self, schema: Schema) -> Schema:
        """The type that a field refers to, or the field itself."""
        name = schema.get("$ref")
        return self.get(name) if name else schema
