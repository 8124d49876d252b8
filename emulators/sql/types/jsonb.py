"""jsonb's canonical form: keys by length and bytes, the last duplicate wins, one space after ':' and ','."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

from ..errors import SqlError
from .numbers import plain, show_numeric

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r'["\\\x00-\x1f]')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.\w]+|[{}\[\]:,]|\S', re.S)


def quote(text: str) -> str:
    """A JSON string."""
    return '"' + _SPECIAL.sub(lambda m: _ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04x}", text) + '"'


def _number(text: str) -> Decimal:
    return plain(Decimal(text))


def _constant(text: str) -> Any:
    raise ValueError(text)


def load(text: str, type_name: str = "json") -> Any:
    """JSON as Python values, numbers as ``Decimal``. Raises 22P02."""
    try:
        value = json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise _invalid(text, type_name, error) from None
    return value


def _invalid(text: str, type_name: str, error: Exception) -> SqlError:
    if isinstance(error, RecursionError):
        return SqlError("54001", "stack depth limit exceeded")
    position = getattr(error, "pos", None)
    detail = "The input string ended unexpectedly."
    shown = text
    bad = _bad_token(text)
    if bad is not None:
        place, token, expected = bad
        detail = f'Token "{token}" is invalid.' if expected == "" else f'Expected {expected}, but found "{token}".'
        position = place + len(token)
        shown = text[:position] + ("..." if position < len(text) else "")
    line = shown.count("\n") + 1
    return SqlError(
        "22P02",
        f"invalid input syntax for type {type_name}",
        detail=detail,
        where=f"JSON data, line {line}: {shown.rpartition(chr(10))[2]}",
    )


_VALUE = re.compile(
    r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null'
)


def _bad_token(text: str) -> tuple[int, str, str] | None:
    """Where a JSON text goes wrong: position, token, and what was expected ('' if the token itself is bad)."""
    stack: list[str] = []
    expect = "JSON value"
    for found in _TOKEN.finditer(text):
        token, place = found[0], found.start()
        is_value = _VALUE.fullmatch(token) is not None
        if token not in "{}[]:," and not is_value:
            return place, token, ""
        if expect == "end":
            return place, token, "end of input"
        if expect in ("JSON value", 'array element or "]"'):
            if token == "{":
                stack.append("{")
                expect = 'string or "}"'
            elif token == "[":
                stack.append("[")
                expect = 'array element or "]"'
            elif token == "]" and expect.startswith("array"):
                stack.pop()
                expect = _after(stack)
            elif is_value:
                expect = _after(stack)
            else:
                return place, token, expect
        elif expect in ('string or "}"', "string"):
            if token.startswith('"'):
                expect = '":"'
            elif token == "}" and expect != "string":
                stack.pop()
                expect = _after(stack)
            else:
                return place, token, expect
        elif expect == '":"':
            if token != ":":
                return place, token, expect
            expect = "JSON value"
        elif token == ",":
            expect = "string" if stack[-1] == "{" else "JSON value"
        elif (token == "}" and stack[-1] == "{") or (token == "]" and stack[-1] == "["):
            stack.pop()
            expect = _after(stack)
        else:
            return place, token, expect
    return None


def _after(stack: list[str]) -> str:
    if not stack:
        return "end"
    return '"," or "}"' if stack[-1] == "{" else '"," or "]"'


def dump(value: Any) -> str:
    """Python values as jsonb's text."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{quote(key)}: {dump(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(dump, value)) + "]"
    return show_numeric(value) if isinstance(value, Decimal) else str(value)


def canonical(text: str) -> str:
    """The canonical form of a JSON text. Raises 22P02."""
    value = load(text)
    if "\\u0000" in text:
        raise SqlError("22P05", "unsupported Unicode escape sequence", detail="\\u0000 cannot be converted to text.")
    return dump(value)


def order(value: Any) -> Any:
    """A key by which jsonb values compare: Object > Array > Boolean > Number > String > Null."""
    if value is None:
        return (1,)
    if isinstance(value, bool):
        return (4, value)
    if isinstance(value, str):
        return (2, value)
    if isinstance(value, list):
        return (0, 0) if not value else (5, len(value), [order(item) for item in value])
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return (6, len(value), [(len(key), key) for key in keys], [order(value[key]) for key in keys])
    return (3, value)
