"""What the tree consists of: the table of files by absolute path, and the documents in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Final, Literal, NotRequired, TypedDict

from falsefront.kernel.state import Index, State, Table, TableSpec
from falsefront.world.clock import START, show_time

DEFAULT_ROOT: Final = "/workspace"


class Node(TypedDict):
    """A file, a directory or a symbolic link. Times are ISO 8601 in UTC."""

    kind: Literal["file", "directory", "symlink"]
    mode: int
    """Permission bits."""
    created: str
    modified: str
    content: NotRequired[bytes]
    """What is in a file."""
    target: NotRequired[str]
    """Where a symbolic link leads, as it was written."""


def _by_parent(path: str, node: Node) -> Iterable[tuple[Any, ...]]:
    parent, name = split(path)
    return ((parent, name),)


def _by_composed(path: str, node: Node) -> Iterable[tuple[Any, ...]]:
    parent, name = split(path)
    return () if name.isascii() else ((parent, unicodedata.normalize("NFC", name)),)


FILES: Final = TableSpec("files", (Index("children", _by_parent), Index("composed", _by_composed)))
"""Every node by its absolute, real path: no key leads through a symbolic link. Names compare as their bytes do."""


def split(path: str) -> tuple[str, str]:
    """The directory and the name of an absolute path."""
    parent, _, name = path.rpartition("/")
    return parent or "/", name


def join(directory: str, name: str) -> str:
    """The path of a name in a directory."""
    return f"/{name}" if directory == "/" else f"{directory}/{name}"


def directory(now: str, mode: int = 0o755) -> Node:
    """A new directory."""
    return {"kind": "directory", "mode": mode, "created": now, "modified": now}


def file(now: str, content: bytes, mode: int = 0o644) -> Node:
    """A new file."""
    return {"kind": "file", "mode": mode, "created": now, "modified": now, "content": content}


def symlink(now: str, target: str) -> Node:
    """A new symbolic link."""
    return {"kind": "symlink", "mode": 0o777, "created": now, "modified": now, "target": target}


_IMPLICIT: Final = directory(show_time(START))


def find(files: Table, path: str) -> Node | None:
    """The node at a real path. The root directory is always there, and so is /workspace in an empty world."""
    node: Node | None = files.get(path)
    if node is None and (path == "/" or (path == DEFAULT_ROOT and not len(files))):
        return _IMPLICIT
    return node


def for_writing(state: State) -> Table:
    """The table of files, with what an empty world has by itself written down."""
    files = state.table(FILES)
    if not len(files):
        files.put(DEFAULT_ROOT, _IMPLICIT)
    return files
