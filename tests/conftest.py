"""What every test may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from falsefront.control_plane.registry import load
from falsefront.control_plane.serving import Background


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Background]]:
    """Start servers with the emulators named; they stop with the module."""
    running: list[Background] = []

    def start(*names: str, **settings: object) -> Background:
        background = Background(load(names), **settings)
        background.__enter__()
        running.append(background)
        return background

    yield start
    for background in running:
        background.__exit__(None, None, None)
