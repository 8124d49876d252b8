"""What the sync and the async client share of HTTP."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from ..remote import open_url
from . import asks
from .asks import Ask
from .errors import ConnectionFailed, of_answer

T = TypeVar("T")


def settings(url: str, token: str | None, timeout: float) -> dict[str, Any]:
    """How an httpx client is made; proxies of the environment are for the outside, not for this server."""
    token = asks.server_token(token)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return {"base_url": f"{url}/_falsefront", "headers": headers, "timeout": timeout, "trust_env": False}


def request(ask: Ask[Any]) -> dict[str, Any]:
    """The arguments of an httpx request."""
    if ask.content is not None:
        return {"content": ask.content, "params": ask.params, "headers": {"content-type": "application/gzip"}}
    return {"json": ask.json, "params": ask.params}


def read(ask: Ask[T], answer: httpx.Response) -> T:
    """An answer's value. Raises ``ApiError``."""
    if answer.is_error:
        try:
            body = answer.json()
        except ValueError:
            body = None
        raise of_answer(answer.status_code, body)
    return ask.read(answer.content if ask.binary else answer.json())


@contextmanager
def told(url: str) -> Generator[None]:
    """Say what to do where no server answers."""
    try:
        yield
    except httpx.ConnectError as error:
        raise ConnectionFailed(
            f"no falsefront server answers at {url} ({error}); start one with 'falsefront serve', "
            "or set FALSEFRONT_URL to where it is"
        ) from None
    except httpx.TimeoutException:
        raise ConnectionFailed(f"the falsefront server at {url} did not answer in time") from None
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise ConnectionFailed(f"the connection to {url} failed: {error}") from None


def load(url: str) -> bytes:
    """The bytes of a file, local or anywhere that fsspec reaches."""
    if "://" not in url:
        with open(url, "rb") as local:
            return local.read()
    with open_url(url, "rb") as file:
        return file.read()


def save(url: str, content: bytes) -> None:
    """Write a file, local or anywhere that fsspec reaches."""
    if "://" not in url:
        with open(url, "wb") as local:
            local.write(content)
        return
    with open_url(url, "wb") as file:
        file.write(content)
