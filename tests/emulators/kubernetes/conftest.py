"""A Kubernetes server, and a plain HTTP client in a world of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from falsefront.control_plane.serving import Background
from tests.emulators.kubernetes.api import Api

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    return serve("kubernetes")


@pytest.fixture
def api(server: Background) -> Iterator[Api]:
    found = Api(server, f"w{next(_NUMBERS)}")
    yield found
    found.http.close()
