"""How a failure that a fault rule injected reads: as the system call would have failed that the tool makes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from falsefront.kernel.operation import Failure, Operation

from .errors import INJECTED, TEXTS
from .errors import describe as describe_errno
from .nodes import DEFAULT_ROOT
from .paths import absolute

SYSCALLS: Final[Mapping[str, str]] = {
    "read_file": "open",
    "read_text_file": "open",
    "read_media_file": "open",
    "read_multiple_files": "open",
    "write_file": "open",
    "edit_file": "open",
    "create_directory": "mkdir",
    "list_directory": "scandir",
    "list_directory_with_sizes": "scandir",
    "directory_tree": "scandir",
    "move_file": "rename",
    "search_files": "scandir",
    "get_file_info": "stat",
}
_PATHLESS: Final = {"EIO": "read", "EAGAIN": "read", "ENOSPC": "write", "EDQUOT": "write", "EFBIG": "write"}
"""Errors of reading and writing an open file, which Node reports without a path."""
_OPENS: Final = "open"


def describe(op: Operation, failure: Failure) -> str:
    """What a failed call says. ``native`` may hold ``errno``, and ``syscall`` and ``path`` in place of the tool's."""
    if failure.message:
        return failure.message
    errno = str(failure.native.get("errno", ""))
    if errno not in TEXTS:
        errno = INJECTED[failure.kind]
    syscall = SYSCALLS.get(op.name, "open")
    named = _path(op.args.get("source") if syscall == "rename" else op.args.get("path"))
    if syscall == _OPENS and errno in _PATHLESS:
        syscall, named = _PATHLESS[errno], ""
    if "syscall" in failure.native:
        syscall = str(failure.native["syscall"])
    if "path" in failure.native:
        named = str(failure.native["path"])
    target = _path(op.args.get("destination")) if syscall == "rename" else ""
    return describe_errno(errno, syscall, named, target)


def _path(given: object) -> str:
    """The path as the server would name it, if it is an ordinary one."""
    return absolute(given, DEFAULT_ROOT) if isinstance(given, str) else ""
