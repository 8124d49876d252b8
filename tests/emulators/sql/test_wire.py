"""The protocol, byte by byte: what PostgreSQL says to a client that does not keep to it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def server(serve: Any) -> Any:
    return serve("sql", max_body=100_000)


@pytest.fixture
def wire(server: Any) -> Iterator[socket.socket]:
    with socket.create_connection(server.serving.endpoints.tcp["postgres"], timeout=10) as connection:
        yield connection


def startup(**params: str) -> bytes:
    body = struct.pack("!I", 196608) + b"".join(f"{k}\0{v}\0".encode() for k, v in params.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def receive(connection: socket.socket, until: bytes = b"Z") -> list[tuple[bytes, bytes]]:
    """Messages up to one of a kind, or to the end of the connection."""
    found: list[tuple[bytes, bytes]] = []
    stream = connection.makefile("rb")
    while head := stream.read(5):
        body = stream.read(struct.unpack("!i", head[1:])[0] - 4)
        found.append((head[:1], body))
        if head[:1] == until:
            break
    return found


def fields(body: bytes) -> dict[str, str]:
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def test_encryption_is_refused_and_the_session_begins(wire: socket.socket) -> None:
    for code in (80877103, 80877104):
        wire.sendall(struct.pack("!ii", 8, code))
        assert wire.recv(1) == b"N"
    wire.sendall(startup(user="ann", database="x"))
    kinds = [kind for kind, _ in receive(wire)]
    assert kinds[0] == b"R"
    assert kinds[-2:] == [b"K", b"Z"]
    assert b"S" in kinds


def test_a_newer_protocol_is_negotiated(wire: socket.socket) -> None:
    body = struct.pack("!I", (3 << 16) | 2) + b"user\0ann\0_pq_.thing\0x\0\0"
    wire.sendall(struct.pack("!i", len(body) + 4) + body)
    first = receive(wire)[0]
    assert first == (b"v", struct.pack("!ii", 196608, 1) + b"_pq_.thing\0")


@pytest.mark.parametrize(
    ("packet", "sqlstate"),
    [
        (struct.pack("!ii", 4, 0), "08P01"),
        (struct.pack("!ii", 2**30, 196608), "08P01"),
        (struct.pack("!iI", 9, 2 << 16) + b"\0", "0A000"),
        (struct.pack("!iI", 9, 196608) + b"\0", "28000"),
        (struct.pack("!iI", 15, 196608) + b"user\0an", "08P01"),
        (startup(user="ann", database="x@nope"), "3D000"),
        (startup(user="ann", nosuch="1"), "42704"),
    ],
)
def test_a_bad_startup_is_fatal(wire: socket.socket, packet: bytes, sqlstate: str) -> None:
    wire.sendall(packet)
    (kind, body), *rest = receive(wire)
    assert kind == b"E"
    assert (fields(body)["S"], fields(body)["C"]) == ("FATAL", sqlstate)
    assert rest == []


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64])
def test_another_protocol_is_refused(wire: socket.socket, data: bytes) -> None:
    wire.sendall(data)
    assert fields(receive(wire)[0][1])["C"] == "08P01"


@pytest.mark.parametrize(
    "data", [b"?" + struct.pack("!i", 4), b"Q" + struct.pack("!i", 3), b"Q" + struct.pack("!i", 200_000)]
)
def test_a_malformed_message_ends_the_connection(wire: socket.socket, data: bytes) -> None:
    wire.sendall(startup(user="ann"))
    receive(wire)
    wire.sendall(data)
    (kind, body), *rest = receive(wire)
    assert (kind, fields(body)["S"], fields(body)["C"]) == (b"E", "FATAL", "08P01")
    assert rest == []


def test_errors_are_flushed_without_sync_and_what_follows_is_skipped(wire: socket.socket) -> None:
    wire.sendall(startup(user="ann"))
    receive(wire)
    wire.sendall(message(b"P", b"\0select * from nope\0\0\0") + message(b"H"))
    (kind, body), *_ = receive(wire, until=b"E")
    assert (kind, fields(body)["C"], fields(body)["P"]) == (b"E", "42P01", "15")
    wire.sendall(message(b"E", b"\0\0\0\0\0") + message(b"S"))
    assert [kind for kind, _ in receive(wire)] == [b"Z"]


@pytest.mark.parametrize(
    ("sent", "sqlstate"),
    [
        (message(b"B", b"\0nope\0\0\0\0\0\0\0"), "26000"),
        (message(b"E", b"nope\0\0\0\0\0"), "34000"),
        (message(b"D", b"X\0"), "08P01"),
        (message(b"B", b"\0"), "08P01"),
        (message(b"P", b"\0select 1; select 2\0\0\0"), "42601"),
        (message(b"P", b"\0select \xff\0\0\0"), "22021"),
        (message(b"F", b"\0\0\0\0"), "0A000"),
    ],
)
def test_bad_extended_messages(wire: socket.socket, sent: bytes, sqlstate: str) -> None:
    wire.sendall(startup(user="ann"))
    receive(wire)
    wire.sendall(sent + message(b"S"))
    (kind, body), *rest = receive(wire)
    assert (kind, fields(body)["S"], fields(body)["C"]) == (b"E", "ERROR", sqlstate)
    assert [kind for kind, _ in rest] == [b"Z"]


def test_row_limits_suspend_a_portal(wire: socket.socket) -> None:
    wire.sendall(startup(user="ann"))
    receive(wire)
    wire.sendall(
        message(b"P", b"\0select generate_series(1, 3)\0\0\0")
        + message(b"B", b"\0\0\0\0\0\0\0\0")
        + message(b"E", b"\0" + struct.pack("!i", 2))
        + message(b"E", b"\0" + struct.pack("!i", 2))
        + message(b"S")
    )
    assert [kind for kind, _ in receive(wire)] == [b"1", b"2", b"D", b"D", b"s", b"D", b"C", b"Z"]


def test_a_deep_expression_is_an_error_and_the_server_lives(wire: socket.socket) -> None:
    wire.sendall(startup(user="ann"))
    receive(wire)
    wire.sendall(message(b"Q", b"select " + b"-(" * 3000 + b"1" + b")" * 3000 + b"\0"))
    assert receive(wire)[-1][0] == b"Z"
    wire.sendall(message(b"Q", b"select " + b"abs(" * 4000 + b"1" + b")" * 4000 + b"\0"))
    assert fields(receive(wire)[0][1])["C"] == "54001"
    wire.sendall(message(b"Q", b"select 1\0"))
    assert [kind for kind, _ in receive(wire)] == [b"T", b"D", b"C", b"Z"]
