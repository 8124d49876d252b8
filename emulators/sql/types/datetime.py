"""Dates and times as numbers: days and microseconds since 2000-01-01, and their text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import SqlError

DAY: Final = 86_400_000_000
INF_DATE: Final = 2**31 - 1
NINF_DATE: Final = -(2**31)
INF_TS: Final = 2**63 - 1
NINF_TS: Final = -(2**63)
_EPOCH_JULIAN: Final = 2451545
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ZONES: Final = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "ut": 0,
    "zulu": 0,
    "est": -18000,
    "edt": -14400,
    "cst": -21600,
    "cdt": -18000,
    "mst": -25200,
    "mdt": -21600,
    "pst": -28800,
    "pdt": -25200,
    "cet": 3600,
    "cest": 7200,
    "bst": 3600,
    "wet": 0,
    "eet": 7200,
    "jst": 32400,
    "ist": 7200,
    "msk": 10800,
}


class Interval(NamedTuple):
    """A span of time as PostgreSQL keeps it."""

    months: int
    days: int
    micros: int

    def span(self) -> int:
        """Microseconds with months of 30 days and days of 24 hours, as comparisons see it."""
        return (self.months * 30 + self.days) * DAY + self.micros


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 2000-01-01 of a date of the proleptic Gregorian calendar; year 0 is 1 BC."""
    year -= month <= 2
    era = year // 400
    yoe = year - era * 400
    doy = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    doe = yoe * 365 + yoe // 4 - yoe // 100 + doy
    return era * 146097 + doe - 730425


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day number."""
    z = days + 730425
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + (3 if mp < 10 else -9)
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


def month_days(year: int, month: int) -> int:
    """How long a month is."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo | None:
    """A time zone by name, abbreviation or offset; ``None`` if there is none."""
    lower = name.strip().lower()
    if lower in _ZONES:
        return timezone(timedelta(seconds=_ZONES[lower]))
    found = re.fullmatch(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d\d))?(?::?(\d\d))?", lower)
    if found:
        sign, hours, minutes, seconds = found.groups()
        offset = int(hours) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
        return timezone(timedelta(seconds=offset if sign == "+" else -offset))
    for candidate in (name, name.title(), name.upper(), _title_parts(name)):
        try:
            return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def _title_parts(name: str) -> str:
    return "/".join("_".join(part.capitalize() for part in piece.split("_")) for piece in name.split("/"))


def offset_at(micros: int, where: tzinfo) -> int:
    """Seconds east of UTC at an instant."""
    moment = _moment(micros)
    return int((where.utcoffset(moment.astimezone(where)) or timedelta()).total_seconds())


def _moment(micros: int) -> datetime:
    try:
        return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except OverflowError:
        return datetime(9999, 1, 1, tzinfo=UTC) if micros > 0 else datetime(1, 1, 2, tzinfo=UTC)


def to_utc(local: int, where: tzinfo) -> int:
    """The instant of a local time; of a time that a change of clocks skips or repeats, the standard one."""
    if local in (INF_TS, NINF_TS):
        return local
    guess = _moment(local).replace(tzinfo=None)
    return local - int((where.utcoffset(guess.replace(fold=0)) or timedelta()).total_seconds()) * 1_000_000


def to_local(micros: int, where: tzinfo) -> int:
    """The local time of an instant."""
    return micros if micros in (INF_TS, NINF_TS) else micros + offset_at(micros, where) * 1_000_000


# Text


def show_date(days: int) -> str:
    """A date in ISO style."""
    if days == INF_DATE:
        return "infinity"
    if days == NINF_DATE:
        return "-infinity"
    year, month, day = civil_from_days(days)
    if year > 0:
        return f"{year:04d}-{month:02d}-{day:02d}"
    return f"{1 - year:04d}-{month:02d}-{day:02d} BC"


def show_time(micros: int) -> str:
    """A time of day."""
    seconds, fraction = divmod(micros, 1_000_000)
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"
    return text + f".{fraction:06d}".rstrip("0") if fraction else text


def show_timestamp(micros: int) -> str:
    """A timestamp in ISO style."""
    if micros == INF_TS:
        return "infinity"
    if micros == NINF_TS:
        return "-infinity"
    days, rest = divmod(micros, DAY)
    date = show_date(days)
    if date.endswith(" BC"):
        return f"{date[:-3]} {show_time(rest)} BC"
    return f"{date} {show_time(rest)}"


def show_timestamptz(micros: int, where: tzinfo | None) -> str:
    """An instant in ISO style in a time zone; ``None`` is UTC."""
    if micros in (INF_TS, NINF_TS):
        return show_timestamp(micros)
    offset = offset_at(micros, where) if where is not None else 0
    text = show_timestamp(micros + offset * 1_000_000)
    era = ""
    if text.endswith(" BC"):
        text, era = text[:-3], " BC"
    return text + show_offset(offset) + era


def show_offset(offset: int) -> str:
    """An offset from UTC as timestamps end with it."""
    sign = "-" if offset < 0 else "+"
    minutes, seconds = divmod(abs(offset), 60)
    text = f"{sign}{minutes // 60:02d}"
    if minutes % 60 or seconds:
        text += f":{minutes % 60:02d}"
    return text + (f":{seconds:02d}" if seconds else "")


def show_interval(value: Interval) -> str:
    """An interval in the style ``postgres``."""
    years, months = abs(value.months) // 12, abs(value.months) % 12
    sign = -1 if value.months < 0 else 1
    parts: list[str] = []
    negative = False
    for amount, unit in ((sign * years, "year"), (sign * months, "mon"), (value.days, "day")):
        if amount:
            plus = "+" if negative and amount > 0 else ""
            parts.append(f"{plus}{amount} {unit}{'' if amount == 1 else 's'}")
            negative = amount < 0
    if value.micros or not parts:
        plus = "-" if value.micros < 0 else ("+" if negative else "")
        parts.append(plus + show_time(abs(value.micros)))
    return " ".join(parts)


# Input

_ISO = re.compile(
    r"\s*(\d{4,6})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?"
    r"\s*(Z|z|[+-]\d{1,2}(?::?\d{2})?(?::?\d{2})?)?(\s*BC)?\s*"
)


class Stamp(NamedTuple):
    """What a date/time string said: a day, a time of day, and the zone if it named one."""

    days: int
    micros: int
    zone: tzinfo | None
    special: str = ""


def _bad(kind: str, text: str) -> SqlError:
    return SqlError("22007", f'invalid input syntax for type {kind}: "{text}"')


def _out_of_range(text: str) -> SqlError:
    return SqlError("22008", f'date/time field value out of range: "{text}"')


def _fraction(digits: str | None) -> int:
    return round(int(digits) * 10 ** (6 - len(digits))) if digits else 0


def parse_stamp(text: str, kind: str, now: int = 0) -> Stamp:
    """Read a date with or without a time. ``now`` is for ``now``, ``today`` and their like."""
    found = _ISO.fullmatch(text)
    if not found:
        return _parse_loose(text, kind, now)
    year, month, day, hour, minute, second, fraction, offset, era = found.groups()
    days = _day(text, int(year), int(month), int(day), bool(era))
    where = zone("UTC" if offset in ("Z", "z") else offset) if offset else None
    return Stamp(days, _clock(text, int(hour or 0), int(minute or 0), int(second or 0), _fraction(fraction)), where)


def _day(text: str, year: int, month: int, day: int, bc: bool) -> int:
    if bc:
        year = 1 - year
    elif year == 0:
        raise _out_of_range(text)
    if not 1 <= month <= 12 or not 1 <= day <= month_days(year, month):
        error = _out_of_range(text)
        if month > 12 or day > 31:
            error.native = {**error.native, "hint": 'Perhaps you need a different "datestyle" setting.'}
        raise error
    return days_from_civil(year, month, day)


def _clock(text: str, hour: int, minute: int, second: int, fraction: int) -> int:
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second or fraction)):
        raise _out_of_range(text)
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction


_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?")
_TOKEN = re.compile(
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|[A-Za-z]+(?:/[A-Za-z_]+)+|[A-Za-z]+|[+-]\d{1,2}(?::?\d{2})?(?=\s|$)"
    r"|\d+(?:[-/.]\d+)+|\d+(?:-[A-Za-z]+-\d+)|\d+|[\s,]+|."
)


def _parse_loose(text: str, kind: str, now: int) -> Stamp:
    lowered = text.strip().lower()
    today = now // DAY
    specials = {"epoch": Stamp(-10957, 0, UTC), "now": Stamp(today, now % DAY, UTC)}
    specials |= {word: Stamp(today + n, 0, None) for word, n in (("today", 0), ("tomorrow", 1), ("yesterday", -1))}
    if lowered in specials:
        return specials[lowered]
    if lowered in ("infinity", "+infinity", "-infinity"):
        return Stamp(0, 0, None, lowered.lstrip("+"))
    year = month = day = None
    micros, where, bc, pm = 0, None, False, ""
    numbers: list[str] = []
    for token in _TOKEN.findall(text.strip().replace("T", " ") if re.match(r"\s*\d{8}T", text) else text.strip()):
        word = token.lower()
        if not token.strip(" ,\t\n"):
            continue
        if found := _TIME.fullmatch(token):
            micros = _clock(text, int(found[1]), int(found[2]), int(found[3] or 0), _fraction(found[4]))
        elif word in ("am", "pm"):
            pm = word
        elif word in ("bc", "ad"):
            bc = word == "bc"
        elif word[:3] in _MONTHS and token.isalpha() and _is_month(word):
            month = _MONTHS.index(word[:3]) + 1
        elif token.isalpha() and word[:3] in _DAYS and word not in _ZONES:
            continue
        elif token[0] in "+-" or token[0].isalpha():
            where = zone(token)
            if where is None:
                if kind.startswith("timestamp") and token[0].isalpha() and "/" in token:
                    raise SqlError("22023", f'time zone "{word}" not recognized')
                raise _bad(kind, text)
        elif parts := re.fullmatch(r"(\d+)[-/.](\d+)[-/.](\d+)", token):
            numbers += [parts[1], parts[2], parts[3]]
        elif parts := re.fullmatch(r"(\d+)-([A-Za-z]+)-(\d+)", token):
            month = _MONTHS.index(parts[2].lower()[:3]) + 1 if parts[2].lower()[:3] in _MONTHS else None
            numbers += [parts[1], parts[3]]
        elif token.isdigit():
            numbers.append(token)
        else:
            raise _bad(kind, text)
    if len(numbers) == 1 and len(numbers[0]) == 8 and month is None:
        numbers = [numbers[0][:4], numbers[0][4:6], numbers[0][6:]]
    if month is not None and len(numbers) == 2:
        year, day = sorted(numbers, key=len, reverse=True) if len(numbers[0]) != len(numbers[1]) else numbers[::-1]
    elif len(numbers) == 3:
        year, month, day = (
            (numbers[0], int(numbers[1]), numbers[2])
            if len(numbers[0]) > 2
            else (numbers[2], int(numbers[0]), numbers[1])
        )
    if year is None or month is None or day is None:
        raise _bad(kind, text)
    if pm:
        hour = micros // 3_600_000_000
        if not 1 <= hour <= 12:
            raise _out_of_range(text)
        micros += (12 if pm == "pm" and hour < 12 else -12 if pm == "am" and hour == 12 else 0) * 3_600_000_000
    number = int(year)
    if len(year) <= 2 and not bc:
        number += 2000 if number < 70 else 1900
    return Stamp(_day(text, number, month, int(day), bc), micros, where)


def _is_month(word: str) -> bool:
    full = (
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    )
    return word in _MONTHS or word in full or word == "sept"


def read_date(text: str, now: int = 0) -> int:
    """A date's day number. Raises 22007 and 22008."""
    stamp = parse_stamp(text, "date", now)
    if stamp.special:
        return INF_DATE if stamp.special == "infinity" else NINF_DATE
    return stamp.days


def read_timestamp(text: str, now: int = 0) -> int:
    """A timestamp's microseconds; a zone in the text is ignored, as PostgreSQL does."""
    stamp = parse_stamp(text, "timestamp", now)
    if stamp.special:
        return INF_TS if stamp.special == "infinity" else NINF_TS
    return stamp.days * DAY + stamp.micros


def read_timestamptz(text: str, where: tzinfo | None, now: int = 0) -> int:
    """An instant; ``where`` is the zone of a text that names none."""
    stamp = parse_stamp(text, "timestamp with time zone", now)
    if stamp.special:
        return INF_TS if stamp.special == "infinity" else NINF_TS
    local = stamp.days * DAY + stamp.micros
    used = stamp.zone or where
    return local if used is None else to_utc(local, used)


def read_time(text: str) -> int:
    """A time of day."""
    found = re.fullmatch(
        r"\s*(?:\d{4}-\d\d-\d\d[ T])?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?\s*([AaPp][Mm])?\s*(?:Z|[+-]\d\d(?::?\d\d)?)?\s*",
        text,
    )
    if not found:
        raise _bad("time", text)
    hour = int(found[1])
    if found[5]:
        if not 1 <= hour <= 12:
            raise _out_of_range(text)
        hour = hour % 12 + (12 if found[5].lower() == "pm" else 0)
    return _clock(text, hour, int(found[2]), int(found[3] or 0), _fraction(found[4]))
