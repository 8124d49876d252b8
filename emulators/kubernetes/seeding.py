"""Seeds: manifests applied as a client would apply them, and settled before anyone looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.kernel.state import Ids, State, Table, TableSpec
from falsefront.world.clock import parse_duration

from . import yamls
from .api import writing
from .api.call import Call
from .api.session import Session
from .bootstrap import NODES, begin
from .objects import META, Object, Objects
from .shape import Shape

_AGE: Final = 60.0
_ENOUGH: Final = 20_000
"""Steps after which a seed that never settles is left as it is."""
_KEYS: Final = frozenset({"manifests", "nodes", "images", "age"})
_VERDICTS: Final = ("exists", "notfound", "denied")


class _Timers:
    """Timers that are run while the seed settles."""

    def __init__(self, state: Settling) -> None:
        self._state = state
        self.waiting: dict[str, tuple[datetime, int, str, Mapping[str, Any]]] = {}
        self._order = 0

    def set(
        self, name: str, due: datetime | timedelta, emulator: str, operation: str, args: Mapping[str, Any] | None = None
    ) -> None:
        self._order += 1
        at = self._state.now + due if isinstance(due, timedelta) else due
        self.waiting[name] = (at, self._order, operation, args or {})

    def cancel(self, name: str) -> bool:
        return self.waiting.pop(name, None) is not None

    def next(self, until: datetime) -> tuple[datetime, str, Mapping[str, Any]] | None:
        """Take the timer that falls due first, if that is by ``until``."""
        if not self.waiting:
            return None
        name = min(self.waiting, key=lambda timer: self.waiting[timer][:2])
        at, _, operation, args = self.waiting[name]
        if at > until:
            return None
        del self.waiting[name]
        return at, operation, args


class Settling:
    """A transaction in which time runs on by itself (a ``State``)."""

    def __init__(self, inner: State, now: datetime) -> None:
        self._inner = inner
        self.now = now
        self.timers = _Timers(self)

    @property
    def world(self) -> str:
        return self._inner.world

    @property
    def seed(self) -> int:
        return self._inner.seed

    @property
    def ids(self) -> Ids:
        return self._inner.ids

    def table(self, spec: TableSpec) -> Table:
        return self._inner.table(spec)

    def sequence(self, name: str, value: int | None = None) -> int:
        return self._inner.sequence(name, value)

    def peek(self, name: str) -> int:
        return self._inner.peek(name)


def seed(shape: Shape, state: State, data: Any) -> None:
    """Put a fixture's section into a world. Raises ``Failure`` (invalid) with the API's own words."""
    if not isinstance(data, Mapping) or set(data) - _KEYS:
        raise _invalid(f"a kubernetes seed takes {', '.join(sorted(_KEYS))}")
    manifests = _manifests(data.get("manifests", ()))
    fresh = not Objects(state).begun
    age = _age(data.get("age", _AGE)) if fresh else timedelta(0)
    settling = Settling(state, state.now - age)
    if fresh:
        begin(settling, _nodes(data.get("nodes", NODES)))
    _images(state, data.get("images", {}))
    for manifest in manifests:
        _apply(shape, settling, manifest)
    _settle(shape, settling, state.now)
    for name, (due, _, operation, args) in sorted(settling.timers.waiting.items(), key=lambda item: item[1][:2]):
        state.timers.set(name, max(due, state.now), "kubernetes", operation, args)


def _invalid(message: str) -> Failure:
    return Failure(FailureKind.INVALID, message)


def _age(value: Any) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(value))
    except ValueError as failure:
        raise _invalid(f"age: {failure}") from None


def _nodes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 250:
        raise _invalid("nodes is a number from 0 to 250")
    return value


def _images(state: State, found: Any) -> None:
    """Keep the image catalogue: ``exists``, ``notfound`` or ``denied`` by image name, ``*`` allowed."""
    if not isinstance(found, Mapping) or any(verdict not in _VERDICTS for verdict in found.values()):
        raise _invalid(f"images gives each name one of {', '.join(_VERDICTS)}")
    if found:
        known: Mapping[str, str] = state.table(META).get("images") or {}
        state.table(META).put("images", {**known, **found})


def _manifests(found: Any) -> list[Object]:
    """The manifests of a list, or of YAML documents; namespaces first."""
    if isinstance(found, str):
        try:
            found = yamls.load_all(found)
        except ValueError as failure:
            raise _invalid(f"manifests: {failure}") from None
    flat: list[Object] = []
    for manifest in found:
        if not isinstance(manifest, Mapping):
            raise _invalid("a manifest is an object")
        flat += manifest["items"] if str(manifest.get("kind")) == "List" else [dict(manifest)]
    return sorted(flat, key=lambda manifest: manifest.get("kind") != "Namespace")


def _apply(shape: Shape, state: State, manifest: Object) -> None:
    kind, api_version = str(manifest.get("kind", "")), str(manifest.get("apiVersion", ""))
    resource = shape.of_kind(api_version, kind)
    if resource is None or "create" not in resource.verbs:
        raise _invalid(f'no matches for kind "{kind}" in version "{api_version}"')
    metadata = manifest.get("metadata") or {}
    namespace = (metadata.get("namespace") or "default") if resource.namespaced else ""
    name = str(metadata.get("name", ""))
    options = {"fieldValidation": "Strict"}
    call = Call("create", resource, namespace, name, "", options, dict(manifest), "", "falsefront")
    session = Session(shape, state, call)
    try:
        existing = session.objects.get(*session.key)
        if existing is None:
            writing.create(session)
        else:
            document = session.decode(session.call.body)
            writing.replace(session, existing, document)
    except Failure as failure:
        raise _invalid(f"{kind} {namespace}/{name}: {failure.message}") from None


def _settle(shape: Shape, state: Settling, until: datetime) -> None:
    """Run what falls due, until nothing does before the present."""
    from .controllers import OPERATIONS

    for _ in range(_ENOUGH):
        due = state.timers.next(until)
        if due is None:
            break
        at, operation, args = due
        state.now = max(state.now, at)
        OPERATIONS[operation][0](shape, state, args)
