"""Values that break things, as bytes of JSON and of forms."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st


def lists(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def objects(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


BODIES: Final[dict[str, bytes]] = {
    "nothing": b"",
    "NUL": b"\0",
    "null": b"null",
    "a number": b"1",
    "a text": b'"x"',
    "a list": b"[]",
    "an object": b"{}",
    "NaN": b"NaN",
    "Infinity": b'{"a":Infinity}',
    "100,000 lists": lists(100_000),
    "100,000 objects": objects(100_000),
    "100,000 openings": b"[" * 100_000,
    "300 objects": objects(300),
    "1,000 objects": objects(1000),
    "10,000 digits": b'{"a":' + b"9" * 10_000 + b"}",
    "a number beyond floats": b'{"a":1e999}',
    "half a surrogate pair": rb'{"a":"\ud800"}',
    "half a pair in a name": rb'{"\udfff":1}',
    "bad UTF-8": b'{"a":"\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "an unfinished object": b'{"a":',
    "more than one": b"{} {}",
    "a name twice": b'{"a":1,"a":2}',
}

VALUES: Final[dict[str, bytes]] = {
    "null": b"null",
    "true": b"true",
    "minus one": b"-1",
    "a fraction": b"1.5",
    "beyond floats": b"1e999",
    "beyond 64 bits": b"9" * 30,
    "5,000 digits": b"9" * 5000,
    "an empty text": b'""',
    "half a surrogate pair": rb'"\ud800"',
    "NUL": rb'"\u0000"',
    "a list": b"[[]]",
    "an object": b"{}",
    "a list of null": b"[null]",
    "an odd object": rb'{"\ud800":"\udc00"}',
    "300 deep": objects(300),
    "900 deep": objects(900),
    "70,000 letters": b'"' + b"x" * 70_000 + b'"',
    "a host's file": b'"/etc/passwd"',
    "a way up": b'"../../../../../../etc/passwd"',
    "a line's end": rb'"a\r\nx: y"',
    "bad UTF-8": b'"\xff"',
}

TEXTS: Final = st.text(st.characters(codec=None, categories=None), max_size=40)
"""Any text at all, half surrogate pairs included."""
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
