from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falsefront.world.digest import canonical, entry_digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 25}, {"a": 25.0}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ({"a": 1e22}, {"a": 10**22}),
        ({"a": -0.0}, {"a": 0}),
    ],
)
def test_equal_values_have_one_form(one: object, other: object) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": "25"}, {"a": 25}),
        ({"a": True}, {"a": 1}),
        ({"a": None}, {}),
        ({"a": b"x"}, {"a": "x"}),
        ({"a": b"x"}, {"a": b"y"}),
        ({"a": 2**70}, {"a": 2**70 + 1}),
        ({"a": "\ud800"}, {"a": "\ud801"}),
        ({"a": "1.0"}, {"a": "1"}),
    ],
)
def test_different_values_have_different_forms(one: object, other: object) -> None:
    assert canonical(one) != canonical(other)


@given(JSON)
def test_the_form_survives_json(value: object) -> None:
    assert canonical(json.loads(json.dumps(value))) == canonical(value)


def test_table_and_key_count() -> None:
    digests = {entry_digest(table, key, {"v": 1}) for table in ("t", "u") for key in ("a", "b", 1, ("a", 1))}
    assert len(digests) == 8


def test_the_same_in_every_process() -> None:
    program = (
        "from falsefront.world.digest import entry_digest as e; print(e('t', 'k', {'b': [1, 2.5, b'x'], 'a': 'é'}))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(outputs) == 1


def test_a_fraction_is_written_alike_beside_any_number() -> None:
    assert canonical([25, 8.5e-05, 1e-7]) == canonical([25.0, 8.5e-05, 1e-7])
