from __future__ import annotations

import io
import json
from typing import Any

import pytest

from falsefront.kernel.operation import Operation
from falsefront.world.journal import REDACTED, Entry, Journal, redact


def entry(seq: int, **args: Any) -> Entry:
    return Entry(
        seq=seq,
        op=Operation("e", "op", args),
        at=0,
        duration=0.0,
        failure=None,
        faults=(),
        before=0,
        after=0,
        digest=0,
        changes=(),
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"password": "x"}, {"password": REDACTED}),
        ({"card": {"number": "4242424242424242", "cvc": "123", "exp_year": 2030}}, {"exp_year": 2030}),
        ({"headers": {"Authorization": "Bearer abcdefghij"}}, {"Authorization": REDACTED}),
        ("key sk_test_abcdefgh12345 in text", f"key {REDACTED} in text"),
        ("paid with 4242 4242 4242 4242 today", f"paid with {REDACTED} today"),
        ({"api_key": "k", "client_secret": "s"}, {"api_key": REDACTED, "client_secret": REDACTED}),
        ({"number": 7, "name": "Ada"}, {"number": 7, "name": "Ada"}),
        (["whsec_abcdefghijk"], [REDACTED]),
        ("amex 3782 822463 10005.", f"amex {REDACTED}."),
        ("x" * 200_000 + " sk_live_abcdefgh", "x" * 200_000 + f" {REDACTED}"),
        ("ALTER USER ada PASSWORD 'it''s' LOGIN", f"ALTER USER ada PASSWORD '{REDACTED}' LOGIN"),
        ("postgres://ada:hunter2@db/shop and http://db/", f"postgres://ada:{REDACTED}@db/shop and http://db/"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", REDACTED),
        ("a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n", f"a\n{REDACTED}\n"),
        ({"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "DB_PASSWORD", "value": REDACTED}),
        ({"name": "PORT", "value": "8080"}, {"value": "8080"}),
        ({"kind": "Secret", "data": {"k": "aGk="}, "type": "Opaque"}, {"data": {"k": REDACTED}, "type": "Opaque"}),
        ({"kind": "ConfigMap", "data": {"k": "aGk="}}, {"data": {"k": "aGk="}}),
    ],
)
def test_credentials_are_redacted(value: Any, shown: Any) -> None:
    found = json.dumps(redact(value))
    for part in shown.items() if isinstance(shown, dict) else ():
        assert json.dumps({part[0]: part[1]})[1:-1] in found
    if not isinstance(shown, dict):
        assert redact(value) == shown
    assert "4242424242424242" not in found
    assert "123" not in found


def test_memory_is_bounded_and_the_file_is_not() -> None:
    file = io.BytesIO()
    journal = Journal(size=3, file=file)
    for seq in range(1, 6):
        journal.append(entry(seq, n=seq, blob=b"\xff", big=2**70, odd="\ud800"))
    assert [kept.seq for kept in journal] == [3, 4, 5]
    assert [kept.seq for kept in journal.after(3)] == [4, 5]
    assert [kept.seq for kept in journal.after(0, limit=2)] == [3, 4]
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0]["args"]["big"] == 2**70


def test_numbers_go_on_when_it_is_cleared() -> None:
    journal = Journal()
    journal.append(entry(1))
    journal.clear()
    assert (len(journal), journal.seq) == (0, 1)
