"""The file system as a disk: the operations that a mounted folder, a checkout and a commit are made of.

Paths are absolute. ``expect`` is what a commit believes a path to hold, as ``fingerprint`` gives it: the operation
fails with a conflict if somebody has changed it since. Every operation raises ``PosixError``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from falsefront.kernel.emulator import Op
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State
from falsefront.world.clock import parse_time

from . import tree
from .errors import PosixError
from .nodes import FILES, Node, split
from .paths import absolute
from .settings import set_allowed, settings_of

ABSENT: Final = "absent"
"""The fingerprint of nothing."""


def fingerprint(node: Node | None) -> str:
    """What a node holds, in short: equal for nodes that a commit need not tell apart."""
    match node and node["kind"]:
        case "file":
            assert node is not None
            return "file:" + sha256(node.get("content", b"")).hexdigest()
        case "symlink":
            assert node is not None
            return "symlink:" + node.get("target", "")
        case "directory":
            return "directory"
        case _:
            return ABSENT


def attributes(name: str, node: Node) -> dict[str, Any]:
    """A node as it is told to the outside; ``modified`` is in seconds since 1970."""
    told: dict[str, Any] = {
        "name": name,
        "kind": node["kind"],
        "mode": node["mode"],
        "size": tree.size(node),
        "modified": parse_time(node["modified"]).timestamp(),
        "created": parse_time(node["created"]).timestamp(),
    }
    if node["kind"] == "symlink":
        told["target"] = node.get("target", "")
    return told


def _path(op: Operation, name: str = "path") -> str:
    given = op.args.get(name)
    if not isinstance(given, str) or not given.startswith("/") or "\0" in given:
        raise PosixError("EINVAL", op.name, str(given))
    return absolute(given)


def _check(state: State, op: Operation, path: str) -> None:
    """Compare with what the caller believes to be there."""
    expected = op.args.get("expect")
    if expected is None:
        return
    found = fingerprint(tree.lookup(state, path))
    if found != expected:
        raise Failure(
            FailureKind.CONFLICT,
            f"{path} was changed in the world since it was checked out",
            native={"errno": "EBUSY", "syscall": op.name, "path": path, "changed": True},
        )


# Looking


def stat(state: State, op: Operation) -> Any:
    """A node's attributes; of a link, its own."""
    path = _path(op)
    return attributes(split(path)[1], tree.lstat(state, path))


def list_names(state: State, op: Operation) -> Any:
    """The attributes of everything in a directory."""
    return [attributes(name, node) for name, node in tree.list_directory(state, _path(op))]


def read(state: State, op: Operation) -> bytes:
    """A file's content, or ``size`` bytes of it from ``offset``."""
    content = tree.read(state, _path(op))
    offset, size = int(op.args.get("offset", 0)), op.args.get("size")
    return content[offset:] if size is None else content[offset : offset + int(size)]


def read_link(state: State, op: Operation) -> str:
    """Where a link leads."""
    return tree.read_link(state, _path(op))


def check_out(state: State, op: Operation) -> bytes:
    """A directory with all that is in it, as a tar archive; names are relative to it."""
    # Only who checks out needs it, and not every server's start.
    import tarfile

    top = tree.resolve(state, _path(op))
    if tree.stat(state, top)["kind"] != "directory":
        raise PosixError("ENOTDIR", op.name, top)
    buffer = io.BytesIO()
    start = 1 if top == "/" else len(top) + 1
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, node in tree.below(state.table(FILES), top):
            member = tarfile.TarInfo(path[start:])
            member.mode = node["mode"]
            member.mtime = parse_time(node["modified"]).timestamp()
            content = node.get("content", b"")
            match node["kind"]:
                case "file":
                    member.size = len(content)
                case "symlink":
                    member.type, member.linkname = tarfile.SYMTYPE, node.get("target", "")
                case _:
                    member.type = tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


# Changing


def write(state: State, op: Operation) -> Any:
    """Put ``content`` into a file in place of what it held; with ``offset`` only over what is there."""
    path, content = _path(op), bytes(op.args.get("content", b""))
    _check(state, op, path)
    offset = op.args.get("offset")
    if offset is not None:
        if int(offset) + len(content) > tree.FILE_MAX:
            raise PosixError("EFBIG", "write", path)
        present = tree.read(state, path)
        gap = b"\0" * (int(offset) - len(present))
        content = present[: int(offset)] + gap + content + present[int(offset) + len(content) :]
    tree.write(state, path, content, mode=int(op.args.get("mode", 0o644)), exclusive=bool(op.args.get("exclusive")))
    return _after(state, path)


def truncate(state: State, op: Operation) -> Any:
    """Cut a file to ``size`` bytes, or fill it up to them."""
    path, size = _path(op), int(op.args.get("size", 0))
    if size > tree.FILE_MAX:
        raise PosixError("EFBIG", "ftruncate", path)
    tree.write(state, path, tree.read(state, path)[:size].ljust(size, b"\0"))
    return _after(state, path)


def make_directory(state: State, op: Operation) -> Any:
    """Make a directory; with ``parents`` also those above it."""
    path, mode = _path(op), int(op.args.get("mode", 0o755))
    _check(state, op, path)
    if op.args.get("parents"):
        tree.make_directories(state, path, mode=mode)
    else:
        tree.make_directory(state, path, mode=mode)
    return _after(state, path)


def make_symlink(state: State, op: Operation) -> Any:
    """Make a symbolic link to ``target``."""
    path = _path(op)
    _check(state, op, path)
    tree.make_symlink(state, str(op.args.get("target", "")), path)
    return _after(state, path)


def remove(state: State, op: Operation) -> Any:
    """Remove a file or a link."""
    path = _path(op)
    _check(state, op, path)
    tree.remove(state, path)
    return {}


def remove_directory(state: State, op: Operation) -> Any:
    """Remove an empty directory."""
    tree.remove_directory(state, _path(op))
    return {}


def rename(state: State, op: Operation) -> Any:
    """Rename as the system call does; with ``exclusive`` only to a name that is free."""
    source, target = _path(op), _path(op, "target")
    if op.args.get("exclusive") and tree.lookup(state, target) is not None:
        raise PosixError("EEXIST", "rename", source, target)
    tree.move(state, source, target)
    return _after(state, target)


def change_mode(state: State, op: Operation) -> Any:
    """Set a node's permission bits."""
    path = _path(op)
    tree.change_mode(state, path, int(op.args.get("mode", 0)))
    return _after(state, path)


def set_modified(state: State, op: Operation) -> Any:
    """Date a file: ``modified`` is in seconds since 1970, and now without it."""
    path, at = _path(op), op.args.get("modified")
    tree.set_modified(state, path, state.now if at is None else _moment(at), follow=False)
    return _after(state, path)


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise PosixError("EINVAL", "utime", str(seconds)) from None


def _after(state: State, path: str) -> dict[str, Any]:
    return attributes(split(path)[1], tree.lstat(state, path))


# Which directories the tools may touch


def get_roots(state: State, op: Operation) -> Any:
    """The directories that the MCP tools may touch."""
    return {"directories": list(settings_of(state).allowed)}


def set_roots(state: State, op: Operation) -> Any:
    """Let the MCP tools touch these ``directories``; those that are none are skipped, and one must be left."""
    given = op.args.get("directories")
    if not isinstance(given, list) or not all(isinstance(directory, str) for directory in given):
        raise Failure(FailureKind.INVALID, "'directories' is a list of paths", native={"errno": "EINVAL"})
    kept: list[str] = []
    skipped: list[str] = []
    for directory in given:
        path = absolute(directory, "/")
        try:
            real = tree.resolve(state, path)
            if tree.stat(state, real)["kind"] != "directory":
                raise PosixError("ENOTDIR", "stat", path)
        except PosixError:
            skipped.append(directory)
        else:
            kept += [each for each in dict.fromkeys((path, real)) if each not in kept]
    if not kept:
        raise Failure(
            FailureKind.INVALID,
            "None of the specified directories are accessible",
            native={"errno": "ENOENT", "skipped": skipped},
        )
    set_allowed(state, kept)
    return {"directories": kept, "skipped": skipped}


OPERATIONS: Final[Mapping[str, Op]] = {
    "disk.stat": Op(stat, "read", "Look at a file, a directory or a link."),
    "disk.list": Op(list_names, "read", "List a directory."),
    "disk.read": Op(read, "read", "Read a file, or a part of it."),
    "disk.read_link": Op(read_link, "read", "Read where a link leads."),
    "disk.check_out": Op(check_out, "read", "Take a directory with all that is in it."),
    "disk.write": Op(write, "write", "Write a file, or a part of it."),
    "disk.truncate": Op(truncate, "write", "Set a file's length."),
    "disk.make_directory": Op(make_directory, "write", "Make a directory."),
    "disk.make_symlink": Op(make_symlink, "write", "Make a symbolic link."),
    "disk.remove": Op(remove, "write", "Remove a file or a link."),
    "disk.remove_directory": Op(remove_directory, "write", "Remove an empty directory."),
    "disk.rename": Op(rename, "write", "Rename a file or a directory."),
    "disk.change_mode": Op(change_mode, "write", "Set permission bits."),
    "disk.set_modified": Op(set_modified, "write", "Set the time of modification."),
    "roots.get": Op(get_roots, "read", "Say which directories the tools may touch."),
    "roots.set": Op(set_roots, "write", "Choose the directories that the tools may touch."),
}
