"""What an E2B sandbox does with files, in its own words: the operations behind the ``files`` part of its SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from falsefront.kernel.emulator import Op
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State

from . import tree
from .errors import TEXTS, PosixError
from .nodes import Node, join, split
from .paths import absolute
from .settings import settings_of

OWNER: Final = "user"
_LETTERS: Final = "rwxrwxrwx"
_TYPES: Final = {"file": "FILE_TYPE_FILE", "directory": "FILE_TYPE_DIRECTORY", "symlink": "FILE_TYPE_SYMLINK"}


class E2bError(Failure):
    """An error as the sandbox's daemon has it: a Connect code, and what Go makes of the system's error."""

    def __init__(self, code: str, message: str, kind: FailureKind = FailureKind.INVALID) -> None:
        super().__init__(kind, message, native={"code": code})


def _go(error: PosixError, syscall: str, path: str, target: str = "") -> str:
    text = TEXTS[error.errno].replace("illegal operation on a directory", "is a directory").replace("already ", "")
    return f"{syscall} {path} {target}: {text}" if target else f"{syscall} {path}: {text}"


def _path(state: State, op: Operation, name: str = "path") -> str:
    """A path as the daemon expands it: ``~`` is the home, and what is relative begins in the first root."""
    given = str(op.args.get(name, ""))
    if "\0" in given:
        raise E2bError("invalid_argument", f"stat {given!r}: invalid argument")
    settings = settings_of(state)
    if given == "~" or given.startswith("~/"):
        return absolute(settings.home + given[1:])
    return absolute(given, settings.allowed[0] if settings.allowed else "/")


def permissions(node: Node) -> str:
    """A mode as Go writes it: ``-rw-r--r--``."""
    kind = {"file": "-", "directory": "d", "symlink": "L"}[node["kind"]]
    bits = node["mode"] & 0o777
    return kind + "".join(letter if bits >> (8 - at) & 1 else "-" for at, letter in enumerate(_LETTERS))


def entry(state: State, path: str, node: Node) -> dict[str, Any]:
    """An EntryInfo; of a link it tells where it leads and what is there."""
    told: dict[str, Any] = {
        "name": split(path)[1] or "/",
        "type": _TYPES[node["kind"]],
        "path": path,
        "size": str(tree.size(node)),
        "mode": node["mode"] & 0o777,
        "permissions": permissions(node),
        "owner": OWNER,
        "group": OWNER,
        "modifiedTime": node["modified"],
    }
    if node["kind"] == "symlink":
        told["isSymlink"] = True
        try:
            told["symlinkTarget"] = tree.resolve(state, path)
            told["type"] = _TYPES[tree.stat(state, path)["kind"]]
        except PosixError:
            told["symlinkTarget"] = node.get("target", "")
    return told


def _entry_at(state: State, path: str) -> dict[str, Any]:
    try:
        return entry(state, path, tree.lstat(state, path))
    except PosixError as error:
        if error.errno == "ENOENT":
            message = f"file not found: {_go(error, 'lstat', path)}"
            raise E2bError("not_found", message, FailureKind.NOT_FOUND) from None
        raise E2bError("internal", f"error getting file info: {_go(error, 'lstat', path)}") from None


# Whole files, over plain HTTP


def read(state: State, op: Operation) -> bytes:
    """A file's content."""
    path = _path(state, op)
    try:
        return tree.read(state, path)
    except PosixError as error:
        if error.errno == "ENOENT":
            raise E2bError("not_found", f"path '{path}' does not exist", FailureKind.NOT_FOUND) from None
        if error.errno == "EISDIR":
            raise E2bError("invalid_argument", f"path '{path}' is a directory") from None
        message = f"error checking if path exists '{path}': {_go(error, 'stat', path)}"
        raise E2bError("internal", message, FailureKind.INTERNAL) from None


def write(state: State, op: Operation) -> Any:
    """Put ``content`` into a file; the directories above it are made."""
    path = _path(state, op)
    try:
        tree.make_directories(state, split(path)[0])
    except PosixError as error:
        message = f"error ensuring directories: {_go(error, 'mkdir', split(path)[0])}"
        raise E2bError("internal", message, FailureKind.INTERNAL) from None
    try:
        tree.write(state, path, bytes(op.args.get("content", b"")))
    except PosixError as error:
        if error.errno == "EISDIR":
            raise E2bError("invalid_argument", f"path is a directory: {path}") from None
        message = f"error opening file: {_go(error, 'open', path)}"
        raise E2bError("internal", message, FailureKind.INTERNAL) from None
    return {"name": split(path)[1], "type": "file", "path": path}


# The service filesystem.Filesystem


def list_dir(state: State, op: Operation) -> Any:
    """The entries of a directory, down to ``depth``; links are not followed."""
    path, depth = _path(state, op), int(op.args.get("depth") or 1)
    try:
        real = tree.resolve(state, path)
        is_directory = tree.stat(state, real)["kind"] == "directory"
    except PosixError as error:
        if error.errno == "ELOOP":
            raise E2bError("failed_precondition", f'cyclic symlink or chain >255 links at "{path}"') from None
        if error.errno == "ENOENT":
            message = f"path not found: {_go(error, 'lstat', path)}"
            raise E2bError("not_found", message, FailureKind.NOT_FOUND) from None
        raise E2bError("internal", f"error resolving symlink: {_go(error, 'lstat', path)}") from None
    if not is_directory:
        raise E2bError("invalid_argument", f"path is not a directory: {real}")
    return {"entries": list(_walk(state, path, real, depth))}


def _walk(state: State, shown: str, real: str, depth: int) -> Iterator[dict[str, Any]]:
    for name, node in tree.list_directory(state, real):
        told = entry(state, join(real, name), node)
        yield {**told, "path": join(shown, name)}
        if node["kind"] == "directory" and depth > 1:
            yield from _walk(state, join(shown, name), join(real, name), depth - 1)


def stat(state: State, op: Operation) -> Any:
    """One entry."""
    return {"entry": _entry_at(state, _path(state, op))}


def make_dir(state: State, op: Operation) -> Any:
    """Make a directory and those above it."""
    path = _path(state, op)
    try:
        kind = tree.stat(state, path)["kind"]
    except PosixError as error:
        if error.errno != "ENOENT":
            raise E2bError("internal", f"error getting file info: {_go(error, 'stat', path)}") from None
    else:
        if kind == "directory":
            raise E2bError("already_exists", f"directory already exists: {path}", FailureKind.CONFLICT)
        raise E2bError("invalid_argument", f"path already exists but it is not a directory: {path}")
    try:
        tree.make_directories(state, path)
    except PosixError as error:
        raise E2bError("internal", f"failed to create directory: {_go(error, 'mkdir', path)}") from None
    return {"entry": _entry_at(state, path)}


def move(state: State, op: Operation) -> Any:
    """Rename ``source`` to ``destination``; the directories above that are made."""
    source, destination = _path(state, op, "source"), _path(state, op, "destination")
    try:
        tree.make_directories(state, split(destination)[0])
        tree.move(state, source, destination)
    except PosixError as error:
        text = _go(error, "rename", source, destination)
        if error.errno == "ENOENT":
            raise E2bError("not_found", f"source file not found: {text}", FailureKind.NOT_FOUND) from None
        raise E2bError("internal", f"error renaming: {text}") from None
    return {"entry": _entry_at(state, destination)}


def remove(state: State, op: Operation) -> Any:
    """Remove whatever is there, with all that is in it; nothing is fine too."""
    path = _path(state, op)
    try:
        tree.remove_tree(state, path)
    except PosixError as error:
        if error.errno not in ("ENOENT", "ENOTDIR"):
            raise E2bError("internal", f"error removing file or directory: {_go(error, 'unlinkat', path)}") from None
    return {}


OPERATIONS: Final[Mapping[str, Op]] = {
    "e2b.read": Op(read, "read", "Read a file, as an E2B sandbox does."),
    "e2b.write": Op(write, "write", "Write a file and make the directories above it."),
    "e2b.ListDir": Op(list_dir, "read", "List a directory."),
    "e2b.Stat": Op(stat, "read", "Look at a file, a directory or a link."),
    "e2b.MakeDir": Op(make_dir, "write", "Make a directory and those above it."),
    "e2b.Move": Op(move, "write", "Rename a file or a directory."),
    "e2b.Remove": Op(remove, "write", "Remove a file, or a directory with all that is in it."),
}
