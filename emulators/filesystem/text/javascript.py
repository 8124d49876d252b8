"""Strings as JavaScript has them, where they differ from Python's."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript trims, and what ``\\s`` matches: unlike Python's, without U+001C–U+001F and U+0085, with U+FEFF."""

_UNITS: Final = ("B", "KB", "MB", "GB", "TB")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def indent(line: str) -> str:
    """The blanks a line begins with."""
    return line[: len(line) - len(line.lstrip(SPACE))]


def length(text: str) -> int:
    """A text's length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def pad_end(text: str, width: int) -> str:
    """A text with blanks after it, up to ``width`` UTF-16 units."""
    return text + " " * (width - length(text))


def as_units(text: str) -> str:
    """A text in which each character beyond U+FFFF is two, as JavaScript counts."""
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[place] | data[place + 1] << 8) for place in range(0, len(data), 2))


def from_units(text: str) -> str:
    """What ``as_units`` was made of: pairs of surrogates become one character again."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def well_formed(text: str) -> str:
    """A text whose lone surrogates have become U+FFFD, as when it is written to a file."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def show_size(size: int) -> str:
    """A number of bytes for people: ``0 B``, ``1023 B``, ``1.00 KB``."""
    if size < 1024:
        return f"{max(size, 0)} B"
    power = min(math.floor(math.log(size) / math.log(1024)), len(_UNITS) - 1)
    exact = Decimal(size / 1024**power)
    return f"{exact.quantize(Decimal('0.01'), ROUND_HALF_UP)} {_UNITS[power]}"


def show_date(at: datetime) -> str:
    """A time as a ``Date`` prints itself where the time zone is UTC."""
    return (
        f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:02} {at.year:04} "
        f"{at.hour:02}:{at.minute:02}:{at.second:02} GMT+0000 (Coordinated Universal Time)"
    )
