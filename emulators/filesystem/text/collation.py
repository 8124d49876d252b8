"""The order of names by JavaScript's ``localeCompare``: the root collation of CLDR, on three levels.

``collation.txt`` holds the order as ICU gives it for the letters, marks and symbols of the scripts in use (no
ideographs: those stand after all others, by number). Its four parts are characters that count for nothing, accents in
their order, the others in theirs, and characters that stand for several. Before a character U+FDD0 says that it
differs from the one before it as letters do, U+FDD1 as accents do, U+FDD2 not at all, and nothing that it differs as
cases do. A letter with an accent in the third part is a letter of its own: ``й``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple, TypeAlias

Key: TypeAlias = tuple[list[int], list[int], list[int]]

_LETTER: Final = "\ufdd0"
_ACCENT: Final = "\ufdd1"
_SAME: Final = "\ufdd2"
_PART: Final = "\ufddf"
_LAST: Final = "\ufffd"
_DOTTED: Final = {"l": "ŀ", "L": "Ŀ"}
"""Catalan: the dot is an accent of the letter."""
_IDEOGRAPHS: Final = 1 << 24
_STROKE: Final = "\u0338"
"""The accent as which those count that are one with their letter: ``ø``."""
_APART: Final = 64
"""How far the weights of two accents are apart."""

_ASCII: Final = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
"""The printable characters after the blank, in their order."""
_PRIMARY: Final = str.maketrans({mark: chr(place + 33) for place, mark in enumerate(_ASCII)})


class _Weight(NamedTuple):
    """What one character weighs on each level; ``None`` where it has no part in it."""

    primary: int | None
    secondary: tuple[int, ...]
    tertiary: int


def sort_key(name: str) -> tuple[object, ...]:
    """What orders names: by letters, then by accents, then by case. Only names in ASCII compare with each other so."""
    return name.lower().translate(_PRIMARY), tuple(letter.isupper() for letter in name)


def sorter(names: list[str]) -> Mapping[str, tuple[object, ...]]:
    """The keys of names that are to be sorted together."""
    if all(name.isascii() and name.isprintable() for name in names):
        return {name: sort_key(name) for name in names}
    return {name: full_key(name) for name in names}


def full_key(name: str) -> Key:
    """What orders names in any script."""
    weights, expansions = _table()
    key: Key = ([], [], [])
    for letter in _letters(unicodedata.normalize("NFD", name), weights):
        for weight in expansions.get(letter) or (weights.get(letter) or _implicit(letter),):
            if weight.primary is not None:
                key[0].append(weight.primary)
                key[2].append(weight.tertiary)
            key[1].extend(weight.secondary)
    return key


def _letters(text: str, weights: Mapping[str, _Weight]) -> Iterator[str]:
    """The characters of a decomposed text; those that are one with their accent together."""
    place = 0
    while place < len(text):
        both = text[place : place + 2]
        width = 2 if len(both) == 2 and both in weights else 1
        yield text[place : place + width]
        place += width


def _implicit(letter: str) -> _Weight:
    """An ideograph, or what the table does not hold."""
    code = ord(letter)
    if letter == _LAST:
        return _Weight(4 * _IDEOGRAPHS, (0,), 0)
    if 0x4E00 <= code <= 0x9FFF or code in _COMPATIBLE:
        return _Weight(_IDEOGRAPHS + code, (0,), 0)
    if 0x3400 <= code <= 0x4DBF or 0x20000 <= code <= 0x3FFFF:
        return _Weight(2 * _IDEOGRAPHS + code, (0,), 0)
    assigned = unicodedata.category(letter) not in ("Cn", "Co", "Cs")
    return _Weight((1 if assigned else 3) * _IDEOGRAPHS // (2 if assigned else 1) + code, (0,), 0)


_COMPATIBLE: Final = frozenset(
    (0xFA0E, 0xFA0F, 0xFA11, 0xFA13, 0xFA14, 0xFA1F, 0xFA21, 0xFA23, 0xFA24, 0xFA27, 0xFA28, 0xFA29)
)
"""Ideographs that stand among the compatibility ones and are none."""


@cache
def _table() -> tuple[Mapping[str, _Weight], Mapping[str, tuple[_Weight, ...]]]:
    text = files("falsefront.emulators.filesystem.text").joinpath("collation.txt").read_bytes().decode()
    nothing, accents, letters, several = text.split(_PART)
    weights = {letter: _Weight(None, (), 0) for letter in nothing}
    rank = 0
    for level, letter in _marked(accents):
        rank += level != _SAME
        weights[letter] = _Weight(None, (rank * _APART,), 0)
    stroke = weights[_STROKE].secondary[0]
    primary = accent = case = 0
    for level, letter in _marked(letters):
        if level == _LETTER:
            primary, accent, case = primary + 1, 0, 0
        elif level == _ACCENT:
            accent, case = accent + 1, 0
        elif level != _SAME:
            case += 1
        weights[unicodedata.normalize("NFD", letter)] = _Weight(primary, (0, stroke + accent) if accent else (0,), case)
    expansions = dict(_expansions(several, weights))
    for letter, dotted in _DOTTED.items():
        del expansions[dotted]
        weights[dotted] = weights[f"{letter}·"] = weights[letter]._replace(secondary=(0, 1))
    return weights, expansions


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """Characters and the marks before them."""
    level = ""
    for letter in text:
        if letter in (_LETTER, _ACCENT, _SAME):
            level = letter
        else:
            yield level, letter
            level = ""


def _expansions(text: str, weights: Mapping[str, _Weight]) -> Iterator[tuple[str, tuple[_Weight, ...]]]:
    for entry in text.split(_LETTER)[1:]:
        letter, others = entry[0], entry[1:]
        mark = others[0] if others[0] in (_ACCENT, _SAME) else ""
        found = [weights.get(other) or _implicit(other) for other in others.removeprefix(mark)]
        first = found[0]
        if mark == _ACCENT:
            found[0] = first._replace(secondary=(*first.secondary, *weights[_STROKE].secondary))
        elif not mark:
            found = [weight._replace(tertiary=weight.tertiary + 1) for weight in found]
        yield letter, tuple(found)
