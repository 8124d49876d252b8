"""Window functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..analyse.nodes import Frame, Query, Window
from ..analyse.select import same
from ..errors import SqlError
from ..functions.operators import add_interval
from ..types.compare import key_of
from ..types.datetime import Interval
from .compile import Compiler
from .groups import _sorted, _unique
from .query_keys import keys_of
from .run import Run


def windowed(compiler: Compiler, query: Query, rows: Any, width: int) -> tuple[Any, int]:
    """The rows with each window function's value after them, in the order of the last window."""
    run = compiler.run
    runners = [_Runner(compiler, window) for window in query.windows]
    for n, window in enumerate(query.windows):
        compiler.slots[id(window)] = width + n

    def produce() -> Iterator[Any]:
        current = run.keep(map(tuple, rows()))
        order = list(range(len(current)))
        values: list[list[Any]] = []
        for runner in runners:
            column, order = runner.compute(run, current, order)
            values.append(column)
        for place in order:
            yield (*current[place], *[column[place] for column in values])

    return produce, width + len(query.windows)


class _Runner:
    """One window function over the rows."""

    def __init__(self, compiler: Compiler, window: Window) -> None:
        self.window = window
        self.args = compiler.many(window.args)
        self.partition = compiler.many(window.partition)
        self.order = [(compiler.compile(key.expr), key) for key in window.order]
        self.where = compiler.compile(window.where) if window.where is not None else None
        frame = window.frame
        self.start = compiler.compile(frame.start_offset) if frame and frame.start_offset else None
        self.end = compiler.compile(frame.end_offset) if frame and frame.end_offset else None
        run = compiler.run
        self.partition_key = keys_of(run, [expr.type for expr in window.partition])
        self.order_key = keys_of(run, [key.expr.type for key in window.order])

    def compute(self, run: Run, rows: list[Any], order: list[int]) -> tuple[list[Any], list[int]]:
        """The function's value for each row, and the order in which rows now stand."""
        from ..analyse.nodes import SortKey
        from .query import sort_rows

        keys = [SortKey(expr) for expr in self.window.partition] + [key for _, key in self.order]
        keyed = [
            ([part(rows[n]) for part in self.partition] + [sort(rows[n]) for sort, _ in self.order], n) for n in order
        ]
        sort_rows(run, keyed, keys)
        count = len(self.partition)
        values: list[Any] = [None] * len(rows)
        start = 0
        while start < len(keyed):
            key = self.partition_key(keyed[start][0][:count])
            end = start
            while end < len(keyed) and self.partition_key(keyed[end][0][:count]) == key:
                end += 1
            places = [n for _, n in keyed[start:end]]
            sorts = [self.order_key(k[count:]) for k, _ in keyed[start:end]]
            raw = [k[count:] for k, _ in keyed[start:end]]
            for place, value in zip(places, self._partition(run, [rows[n] for n in places], sorts, raw), strict=True):
                values[place] = value
            start = end
        return values, [n for _, n in keyed]

    def _partition(self, run: Run, rows: list[Any], sorts: list[Any], raw: list[Any]) -> list[Any]:
        function = self.window.function
        assert function is not None
        if function.kind == "a":
            return self._aggregated(run, rows, sorts, raw)
        return _FUNCTIONS[function.name](self, run, rows, sorts, raw)  # type: ignore[no-any-return]

    def _aggregated(self, run: Run, rows: list[Any], sorts: list[Any], raw: list[Any]) -> list[Any]:
        function = self.window.function
        assert function is not None
        types = [arg.type for arg in self.window.args]
        given = [tuple(arg(row) for arg in self.args) for row in rows]
        keep = [self.where is None or bool(self.where(row)) for row in rows]
        results: list[Any] = []
        last: tuple[Any, Any] | None = None
        for places in self.frames(run, rows, sorts, raw):
            if last is not None and last[0] == places:
                results.append(last[1])
                continue
            values = [given[n] for n in places if keep[n]]
            if function.strict and self.args:
                values = [value for value in values if value[0] is not None]
            value = function.impl(run, values, types)
            last = (places, value)
            results.append(value)
        return results

    def frames(self, run: Run, rows: list[Any], sorts: list[Any], raw: list[Any]) -> Iterator[Any]:
        """The places of each row's frame."""
        frame = self.window.frame or Frame()
        size = len(rows)
        peers = _peers(sorts) if self.order else [(0, size)] * size
        start_offset = _offset(self.start, "starting") if self.start else None
        end_offset = _offset(self.end, "ending") if self.end else None
        groups = [n for n in range(size) if n == 0 or peers[n] != peers[n - 1]]
        number: dict[int, int] = {}
        for n in range(size):
            number[n] = (number[n - 1] + (peers[n] != peers[n - 1])) if n else 0
        for n in range(size):
            low = self._bound(frame, frame.start, start_offset, n, size, peers, groups, number, raw, True)
            high = self._bound(frame, frame.end, end_offset, n, size, peers, groups, number, raw, False)
            places = range(max(low, 0), min(high, size))
            yield _excluded(places, frame.exclude, n, peers) if frame.exclude else places

    def _bound(
        self,
        frame: Frame,
        bound: str,
        offset: Any,
        n: int,
        size: int,
        peers: Any,
        groups: Any,
        number: Any,
        raw: Any,
        start: bool,
    ) -> int:
        if bound == "unbounded preceding":
            return 0
        if bound == "unbounded following":
            return size
        if frame.mode == "rows":
            shift = 0 if bound == "current row" else -offset if bound == "preceding" else offset
            return int(n + shift) + (0 if start else 1)
        if bound == "current row":
            return int(peers[n][0] if start else peers[n][1])
        if frame.mode == "groups":
            target = number[n] + (-offset if bound == "preceding" else offset)
            if target < 0:
                return 0
            if target >= len(groups):
                return size
            return int(groups[target] if start else peers[groups[target]][1])
        return self._range_bound(bound, offset, n, size, peers, raw, start)

    def _range_bound(self, bound: str, offset: Any, n: int, size: int, peers: Any, raw: Any, start: bool) -> int:
        if len(self.order) != 1:
            raise SqlError("42P20", "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
        value = raw[n][0]
        if value is None:
            return int(peers[n][0] if start else peers[n][1])
        descending = self.order[0][1].descending
        back = (bound == "preceding") != descending
        edge = _shifted(value, offset, -1 if back else 1, self.window.order[0].expr.type)
        for place in range(size) if start else range(size - 1, -1, -1):
            other = raw[place][0]
            if other is None:
                continue
            inside = (
                (other <= edge if descending else other >= edge)
                if start
                else (other >= edge if descending else other <= edge)
            )
            if inside:
                return place if start else place + 1
        return size if start else 0


def _shifted(value: Any, offset: Any, sign: int, oid: int) -> Any:
    if isinstance(offset, Interval):
        micros = value * 86_400_000_000 if oid == 1082 else value
        moved = add_interval(micros, offset, sign)
        return moved / 86_400_000_000 if oid == 1082 else moved
    return value + sign * offset


def _offset(closure: Any, which: str) -> Any:
    value = closure(())
    if value is None:
        raise SqlError("22004", f"frame {which} offset must not be null")
    if not isinstance(value, Interval) and value < 0:
        raise SqlError("22013", f"frame {which} offset must not be negative")
    return value


def _excluded(places: Any, exclude: str, n: int, peers: Any) -> Any:
    if exclude == "current row":
        return [p for p in places if p != n]
    inside = range(*peers[n])
    return [p for p in places if p not in inside or (exclude == "ties" and p == n)]


def _peers(sorts: list[Any]) -> list[tuple[int, int]]:
    result: list[tuple[int, int]] = []
    start = 0
    for n in range(1, len(sorts) + 1):
        if n == len(sorts) or sorts[n] != sorts[start]:
            result += [(start, n)] * (n - start)
            start = n
    return result


def _row_number(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
    return range(1, len(rows) + 1)


def _rank(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
    peers = _peers(sorts) if r.order else [(0, len(rows))] * len(rows)
    return [low + 1 for low, _ in peers]


def _dense_rank(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
    peers = _peers(sorts) if r.order else [(0, len(rows))] * len(rows)
    starts = sorted({low for low, _ in peers})
    return [starts.index(low) + 1 for low, _ in peers]


def _percent_rank(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
    size = len(rows)
    return [(rank - 1) / (size - 1) if size > 1 else 0.0 for rank in _rank(r, run, rows, sorts, raw)]


def _cume_dist(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
    peers = _peers(sorts) if r.order else [(0, len(rows))] * len(rows)
    return [high / len(rows) for _, high in peers]


def _ntile(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
    buckets = r.args[0](rows[0])
    if buckets is None:
        return [None] * len(rows)
    if buckets <= 0:
        raise SqlError("22014", "argument of ntile must be greater than zero")
    size, extra = divmod(len(rows), buckets)
    result: list[int] = []
    for bucket in range(buckets):
        result += [bucket + 1] * (size + (bucket < extra))
    return result


def _shift(sign: int) -> Any:
    def run_shift(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
        result: list[Any] = []
        for n, row in enumerate(rows):
            offset = r.args[1](row) if len(r.args) > 1 else 1
            if offset is None:
                result.append(None)
                continue
            place = n + sign * offset
            if 0 <= place < len(rows):
                result.append(r.args[0](rows[place]))
            else:
                result.append(r.args[2](row) if len(r.args) > 2 else None)
        return result

    return run_shift


def _at(pick: Any) -> Any:
    def run_at(r: _Runner, run: Run, rows: Any, sorts: Any, raw: Any) -> Any:
        result: list[Any] = []
        for n, places in enumerate(r.frames(run, rows, sorts, raw)):
            place = pick(r, rows[n], places)
            result.append(None if place is None else r.args[0](rows[place]))
        return result

    return run_at


def _nth(r: _Runner, row: Any, places: Any) -> Any:
    number = r.args[1](row)
    if number is None:
        return None
    if number <= 0:
        raise SqlError("22016", "argument of nth_value must be greater than zero")
    return places[number - 1] if number <= len(places) else None


_FUNCTIONS: dict[str, Any] = {
    "row_number": _row_number, "rank": _rank, "dense_rank": _dense_rank, "percent_rank": _percent_rank, "cume_dist": _cume_dist,
    "ntile": _ntile, "lag": _shift(-1), "lead": _shift(1), "first_value": _at(lambda r, row, places: places[0] if places else None),
    "last_value": _at(lambda r, row, places: places[-1] if places else None), "nth_value": _at(_nth),
}  # fmt: skip

__all__ = ["_sorted", "_unique", "key_of", "same", "windowed"]
