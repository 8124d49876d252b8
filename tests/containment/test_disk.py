"""A world's disk over HTTP: numbers beyond sense and paths beyond words."""

from __future__ import annotations

import pytest

from tests.containment.real import Real, Unhurt

NUMBERS = ["-1", "x", "4000000000", "99999999999", "9223372036854775807", "9" * 30, "9" * 5000, "%D9%A1", "1.5", "NaN"]


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_fills_the_memory(real: Real, unhurt: Unhurt, world: str, number: str) -> None:
    disk = f"/w/{world}/filesystem/disk"
    assert real.send("POST", f"{disk}/write?path=/workspace/a", {}, b"hello").status == 200
    for operation in ("write", "truncate", "read"):
        for name in ("offset", "size", "mode"):
            answer = unhurt.answer(real.send("POST", f"{disk}/{operation}?path=/workspace/a&{name}={number}", {}, b"x"))
            assert answer.status < 500, answer.raw
            assert len(answer.raw) < 10_000
    assert len(unhurt.answer(real.send("POST", f"{disk}/read?path=/workspace/a")).body) < 10_000


@pytest.mark.parametrize("path", ["", "%00", "%ff", "%ED%A0%80", "d/" * 3000, "n" * 300, "/workspace/%ED%A0%80"])
def test_odd_paths_are_answered(real: Real, unhurt: Unhurt, world: str, path: str) -> None:
    for operation in ("stat", "list", "read", "write", "remove", "make_directory", "rename", "check_out"):
        for place in (f"disk/{operation}?path={path}", f"disk/{operation}?path=/workspace&target={path}"):
            answer = unhurt.answer(real.send("POST", f"/w/{world}/filesystem/{place}", {}, b"x"))
            assert answer.status < 500, answer.raw
    for method in ("GET", "POST"):
        sent = real.send(method, f"/w/{world}/filesystem/e2b/files?path={path}", {}, b"x")
        # A name that is too long is 500 there.
        answer = unhurt.answer(sent, inside=False)
        assert answer.json()["message"], answer.raw
