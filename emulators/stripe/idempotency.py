"""Idempotency keys: the first answer given under a key is the answer given ever after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from falsefront.kernel.operation import Failure
from falsefront.kernel.state import State
from falsefront.world.digest import canonical

from .errors import IDEMPOTENCY, KEY_IN_USE, refuse
from .resource import KEYS

KEPT: Final = 24 * 3600
"""Seconds that a key is remembered."""
LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Replayed:
    """An answer given before: its status, its body, and the request that earned it."""

    status: int
    body: Any
    request_id: str


def fingerprint(params: Mapping[str, Any]) -> str:
    """A hash of parameters in which the order of names does not count and that of arrays does."""
    return blake2b(canonical(params), digest_size=16).hexdigest()


def recall(state: State, key: str, method: str, path: str, print_: str) -> Replayed | None:
    """The answer that a key already has. Raises ``Failure`` where the key was used for another request."""
    record = state.table(KEYS).get(key)
    if record is None or record["at"] + KEPT <= state.now.timestamp():
        return None
    if record["path"] != path or record["method"] != method:
        raise _mismatch(f"for the same endpoint they were first used for ('{record['path']}' vs '{path}')", key)
    if record["params"] != print_:
        raise _mismatch("with the same parameters they were first used with", key)
    return Replayed(record["status"], record["body"], record["request_id"])


def _mismatch(how: str, key: str) -> Failure:
    return refuse(
        f"Keys for idempotent requests can only be used {how}. Try using a key other than '{key}' if you meant to "
        "execute a different request.",
        type=IDEMPOTENCY,
    )


def in_use() -> Failure:
    """The refusal of a second request while the first is still under way."""
    return refuse(KEY_IN_USE, code="idempotency_key_in_use", type=IDEMPOTENCY, status=409)


def keep(state: State, key: str, method: str, path: str, print_: str, answer: Replayed) -> None:
    """Remember an answer; a few keys that are past their time are forgotten."""
    table = state.table(KEYS)
    now = int(state.now.timestamp())
    for old in _expired(table, now):
        table.delete(old)
    record = {
        "at": now,
        "method": method,
        "path": path,
        "params": print_,
        "status": answer.status,
        "body": answer.body,
        "request_id": answer.request_id,
    }
    table.put(key, record)


def _expired(table: Any, now: int) -> list[str]:
    found: list[str] = []
    for key in table.find("at"):
        if len(found) == 4 or table[key]["at"] + KEPT > now:
            break
        found.append(key)
    return found
