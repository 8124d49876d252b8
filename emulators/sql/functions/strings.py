"""Functions of text and bytes."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, Final

from ..errors import SqlError, unsupported
from ..types.numbers import check_integer
from ..types.table import BOOL, INT4
from ..types.text import show
from .patterns import compile_regex, like_escape, similar_to_regex
from .registry import Library

FUNCTIONS: Final = Library()
add = FUNCTIONS.add


def text_of(context: Any, value: Any, oid: int) -> str:
    """A value as its type's text."""
    return show(value, context.find(oid), context.find, context.style)


def _concat(context: Any, values: list[tuple[Any, int]]) -> str:
    return "".join(text_of(context, value, oid) for value, oid in values if value is not None)


def _concat_ws(context: Any, values: list[tuple[Any, int]]) -> str | None:
    (separator, _), *rest = values
    if separator is None:
        return None
    return str(separator).join(text_of(context, value, oid) for value, oid in rest if value is not None)


def quote_ident(name: str) -> str:
    """An identifier, quoted where it must be."""
    from ..catalog.keywords import RESERVED

    if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A string literal."""
    quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"
    return "E" + quoted if "\\" in text else quoted


_FORMAT = re.compile(r"%(?:(\d+)\$)?(-?)(\d+|\*(?:\d+\$)?)?(.)|%", re.S)


def _format(context: Any, values: list[tuple[Any, int]]) -> str | None:
    (template, _), *args = values
    if template is None:
        return None
    place = 0

    def put(found: re.Match[str]) -> str:
        nonlocal place
        position, left, width, kind = found.groups()
        if kind is None:
            raise SqlError("22023", "unterminated format() type specifier", hint='For a single "%" use "%%".')
        if kind == "%":
            return "%"
        if kind not in "sIL":
            raise SqlError("22023", f'unrecognized format() type specifier "{kind}"', hint='For a single "%" use "%%".')
        index = int(position) - 1 if position else place
        if index >= len(args):
            raise SqlError("22023", "too few arguments for format()")
        place = index + 1
        value, oid = args[index]
        text = None if value is None else text_of(context, value, oid)
        if kind == "I":
            if text is None:
                raise SqlError("22004", "null values cannot be formatted as an SQL identifier")
            text = quote_ident(text)
        elif kind == "L":
            text = "NULL" if text is None else quote_literal(text)
        text = text or ""
        return (text.ljust(int(width)) if left else text.rjust(int(width))) if width and width.isdigit() else text

    return _FORMAT.sub(put, str(template))


def _substr(text: Any, start: int, length: int | None = None) -> Any:
    if length is None:
        return text[max(start - 1, 0) :]
    if length < 0:
        raise SqlError("22011", "negative substring length not allowed")
    return text[max(start - 1, 0) : max(start - 1 + length, 0)]


_LONGEST: Final = 64_000_000


def _substring_regex(text: str, pattern: str) -> str | None:
    found = compile_regex(pattern).search(text)
    if found is None:
        return None
    return found[1] if found.re.groups else found[0]


def _overlay(text: str, new: str, start: int, length: int | None = None) -> str:
    count = len(new) if length is None else length
    return text[: start - 1] + new + text[start - 1 + count :]


def _split_part(text: str, delimiter: str, index: int) -> str:
    if index == 0:
        raise SqlError("22023", "field position must not be zero")
    parts = text.split(delimiter) if delimiter else [text]
    return parts[index - 1 if index > 0 else index] if -len(parts) <= index <= len(parts) else ""


def _pad(text: str, length: int, fill: str = " ", left: bool = True) -> str:
    if length <= len(text) or not fill:
        return text[: max(length, 0)]
    if length > _LONGEST:
        raise SqlError("54000", "requested length too large")
    pad = (fill * (length - len(text)))[: length - len(text)]
    return pad + text if left else text + pad


def _repeat(text: str, times: int) -> str:
    if len(text) * max(times, 0) > _LONGEST:
        raise SqlError("54000", "requested length too large")
    return text * max(times, 0)


def _replacement(template: str) -> Any:
    def put(found: re.Match[str]) -> str:
        return re.sub(
            r"\\(\d|&|\\)",
            lambda m: (
                found[0]
                if m[1] == "&"
                else "\\"
                if m[1] == "\\"
                else (found[int(m[1])] or "" if int(m[1]) <= found.re.groups else "")
            ),
            template,
        )

    return put


def _regexp_replace(text: str, pattern: str, new: str, flags: str = "") -> str:
    return compile_regex(pattern, flags.replace("g", "")).sub(_replacement(new), text, count=0 if "g" in flags else 1)


def _groups(found: re.Match[str]) -> tuple[Any, ...]:
    return tuple(found.groups()) if found.re.groups else (found[0],)


def _regexp_matches(text: str, pattern: str, flags: str = "") -> Any:
    found = compile_regex(pattern, flags.replace("g", "")).finditer(text)
    rows = [_groups(each) for each in found]
    return rows if "g" in flags else rows[:1]


def _regexp_match(text: str, pattern: str, flags: str = "") -> Any:
    if "g" in flags:
        raise SqlError(
            "22023",
            'regexp_match() does not support the "global" option',
            hint="Use the regexp_matches function instead.",
        )
    found = compile_regex(pattern, flags).search(text)
    return None if found is None else _groups(found)


def _regexp_split(text: str, pattern: str, flags: str = "") -> Any:
    parts: list[str] = []
    last = 0
    for found in compile_regex(pattern, flags.replace("g", "")).finditer(text):
        if found.end() == found.start() and (found.start() in (last, len(text))):
            continue
        parts.append(text[last : found.start()])
        last = found.end()
    return (*parts, text[last:])


def _regexp_count(text: str, pattern: str, start: int = 1, flags: str = "") -> int:
    return sum(1 for _ in compile_regex(pattern, flags).finditer(text, start - 1))


def _initcap(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda m: m[0][0].upper() + m[0][1:].lower(), text)


def _translate(text: str, old: str, new: str) -> str:
    table: dict[int, str | None] = {}
    for place, char in enumerate(old):
        table.setdefault(ord(char), new[place] if place < len(new) else None)
    return text.translate(table)


def _encode(data: bytes, form: str) -> str:
    match form.lower():
        case "hex":
            return data.hex()
        case "base64":
            text = base64.b64encode(data).decode()
            return "\n".join(text[n : n + 76] for n in range(0, len(text), 76))
        case "escape":
            return "".join("\\\\" if b == 92 else f"\\{b:03o}" if b == 0 or b > 127 else chr(b) for b in data)
        case _:
            raise SqlError("22023", f'unrecognized encoding: "{form}"')


def _decode(text: str, form: str) -> bytes:
    match form.lower():
        case "hex":
            digits = re.sub(r"\s", "", text)
            if found := re.search(r"[^0-9a-fA-F]", digits):
                raise SqlError("22023", f'invalid hexadecimal digit: "{found[0]}"')
            if len(digits) % 2:
                raise SqlError("22023", "invalid hexadecimal data: odd number of digits")
            return bytes.fromhex(digits)
        case "base64":
            try:
                return base64.b64decode(re.sub(r"\s", "", text), validate=True)
            except ValueError:
                raise SqlError("22023", "invalid base64 end sequence") from None
        case "escape":
            from ..types.text import read_bytea

            return read_bytea(text)
        case _:
            raise SqlError("22023", f'unrecognized encoding: "{form}"')


def _chr(code: int) -> str:
    if code == 0:
        raise SqlError("54000", "null character not permitted")
    if not 0 < code <= 0x10FFFF:
        raise SqlError("54000", f"requested character too large for encoding: {code}")
    return chr(code)


def _to_hex(value: int) -> str:
    return format(value & (0xFFFFFFFF if -(2**31) <= value < 2**31 else 0xFFFFFFFFFFFFFFFF), "x")


def _quote_nullable(context: Any, values: list[tuple[Any, int]]) -> str:
    value, oid = values[0]
    return "NULL" if value is None else quote_literal(text_of(context, value, oid))


def _quote_literal(context: Any, values: list[tuple[Any, int]]) -> str:
    return quote_literal(text_of(context, *values[0]))


def _strip(side: str) -> Any:
    def run(text: str, chars: str = " ") -> str:
        return {"both": text.strip, "left": text.lstrip, "right": text.rstrip}[side](chars or "") if chars else text

    return run


def _digest(name: str) -> Any:
    return lambda data: hashlib.new(name, data).digest()


def _unsupported_normalize(text: str, form: str = "NFC") -> str:
    import unicodedata

    if form.upper() not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise unsupported(f"normalization form {form}")
    return unicodedata.normalize(form.upper(), text)  # type: ignore[arg-type]


add("lower(text) text", str.lower)
add("upper(text) text", str.upper)
add("initcap(text) text", _initcap)
add("length(text) int4; char_length(text) int4; character_length(text) int4", len)
add("length(bpchar) int4; char_length(bpchar) int4; character_length(bpchar) int4", lambda text: len(text.rstrip(" ")))
add("length(bytea) int4; octet_length(bytea) int4", len)
add("octet_length(text) int4; octet_length(bpchar) int4", lambda text: len(text.encode()))
add("bit_length(text) int4", lambda text: 8 * len(text.encode()))
add("bit_length(bytea) int4", lambda data: 8 * len(data))
add(
    "substr(text, int4) text; substr(text, int4, int4) text; substring(text, int4) text; substring(text, int4, int4) text",
    _substr,
)
add(
    "substr(bytea, int4) bytea; substr(bytea, int4, int4) bytea; substring(bytea, int4) bytea; substring(bytea, int4, int4) bytea",
    _substr,
)
add("substring(text, text) text", _substring_regex)
add("overlay(text, text, int4) text; overlay(text, text, int4, int4) text", _overlay)
add("position(text, text) int4; strpos(text, text) int4", lambda text, part: text.find(part) + 1)
add("position(bytea, bytea) int4", lambda data, part: data.find(part) + 1)
add("left(text, int4) text", lambda text, n: text[:n])
add("right(text, int4) text", lambda text, n: (text[-n:] if n > 0 else text[-n:] if n < 0 else "") if n else "")
add("lpad(text, int4) text; lpad(text, int4, text) text", _pad)
add("rpad(text, int4) text; rpad(text, int4, text) text", lambda text, n, fill=" ": _pad(text, n, fill, False))
add("btrim(text) text; btrim(text, text) text", _strip("both"))
add("ltrim(text) text; ltrim(text, text) text", _strip("left"))
add("rtrim(text) text; rtrim(text, text) text", _strip("right"))
add("repeat(text, int4) text", _repeat)
add("replace(text, text, text) text", lambda text, old, new: text.replace(old, new) if old else text)
add("reverse(text) text", lambda text: text[::-1])
add("split_part(text, text, int4) text", _split_part)
add("translate(text, text, text) text", _translate)
add("starts_with(text, text) bool", str.startswith)
add("ascii(text) int4", lambda text: ord(text[0]) if text else 0)
add("chr(int4) text", _chr)
add("to_hex(int4) text; to_hex(int8) text", _to_hex)
add("md5(text) text", lambda text: hashlib.md5(text.encode()).hexdigest())
add("md5(bytea) text", lambda data: hashlib.md5(data).hexdigest())
for _name in ("sha224", "sha256", "sha384", "sha512"):
    add(f"{_name}(bytea) bytea", _digest(_name))
add("encode(bytea, text) text", _encode)
add("decode(text, text) bytea", _decode)
add("convert_to(text, name) bytea", lambda text, name: text.encode())
add("convert_from(bytea, name) text", lambda data, name: data.decode())
add("quote_ident(text) text", quote_ident)
add("quote_literal(text) text", quote_literal)
add("quote_literal(anyelement) text", _quote_literal, typed=True)
add("quote_nullable(text) text; quote_nullable(anyelement) text", _quote_nullable, typed=True, strict=False)
add("concat(variadic any) text", _concat, typed=True, strict=False)
add("concat_ws(text, variadic any) text", _concat_ws, typed=True, strict=False)
add("format(text, variadic any) text; format(text) text", _format, typed=True, strict=False)
add("regexp_replace(text, text, text) text; regexp_replace(text, text, text, text) text", _regexp_replace)
add("regexp_matches(text, text) setof text[]; regexp_matches(text, text, text) setof text[]", _regexp_matches)
add("regexp_match(text, text) text[]; regexp_match(text, text, text) text[]", _regexp_match)
add("regexp_split_to_array(text, text) text[]; regexp_split_to_array(text, text, text) text[]", _regexp_split)
add("regexp_split_to_table(text, text) setof text; regexp_split_to_table(text, text, text) setof text", _regexp_split)
add(
    "regexp_count(text, text) int4; regexp_count(text, text, int4) int4; regexp_count(text, text, int4, text) int4",
    _regexp_count,
)
add(
    "regexp_like(text, text) bool; regexp_like(text, text, text) bool",
    lambda t, p, f="": compile_regex(p, f).search(t) is not None,
)
add("string_to_table(text, text) setof text", lambda text, by: text.split(by) if by else [text])
add("like_escape(text, text) text", like_escape)
add("similar_to_escape(text) text; similar_to_escape(text, text) text", similar_to_regex)
add("normalize(text) text; normalize(text, text) text", _unsupported_normalize)
add("get_byte(bytea, int4) int4", lambda data, n: data[n])
add(
    "unistr(text) text",
    lambda t: re.sub(r"\\(?:u([0-9a-fA-F]{4})|([0-9a-fA-F]{4}))", lambda m: chr(int(m[1] or m[2], 16)), t),
)
__all__ = ["BOOL", "FUNCTIONS", "INT4", "check_integer", "quote_ident", "quote_literal", "text_of"]
