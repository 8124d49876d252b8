"""An index over the key columns of a frozen heap: sixteen bytes a row, shared by all who read the heap."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any


class KeyIndex:
    """Row ids by the hash of a key. What is found may also be another key's, which the caller sees by its row."""

    def __init__(self, keys: Iterable[Any]) -> None:
        filed = sorted((hash(key), rid) for rid, key in enumerate(keys, 1) if key is not None)
        self._hashes = array("q", [hashed for hashed, _ in filed])
        self._rids = array("q", [rid for _, rid in filed])

    def find(self, key: Any) -> list[int]:
        """The ids of the rows that may have the key, in their order."""
        hashed = hash(key)
        place = bisect_left(self._hashes, hashed)
        found: list[int] = []
        while place < len(self._hashes) and self._hashes[place] == hashed:
            found.append(self._rids[place])
            place += 1
        return found
