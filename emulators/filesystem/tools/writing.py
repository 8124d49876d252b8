"""The tools that write files, make directories and move things."""

from __future__ import annotations

from typing import Any

from falsefront.emulators.filesystem import tree
from falsefront.emulators.filesystem.errors import PosixError
from falsefront.emulators.filesystem.paths import validate
from falsefront.emulators.filesystem.text.javascript import well_formed
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State

from .answer import text_answer


def write_file(state: State, op: Operation) -> Any:
    """Make a file, or put another in its place."""
    path = validate(state, op.args["path"])
    data = well_formed(op.args["content"]).encode()
    if tree.lookup(state, well_formed(path)) is None:
        tree.write(state, well_formed(path), data, exclusive=True)
    else:
        swap(state, path, data)
    return text_answer(f"Successfully wrote to {op.args['path']}")


def swap(state: State, path: str, data: bytes) -> None:
    """Replace a file the safe way: written beside it under a name of its own, then renamed over it."""
    real = well_formed(path)
    beside = f"{real}.{state.ids.bytes('filesystem.temporary', 16).hex()}.tmp"
    tree.write(state, beside, data)
    if tree.stat(state, real)["kind"] == "directory":
        raise PosixError("EISDIR", "rename", beside, real)
    tree.remove(state, beside)
    tree.replace(state, real, data)


def create_directory(state: State, op: Operation) -> Any:
    """Make a directory and those it lacks above it."""
    tree.make_directories(state, well_formed(validate(state, op.args["path"])))
    return text_answer(f"Successfully created directory {op.args['path']}")


def move_file(state: State, op: Operation) -> Any:
    """Rename a file or a directory to where nothing is yet."""
    given_source, given_target = op.args["source"], op.args["destination"]
    source, target = validate(state, given_source), validate(state, given_target)
    try:
        tree.lstat(state, well_formed(target))
    except PosixError as error:
        if error.errno != "ENOENT":
            raise
    else:
        raise Failure(FailureKind.CONFLICT, f"Destination already exists: {target}")
    tree.move(state, well_formed(source), well_formed(target))
    return text_answer(f"Successfully moved {given_source} to {given_target}")
