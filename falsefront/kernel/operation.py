"""Operations, failures and replies, in no protocol's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value that survives a round trip through the journal."""

Access: TypeAlias = Literal["read", "write"]


class FailureKind(StrEnum):
    """Everything that can go wrong, once; each emulator renders it in its own dialect."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a client asked one emulator to do.

    ``session`` names the client's connection or session where the protocol has one; it is
    matched by fault rules and written to the journal, and never chooses the world.
    """

    emulator: str
    name: str
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    session: str = ""


class Failure(Exception):
    """An operation that did not succeed, injected or earned.

    ``native`` holds what only one system can say (a decline code, an SQLSTATE, a Status reason);
    the emulator that renders the failure knows its keys. ``keep`` says that what the handler had
    written stays written, as a declined charge does.
    """

    def __init__(
        self,
        kind: FailureKind | str,
        message: str = "",
        *,
        native: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
        keep: bool = False,
    ) -> None:
        super().__init__(kind, message)
        self.kind = FailureKind(kind)
        self.message = message
        self.native: Mapping[str, Any] = native or {}
        self.retry_after = retry_after
        self.keep = keep


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that a fault rule gave in the operation's place, in the protocol's native form.

    HTTP façades send ``status``, ``headers`` and ``body`` (a string as it is, anything else as JSON);
    the others take ``body`` as the operation's result.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
