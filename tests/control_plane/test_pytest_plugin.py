from __future__ import annotations

import subprocess
import sys

import pytest

from falsefront.control_plane.client import Falsefront
from falsefront.control_plane.serving import Background

pytest_plugins = ["pytester"]

USES = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_alone(world, number):
    assert world.diff()["equal"]
    world.seed({"mail": {"messages": [{"to": ["a@example.com"], "subject": str(number)}]}})
    assert [change["after"]["subject"] for change in world.diff()["changes"]] == [str(number)]

def test_dropped_by_itself(world, falsefront):
    world.drop()
"""
OPTIONS = ("-p", "no:randomly", "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function")


def _passed(pytester: pytest.Pytester, count: int, *options: str) -> None:
    result = pytester.runpytest_subprocess(*OPTIONS, *options)
    result.assert_outcomes(passed=count)


def test_each_test_has_a_world_of_its_own(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FALSEFRONT_URL", raising=False)
    pytester.makepyfile(USES)
    _passed(pytester, 4, "--falsefront-emulators=mail")


def test_a_running_server_is_used_by_all_workers_and_left_clean(
    pytester: pytest.Pytester, server: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FALSEFRONT_URL", server.url)
    pytester.makepyfile(USES)
    with Falsefront(server.url) as client:
        before = client.worlds.list()
        _passed(pytester, 4, "-n", "2")
        assert client.worlds.list() == before


def test_a_server_that_is_not_there_is_an_error_that_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(world): pass")
    result = pytester.runpytest_subprocess(*OPTIONS, "--falsefront-url", "http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no falsefront server answers at http://127.0.0.1:9*"])


def test_a_session_without_it_does_not_pay_for_it() -> None:
    code = (
        "import sys; import falsefront.control_plane.pytest_plugin; "
        "print(sorted(name for name in sys.modules if name.startswith(('falsefront', 'httpx', 'pydantic'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        ["falsefront", "falsefront.control_plane", "falsefront.control_plane.pytest_plugin"]
    )
