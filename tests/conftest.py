"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

# Before anything is imported from the store: prove at every commit that no document was changed in place.
os.environ.setdefault("FALSEFRONT_CHECK_DOCUMENTS", "1")

from falsefront.control_plane.registry import load
from falsefront.control_plane.serving import Background


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Background]]:
    """Servers with the emulators named, in threads; asked for the same again, a module gets the same server."""
    running: dict[str, Background] = {}

    def start(*names: str, **settings: object) -> Background:
        key = repr((names, sorted(settings.items())))
        if key not in running:
            running[key] = Background(load(names), **settings).__enter__()
        return running[key]

    yield start
    for background in running.values():
        background.__exit__(None, None, None)
