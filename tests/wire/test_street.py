from __future__ import annotations

import socket
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest

from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule


@pytest.fixture
def street(serve: Callable[..., Background]) -> Background:
    return serve("mail", max_body=4096)


@pytest.fixture
def inbox(street: Background) -> str:
    return f"{street.url}/w/default/mail/messages"


MESSAGE = {"from": "a@example.com", "to": ["b@example.com"], "subject": "s", "text": "t"}


def still_alive(street: Background) -> None:
    assert httpx.get(f"{street.url}/w/default/mail/messages").status_code == 200


def raw(street: Background, data: bytes) -> bytes:
    parts = urlsplit(street.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return sock.makefile("rb").read()


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/w", "/w/", "/w/default", "/w/default/", "/w/default/nobody/x", "//"]
)
def test_a_path_of_no_facade_is_a_404(street: Background, path: str) -> None:
    answer = httpx.get(f"{street.url}{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["kind"] == "not_found"


@pytest.mark.parametrize("world", ["nope", "..", "%2e%2e", "a%20b", "x" * 200, "%00", "default%2f"])
def test_a_world_that_is_not_there_is_told_by_the_facade(street: Background, world: str) -> None:
    # http.client sends the path as it is; httpx would resolve the dots.
    parts = urlsplit(street.url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", f"/w/{world}/mail/messages")
    answer = connection.getresponse()
    assert answer.status == 404
    assert b"error" in answer.read()
    connection.close()
    still_alive(street)


def test_without_a_world_in_the_path_it_is_the_default_one(street: Background, inbox: str) -> None:
    sent = httpx.post(f"{street.url}/mail/messages", json=MESSAGE)
    assert sent.status_code == 201
    assert httpx.get(f"{inbox}/{sent.json()['id']}").json()["subject"] == "s"


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /w/default/mail/messages HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /w/default/mail/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"A" * 100_000,
    ],
)
def test_malformed_http_is_refused(street: Background, data: bytes) -> None:
    answer = raw(street, data)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 422"))
    still_alive(street)


def test_a_client_that_leaves_mid_write_changes_nothing(street: Background) -> None:
    world = street.runtime.worlds.find("default")
    before = world.version
    raw(street, b'POST /w/default/mail/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"to": [')
    still_alive(street)
    assert world.version.digest == before.digest


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(street: Background, inbox: str, chunked: bool) -> None:
    body = b'{"text": "' + b"x" * 5000 + b'"}'
    answer = httpx.post(inbox, content=iter([body[:100], body[100:]]) if chunked else body)
    assert answer.status_code == 413
    assert "larger than 4096 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"to": 3}', b'{"nope": 1}', b'{"to": ["x"]}'])
def test_bad_bodies_are_invalid(street: Background, inbox: str, body: bytes) -> None:
    answer = httpx.post(inbox, content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "invalid"


@pytest.mark.parametrize(("toxic", "error"), [("reset", httpx.ReadError), ("close", httpx.RemoteProtocolError)])
def test_a_link_fault_cuts_the_answer_after_the_commit(
    street: Background, inbox: str, toxic: str, error: type[Exception]
) -> None:
    world = street.call(lambda: street.runtime.worlds.find("default"))
    before = httpx.get(inbox).json()["total"]
    rule = Rule.model_validate({"when": {"op": "messages.send"}, "then": [{"link": toxic}], "times": 1})
    street.call(lambda: put_rule(world, toxic, rule))
    with pytest.raises(error):
        httpx.post(inbox, json=MESSAGE)
    assert httpx.get(inbox).json()["total"] == before + 1
    assert httpx.post(inbox, json=MESSAGE).status_code == 201


def test_a_canned_reply_goes_out_as_it_is(street: Background, inbox: str) -> None:
    world = street.call(lambda: street.runtime.worlds.find("default"))
    reply = {"status": 418, "headers": {"X-Pot": "tea"}, "body": "short and stout"}
    rule = Rule.model_validate({"when": {"op": "messages.list"}, "then": [{"respond": reply}], "times": 1})
    street.call(lambda: put_rule(world, "tea", rule))
    answer = httpx.get(inbox)
    assert (answer.status_code, answer.headers["x-pot"], answer.text) == (418, "tea", "short and stout")
