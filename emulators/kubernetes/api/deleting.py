"""delete and deletecollection: grace, finalizers, preconditions and propagation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ..objects import Key, Object, ordered, timestamp, with_version
from ..triggers import wake
from ..views import present
from . import status
from .reading import selection, walk
from .session import GENERATIONS, Result, Session
from .status import Cause

_RETURNED: Final = frozenset(
    [
        "pods",
        "podtemplates",
        "resourcequotas",
        "services",
        "serviceaccounts",
        "persistentvolumes",
        "persistentvolumeclaims",
    ]
)
"""Kinds whose deletion answers with the object and not with a Status."""
_PROTECTED: Final = frozenset({"default", "kube-system", "kube-public"})
_POLICIES: Final = ("Foreground", "Background", "Orphan")
_LONGEST: Final = 10**9
"""Seconds of grace that a date can still hold."""
STOP_TIME: Final = timedelta(milliseconds=500)
"""How long a container takes to end once it is told to."""


def delete(session: Session) -> Result:
    """Delete one object. Raises a Status failure."""
    options = _options(session)
    document = session.existing()
    _check_preconditions(session, options.get("preconditions") or {}, document)
    if session.resource.storage == "namespaces":
        return session.result(_delete_namespace(session, document))
    gone, last = remove(session, session.key, document, options)
    if gone and session.resource.storage not in _RETURNED:
        details = {**status.about(session.resource, session.call.name), "uid": document["metadata"]["uid"]}
        return session.result(
            {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        )
    return session.result(present(session.resource, last))


def delete_collection(session: Session) -> Result:
    """Delete every object that the call selects; answers with the list of them."""
    options = _options(session)
    chosen = selection(session)
    items: list[Any] = []
    for key, document, version in list(walk(session, chosen)):
        remove(session, key, document, options)
        item = present(session.resource, with_version(document, version))
        del item["kind"], item["apiVersion"]
        items.append(item)
    resource = session.resource
    metadata = {"resourceVersion": str(session.objects.revision)}
    return session.result(
        {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": metadata, "items": items}
    )


def _options(session: Session) -> Mapping[str, Any]:
    """Delete options of the body, else of the query. Raises a Status failure."""
    call = session.call
    options: dict[str, Any] = {}
    for name in ("propagationPolicy", "gracePeriodSeconds"):
        if name in call.options:
            options[name] = call.options[name]
    if "orphanDependents" in call.options:
        options["orphanDependents"] = call.options["orphanDependents"] in ("true", "1")
    if isinstance(call.body, dict):
        options.update({key: value for key, value in call.body.items() if value is not None})
    grace = options.get("gracePeriodSeconds")
    if grace is not None:
        try:
            options["gracePeriodSeconds"] = int(grace)
        except (TypeError, ValueError):
            raise status.bad_request(
                'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal string '
                "into Go struct field DeleteOptions.gracePeriodSeconds of type int64"
            ) from None
    policy = options.get("propagationPolicy")
    if policy is not None and policy not in _POLICIES:
        known = ", ".join(f'"{name}"' for name in (*_POLICIES, "nil"))
        text = f'Unsupported value: "{policy}": supported values: {known}'
        cause = Cause("FieldValueNotSupported", text, "propagationPolicy")
        raise status.invalid("meta.k8s.io", "DeleteOptions", "", [cause])
    dry = options.get("dryRun")
    if dry is not None and dry not in ("All", ["All"], []):
        cause = Cause("FieldValueNotSupported", f'Unsupported value: {dry}: supported values: "All"', "dryRun")
        raise status.invalid("meta.k8s.io", "DeleteOptions", "", [cause])
    return options


def _check_preconditions(session: Session, wanted: Mapping[str, Any], document: Object) -> None:
    kind, name = session.resource.kind, session.call.name
    uid, actual = wanted.get("uid"), document["metadata"]["uid"]
    if uid and uid != actual:
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({actual}). "
            "The object might have been deleted and then recreated"
        )
        raise status.conflict(session.resource, name, why, kind=kind)
    version, present_version = wanted.get("resourceVersion"), str(session.objects.version(session.key))
    if version and version != present_version:
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
            f"({present_version}). The object might have been modified"
        )
        raise status.conflict(session.resource, name, why, kind=kind)


def remove(session: Session, key: Key, document: Object, options: Mapping[str, Any]) -> tuple[bool, Object]:
    """Begin or complete a deletion; whether the object is gone, and its last state."""
    objects = session.objects
    metadata = document["metadata"]
    finalizers = _finalizers(metadata.get("finalizers", []), options)
    grace = _grace(key[0], document, options)
    if not finalizers and not grace:
        if key[0] == "pods" and not metadata.get("deletionTimestamp"):
            document = _marked(session, document, finalizers, 0)
        return True, objects.remove(key, document)
    before = metadata.get("deletionGracePeriodSeconds")
    if metadata.get("deletionTimestamp") and finalizers == metadata.get("finalizers", []) and (before or 0) <= grace:
        return False, with_version(document, objects.version(key))
    dying = _marked(session, document, finalizers, grace)
    shown = objects.update(key, ordered(dying))
    if key[0] == "pods":
        wake(session.state, "pods.stop", key[1], key[2], STOP_TIME if grace else timedelta(0))
    if {"foregroundDeletion", "orphan"} & set(finalizers):
        wake(session.state, "garbage.finalize", key[1], key[2], kind=key[0])
    return False, shown


def _marked(session: Session, document: Object, finalizers: list[str], grace: int) -> Object:
    metadata = dict(document["metadata"])
    metadata["deletionTimestamp"] = timestamp(session.state.now + timedelta(seconds=grace))
    metadata["deletionGracePeriodSeconds"] = grace
    if finalizers:
        metadata["finalizers"] = finalizers
    if session.resource.storage in GENERATIONS:
        metadata["generation"] = metadata.get("generation", 0) + 1
    return {**document, "metadata": metadata}


def _finalizers(present_ones: list[str], options: Mapping[str, Any]) -> list[str]:
    """The finalizers that the propagation policy leaves or adds."""
    policy = options.get("propagationPolicy")
    if policy is None and options.get("orphanDependents") is True:
        policy = "Orphan"
    kept = [name for name in present_ones if name not in ("orphan", "foregroundDeletion")] if policy else present_ones
    if policy == "Foreground":
        return [*kept, "foregroundDeletion"]
    return [*kept, "orphan"] if policy == "Orphan" else list(kept)


def _grace(storage: str, document: Object, options: Mapping[str, Any]) -> int:
    if storage != "pods":
        return 0
    grace = options.get("gracePeriodSeconds")
    if grace is None:
        grace = document["spec"].get("terminationGracePeriodSeconds", 30)
    if not document["spec"].get("nodeName") or document.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    return min(max(int(grace), 0), _LONGEST)


def _delete_namespace(session: Session, document: Object) -> Object:
    if session.call.name in _PROTECTED:
        raise status.forbidden(session.resource, session.call.name, "this namespace may not be deleted")
    if document["metadata"].get("deletionTimestamp"):
        return with_version(document, session.objects.version(session.key))
    metadata = {**document["metadata"], "deletionTimestamp": session.now}
    dying = {**document, "metadata": metadata, "status": {**document.get("status", {}), "phase": "Terminating"}}
    return session.objects.update(session.key, ordered(dying))
