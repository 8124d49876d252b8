"""The canonical form of a document, and an order-independent hash of many.

An entry's digest is the BLAKE2b-128 of its table, key and document in canonical JSON: sorted keys, no
spaces, one form per number (25 and 25.0 are equal), bytes as the hash of their content. A world's digest is the sum
of its entries' modulo 2**128, so that it is kept by one subtraction and one addition per write and does not
depend on the path that led to a state.
"""

from __future__ import annotations

import base64
import json
import re
from hashlib import blake2b
from typing import Any, Final

import orjson

ALGORITHM: Final = "ff1"
MODULUS: Final = 1 << 128
DEEPEST: Final = 200
"""Levels of nesting that are shown; JSON's own libraries stop at 254."""
_FLOATS = re.compile(rb"[0-9](?:\.0|[eE][-+]?[0-9]+)(?:[,}\]]|$)").search
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def canonical(value: Any) -> bytes:
    """The one form of a value: equal values give equal bytes, in any process."""
    try:
        data = orjson.dumps(value, default=_blob, option=_OPTIONS)
    except TypeError:
        # Integers beyond 64 bits, lone surrogates and the like.
        return _slow(value)
    return _slow(value) if _FLOATS(data) else data


def _blob(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"\u0000bytes": blake2b(value, digest_size=16).hexdigest()}
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _slow(value: Any) -> bytes:
    plain = _plain(value)
    try:
        # Both ways write a fraction alike, for a document may go either way.
        return orjson.dumps(plain, option=_OPTIONS)
    except TypeError:
        pass
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return _blob(value)


def entry_digest(table: str, key: Any, document: Any) -> int:
    """The number that one document adds to its world's digest."""
    head = canonical((table, key))
    return int.from_bytes(blake2b(head + b"\n" + canonical(document), digest_size=16).digest(), "little")


def show(digest: int) -> str:
    """A digest as it is written: the algorithm's version, then 32 hexadecimal digits."""
    return f"{ALGORITHM}:{digest:032x}"


def as_json(value: Any, depth: int = 0) -> Any:
    """A document in plain JSON: bytes become ``{"$text": …}`` where they are UTF-8, else ``{"$base64": …}``.

    What is nested deeper than ``DEEPEST`` is told of and left out: a client may send anything, and it is all shown in
    the journal.
    """
    match value:
        case dict() | list() | tuple() if depth == DEEPEST and value:
            return f"[nested deeper than {DEEPEST} levels]"
        case dict():
            return {key if isinstance(key, str) else str(key): as_json(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [as_json(item, depth + 1) for item in value]
        case bytes():
            try:
                return {"$text": value.decode()}
            except UnicodeDecodeError:
                return {"$base64": base64.b64encode(value).decode()}
        case _:
            return value


def speakable(text: str) -> str:
    """A text that can be UTF-8: half a surrogate pair in it becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
