"""Which function answers which verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from falsefront.kernel.operation import Operation
from falsefront.kernel.state import State
from falsefront.world.store import Transaction

from ..bootstrap import begin
from ..objects import Objects
from ..shape import Shape
from . import deleting, reading, status, subresources, watching, writing
from .call import Call, from_operation
from .session import Result, Session

_VERBS: Final[Mapping[str, Callable[[Session], Result]]] = {
    "get": reading.get,
    "list": reading.list_,
    "watch": watching.start,
    "create": writing.create,
    "update": writing.update,
    "patch": writing.patch,
    "delete": deleting.delete,
    "deletecollection": deleting.delete_collection,
}
READS: Final = frozenset({"get", "list", "watch"})


def handle(shape: Shape, state: State, op: Operation) -> Any:
    """Answer one operation on a resource. Raises a Status failure."""
    call = from_operation(shape, op)
    dry = _dry(call)
    state = prepared(state, writes=call.verb not in READS and not dry)
    session = Session(shape, state, call)
    version = session.objects.version(session.key)
    result = _answer(session)
    if dry:
        result.body = _unversioned(result.body, version)
    return result.as_json()


def _unversioned(body: Any, version: int) -> Any:
    """An object that was not stored has the version it had before, or none."""
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        return body
    metadata = {name: value for name, value in body["metadata"].items() if name != "resourceVersion" or version}
    if version and "resourceVersion" in metadata:
        metadata["resourceVersion"] = str(version)
    return {**body, "metadata": metadata}


def _answer(session: Session) -> Result:
    call = session.call
    if call.subresource and call.subresource != "status":
        return subresources.answer(session)
    if virtual := subresources.REVIEWS.get(call.resource.plural):
        return virtual(session)
    verb = _VERBS.get(call.verb)
    if verb is None:
        raise status.no_method()
    return verb(session)


def _dry(call: Call) -> bool:
    body = call.body if call.verb.startswith("delete") and isinstance(call.body, dict) else {}
    return call.dry_run or bool(body.get("dryRun"))


def prepared(state: State, *, writes: bool) -> State:
    """The state to act on: with a cluster in it, and only for the moment unless the call writes.

    A world has its cluster from its first change on. Until then, reads see the cluster it would have, which
    they do not keep: a read leaves no trace in a world.
    """
    begun = Objects(state).begun
    if begun and writes:
        return state
    if not writes:
        if begun and isinstance(state, Transaction):
            return Transaction(state.base, state.world)
        state = Transaction(state.base, state.world) if isinstance(state, Transaction) else state
    if not begun:
        begin(state)
    return state
