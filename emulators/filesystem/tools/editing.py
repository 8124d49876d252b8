"""The tool that edits a file, and how it finds the text to replace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from falsefront.emulators.filesystem.paths import validate
from falsefront.emulators.filesystem.text.javascript import SPACE, as_units, from_units, indent, well_formed
from falsefront.emulators.filesystem.text.patch import patch
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State

from .answer import text_answer
from .reading import read_text
from .writing import swap


def edit_file(state: State, op: Operation) -> Any:
    """Make edits one after the other, all or none, and show what changed."""
    path = validate(state, op.args["path"])
    old = _unix(read_text(state, path))
    new = old
    for edit in op.args["edits"]:
        new = _edited(new, edit["oldText"], edit["newText"])
    # The line ends are put right once more, as the original does: two of them in a row may have made a third.
    diff = patch(path, _unix(old), _unix(new))
    fence = "```"
    while fence in diff:
        fence += "`"
    if not op.args.get("dryRun", False):
        swap(state, path, well_formed(new).encode())
    return text_answer(f"{fence}diff\n{diff}{fence}\n\n")


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _edited(content: str, old_text: str, new_text: str) -> str:
    """The content with one edit made. Raises ``Failure`` where its text is not found."""
    old, new = _unix(old_text), _unix(new_text)
    replaced = _replaced(content, old, new)
    if replaced is None:
        replaced = _replaced_by_lines(content, old.split("\n"), new.split("\n"))
    if replaced is None:
        raise Failure(FailureKind.INVALID, f"Could not find exact match for edit:\n{old_text}")
    return replaced


def _replaced(content: str, old: str, new: str) -> str | None:
    if old in content:
        return content.replace(old, new, 1)
    if well_formed(old) != old:
        # Half a pair of surrogates is found within a character, where strings are made of UTF-16 units.
        units = as_units(content)
        if as_units(old) in units:
            return from_units(units.replace(as_units(old), as_units(new), 1))
    return None


def _replaced_by_lines(content: str, old: list[str], new: list[str]) -> str | None:
    """Replace the first lines that are the same but for the blanks around them, keeping their indentation."""
    lines = content.split("\n")
    stripped = [line.strip(SPACE) for line in lines]
    wanted = [line.strip(SPACE) for line in old]
    at = _find(stripped, wanted)
    if at is None:
        return None
    shift = _indenter(indent(lines[at]), old)
    lines[at : at + len(old)] = [shift(place, line) for place, line in enumerate(new)]
    return "\n".join(lines)


def _find(lines: list[str], wanted: list[str]) -> int | None:
    first, size = wanted[0], len(wanted)
    for at in range(len(lines) - size + 1):
        if lines[at] == first and lines[at : at + size] == wanted:
            return at
    return None


def _indenter(base: str, old: list[str]) -> Callable[[int, str], str]:
    """How a new line is indented, given the indentation found and the lines that were to be replaced."""

    def shift(place: int, line: str) -> str:
        if place == 0:
            return base + line.lstrip(SPACE)
        before = indent(old[place]) if place < len(old) else ""
        now = indent(line)
        if before and now:
            return base + " " * (len(now) - len(before)) + line.lstrip(SPACE)
        return line

    return shift
