"""The operators of numbers, strings, dates, JSON and arrays."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from typing import Any, Final

from ..errors import SqlError
from ..types.casts import CASTS
from ..types.datetime import DAY, INF_TS, NINF_TS, Interval, civil_from_days, days_from_civil, month_days
from ..types.numbers import RANGES, WIDE, plain, rescale, scale_of, to_float4
from ..types.table import FLOAT4, INT2, INT4, INT8
from . import arrays, json_ops, patterns
from .registry import Operators, type_oid

OPERATORS: Final = Operators()
add = OPERATORS.add
INTS: Final = ("int2", "int4", "int8")


def zero() -> SqlError:
    """The error of every division by zero."""
    return SqlError("22012", "division by zero")


# Whole numbers


def _checked(name: str, compute: Any) -> Any:
    low, high, label = RANGES[type_oid(name)]

    def run(a: int, b: int) -> int:
        result: int = compute(a, b)
        if not low <= result <= high:
            raise SqlError("22003", f"{label} out of range")
        return result

    return run


def int_divide(a: int, b: int) -> int:
    """Division that truncates toward zero."""
    if b == 0:
        raise zero()
    result = abs(a) // abs(b)
    return result if (a < 0) == (b < 0) else -result


def int_modulo(a: int, b: int) -> int:
    """A remainder with the sign of the dividend."""
    if b == 0:
        raise zero()
    return int(math.fmod(a, b)) if abs(a) < 2**52 and abs(b) < 2**52 else a - b * int_divide(a, b)


_BITS: Final = {"int2": 16, "int4": 32, "int8": 64}


def _negated(name: str) -> Any:
    subtract = _checked(name, operator.sub)
    return lambda a: subtract(0, a)


for _left in INTS:
    for _right in INTS:
        _result = max(_left, _right)
        for _symbol, _compute in (
            ("+", operator.add), ("-", operator.sub), ("*", operator.mul), ("/", int_divide),
        ):  # fmt: skip
            add(_symbol, _left, _right, _result, _checked(_result, _compute))
    add("%", _left, _left, _left, int_modulo)
    for _symbol, _compute in (("&", operator.and_), ("|", operator.or_), ("#", operator.xor)):
        add(_symbol, _left, _left, _left, _compute)

    def _shift(name: str, left: bool) -> Any:
        bits = _BITS[name]

        def run(a: int, b: int) -> int:
            value = (a << (b % bits)) if left else a >> (b % bits)
            value &= (1 << bits) - 1
            return value - (1 << bits) if value >> (bits - 1) else value

        return run

    add("<<", _left, "int4", _left, _shift(_left, True))
    add(">>", _left, "int4", _left, _shift(_left, False))
    add("-", "", _left, _left, _negated(_left))
    add("+", "", _left, _left, lambda a: a)
    add("~", "", _left, _left, operator.invert)
    add("@", "", _left, _left, abs)

# Exact numbers


def _special(a: Decimal, b: Decimal) -> bool:
    return not (a.is_finite() and b.is_finite())


def _safe(method: str) -> Any:
    compute = getattr(WIDE, method)

    def run(a: Decimal, b: Decimal) -> Decimal:
        if _special(a, b):
            return _special_arithmetic(method, a, b)
        result: Decimal = compute(a, b)
        return result

    return run


def _special_arithmetic(method: str, a: Decimal, b: Decimal) -> Decimal:
    if a.is_nan() or b.is_nan():
        return Decimal("NaN")
    x, y = float(a), float(b)
    result = {"add": x + y, "subtract": x - y, "multiply": x * y}[method]
    return Decimal("NaN") if math.isnan(result) else Decimal(str(result)) if math.isinf(result) else Decimal(0)


def numeric_multiply(a: Decimal, b: Decimal) -> Decimal:
    """A product, whose scale is the sum of the factors' scales."""
    if _special(a, b):
        return _special_arithmetic("multiply", a, b)
    return WIDE.multiply(a, b)


def _weight(value: Decimal) -> tuple[int, int]:
    """The power of 10000 of the first base-10000 digit, and that digit."""
    if value.is_zero():
        return 0, 0
    adjusted = value.adjusted()
    weight = adjusted // 4
    first = int(abs(value).scaleb(-4 * weight, context=WIDE))
    return weight, first


def division_scale(a: Decimal, b: Decimal) -> int:
    """How many digits a quotient shows: at least 16 significant ones and no fewer than either operand."""
    weight_a, first_a = _weight(a)
    weight_b, first_b = _weight(b)
    weight = weight_a - weight_b - (first_a <= first_b)
    scale = max(16 - weight * 4, scale_of(a), scale_of(b), 0)
    return min(scale, 1000)


def numeric_divide(a: Decimal, b: Decimal) -> Decimal:
    """A quotient as PostgreSQL rounds and shows it."""
    if a.is_nan() or b.is_nan():
        return Decimal("NaN")
    if b.is_zero():
        raise zero()
    if a.is_infinite():
        return Decimal("NaN") if b.is_infinite() else Decimal("Infinity" if (a > 0) == (b > 0) else "-Infinity")
    if b.is_infinite():
        return Decimal(0)
    return rescale(WIDE.divide(a, b), division_scale(a, b))


def numeric_modulo(a: Decimal, b: Decimal) -> Decimal:
    """A remainder with the sign of the dividend."""
    if a.is_nan() or b.is_nan() or a.is_infinite():
        return Decimal("NaN")
    if b.is_zero():
        raise zero()
    if b.is_infinite():
        return a
    return rescale(WIDE.remainder(a, b), max(scale_of(a), scale_of(b)))


for _symbol, _method in (("+", "add"), ("-", "subtract")):
    add(_symbol, "numeric", "numeric", "numeric", _safe(_method))
add("*", "numeric", "numeric", "numeric", numeric_multiply)
add("/", "numeric", "numeric", "numeric", numeric_divide)
add("%", "numeric", "numeric", "numeric", numeric_modulo)
add("-", "", "numeric", "numeric", lambda a: a.copy_negate() if not a.is_zero() else a)
add("+", "", "numeric", "numeric", lambda a: a)
add("@", "", "numeric", "numeric", lambda a: a.copy_abs())

# Binary floating point


def _float(compute: Any, single: bool) -> Any:
    def run(a: float, b: float) -> float:
        try:
            result = float(compute(a, b))
        except OverflowError:
            raise SqlError("22003", "value out of range: overflow") from None
        if math.isinf(result) and not (math.isinf(a) or math.isinf(b)):
            raise SqlError("22003", "value out of range: overflow")
        return to_float4(result) if single else result

    return run


def float_divide(a: float, b: float) -> float:
    """A quotient; division by zero is an error even here."""
    if b == 0:
        raise zero()
    return a / b


for _left, _right, _single in (
    ("float8", "float8", False), ("float4", "float4", True), ("float4", "float8", False), ("float8", "float4", False),
):  # fmt: skip
    _result = "float4" if _single else "float8"
    for _symbol, _compute in (("+", operator.add), ("-", operator.sub), ("*", operator.mul), ("/", float_divide)):
        add(_symbol, _left, _right, _result, _float(_compute, _single))
for _name in ("float4", "float8"):
    add("-", "", _name, _name, operator.neg)
    add("+", "", _name, _name, lambda a: a)
    add("@", "", _name, _name, abs)


def float_power(a: float, b: float) -> float:
    """A power. Raises 2201F and 22003."""
    if a == 0 and b < 0:
        raise SqlError("2201F", "zero raised to a negative power is undefined")
    if a < 0 and b != int(b):
        raise SqlError("2201F", "a negative number raised to a non-integer power yields a complex result")
    try:
        return math.pow(a, b)
    except OverflowError:
        raise SqlError("22003", "value out of range: overflow") from None


def numeric_power(a: Decimal, b: Decimal) -> Decimal:
    """An exact power where the exponent is whole, else one of at least 16 significant digits."""
    if a.is_zero() and b < 0:
        raise SqlError("2201F", "zero raised to a negative power is undefined")
    whole = b == b.to_integral_value()
    if a < 0 and not whole:
        raise SqlError("2201F", "a negative number raised to a non-integer power yields a complex result")
    from decimal import Context

    try:
        result = Context(prec=120, Emax=200000, Emin=-200000).power(a, b)
    except ArithmeticError:
        raise SqlError("22003", "value overflows numeric format") from None
    if result.is_zero():
        return rescale(result, min(1000, max(16, scale_of(a))))
    scale = max(16 - result.adjusted(), scale_of(a), scale_of(b), 0)
    return rescale(result, min(scale, 1000))


add("^", "float8", "float8", "float8", float_power)
add("^", "numeric", "numeric", "numeric", numeric_power)
add("|/", "", "float8", "float8", lambda a: math.sqrt(a))
add("||/", "", "float8", "float8", math.cbrt)

# Comparison of values of one type; the analyser puts each type's key around them.

COMPARISONS: Final = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_COMPARABLE: Final = (
    "int4", "int8", "int2", "numeric", "float8", "float4", "text", "bpchar", "name", "char", "bool", "date", "time",
    "timestamp", "timestamptz", "interval", "uuid", "bytea", "oid", "jsonb", "anyarray", "anyenum", "record",
)  # fmt: skip
for _symbol, _compute in COMPARISONS.items():
    for _name in _COMPARABLE:
        add(_symbol, _name, _name, "bool", _compute)
    for _left in INTS:
        for _right in INTS:
            if _left != _right:
                add(_symbol, _left, _right, "bool", _compute)
    add(_symbol, "float4", "float8", "bool", _compute)
    add(_symbol, "float8", "float4", "bool", _compute)
    add(_symbol, "name", "text", "bool", _compute)
    add(_symbol, "text", "name", "bool", _compute)
for _left, _right in (
    ("date", "timestamp"), ("date", "timestamptz"), ("timestamp", "timestamptz"),
    ("timestamp", "date"), ("timestamptz", "date"), ("timestamptz", "timestamp"),
):  # fmt: skip
    for _symbol, _compute in COMPARISONS.items():
        _common = {*(_left, _right)}
        _to = "timestamptz" if "timestamptz" in _common else "timestamp"

        def _mixed(left: str, right: str, to: str, compute: Any) -> Any:
            cast_left = CASTS[type_oid(left), type_oid(to)][1] if left != to else None
            cast_right = CASTS[type_oid(right), type_oid(to)][1] if right != to else None

            def run(context: Any, a: int, b: int) -> bool:
                x = cast_left(a, context.style) if cast_left else a
                y = cast_right(b, context.style) if cast_right else b
                return bool(compute(x, y))

            return run

        add(_symbol, _left, _right, "bool", _mixed(_left, _right, _to, _compute), context=True)
add("=", "xid", "xid", "bool", operator.eq)
add("=", "xid", "int4", "bool", operator.eq)

# Strings

add("||", "text", "text", "text", operator.add)
add("||", "bytea", "bytea", "bytea", operator.add)
for _name in ("text", "bpchar", "name"):
    for _symbol, _match in (
        ("~~", patterns.like), ("~~*", patterns.ilike), ("~", patterns.regex), ("~*", patterns.iregex),
    ):  # fmt: skip
        add(_symbol, _name, "text", "bool", _match)
    for _symbol, _match in (
        ("!~~", patterns.like), ("!~~*", patterns.ilike), ("!~", patterns.regex), ("!~*", patterns.iregex),
    ):  # fmt: skip
        add(_symbol, _name, "text", "bool", patterns.negate(_match))
add("^@", "text", "text", "bool", lambda a, b: a.startswith(b))

# Dates and times


def add_interval(micros: int, span: Interval, sign: int = 1) -> int:
    """A timestamp some months, days and microseconds on; a day past a month's end becomes its last."""
    if micros in (INF_TS, NINF_TS):
        return micros
    if span.months:
        days, rest = divmod(micros, DAY)
        year, month, day = civil_from_days(days)
        month += sign * span.months
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        micros = days_from_civil(year, month, min(day, month_days(year, month))) * DAY + rest
    result = micros + sign * (span.days * DAY + span.micros)
    if not -211813488000000000 <= result < 9223371331200000000:
        raise SqlError("22008", "timestamp out of range")
    return result


def _add_to_instant(context: Any, micros: int, span: Interval, sign: int = 1) -> int:
    """Months and days are added in the session's time zone."""
    if context.style.where is None or not (span.months or span.days):
        return add_interval(micros, span, sign)
    from ..types.datetime import to_local, to_utc

    local = add_interval(to_local(micros, context.style.where), Interval(span.months, span.days, 0), sign)
    return to_utc(local, context.style.where) + sign * span.micros


def subtract_times(a: int, b: int) -> Interval:
    """The days and time between two timestamps."""
    if INF_TS in (a, b) or NINF_TS in (a, b):
        raise SqlError("22008", "cannot subtract infinite timestamps")
    gap = abs(a - b)
    sign = 1 if a >= b else -1
    return Interval(0, sign * (gap // DAY), sign * (gap % DAY))


def scale_interval(span: Interval, factor: float) -> Interval:
    """An interval times a number; fractions go down to smaller units."""
    months = span.months * factor
    days = span.days * factor
    whole_months, whole_days = int(months), int(days)
    extra_days = round((months - whole_months) * 30, 6)
    extra_whole = int(extra_days)
    seconds = (days - whole_days + extra_days - extra_whole) * 86400
    seconds = round(seconds, 6)
    if abs(seconds) >= 86400:
        whole_days += int(seconds / 86400)
        seconds -= int(seconds / 86400) * 86400
    return Interval(whole_months, whole_days + extra_whole, round(span.micros * factor + seconds * 1_000_000))


def _divide_interval(span: Interval, by: float) -> Interval:
    if by == 0:
        raise zero()
    return scale_interval(span, 1 / by)


_plus_spans: Final = lambda a, b: Interval(a.months + b.months, a.days + b.days, a.micros + b.micros)  # noqa: E731
add("+", "date", "int4", "date", operator.add)
add("+", "int4", "date", "date", operator.add)
add("-", "date", "int4", "date", operator.sub)
add("-", "date", "date", "int4", operator.sub)
add("+", "date", "interval", "timestamp", lambda a, b: add_interval(a * DAY, b))
add("+", "interval", "date", "timestamp", lambda a, b: add_interval(b * DAY, a))
add("-", "date", "interval", "timestamp", lambda a, b: add_interval(a * DAY, b, -1))
add("+", "date", "time", "timestamp", lambda a, b: a * DAY + b)
add("+", "time", "date", "timestamp", lambda a, b: b * DAY + a)
add("+", "timestamp", "interval", "timestamp", add_interval)
add("+", "interval", "timestamp", "timestamp", lambda a, b: add_interval(b, a))
add("-", "timestamp", "interval", "timestamp", lambda a, b: add_interval(a, b, -1))
add("+", "timestamptz", "interval", "timestamptz", _add_to_instant, context=True)
add("+", "interval", "timestamptz", "timestamptz", lambda context, a, b: _add_to_instant(context, b, a), context=True)
add("-", "timestamptz", "interval", "timestamptz", lambda c, a, b: _add_to_instant(c, a, b, -1), context=True)
add("-", "timestamp", "timestamp", "interval", subtract_times)
add("-", "timestamptz", "timestamptz", "interval", subtract_times)
add("+", "time", "interval", "time", lambda a, b: (a + b.micros) % DAY)
add("+", "interval", "time", "time", lambda a, b: (b + a.micros) % DAY)
add("-", "time", "interval", "time", lambda a, b: (a - b.micros) % DAY)
add("-", "time", "time", "interval", lambda a, b: Interval(0, 0, a - b))
add("+", "interval", "interval", "interval", _plus_spans)
add(
    "-",
    "interval",
    "interval",
    "interval",
    lambda a, b: Interval(a.months - b.months, a.days - b.days, a.micros - b.micros),
)
add("-", "", "interval", "interval", lambda a: Interval(-a.months, -a.days, -a.micros))
add("*", "interval", "float8", "interval", scale_interval)
add("*", "float8", "interval", "interval", lambda a, b: scale_interval(b, a))
add("/", "interval", "float8", "interval", _divide_interval)

# JSON and arrays

for _name in ("json", "jsonb"):
    add("->", _name, "text", _name, json_ops.field_of(_name))
    add("->", _name, "int4", _name, json_ops.item_of(_name))
    add("->>", _name, "text", "text", json_ops.field_text)
    add("->>", _name, "int4", "text", json_ops.item_text)
    add("#>", _name, "text[]", _name, json_ops.path_of(_name))
    add("#>>", _name, "text[]", "text", json_ops.path_text)
add("@>", "jsonb", "jsonb", "bool", json_ops.contains)
add("<@", "jsonb", "jsonb", "bool", lambda a, b: json_ops.contains(b, a))
add("?", "jsonb", "text", "bool", json_ops.exists)
add("?|", "jsonb", "text[]", "bool", json_ops.exists_any)
add("?&", "jsonb", "text[]", "bool", json_ops.exists_all)
add("||", "jsonb", "jsonb", "jsonb", json_ops.concat)
add("-", "jsonb", "text", "jsonb", json_ops.without_key)
add("-", "jsonb", "int4", "jsonb", json_ops.without_item)
add("-", "jsonb", "text[]", "jsonb", json_ops.without_keys)
add("#-", "jsonb", "text[]", "jsonb", json_ops.without_path)
add("||", "anycompatiblearray", "anycompatible", "anycompatiblearray", arrays.append, strict=False)
add("||", "anycompatible", "anycompatiblearray", "anycompatiblearray", arrays.prepend, strict=False)
add("||", "anycompatiblearray", "anycompatiblearray", "anycompatiblearray", arrays.concat, strict=False)
add("@>", "anyarray", "anyarray", "bool", arrays.contains)
add("<@", "anyarray", "anyarray", "bool", lambda a, b: arrays.contains(b, a))
add("&&", "anyarray", "anyarray", "bool", arrays.overlap)

# Anything goes next to text in a concatenation.
add("||", "text", "anynonarray", "text", operator.add)
add("||", "anynonarray", "text", "text", operator.add)


__all__ = ["COMPARISONS", "FLOAT4", "INT2", "INT4", "INT8", "OPERATORS", "plain"]
