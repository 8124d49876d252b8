"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

# Before anything is imported from the store: prove at every commit that no document was changed in place.
os.environ.setdefault("FALSEFRONT_CHECK_DOCUMENTS", "1")

from falsefront.control_plane.registry import load  # noqa: E402
from falsefront.control_plane.serving import Background  # noqa: E402


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
