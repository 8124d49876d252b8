"""A POSIX file system over the store: paths resolved, nodes read and written, errors as the kernel would give them.

Paths are absolute and normalised strings (no ``.``, ``..`` or doubled slashes; names that are not UTF-8 hold surrogate
escapes, as ``os.fsdecode`` gives them). Symbolic links are followed unless it says otherwise. Every function raises
``PosixError`` with the path as it was given; ``syscall`` is what the error names.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

from falsefront.kernel.state import State, Table
from falsefront.world.clock import show_time

from . import nodes
from .errors import PosixError
from .nodes import FILES, Node, find, for_writing, join, split

NAME_MAX: Final = 255
"""The longest name, in bytes."""
PATH_MAX: Final = 4096
"""A path's bytes, the terminating one included."""
LINKS_MAX: Final = 40
"""How many symbolic links a path may lead through."""
FILE_MAX: Final = 100 * 1024 * 1024
"""The largest file, in bytes."""


# Finding


def resolve(state: State, path: str, syscall: str = "realpath", *, follow: bool = True, missing: bool = False) -> str:
    """The real path: a link as the last name is followed if ``follow``; the last name may lack if ``missing``."""
    files = state.table(FILES)
    node = find(files, path)
    if node is not None and (node["kind"] != "symlink" or not follow):
        return path
    if node is None and missing and _fits(files, path):
        return path
    return _Walk(files, path, syscall, follow, missing).resolve()


def _fits(files: Table, path: str) -> bool:
    """Whether a path may be made as it is: its directory is real, and it is short enough."""
    parent, name = split(path)
    above = find(files, parent)
    return (
        above is not None
        and above["kind"] == "directory"
        and name not in ("", ".", "..")
        and _length(name) <= NAME_MAX
        and _length(path) < PATH_MAX
    )


class _Walk:
    """One resolution of a path, name by name."""

    def __init__(self, files: Table, path: str, syscall: str, follow: bool, missing: bool) -> None:
        self._files = files
        self._path = path
        self._syscall = syscall
        self._follow = follow
        self._missing = missing
        self._links = 0
        self._left: list[str] = []
        self._push(path)

    def _fail(self, errno: str) -> PosixError:
        return PosixError(errno, self._syscall, self._path)

    def _push(self, path: str) -> None:
        if _length(path) >= PATH_MAX:
            raise self._fail("ENAMETOOLONG")
        self._left.extend(name for name in reversed(path.split("/")) if name and name != ".")

    def resolve(self) -> str:
        at = "/"
        while self._left:
            at = self._step(at, self._left.pop())
        return at

    def _step(self, at: str, name: str) -> str:
        if name == "..":
            return split(at)[0]
        if _length(name) > NAME_MAX:
            raise self._fail("ENAMETOOLONG")
        path = join(at, name)
        node = find(self._files, path)
        if node is None:
            if self._missing and not self._left:
                return path
            raise self._fail("ENOENT")
        if node["kind"] == "symlink" and (self._left or self._follow):
            return self._enter(at, node)
        if node["kind"] == "file" and self._left:
            raise self._fail("ENOTDIR")
        return path

    def _enter(self, at: str, link: Node) -> str:
        self._links += 1
        if self._links > LINKS_MAX:
            raise self._fail("ELOOP")
        target = link.get("target", "")
        self._push(target)
        return "/" if target.startswith("/") else at


def encode(text: str) -> bytes:
    """A path's or a text's bytes as Node writes them: what is no character becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _length(text: str) -> int:
    """A path's length in bytes."""
    return len(text) if text.isascii() else len(encode(text))


def lookup(state: State, path: str) -> Node | None:
    """The node at a path, its last name not followed; ``None`` where there is none."""
    try:
        return lstat(state, path)
    except PosixError:
        return None


def stat(state: State, path: str, syscall: str = "stat") -> Node:
    """The node that a path leads to."""
    return _node(state, resolve(state, path, syscall))


def lstat(state: State, path: str, syscall: str = "lstat") -> Node:
    """The node at a path; of a link, the link itself."""
    return _node(state, resolve(state, path, syscall, follow=False))


def _node(state: State, real: str) -> Node:
    node = find(state.table(FILES), real)
    assert node is not None
    return node


def size(node: Node) -> int:
    """A node's size in bytes; a directory's is that of one block."""
    match node["kind"]:
        case "file":
            return len(node.get("content", b""))
        case "symlink":
            return len(encode(node.get("target", "")))
        case _:
            return 4096


def list_directory(state: State, path: str, syscall: str = "scandir") -> Iterator[tuple[str, Node]]:
    """The names in a directory, in byte order, each with its node."""
    real = resolve(state, path, syscall)
    files = state.table(FILES)
    node = find(files, real)
    if node is None or node["kind"] != "directory":
        raise PosixError("ENOTDIR", syscall, path)
    return children(files, real)


def children(files: Table, real: str) -> Iterator[tuple[str, Node]]:
    """The names in a directory, by its real path."""
    if real == "/" and not len(files):
        implicit = find(files, nodes.DEFAULT_ROOT)
        assert implicit is not None
        yield nodes.DEFAULT_ROOT[1:], implicit
    start = 1 if real == "/" else len(real) + 1
    for key in files.find("children", real):
        yield key[start:], files[key]


def below(files: Table, real: str) -> Iterator[tuple[str, Node]]:
    """Everything below a directory, by real path, in the order of the paths."""
    prefix = "/" if real == "/" else f"{real}/"
    for path, node in files.scan(prefix):
        if not path.startswith(prefix):
            return
        yield path, node


# Reading and writing files


def read(state: State, path: str, syscall: str = "open") -> bytes:
    """What is in a file."""
    node = stat(state, path, syscall)
    if node["kind"] == "directory":
        raise PosixError("EISDIR", "read")
    return node.get("content", b"")


def write(
    state: State, path: str, content: bytes, *, mode: int = 0o644, exclusive: bool = False, syscall: str = "open"
) -> None:
    """Put ``content`` into a file, which is made with ``mode`` if it lacks; ``exclusive`` only makes new ones."""
    real = resolve(state, path, syscall, follow=not exclusive, missing=True)
    if len(content) > FILE_MAX:
        raise PosixError("EFBIG", "write")
    files = for_writing(state)
    node = find(files, real)
    if node is None:
        _add(state, files, real, nodes.file(_now(state), content, mode))
    elif exclusive:
        raise PosixError("EEXIST", syscall, path)
    elif node["kind"] == "directory":
        raise PosixError("EISDIR", syscall, path)
    else:
        files.put(real, {**node, "content": content, "modified": _now(state)})


def replace(state: State, path: str, content: bytes, syscall: str = "open") -> None:
    """Put a new file in an existing one's place, under its permissions."""
    node = lstat(state, path, syscall)
    files = for_writing(state)
    if node["kind"] == "directory":
        raise PosixError("EISDIR", syscall, path)
    if len(content) > FILE_MAX:
        raise PosixError("EFBIG", "write")
    _add(state, files, resolve(state, path, syscall, follow=False), nodes.file(_now(state), content, node["mode"]))


# Changing the tree


def make_directory(state: State, path: str, *, mode: int = 0o755, syscall: str = "mkdir") -> None:
    """Make one directory."""
    real = resolve(state, path, syscall, follow=False, missing=True)
    files = for_writing(state)
    if find(files, real) is not None:
        raise PosixError("EEXIST", syscall, path)
    _add(state, files, real, nodes.directory(_now(state), mode))


def make_directories(state: State, path: str, *, mode: int = 0o755, syscall: str = "mkdir") -> None:
    """Make a directory and those that it lacks above it; one that is there is fine.

    What was made before it fails stays.
    """
    missing: list[str] = []
    at = path
    while True:
        try:
            if stat(state, at, syscall)["kind"] != "directory":
                raise PosixError("ENOTDIR" if missing else "EEXIST", syscall, path)
            break
        except PosixError as error:
            if error.errno != "ENOENT":
                raise PosixError(error.errno, syscall, path) from None
            missing.append(at)
            at = split(at)[0]
    for each in reversed(missing):
        try:
            make_directory(state, each, mode=mode, syscall=syscall)
        except PosixError as error:
            failed = PosixError(error.errno, syscall, path)
            failed.keep = each != missing[-1]
            raise failed from None


def make_symlink(state: State, target: str, path: str, syscall: str = "symlink") -> None:
    """Make a symbolic link at ``path``; ``target`` is taken as it is written."""
    try:
        real = resolve(state, path, syscall, follow=False, missing=True)
    except PosixError as error:
        raise PosixError(error.errno, syscall, target, path) from None
    files = for_writing(state)
    if find(files, real) is not None:
        raise PosixError("EEXIST", syscall, target, path)
    _add(state, files, real, nodes.symlink(_now(state), target))


def read_link(state: State, path: str, syscall: str = "readlink") -> str:
    """Where a symbolic link leads, as it was written."""
    node = lstat(state, path, syscall)
    if node["kind"] != "symlink":
        raise PosixError("EINVAL", syscall, path)
    return node.get("target", "")


def remove(state: State, path: str, syscall: str = "unlink") -> None:
    """Remove a file or a link."""
    if lstat(state, path, syscall)["kind"] == "directory":
        raise PosixError("EISDIR", syscall, path)
    files = for_writing(state)
    _drop(state, files, resolve(state, path, syscall, follow=False))


def remove_directory(state: State, path: str, syscall: str = "rmdir") -> None:
    """Remove an empty directory."""
    if lstat(state, path, syscall)["kind"] != "directory":
        raise PosixError("ENOTDIR", syscall, path)
    real = resolve(state, path, syscall, follow=False)
    files = for_writing(state)
    if real == "/":
        raise PosixError("EBUSY", syscall, path)
    if next(children(files, real), None) is not None:
        raise PosixError("ENOTEMPTY", syscall, path)
    _drop(state, files, real)


def remove_tree(state: State, path: str, syscall: str = "rm") -> None:
    """Remove a file, a link, or a directory with all that is in it."""
    if lstat(state, path, syscall)["kind"] != "directory":
        remove(state, path, syscall)
        return
    real = resolve(state, path, syscall, follow=False)
    if real == "/":
        raise PosixError("EBUSY", syscall, path)
    files = for_writing(state)
    for inner, _ in list(below(files, real)):
        files.delete(inner)
    _drop(state, files, real)


def move(state: State, source: str, target: str, syscall: str = "rename") -> None:
    """Rename, as rename(2) does: what ``target`` was is replaced where it may be."""
    try:
        old = resolve(state, source, syscall, follow=False)
        new = resolve(state, target, syscall, follow=False, missing=True)
    except PosixError as error:
        raise PosixError(error.errno, syscall, source, target) from None
    files = for_writing(state)
    errno = _unmovable(files, old, new)
    if errno:
        raise PosixError(errno, syscall, source, target)
    if old == new:
        return
    node = _node(state, old)
    inside = list(below(files, old)) if node["kind"] == "directory" else []
    for path, _ in inside:
        files.delete(path)
    _drop(state, files, old)
    _add(state, files, new, node)
    for path, inner in inside:
        files.put(new + path[len(old) :], inner)


def _unmovable(files: Table, old: str, new: str) -> str:
    """The error of renaming one real path to another, or nothing."""
    node, there = find(files, old), find(files, new)
    assert node is not None
    if old == "/" or new == "/" or old.startswith(f"{new}/"):
        return "EBUSY" if "/" in (old, new) else "ENOTEMPTY"
    if new.startswith(f"{old}/"):
        return "EINVAL"
    if there is None or old == new:
        return ""
    if node["kind"] == "directory":
        if there["kind"] != "directory":
            return "ENOTDIR"
        return "ENOTEMPTY" if next(children(files, new), None) is not None else ""
    return "EISDIR" if there["kind"] == "directory" else ""


# Metadata


def change_mode(state: State, path: str, mode: int, syscall: str = "chmod") -> None:
    """Set a node's permission bits."""
    _alter(state, resolve(state, path, syscall), mode=mode & 0o7777)


def set_modified(state: State, path: str, at: datetime, syscall: str = "utime", *, follow: bool = True) -> None:
    """Set when a node was last modified."""
    _alter(state, resolve(state, path, syscall, follow=follow), modified=show_time(at))


def _alter(state: State, real: str, **changes: int | str) -> None:
    node = _node(state, real)
    for_writing(state).put(real, cast("Node", {**node, **changes}))


def _now(state: State) -> str:
    return show_time(state.now)


def _add(state: State, files: Table, real: str, node: Node) -> None:
    files.put(real, node)
    _touch(state, files, split(real)[0])


def _drop(state: State, files: Table, real: str) -> None:
    files.delete(real)
    _touch(state, files, split(real)[0])


def _touch(state: State, files: Table, real: str) -> None:
    """A directory is modified when a name comes or goes."""
    node: Node | None = files.get(real)
    if node is not None and node["modified"] != (now := _now(state)):
        files.put(real, {**node, "modified": now})
