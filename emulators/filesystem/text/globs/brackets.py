"""Bracket expressions in globs: ``[a-z]``, ``[!x]``, ``[[:alpha:]]``."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from typing import Final, NamedTuple

NOTHING: Final = "(?!)"
"""A regular expression that matches nothing."""

_CLASSES: Final = {
    "[:alnum:]": "L Nl Nd",
    "[:alpha:]": "L Nl",
    "[:ascii:]": "\x00-\x7f",
    "[:blank:]": "Zs \t",
    "[:cntrl:]": "Cc",
    "[:digit:]": "Nd",
    "[:graph:]": "Z C",
    "[:lower:]": "Ll",
    "[:print:]": "C",
    "[:punct:]": "P",
    "[:space:]": "Z \t\r\n\v\f",
    "[:upper:]": "Lu",
    "[:word:]": "L Nl Nd Pc",
    "[:xdigit:]": "A-Fa-f0-9",
}
"""What a class holds: Unicode categories, or characters and ranges."""
_PLAIN: Final = frozenset({"[:ascii:]", "[:xdigit:]"})
_OPPOSITE: Final = frozenset({"[:graph:]", "[:print:]"})
"""Classes that hold all but what is listed."""


class Bracket(NamedTuple):
    """A bracket expression read: as a regular expression, where it ends, and whether it counts whole characters."""

    regex: str
    end: int
    literal: str | None = None
    """The one character that it stands for, if that is all."""
    unicode: bool = False


def read(glob: str, start: int) -> Bracket | None:
    """The bracket expression that begins at ``start``; ``None`` where it is never closed."""
    reader = _Reader(glob, start)
    return reader.read()


class _Reader:
    def __init__(self, glob: str, start: int) -> None:
        self._glob = glob
        self._start = start
        self._at = start + 1
        self._negated = glob[self._at : self._at + 1] in ("!", "^")
        self._ranges: list[str] = []
        self._opposites: list[str] = []
        self._unicode = False

    def read(self) -> Bracket | None:
        if self._negated:
            self._at += 1
        first = True
        from_: str | None = None
        escaped = False
        while self._at < len(self._glob):
            letter = self._glob[self._at]
            if letter == "]" and not first and not escaped:
                self._at += 1
                return self._done()
            first = False
            if letter == "\\" and not escaped:
                escaped = True
                self._at += 1
                continue
            name = self._class() if letter == "[" and not escaped else None
            if name:
                if from_ is not None:
                    return Bracket(NOTHING, len(self._glob))
                self._add_class(name)
                continue
            escaped = False
            from_ = self._add(letter, from_)
        return None

    def _class(self) -> str | None:
        return next((name for name in _CLASSES if self._glob.startswith(name, self._at)), None)

    def _add_class(self, name: str) -> None:
        self._at += len(name)
        self._unicode |= name not in _PLAIN
        (self._opposites if name in _OPPOSITE else self._ranges).append(
            _CLASSES[name] if name in _PLAIN else _members(_CLASSES[name])
        )

    def _add(self, letter: str, from_: str | None) -> str | None:
        """Take a character, or the end of a range; returns the beginning of a range that this may be."""
        if from_ is not None:
            if letter >= from_:
                self._ranges.append(f"{re.escape(from_)}-{re.escape(letter)}" if letter > from_ else re.escape(letter))
            self._at += 1
            return None
        if self._glob.startswith("-]", self._at + 1):
            self._ranges.append(re.escape(letter) + r"\-")
            self._at += 2
        elif self._glob.startswith("-", self._at + 1):
            self._at += 2
            return letter
        else:
            self._ranges.append(re.escape(letter))
            self._at += 1
        return None

    def _done(self) -> Bracket:
        if not self._ranges and not self._opposites:
            return Bracket(NOTHING, len(self._glob))
        if len(self._ranges) == 1 and not self._opposites and not self._negated:
            only = re.fullmatch(r"\\?(.)", self._ranges[0], re.DOTALL)
            if only:
                return Bracket(re.escape(only[1]), self._at, only[1])
        mark, opposite = ("^", "") if self._negated else ("", "^")
        options = [f"[{mark}{''.join(self._ranges)}]"] if self._ranges else []
        if self._opposites:
            options.append(f"[{opposite}{''.join(self._opposites)}]")
        return Bracket(f"(?:{'|'.join(options)})", self._at, unicode=self._unicode)


@cache
def _members(listed: str) -> str:
    """The characters of some Unicode categories, as ranges for a regular expression."""
    categories = tuple(part for part in listed.split(" ") if part.isalnum())
    others = "".join(part for part in listed.split(" ") if part and not part.isalnum())
    ranges: list[str] = []
    begun: int | None = None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code)).startswith(categories)
        if inside and begun is None:
            begun = code
        elif not inside and begun is not None:
            ranges.append(f"{_escape(begun)}-{_escape(code - 1)}")
            begun = None
    return "".join(ranges) + "".join(map(re.escape, others))


def _escape(code: int) -> str:
    return f"\\U{code:08x}"
