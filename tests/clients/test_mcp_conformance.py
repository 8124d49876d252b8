"""The official conformance suite, against the diagnostic tools it calls by name and against the real filesystem."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from falsefront.control_plane.serving import Background
from tests.clients.node import node, node_package

BASELINES = Path(__file__).parent / "conformance"
ERAS = ("2025-11-25", "2026-07-28")


@cache
def suite() -> list[str]:
    program = node(at_least=22)
    return [program, str(node_package("@modelcontextprotocol/conformance", "0.2.0-alpha.12") / "dist" / "index.js")]


def conform(folder: Path, url: str, *args: str) -> str:
    command = [*suite(), "server", "--url", url, "-o", str(folder / "results"), *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180, cwd=folder)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    return done.stdout


@pytest.mark.parametrize("era", ERAS)
def test_all_that_an_era_requires(serve: Callable[..., Background], tmp_path: Path, era: str) -> None:
    url = f"{serve('tests.mcp.diagnostic').url}/w/default/diagnostic/mcp"
    output = conform(tmp_path, url, "--requirements", era, "--expected-failures", str(BASELINES / f"{era}.yml"))
    assert "✓ tools-call-simple-text: 2 passed, 0 failed" in output


AGNOSTIC = {
    "2025-11-25": (
        "server-initialize",
        "ping",
        "tools-list",
        "server-sse-multiple-streams",
        "dns-rebinding-protection",
        "server-session-lifecycle",
    ),
    "2026-07-28": ("server-stateless", "tools-list", "server-sse-multiple-streams", "dns-rebinding-protection"),
}


@pytest.mark.parametrize(("era", "scenario"), [(era, name) for era, names in AGNOSTIC.items() for name in names])
def test_the_filesystem(serve: Callable[..., Background], tmp_path: Path, era: str, scenario: str) -> None:
    url = f"{serve('filesystem').url}/w/default/filesystem/mcp"
    baseline = BASELINES / "filesystem.yml"
    baselined = ["--expected-failures", str(baseline)] if scenario == "server-stateless" else []
    conform(tmp_path, url, "--scenario", scenario, "--spec-version", era, *baselined)
