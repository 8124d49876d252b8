"""What the docs promise of the control plane, fixtures and pytest."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from falsefront.control_plane.cli import ELSEWHERE
from falsefront.control_plane.client import sync
from falsefront.control_plane.commands.parser import _parser
from falsefront.control_plane.fixture.entities import _KINDS
from falsefront.control_plane.fixture.expression import FUNCTIONS
from falsefront.control_plane.fixture.sections import _MAKERS
from falsefront.control_plane.routers import ROUTES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_every_route_is_on_the_page(path: str) -> None:
    assert re.search(rf"{re.escape(path)}`", _page("control-plane"))


def _subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {
        name: sub
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, sub in action.choices.items()
    }


def test_every_command_and_every_option_of_serve_is_on_the_page() -> None:
    page = _page("control-plane")
    commands = _subcommands(_parser())
    for name in (*commands, *ELSEWHERE):
        assert f"`falsefront {name}`" in page
    for action in commands["serve"]._actions:
        for option in action.option_strings:
            if option not in ("-h", "--help"):
                assert f"`{option}" in page, option


def test_every_method_of_a_world_is_on_the_page() -> None:
    page = _page("control-plane")
    for kind in (sync.World, sync.Faults, sync.WorldClock):
        for name in vars(kind):
            if not name.startswith("_"):
                assert f"`{name}`" in page, name


def test_the_whole_language_of_fixtures_is_on_the_page() -> None:
    page = _page("fixtures")
    for name in FUNCTIONS:
        assert f"`{name}`" in page, name
    for name in (*_KINDS, *_MAKERS):
        assert f"{{{name}: " in page, name


def test_the_plugin_s_options_and_fixtures_are_on_the_page() -> None:
    source = (DOCS.parent / "control_plane" / "pytest_plugin.py").read_text()
    page = _page("pytest")
    options = re.findall(r'addoption\("(--[\w-]+)"', source)
    fixtures = re.findall(r"@pytest\.fixture.*\ndef (\w+)", source)
    assert options
    assert fixtures
    for name in (*options, *fixtures):
        assert f"`{name}" in page, name
