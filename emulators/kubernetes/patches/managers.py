"""``managedFields``: who owns which fields, kept as changes come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import fieldsets
from .fieldsets import Fields

if TYPE_CHECKING:
    from ..api.session import Session
    from ..objects import Object


@dataclass(frozen=True, slots=True)
class Manager:
    """One entry of ``managedFields``."""

    name: str
    operation: str
    api_version: str
    subresource: str
    time: str
    fields: Fields

    def is_same(self, other: Manager) -> bool:
        """Whether it is the same manager, whatever it owns."""
        return (self.name, self.operation, self.api_version, self.subresource) == (
            other.name,
            other.operation,
            other.api_version,
            other.subresource,
        )

    def as_json(self) -> Object:
        found: Object = {
            "manager": self.name,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fieldsets.encode(self.fields),
        }
        if self.subresource:
            found["subresource"] = self.subresource
        return found


def read(metadata: Mapping[str, Any]) -> list[Manager]:
    """The managers of an object."""
    return [
        Manager(
            str(entry.get("manager", "")),
            str(entry.get("operation", "")),
            str(entry.get("apiVersion", "")),
            str(entry.get("subresource", "")),
            str(entry.get("time", "")),
            fieldsets.decode(entry.get("fieldsV1") or {}),
        )
        for entry in metadata.get("managedFields") or ()
        if entry
    ]


def write(document: Object, managers: Sequence[Manager]) -> Object:
    """An object with these managers, in order of time."""
    metadata = {name: value for name, value in document["metadata"].items() if name != "managedFields"}
    kept = sorted((manager for manager in managers if manager.fields), key=lambda m: (m.time, m.operation != "Apply"))
    if kept:
        metadata["managedFields"] = [manager.as_json() for manager in kept]
    return {**document, "metadata": metadata}


def here(session: Session, operation: str, fields: Fields) -> Manager:
    """The manager that makes the call."""
    call = session.call
    sub = call.subresource if call.subresource in ("status", "scale") else ""
    return Manager(call.field_manager, operation, session.resource.api_version, sub, session.now, fields)


def track(session: Session, old: Object | None, new: Object) -> Object:
    """Put a create or an update down to whoever made it; an apply brings its own managers."""
    if session.managers is not None:
        return write(new, session.managers)
    types = session.shape.types
    schema = types.get(session.resource.type_name)
    given = new["metadata"].get("managedFields")
    known = read(new["metadata"] if given is not None else (old or new)["metadata"])
    put, gone = fieldsets.changed(types, schema, _bare(old), _bare(new))
    if session.call.subresource != "status" and "status" in session.resource.subresources:
        put = frozenset(path for path in put if path[0] != "f:status")
    if not put and not gone:
        return (
            write(new, known) if given is not None and given != (old or new)["metadata"].get("managedFields") else new
        )
    me = here(session, "Update", put)
    others: list[Manager] = []
    for manager in known:
        if manager.is_same(me):
            me = replace(me, fields=(manager.fields | put) - gone)
        else:
            others.append(replace(manager, fields=manager.fields - put - gone))
    return write(new, [*others, me])


def _bare(document: Object | None) -> Object | None:
    if document is None:
        return {"metadata": {}}
    return {field: value for field, value in document.items() if field not in ("kind", "apiVersion")}
