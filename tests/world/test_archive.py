from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falsefront.kernel.operation import Failure
from falsefront.kernel.state import Index, TableSpec
from falsefront.world import archive
from falsefront.world.clock import Clock
from falsefront.world.store import Transaction, Version

THINGS = TableSpec("things", indexes=(Index("colour", lambda key, thing: ((thing["colour"],),)),))
PAIRS = TableSpec("pairs")
LOG = TableSpec("log", content=False)


def _world() -> Version:
    state = Transaction(Version(seed=-5, clock=Clock(settle=1.5)))
    for number in range(100):
        state.table(THINGS).put(f"t{number}", {"colour": "red" if number % 3 else "blue", "number": number})
        state.table(PAIRS).put((number % 7, f"p{number}"), b"\xff%d" % number)
        state.table(LOG).put(number, [number, (1, 2)])
    state.ids.token("thing", 4)
    state.sequence("orders", 41)
    return state.commit()


def _write(version: Version) -> bytes:
    file = io.BytesIO()
    archive.write(version, file, {}, {"world": "w"})
    return file.getvalue()


def _read(data: bytes) -> Version:
    specs = {spec.name: spec for spec in (THINGS, PAIRS, LOG)}
    return archive.read(io.BytesIO(data), specs.get, {}).version


def test_a_world_out_of_a_file_is_the_one_that_went_in() -> None:
    before = _world()
    after = _read(_write(before))
    assert (after.digest, after.number, after.seed, after.clock) == (
        before.digest,
        before.number,
        before.seed,
        before.clock,
    )
    for name, rows in before.tables.items():
        assert list(after.tables[name].scan()) == list(rows.scan())


def test_it_goes_on_identically() -> None:
    before = _world()
    went_on = []
    for version in (before, _read(_write(before))):
        state = Transaction(version)
        token, order = state.ids.token("thing", 12), state.sequence("orders")
        blue = list(state.table(THINGS).find("colour", "blue"))
        state.table(THINGS).put(token, {"colour": "blue", "number": order})
        went_on.append((token, order, blue, state.commit().digest))
    assert went_on[0] == went_on[1]
    assert went_on[0][1] == 42
    assert len(went_on[0][2]) == 34


def test_equal_versions_make_equal_files() -> None:
    assert _write(_world()) == _write(_world())
    assert _write(_read(_write(_world()))) == _write(_world())


def test_tables_that_nobody_declares_are_kept() -> None:
    before = _world()
    after = archive.read(io.BytesIO(_write(before)), lambda _: None, {}).version
    assert after.digest == before.digest
    assert _write(after) == _write(before)


keys = st.one_of(st.integers(-5, 5), st.text(max_size=3))
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(st.characters(exclude_categories=())),
        st.binary(),
        st.decimals(allow_nan=False),
        st.datetimes(timezones=st.just(dt.UTC)).map(lambda at: at.replace(fold=0)),
        st.dates(),
        st.uuids(),
        st.timedeltas(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(keys, st.just("\0")), inner, max_size=3),
    ),
    max_leaves=10,
)


@given(values)
def test_every_value_comes_back_as_it_was(value: Any) -> None:
    written = json.loads(json.dumps(archive.encode(value)))
    back = archive.decode(written)
    assert back == value
    assert repr(back) == repr(value)


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be exported"):
        archive.encode(object())


def test_examples_of_what_json_cannot_say() -> None:
    for value in (1 << 70, float("inf"), "\ud800", Decimal("1.50"), UUID(int=7), {1: 2}, {"\0": ["bytes", "eA=="]}):
        assert archive.decode(archive.encode(value)) == value


def _lines() -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(_write(_world())).splitlines()]


def _pack(lines: list[Any]) -> bytes:
    return gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def _head(**fields: Any) -> bytes:
    head, *rest = _lines()
    return _pack([{**head, **fields}, *rest])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "first line"),
        (b"not gzip", "gzip"),
        (_write(_world())[:200], "gzip"),
        (gzip.compress(b"{}\n", mtime=0), "first line"),
        (gzip.compress(b"[1]\n", mtime=0), "first line"),
        (gzip.compress(b"nonsense\n", mtime=0), "damaged"),
        (_head(format=99), "format 99"),
        (_head(digest="ff1:" + "0" * 32), "digest"),
        (_head(clock={"mode": "frozen", "when": 3}), "damaged"),
        (_head(clock={"mode": "stopped", "at": 0, "settle": 5}), "clock"),
        (_head(clock={"mode": "frozen", "at": "now", "settle": 5}), "clock"),
        (_head(clock={"mode": "frozen", "at": 10**18, "settle": 5}), "damaged"),
        (_head(counters=None), "damaged"),
        (_pack([_lines()[0], {"table": "things", "content": True}, ["b", {}], ["a", {}], {"end": 2}]), "order"),
        (_pack([_lines()[0], {"table": "things", "content": True}, ["a", {}], [1, {}], {"end": 2}]), "damaged"),
        (_pack(_lines()[:-1]), "too early"),
        (_pack([*_lines()[:-1], {"end": 1}]), "documents"),
        (_pack([*_lines()[:-3], *_lines()[-2:-1], {"end": 299}]), "digest"),
        (_pack([_lines()[0], ["key", {"\0": ["no such type", 1]}], {"end": 1}]), "damaged"),
    ],
)
def test_a_damaged_file_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Failure) as refused:
        _read(data)
    assert refused.value.kind == "invalid"
    assert refused.value.message.startswith("this is not a world's file: ")
    assert why in refused.value.message


def test_deep_documents_come_back() -> None:
    deep: Any = "end"
    for _ in range(300):
        deep = [deep]
    state = Transaction(Version())
    state.table(PAIRS).put((1, "deep"), deep)
    version = state.commit()
    assert _read(_write(version)).tables["pairs"].get((1, "deep")) == deep


def test_a_table_is_indexed_for_whoever_opens_it_with_a_declaration() -> None:
    """As a world is that was imported where nobody declared its tables."""
    version = archive.read(io.BytesIO(_write(_world())), lambda _: None, {}).version
    state = Transaction(version)
    assert len(list(state.table(THINGS).find("colour", "blue"))) == 34
    state.table(THINGS).put("new", {"colour": "blue"})
    assert len(list(Transaction(state.commit()).table(THINGS).find("colour", "blue"))) == 35
