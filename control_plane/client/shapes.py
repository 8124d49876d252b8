"""What the control plane answers, as types."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict


class Clock(TypedDict):
    """A world's clock; ``now`` in ISO 8601, ``settle`` in seconds."""

    mode: Literal["frozen", "offset", "real"]
    now: str
    settle: float


class WorldInfo(TypedDict):
    """A world as it stands."""

    name: str
    parent: str | None
    fixture: str | None
    seed: int
    version: int
    digest: str
    clock: Clock
    marks: list[str]
    faults: list[str]


class Addresses(TypedDict):
    """Everything ready to paste: base URLs by emulator, environment, DSN, kubeconfig text, MCP configuration."""

    urls: dict[str, str]
    environment: dict[str, str]
    postgres: str | None
    kubeconfig: str | None
    mcp: dict[str, Any] | None


class Mark(TypedDict):
    """A state kept under a name."""

    name: str
    version: int
    digest: str
    at: str


class Fault(TypedDict):
    """A fault rule and what it has met."""

    name: str
    when: dict[str, Any]
    then: list[dict[str, Any]]
    times: int | None
    expires: str | None
    seen: int
    fired: int
    last: str | None
    matches: int


class Change(TypedDict):
    """One document before and after."""

    table: str
    key: Any
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any


class Diff(TypedDict):
    """What differs between two states."""

    before: dict[str, Any]
    after: dict[str, Any]
    equal: bool
    count: int
    truncated: bool
    changes: list[Change]


class Failure(TypedDict):
    """Why an operation failed."""

    kind: str
    message: str
    native: dict[str, Any]


class Versions(TypedDict):
    """A world's version before and after an operation."""

    before: int
    after: int


class Entry(TypedDict):
    """One operation in the journal."""

    seq: int
    at: str
    emulator: str
    op: str
    session: str
    args: dict[str, Any]
    outcome: Literal["ok", "failed"]
    failure: Failure | None
    faults: list[str]
    duration_ms: float
    version: Versions
    world_state_hash: str
    changes: list[dict[str, Any]]


# For methods that are called `list` themselves.
WorldInfos: TypeAlias = list[WorldInfo]
FaultInfos: TypeAlias = list[Fault]
