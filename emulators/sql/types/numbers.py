"""Numbers from text and as text, in PostgreSQL's range, precision and spelling."""

from __future__ import annotations

import math
import re
import struct
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final

from ..errors import SqlError
from .table import FLOAT4, INT2, INT4, INT8, OID

WIDE: Final = Context(prec=2000, rounding=ROUND_HALF_UP, Emax=200000, Emin=-200000)
"""Arithmetic on numerics is exact within any sane number of digits."""
RANGES: Final = {
    INT2: (-(2**15), 2**15 - 1, "smallint"),
    INT4: (-(2**31), 2**31 - 1, "integer"),
    INT8: (-(2**63), 2**63 - 1, "bigint"),
    OID: (0, 2**32 - 1, "oid"),
}
_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_NUMERIC = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_FLOAT_WORDS: Final = {
    "nan": math.nan,
    "infinity": math.inf,
    "+infinity": math.inf,
    "-infinity": -math.inf,
    "inf": math.inf,
    "+inf": math.inf,
    "-inf": -math.inf,
}


def bad_input(type_name: str, text: str) -> SqlError:
    """The error for a text that is not a value of a type."""
    return SqlError("22P02", f'invalid input syntax for type {type_name}: "{text}"')


def read_integer(text: str, oid: int) -> int:
    """A whole number. Raises 22P02 and 22003."""
    low, high, name = RANGES[oid]
    if not _INTEGER.fullmatch(text):
        raise bad_input(name, text)
    # int() takes no text of thousands of digits, be they zeros in front.
    sign, digits = (-1 if "-" in text else 1), text.strip().lstrip("+-").lstrip("0")
    value = sign * int(digits or "0") if len(digits) < 20 else high + 1
    if not low <= value <= high:
        raise SqlError("22003", f'value "{text}" is out of range for type {name}')
    return value


def check_integer(value: int, oid: int) -> int:
    """A computed whole number. Raises 22003."""
    low, high, name = RANGES[oid]
    if not low <= value <= high:
        raise SqlError("22003", f"{name} out of range")
    return value


def plain(value: Decimal) -> Decimal:
    """A number without a positive exponent, so that its exponent is its display scale."""
    exponent = value.as_tuple().exponent
    return value.quantize(Decimal(1), context=WIDE) if isinstance(exponent, int) and exponent > 0 else value


def read_numeric(text: str) -> Decimal:
    """An exact number. Raises 22P02."""
    if _NUMERIC.fullmatch(text):
        try:
            return plain(Decimal(text.strip()))
        except InvalidOperation:
            raise SqlError("22003", "value overflows numeric format") from None
    word = text.strip().lower()
    if word in _FLOAT_WORDS:
        return Decimal(word)
    raise bad_input("numeric", text)


def show_numeric(value: Decimal) -> str:
    """All digits, without an exponent."""
    if value.is_finite():
        text = format(value, "f")
        return text[1:] if value.is_zero() and text[0] == "-" else text
    return "NaN" if value.is_nan() else ("Infinity" if value > 0 else "-Infinity")


def scale_of(value: Decimal) -> int:
    """The display scale: digits after the point."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rescale(value: Decimal, scale: int) -> Decimal:
    """Rounded half away from zero to so many digits after the point."""
    if not value.is_finite():
        return value
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP, context=WIDE)


def apply_numeric_typmod(value: Decimal, typmod: int) -> Decimal:
    """A number as a ``numeric(p, s)`` column takes it. Raises 22003."""
    if typmod < 0 or value.is_nan():
        return value
    precision, scale = (typmod - 4) >> 16 & 0xFFFF, (typmod - 4) & 0x7FF
    if scale > 1023:
        scale -= 2048
    limit = precision - scale
    if value.is_infinite():
        detail = f"A field with precision {precision}, scale {scale} cannot hold an infinite value."
        raise SqlError("22003", "numeric field overflow", detail=detail)
    rounded = rescale(value, scale) if scale >= 0 else plain(rescale(value, scale))
    if abs(rounded) >= Decimal(10) ** limit:
        power = f"10^{limit}" if limit else "1"
        raise SqlError(
            "22003",
            "numeric field overflow",
            detail=f"A field with precision {precision}, scale {scale} must round to an absolute value less than {power}.",
        )
    return rounded


def read_float(text: str, oid: int) -> float:
    """A binary floating-point number. Raises 22P02 and 22003."""
    name = "real" if oid == FLOAT4 else "double precision"
    word = text.strip()
    if _NUMERIC.fullmatch(text):
        value = float(word)
        if oid == FLOAT4:
            value = to_float4(value, word, name)
        if math.isinf(value) or (value == 0 and Decimal(word) != 0):
            raise SqlError("22003", f'"{word}" is out of range for type {name}')
        return value
    if word.lower() in _FLOAT_WORDS:
        return _FLOAT_WORDS[word.lower()]
    raise bad_input(name, text)


def to_float4(value: float, text: str | None = None, name: str = "real") -> float:
    """The nearest single-precision number. Raises 22003."""
    try:
        return float(struct.unpack("!f", struct.pack("!f", value))[0])
    except OverflowError:
        if text is not None:
            raise SqlError("22003", f'"{text}" is out of range for type {name}') from None
        raise SqlError("22003", "value out of range: overflow") from None


def show_float(value: float) -> str:
    """The shortest text that reads back the same."""
    return _spell(repr(value), 15) if math.isfinite(value) else _special(value)


def show_float4(value: float) -> str:
    """The shortest text that reads back the same in single precision."""
    if not math.isfinite(value):
        return _special(value)
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("!f", float(text)) == struct.pack("!f", value):
            return _spell(text, 6)
    return _spell(repr(value), 6)


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _spell(text: str, widest: int) -> str:
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    if figures == "0":
        return "-0" if sign else "0"
    point = len(digits) + exponent
    minus = "-" if sign else ""
    if -5 < point - 1 < widest:
        if point <= 0:
            return f"{minus}0.{'0' * -point}{figures}"
        if len(figures) <= point:
            return minus + figures + "0" * (point - len(figures))
        return f"{minus}{figures[:point]}.{figures[point:]}"
    mantissa = figures[0] + (f".{figures[1:]}" if len(figures) > 1 else "")
    power = point - 1
    return f"{minus}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
