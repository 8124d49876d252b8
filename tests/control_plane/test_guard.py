from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from falsefront.control_plane.client import Falsefront, Unauthenticated
from falsefront.control_plane.registry import load
from falsefront.control_plane.serving import Background, Ports


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.com", "localhost.evil.com", "["])
def test_a_foreign_host_is_refused(http: httpx.Client, host: str) -> None:
    answer = http.get("/worlds", headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["kind"] == "forbidden"


@pytest.mark.parametrize("host", ["localhost:7070", "127.0.0.1", "[::1]:80", "falsefront", "t17.localhost"])
def test_a_host_that_cannot_be_rebound_is_answered(http: httpx.Client, host: str) -> None:
    assert http.get("/worlds", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://10.0.0.1", "file://", "x"])
def test_a_foreign_page_is_refused_even_reading_health(http: httpx.Client, origin: str) -> None:
    for path in ("/worlds", "/health"):
        assert http.get(path, headers={"origin": origin}).status_code == 403


def test_the_server_s_own_pages_may_ask(http: httpx.Client, server: Background) -> None:
    assert http.get("/worlds", headers={"origin": server.url}).status_code == 200


@pytest.fixture(scope="module")
def guarded() -> Iterator[Background]:
    with Background(load(["mail"]), token="s3cret", ports=Ports(control=0)) as server:
        yield server


def test_a_token_is_asked_for(guarded: Background) -> None:
    url = guarded.serving.control_url
    with Falsefront(url, "s3cret") as client:
        assert [world["name"] for world in client.worlds.list()] == ["default"]
    for token in (None, "wrong"):
        with Falsefront(url, token) as client, pytest.raises(Unauthenticated, match="Bearer"):
            client.worlds.list()
    answer = httpx.get(f"{url}/_falsefront/worlds")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_probes_need_no_token(guarded: Background) -> None:
    for url in (guarded.url, guarded.serving.control_url):
        assert httpx.get(f"{url}/ready").status_code == 200
        assert httpx.get(f"{url}/health").status_code == 200
    assert httpx.get(f"{guarded.serving.control_url}/_falsefront/health").status_code == 200


def test_on_its_own_port_it_is_not_on_the_façades(guarded: Background) -> None:
    assert guarded.serving.control_url != guarded.url
    headers = {"authorization": "Bearer s3cret"}
    assert httpx.get(f"{guarded.url}/_falsefront/worlds", headers=headers).status_code == 404
    facade = f"{guarded.serving.control_url}/w/default/mail/messages"
    assert httpx.get(facade, headers=headers).status_code == 404
    assert httpx.get(f"{guarded.url}/w/default/mail/messages").status_code == 200


def test_what_keeps_a_server_from_starting_is_raised(serve: Callable[..., Background]) -> None:
    taken = int(serve("mail").url.rpartition(":")[2])
    with (
        pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{taken}"),
        Background(load(["mail"]), ports=Ports(http=taken)),
    ):
        raise AssertionError("two servers on one port")
