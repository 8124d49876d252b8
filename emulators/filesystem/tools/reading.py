"""The tools that read files."""

from __future__ import annotations

import base64
import math
from typing import Any, Final
from urllib.parse import quote

from falsefront.emulators.filesystem import tree
from falsefront.emulators.filesystem.errors import PosixError
from falsefront.emulators.filesystem.nodes import Node, split
from falsefront.emulators.filesystem.paths import validate
from falsefront.emulators.filesystem.text.javascript import well_formed
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State

from .answer import text_answer

_CHUNK: Final = 1024
_TYPES: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".svg": "image/svg+xml",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
}


def read_text_file(state: State, op: Operation) -> Any:
    """The whole file, its first lines or its last ones."""
    path = validate(state, op.args["path"])
    head, tail = op.args.get("head"), op.args.get("tail")
    if head and tail:
        raise Failure(FailureKind.INVALID, "Cannot specify both head and tail parameters simultaneously")
    if tail:
        return text_answer(_tail(state, path, tail))
    if head:
        return text_answer(_head(state, path, head))
    return text_answer(read_text(state, path))


def read_text(state: State, path: str) -> str:
    """A file's text; what is not UTF-8 becomes U+FFFD."""
    return tree.read(state, well_formed(path)).decode("utf-8", "replace")


def _open(state: State, path: str, syscall: str) -> Node:
    return tree.stat(state, well_formed(path), syscall)


def _content(node: Node) -> bytes:
    if node["kind"] == "directory":
        raise PosixError("EISDIR", "read")
    return node.get("content", b"")


def _head(state: State, path: str, count: float) -> str:
    """The first lines, without the line feed of the last."""
    node = _open(state, path, "open")
    if count < 0:
        return ""
    data = _content(node)
    end = -1
    for _ in range(min(math.ceil(count), len(data) + 1)):
        end = data.find(b"\n", end + 1)
        if end < 0:
            return data.decode("utf-8", "replace").removesuffix("\n")
    return data[:end].decode("utf-8", "replace")


def _tail(state: State, path: str, count: float) -> str:
    """The last lines; read backwards in blocks, as a fraction of a line gives all that was read."""
    node = _open(state, path, "stat")
    if count < 0:
        return ""
    data = _content(node)
    start, feeds = len(data), 0
    while start > 0 and feeds < count:
        block = max(0, start - _CHUNK)
        feeds += data.count(b"\n", block, start)
        start = block
    lines = data[start:].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    whole = math.floor(count)
    return "\n".join(lines[-whole:] if whole else lines)


def read_media_file(state: State, op: Operation) -> Any:
    """An image or a sound as such, anything else as a resource."""
    path = validate(state, op.args["path"])
    mime = _TYPES.get(extension(path).lower(), "application/octet-stream")
    data = base64.b64encode(tree.read(state, well_formed(path))).decode()
    kind = mime.partition("/")[0]
    if kind in ("image", "audio"):
        item: dict[str, Any] = {"type": kind, "data": data, "mimeType": mime}
    else:
        item = {"type": "resource", "resource": {"uri": file_url(path), "mimeType": mime, "blob": data}}
    return {"content": [item], "structuredContent": {"content": [item]}}


def extension(path: str) -> str:
    """What follows the last dot of a name, the dot included, unless the name begins there."""
    name = split(path)[1]
    dot = name.rfind(".")
    return name[dot:] if dot > 0 else ""


def file_url(path: str) -> str:
    """A path as a URL."""
    return "file://" + quote(well_formed(path), safe="/!$&'()*+,-.:;=@_").replace("~", "%7E")


def read_multiple_files(state: State, op: Operation) -> Any:
    """Several files, each under its path; one that cannot be read says why in its place."""
    return text_answer("\n---\n".join(_one_of_many(state, path) for path in op.args["paths"]))


def _one_of_many(state: State, path: str) -> str:
    try:
        return f"{path}:\n{read_text(state, validate(state, path))}\n"
    except Failure as failure:
        return f"{path}: Error - {failure.message}"
