"""The pytest plugin: ``falsefront``, a server for the session, and ``world``, a world for each test.

Nothing of falsefront is imported until a test asks for one of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from falsefront.control_plane.client import Falsefront, World

_NUMBERS: Final = count(1)
_OTHERWISE: Final = re.compile(r"[^A-Za-z0-9]+")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("falsefront", "falsefront: worlds for tests")
    group.addoption("--falsefront-url", help="use the server at this URL instead of starting one; else FALSEFRONT_URL")
    group.addoption("--falsefront-fixture", help="what worlds begin with (default: shop, or as that server's begin)")
    group.addoption("--falsefront-emulators", help="which emulators a started server loads (default: all)")


@pytest.fixture(scope="session")
def falsefront(request: pytest.FixtureRequest) -> Iterator[Falsefront]:
    """A client of a falsefront server: the one at ``--falsefront-url`` or ``FALSEFRONT_URL``, else one of our own."""
    from falsefront.control_plane.client import Falsefront

    config = request.config
    url = config.getoption("--falsefront-url") or os.environ.get("FALSEFRONT_URL")
    if url:
        with Falsefront(url) as client:
            client.health()
            yield client
        return
    from falsefront.control_plane.launch import Launched

    arguments = ["--fixture", config.getoption("--falsefront-fixture") or "shop"]
    if emulators := config.getoption("--falsefront-emulators"):
        arguments += ["--emulators", emulators]
    with Launched(arguments) as server, Falsefront(server.url) as client:
        yield client


@pytest.fixture
def world(request: pytest.FixtureRequest, falsefront: Falsefront) -> Iterator[World]:
    """A world of its own for this test, forked from the fixture's as it began, and dropped afterwards."""
    from falsefront.control_plane.client import NotFound

    made = falsefront.worlds.create(_name(request.node.name), fixture=_fixture(request.config))
    yield made
    try:
        made.drop()
    except NotFound:
        # The test dropped it itself.
        return


def _fixture(config: pytest.Config) -> str | None:
    """A server of our own began with the fixture that is asked for; another may have begun otherwise."""
    elsewhere = config.getoption("--falsefront-url") or os.environ.get("FALSEFRONT_URL")
    return config.getoption("--falsefront-fixture") if elsewhere else None


def _name(test: str) -> str:
    """A world's name that says which test it is for, and is no other's: not even of another worker or machine."""
    readable = _OTHERWISE.sub("-", test).strip("-")[:32]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"t-{readable}-{worker}-{os.getpid()}-{next(_NUMBERS)}"[:63].rstrip("-")
