"""Aggregates: from the argument rows of a group to one value. Window functions are declared here and run by the executor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from ..errors import SqlError
from ..types import jsonb
from ..types.compare import key_of
from ..types.datetime import Interval
from ..types.numbers import WIDE, check_integer, rescale, scale_of, to_float4
from ..types.table import INT8
from .json_ops import to_json
from .maths import _sqrt as numeric_sqrt
from .operators import division_scale, numeric_divide, scale_interval
from .registry import Library

AGGREGATES: Final = Library()
WINDOWS: Final = Library()
Rows = Sequence[tuple[Any, ...]]


def _add(signatures: str, impl: Any, *, strict: bool = True, **options: Any) -> None:
    AGGREGATES.add(signatures, impl, strict=strict, kind="a", **options)


def _firsts(rows: Rows) -> list[Any]:
    return [row[0] for row in rows]


def _sum_int(context: Any, rows: Rows, types: Any) -> Any:
    return check_integer(sum(_firsts(rows)), INT8) if rows else None


def _sum_big(context: Any, rows: Rows, types: Any) -> Any:
    return Decimal(sum(_firsts(rows))) if rows else None


def _total(values: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = total + value if not (total.is_finite() and value.is_finite()) else WIDE.add(total, value)
    return total


def _sum_numeric(context: Any, rows: Rows, types: Any) -> Any:
    return _total(_firsts(rows)) if rows else None


def _sum_float(context: Any, rows: Rows, types: Any) -> Any:
    return _fsum(rows) if rows else None


def _fsum(rows: Rows) -> float:
    total = 0.0
    for row in rows:
        total += row[0]
    if math.isinf(total) and not any(math.isinf(row[0]) for row in rows):
        raise SqlError("22003", "value out of range: overflow")
    return total


def _sum_interval(context: Any, rows: Rows, types: Any) -> Any:
    if not rows:
        return None
    return Interval(sum(r[0].months for r in rows), sum(r[0].days for r in rows), sum(r[0].micros for r in rows))


def _avg_numeric(context: Any, rows: Rows, types: Any) -> Any:
    if not rows:
        return None
    return numeric_divide(_total([Decimal(value) for value in _firsts(rows)]), Decimal(len(rows)))


def _avg_float(context: Any, rows: Rows, types: Any) -> Any:
    return _fsum(rows) / len(rows) if rows else None


def _avg_interval(context: Any, rows: Rows, types: Any) -> Any:
    return scale_interval(_sum_interval(context, rows, types), 1 / len(rows)) if rows else None


def _extreme(pick: Any) -> Any:
    def run(context: Any, rows: Rows, types: Any) -> Any:
        if not rows:
            return None
        key = key_of(context.find(types[0]), context.find)
        values = _firsts(rows)
        return pick(values, key=key) if key else pick(values)

    return run


def _count(context: Any, rows: Rows, types: Any) -> int:
    return len(rows)


def _bool_and(context: Any, rows: Rows, types: Any) -> Any:
    return all(_firsts(rows)) if rows else None


def _bool_or(context: Any, rows: Rows, types: Any) -> Any:
    return any(_firsts(rows)) if rows else None


def _bits(compute: Any) -> Any:
    def run(context: Any, rows: Rows, types: Any) -> Any:
        values = _firsts(rows)
        if not values:
            return None
        result = values[0]
        for value in values[1:]:
            result = compute(result, value)
        return result

    return run


def _string_agg(context: Any, rows: Rows, types: Any) -> Any:
    rows = [row for row in rows if row[0] is not None]
    if not rows:
        return None
    out = rows[0][0]
    for row in rows[1:]:
        out += (row[1] if row[1] is not None else out[:0]) + row[0]
    return out


def _array_agg(context: Any, rows: Rows, types: Any) -> Any:
    return tuple(_firsts(rows)) if rows else None


def _json_agg(context: Any, rows: Rows, types: Any) -> Any:
    return "[" + ", ".join(to_json(context, row[0], types[0]) for row in rows) + "]" if rows else None


def _jsonb_agg(context: Any, rows: Rows, types: Any) -> Any:
    text = _json_agg(context, rows, types)
    return None if text is None else jsonb.canonical(text)


def _json_object_agg(context: Any, rows: Rows, types: Any) -> Any:
    if not rows:
        return None
    pairs: list[str] = []
    for key, value in rows:
        if key is None:
            raise SqlError("22023", "field name must not be null")
        name = to_json(context, key, types[0])
        quoted = name if name.startswith('"') else jsonb.quote(name)
        pairs.append(f"{quoted} : {to_json(context, value, types[1])}")
    return "{ " + ", ".join(pairs) + " }"


def _jsonb_object_agg(context: Any, rows: Rows, types: Any) -> Any:
    text = _json_object_agg(context, rows, types)
    return None if text is None else jsonb.canonical(text)


def _moments(rows: Rows, sample: bool) -> tuple[Decimal, Decimal] | None:
    """N·Σx² − (Σx)² and what it is divided by."""
    count = Decimal(len(rows))
    if not rows or (sample and len(rows) == 1):
        return None
    values = [Decimal(value) for value in _firsts(rows)]
    total, squares = _total(values), _total([WIDE.multiply(value, value) for value in values])
    spread = WIDE.subtract(WIDE.multiply(count, squares), WIDE.multiply(total, total))
    return spread, count * (count - 1 if sample else count)


def _variance(sample: bool, root: bool = False) -> Any:
    def run(context: Any, rows: Rows, types: Any) -> Any:
        found = _moments(rows, sample)
        if found is None:
            return None
        spread, by = found
        if spread <= 0:
            return Decimal(0)
        result = rescale(WIDE.divide(spread, by), division_scale(spread, by))
        return numeric_sqrt(result) if root else result

    return run


def _variance_float(sample: bool, root: bool = False) -> Any:
    def run(context: Any, rows: Rows, types: Any) -> Any:
        count = len(rows)
        if not count or (sample and count == 1):
            return None
        # Youngs and Cramer's update, which is what PostgreSQL sums by.
        n = total = spread = 0.0
        for (value,) in rows:
            n += 1
            total += value
            if n > 1:
                step = value * n - total
                spread += step * step / (n * (n - 1))
        result = spread / (count - 1 if sample else count)
        return math.sqrt(result) if root else result

    return run


def _pairs(rows: Rows) -> list[tuple[float, float]]:
    return [(row[0], row[1]) for row in rows if row[0] is not None and row[1] is not None]


def _regression(name: str) -> Any:
    def run(context: Any, rows: Rows, types: Any) -> Any:
        pairs = _pairs(rows)
        n = len(pairs)
        if name == "regr_count":
            return n
        if n == 0:
            return None
        my, mx = sum(y for y, _ in pairs) / n, sum(x for _, x in pairs) / n
        sxx = sum((x - mx) ** 2 for _, x in pairs)
        syy = sum((y - my) ** 2 for y, _ in pairs)
        sxy = sum((x - mx) * (y - my) for y, x in pairs)
        match name:
            case "corr":
                return sxy / math.sqrt(sxx * syy) if sxx and syy else None
            case "covar_pop":
                return sxy / n
            case "covar_samp":
                return sxy / (n - 1) if n > 1 else None
            case "regr_slope":
                return sxy / sxx if sxx else None
            case "regr_intercept":
                return my - mx * sxy / sxx if sxx else None
            case "regr_avgx":
                return mx
            case _:
                return my

    return run


_add("count(any) int8", _count)
_add("count() int8", _count, strict=False)
_add("sum(int2) int8; sum(int4) int8", _sum_int)
_add("sum(int8) numeric", _sum_big)
_add("sum(numeric) numeric", _sum_numeric)
_add("sum(float8) float8", _sum_float)
_add("sum(float4) float4", lambda c, r, t: to_float4(_fsum(r)) if r else None)
_add("sum(interval) interval", _sum_interval)
_add("avg(int2) numeric; avg(int4) numeric; avg(int8) numeric; avg(numeric) numeric", _avg_numeric)
_add("avg(float4) float8; avg(float8) float8", _avg_float)
_add("avg(interval) interval", _avg_interval)
for _name, _pick in (("min", min), ("max", max)):
    _types = ("int2", "int4", "int8", "numeric", "float4", "float8", "text", "bpchar", "date", "time", "timestamp",
              "timestamptz", "interval", "oid", "anyarray", "anyenum")  # fmt: skip
    _add("; ".join(f"{_name}({_type}) {_type}" for _type in _types), _extreme(_pick))
_add("bool_and(bool) bool; every(bool) bool", _bool_and)
_add("bool_or(bool) bool", _bool_or)
for _type in ("int2", "int4", "int8"):
    _add(f"bit_and({_type}) {_type}", _bits(lambda a, b: a & b))
    _add(f"bit_or({_type}) {_type}", _bits(lambda a, b: a | b))
    _add(f"bit_xor({_type}) {_type}", _bits(lambda a, b: a ^ b))
_add("string_agg(text, text) text; string_agg(bytea, bytea) bytea", _string_agg, strict=False)
_add("array_agg(anynonarray) anyarray", _array_agg, strict=False)
_add("json_agg(anyelement) json", _json_agg, strict=False)
_add("jsonb_agg(anyelement) jsonb", _jsonb_agg, strict=False)
_add("json_object_agg(any, any) json", _json_object_agg, strict=False)
_add("jsonb_object_agg(any, any) jsonb", _jsonb_object_agg, strict=False)
for _type in ("int2", "int4", "int8", "numeric"):
    _add(f"stddev({_type}) numeric; stddev_samp({_type}) numeric", _variance(True, True))
    _add(f"stddev_pop({_type}) numeric", _variance(False, True))
    _add(f"variance({_type}) numeric; var_samp({_type}) numeric", _variance(True))
    _add(f"var_pop({_type}) numeric", _variance(False))
for _type in ("float4", "float8"):
    _add(f"stddev({_type}) float8; stddev_samp({_type}) float8", _variance_float(True, True))
    _add(f"stddev_pop({_type}) float8", _variance_float(False, True))
    _add(f"variance({_type}) float8; var_samp({_type}) float8", _variance_float(True))
    _add(f"var_pop({_type}) float8", _variance_float(False))
for _name in ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept", "regr_avgx", "regr_avgy"):
    _add(f"{_name}(float8, float8) float8", _regression(_name), strict=False)
_add("regr_count(float8, float8) int8", _regression("regr_count"), strict=False)


# Ordered-set aggregates take the direct arguments first, then the sorted values.


def _percentile_cont(context: Any, fraction: Any, values: list[Any], oid: int) -> Any:
    if fraction is None or not values:
        return None
    if isinstance(fraction, tuple):
        return tuple(_percentile_cont(context, one, values, oid) for one in fraction)
    _check_fraction(fraction)
    place = fraction * (len(values) - 1)
    low, high = math.floor(place), math.ceil(place)
    a, b = values[low], values[high]
    if isinstance(a, Interval):
        gap = Interval(b.months - a.months, b.days - a.days, b.micros - a.micros)
        part = scale_interval(gap, place - low)
        return Interval(a.months + part.months, a.days + part.days, a.micros + part.micros)
    return a + (b - a) * (place - low)


def _percentile_disc(context: Any, fraction: Any, values: list[Any], oid: int) -> Any:
    if fraction is None or not values:
        return None
    if isinstance(fraction, tuple):
        return tuple(_percentile_disc(context, one, values, oid) for one in fraction)
    _check_fraction(fraction)
    return values[max(math.ceil(fraction * len(values)) - 1, 0)]


def _check_fraction(fraction: float) -> None:
    if not 0 <= fraction <= 1:
        raise SqlError("22003", f"percentile value {fraction:g} is not between 0 and 1")


def _mode(context: Any, values: list[Any], oid: int) -> Any:
    best, most, run, last = None, 0, 0, object()
    for value in values:
        run = run + 1 if value == last else 1
        last = value
        if run > most:
            best, most = value, run
    return best


ORDERED: Final = Library()
ORDERED.add(
    "percentile_cont(float8, float8) float8; percentile_cont(float8, interval) interval", _percentile_cont, kind="o"
)
ORDERED.add("percentile_cont(float8[], float8) float8[]", _percentile_cont, kind="o")
ORDERED.add("percentile_disc(float8, anyelement) anyelement", _percentile_disc, kind="o")
ORDERED.add("percentile_disc(float8[], anyelement) anyarray", _percentile_disc, kind="o")
ORDERED.add("mode(anyelement) anyelement", _mode, kind="o")


def _window(signatures: str) -> None:
    WINDOWS.add(signatures, lambda: None, strict=False, kind="w")


_window(
    "row_number() int8; rank() int8; dense_rank() int8; percent_rank() float8; cume_dist() float8; ntile(int4) int4"
)
_window(
    "lag(anyelement) anyelement; lag(anyelement, int4) anyelement; lag(anycompatible, int4, anycompatible) anycompatible"
)
_window(
    "lead(anyelement) anyelement; lead(anyelement, int4) anyelement; lead(anycompatible, int4, anycompatible) anycompatible"
)
_window("first_value(anyelement) anyelement; last_value(anyelement) anyelement; nth_value(anyelement, int4) anyelement")

__all__ = ["AGGREGATES", "ORDERED", "WINDOWS", "scale_of"]
