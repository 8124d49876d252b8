"""Intervals from text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from ..errors import SqlError
from .datetime import DAY, Interval

_MONTH_UNITS: Final = {"year": 12, "decade": 120, "century": 1200, "millennium": 12000}
_MICRO_UNITS: Final = {
    "hour": 3_600_000_000,
    "minute": 60_000_000,
    "second": 1_000_000,
    "millisecond": 1000,
    "microsecond": 1,
}
_NAMES: Final = {
    "y": "year",
    "yr": "year",
    "yrs": "year",
    "year": "year",
    "years": "year",
    "mon": "month",
    "mons": "month",
    "month": "month",
    "months": "month",
    "w": "week",
    "week": "week",
    "weeks": "week",
    "d": "day",
    "day": "day",
    "days": "day",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "hour": "hour",
    "hours": "hour",
    "m": "minute",
    "min": "minute",
    "mins": "minute",
    "minute": "minute",
    "minutes": "minute",
    "s": "second",
    "sec": "second",
    "secs": "second",
    "second": "second",
    "seconds": "second",
    "ms": "millisecond",
    "msec": "millisecond",
    "millisecond": "millisecond",
    "milliseconds": "millisecond",
    "us": "microsecond",
    "usec": "microsecond",
    "microsecond": "microsecond",
    "microseconds": "microsecond",
    "decade": "decade",
    "decades": "decade",
    "century": "century",
    "centuries": "century",
    "millennium": "millennium",
    "millennia": "millennium",
}
_TOKEN = re.compile(
    r"([+-]?\d+:\d{2}(?::\d{2}(?:\.\d+)?)?)|([+-]?(?:\d+\.?\d*|\.\d+))\s*([A-Za-z]*)|([A-Za-z]+)|@|(\S)"
)


class _Sum:
    def __init__(self) -> None:
        self.months = 0
        self.days = 0
        self.micros = 0

    def add(self, amount: Decimal, unit: str) -> None:
        whole = int(amount)
        part = amount - whole
        if unit in _MONTH_UNITS:
            self.months += int((amount * _MONTH_UNITS[unit]).to_integral_value())
        elif unit == "month":
            self.months += whole
            self.add_days(part * 30)
        elif unit == "week":
            self.add_days(amount * 7)
        elif unit == "day":
            self.add_days(amount)
        else:
            self.micros += int((amount * _MICRO_UNITS[unit]).to_integral_value())

    def add_days(self, amount: Decimal) -> None:
        whole = int(amount)
        self.days += whole
        self.micros += int(((amount - whole) * DAY).to_integral_value())


def read_interval(text: str, default: str = "second") -> Interval:
    """An interval from PostgreSQL's, SQL's or ISO 8601's form. Raises 22007."""
    stripped = text.strip()
    if re.fullmatch(r"[Pp][^\s]+", stripped):
        return _iso(stripped, text)
    if found := re.fullmatch(r"([+-]?)(\d+)-(\d+)", stripped):
        months = int(found[2]) * 12 + int(found[3])
        return Interval(-months if found[1] == "-" else months, 0, 0)
    total, seen, ago = _Sum(), False, False
    for clock, number, unit, word, other in _TOKEN.findall(stripped):
        if clock:
            total.micros += _clock(clock)
        elif number:
            name = _NAMES.get(unit.lower() or default)
            if name is None:
                raise _bad(text)
            total.add(Decimal(number), name)
        elif word.lower() == "ago":
            ago = True
        elif word or other:
            raise _bad(text)
        else:
            continue
        seen = True
    if not seen:
        raise _bad(text)
    sign = -1 if ago else 1
    return Interval(sign * total.months, sign * total.days, sign * total.micros)


def _clock(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    parts = text.lstrip("+-").split(":")
    seconds = Decimal(parts[2]) if len(parts) > 2 else Decimal(0)
    return sign * int((int(parts[0]) * 3600 + int(parts[1]) * 60 + seconds) * 1_000_000)


def _iso(form: str, text: str) -> Interval:
    found = re.fullmatch(
        r"[Pp](?:(-?[\d.]+)Y)?(?:(-?[\d.]+)M)?(?:(-?[\d.]+)W)?(?:(-?[\d.]+)D)?"
        r"(?:T(?:(-?[\d.]+)H)?(?:(-?[\d.]+)M)?(?:(-?[\d.]+)S)?)?",
        form,
    )
    if not found or not any(found.groups()):
        raise _bad(text)
    total = _Sum()
    for amount, unit in zip(found.groups(), ("year", "month", "week", "day", "hour", "minute", "second"), strict=True):
        if amount:
            total.add(Decimal(amount), unit)
    return Interval(total.months, total.days, total.micros)


def _bad(text: str) -> SqlError:
    return SqlError("22007", f'invalid input syntax for type interval: "{text}"')
