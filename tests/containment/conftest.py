from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.containment.real import Real, Unhurt


@pytest.fixture(scope="session")
def _real() -> Iterator[Real]:
    server = Real()
    try:
        yield server
        status, _ = server.stop()
        assert status == 0
        assert "Traceback" not in server.stderr()
    finally:
        server.process.kill()
        server.close()


@pytest.fixture
def real(_real: Real) -> Iterator[Real]:
    """A server in a process of its own, shared by all tests: it must be as well after each as it was before."""
    unhurt = Unhurt(_real)
    yield _real
    unhurt.check()


@pytest.fixture
def unhurt(real: Real) -> Unhurt:
    """Checks answers of that server."""
    return Unhurt(real)


_numbers = count(1)


@pytest.fixture
def world(real: Real) -> Iterator[str]:
    """A world of that server, for one test."""
    name = real.world(f"t{next(_numbers)}")
    yield name
    real.control("DELETE", f"/worlds/{name}")
