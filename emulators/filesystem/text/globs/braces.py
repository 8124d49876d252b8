"""Braces in globs: ``{a,b}`` and ``{1..3}``, expanded as Bash does, with its oddities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

MOST: Final = 10_000
"""How many globs one may become; what is over that is left out."""
STEPS: Final = 200_000
"""How much work one glob may be, in characters read and globs made; when it is used up, the rest stands for itself."""
LONGEST: Final = 1_000_000
"""How many characters all globs that one becomes may have together."""
DEEPEST: Final = 60
"""How deep braces may be nested; deeper ones stand for themselves."""

_BRACES: Final = re.compile(r"\{[^{\n\r\u2028\u2029]*\}")
_NUMBERS: Final = re.compile(r"-?\d+\.\.-?\d+(?:\.\.-?\d+)?", re.ASCII)
_LETTERS: Final = re.compile(r"[a-zA-Z]\.\.[a-zA-Z](?:\.\.-?\d+)?", re.ASCII)
_PADDED: Final = re.compile(r"-?0\d", re.ASCII)
_LINE_ENDS: Final = re.compile("[\n\r\u2028\u2029]")

# While braces are expanded, what was escaped is hidden behind characters that no name has.
_HIDDEN: Final = {"\\\\": "\ufdd0", "\\{": "\ufdd1", "\\}": "\ufdd2", "\\,": "\ufdd3", "\\.": "\ufdd4"}
_SHOWN: Final = str.maketrans({hidden: escaped[1] for escaped, hidden in _HIDDEN.items()})
_CLOSING: Final = _HIDDEN["\\}"]
_ESCAPED: Final = re.compile(r"\\[\\{},.]")


def expand(glob: str) -> list[str]:
    """The globs that one with braces stands for, each once."""
    if not _BRACES.search(glob):
        return [glob]
    if glob.startswith("{}"):
        glob = f"\\{{\\}}{glob[2:]}"
    hidden = _ESCAPED.sub(lambda found: _HIDDEN[found[0]], glob)
    return list(dict.fromkeys(each.translate(_SHOWN) for each in _Expansion().expand(hidden, top=True)))


def _set_follows(text: str) -> bool:
    """Whether there is a comma, and in the same line a closing brace after it."""
    for line in _LINE_ENDS.split(text):
        end = line.rfind("}")
        if "," in line[: max(end, 0)]:
            return True
    return False


class _Expansion:
    """One glob being expanded."""

    def __init__(self) -> None:
        self._steps = STEPS

    def expand(self, text: str, *, top: bool = False, depth: int = 0) -> list[str]:
        """What a text with braces stands for. ``top``: it begins the glob, or is read as if it did."""
        found = [""]
        drop_empty = False
        first = True
        while True:
            pair = self._pair(text) if depth <= DEEPEST else None
            if pair is None:
                return self._combine(found, [text], drop_empty)
            before, body, after = text[: pair[0]], text[pair[0] + 1 : pair[1]], text[pair[1] + 1 :]
            values = [f"{{{body}}}"] if before.endswith("$") else self._values(body, depth)
            if values is None:
                if not _set_follows(after):
                    return self._combine(found, [text], drop_empty)
                # Bash: in {a},b} the first closing brace is an ordinary one.
                text = before + "{" + body + _CLOSING + after
                top = True
                continue
            if first and not before.endswith("$"):
                drop_empty = top and not _is_sequence(body)
            first = False
            found = self._combine(found, [before + value for value in values], drop_empty and not after)
            if not after:
                return found
            text = after

    def _pair(self, text: str) -> tuple[int, int] | None:
        """The first brace that is closed, and where."""
        opened: list[int] = []
        first: tuple[int, int] | None = None
        for place, letter in enumerate(text):
            if letter == "{":
                opened.append(place)
            elif letter == "}" and opened:
                start = opened.pop()
                if first is None or start < first[0]:
                    first = start, place
                if not opened:
                    break
        self._steps -= len(text) if first is None or opened else first[1]
        return first if self._steps > 0 else None

    def _combine(self, heads: list[str], tails: list[str], drop_empty: bool) -> list[str]:
        combined: list[str] = []
        length = 0
        for head in heads:
            for tail in tails:
                if len(combined) == MOST or length > LONGEST:
                    break
                if head or tail or not drop_empty:
                    combined.append(head + tail)
                    length += len(head) + len(tail)
        self._steps -= len(combined)
        return combined

    def _values(self, body: str, depth: int) -> list[str] | None:
        """What a pair of braces stands for, if it stands for anything but itself."""
        if _is_sequence(body):
            return list(_sequence(body))
        if "," not in body:
            return None
        parts = list(_parts(body))
        if len(parts) == 1:
            return [f"{{{value}}}" for value in self.expand(parts[0], depth=depth + 1)]
        values: list[str] = []
        for part in parts:
            values += self.expand(part, depth=depth + 1)
        return values[:MOST]


def _is_sequence(body: str) -> bool:
    return bool(_NUMBERS.fullmatch(body) or _LETTERS.fullmatch(body))


def _parts(body: str) -> Iterator[str]:
    """The parts of a set, split at the commas that are in no inner braces."""
    depth = start = 0
    for place, letter in enumerate(body):
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
        elif letter == "," and depth == 0:
            yield body[start:place]
            start = place + 1
    yield body[start:]


def _sequence(body: str) -> Iterator[str]:
    """The members of ``1..9``, ``01..10..3`` or ``a..e``."""
    ends = body.split("..")
    letters = ends[0].isalpha()
    first, last = (ord(end) if letters else int(end) for end in ends[:2])
    step = max(abs(int(ends[2])), 1) if len(ends) == 3 else 1
    width = max(len(ends[0]), len(ends[1])) if any(_PADDED.match(end) for end in ends) else 0
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    for number in numbers[:MOST]:
        if letters:
            yield "" if number == ord("\\") else chr(number)
        else:
            yield str(number).zfill(width)
