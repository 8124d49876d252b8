"""Frozen heaps: rows that never change, in one locked-down DuckDB that all worlds share."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from falsefront.world.digest import entry_digest

from ..catalog.model import Relation
from ..types.table import BOOL, BPCHAR, BYTEA, FLOAT4, FLOAT8, INT2, INT4, INT8, JSON, JSONB, OID, TEXT, UUID, VARCHAR
from .keys import KeyIndex

SMALLEST: Final = 1000
"""Fewer rows than this stay documents."""
IN_MEMORY: Final = 5000
"""Heaps of up to so many rows are also kept as Python rows once they have been read."""
_RECENT: Final = 2048
"""So many rows of a larger heap that were looked up one by one are kept."""
_CHUNK: Final = 50_000
_NATIVE: Final = {
    BOOL: "BOOLEAN", INT2: "SMALLINT", INT4: "INTEGER", INT8: "BIGINT", OID: "BIGINT", TEXT: "VARCHAR", VARCHAR: "VARCHAR",
    BPCHAR: "VARCHAR", UUID: "VARCHAR", JSON: "VARCHAR", JSONB: "VARCHAR", BYTEA: "BLOB",
}  # fmt: skip
"""Types whose stored form DuckDB holds and compares as it is; all others are kept as text."""
_OPERATORS: Final = frozenset({"=", "<", "<=", ">", ">="})
_Row = tuple[Any, ...]


class Heaps:
    """The DuckDB instance of one process, opened when the first heap is made."""

    smallest = SMALLEST

    def __init__(self) -> None:
        self._connection: Any = None
        self._cursors = threading.local()
        self._lock = threading.Lock()
        self._count = 0

    def _open(self) -> Any:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(
                config={
                    "threads": 1, "enable_external_access": "false", "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false", "allow_community_extensions": "false",
                }
            )  # fmt: skip
            self._connection.execute("SET lock_configuration = true")
        return self._connection

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """A statement on this thread's own cursor. Only text made in this module gets here; values are parameters."""
        cursor = getattr(self._cursors, "cursor", None)
        if cursor is None:
            with self._lock:
                cursor = self._cursors.cursor = self._open().cursor()
        return cursor.execute(sql, params)

    def freeze(self, relation: Relation, rows: Sequence[_Row], find: Callable[[int], Any]) -> Heap:
        """A heap of stored rows; their ids are 1, 2, 3, …"""
        with self._lock:
            self._open()
            self._count += 1
            name = f"b{self._count}"
        kinds = [_NATIVE.get(column.type, "VARCHAR") for column in relation.columns]
        texts = [column.type not in _NATIVE for column in relation.columns]
        arrays = [bool(column.type in (FLOAT4, FLOAT8) or find(column.type).element) for column in relation.columns]
        self.execute(f"CREATE TABLE {name} (rid BIGINT{''.join(f', c{n} {kind}' for n, kind in enumerate(kinds))})")
        digest = 0
        packed = _packer(arrays)
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            rids = list(range(start + 1, start + 1 + len(chunk)))
            columns: list[list[Any]] = (
                [list(c) for c in zip(*map(packed, chunk), strict=True)]
                if any(arrays)
                else [list(c) for c in zip(*chunk, strict=True)]
            )
            casts = ", ".join(f"unnest(${n + 1}::{kind}[])" for n, kind in enumerate(["BIGINT", *kinds]))
            self.execute(f"INSERT INTO {name} SELECT {casts}", [rids, *columns])
            digest += sum(entry_digest(relation.storage, rid, row) for rid, row in zip(rids, chunk, strict=True))
        del texts
        heap = Heap(self, name, kinds, arrays, len(rows), digest)
        weakref.finalize(heap, self._drop, name)
        return heap

    def _drop(self, name: str) -> None:
        self.execute(f"DROP TABLE IF EXISTS {name}")


def _packer(arrays: list[bool]) -> Callable[[_Row], _Row]:
    """What makes values that DuckDB's column cannot hold into JSON text."""
    import orjson

    places = [n for n, packed in enumerate(arrays) if packed]

    def pack(row: _Row) -> _Row:
        values = list(row)
        for place in places:
            if values[place] is not None:
                values[place] = orjson.dumps(values[place]).decode()
        return tuple(values)

    return pack


def _unpacker(arrays: list[bool]) -> Callable[[_Row], _Row]:
    import orjson

    places = [n for n, packed in enumerate(arrays) if packed]

    def unpack(row: _Row) -> _Row:
        values = list(row)
        for place in places:
            if values[place] is not None:
                value = orjson.loads(values[place])
                values[place] = _tupled(value)
        return tuple(values)

    return unpack


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


class Heap:
    """One frozen heap (``kernel.state.Base``); it is dropped when no version stands on it any more."""

    def __init__(self, heaps: Heaps, name: str, kinds: list[str], arrays: list[bool], count: int, digest: int) -> None:
        self._heaps = heaps
        self._name = name
        self._kinds = kinds
        self._unpack = _unpacker(arrays) if any(arrays) else None
        self._packed = arrays
        self._count = count
        self._digest = digest
        self._rows: list[_Row] | None = None
        self._keys: dict[tuple[int, ...], dict[_Row, list[int]]] = {}
        self._recent: dict[int, _Row] = {}
        self._filed: dict[tuple[int, ...], KeyIndex] = {}

    @property
    def digest(self) -> int:
        """The sum of the rows' entry digests."""
        return self._digest

    @property
    def last(self) -> int:
        """The greatest row id."""
        return self._count

    def __len__(self) -> int:
        return self._count

    def _columns(self) -> str:
        return ", ".join(f"c{n}" for n in range(len(self._kinds)))

    def _made(self, row: _Row) -> _Row:
        return row if self._unpack is None else self._unpack(row)

    def get(self, key: Any) -> _Row | None:
        """The row of an id."""
        if not isinstance(key, int) or not 1 <= key <= self._count:
            return None
        if self._count <= IN_MEMORY:
            return self._all()[key - 1]
        recent = self._recent.get(key)
        if recent is not None:
            return recent
        found = self._heaps.execute(f"SELECT {self._columns()} FROM {self._name} WHERE rid = ?", [key]).fetchone()
        if found is None:
            return None
        if len(self._recent) >= _RECENT:
            self._recent.clear()
        row = self._recent[key] = self._made(found)
        return row

    def _all(self) -> list[_Row]:
        if self._rows is None:
            found = self._heaps.execute(f"SELECT {self._columns()} FROM {self._name} ORDER BY rid").fetchall()
            self._rows = [self._made(row) for row in found]
        return self._rows

    def column(self, place: int) -> list[Any]:
        """One column's values."""
        return [value for (value,) in self._heaps.execute(f"SELECT c{place} FROM {self._name}").fetchall()]

    def items(self) -> Iterator[tuple[int, _Row]]:
        """All rows by id."""
        return self.select([])

    def select(
        self, conditions: list[tuple[int, str, Any]], needed: set[int] | None = None
    ) -> Iterator[tuple[int, _Row]]:
        """Rows that may meet comparisons of columns with values; by id. Those that cannot be pushed down are left to the caller."""
        if self._count <= IN_MEMORY:
            yield from enumerate(self._all(), 1)
            return
        where: list[str] = []
        params: list[Any] = []
        shown = ", ".join(f"c{n}" if needed is None or n in needed else "NULL" for n in range(len(self._kinds)))
        for attnum, op, value in conditions:
            if value is None:
                return
            if (
                op in _OPERATORS
                and attnum <= len(self._kinds)
                and not self._packed[attnum - 1]
                and isinstance(value, int | str)
            ):
                where.append(f"c{attnum - 1} {op} ?")
                params.append(value)
        text = (
            f"SELECT rid, {shown} FROM {self._name}"
            + (f" WHERE {' AND '.join(where)}" if where else "")
            + " ORDER BY rid"
        )
        # A cursor of its own: other heaps may be read while this one is.
        cursor = self._heaps._open().cursor()
        cursor.execute(text, params)
        while rows := cursor.fetchmany(2048):
            for rid, *values in rows:
                yield rid, self._made(tuple(values))

    def lookup(self, columns: tuple[int, ...], key: _Row) -> list[tuple[int, _Row]]:
        """The rows, with their ids, that have these values in these columns."""
        if self._count <= IN_MEMORY:
            index = self._keys.get(columns)
            if index is None:
                index = self._keys[columns] = {}
                for rid, row in enumerate(self._all(), 1):
                    index.setdefault(tuple(row[a - 1] for a in columns), []).append(rid)
            rows = self._all()
            return [(rid, rows[rid - 1]) for rid in index.get(key, [])]
        filed = self._filed.get(columns)
        if filed is None:
            shown = ", ".join(f"c{a - 1}" for a in columns)
            kept = self._heaps.execute(f"SELECT {shown} FROM {self._name} ORDER BY rid").fetchall()
            filed = self._filed[columns] = KeyIndex(kept)
        wanted = tuple(key)
        maybe = [(rid, self.get(rid)) for rid in filed.find(wanted)]
        return [(rid, row) for rid, row in maybe if row is not None and tuple(row[a - 1] for a in columns) == wanted]
