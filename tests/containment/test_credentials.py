"""Credentials that clients sent, looked for wherever the server shows or writes what happened."""

from __future__ import annotations

import base64
import json
import smtplib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import psycopg
import pytest

from tests.containment.real import Real, loadable

_CARD = "4000056655665556"
_SECRETS = {
    "a Stripe key": "sk_test_51Hunter2Hunter2Hunter2",
    "a basic Stripe key": "rk_test_51Basic2Basic2Basic2",
    "a card": _CARD,
    "a card with blanks": "5555 5555 5555 4444",
    "a security code": "7351",
    "an SMTP password": "smtp-hunter2",
    "a PostgreSQL password": "pg-hunter2",
    "a bearer token": "k8s-bearer-hunter2-hunter2",
    "a Secret's text": "secret-text-hunter2",
    "a Secret's data": base64.b64encode(b"secret-data-hunter2").decode(),
    "a Secret's patch": base64.b64encode(b"secret-patch-hunter2").decode(),
    "a password in SQL": "sql-hunter2",
    "a password in an environment": "env-hunter2",
    "a password in a URL": "url-hunter2",
    "a private key": "MIIEpAIBAAKCAQEAhunter2",
    "a webhook's secret": "whsec_hunter2hunter2hunter2",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Real, Path]]:
    folder = tmp_path_factory.mktemp("journals")
    server = Real("--journal-dir", str(folder))
    _use(server)
    yield server, folder
    server.stop()
    server.close()


def _use(server: Real) -> None:
    """Send every credential where such a one is sent."""
    of = _SECRETS
    form = {"content-type": "application/x-www-form-urlencoded", "authorization": f"Bearer {of['a Stripe key']}"}
    webhook = of["a webhook's secret"]
    basic = base64.b64encode(f"{of['a basic Stripe key']}:".encode()).decode()
    for path, body in (
        ("payment_methods", f"type=card&card[number]={_CARD}&card[cvc]=7351&card[exp_month]=1&card[exp_year]=2034"),
        ("tokens", f"card[number]={_CARD}&card[cvc]=7351&card[exp_month]=1&card[exp_year]=2034"),
        ("tokens", f"card[number]={quote_plus(of['a card with blanks'])}&card[cvc]=7351&card[exp_month]=13"),
        (
            "payment_intents",
            f"amount=100&currency=usd&confirm=true&payment_method_data[type]=card&payment_method_data[card][number]={_CARD}"
            "&payment_method_data[card][cvc]=7351&payment_method_data[card][exp_month]=1"
            "&payment_method_data[card][exp_year]=2034",
        ),
        ("customers", f"description=card+{_CARD}+and+{webhook}"),
    ):
        assert server.send("POST", f"/w/default/stripe/v1/{path}", form, body.encode()).status in (200, 400, 402)
    server.send("GET", "/w/default/stripe/v1/customers", {"authorization": f"Basic {basic}"})
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10) as client:
        client.login("default", of["an SMTP password"])
        client.sendmail("a@b.c", ["d@e.f"], f"Subject: x\r\n\r\nhttp://ada:{of['a password in a URL']}@host/\r\n")
    kubernetes = {"authorization": f"Bearer {of['a bearer token']}", "content-type": "application/json"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "annotations": {"last-applied": json.dumps({"data": of["a Secret's data"]})}},
        "data": {"a": of["a Secret's data"]},
        "stringData": {"b": of["a Secret's text"]},
    }
    space = "/w/default/kubernetes/api/v1/namespaces/default"
    assert server.send("POST", f"{space}/secrets", kubernetes, json.dumps(secret).encode()).status == 201
    patch = {**kubernetes, "content-type": "application/merge-patch+json"}
    changed = json.dumps({"data": {"c": of["a Secret's patch"]}}).encode()
    assert server.send("PATCH", f"{space}/secrets/s", patch, changed).status == 200
    assert server.send("GET", f"{space}/secrets/s", kubernetes).status == 200
    container = {
        "name": "c",
        "image": "i",
        "env": [{"name": "DB_PASSWORD", "value": of["a password in an environment"]}],
    }
    pod = json.dumps({"metadata": {"name": "p"}, "spec": {"containers": [container]}}).encode()
    assert server.send("POST", f"{space}/pods", kubernetes, pod).status == 201
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{of['a private key']}\n-----END RSA PRIVATE KEY-----\n"
    arguments = {"path": "/workspace/key.pem", "content": key}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "write_file", "arguments": arguments}}
    mcp = {
        "content-type": "application/json",
        "accept": "application/json",
        "authorization": f"Bearer {of['a bearer token']}",
    }
    assert b"isError" not in server.send("POST", "/w/default/filesystem/mcp", mcp, json.dumps(call).encode()).body
    if "sql" in loadable():
        password = of["a PostgreSQL password"]
        where = f"host=127.0.0.1 port={server.postgres_port} user=postgres password={password} dbname=postgres@default"
        with psycopg.connect(where, autocommit=True) as client, pytest.raises(psycopg.Error):
            client.execute(f"ALTER USER postgres PASSWORD '{of['a password in SQL']}'; SELECT 1/0")


def test_the_journal_tells_what_was_done(written: tuple[Real, Path]) -> None:
    server, _ = written
    entries = server.control("GET", "/journal?limit=1000")["entries"]
    assert {entry["emulator"] for entry in entries} >= set(loadable())
    assert [entry for entry in entries if entry["op"] == "secrets.create"]


@pytest.mark.parametrize("name", _SECRETS)
def test_no_credential_is_in_the_journal(written: tuple[Real, Path], name: str) -> None:
    server, folder = written
    shown = _SECRETS[name].encode()
    plain = base64.b64decode(shown) if name in ("a Secret's data", "a Secret's patch") else shown
    for path in ("journal?limit=1000", "journal?format=ndjson", "diff", "worlds", "faults"):
        body = server.send("GET", f"/_falsefront/{path}").body
        assert shown not in body, path
        assert plain not in body, path
    lines = b"".join(path.read_bytes() for path in folder.iterdir())
    assert lines
    assert shown not in lines
    assert plain not in lines
    assert shown not in server.stderr().encode()
