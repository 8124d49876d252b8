"""Which file a path means, and whether a client may touch it: the reference server's rules, in their order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.kernel.state import State

from . import tree
from .errors import PosixError
from .nodes import FILES, find, join, split
from .settings import Settings, settings_of
from .text.javascript import SPACE, well_formed

_DRIVE: Final = re.compile(r"[A-Za-z]:(?:[\\/]|\Z)")
_SLASHES: Final = re.compile("/+")


# Paths as text


def absolute(path: str, base: str = "/") -> str:
    """A path made absolute and normal: no ``.``, ``..``, doubled or trailing slash."""
    if not path.startswith("/"):
        path = f"{base}/{path}"
    names: list[str] = []
    for name in path.split("/"):
        if name == "..":
            if names:
                names.pop()
        elif name and name != ".":
            names.append(name)
    return "/" + "/".join(names)


def joined(directory: str, name: str) -> str:
    """A name put to a path that may be relative, normalised."""
    path = f"{directory}/{name}" if directory else name
    if path.startswith("/"):
        return absolute(path)
    names: list[str] = []
    for part in path.split("/"):
        if part == ".." and names and names[-1] != "..":
            names.pop()
        elif part and part != ".":
            names.append(part)
    return "/".join(names) or "."


def relative(base: str, path: str) -> str:
    """The way from one absolute path to another."""
    if base == "/":
        return path[1:]
    if path.startswith(f"{base}/"):
        return path[len(base) + 1 :]
    if path == base:
        return ""
    here, there = base.split("/")[1:], path.split("/")[1:]
    same = 0
    while same < min(len(here), len(there)) and here[same] == there[same]:
        same += 1
    return "/".join([".."] * (len(here) - same) + there[same:]).rstrip("/")


def _tidied(path: str) -> str:
    """An absolute path without blanks and one quotation mark at its end."""
    path = path.rstrip(SPACE)
    if path[-1:] in ("'", '"'):
        path = path[:-1]
    path = _SLASHES.sub("/", path)
    return path[:-1] if len(path) > 1 and path.endswith("/") else path


def inside(path: str, directories: Sequence[str]) -> bool:
    """Whether an absolute path is one of the directories, or below one."""
    if not path or "\0" in path:
        return False
    return any(path == root or root == "/" or path.startswith(f"{root}/") for root in directories)


# Paths that a client sends


def validate(state: State, path: str) -> str:
    """The real path that a client's path means; the last names may be missing. Raises ``Failure``."""
    settings = settings_of(state)
    expanded = path
    if path == "~" or path.startswith("~/"):
        expanded = absolute(settings.home + path[1:])
    if _DRIVE.match(expanded):
        raise _denied(f"Windows-style path received on a POSIX host: {path}")
    wanted = absolute(expanded) if expanded.startswith("/") else _from_roots(settings, expanded)
    if not inside(_tidied(wanted), settings.allowed):
        raise _denied(f"path outside allowed directories: {wanted} not in {', '.join(settings.allowed)}")
    wanted_bytes = well_formed(wanted)
    try:
        real = tree.resolve(state, wanted_bytes)
    except PosixError as error:
        if error.errno != "ENOENT":
            raise PosixError(error.errno, error.syscall, wanted) from None
        return _unborn(state, settings, wanted)
    _check_real(settings, real)
    return real


def _from_roots(settings: Settings, path: str) -> str:
    for root in settings.allowed:
        candidate = absolute(path, root)
        if inside(_tidied(candidate), settings.allowed):
            return candidate
    return absolute(path, settings.allowed[0] if settings.allowed else "/")


def _check_real(settings: Settings, real: str) -> None:
    if not inside(_tidied(real), settings.allowed):
        raise _denied(f"symlink target outside allowed directories: {real} not in {', '.join(settings.allowed)}")


def _unborn(state: State, settings: Settings, wanted: str) -> str:
    """Where a path leads that is not there: as far as names are, or ones that Unicode holds for the same."""
    by_length = sorted(settings.allowed, key=len, reverse=True)
    root = next((root for root in by_length if inside(_tidied(wanted), [root])), None)
    if root is None:
        return wanted
    try:
        return _walk(state, settings, tree.resolve(state, root), relative(root, wanted))
    except PosixError as error:
        if error.errno != "ENOENT":
            raise
        raise Failure(FailureKind.NOT_FOUND, f"Parent directory does not exist: {split(wanted)[0]}") from None


def _walk(state: State, settings: Settings, at: str, way: str) -> str:
    files = state.table(FILES)
    names = [name for name in way.split("/") if name]
    for place, name in enumerate(names):
        if tree.stat(state, at, "scandir")["kind"] != "directory":
            raise PosixError("ENOTDIR", "scandir", at)
        matches = [name] if find(files, join(at, name)) else _equivalents(state, at, name)
        if len(matches) > 1:
            raise Failure(FailureKind.CONFLICT, f"Ambiguous Unicode path component: {name}")
        if not matches or name == "..":
            return absolute("/".join(names[place:]), at)
        at = tree.resolve(state, join(at, matches[0]))
        _check_real(settings, at)
    return at


def _equivalents(state: State, directory: str, name: str) -> list[str]:
    """The names in a directory that are the same characters, composed another way."""
    composed = unicodedata.normalize("NFC", name)
    files = state.table(FILES)
    found = [split(path)[1] for path in files.find("composed", directory, composed)]
    if composed.isascii() and composed != name and find(files, join(directory, composed)):
        found.append(composed)
    return found


def _denied(reason: str) -> Failure:
    return Failure(FailureKind.FORBIDDEN, f"Access denied - {reason}")
