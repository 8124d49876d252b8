"""Server-side apply: a manager says what it wants of an object, and owns just that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from ..api import status
from ..objects import with_version
from ..views import present
from . import fieldsets
from .fieldsets import Fields, Path
from .managers import Manager, here, read

if TYPE_CHECKING:
    from ..api.session import Result, Session
    from ..objects import Object
    from ..shape.types import Schema


def apply(
    session: Session,
    insert: Callable[[Session, Object], Object],
    replace: Callable[[Session, Object, Object], Object],
) -> Result:
    """Create or change the call's object by what its body wants. Raises a Status failure (409 for a conflict)."""
    config = _config(session)
    types = session.shape.types
    schema = types.get(session.resource.type_name)
    wanted = fieldsets.of(types, schema, {k: v for k, v in config.items() if k not in ("kind", "apiVersion")})
    if session.call.subresource != "status" and "status" in session.resource.subresources:
        wanted = frozenset(path for path in wanted if path[0] != "f:status")
    old = session.objects.get(*session.key)
    me = here(session, "Apply", wanted)
    if old is None:
        if config["metadata"].get("uid"):
            uid = config["metadata"]["uid"]
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise status.conflict(session.resource, session.call.name, why)
        session.managers = [me]
        metadata = {name: value for name, value in config["metadata"].items() if name != "resourceVersion"}
        made = insert(session, {**config, "metadata": metadata})
        return session.result(present(session.resource, made), 201)
    shown = present(session.resource, with_version(old, session.objects.version(session.key)))
    live = {field: value for field, value in shown.items() if field not in ("kind", "apiVersion")}
    known = read(old["metadata"])
    document = fieldsets.merged(
        types, schema, live, {k: v for k, v in config.items() if k not in ("kind", "apiVersion")}
    )
    known = _settle_conflicts(session, schema, known, me, live, document)
    document = _prune(session, schema, known, me, document)
    session.managers = _managers(known, me, same=_same(live, document))
    kind: Object = {"kind": session.resource.kind, "apiVersion": session.resource.api_version}
    bare = {name: value for name, value in document["metadata"].items() if name != "managedFields"}
    changed_object: Object = {**kind, **document, "metadata": bare}
    return session.result(present(session.resource, replace(session, old, changed_object)))


def _config(session: Session) -> Object:
    body = session.call.body
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and metadata.get("managedFields"):
        raise status.bad_request("metadata.managedFields must be nil")
    config = session.decode(body)
    name = config["metadata"].setdefault("name", session.call.name)
    if name != session.call.name:
        raise status.bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({session.call.name})"
        )
    namespace = session.call.namespace
    if session.resource.namespaced and config["metadata"].setdefault("namespace", namespace) != namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return config


def _settle_conflicts(
    session: Session, schema: Schema, known: Sequence[Manager], me: Manager, live: Any, document: Any
) -> list[Manager]:
    """The managers after this one has taken what it wants to change. Raises a Status failure (409) unless forced."""
    types = session.shape.types
    put, _ = fieldsets.changed(types, schema, live, document)
    contested = put & me.fields
    conflicts: list[tuple[Manager, Path]] = []
    for manager in known:
        if not manager.is_same(me):
            conflicts += [(manager, path) for path in sorted(manager.fields & contested)]
    if conflicts and session.call.options.get("force") not in ("true", "1"):
        raise _conflict(conflicts)
    return [m if m.is_same(me) else changed(m, fields=m.fields - contested) for m in known]


def _conflict(conflicts: Sequence[tuple[Manager, Path]]) -> Exception:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {_title(manager)}",
            "field": fieldsets.show(path),
        }
        for manager, path in conflicts
    ]
    if len(conflicts) == 1:
        manager, path = conflicts[0]
        text = f"Apply failed with 1 conflict: conflict with {_title(manager)}: {fieldsets.show(path)}"
    else:
        lines: list[str] = []
        for title in sorted({_title(manager) for manager, _ in conflicts}):
            lines.append(f"conflicts with {title}:")
            lines += [f"- {fieldsets.show(path)}" for manager, path in conflicts if _title(manager) == title]
        text = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    return status.error(409, "Conflict", text, {"causes": causes})


def _title(manager: Manager) -> str:
    title = f'"{manager.name}"'
    if manager.subresource:
        title += f' with subresource "{manager.subresource}"'
    if manager.operation == "Update":
        title += f" using {manager.api_version}" + (f" at {manager.time}" if manager.time else "")
    return title


def _prune(session: Session, schema: Schema, known: Sequence[Manager], me: Manager, document: Any) -> Any:
    """Without the fields that this manager applied before, wants no more, and shares with nobody."""
    before: Fields = next((manager.fields for manager in known if manager.is_same(me)), fieldsets.NOTHING)
    others: set[Path] = set()
    for manager in known:
        if not manager.is_same(me):
            others |= {path[:length] for path in manager.fields for length in range(1, len(path) + 1)}
    kept = {path[:length] for path in me.fields for length in range(1, len(path) + 1)}
    types = session.shape.types
    for path in sorted(before - me.fields, key=len):
        if path not in others and path not in kept:
            document = fieldsets.without(types, schema, document, path)
            # A map that it leaves empty goes with it.
            parent = path[:-1]
            while len(parent) > 1 and parent not in others and parent not in kept:
                if fieldsets.at(types, schema, document, parent) not in ({}, []):
                    break
                document = fieldsets.without(types, schema, document, parent)
                parent = parent[:-1]
    return document


def _same(live: Any, document: Any) -> bool:
    def bare(value: Any) -> Any:
        metadata = {k: v for k, v in value["metadata"].items() if k not in ("managedFields", "resourceVersion")}
        return {**value, "metadata": metadata}

    return bool(bare(live) == bare(document))


def _managers(known: Sequence[Manager], me: Manager, *, same: bool) -> list[Manager]:
    """Everyone's entries; mine keeps its time if I changed nothing."""
    mine = next((manager for manager in known if manager.is_same(me)), None)
    if mine is not None and same and mine.fields == me.fields:
        return list(known)
    return [*(manager for manager in known if not manager.is_same(me)), me]
