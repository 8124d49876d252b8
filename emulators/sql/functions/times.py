"""Functions of dates and times."""

from __future__ import annotations

import re
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from ..errors import SqlError
from ..types.datetime import (
    DAY,
    INF_TS,
    NINF_TS,
    Interval,
    civil_from_days,
    days_from_civil,
    month_days,
    offset_at,
    read_date,
    show_offset,
    to_local,
    to_utc,
    zone,
)  # fmt: skip
from ..types.numbers import rescale, show_numeric
from .operators import add_interval
from .registry import Library

FUNCTIONS: Final = Library()
add = FUNCTIONS.add
_DAY_NAMES: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTH_NAMES: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_UNITS: Final = {
    "years": "year", "months": "month", "days": "day", "hours": "hour", "minutes": "minute", "seconds": "second",
    "weeks": "week", "quarters": "quarter", "mon": "month", "mons": "month", "min": "minute", "mins": "minute",
    "sec": "second", "secs": "second", "hr": "hour", "hrs": "hour", "h": "hour", "m": "minute", "s": "second",
    "d": "day", "y": "year", "yr": "year", "yrs": "year", "w": "week", "ms": "milliseconds",
    "millisecond": "milliseconds", "us": "microseconds", "microsecond": "microseconds", "decades": "decade",
    "centuries": "century", "millenniums": "millennium",
}  # fmt: skip


def unit_of(name: str) -> str:
    """A field's name, unabbreviated."""
    lower = name.lower()
    return _UNITS.get(lower, lower)


def iso_week(days: int) -> tuple[int, int]:
    """ISO year and week of a day."""
    weekday = (days + 5) % 7  # Monday is 0
    thursday = days - weekday + 3
    year, _, _ = civil_from_days(thursday)
    first = days_from_civil(year, 1, 1)
    return year, (thursday - first) // 7 + 1


def _date_fields(days: int, unit: str) -> int | None:
    year, month, day = civil_from_days(days)
    match unit:
        case "year":
            return year if year > 0 else year - 1
        case "month":
            return month
        case "day":
            return day
        case "quarter":
            return (month - 1) // 3 + 1
        case "dow":
            return (days + 6) % 7
        case "isodow":
            return (days + 5) % 7 + 1
        case "doy":
            return days - days_from_civil(year, 1, 1) + 1
        case "week":
            return iso_week(days)[1]
        case "isoyear":
            return iso_week(days)[0]
        case "decade":
            return year // 10
        case "century":
            return (year + 99) // 100 if year > 0 else -((-year + 100) // 100)
        case "millennium":
            return (year + 999) // 1000
        case "julian":
            return days + 2451545
        case _:
            return None


def _time_fields(micros: int, unit: str) -> Decimal | int | None:
    match unit:
        case "hour":
            return micros // 3_600_000_000
        case "minute":
            return micros // 60_000_000 % 60
        case "second":
            return Decimal(micros % 60_000_000).scaleb(-6)
        case "milliseconds":
            return Decimal(micros % 60_000_000).scaleb(-3)
        case "microseconds":
            return micros % 60_000_000
        case _:
            return None


def _unit_error(name: str, type_name: str, known: bool) -> SqlError:
    if known:
        return SqlError("0A000", f'unit "{name}" not supported for type {type_name}')
    return SqlError("22023", f'unit "{name}" not recognized for type {type_name}')


_ALL_UNITS: Final = frozenset(
    [
        "year",
        "month",
        "day",
        "quarter",
        "dow",
        "isodow",
        "doy",
        "week",
        "isoyear",
        "decade",
        "century",
        "millennium",
        "julian",
        "hour",
        "minute",
        "second",
        "milliseconds",
        "microseconds",
        "epoch",
        "timezone",
        "timezone_hour",
        "timezone_minute",
    ]
)


def _infinite(unit: str, value: int) -> Decimal | None:
    if unit in (
        "hour",
        "minute",
        "second",
        "milliseconds",
        "microseconds",
        "month",
        "day",
        "quarter",
        "dow",
        "isodow",
        "doy",
        "week",
    ):
        return None
    return Decimal("Infinity" if value > 0 else "-Infinity")


def extract_timestamp(name: str, micros: int, type_name: str = "timestamp without time zone") -> Any:
    """A field of a timestamp, as a number."""
    unit = unit_of(name)
    if micros in (INF_TS, NINF_TS):
        return _infinite(unit, micros)
    if unit == "epoch":
        return Decimal(micros + 946_684_800_000_000).scaleb(-6)
    days, rest = divmod(micros, DAY)
    found: Any = _date_fields(days, unit)
    if found is None:
        found = _time_fields(rest, unit)
    if unit == "julian":
        return Decimal(found) + Decimal(rest) / DAY
    if found is None:
        raise _unit_error(name.lower(), type_name, unit in _ALL_UNITS)
    return Decimal(found)


def _extract_instant(context: Any, name: str, micros: int) -> Any:
    unit = unit_of(name)
    if unit == "epoch" or micros in (INF_TS, NINF_TS):
        return extract_timestamp(name, micros)
    where = context.style.where
    offset = 0 if where is None else offset_at(micros, where)
    if unit.startswith("timezone"):
        value = {"timezone": offset, "timezone_hour": int(offset / 3600), "timezone_minute": int(offset % 3600 / 60)}
        return Decimal(value[unit])
    return extract_timestamp(name, micros + offset * 1_000_000, "timestamp with time zone")


def _extract_date(name: str, days: int) -> Any:
    unit = unit_of(name)
    if unit == "epoch":
        return Decimal(days * 86400 + 946_684_800)
    found = _date_fields(days, unit)
    if found is None:
        raise _unit_error(name.lower(), "date", unit in _ALL_UNITS)
    return Decimal(found)


def _extract_time(name: str, micros: int) -> Any:
    unit = unit_of(name)
    found = Decimal(micros).scaleb(-6) if unit == "epoch" else _time_fields(micros, unit)
    if found is None:
        raise _unit_error(name.lower(), "time without time zone", unit in _ALL_UNITS)
    return Decimal(found)


def _extract_interval(name: str, span: Interval) -> Any:
    unit = unit_of(name)
    years, months = int(span.months / 12), int(span.months - int(span.months / 12) * 12)
    sign = -1 if span.micros < 0 else 1
    micros = abs(span.micros)
    fields: dict[str, Any] = {
        "year": years, "month": months, "day": span.days, "quarter": months // 3 + 1, "decade": int(years / 10),
        "century": int(years / 100), "millennium": int(years / 1000), "hour": sign * (micros // 3_600_000_000),
    }  # fmt: skip
    if unit == "epoch":
        seconds = Decimal(years) * 31557600 + months * 2592000 + span.days * 86400
        return rescale(seconds + Decimal(span.micros).scaleb(-6), 6)
    if unit in fields:
        return Decimal(fields[unit])
    found = _time_fields(micros, unit)
    if found is None:
        raise _unit_error(name.lower(), "interval", unit in _ALL_UNITS)
    return sign * Decimal(found)


def trunc_timestamp(name: str, micros: int, type_name: str = "timestamp without time zone") -> int:
    """A timestamp cut down to a unit."""
    if micros in (INF_TS, NINF_TS):
        return micros
    unit = unit_of(name)
    days, rest = divmod(micros, DAY)
    sizes = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "milliseconds": 1000, "microseconds": 1}
    if unit in sizes:
        return micros - rest % sizes[unit]
    year, month, _ = civil_from_days(days)
    match unit:
        case "day":
            return days * DAY
        case "week":
            return (days - (days + 5) % 7) * DAY
        case "month":
            return days_from_civil(year, month, 1) * DAY
        case "quarter":
            return days_from_civil(year, (month - 1) // 3 * 3 + 1, 1) * DAY
        case "year" | "decade" | "century" | "millennium":
            size = {"year": 1, "decade": 10, "century": 100, "millennium": 1000}[unit]
            first = year // size * size if unit in ("year", "decade") else (year - 1) // size * size + 1
            return days_from_civil(first, 1, 1) * DAY
        case _:
            raise _unit_error(name.lower(), type_name, unit in _ALL_UNITS)


def _trunc_instant(context: Any, name: str, micros: int, where: str | None = None) -> int:
    place = _zone(where) if where else context.style.where
    if place is None:
        return trunc_timestamp(name, micros, "timestamp with time zone")
    return to_utc(trunc_timestamp(name, to_local(micros, place), "timestamp with time zone"), place)


def _trunc_interval(name: str, span: Interval) -> Interval:
    unit = unit_of(name)
    order = [
        "millennium",
        "century",
        "decade",
        "year",
        "quarter",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "milliseconds",
        "microseconds",
    ]
    if unit not in order:
        raise _unit_error(name.lower(), "interval", unit in _ALL_UNITS)
    sizes = {"millennium": 12000, "century": 1200, "decade": 120, "year": 12, "quarter": 3, "month": 1}
    if unit in sizes:
        return Interval(int(span.months / sizes[unit]) * sizes[unit], 0, 0)
    if unit == "day":
        return Interval(span.months, span.days, 0)
    size = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "milliseconds": 1000, "microseconds": 1}[
        unit
    ]
    return Interval(span.months, span.days, int(span.micros / size) * size)


def _zone(name: str) -> Any:
    found = zone(name)
    if found is None:
        raise SqlError("22023", f'time zone "{name}" not recognized')
    return found


def age(a: int, b: int) -> Interval:
    """The years, months and days between two timestamps, as a calendar counts them."""
    if a < b:
        span = age(b, a)
        return Interval(-span.months, -span.days, -span.micros)
    days_a, rest_a = divmod(a, DAY)
    days_b, rest_b = divmod(b, DAY)
    year_a, month_a, day_a = civil_from_days(days_a)
    year_b, month_b, day_b = civil_from_days(days_b)
    months = (year_a - year_b) * 12 + month_a - month_b
    days, micros = day_a - day_b, rest_a - rest_b
    if micros < 0:
        micros += DAY
        days -= 1
    if days < 0:
        days += month_days(year_b, month_b)
        months -= 1
    return Interval(months, days, micros)


def _justify_hours(span: Interval) -> Interval:
    days = int(span.micros / DAY)
    return _same_sign(Interval(span.months, span.days + days, span.micros - days * DAY))


def _justify_days(span: Interval) -> Interval:
    months = int(span.days / 30)
    return _same_sign(Interval(span.months + months, span.days - months * 30, span.micros))


def _same_sign(span: Interval) -> Interval:
    if span.days > 0 and span.micros < 0:
        return Interval(span.months, span.days - 1, span.micros + DAY)
    if span.days < 0 and span.micros > 0:
        return Interval(span.months, span.days + 1, span.micros - DAY)
    return span


def _justify_interval(span: Interval) -> Interval:
    whole = int(span.micros / DAY)
    days, micros = span.days + whole, span.micros - whole * DAY
    extra = int(days / 30)
    months, days = span.months + extra, days - extra * 30
    if months > 0 and (days < 0 or (days == 0 and micros < 0)):
        months, days = months - 1, days + 30
    elif months < 0 and (days > 0 or (days == 0 and micros > 0)):
        months, days = months + 1, days - 30
    return _same_sign(Interval(months, days, micros))


def _make_date(year: int, month: int, day: int) -> int:
    if not 1 <= month <= 12 or not 1 <= day <= month_days(year, month):
        raise SqlError("22008", f"date field value out of range: {year}-{month:02d}-{day:02d}")
    return days_from_civil(year, month, day)


def _make_timestamp(year: int, month: int, day: int, hour: int, minute: int, second: float) -> int:
    return _make_date(year, month, day) * DAY + (hour * 60 + minute) * 60_000_000 + round(second * 1_000_000)


def _make_timestamptz(context: Any, *args: Any) -> int:
    local = _make_timestamp(*args[:6])
    where = _zone(args[6]) if len(args) > 6 else context.style.where
    return local if where is None else to_utc(local, where)


def _make_interval(
    years: int = 0, months: int = 0, weeks: int = 0, days: int = 0, hours: int = 0, mins: int = 0, secs: float = 0
) -> Interval:
    return Interval(years * 12 + months, weeks * 7 + days, (hours * 60 + mins) * 60_000_000 + round(secs * 1_000_000))


def _now(context: Any) -> int:
    return int(context.style.now)


def _series(start: int, stop: int, step: Interval) -> Any:
    if step.span() == 0:
        raise SqlError("22023", "step size cannot equal zero")
    value, forward = start, step.span() > 0
    while value <= stop if forward else value >= stop:
        yield value
        value = add_interval(value, step)


def _series_tz(context: Any, start: int, stop: int, step: Interval) -> Any:
    where = context.style.where
    if where is None:
        yield from _series(start, stop, step)
    else:
        for local in _series(to_local(start, where), to_local(stop, where), step):
            yield to_utc(local, where)


def _bin(stride: Interval, micros: int, origin: int) -> int:
    if stride.months:
        raise SqlError("0A000", "timestamps cannot be binned into intervals containing months or years")
    size = stride.span()
    if size <= 0:
        raise SqlError("22008", "stride must be greater than zero")
    return origin + (micros - origin) // size * size


def _overlaps(a1: Any, a2: Any, b1: Any, b2: Any) -> bool:
    a1, a2 = min(a1, a2), max(a1, a2)
    b1, b2 = min(b1, b2), max(b1, b2)
    return bool(a1 == b1 or (a1 < b2 and b1 < a2))


# to_char

_CHAR_TOKEN = re.compile(
    r'"[^"]*"|(?:FM|TM)?(?:HH24|HH12|HH|MI|SSSSS?|SS|MS|US|FF[1-6]|AM|PM|am|pm|A\.M\.|P\.M\.|a\.m\.|p\.m\.|Y,YYY|YYYY|YYY|YY|Y|IYYY|'
    r"MONTH|Month|month|MON|Mon|mon|MM|DAY|Day|day|DY|Dy|dy|DDD|DD|D|ID|IW|WW|W|CC|J|Q|RM|TZH|TZM|TZ|tz|OF|BC|AD)(?:th|TH)?|.",
    re.S,
)


def _cased(name: str, form: str, fill: bool, width: int) -> str:
    text = name.upper() if form.isupper() else name.lower() if form.islower() else name
    return text if fill else text.ljust(width)


def _ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def to_char_timestamp(micros: int, form: str, offset: int = 0, zone_name: str = "") -> str:
    """A timestamp in a template's form."""
    days, rest = divmod(micros, DAY)
    year, month, day = civil_from_days(days)
    hour, minute, second, fraction = (
        rest // 3_600_000_000,
        rest // 60_000_000 % 60,
        rest // 1_000_000 % 60,
        rest % 1_000_000,
    )
    half = hour % 12 or 12
    year = year if year > 0 else 1 - year
    numbers: dict[str, tuple[int, int]] = {
        "HH24": (hour, 2), "HH12": (half, 2), "HH": (half, 2), "MI": (minute, 2), "SS": (second, 2),
        "SSSS": (rest // 1_000_000, 1), "SSSSS": (rest // 1_000_000, 1), "MS": (fraction // 1000, 3), "US": (fraction, 6),
        "YYYY": (year, 4), "YYY": (year % 1000, 3), "YY": (year % 100, 2), "Y": (year % 10, 1), "IYYY": (iso_week(days)[0], 4),
        "MM": (month, 2), "DD": (day, 2), "DDD": (days - days_from_civil(year, 1, 1) + 1, 3), "D": ((days + 6) % 7 + 1, 1),
        "ID": ((days + 5) % 7 + 1, 1), "IW": (iso_week(days)[1], 2), "WW": ((days - days_from_civil(year, 1, 1)) // 7 + 1, 2),
        "W": ((day - 1) // 7 + 1, 1), "CC": ((year + 99) // 100, 2), "J": (days + 2451545, 1), "Q": ((month - 1) // 3 + 1, 1),
    }  # fmt: skip
    out: list[str] = []
    for token in _CHAR_TOKEN.findall(form):
        fill = token.startswith("FM")
        core = token.removeprefix("FM").removeprefix("TM")
        suffix = (
            core[-2:] if core[-2:].lower() == "th" and len(core) > 2 and core not in ("MONTH", "Month", "month") else ""
        )
        name = core[: len(core) - 2] if suffix else core
        if token.startswith('"'):
            out.append(token[1:-1])
        elif name in numbers:
            value, width = numbers[name]
            text = str(value) if fill else f"{value:0{width}d}"
            out.append(text + (_ordinal(value) if suffix == "th" else _ordinal(value).upper() if suffix else ""))
        elif name in ("AM", "PM", "am", "pm"):
            out.append(_cased("PM" if hour >= 12 else "AM", name, True, 0))
        elif name.replace(".", "") in ("AM", "PM", "am", "pm") and "." in name:
            out.append(_cased("P.M." if hour >= 12 else "A.M.", name.replace(".", ""), True, 0))
        elif name.lower() == "month":
            out.append(_cased(_MONTH_NAMES[month - 1], name, fill, 9))
        elif name.lower() == "mon":
            out.append(_cased(_MONTH_NAMES[month - 1][:3], name, True, 3))
        elif name.lower() == "day":
            out.append(_cased(_DAY_NAMES[(days + 6) % 7], name, fill, 9))
        elif name.lower() == "dy":
            out.append(_cased(_DAY_NAMES[(days + 6) % 7][:3], name, True, 3))
        elif name.startswith("FF"):
            out.append(f"{fraction:06d}"[: int(name[2])])
        elif name == "Y,YYY":
            out.append(f"{year:,}")
        elif name == "OF":
            out.append(show_offset(offset))
        elif name == "TZH":
            out.append(show_offset(offset)[:3])
        elif name == "TZM":
            out.append(f"{abs(offset) // 60 % 60:02d}")
        elif name in ("TZ", "tz"):
            out.append(zone_name.upper() if name == "TZ" else zone_name.lower())
        elif name in ("BC", "AD"):
            out.append("AD")
        elif name == "RM":
            out.append(
                ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")[month - 1].ljust(
                    0 if fill else 4
                )
            )
        else:
            out.append(token)
    return "".join(out)


def _to_char_instant(context: Any, micros: int, form: str) -> str:
    where = context.style.where
    offset = 0 if where is None else offset_at(micros, where)
    name = "UTC"
    if where is not None:
        from datetime import datetime, timedelta

        name = (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(where).tzname() or ""
    return to_char_timestamp(micros + offset * 1_000_000, form, offset, name)


def _to_char_interval(span: Interval, form: str) -> str:
    hours, rest = divmod(abs(span.micros), 3_600_000_000)
    sign = "-" if span.micros < 0 else ""
    text = form
    for token, value in (
        ("HH24", f"{sign}{hours:02d}"),
        ("HH12", f"{hours % 12 or 12:02d}"),
        ("HH", f"{hours % 12 or 12:02d}"),
        ("MI", f"{rest // 60_000_000:02d}"),
        ("SS", f"{rest // 1_000_000 % 60:02d}"),
        ("MS", f"{rest // 1000 % 1000:03d}"),
        ("DDD", f"{span.days:03d}"),
        ("DD", f"{span.days:02d}"),
        ("MM", f"{span.months % 12:02d}"),
        ("YYYY", f"{span.months // 12:04d}"),
    ):
        text = text.replace(token, value)
    return text


def to_char_number(value: Any, form: str) -> str:
    """A number in a template's form."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    fill = "FM" in form
    template = form.replace("FM", "")
    plus = "S" in template or "SG" in template or "PL" in template
    minus_after = template.endswith("MI")
    bracket = "PR" in template
    body = re.sub(r"MI|PR|SG|PL|TH|th|S", "", template)
    body = body.replace("G", ",").replace("D", ".")
    whole_form, _, part_form = body.partition(".")
    scale = sum(char in "90" for char in part_form)
    rounded = rescale(number, scale)
    negative = rounded < 0
    digits = show_numeric(abs(rounded))
    whole, _, part = digits.partition(".")
    slots = sum(char in "90" for char in whole_form)
    if len(whole.lstrip("0")) > slots:
        shown = "".join("#" if char in "90" else char for char in body)
        return (" " if not fill else "") + shown
    whole = whole.lstrip("0").rjust(slots)
    first_zero = next((n for n, char in enumerate([c for c in whole_form if c in "90"]) if char == "0"), slots)
    out: list[str] = []
    place = 0
    started = False
    for char in whole_form:
        if char in "90":
            digit = whole[place]
            if digit == " " and place >= first_zero:
                digit = "0"
            if digit == " " and place == slots - 1 and not part_form and not started:
                digit = "0"
            started = started or digit != " "
            out.append(digit)
            place += 1
        elif char == ",":
            out.append("," if started else " ")
        elif char == "L":
            out.append(" " if not fill else "")
        else:
            out.append(char)
    text = "".join(out)
    if part_form and not started and first_zero >= slots and slots:
        text = text[:-1] + " " if text.endswith(" ") else text
    if part_form or "." in body:
        if fill:
            keep = max((n + 1 for n, char in enumerate(part_form) if char == "0"), default=0)
            part = part[:keep] + part[keep:].rstrip("0")
        tail = "".join(char for char in part_form if char not in "90")
        text += "." + part + tail
    stripped = text.lstrip(" ")
    blanks = len(text) - len(stripped)
    sign = "-" if negative else "+" if plus else " "
    if bracket:
        text = " " * blanks + ("<" if negative else " ") + stripped + (">" if negative else " ")
        return text.strip() if fill else text
    if minus_after:
        return (text.strip() if fill else text) + ("-" if negative else "" if fill else " ")
    text = " " * blanks + sign + stripped
    return text.strip() if fill else text


_READ_TOKEN = re.compile(
    r"HH24|HH12|HH|MI|SS|MS|US|YYYY|YY|MM|DDD|DD|MONTH|Month|month|MON|Mon|mon|AM|PM|am|pm|TZH|.", re.S
)


def _read_template(text: str, form: str) -> tuple[int, int]:
    fields = {"YYYY": 1, "MM": 1, "DD": 1, "HH": 0, "MI": 0, "SS": 0, "US": 0}
    place, after_noon = 0, ""
    for token in _READ_TOKEN.findall(form.replace("FM", "")):
        if place >= len(text):
            break
        upper = token.upper()
        if upper in ("MONTH", "MON"):
            found = re.match(r"\s*([A-Za-z]+)", text[place:])
            month = next(
                (n for n, name in enumerate(_MONTH_NAMES) if found and name.lower().startswith(found[1].lower()[:3])),
                None,
            )
            if found is None or month is None:
                raise SqlError(
                    "22007",
                    f'invalid value "{text[place : place + 3]}" for "{token}"',
                    detail="The given value did not match any of the allowed values for this field.",
                )
            fields["MM"] = month + 1
            place += found.end()
        elif upper in ("AM", "PM"):
            after_noon = text[place : place + 2].lower()
            place += 2
        elif upper in ("HH24", "HH12", "HH", "MI", "SS", "MS", "US", "YYYY", "YY", "MM", "DD", "DDD"):
            width = {"YYYY": 4, "MS": 3, "US": 6, "DDD": 3}.get(upper, 2)
            found = re.match(rf"\s*(\d{{1,{width}}})", text[place:])
            if found is None:
                raise SqlError(
                    "22007",
                    f'invalid value "{text[place : place + width]}" for "{token}"',
                    detail="Value must be an integer.",
                )
            value = int(found[1])
            place += found.end()
            key = upper[:2] if upper.startswith("HH") else upper
            if upper == "YY":
                key, value = "YYYY", value + (2000 if value < 70 else 1900)
            elif upper in ("MS", "US"):
                key, value = "US", int(found[1].ljust(3 if upper == "MS" else 6, "0")) * (1000 if upper == "MS" else 1)
            fields[key] = value
        else:
            place += 1
    hour = fields["HH"]
    if after_noon == "pm" and hour < 12:
        hour += 12
    if after_noon == "am" and hour == 12:
        hour = 0
    if (
        not 1 <= fields["MM"] <= 12
        or not 1 <= fields["DD"] <= month_days(fields["YYYY"], fields["MM"])
        or hour > 23
        or fields["MI"] > 59
    ):
        raise SqlError("22008", f'date/time field value out of range: "{text}"')
    return _make_date(fields["YYYY"], fields["MM"], fields["DD"]), (
        (hour * 60 + fields["MI"]) * 60 + fields["SS"]
    ) * 1_000_000 + fields["US"]


def _to_timestamp(context: Any, text: str, form: str) -> int:
    days, micros = _read_template(text, form)
    local = days * DAY + micros
    return local if context.style.where is None else to_utc(local, context.style.where)


def _to_number(text: str, form: str) -> Decimal:
    digits = re.sub(r"[^0-9.+-]", "", text)
    if not re.search(r"\d", digits):
        raise SqlError("22P02", f'invalid input syntax for type numeric: "{text or " "}"')
    part = form.replace("D", ".").partition(".")[2]
    return rescale(Decimal(digits), sum(c in "90" for c in part))


add(
    "now() timestamptz; transaction_timestamp() timestamptz; statement_timestamp() timestamptz; clock_timestamp() timestamptz",
    _now,
    context=True,
)
add(
    "timeofday() text",
    lambda context: to_char_timestamp(context.style.now, "Dy Mon DD HH24:MI:SS.US YYYY") + " UTC",
    context=True,
)
add("extract(text, timestamp) numeric", extract_timestamp)
add("extract(text, timestamptz) numeric", _extract_instant, context=True)
add("extract(text, date) numeric", _extract_date)
add("extract(text, time) numeric", _extract_time)
add("extract(text, interval) numeric", _extract_interval)
add("date_part(text, timestamp) float8", lambda n, v: float(extract_timestamp(n, v)))
add("date_part(text, timestamptz) float8", lambda c, n, v: float(_extract_instant(c, n, v)), context=True)
add("date_part(text, date) float8", lambda n, v: float(_extract_date(n, v)))
add("date_part(text, time) float8", lambda n, v: float(_extract_time(n, v)))
add("date_part(text, interval) float8", lambda n, v: float(_extract_interval(n, v)))
add("date_trunc(text, timestamp) timestamp", trunc_timestamp)
add(
    "date_trunc(text, timestamptz) timestamptz; date_trunc(text, timestamptz, text) timestamptz",
    _trunc_instant,
    context=True,
)
add("date_trunc(text, interval) interval", _trunc_interval)
add(
    "date_bin(interval, timestamp, timestamp) timestamp; date_bin(interval, timestamptz, timestamptz) timestamptz", _bin
)
add("timezone(text, timestamp) timestamptz", lambda name, v: to_utc(v, _zone(name)))
add("timezone(text, timestamptz) timestamp", lambda name, v: to_local(v, _zone(name)))
add("timezone(interval, timestamp) timestamptz", lambda span, v: v - span.span())
add("timezone(interval, timestamptz) timestamp", lambda span, v: v + span.span())
add("age(timestamp, timestamp) interval", age)
add("age(timestamptz, timestamptz) interval", lambda c, a, b: age(_local(c, a), _local(c, b)), context=True)
add("age(timestamp) interval", lambda c, a: age(c.style.now // DAY * DAY, a), context=True)
add("age(timestamptz) interval", lambda c, a: age(_local(c, c.style.now) // DAY * DAY, _local(c, a)), context=True)
add("justify_hours(interval) interval", _justify_hours)
add("justify_days(interval) interval", _justify_days)
add("justify_interval(interval) interval", _justify_interval)
add("make_date(int4, int4, int4) date", _make_date)
add("make_time(int4, int4, float8) time", lambda h, m, s: (h * 60 + m) * 60_000_000 + round(s * 1_000_000))
add("make_timestamp(int4, int4, int4, int4, int4, float8) timestamp", _make_timestamp)
add(
    "make_timestamptz(int4, int4, int4, int4, int4, float8) timestamptz; make_timestamptz(int4, int4, int4, int4, int4, float8, text) timestamptz",
    _make_timestamptz,
    context=True,
)
add(
    "make_interval(int4=, int4=, int4=, int4=, int4=, int4=, float8=) interval",
    _make_interval,
    arg_names=("years", "months", "weeks", "days", "hours", "mins", "secs"),
)
add("to_timestamp(float8) timestamptz", lambda seconds: round(seconds * 1_000_000) - 946_684_800_000_000)
add("to_timestamp(text, text) timestamptz", _to_timestamp, context=True)
add("to_date(text, text) date", lambda text, form: _read_template(text, form)[0])
add("to_number(text, text) numeric", _to_number)
add("to_char(timestamp, text) text", to_char_timestamp)
add("to_char(timestamptz, text) text", _to_char_instant, context=True)
add("to_char(interval, text) text", _to_char_interval)
add(
    "to_char(int4, text) text; to_char(int8, text) text; to_char(numeric, text) text; to_char(float8, text) text; to_char(float4, text) text",
    to_char_number,
)
add("generate_series(timestamp, timestamp, interval) setof timestamp", _series)
add("generate_series(timestamptz, timestamptz, interval) setof timestamptz", _series_tz, context=True)
add("isfinite(timestamp) bool; isfinite(timestamptz) bool", lambda v: v not in (INF_TS, NINF_TS))
add("isfinite(date) bool", lambda v: v not in (2**31 - 1, -(2**31)))
add("isfinite(interval) bool", lambda v: True)
for _name in ("timestamp", "timestamptz", "date", "time"):
    add(f"overlaps({_name}, {_name}, {_name}, {_name}) bool", _overlaps)
add(
    "overlaps(timestamp, interval, timestamp, interval) bool",
    lambda a, x, b, y: _overlaps(a, add_interval(a, x), b, add_interval(b, y)),
)


def _local(context: Any, micros: int) -> int:
    return micros if context.style.where is None else to_local(micros, context.style.where)


__all__ = ["FUNCTIONS", "read_date"]
