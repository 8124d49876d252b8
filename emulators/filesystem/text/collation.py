"""The order of names by ``localeCompare``: the root collation of CLDR."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

_PUNCTUATION: Final = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_PRIMARY: Final = {mark: place for place, mark in enumerate(_PUNCTUATION + "0123456789abcdefghijklmnopqrstuvwxyz")}


def sort_key(name: str) -> Any:
    """What orders names as JavaScript does: letters first, then accents, then case."""
    primary: list[int] = []
    secondary: list[int] = []
    tertiary: list[int] = []
    for letter in unicodedata.normalize("NFD", name):
        lower = letter.lower()
        weight = _PRIMARY.get(lower)
        if unicodedata.combining(letter):
            secondary.append(ord(letter))
            continue
        if weight is None:
            weight = 1000 + ord(letter)
        primary.append(weight)
        secondary.append(0)
        tertiary.append(1 if lower != letter else 0)
    return primary, secondary, tertiary
