from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from falsefront.control_plane.client import Falsefront
from falsefront.control_plane.serving import Background


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    return serve("mail")


@pytest.fixture
def client(server: Background) -> Iterator[Falsefront]:
    with Falsefront(server.url) as found:
        yield found


@pytest.fixture
def http(server: Background) -> Iterator[httpx.Client]:
    """The bare API, for what the client would never send."""
    with httpx.Client(base_url=f"{server.url}/_falsefront", trust_env=False) as found:
        yield found


@pytest.fixture
def mail(server: Background) -> Iterator[Callable[..., httpx.Response]]:
    """Send a message in a world."""
    with httpx.Client(trust_env=False) as http:

        def send(world: str, to: str = "a@example.com", subject: str = "") -> httpx.Response:
            body = {"to": [to], "subject": subject}
            return http.post(f"{server.url}/w/{world}/mail/messages", json=body)

        yield send
