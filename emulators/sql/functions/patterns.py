"""LIKE, SIMILAR TO and regular expressions."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from ..errors import SqlError


@lru_cache(maxsize=512)
def like_pattern(pattern: str, escape: str = "\\", fold: bool = False) -> re.Pattern[str]:
    """A LIKE pattern compiled. Raises 22025."""
    parts: list[str] = []
    place = 0
    while place < len(pattern):
        char = pattern[place]
        if escape and char == escape:
            place += 1
            if place == len(pattern):
                raise SqlError("22025", "LIKE pattern must not end with escape character")
            parts.append(re.escape(pattern[place]))
        elif char == "%":
            parts.append(".*")
        elif char == "_":
            parts.append(".")
        else:
            parts.append(re.escape(char))
        place += 1
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if fold else 0))


def like(text: str, pattern: str) -> bool:
    """``text LIKE pattern``."""
    return like_pattern(pattern).fullmatch(text) is not None


def ilike(text: str, pattern: str) -> bool:
    """``text ILIKE pattern``."""
    return like_pattern(pattern, "\\", True).fullmatch(text) is not None


def like_escape(pattern: str, escape: str) -> str:
    r"""A pattern rewritten for the escape character ``\\``."""
    if len(escape) > 1:
        raise SqlError("22025", "invalid escape string", hint="Escape string must be empty or one character.")
    if escape == "\\":
        return pattern
    out: list[str] = []
    place = 0
    while place < len(pattern):
        char = pattern[place]
        if escape and char == escape and place + 1 < len(pattern):
            place += 1
            out.append("\\" + pattern[place])
        else:
            out.append("\\\\" if char == "\\" else char)
        place += 1
    return "".join(out)


def negate(match: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    """The opposite of a match."""
    return lambda text, pattern: not match(text, pattern)


_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9A-Fa-f",
    "blank": r" \t",
    "word": r"\w",
}


@lru_cache(maxsize=512)
def compile_regex(pattern: str, flags: str = "") -> re.Pattern[str]:
    """An advanced regular expression compiled. Raises 2201B."""
    options = re.DOTALL
    for flag in flags:
        if flag in "i":
            options |= re.IGNORECASE
        elif flag in "nm":
            options = (options | re.MULTILINE) & ~re.DOTALL
        elif flag == "x":
            options |= re.VERBOSE
        elif flag == "q":
            pattern = re.escape(pattern)
        elif flag not in "cgest":
            raise SqlError("22023", f'invalid regular expression option: "{flag}"')
    text = pattern
    if text.startswith("(?") and (found := re.match(r"\(\?([a-z]+)\)", text)):
        return compile_regex(text[found.end() :], flags + found[1])
    text = text.removeprefix("***:")
    text = re.sub(r"\[:(\w+):\]", lambda m: _CLASSES.get(m[1], m[0]), text)
    text = text.replace(r"\m", r"\b(?=\w)").replace(r"\M", r"\b(?<=\w)").replace(r"\y", r"\b").replace(r"\Y", r"\B")
    if "$" in text and not options & re.MULTILINE:
        text = re.sub(r"(?<!\\)((?:\\\\)*)\$(?![^\[]*\])", r"\1\\Z", text)
    try:
        return re.compile(text, options)
    except (re.error, OverflowError) as error:
        raise SqlError("2201B", f"invalid regular expression: {_reason(str(error), pattern)}") from None


def _reason(message: str, pattern: str) -> str:
    if "unterminated character set" in message:
        return "brackets [] not balanced"
    if "parenthesis" in message or "unterminated subpattern" in message:
        return "parentheses () not balanced"
    if "nothing to repeat" in message or "multiple repeat" in message:
        return "quantifier operand invalid"
    if "bad escape" in message:
        return "invalid escape \\ sequence"
    if "bad character range" in message:
        return "invalid character range"
    return "invalid regexp (reg version 0.8)"


def regex(text: str, pattern: str) -> bool:
    """``text ~ pattern``."""
    return compile_regex(pattern).search(text) is not None


def iregex(text: str, pattern: str) -> bool:
    """``text ~* pattern``."""
    return compile_regex(pattern, "i").search(text) is not None


def similar_to_regex(pattern: str, escape: str | None = "\\") -> str:
    """A SIMILAR TO pattern as a regular expression that matches all of a text."""
    out: list[str] = []
    place, in_class = 0, False
    while place < len(pattern):
        char = pattern[place]
        if escape and char == escape:
            place += 1
            out.append(re.escape(pattern[place]) if place < len(pattern) else "")
        elif in_class:
            in_class = char != "]"
            out.append("\\\\" if char == "\\" else char)
        elif char == "%":
            out.append(".*")
        elif char == "_":
            out.append(".")
        elif char == "[":
            in_class = True
            out.append(char)
        elif char in ".^$\\":
            out.append("\\" + char)
        else:
            out.append("(?:" if char == "(" else char)
        place += 1
    return "^(?:" + "".join(out) + ")$"
