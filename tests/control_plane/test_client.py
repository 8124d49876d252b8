from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import httpx
import pytest

from falsefront.control_plane import client as package
from falsefront.control_plane.client import (
    ApiError,
    AsyncFalsefront,
    ConnectionFailed,
    Falsefront,
    FalsefrontError,
    NotFound,
    ServerError,
    aio,
    sync,
)
from falsefront.control_plane.serving import Background


def _methods(kind: Any) -> dict[str, list[str]]:
    return {
        name: list(inspect.signature(method).parameters)
        for name, method in vars(kind).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


@pytest.mark.parametrize("name", ["Falsefront", "Worlds", "World", "Faults", "WorldClock"])
def test_the_async_client_has_the_sync_one_s_methods(name: str) -> None:
    assert _methods(getattr(sync, name)) == _methods(getattr(aio, f"Async{name}"))


def test_what_is_exported_is_there() -> None:
    assert all(hasattr(package, name) for name in package.__all__)


async def test_the_async_client_drives_a_world(server: Background) -> None:
    async with AsyncFalsefront(server.url) as client, await client.worlds.create("async") as world:
        await world.mark("m")
        await world.seed({"mail": {"messages": [{"to": ["a@example.com"]}]}})
        assert (await world.diff(mark="m"))["count"] == 1
        async with await world.fork() as fork:
            assert await fork.digest() == await world.digest()
        await world.faults.put("f", {"fail": "internal"})
        assert [fault["name"] for fault in await world.faults.list()] == ["f"]
        assert (await world.clock.advance("1m"))["now"] == "2026-01-01T00:01:00Z"
        copy = await client.import_world(await world.export(), "async-copy")
        assert await copy.digest() == await world.digest()
        await copy.drop()
        with pytest.raises(NotFound):
            await world.restore("none")
    with Falsefront(server.url) as again:
        assert "async" not in [info["name"] for info in again.worlds.list()]


def test_no_server_is_told_with_what_to_do() -> None:
    with Falsefront("http://127.0.0.1:9") as client, pytest.raises(ConnectionFailed, match="falsefront serve"):
        client.worlds.list()


@pytest.mark.parametrize("url", ["http://", "http://[", "ftp://127.0.0.1"])
def test_a_url_that_is_none_is_told(url: str) -> None:
    with pytest.raises(ConnectionFailed), Falsefront(url) as client:
        client.worlds.list()


def test_another_server_s_errors_are_ours(server: Background) -> None:
    from falsefront.control_plane.client import errors

    assert isinstance(errors.of_answer(502, None), ServerError)
    assert isinstance(errors.of_answer(404, {"detail": "no"}), ServerError)
    for kind in (ApiError, ConnectionFailed, NotFound):
        assert issubclass(kind, FalsefrontError)


def test_urls_and_tokens_come_from_the_environment(server: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FALSEFRONT_URL", f"{server.url}/_falsefront/")
    monkeypatch.setenv("FALSEFRONT_TOKEN", "t")
    # A proxy of the environment is not asked to reach this machine.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Falsefront() as client:
        assert client.url == server.url
        assert client.health()["status"] == "ready"
        assert client._http.headers["authorization"] == "Bearer t"


def test_the_client_needs_nothing_of_the_server() -> None:
    code = (
        "import sys; import falsefront.control_plane.client; "
        "print(sorted(name for name in sys.modules if name.startswith('falsefront.') "
        "and not name.startswith('falsefront.control_plane')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_httpx_is_what_it_speaks_with(server: Background) -> None:
    with Falsefront(server.url) as client:
        assert isinstance(client._http, httpx.Client)
