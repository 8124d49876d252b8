"""The text of parts of a JSON document, as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


def members(text: str) -> Iterator[tuple[str, str]]:
    """The members of an object: each name, and its value's very text. Raises ``ValueError``."""
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("this is not a JSON object")
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        if text[at : at + 1] != '"':
            raise ValueError("a member's name was expected")
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError("a colon was expected")
        start = _skip(text, at + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield name, text[start:end]
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)


def member(text: str, name: str) -> str | None:
    """The text of one member; of several with that name the last, as parsers have it. Raises ``ValueError``."""
    found = None
    for key, value in members(text):
        if key == name:
            found = value
    return found


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at
