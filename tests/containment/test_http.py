"""What is no HTTP, and HTTP that nobody sends: the server stays up and says what is wrong."""

from __future__ import annotations

import socket

import pytest

from tests.containment.real import Real, Unhurt

GET = b" HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
POST = b"POST /w/default/mail/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n"

NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version from the future": b"GET /ready HTTP/9.9\r\nhost: x\r\n\r\n",
    "CONNECT": b"CONNECT a.b:443" + GET,
    "no path": b"GET http://127.0.0.1" + GET,
    "only a query": b"GET ?a=b" + GET,
    "bytes beyond ASCII in the path": b"GET /w/d\xff\xfe/mail" + GET,
    "NUL in a header": b"GET /ready HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n",
    "a folded header": b"GET /ready HTTP/1.1\r\nhost: x\r\nx: a\r\n b\r\n\r\n",
    "a length that is none": POST + b"content-length: abc\r\n\r\n{}",
    "a negative length": POST + b"content-length: -1\r\n\r\n{}",
    "two lengths": POST + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "a length and chunks": POST + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a chunk that is none": POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a line of 1 MB": b"GET /" + b"a" * 1_000_000 + GET,
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP.keys())
def test_what_is_no_http_is_a_bad_request(real: Real, unhurt: Unhurt, data: bytes) -> None:
    assert unhurt.answer(real.raw(data)).status == 400


def test_endless_headers_are_cut_off(real: Real, unhurt: Unhurt) -> None:
    endless = b"GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\n" + b"x: " + b"a" * 4_000_000
    assert unhurt.answer(real.raw(endless)).status == 431
    many = b"GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\n" + b"x: y\r\n" * 400_000
    assert unhurt.answer(real.raw(many)).status == 431


def test_headers_as_large_as_any_client_sends_pass(real: Real, unhurt: Unhurt) -> None:
    assert unhurt.answer(real.send("GET", "/ready", {"x": "a" * 500_000})).status == 200


@pytest.mark.parametrize("target", ["*", "//", "//w/default/mail/messages", "/%", "/%zz", "/%00", "/\u00ff".encode()])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "TRACE", "DELETE", "PROPFIND"])
def test_paths_that_lead_nowhere(real: Real, unhurt: Unhurt, method: str, target: str | bytes) -> None:
    assert unhurt.answer(real.send(method, target)).status in (400, 404)


def test_the_absolute_form_means_its_path(real: Real, unhurt: Unhurt) -> None:
    answer = unhurt.answer(real.raw(b"GET http://elsewhere/w/default/mail/messages" + GET))
    assert answer.status == 200


_WEBSOCKET = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    "content-length": "-",
}
PLACES = (
    "/",
    "*",
    "/ready",
    "/v1/customers",
    "/w/default/mail/messages",
    "/w/default/mail/mcp",
    "/w/default/filesystem/mcp",
    "/w/default/stripe/v1/customers",
    "/w/default/kubernetes/api/v1/pods",
    "/w/nowhere/kubernetes/api/v1/pods",
    "/_falsefront/worlds",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_websocket_is_refused_where_there_is_none(real: Real, unhurt: Unhurt, place: str) -> None:
    answer = unhurt.answer(real.send("GET", place, _WEBSOCKET))
    assert answer.status in (400, 403, 404, 405, 501), answer.raw
    assert b"101 Switching" not in answer.raw


@pytest.mark.parametrize("place", PLACES)
def test_a_broken_websocket_handshake_is_refused(real: Real, unhurt: Unhurt, place: str) -> None:
    for changed in ({"sec-websocket-key": "-"}, {"sec-websocket-key": "x"}, {"sec-websocket-version": "99"}):
        answer = unhurt.answer(real.send("GET", place, {**_WEBSOCKET, **changed}))
        assert 400 <= answer.status < 500, answer.raw


def test_an_unknown_upgrade_is_ignored(real: Real, unhurt: Unhurt) -> None:
    headers = {"connection": "upgrade, http2-settings, close", "upgrade": "h2c", "http2-settings": "AAA"}
    assert unhurt.answer(real.send("GET", "/w/default/mail/messages", headers)).status == 200


def test_pipelined_requests_are_answered_in_order(real: Real, unhurt: Unhurt) -> None:
    one = b"GET /w/default/%s HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    wanted = [b"mail/messages", b"stripe/v1/customers", b"nowhere", b"kubernetes/version"] * 5
    answer = unhurt.answer(real.raw(b"".join(one % path for path in wanted) + b"GET /ready" + GET))
    statuses = [int(part[:3]) for part in answer.raw.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 401, 404, 200] * 5 + [200]


def test_clients_that_leave_early(real: Real, unhurt: Unhurt, world: str) -> None:
    before = real.digest(world)
    body = b'{"to":["a@b.c"]}'
    head = f"POST /w/{world}/mail/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    for cut in (1, 10, len(head) - 1, len(head), len(head) + 1, len(head) + len(body) - 1):
        with real.connect() as sock:
            sock.sendall((head + body)[:cut])
        with real.connect() as sock:
            # Reset where the other one was closed.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.sendall((head + body)[:cut])
    chunked = f"POST /w/{world}/stripe/v1/customers HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer sk_test_1\r\n"
    with real.connect() as sock:
        sock.sendall(chunked.encode() + b"transfer-encoding: chunked\r\n\r\n4\r\nname\r\n")
    assert real.digest(world) == before


def test_clients_that_leave_before_their_answer(real: Real, unhurt: Unhurt) -> None:
    for path in (
        b"/_falsefront/openapi.json",
        b"/w/default/kubernetes/openapi/v3",
        b"/w/default/kubernetes/api/v1/pods?watch=1",
    ):
        for _ in range(10):
            with real.connect() as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                sock.sendall(b"GET " + path + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")


def test_a_slow_client_holds_up_nobody(real: Real, unhurt: Unhurt) -> None:
    body = b'{"to":["slow@b.c"]}'
    head = (
        f"POST /w/default/mail/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {len(body)}"
    )
    with real.connect() as slow:
        for byte in head.encode() + b"\r\n\r\n" + body[:-1]:
            slow.sendall(bytes([byte]))
        assert real.send("GET", "/w/default/mail/messages").status == 200
        slow.sendall(body[-1:])
        assert slow.recv(100).startswith(b"HTTP/1.1 201")


def test_a_thousand_connections_come_and_go(real: Real, unhurt: Unhurt) -> None:
    for _ in range(10):
        held = [socket.create_connection(("127.0.0.1", real.port)) for _ in range(100)]
        assert real.send("GET", "/ready").status == 200
        for number, sock in enumerate(held):
            if number % 2:
                sock.sendall(b"GET /ready HT")
            sock.close()


@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("mail/messages", {"content-type": "application/json"}, b'"kind":"invalid"'),
        ("stripe/v1/customers", {"authorization": "Bearer sk_test_1"}, b'"type": "invalid_request_error"'),
        ("filesystem/mcp", {"content-type": "application/json"}, b'"jsonrpc":"2.0"'),
        ("kubernetes/api/v1/namespaces", {"content-type": "application/json"}, b'"kind":"Status"'),
    ],
)
def test_a_body_over_the_limit_is_refused_in_the_protocol_s_words(
    real: Real, unhurt: Unhurt, world: str, path: str, headers: dict[str, str], words: bytes
) -> None:
    before = real.digest(world)
    told = unhurt.answer(real.send("POST", f"/w/{world}/{path}", {**headers, "content-length": str(1 << 40)}, b"{"))
    assert (told.status, words in told.body) == (413, True), told.raw
    chunk = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /w/{world}/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{lines}connection: close\r\n"
    sent = unhurt.answer(real.raw(head.encode() + b"transfer-encoding: chunked\r\n\r\n" + chunk * 600))
    assert sent.status == 413
    assert real.digest(world) == before
