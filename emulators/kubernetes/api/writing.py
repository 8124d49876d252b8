"""create, update and patch: one path from a decoded body to a stored object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..objects import Key, Object, ordered, with_version
from ..patches import json_patch, strategic
from ..patches.apply import apply as server_side_apply
from ..patches.managers import track
from ..patches.merge import merge
from ..rules import quota
from ..rules.admission import admit
from ..rules.allocation import allocate
from ..rules.defaults import default
from ..rules.validation import check_create, check_update
from ..views import present, store
from . import status
from .session import GENERATIONS, Result, Session
from .status import Cause

SUFFIX: Final = "bcdfghjklmnpqrstvwxz2456789"
_SYSTEM: Final = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
)
_REFUSED: Final = frozenset(
    [
        "customresourcedefinitions",
        "apiservices",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ]
)
"""What would be kept and have no effect; it is refused instead."""


def create(session: Session) -> Result:
    """Create an object from the body. Raises a Status failure."""
    session.check_options("CreateOptions")
    if session.resource.plural in _REFUSED:
        raise status.unsupported(f"creating {session.resource.qualified}")
    document = session.decode(session.call.body)
    shown = insert(session, document)
    return session.result(present(session.resource, shown), 201)


def insert(session: Session, document: Object) -> Object:
    """Take a decoded object into the cluster; gives it as clients see it. Raises a Status failure."""
    resource, call = session.resource, session.call
    metadata: dict[str, Any] = dict(document["metadata"])
    if resource.namespaced:
        if metadata.get("namespace", call.namespace) != call.namespace:
            raise status.bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        metadata["namespace"] = call.namespace
    else:
        metadata.pop("namespace", None)
    if metadata.get("resourceVersion"):
        raise status.error(500, "", "resourceVersion should not be set on objects to be created")
    for field in _SYSTEM:
        metadata.pop(field, None)
    if not metadata.get("name") and (prefix := metadata.get("generateName")):
        metadata["name"] = generated_name(session, prefix)
    name: str = metadata.get("name", "")
    key: Key = (resource.storage, call.namespace if resource.namespaced else "", name)
    metadata["uid"] = session.state.ids.uuid(f"kubernetes.uid/{'/'.join(key)}")
    metadata["creationTimestamp"] = session.now
    if resource.storage in GENERATIONS:
        metadata["generation"] = 1
    document = {**store(resource, document), "metadata": metadata}
    if "status" in resource.subresources and resource.storage != "nodes":
        document.pop("status", None)
    _check_namespace(session, name)
    document = default(resource.storage, document)
    document = admit(session, document)
    check_create(resource, document)
    if session.objects.get(*key) is not None:
        raise status.already_exists(resource, name)
    quota.check(session, document)
    document = allocate(session, document, None)
    document = track(session, None, document)
    return session.objects.create(key, ordered(document))


def generated_name(session: Session, prefix: str) -> str:
    """A name that is free: the prefix, cut to fit, and five random letters."""
    resource, call = session.resource, session.call
    prefix = prefix[:58]
    while True:
        name = prefix + session.state.ids.token(
            f"kubernetes.name/{resource.storage}/{call.namespace}/{prefix}", 5, SUFFIX
        )
        if session.objects.get(resource.storage, call.namespace, name) is None:
            return name


def _check_namespace(session: Session, name: str) -> None:
    if not session.resource.namespaced:
        return
    namespace = session.call.namespace
    found = session.objects.get("namespaces", "", namespace)
    if found is None:
        message = f'namespaces "{namespace}" not found'
        raise status.error(404, "NotFound", message, {"name": namespace, "kind": "namespaces"})
    if found["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        cause = Cause("NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace")
        raise status.forbidden(session.resource, name, why, [cause])


def update(session: Session) -> Result:
    """Replace an object by the body. Raises a Status failure."""
    session.check_options("UpdateOptions")
    document = session.decode(session.call.body)
    _check_identity(session, document["metadata"])
    old = session.existing()
    return session.result(present(session.resource, replace(session, old, document)))


def _check_identity(session: Session, metadata: Mapping[str, Any]) -> None:
    call = session.call
    name = metadata.get("name", "")
    if not name:
        raise status.bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    if name != call.name:
        raise status.bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    if session.resource.namespaced and metadata.get("namespace", call.namespace) != call.namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def replace(session: Session, old: Object, document: Object) -> Object:
    """Put a decoded object in the place of a stored one; gives it as clients see it. Raises a Status failure."""
    resource, call = session.resource, session.call
    check_preconditions(session, old, document["metadata"])
    document = store(resource, document)
    metadata = {**document["metadata"]}
    before: Mapping[str, Any] = old["metadata"]
    for field in _SYSTEM:
        if field == "managedFields" and metadata.get(field) is not None:
            continue
        metadata.pop(field, None)
        if field in before:
            metadata[field] = before[field]
    if resource.namespaced:
        metadata["namespace"] = call.namespace
    metadata["name"] = call.name
    document = {**document, "metadata": metadata}
    document = _keep(session, old, document)
    if call.subresource != "status":
        document = default(resource.storage, document, old)
        document = admit(session, document, old)
        document = allocate(session, document, old)
        check_update(resource, old, document, call.subresource)
    _count_generation(resource.storage, old, document)
    document = track(session, old, document)
    return settle(session, session.key, document)


def settle(session: Session, key: Key, document: Object) -> Object:
    """Store a changed object, or let it go if it was only waiting for its last finalizer."""
    metadata = document["metadata"]
    if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
        waiting = metadata.get("deletionGracePeriodSeconds", 0) and key[0] == "pods"
        if not waiting and key[0] != "namespaces":
            return session.objects.remove(key, document)
    return session.objects.update(key, ordered(document))


def check_preconditions(session: Session, old: Object, metadata: Mapping[str, Any]) -> None:
    """Refuse a change that was made of another version or another object. Raises a Status failure (409)."""
    version = session.objects.version(session.key)
    wanted = metadata.get("resourceVersion")
    if wanted and wanted != str(version):
        raise status.conflict(session.resource, session.call.name, status.MODIFIED)
    uid, actual = metadata.get("uid"), old["metadata"]["uid"]
    if uid and uid != actual:
        path = "/".join(part for part in (session.resource.plural, session.call.namespace, session.call.name) if part)
        raise status.conflict(
            session.resource,
            session.call.name,
            f"StorageError: invalid object, Code: 4, Key: /registry/{path}, ResourceVersion: 0, "
            f"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {actual}",
        )


def _keep(session: Session, old: Object, new: Object) -> Object:
    """The parts that this endpoint does not change stay as they were."""
    if session.call.subresource == "status":
        kept = {field: value for field, value in old.items() if field != "status"}
        if "status" in new:
            kept["status"] = new["status"]
        kept["metadata"] = {**old["metadata"], **_conditions_of(new)}
        return kept
    if "status" in session.resource.subresources:
        new = {field: value for field, value in new.items() if field != "status"}
        if "status" in old:
            new["status"] = old["status"]
    return new


def _conditions_of(new: Object) -> dict[str, Any]:
    metadata = new["metadata"]
    return {field: metadata[field] for field in ("annotations", "finalizers", "managedFields") if field in metadata}


def _count_generation(storage: str, old: Object, new: Object) -> None:
    if storage not in GENERATIONS:
        return
    changed = {k: v for k, v in old.items() if k not in ("metadata", "status")} != {
        k: v for k, v in new.items() if k not in ("metadata", "status")
    }
    if storage == "deployments.apps":
        changed = changed or old["metadata"].get("annotations") != new["metadata"].get("annotations")
    if changed:
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def patch(session: Session) -> Result:
    """Patch or apply an object. Raises a Status failure."""
    session.check_options("PatchOptions")
    call = session.call
    if call.patch == "apply":
        return server_side_apply(session, insert, replace)
    old = session.existing()
    shown = present(session.resource, with_version(old, session.objects.version(session.key)))
    patched = apply_patch(session, session.resource.type_name, shown)
    document = session.decode(patched)
    _check_identity(session, document["metadata"])
    return session.result(present(session.resource, replace(session, old, document)))


def apply_patch(session: Session, type_name: str, shown: Object) -> Object:
    """What the call's patch makes of an object as clients see it. Raises a Status failure."""
    body = session.call.body
    match session.call.patch:
        case "json":
            if not isinstance(body, list):
                what = "object" if isinstance(body, dict) else "string"
                raise status.bad_request(
                    f"error decoding patch: json: cannot unmarshal {what} into Go value of type []handlers.jsonPatchOp"
                )
            try:
                patched = json_patch.apply(shown, body)
            except json_patch.PatchFailed:
                raise _rejected() from None
        case "merge":
            if not isinstance(body, dict):
                raise _rejected() if isinstance(body, list) else status.bad_request("Invalid JSON Patch")
            patched = merge(shown, body)
        case _:
            if not isinstance(body, dict):
                raise status.bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
            try:
                patched = strategic.apply(session.shape.types, type_name, shown, body)
            except strategic.StrategicError as failure:
                raise status.bad_request(str(failure)) from None
    if not isinstance(patched, dict) or not isinstance(patched.get("metadata", {}), dict):
        raise _rejected()
    return patched


def _rejected() -> Exception:
    return status.error(422, "Invalid", "the server rejected our request due to an error in our request", {})
