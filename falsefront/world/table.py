"""A table as an open transaction sees and changes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

from falsefront.kernel.state import Base, Document, Key, TableSpec

from . import tree
from .digest import entry_digest
from .rows import Change, Rows

CHECK_DOCUMENTS: Final = bool(os.environ.get("FALSEFRONT_CHECK_DOCUMENTS"))
"""A debug switch: every commit proves that no document it had given out was changed in place."""


class TableView:
    """A table as an open transaction sees it (``kernel.state.Table``)."""

    __slots__ = ("_base", "_changes", "_given", "count", "digest", "entries", "indexes", "spec", "touched")

    def __init__(self, changes: list[Change], rows: Rows, spec: TableSpec) -> None:
        self._changes = changes
        self.spec = spec
        self._base = rows.base
        self.entries = rows.entries
        self.indexes = rows.indexes
        self.count = rows.count
        self.digest = rows.digest
        self.touched = False
        self._given: dict[Key, tuple[Document, int]] = {}

    def rows(self) -> Rows:
        return Rows(self.spec, self.entries, self.indexes, self.count, self.digest, self._base)

    @property
    def base(self) -> Base | None:
        return self._base

    def __len__(self) -> int:
        return self.count

    def __contains__(self, key: Key) -> bool:
        return self._entry(key) is not None

    def __getitem__(self, key: Key) -> Document:
        entry = self._entry(key)
        if entry is None:
            raise KeyError(key)
        return entry[0]

    def get(self, key: Key) -> Document | None:
        entry = self._entry(key)
        return None if entry is None else entry[0]

    def _entry(self, key: Key) -> tuple[Document, int] | None:
        entry: Any = tree.get(self.entries, key, tree)
        if entry is not tree:
            found: tuple[Document, int] | None = entry
            if CHECK_DOCUMENTS and found is not None:
                self._given[key] = found
            return found
        if self._base is None:
            return None
        document = self._base.get(key)
        return None if document is None else (document, self._digest_of(key, document))

    def _digest_of(self, key: Key, document: Document) -> int:
        return entry_digest(self.spec.name, key, document) if self.spec.content else 0

    def put(self, key: Key, document: Document) -> None:
        old = self._entry(key)
        digest = self._digest_of(key, document)
        if old is None:
            self.count += 1
            self.digest += digest
            before = None
        else:
            before = old[0]
            if before is document or (self.spec.content and old[1] == digest):
                return
            self.digest += digest - old[1]
        self.entries = tree.put(self.entries, key, (document, digest))
        self._changed(key, before, document)

    def delete(self, key: Key) -> None:
        old = self._entry(key)
        if old is None:
            return
        self.count -= 1
        self.digest -= old[1]
        self.entries = tree.delete(self.entries, key)
        if self._base is not None and self._base.get(key) is not None:
            self.entries = tree.put(self.entries, key, None)
        self._changed(key, old[0], None)

    def _changed(self, key: Key, before: Document | None, after: Document | None) -> None:
        self.touched = True
        if self.spec.indexes:
            self._reindex(key, before, after)
        self._changes.append(Change(self.spec.name, key, before, after))

    def _reindex(self, key: Key, before: Document | None, after: Document | None) -> None:
        indexes = list(self.indexes)
        for place, index in enumerate(self.spec.indexes):
            old = [] if before is None else list(index.keys(key, before))
            new = [] if after is None else list(index.keys(key, after))
            if old == new:
                continue
            entries = indexes[place]
            for filed in old:
                entries = tree.delete(entries, (*filed, key))
            for filed in new:
                entries = tree.put(entries, (*filed, key), None)
            indexes[place] = entries
        self.indexes = tuple(indexes)

    def scan(self, start: Key | None = None, *, reverse: bool = False) -> Iterator[tuple[Key, Document]]:
        rows = self.rows().scan(start, reverse=reverse)
        return ((key, self[key]) for key, _ in rows) if CHECK_DOCUMENTS else rows

    def prove(self) -> None:
        """Raise ``AssertionError`` if a document that was given out has been changed in place."""
        for key, (document, digest) in self._given.items():
            if self._digest_of(key, document) != digest:
                raise AssertionError(f"{self.spec.name} {key!r} was changed in place; put a new document instead")

    def find(
        self, index: str, *prefix: Any, start: tuple[Any, ...] | None = None, reverse: bool = False
    ) -> Iterator[Key]:
        length = len(prefix)
        begin = start or ((*prefix, tree.LAST) if reverse else prefix)
        for filed, _ in tree.scan(self._index(index), begin or None, reverse=reverse):
            if filed[:length] != prefix:
                return
            yield filed[-1]

    def _index(self, name: str) -> tree.Tree:
        for declared, entries in zip(self.spec.indexes, self.indexes, strict=True):
            if declared.name == name:
                return entries
        raise KeyError(f"table {self.spec.name!r} has no index {name!r}")

    def last(self) -> Key | None:
        for key, _ in tree.scan(self.entries, reverse=True):
            return key
        return None

    def changed(self) -> Iterator[tuple[Key, Document | None]]:
        for key, entry in tree.scan(self.entries):
            yield key, None if entry is None else entry[0]

    def rebase(self, base: Base) -> None:
        self._base = base
        self.entries = tree.EMPTY
        self.count = len(base)
        self.digest = base.digest
        self.touched = True
