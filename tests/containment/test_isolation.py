"""Two worlds of one server: nothing of the one is seen in the other, however the client names its world."""

from __future__ import annotations

import base64
import json
import smtplib
from typing import Any

import psycopg
import pytest

from tests.containment.real import Real, Unhurt, loadable

_JSON = {"content-type": "application/json"}
_MCP = {**_JSON, "accept": "application/json"}
_FORM = {"content-type": "application/x-www-form-urlencoded"}

needs_sql = pytest.mark.skipif("sql" not in loadable(), reason="there is no SQL emulator")


@pytest.fixture
def pair(real: Real, world: str) -> tuple[str, str]:
    """A world that is written to, and one made beside it."""
    return world, real.world(f"{world}.other")


def tool(real: Real, world: str, name: str, arguments: dict[str, Any], session: str = "") -> dict[str, Any]:
    params = {"name": name, "arguments": arguments}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    headers = {**_MCP, **({"mcp-session-id": session} if session else {})}
    result: dict[str, Any] = real.send("POST", f"/w/{world}/filesystem/mcp", headers, body).json()["result"]
    return result


def test_files(real: Real, pair: tuple[str, str]) -> None:
    here, there = pair
    before = real.digest(there)
    assert not tool(real, here, "write_file", {"path": "/workspace/secret", "content": "x"}).get("isError")
    assert not tool(real, here, "read_text_file", {"path": "/workspace/secret"}).get("isError")
    assert tool(real, there, "read_text_file", {"path": "/workspace/secret"})["isError"]
    assert real.digest(there) == before != real.digest(here)


def test_an_mcp_session_opens_no_other_world(real: Real, pair: tuple[str, str]) -> None:
    here, there = pair
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).encode()
    session = real.send("POST", f"/w/{here}/filesystem/mcp", _MCP, body).header("mcp-session-id")
    assert session
    tool(real, here, "write_file", {"path": "/workspace/secret", "content": "x"}, session)
    assert tool(real, there, "read_text_file", {"path": "/workspace/secret"}, session)["isError"]
    # Ended in one world, the same id goes on in the other.
    ended = {**_MCP, "mcp-session-id": session}
    assert real.send("DELETE", f"/w/{here}/filesystem/mcp", ended).status == 200
    ping = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    assert real.send("POST", f"/w/{here}/filesystem/mcp", ended, ping).status == 404
    assert real.send("POST", f"/w/{there}/filesystem/mcp", ended, ping).status == 200


def test_stripe_by_path_and_by_key(real: Real, pair: tuple[str, str]) -> None:
    here, there = pair
    key = {"authorization": f"Bearer sk_test_{here}", **_FORM}
    made = real.send("POST", "/v1/customers", key, b"name=Ada").json()["id"]
    assert real.send("GET", f"/w/{here}/stripe/v1/customers/{made}", key).status == 200
    # The path names a world, whatever the key says.
    assert real.send("GET", f"/w/{there}/stripe/v1/customers/{made}", key).status == 404
    other = {"authorization": f"Bearer sk_test_{there}"}
    assert real.send("GET", f"/v1/customers/{made}", other).status == 404
    assert real.send("GET", "/v1/customers", other).json()["data"] == []
    basic = base64.b64encode(f"sk_test_{here}:".encode()).decode()
    assert real.send("GET", f"/v1/customers/{made}", {"authorization": f"Basic {basic}"}).status == 200


def test_an_idempotency_key_is_of_one_world(real: Real, pair: tuple[str, str]) -> None:
    headers = {"authorization": "Bearer sk_test_x", "idempotency-key": "k", **_FORM}
    first, second = (
        real.send("POST", f"/w/{name}/stripe/v1/customers", headers, b"name=%b" % name.encode()) for name in pair
    )
    assert (first.status, second.status) == (200, 200)
    assert [first.json()["name"], second.json()["name"]] == list(pair)


def test_kubernetes(real: Real, pair: tuple[str, str]) -> None:
    here, there = pair
    path = "kubernetes/api/v1/namespaces/default/configmaps"
    body = b'{"metadata":{"name":"only-here"},"data":{"a":"b"}}'
    assert real.send("POST", f"/w/{here}/{path}", _JSON, body).status == 201
    assert real.send("GET", f"/w/{here}/{path}/only-here").status == 200
    assert real.send("GET", f"/w/{there}/{path}/only-here").status == 404
    token = {"authorization": f"Bearer {there}"}
    assert real.send("GET", f"/w/{here}/{path}/only-here", token).status == 200
    assert real.send("GET", "/api/v1/namespaces/default/configmaps/only-here", token).status == 404
    by_token = real.send("GET", "/api/v1/namespaces/default/configmaps/only-here", {"authorization": f"Bearer {here}"})
    assert by_token.status == 200


def test_a_watch_tells_of_its_own_world(real: Real, pair: tuple[str, str]) -> None:
    here, there = pair
    path = "kubernetes/api/v1/namespaces/default/configmaps"
    with real.connect() as sock:
        sock.sendall(f"GET /w/{there}/{path}?watch=1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
        seen = sock.recv(1 << 16)
        for name, world in (("foreign", here), ("own", there)):
            body = b'{"metadata":{"name":"%s"}}' % name.encode()
            assert real.send("POST", f"/w/{world}/{path}", _JSON, body).status == 201
        while b'"own"' not in seen:
            seen += sock.recv(1 << 16)
        assert b"foreign" not in seen


def test_mail_by_smtp_user(real: Real, pair: tuple[str, str]) -> None:
    here, there = pair
    with smtplib.SMTP("127.0.0.1", real.smtp_port, timeout=10) as client:
        client.login(here, "any")
        client.sendmail("a@b.c", ["d@e.f"], "Subject: only here\r\n\r\nx\r\n")
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("nowhere", "any")
    with smtplib.SMTP("127.0.0.1", real.smtp_port, timeout=10) as client:
        client.login(there, "any")
        client.quit()
    assert real.send("GET", f"/w/{here}/mail/messages").json()["total"] == 1
    for other in (there, "default"):
        assert b"only here" not in real.send("GET", f"/w/{other}/mail/messages").body


@needs_sql
def test_postgres_by_database(real: Real, pair: tuple[str, str]) -> None:
    here, there = pair
    where = f"host=127.0.0.1 port={real.postgres_port} user=postgres password=x"
    with psycopg.connect(f"{where} dbname=postgres@{here}", autocommit=True) as client:
        client.execute("create table secret (id int primary key, word text)")
        client.execute("insert into secret values (1, 'only here')")
    with (
        psycopg.connect(f"{where} dbname=postgres@{there}", autocommit=True) as client,
        pytest.raises(psycopg.errors.UndefinedTable),
    ):
        client.execute("select * from secret")
    with psycopg.connect(f"{where} dbname=postgres/{here}", autocommit=True) as client:
        assert client.execute("select word from secret").fetchall() == [("only here",)]
    for name in ("nowhere", "..", "%00"):
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(f"{where} dbname=postgres@{name}")


def test_what_belongs_to_one_world_is_gone_with_it(real: Real, unhurt: Unhurt, world: str) -> None:
    """A stream of a dropped world ends, and a conversation in it is told so."""
    name = real.world(f"{world}.short")
    with (
        smtplib.SMTP("127.0.0.1", real.smtp_port, timeout=10) as client,
        real.connect() as watch,
    ):
        client.login(name, "any")
        watch.sendall(f"GET /w/{name}/kubernetes/api/v1/pods?watch=1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
        watch.recv(1 << 16)
        real.control("DELETE", f"/worlds/{name}")
        tail = b""
        while not tail.endswith(b"0\r\n\r\n"):
            chunk = watch.recv(1 << 16)
            assert chunk, "closed before the stream's end"
            tail += chunk
        client.mail("a@b.c")
        code, _ = client.rcpt("d@e.f")
        assert code == 550
    assert real.send("GET", f"/w/{name}/mail/messages").status == 404
