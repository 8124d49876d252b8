"""Which type becomes which, when, and how."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from ..errors import SqlError
from . import jsonb
from .datetime import DAY, INF_DATE, INF_TS, NINF_DATE, NINF_TS, Interval, to_local, to_utc
from .numbers import RANGES, WIDE, check_integer, read_numeric, rescale, show_float, show_float4, to_float4
from .table import (
    BOOL,
    BPCHAR,
    BYTEA,
    CHAR,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    JSON,
    JSONB,
    NAME,
    NUMERIC,
    OID,
    REGCLASS,
    REGNAMESPACE,
    REGPROC,
    REGPROCEDURE,
    REGROLE,
    REGTYPE,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    VARCHAR,
)  # fmt: skip

Caster = Callable[[Any, Any], Any]
"""Takes a value (never ``None``) and the session's ``Style``."""


def _same(value: Any, style: Any) -> Any:
    return value


def _to_int(oid: int) -> Caster:
    return lambda value, style: check_integer(int(value), oid)


def _round_to_int(oid: int) -> Caster:
    name = RANGES[oid][2]

    def cast(value: Any, style: Any) -> int:
        if isinstance(value, float):
            if not math.isfinite(value):
                raise SqlError("22003", f"{name} out of range")
            return check_integer(round(value), oid)
        if not value.is_finite():
            raise SqlError("0A000", f"cannot convert {'NaN' if value.is_nan() else 'infinity'} to {name}")
        return check_integer(int(rescale(value, 0)), oid)

    return cast


def _float_to_numeric(value: float, style: Any) -> Decimal:
    # PostgreSQL prints 15 significant digits first.
    if not math.isfinite(value):
        return Decimal(show_float(value))
    return read_numeric(f"{value:.15g}")


def _float4_to_numeric(value: float, style: Any) -> Decimal:
    return Decimal(show_float4(value)) if not math.isfinite(value) else read_numeric(f"{value:.6g}")


def _to_float4(value: Any, style: Any) -> float:
    return to_float4(_to_float8(value, style))


def _to_float8(value: Any, style: Any) -> float:
    result = float(value)
    if math.isinf(result) and not (isinstance(value, Decimal) and value.is_infinite()):
        raise SqlError("22003", f'"{value}" is out of range for type double precision')
    return result


def _rstrip(value: str, style: Any) -> str:
    return value.rstrip(" ")


def _name(value: str, style: Any) -> str:
    return value.encode()[:63].decode(errors="ignore")


def _date_to_ts(value: int, style: Any) -> int:
    return {INF_DATE: INF_TS, NINF_DATE: NINF_TS}.get(value, value * DAY)


def _date_to_tstz(value: int, style: Any) -> int:
    return _ts_to_tstz(_date_to_ts(value, style), style)


def _ts_to_tstz(value: int, style: Any) -> int:
    return value if style.where is None else to_utc(value, style.where)


def _tstz_to_ts(value: int, style: Any) -> int:
    return value if style.where is None else to_local(value, style.where)


def _ts_to_date(value: int, style: Any) -> int:
    return {INF_TS: INF_DATE, NINF_TS: NINF_DATE}.get(value, value // DAY)


def _tstz_to_date(value: int, style: Any) -> int:
    return _ts_to_date(_tstz_to_ts(value, style), style)


def _json_scalar(kind: str, convert: Caster) -> Caster:
    names: Final = {bool: "boolean", str: "string", dict: "object", list: "array", type(None): "null"}

    def cast(text: str, style: Any) -> Any:
        value = jsonb.load(text)
        if isinstance(value, bool) == (kind == "boolean") and isinstance(value, bool | Decimal):
            return convert(value, style)
        found = names.get(type(value), "numeric")
        raise SqlError("22023", f"cannot cast jsonb {found} to type {kind}")

    return cast


_NUMERIC_INTS: Final = (INT2, INT4, INT8)
_REGS: Final = (REGCLASS, REGTYPE, REGPROC, REGPROCEDURE, REGNAMESPACE, REGROLE)


def _table() -> dict[tuple[int, int], tuple[str, Caster]]:
    casts: dict[tuple[int, int], tuple[str, Caster]] = {}
    for source in _NUMERIC_INTS:
        for target in _NUMERIC_INTS:
            if source != target:
                wider = _NUMERIC_INTS.index(source) < _NUMERIC_INTS.index(target)
                casts[source, target] = ("i", _same) if wider else ("a", _to_int(target))
        casts[source, FLOAT4] = ("i", _to_float4)
        casts[source, FLOAT8] = ("i", _to_float8)
        casts[source, NUMERIC] = ("i", lambda value, style: Decimal(value))
        casts[NUMERIC, source] = casts[FLOAT8, source] = casts[FLOAT4, source] = ("a", _round_to_int(source))
        casts[source, OID] = ("i", _to_int(OID))
        casts[JSONB, source] = ("e", _json_scalar(RANGES[source][2], _round_to_int(source)))
        for reg in _REGS:
            casts[source, reg] = ("i", _to_int(OID))
            casts[reg, source] = ("a", _same)
    casts |= {
        (FLOAT4, FLOAT8): ("i", _same),
        (FLOAT8, FLOAT4): ("a", _to_float4),
        (FLOAT4, NUMERIC): ("a", _float4_to_numeric),
        (FLOAT8, NUMERIC): ("a", _float_to_numeric),
        (NUMERIC, FLOAT4): ("i", _to_float4),
        (NUMERIC, FLOAT8): ("i", _to_float8),
        (INT4, BOOL): ("e", lambda value, style: value != 0),
        (BOOL, INT4): ("e", lambda value, style: int(value)),
        (BOOL, TEXT): ("a", lambda value, style: "true" if value else "false"),
        (BOOL, VARCHAR): ("a", lambda value, style: "true" if value else "false"),
        (BOOL, BPCHAR): ("a", lambda value, style: "true" if value else "false"),
        (OID, INT8): ("i", _same),
        (OID, INT4): ("a", _same),
        (TEXT, VARCHAR): ("i", _same),
        (TEXT, BPCHAR): ("i", _same),
        (VARCHAR, TEXT): ("i", _same),
        (VARCHAR, BPCHAR): ("i", _same),
        (BPCHAR, TEXT): ("i", _rstrip),
        (BPCHAR, VARCHAR): ("i", _rstrip),
        (NAME, TEXT): ("i", _same),
        (NAME, VARCHAR): ("a", _same),
        (NAME, BPCHAR): ("a", _same),
        (TEXT, NAME): ("i", _name),
        (VARCHAR, NAME): ("i", _name),
        (BPCHAR, NAME): ("i", _name),
        (CHAR, TEXT): ("i", _same),
        (CHAR, VARCHAR): ("a", _same),
        (CHAR, BPCHAR): ("a", _same),
        (CHAR, INT4): ("e", lambda value, style: ord(value) if value else 0),
        (TEXT, CHAR): ("a", lambda value, style: value[:1]),
        (VARCHAR, CHAR): ("a", lambda value, style: value[:1]),
        (BPCHAR, CHAR): ("a", lambda value, style: value[:1]),
        (DATE, TIMESTAMP): ("i", _date_to_ts),
        (DATE, TIMESTAMPTZ): ("i", _date_to_tstz),
        (TIMESTAMP, TIMESTAMPTZ): ("i", _ts_to_tstz),
        (TIMESTAMPTZ, TIMESTAMP): ("a", _tstz_to_ts),
        (TIMESTAMP, DATE): ("a", _ts_to_date),
        (TIMESTAMPTZ, DATE): ("a", _tstz_to_date),
        (TIMESTAMP, TIME): ("a", lambda value, style: value % DAY),
        (TIMESTAMPTZ, TIME): ("a", lambda value, style: _tstz_to_ts(value, style) % DAY),
        (TIME, INTERVAL): ("i", lambda value, style: Interval(0, 0, value)),
        (INTERVAL, TIME): ("a", lambda value, style: value.micros % DAY),
        (JSON, JSONB): ("a", lambda value, style: jsonb.canonical(value)),
        (JSONB, JSON): ("a", _same),
        (JSONB, BOOL): ("e", _json_scalar("boolean", _same)),
        (JSONB, NUMERIC): ("e", _json_scalar("numeric", _same)),
        (JSONB, FLOAT8): ("e", _json_scalar("double precision", _to_float8)),
        (JSONB, FLOAT4): ("e", _json_scalar("real", _to_float4)),
        (TEXT, REGCLASS): ("i", lambda value, style: style.oid_of(REGCLASS, value)),
        (VARCHAR, REGCLASS): ("i", lambda value, style: style.oid_of(REGCLASS, value)),
    }
    for reg in _REGS:
        casts[OID, reg] = casts[reg, OID] = ("i", _same)
        casts[reg, INT8] = ("a", _same)
    return casts


CASTS: Final[Mapping[tuple[int, int], tuple[str, Caster]]] = _table()
"""(source, target): when it applies (i implicit, a assignment, e explicit), and what does it."""
STRINGS: Final = frozenset({TEXT, VARCHAR, BPCHAR, NAME, CHAR})


def apply_typmod(type_oid: int, typmod: int, explicit: bool) -> Caster | None:
    """What fits a value of a type into its length or precision; ``None`` if nothing has to."""
    if typmod < 0:
        return None
    if type_oid == NUMERIC:
        from .numbers import apply_numeric_typmod

        return lambda value, style: apply_numeric_typmod(value, typmod)
    if type_oid == VARCHAR:
        return _varchar(typmod - 4, explicit)
    if type_oid == BPCHAR:
        return _bpchar(typmod - 4, explicit)
    if type_oid in (TIMESTAMP, TIMESTAMPTZ, TIME):
        return _round_micros(typmod)
    if type_oid == INTERVAL:
        return _interval(typmod)
    return None


def _varchar(length: int, explicit: bool) -> Caster:
    def fit(value: str, style: Any) -> str:
        if len(value) <= length:
            return value
        if explicit or not value[length:].strip(" "):
            return value[:length]
        raise SqlError("22001", f"value too long for type character varying({length})")

    return fit


def _bpchar(length: int, explicit: bool) -> Caster:
    def fit(value: str, style: Any) -> str:
        if len(value) <= length:
            return value.ljust(length)
        if explicit or not value[length:].strip(" "):
            return value[:length]
        raise SqlError("22001", f"value too long for type character({length})")

    return fit


def _round_micros(digits: int) -> Caster:
    unit = 10 ** (6 - min(digits, 6))

    def fit(value: int, style: Any) -> int:
        return value if value in (INF_TS, NINF_TS) else (value + unit // 2) // unit * unit

    return fit


_INTERVAL_KEEP: Final[Mapping[int, Callable[[Interval], Interval]]] = {
    4: lambda v: Interval(int(v.months / 12) * 12, 0, 0),
    2: lambda v: Interval(v.months, 0, 0),
    6: lambda v: Interval(v.months, 0, 0),
    8: lambda v: Interval(v.months, v.days, 0),
    1024: lambda v: Interval(v.months, v.days, int(v.micros / 3_600_000_000) * 3_600_000_000),
    1032: lambda v: Interval(v.months, v.days, int(v.micros / 3_600_000_000) * 3_600_000_000),
    2048: lambda v: Interval(v.months, v.days, int(v.micros / 60_000_000) * 60_000_000),
    3072: lambda v: Interval(v.months, v.days, int(v.micros / 60_000_000) * 60_000_000),
    3080: lambda v: Interval(v.months, v.days, int(v.micros / 60_000_000) * 60_000_000),
}


def _interval(typmod: int) -> Caster:
    fields, digits = typmod >> 16 & 0x7FFF, typmod & 0xFFFF

    def fit(value: Interval, style: Any) -> Interval:
        keep = _INTERVAL_KEEP.get(fields)
        if keep is not None:
            return keep(value)
        if digits < 6:
            unit = Decimal(10 ** (6 - digits))
            micros = int((Decimal(value.micros) / unit).quantize(Decimal(1), ROUND_HALF_EVEN, WIDE) * unit)
            return Interval(value.months, value.days, micros)
        return value

    return fit


__all__ = ["BYTEA", "CASTS", "STRINGS", "UUID", "Caster", "apply_typmod"]
