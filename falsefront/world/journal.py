"""What happened in a world, operation by operation."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Final

import orjson

from falsefront.kernel.operation import Failure, Operation

from .clock import moment, show_time
from .digest import as_json, show
from .rows import Change

DEFAULT_SIZE: Final = 10_000
REDACTED: Final = "[redacted]"
_SECRET_NAMES: Final = re.compile(
    r"(?i)(?:.*(?:password|passwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|credential).*"
    r"|authorization|cookie|.*token|cvc|cvv|account_number|id_number)"
)
_SECRET_VALUES: Final[Sequence[tuple[tuple[str, ...], re.Pattern[str], str]]] = (
    (("k_live_", "k_test_"), re.compile(r"\b[sr]k_(?:live|test)_\w{8,}\b"), REDACTED),
    (("whsec_",), re.compile(r"\bwhsec_\w{8,}\b"), REDACTED),
    (("Bearer", "bearer"), re.compile(r"\b[Bb]earer\s+[\w.~+/=-]{8,}"), REDACTED),
    (("eyJ",), re.compile(r"\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]*"), REDACTED),
    (("PRIVATE KEY",), re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)"), REDACTED),
    (("PASSWORD", "password", "Password"), re.compile(r"(?i)\b(password\s+)'(?:[^']|'')*'"), rf"\1'{REDACTED}'"),
    (("://",), re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"), rf"\1{REDACTED}"),
    ((), re.compile(r"(?<!\w)\d{4}(?:[ -]?\d{4}){2}[ -]?\d{3,4}\b|(?<!\w)\d{4}[ -]\d{6}[ -]\d{5}\b"), REDACTED),
)
"""How credentials look: what a text must hold to be searched at all, the pattern, and what is put in its place."""
_PLAIN_NAMES: Final = frozenset({"continuetoken", "phone_number"})


def redact(value: Any, name: str = "") -> Any:
    """A copy of ``value`` without credentials: by the names of fields, and by how keys and card numbers look."""
    match value:
        case dict():
            shown = {key: redact(item, str(key)) for key, item in value.items()}
            if value.get("kind") == "Secret":
                _empty(shown)
            elif "value" in value and _is_secret(value.get("name")):
                # A variable of an environment.
                shown["value"] = REDACTED
            return shown
        case list() | tuple():
            return [redact(item, name) for item in value]
        case str():
            if _is_secret(name):
                return REDACTED
            for marks, pattern, instead in _SECRET_VALUES:
                if not marks or any(mark in value for mark in marks):
                    value = pattern.sub(instead, value)
            return value
        case int() if name in ("cvc", "cvv") or (name == "number" and value > 10**11):
            return REDACTED
        case _:
            return value


def _is_secret(name: Any) -> bool:
    """Whether a field of that name holds a credential."""
    return bool(isinstance(name, str) and name.lower() not in _PLAIN_NAMES and _SECRET_NAMES.fullmatch(name))


def _empty(secret: dict[Any, Any]) -> None:
    """Leave of a Secret's content, and of what its annotations repeat of it, only the names."""
    metadata = secret.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        secret["metadata"] = {**metadata, "annotations": dict.fromkeys(metadata["annotations"], REDACTED)}
    for name in ("data", "stringData"):
        if name in secret:
            content = secret[name]
            secret[name] = dict.fromkeys(content, REDACTED) if isinstance(content, dict) else REDACTED


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation: what was asked, what came of it, what struck it, and what it changed."""

    seq: int
    op: Operation
    at: int
    """World time in microseconds since 1970."""
    duration: float
    """Seconds on the world's clock, delays that faults added included: 0 without them on a frozen clock."""
    failure: Failure | None
    faults: tuple[str, ...]
    before: int
    """The world's version before and after."""
    after: int
    digest: int
    changes: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        """The entry as it is served and written, credentials redacted."""
        failure = self.failure
        args = as_json(self.op.args)
        if self.op.name.startswith("secrets."):
            # A patch of a Secret does not say what it is of.
            args = {name: REDACTED if name == "body" and item is not None else item for name, item in args.items()}
        return {
            "seq": self.seq,
            "at": show_time(moment(self.at)),
            "emulator": self.op.emulator,
            "op": self.op.name,
            "session": self.op.session,
            "args": redact(args),
            "outcome": "ok" if failure is None else "failed",
            "failure": None
            if failure is None
            else {
                "kind": failure.kind.value,
                "message": redact(failure.message),
                "native": redact(as_json(dict(failure.native))),
            },
            "faults": list(self.faults),
            "duration_ms": round(self.duration * 1000, 3),
            "version": {"before": self.before, "after": self.after},
            "world_state_hash": show(self.digest),
            "changes": [change_as_json(change) for change in self.changes],
        }


def change_as_json(change: Change) -> dict[str, Any]:
    """A change as it is served: the documents before and after, credentials redacted."""
    return {
        "table": change.table,
        "key": as_json(change.key),
        "before": redact(as_json(change.before)),
        "after": redact(as_json(change.after)),
    }


class Journal:
    """The latest entries of one world in memory, and all of them in a file where one is given."""

    __slots__ = ("_entries", "_file", "seq")

    def __init__(self, size: int = DEFAULT_SIZE, file: IO[bytes] | None = None) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._file = file
        self.seq = 0

    def append(self, entry: Entry) -> None:
        """Keep an entry."""
        self._entries.append(entry)
        self.seq = entry.seq
        if self._file is not None:
            self._file.write(dump(entry.as_json()) + b"\n")
            self._file.flush()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def after(self, seq: int, limit: int | None = None) -> Iterator[Entry]:
        """Entries later than ``seq``, oldest first."""
        skip = max(0, seq - (self.seq - len(self._entries)))
        return islice(self._entries, skip, None if limit is None else skip + limit)

    def clear(self) -> None:
        """Forget the entries in memory; numbers go on."""
        self._entries.clear()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()


def dump(value: Mapping[str, Any]) -> bytes:
    """A line of JSON; integers beyond 64 bits and lone surrogates included."""
    try:
        return orjson.dumps(value)
    except TypeError:
        import json

        return json.dumps(value, separators=(",", ":")).encode()
