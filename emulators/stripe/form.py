"""Form encoding as Stripe reads it: ``a[b]=``, ``a[]=`` and ``a[0][b]=`` become nested maps of strings.

Arrays stay maps by index, as they do at Stripe until their parameter's type is known. Card numbers and security
codes never leave this module: a number becomes its issuer's digits and its last four, and a word on its check digit.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from .errors import BAD_BODY, refuse

_KEY: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")
MAX_PAIRS: Final = 10_000
MAX_DEPTH: Final = 32
BAD_CHECK_DIGIT: Final = " (bad check digit)"


def decode(*encoded: bytes) -> dict[str, Any]:
    """One tree from a query string and a body, the later ones winning. Raises ``Failure`` (invalid)."""
    tree: dict[str, Any] = {}
    for data in encoded:
        if data:
            _decode(data, tree)
    return tree


def _decode(data: bytes, tree: dict[str, Any]) -> None:
    pairs = data.split(b"&")
    if len(pairs) > MAX_PAIRS:
        raise refuse(BAD_BODY)
    for pair in pairs:
        if pair:
            name, _, value = pair.partition(b"=")
            _put(tree, _text(name), _text(value))


def _text(data: bytes) -> str:
    if b"+" in data:
        data = data.replace(b"+", b" ")
    try:
        return (unquote_to_bytes(data) if b"%" in data else data).decode()
    except UnicodeDecodeError:
        raise refuse(BAD_BODY) from None


def _put(tree: dict[str, Any], name: str, value: str) -> None:
    parts = [name]
    if "[" in name and (match := _KEY.fullmatch(name)):
        parts = [match[1], *_PART.findall(match[2])]
        if len(parts) > MAX_DEPTH:
            raise refuse(BAD_BODY)
    node = tree
    for part, following in pairwise(parts):
        # An empty index in the middle (a[][b]) goes on with the last element unless it has that member already.
        if part == "":
            part = _index(node, following)
        inner = node.get(part)
        if not isinstance(inner, dict):
            inner = node[part] = {}
        node = inner
    last = parts[-1] if parts[-1] or len(parts) == 1 else str(len(node))
    node[last] = _HIDE[last](value) if last in _HIDE and "card" in parts[:-1] else value


def _index(node: dict[str, Any], following: str) -> str:
    last = str(len(node) - 1)
    inner = node.get(last)
    return last if isinstance(inner, dict) and following not in inner else str(len(node))


def mask(number: str) -> str:
    """A card number without its middle."""
    digits = re.sub(r"[ -]", "", number)
    if not digits.isascii() or not digits.isdigit() or not 12 <= len(digits) <= 19:
        return "*" * min(len(number), 4) + BAD_CHECK_DIGIT
    head = 8 if len(digits) >= 16 else 6
    shown = f"{digits[:head]}{'*' * (len(digits) - head - 4)}{digits[-4:]}"
    return shown if _checks(digits) else shown + BAD_CHECK_DIGIT


def _checks(digits: str) -> bool:
    doubled = (int(digit) * 2 if place % 2 else int(digit) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _hide_code(code: str) -> str:
    return "***" if code.isascii() and code.isdigit() and 3 <= len(code) <= 4 else "*"


_HIDE: Final = {"number": mask, "cvc": _hide_code}
