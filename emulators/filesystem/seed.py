"""What a fixture says of a world's files, put into the world."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.kernel.state import State
from falsefront.world.clock import parse_time

from . import tree
from .errors import PosixError
from .nodes import DEFAULT_ROOT
from .paths import absolute
from .settings import DEFAULT_HOME, set_allowed, settings_of

_KEYS: Final = {"root", "roots", "home", "files", "directories"}
_FILE_KEYS: Final = {"text", "base64", "symlink", "mode", "mtime"}


def seed(state: State, data: Any) -> None:
    """Put a fixture's section into a world. Raises ``Failure`` (invalid).

    ``{"root": "/workspace" | "roots": [...], "home": "/root", "directories": [...], "files": {path: content}}``, where
    content is a text, or an object of ``text``, ``base64`` or ``symlink`` with ``mode`` (``"644"``) and ``mtime`` (ISO
    8601). Paths are relative to the first root.
    """
    if not isinstance(data, Mapping):
        raise _wrong("the section is an object")
    unknown = set(data) - _KEYS
    if unknown:
        raise _wrong(f"unknown key {min(map(str, unknown))!r}; there are {', '.join(sorted(_KEYS))}")
    roots = _roots(state, data)
    for directory in _list(data, "directories"):
        _make(state, absolute(directory, roots[0]))
    files = data.get("files", {})
    if not isinstance(files, Mapping):
        raise _wrong("files is an object of contents by path")
    for path, content in files.items():
        _put(state, absolute(str(path), roots[0]), content)
    for root in roots:
        _make(state, root)
    if {"root", "roots", "home"} & set(data):
        home = data.get("home", DEFAULT_HOME)
        if not isinstance(home, str) or not home.startswith("/"):
            raise _wrong("home is an absolute path")
        allowed = list(_accessible(state, roots))
        if not allowed:
            raise _wrong("none of the roots is a directory")
        set_allowed(state, allowed, absolute(home))


def _wrong(message: str) -> Failure:
    return Failure(FailureKind.INVALID, f"filesystem: {message}")


def _list(data: Mapping[str, Any], key: str) -> list[str]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(f"{key} is a list of paths")
    return value


def _roots(state: State, data: Mapping[str, Any]) -> list[str]:
    if "root" in data and "roots" in data:
        raise _wrong("give root or roots, not both")
    if "root" in data:
        given = [data["root"]]
    elif "roots" in data:
        given = _list(data, "roots")
    else:
        return list(settings_of(state).allowed) or [DEFAULT_ROOT]
    if not given or not all(isinstance(root, str) and root.startswith("/") for root in given):
        raise _wrong("a root is an absolute path")
    return [absolute(root) for root in given]


def _accessible(state: State, roots: Iterable[str]) -> Iterable[str]:
    """The roots, and what they really are where they are reached through links; only directories."""
    for root in roots:
        try:
            real = tree.resolve(state, root)
            if tree.stat(state, real)["kind"] != "directory":
                continue
        except PosixError:
            continue
        yield root
        if real != root:
            yield real


def _make(state: State, path: str) -> None:
    if tree.lookup(state, path) is not None:
        return
    try:
        tree.make_directories(state, path)
    except PosixError as error:
        raise _wrong(error.message) from None


def _put(state: State, path: str, content: Any) -> None:
    if isinstance(content, str | bytes):
        content = {"text": content}
    if not isinstance(content, Mapping) or set(content) - _FILE_KEYS:
        raise _wrong(f"{path} is a text, or an object of {', '.join(sorted(_FILE_KEYS))}")
    if len({"text", "base64", "symlink"} & set(content)) != 1:
        raise _wrong(f"{path} has one of text, base64 and symlink")
    try:
        tree.make_directories(state, path.rpartition("/")[0] or "/")
        if "symlink" in content:
            if tree.lookup(state, path) is not None:
                tree.remove_tree(state, path)
            tree.make_symlink(state, str(content["symlink"]), path)
        else:
            tree.write(state, path, _data(path, content))
    except PosixError as error:
        raise _wrong(error.message) from None
    if "mode" in content:
        tree.change_mode(state, path, _mode(path, content["mode"]))
    if "mtime" in content:
        tree.set_modified(state, path, _time(path, content["mtime"]), follow=False)


def _data(path: str, content: Mapping[str, Any]) -> bytes:
    if "text" in content:
        text = content["text"]
        if not isinstance(text, str | bytes):
            raise _wrong(f"the text of {path} is a string")
        return text if isinstance(text, bytes) else tree.encode(text)
    try:
        return base64.b64decode(content["base64"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise _wrong(f"the base64 of {path} is not base64") from None


def _mode(path: str, given: Any) -> int:
    """Permission bits from ``"644"``, ``"0o644"`` or a number, as YAML reads ``0o644`` or ``0644``."""
    try:
        mode = int(given, 8) if isinstance(given, str) else int(given)
    except (TypeError, ValueError):
        mode = -1
    if isinstance(given, bool) or not 0 <= mode <= 0o7777:
        raise _wrong(f"the mode of {path} is octal digits, such as '644'")
    return mode


def _time(path: str, given: Any) -> datetime:
    try:
        return parse_time(given.isoformat() if isinstance(given, datetime) else str(given))
    except ValueError:
        raise _wrong(f"the mtime of {path} is an ISO 8601 time") from None
