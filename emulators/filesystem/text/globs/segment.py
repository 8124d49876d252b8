"""One segment of a glob, between slashes: wildcards, brackets and extended patterns such as ``+(a|b)``.

Extended patterns are matched by following every place that can be reached, not by backtracking, so that no glob takes
longer than the square of a name's length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from falsefront.emulators.filesystem.text.javascript import SPACE, as_units

from . import brackets

Test: TypeAlias = Callable[[str], bool]

_KINDS: Final = frozenset("!?+*@")
_DEEPEST: Final = 2
"""How deep extended patterns may be nested."""
_DEEPEST_AT_ALL: Final = 100
"""How deep they may be nested where that does not count as deeper."""
_NO_DEEPER: Final = {"!": "?@", "?": "?@", "@": "?@", "*": "*+?@", "+": "+@?*"}
"""Which patterns may stand directly in which others without counting as nested."""

# Forms that minimatch tests without a regular expression, and without minding escapes in them.
_STARS: Final = re.compile(r"\*+")
_STARS_THEN: Final = re.compile(r"\*+([^+@!?*\[(]*)")
_QUESTIONS: Final = re.compile(r"\?+([^+@!?*\[(]*)")
_STARS_DOT_STARS: Final = re.compile(r"\*+\.\*+")
_DOT_STARS: Final = re.compile(r"\.\*+")

_ANY: Final = "[^/]"
_SPOILS_UNICODE: Final = frozenset(f"-,#{SPACE}")
"""What minimatch escapes though a regular expression with the flag ``u`` forbids that."""


class BadGlob(ValueError):
    """A glob that becomes a regular expression which JavaScript does not take."""


class Star(NamedTuple):
    """Any characters, at least ``least`` of them."""

    least: int = 0


class One(NamedTuple):
    """One character that a regular expression describes."""

    regex: str
    test: Test


class Extended(NamedTuple):
    """``?( )``, ``*( )``, ``+( )``, ``@( )`` or ``!( )``."""

    kind: str
    options: list[list[Part]]


Part: TypeAlias = "str | Star | One | Extended"
"""A string stands for itself once parts are read; before, it is a piece of glob."""


def segment(glob: str) -> Test:
    """The test of a name against a segment of a glob. Raises ``BadGlob``."""
    test = _common(glob)
    if test is not None:
        return test
    pieces = _Reader(glob).read()
    reading = _Atoms()
    parts = reading.sequence(pieces, alone=True)
    if reading.unicode and reading.spoilt:
        raise BadGlob(f"Invalid regular expression: /{glob}/u: Invalid escape")
    matches = _plain(parts) if not any(isinstance(part, Extended) for part in parts) else _by_places(parts)
    return matches if reading.unicode else lambda name: matches(_units(name))


def _units(text: str) -> str:
    """Characters beyond U+FFFF are two for a regular expression without the flag ``u``."""
    return text if text.isascii() or max(text) < "\U00010000" else as_units(text)


def _common(glob: str) -> Test | None:
    """The forms that are most common."""
    if _STARS.fullmatch(glob):
        return lambda name: name != ""
    if found := _STARS_THEN.fullmatch(glob):
        end = found[1]
        return lambda name: name.endswith(end)
    if found := _QUESTIONS.fullmatch(glob):
        end, length = found[1], len(_units(glob))
        return lambda name: len(_units(name)) == length and name.endswith(end)
    if _STARS_DOT_STARS.fullmatch(glob):
        return lambda name: "." in name
    if _DOT_STARS.fullmatch(glob):
        return lambda name: name.startswith(".")
    return None


class _Reader:
    """Splits a segment into extended patterns and the globs between them."""

    def __init__(self, glob: str) -> None:
        self._glob = glob

    def read(self) -> list[Part]:
        parts: list[Part] = []
        begun = at = 0
        for at, kind in self._openings(0, 0):
            if at < begun:
                continue
            found = self._extended(kind, at + 1, 1)
            parts.append(self._glob[begun:at])
            if found is None:
                # It is never closed: the rest is a glob without extended patterns.
                parts.append(self._glob[at:])
                return [part for part in parts if part]
            pattern, begun = found
            parts.append(pattern)
        parts.append(self._glob[begun:])
        return [part for part in parts if part]

    def _openings(self, start: int, depth: int) -> Iterator[tuple[int, str]]:
        for at, letter in self._bare(start):
            if letter in _KINDS and self._glob.startswith("(", at + 1):
                yield at, letter

    def _bare(self, start: int) -> Iterator[tuple[int, str]]:
        """The characters that are neither escaped nor in brackets."""
        at = start
        size = len(self._glob)
        while at < size:
            letter = self._glob[at]
            if letter == "\\":
                at += 2
            elif letter == "[":
                at = self._closed(at + 1)
            else:
                yield at, letter
                at += 1

    def _closed(self, at: int) -> int:
        """Where brackets end that begin before ``at``, or the end of all."""
        first = at
        negated = self._glob[at : at + 1] in ("^", "!")
        while at < len(self._glob):
            letter = self._glob[at]
            if letter == "\\":
                at += 2
                continue
            if letter == "]" and at != first and not (negated and at == first + 1):
                return at + 1
            at += 1
        return at

    def _extended(self, kind: str, at: int, depth: int, level: int = 0) -> tuple[Extended, int] | None:
        """The pattern whose ``(`` is at ``at``, and where it ends; ``None`` if it does not."""
        options: list[list[Part]] = []
        parts: list[Part] = []
        begun = at + 1
        skip = begun
        for place, letter in self._bare(begun):
            if place < skip:
                continue
            if letter in _KINDS and self._glob.startswith("(", place + 1):
                near = letter in _NO_DEEPER[kind]
                if (depth <= _DEEPEST or near) and level < _DEEPEST_AT_ALL:
                    found = self._extended(letter, place + 1, depth if near else depth + 1, level + 1)
                    if found is None:
                        return None
                    parts += [self._glob[begun:place], found[0]]
                    begun = skip = found[1]
                    continue
            if letter in "|)":
                parts.append(self._glob[begun:place])
                options.append([part for part in parts if part])
                parts, begun = [], place + 1
                if letter == ")":
                    return Extended(kind, options), begun
        return None


class _Atoms:
    """Turns pieces of glob into what they match."""

    def __init__(self) -> None:
        self.unicode = False
        self.spoilt = False

    def sequence(self, pieces: Sequence[Part], *, alone: bool, after: Sequence[Part] = ()) -> list[Part]:
        """The parts of a sequence. ``alone``: nothing stands before or after it in its segment."""
        parts: list[Part] = []
        no_empty = alone and all(isinstance(piece, str) for piece in pieces)
        for place, piece in enumerate(pieces):
            if isinstance(piece, str):
                parts += self._glob(piece, no_empty)
            elif isinstance(piece, Extended):
                rest = [*pieces[place + 1 :], *after]
                parts.append(self._extended(piece, alone and len(pieces) == 1, rest))
        return parts

    def _extended(self, pattern: Extended, alone: bool, rest: Sequence[Part]) -> Part:
        kind, options = pattern
        if kind == "!":
            if options == [[]]:
                return Star(1)
            # What must not follow is an option and then all that comes after the pattern.
            return Extended(kind, [self.sequence([*option, *rest], alone=not rest) for option in options])
        found = [self.sequence(option, alone=alone, after=rest) for option in options]
        if alone:
            found = [option for option in found if option]
            if not found:
                return f"{kind}({'|'.join('' for _ in options)})"
        return Extended(kind, found)

    def _glob(self, glob: str, no_empty: bool) -> Iterator[Part]:
        only_stars = no_empty and set(glob) == {"*"}
        at = 0
        while at < len(glob):
            letter = glob[at]
            at += 1
            if letter == "*":
                if at < 2 or glob[at - 2] != "*" or (at > 2 and glob[at - 3] == "\\"):
                    yield Star(1 if only_stars else 0)
            elif letter == "?":
                yield One(_ANY, lambda _: True)
            elif letter == "\\":
                yield glob[at : at + 1] or "\\"
                self.spoilt |= glob[at : at + 1] == "!"
                at += 1
            elif letter == "[" and (bracket := brackets.read(glob, at - 1)):
                at = bracket.end
                self.unicode |= bracket.unicode
                yield bracket.literal or One(bracket.regex, _test(bracket.regex))
            else:
                self.spoilt |= letter in _SPOILS_UNICODE
                yield letter


def _test(regex: str) -> Test:
    compiled = re.compile(regex, re.DOTALL)
    return lambda letter: compiled.fullmatch(letter) is not None


def _plain(parts: Sequence[Part]) -> Test:
    """A test by regular expression: what stands between stars is sought once, at its first place."""
    if all(isinstance(part, str) for part in parts):
        whole = _units("".join(part for part in parts if isinstance(part, str)))
        return lambda name: name == whole
    runs: list[str] = [""]
    least: list[int] = []
    for part in parts:
        if isinstance(part, Star):
            least.append(part.least)
            runs.append("")
        elif isinstance(part, One):
            runs[-1] += part.regex
        elif isinstance(part, str):
            runs[-1] += re.escape(_units(part))
    regex = runs[0]
    for place, run in enumerate(runs[1:]):
        some = f"{_ANY}{{{least[place]},}}"
        regex += f"{some}{run}" if place == len(runs) - 2 else f"(?>{some}?{run})"
    compiled = re.compile(regex, re.DOTALL)
    return lambda name: compiled.fullmatch(name) is not None


def _by_places(parts: Sequence[Part]) -> Test:
    return lambda name: len(name) in _reach(parts, name, {0})


def _reach(parts: Iterable[Part], name: str, places: set[int]) -> set[int]:
    """Where in a name one may be after these parts, from any of these places."""
    for part in parts:
        if not places:
            break
        match part:
            case str():
                text = _units(part)
                places = {place + len(text) for place in places if name.startswith(text, place)}
            case Star():
                places = set(range(min(places) + part.least, len(name) + 1))
            case One():
                places = {place + 1 for place in places if place < len(name) and part.test(name[place])}
            case Extended():
                places = _reach_extended(part, name, places)
    return places


def _reach_extended(pattern: Extended, name: str, places: set[int]) -> set[int]:
    if pattern.kind == "!":
        free = [place for place in places if not _ends(pattern.options, name, place)]
        return set(range(min(free), len(name) + 1)) if free else set()
    once = _options(pattern.options, name, places)
    if pattern.kind in "*+":
        new = once
        while new:
            new = _options(pattern.options, name, new) - once
            once = once | new
    return once | places if pattern.kind in "*?" else once


def _options(options: Sequence[Sequence[Part]], name: str, places: set[int]) -> set[int]:
    reached: set[int] = set()
    for option in options:
        reached |= _reach(option, name, places)
    return reached


def _ends(options: Sequence[Sequence[Part]], name: str, place: int) -> bool:
    return any(len(name) in _reach(option, name, {place}) for option in options)
