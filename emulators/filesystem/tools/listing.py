"""The tools that look around: listings, trees, searches, metadata."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from falsefront.emulators.filesystem import tree
from falsefront.emulators.filesystem.errors import PosixError
from falsefront.emulators.filesystem.nodes import FILES, Node, join
from falsefront.emulators.filesystem.paths import absolute, joined, relative, validate
from falsefront.emulators.filesystem.settings import settings_of
from falsefront.emulators.filesystem.text.collation import sorter
from falsefront.emulators.filesystem.text.globs import BadGlob, matcher
from falsefront.emulators.filesystem.text.javascript import pad_end, show_date, show_size, well_formed
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State
from falsefront.world.clock import parse_time

from .answer import shown_name, text_answer


def list_directory(state: State, op: Operation) -> Any:
    """What is in a directory."""
    path = validate(state, op.args["path"])
    entries = tree.list_directory(state, well_formed(path))
    return text_answer("\n".join(f"{_label(node)} {shown_name(name)}" for name, node in entries))


def _label(node: Node) -> str:
    return "[DIR]" if node["kind"] == "directory" else "[FILE]"


class _Entry(NamedTuple):
    name: str
    node: Node
    size: int


def list_directory_with_sizes(state: State, op: Operation) -> Any:
    """What is in a directory, with sizes and their sum."""
    path = well_formed(validate(state, op.args["path"]))
    entries = [_Entry(shown_name(n), node, _size(state, join(path, n), node)) for n, node in _listed(state, path)]
    if op.args.get("sortBy", "name") == "size":
        entries.sort(key=lambda entry: -entry.size)
    else:
        keys = sorter([entry.name for entry in entries])
        entries.sort(key=lambda entry: keys[entry.name])
    files = [entry for entry in entries if entry.node["kind"] != "directory"]
    lines = [_sized(entry) for entry in entries]
    lines.append("")
    lines.append(f"Total: {len(files)} files, {len(entries) - len(files)} directories")
    lines.append(f"Combined size: {show_size(sum(entry.size for entry in files))}")
    return text_answer("\n".join(lines))


def _listed(state: State, path: str) -> Iterator[tuple[str, Node]]:
    return tree.list_directory(state, path)


def _size(state: State, path: str, node: Node) -> int:
    """The size of what is there; a link counts as what it leads to, and nothing if that is not there."""
    if node["kind"] != "symlink":
        return tree.size(node)
    try:
        return tree.size(tree.stat(state, path))
    except PosixError:
        return 0


def _sized(entry: _Entry) -> str:
    size = "" if entry.node["kind"] == "directory" else show_size(entry.size).rjust(10)
    return f"{_label(entry.node)} {pad_end(entry.name, 30)} {size}"


# Trees


def directory_tree(state: State, op: Operation) -> Any:
    """A directory and all that is below it, as JSON."""
    root: str = op.args["path"]
    excluded = _excluder(op.args.get("excludePatterns", ()))
    base = _absolute(state, root)
    shown: list[str] = []
    comma = ""
    # Each open directory: the entries left in it, and the path by which the client would name it.
    opened = [(_entries(state, root), root)]
    shown.append("[")
    while opened:
        entries, at = opened[-1]
        margin = "  " * (2 * len(opened) - 1)
        for name, node in entries:
            below = joined(at, name)
            if _is_excluded(excluded, relative(base, _absolute(state, below))):
                continue
            kind = "directory" if node["kind"] == "directory" else "file"
            head = f'{comma}\n{margin}{{\n{margin}  "name": {_quoted(name)},\n{margin}  "type": "{kind}"'
            if node["kind"] == "directory":
                shown.append(f'{head},\n{margin}  "children": [')
                opened.append((_entries(state, below), below))
                comma = ""
                break
            shown.append(f"{head}\n{margin}}}")
            comma = ","
        else:
            opened.pop()
            outer = "  " * (2 * len(opened))
            shown.append(f"\n{outer}]" if comma else "]")
            if opened:
                shown.append(f"\n{outer[2:]}}}")
            comma = ","
    return text_answer("".join(shown))


def _entries(state: State, path: str) -> Iterator[tuple[str, Node]]:
    entries = tree.list_directory(state, well_formed(validate(state, path)))
    return ((shown_name(name), node) for name, node in entries)


def _absolute(state: State, path: str) -> str:
    """A path as the server's process sees it, whose working directory is its first root."""
    return absolute(path, settings_of(state).allowed[0])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_excluded(excluded: Callable[[str], bool], path: str) -> bool:
    try:
        return excluded(path)
    except BadGlob as error:
        raise Failure(FailureKind.INVALID, str(error)) from None


def _excluder(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path is left out: by a glob, or by a name anywhere on its way."""
    globs: list[str] = []
    for pattern in patterns:
        globs += [pattern] if "*" in pattern else [pattern, f"**/{pattern}", f"**/{pattern}/**"]
    return _any(globs)


def _matcher(glob: str) -> Callable[[str], bool]:
    """A glob's test; one that cannot be read fails when it is first used."""
    try:
        return matcher(glob)
    except BadGlob as error:
        message = str(error)

    def fail(path: str) -> bool:
        raise BadGlob(message)

    return fail


def _any(globs: Sequence[str]) -> Callable[[str], bool]:
    tests = [_matcher(glob) for glob in globs]

    def test(path: str) -> bool:
        return any(matches(path) for matches in tests)

    return test


# Searches


def search_files(state: State, op: Operation) -> Any:
    """The paths below a directory that match a glob."""
    root = validate(state, op.args["path"])
    wanted, excluded = _matcher(op.args["pattern"]), _any(op.args.get("excludePatterns", []))
    found = list(_search(state, root, wanted, excluded))
    return text_answer("\n".join(found) if found else "No matches found")


def _search(state: State, root: str, wanted: Callable[[str], bool], excluded: Callable[[str], bool]) -> Iterator[str]:
    files = state.table(FILES)
    base = well_formed(root)
    opened = [tree.list_directory(state, base)]
    at = [base]
    while opened:
        for name, node in opened[-1]:
            real = join(at[-1], name)
            if node["kind"] == "symlink" and not _reachable(state, real):
                continue
            try:
                shown = shown_name(relative(base, real))
                if excluded(shown):
                    continue
                if wanted(shown):
                    yield shown_name(real)
            except BadGlob:
                continue
            if node["kind"] == "directory":
                opened.append(tree.children(files, real))
                at.append(real)
                break
        else:
            opened.pop()
            at.pop()


def _reachable(state: State, path: str) -> bool:
    try:
        validate(state, path)
    except Failure:
        return False
    return True


# Metadata


def get_file_info(state: State, op: Operation) -> Any:
    """Size, times, kind and permissions."""
    node = tree.stat(state, well_formed(validate(state, op.args["path"])))
    modified = show_date(parse_time(node["modified"]))
    facts = {
        "size": tree.size(node),
        "created": show_date(parse_time(node["created"])),
        "modified": modified,
        "accessed": modified,
        "isDirectory": _js(node["kind"] == "directory"),
        "isFile": _js(node["kind"] == "file"),
        "permissions": f"{node['mode']:03o}"[-3:],
    }
    return text_answer("\n".join(f"{name}: {value}" for name, value in facts.items()))


def _js(value: bool) -> str:
    return "true" if value else "false"


def list_allowed_directories(state: State, op: Operation) -> Any:
    """Which directories a client may touch."""
    allowed = settings_of(state).allowed
    return text_answer("Allowed directories:\n" + "\n".join(allowed))
