"""What every controller works with: the objects, and a way to make new ones as a client would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falsefront.kernel.state import State
from falsefront.world.clock import microseconds

from ..api import deleting, status, writing
from ..api.call import Call
from ..api.session import Session
from ..objects import Key, Object, Objects, timestamp
from ..shape import Resource, Shape


class Cluster:
    """One controller's view of one open transaction."""

    def __init__(self, shape: Shape, state: State) -> None:
        self.shape = shape
        self.state = state
        self.objects = Objects(state)

    @property
    def now(self) -> str:
        return timestamp(self.state.now)

    def resource(self, storage: str) -> Resource:
        """The resource that is stored under a name."""
        return next(r for r in self.shape.resources if r.storage == storage)

    def session(self, storage: str, namespace: str, name: str, verb: str, manager: str) -> Session:
        """A call by a controller."""
        options = {"fieldValidation": "Ignore"}
        call = Call(verb, self.resource(storage), namespace, name, "", options, None, "", manager)
        return Session(self.shape, self.state, call)

    def create(self, storage: str, namespace: str, document: Object, manager: str) -> Object:
        """Create an object through defaulting, admission and validation. Raises a Status failure."""
        session = self.session(storage, namespace, "", "create", manager)
        resource = session.resource
        return writing.insert(session, {"kind": resource.kind, "apiVersion": resource.api_version, **document})

    def delete(self, key: Key, options: Mapping[str, Any] | None = None) -> None:
        """Delete an object as a client would; one that is gone already is no error."""
        document = self.objects.get(*key)
        if document is not None:
            session = self.session(key[0], key[1], key[2], "delete", "")
            deleting.remove(session, key, document, options or {})

    def put_status(self, key: Key, found: Mapping[str, Any]) -> None:
        """Store a status, if it is another."""
        document = self.objects.get(*key)
        if document is not None and document.get("status") != found:
            self.objects.update(key, {**document, "status": dict(found)})

    def change(
        self, key: Key, *, metadata: Mapping[str, Any] | None = None, spec: Mapping[str, Any] | None = None
    ) -> None:
        """Store changed fields of an object's metadata or spec; a changed spec is a new generation."""
        document = self.objects.get(*key)
        if document is None:
            return
        changed = {**document, "metadata": {**document["metadata"], **(metadata or {})}}
        if spec is not None:
            changed["spec"] = {**document.get("spec", {}), **spec}
            if changed["spec"] != document.get("spec") and "generation" in document["metadata"]:
                changed["metadata"]["generation"] = document["metadata"]["generation"] + 1
        session = self.session(key[0], key[1], key[2], "update", "")
        writing.settle(session, key, changed)

    def owned(self, owner: Object, storage: str) -> list[tuple[Key, Object]]:
        """The objects of a kind that an owner controls, in order of creation and name."""
        uid = owner["metadata"]["uid"]
        found = [
            (key, document)
            for key, document in self.objects.owned(uid)
            if key[0] == storage and (controller := controller_of(document)) and controller.get("uid") == uid
        ]
        return sorted(found, key=lambda row: (row[1]["metadata"]["creationTimestamp"], row[0]))

    def event(
        self, about: Object, kind: str, reason: str, message: str, component: str, host: str = "", path: str = ""
    ) -> None:
        """Record an event, or count it again if the same was recorded before."""
        metadata = about["metadata"]
        namespace = metadata.get("namespace", "default")
        involved: Object = {
            "kind": about["kind"],
            **({"namespace": metadata["namespace"]} if "namespace" in metadata else {}),
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": about["apiVersion"],
        }
        involved["resourceVersion"] = str(self.objects.version(_key_of(self.shape, about)))
        if path:
            involved["fieldPath"] = path
        for key, known in self.objects.events_about(metadata["uid"]):
            same = (known.get("reason"), known.get("message"), known["involvedObject"].get("fieldPath", ""))
            if same == (reason, message, path):
                self.objects.update(key, {**known, "lastTimestamp": self.now, "count": known.get("count", 1) + 1})
                return
        source = {"component": component, **({"host": host} if host else {})}
        name = f"{metadata['name']}.{_nanoseconds(self.state) + self.state.ids.counter('kubernetes.event'):x}"
        key = ("events", namespace, name)
        uid = self.state.ids.uuid(f"kubernetes.uid/{'/'.join(key)}")
        self.objects.create(
            key,
            {
                "kind": "Event",
                "apiVersion": "v1",
                "metadata": {"name": name, "namespace": namespace, "uid": uid, "creationTimestamp": self.now},
                "involvedObject": involved,
                "reason": reason,
                "message": message,
                "source": source,
                "firstTimestamp": self.now,
                "lastTimestamp": self.now,
                "count": 1,
                "type": kind,
                "eventTime": None,
                "reportingComponent": component,
                "reportingInstance": host,
            },
        )


def _nanoseconds(state: State) -> int:
    """World time in nanoseconds: event names begin with it, so that they sort by age."""
    return microseconds(state.now) * 1000


def _key_of(shape: Shape, document: Object) -> Key:
    resource = shape.of_kind(document["apiVersion"], document["kind"])
    metadata = document["metadata"]
    return (resource.storage if resource else "", metadata.get("namespace", ""), metadata["name"])


def controller_of(document: Object) -> Mapping[str, Any] | None:
    """The owner that controls an object."""
    owners: list[Mapping[str, Any]] = document["metadata"].get("ownerReferences", [])
    return next((owner for owner in owners if owner.get("controller")), None)


def owner_reference(owner: Object) -> dict[str, Any]:
    """What a controlled object says of its owner."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition(document: Object, kind: str) -> Mapping[str, Any] | None:
    """A condition of an object's status."""
    found: list[Mapping[str, Any]] = (document.get("status") or {}).get("conditions", [])
    return next((entry for entry in found if entry["type"] == kind), None)


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    found = condition(pod, "Ready")
    return found is not None and found["status"] == "True"


def is_active(pod: Object) -> bool:
    """Whether a pod still runs, or will."""
    phase = pod.get("status", {}).get("phase")
    return phase not in ("Succeeded", "Failed") and not pod["metadata"].get("deletionTimestamp")


__all__ = ["Cluster", "condition", "controller_of", "is_active", "is_ready", "owner_reference", "status"]
