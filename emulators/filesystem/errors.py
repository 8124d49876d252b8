"""What a file operation fails with, in the words of Node's ``fs``, which is where agents read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from falsefront.kernel.operation import Failure, FailureKind

TEXTS: Final[Mapping[str, str]] = {
    "E2BIG": "argument list too long",
    "EACCES": "permission denied",
    "EAGAIN": "resource temporarily unavailable",
    "EBADF": "bad file descriptor",
    "EBUSY": "resource busy or locked",
    "ECONNRESET": "connection reset by peer",
    "EEXIST": "file already exists",
    "EFBIG": "file too large",
    "EINTR": "interrupted system call",
    "EINVAL": "invalid argument",
    "EIO": "i/o error",
    "EISDIR": "illegal operation on a directory",
    "ELOOP": "too many symbolic links encountered",
    "EMFILE": "too many open files",
    "EMLINK": "too many links",
    "ENAMETOOLONG": "name too long",
    "ENFILE": "file table overflow",
    "ENODEV": "no such device",
    "ENOENT": "no such file or directory",
    "ENOMEM": "not enough memory",
    "ENOSPC": "no space left on device",
    "ENOSYS": "function not implemented",
    "ENOTDIR": "not a directory",
    "ENOTEMPTY": "directory not empty",
    "ENOTSUP": "operation not supported on socket",
    "ENXIO": "no such device or address",
    "EOVERFLOW": "value too large for defined data type",
    "EPERM": "operation not permitted",
    "EROFS": "read-only file system",
    "ESTALE": "Unknown system error -116",
    "EDQUOT": "Unknown system error -122",
    "ETIMEDOUT": "connection timed out",
    "ETXTBSY": "text file is busy",
    "EXDEV": "cross-device link not permitted",
}
"""libuv's text for each error number that a file operation can have, by the number's name."""

NUMBERLESS: Final = frozenset({"ESTALE", "EDQUOT"})
"""Errors that libuv has no name for: Node shows them by their number alone."""

KINDS: Final[Mapping[str, FailureKind]] = {
    "EACCES": FailureKind.FORBIDDEN,
    "EPERM": FailureKind.FORBIDDEN,
    "EROFS": FailureKind.FORBIDDEN,
    "ENOENT": FailureKind.NOT_FOUND,
    "EEXIST": FailureKind.CONFLICT,
    "ENOTEMPTY": FailureKind.CONFLICT,
    "EBUSY": FailureKind.CONFLICT,
    "ENOSPC": FailureKind.QUOTA_EXCEEDED,
    "EDQUOT": FailureKind.QUOTA_EXCEEDED,
    "ETIMEDOUT": FailureKind.TIMEOUT,
    "EIO": FailureKind.INTERNAL,
}
"""The kind of each error number; the rest are ``invalid``."""

INJECTED: Final[Mapping[FailureKind, str]] = {
    FailureKind.INVALID: "EINVAL",
    FailureKind.UNAUTHENTICATED: "EPERM",
    FailureKind.FORBIDDEN: "EACCES",
    FailureKind.NOT_FOUND: "ENOENT",
    FailureKind.CONFLICT: "EBUSY",
    FailureKind.GONE: "ESTALE",
    FailureKind.RATE_LIMITED: "EAGAIN",
    FailureKind.QUOTA_EXCEEDED: "ENOSPC",
    FailureKind.TIMEOUT: "ETIMEDOUT",
    FailureKind.UNAVAILABLE: "EMFILE",
    FailureKind.INTERNAL: "EIO",
}
"""The error number that stands for a kind which a fault rule injects."""


def describe(errno: str, syscall: str, path: str = "", target: str = "") -> str:
    """An error as Node words it: ``ENOENT: no such file or directory, open '/a'``."""
    text = f"{errno}: {TEXTS[errno]}, {syscall}"
    if errno in NUMBERLESS:
        text = f"{TEXTS[errno]}: {TEXTS[errno]}, {syscall}"
    if path:
        text += f" '{path}'"
    if target:
        text += f" -> '{target}'"
    return text


class PosixError(Failure):
    """A file operation that failed: the name of its error number, the system call, and what it was called with.

    ``target`` is the second path of a call that has two.
    """

    def __init__(self, errno: str, syscall: str, path: str = "", target: str = "") -> None:
        native = {"errno": errno, "syscall": syscall, "path": path, "target": target}
        super().__init__(KINDS.get(errno, FailureKind.INVALID), describe(errno, syscall, path, target), native=native)
        self.errno = errno
        self.syscall = syscall
        self.path = path
        self.target = target
