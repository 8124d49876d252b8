"""Functions of numbers."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Context, Decimal
from typing import Any, Final

from ..errors import SqlError
from ..types.numbers import WIDE, check_integer, rescale, scale_of
from ..types.table import INT4, INT8
from .operators import float_power, int_divide, int_modulo, numeric_modulo, numeric_power
from .registry import Library

FUNCTIONS: Final = Library()
add = FUNCTIONS.add
_DEEP: Final = Context(prec=120, Emax=200000, Emin=-200000)


def _float(compute: Any) -> Any:
    def run(*args: float) -> float:
        try:
            return float(compute(*args))
        except OverflowError:
            raise SqlError("22003", "value out of range: overflow") from None
        except ValueError:
            raise SqlError("22003", "input is out of range") from None

    return run


def _round_float(value: float) -> float:
    return value if not math.isfinite(value) or abs(value) > 2**52 else float(round(value))


def _whole(rounding: str) -> Any:
    def run(value: Decimal) -> Decimal:
        return value.quantize(Decimal(1), rounding=rounding, context=WIDE) if value.is_finite() else value

    return run


def _trunc(value: Decimal, digits: int = 0) -> Decimal:
    if not value.is_finite():
        return value
    result = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_DOWN, context=WIDE)
    return result if digits >= 0 else result.quantize(Decimal(1), context=WIDE)


def _round(value: Decimal, digits: int = 0) -> Decimal:
    result = rescale(value, digits)
    return result if digits >= 0 or not result.is_finite() else result.quantize(Decimal(1), context=WIDE)


def _shown(result: Decimal, *args: Decimal) -> Decimal:
    """A transcendental result with at least 16 significant digits."""
    power = 0 if result.is_zero() else result.adjusted()
    weight = power // 4
    return rescale(
        result, min(1000, max(16 - weight * 4 if power < 0 else 16 - power, *(scale_of(a) for a in args), 0))
    )


def _sqrt(value: Decimal) -> Decimal:
    if value < 0:
        raise SqlError("2201F", "cannot take square root of a negative number")
    if not value.is_finite():
        return value
    weight = (value.adjusted() // 4 + 1) * 2 - 1 if value else 1
    return rescale(_DEEP.sqrt(value), max(16 - weight, scale_of(value), 0))


def _sqrt_float(value: float) -> float:
    if value < 0:
        raise SqlError("2201F", "cannot take square root of a negative number")
    return math.sqrt(value)


def _log_check(value: Any) -> None:
    if value == 0:
        raise SqlError("2201E", "cannot take logarithm of zero")
    if value < 0:
        raise SqlError("2201E", "cannot take logarithm of a negative number")


def _ln(value: Decimal) -> Decimal:
    _log_check(value)
    return _logarithm(_DEEP.ln(value), value)


def _logarithm(result: Decimal, value: Decimal) -> Decimal:
    digits = 0 if result.is_zero() else int(math.log10(abs(result)))
    return rescale(result, min(1000, max(16 - digits, scale_of(value), 0)))


def _log10(value: Decimal) -> Decimal:
    _log_check(value)
    return _logarithm(_DEEP.log10(value), value)


def _log(base: Decimal, value: Decimal) -> Decimal:
    _log_check(base)
    _log_check(value)
    if base == 1:
        raise SqlError("22012", "division by zero")
    return _shown(_DEEP.divide(_DEEP.ln(value), _DEEP.ln(base)), value, base)


def _exp(value: Decimal) -> Decimal:
    try:
        return _shown(_DEEP.exp(value), value)
    except ArithmeticError:
        raise SqlError("22003", "value overflows numeric format") from None


def _float_log(compute: Any) -> Any:
    def run(value: float) -> float:
        _log_check(value)
        return float(compute(value))

    return run


def _div(a: Decimal, b: Decimal) -> Decimal:
    if b == 0:
        raise SqlError("22012", "division by zero")
    return WIDE.divide_int(a, b)


def _gcd(a: int, b: int) -> int:
    return math.gcd(a, b)


def _width_bucket(value: Any, low: Any, high: Any, count: int) -> int:
    if count <= 0:
        raise SqlError("2201G", "count must be greater than zero")
    if low == high:
        raise SqlError("2201G", "lower bound cannot equal upper bound")
    if low < high:
        return 0 if value < low else count + 1 if value >= high else int((value - low) * count / (high - low)) + 1
    return 0 if value > low else count + 1 if value <= high else int((low - value) * count / (low - high)) + 1


def _factorial(n: int) -> Decimal:
    if n < 0:
        raise SqlError("22003", "factorial of a negative number is undefined")
    return Decimal(math.factorial(min(n, 5000)))


def _random(context: Any) -> float:
    return float(context.state.ids.random("sql.random"))


def _series(start: Any, stop: Any, step: Any = 1) -> Any:
    if step == 0:
        raise SqlError("22023", "step size cannot equal zero")
    value = start
    while (value <= stop) if step > 0 else (value >= stop):
        yield value
        value += step


for _name in ("int2", "int4", "int8"):
    add(f"abs({_name}) {_name}", abs)
    add(f"mod({_name}, {_name}) {_name}", int_modulo)
for _name in ("int4", "int8"):
    add(f"gcd({_name}, {_name}) {_name}", _gcd)
    add(f"lcm({_name}, {_name}) {_name}", math.lcm)
add("abs(numeric) numeric", lambda a: a.copy_abs())
add("abs(float4) float4; abs(float8) float8", abs)
add("mod(numeric, numeric) numeric", numeric_modulo)
add("div(numeric, numeric) numeric", _div)
add("round(numeric) numeric; round(numeric, int4) numeric", _round)
add("round(float8) float8", _round_float)
add("trunc(numeric) numeric; trunc(numeric, int4) numeric", _trunc)
add("trunc(float8) float8", lambda a: float(math.trunc(a)) if math.isfinite(a) else a)
add("ceil(numeric) numeric; ceiling(numeric) numeric", _whole(ROUND_CEILING))
add("floor(numeric) numeric", _whole(ROUND_FLOOR))
add("ceil(float8) float8; ceiling(float8) float8", lambda a: float(math.ceil(a)) if math.isfinite(a) else a)
add("floor(float8) float8", lambda a: float(math.floor(a)) if math.isfinite(a) else a)
add("sign(numeric) numeric", lambda a: Decimal((a > 0) - (a < 0)))
add("sign(float8) float8", lambda a: float((a > 0) - (a < 0)))
add("sqrt(numeric) numeric", _sqrt)
add("sqrt(float8) float8", _sqrt_float)
add("cbrt(float8) float8", math.cbrt)
add("power(numeric, numeric) numeric; pow(numeric, numeric) numeric", numeric_power)
add("power(float8, float8) float8; pow(float8, float8) float8", float_power)
add("exp(numeric) numeric", _exp)
add("exp(float8) float8", _float(math.exp))
add("ln(numeric) numeric", _ln)
add("ln(float8) float8", _float_log(math.log))
add("log(numeric) numeric; log10(numeric) numeric", _log10)
add("log(float8) float8; log10(float8) float8", _float_log(math.log10))
add("log(numeric, numeric) numeric", _log)
add("factorial(int8) numeric", _factorial)
add(
    "width_bucket(numeric, numeric, numeric, int4) int4; width_bucket(float8, float8, float8, int4) int4", _width_bucket
)
add("scale(numeric) int4", scale_of)
add("min_scale(numeric) int4", lambda a: scale_of(a.normalize(WIDE)))
add("trim_scale(numeric) numeric", lambda a: rescale(a, scale_of(a.normalize(WIDE))))
add("pi() float8", lambda: math.pi)
add("random() float8", _random, context=True)
add("setseed(float8) void", lambda context, a: "", context=True)
for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"):
    add(f"{_name}(float8) float8", _float(getattr(math, _name)))
add("atan2(float8, float8) float8", math.atan2)
add("cot(float8) float8", _float(lambda a: 1 / math.tan(a)))
add("degrees(float8) float8", math.degrees)
add("radians(float8) float8", math.radians)
add("generate_series(int4, int4) setof int4; generate_series(int4, int4, int4) setof int4", _series)
add("generate_series(int8, int8) setof int8; generate_series(int8, int8, int8) setof int8", _series)
add(
    "generate_series(numeric, numeric) setof numeric; generate_series(numeric, numeric, numeric) setof numeric", _series
)

__all__ = ["INT4", "INT8", "check_integer", "int_divide"]
