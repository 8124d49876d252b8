"""What an agent may try to get out: host files, the network, the environment. It finds the street's own things."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from falsefront.control_plane.serving import Background
from tests.containment.real import Real, loadable

_MCP = {"content-type": "application/json", "accept": "application/json"}
_KEY = {"authorization": "Bearer sk_test_x", "content-type": "application/x-www-form-urlencoded"}

needs_sql = pytest.mark.skipif("sql" not in loadable(), reason="there is no SQL emulator")


@pytest.fixture(scope="module")
def bait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the host's that no client may ever read."""
    path = tmp_path_factory.mktemp("host") / "bait.txt"
    path.write_text("a word of the host's own,1\n")
    return path


def tool(real: Real, world: str, name: str, arguments: dict[str, Any]) -> tuple[bool, str]:
    body = json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    )
    answer = real.send("POST", f"/w/{world}/filesystem/mcp", _MCP, body.encode())
    result = answer.json()["result"]
    return bool(result.get("isError")), answer.body.decode()


def ways(path: str) -> list[str]:
    """Ways to write a path that have led out of other servers."""
    up = "/".join([".."] * 12)
    return [
        path,
        f"/workspace/{up}{path}",
        f"{up}{path}",
        f"/workspace/./{up}{path}",
        f"/workspace\\..\\..{path}",
        f"/workspace/%2e%2e/%2e%2e{path}",
        f"/workspace/..%2f..%2f{path}",
        f"/workspace/{up.replace('.', chr(0xFF0E))}{path}",
        f"/workspace/{up.replace('/', chr(0x2215))}{path}",
        f"/workspace\0/../..{path}",
        f"{path}\0.txt",
        f"file://{path}",
        f"~/{up}{path}",
        f"~root{path}",
        f"/proc/self/root{path}",
        f"/workspace/\u202e{path}",
        f"'{path}'",
        f'"{path}"',
        f" {path}",
        f"$HOME{path}",
        f"//localhost{path}",
        f"\\\\?\\{path}",
        f"C:{path}",
    ]


def test_no_path_leads_to_the_host(real: Real, world: str, bait: Path) -> None:
    for path in ways(str(bait)):
        for name, arguments in (
            ("read_text_file", {"path": path}),
            ("read_media_file", {"path": path}),
            ("get_file_info", {"path": path}),
            ("read_multiple_files", {"paths": [path]}),
            ("list_directory", {"path": path.removesuffix("/bait.txt")}),
            ("search_files", {"path": path.removesuffix("/bait.txt"), "pattern": "**"}),
        ):
            _, text = tool(real, world, name, arguments)
            assert "host's own" not in text, (name, path)
            assert "[FILE]" not in text, (name, path)
        before = bait.stat()
        tool(real, world, "write_file", {"path": path, "content": "overwritten"})
        tool(real, world, "move_file", {"source": path, "destination": "/workspace/stolen"})
        tool(real, world, "create_directory", {"path": f"{path}.d"})
        assert bait.stat() == before
        assert sorted(bait.parent.iterdir()) == [bait]


def test_links_made_in_a_world_lead_nowhere_else(real: Real, world: str, bait: Path) -> None:
    links = {
        f"link{number}": {"symlink": to}
        for number, to in enumerate([*ways(str(bait)), "/", "..", "/etc", "/proc/self/environ"])
    }
    real.control(
        "POST",
        f"/worlds/{world}/seed",
        {
            "filesystem": {
                "files": {f"/workspace/{name}": to for name, to in links.items() if "\0" not in to["symlink"]}
            }
        },
    )
    for name in links:
        for path in (f"/workspace/{name}", f"/workspace/{name}/passwd", f"/workspace/{name}{bait}"):
            _, text = tool(real, world, "read_text_file", {"path": path})
            assert "host's own" not in text
            assert "root:x:" not in text
            assert "PATH=" not in text


def test_the_root_of_a_world_is_not_the_host_s(real: Real, world: str) -> None:
    for path in ("/", "/etc", "/proc", "/proc/self", "/dev", "/tmp", str(Path.home()), str(Path.cwd())):
        failed, text = tool(real, world, "list_directory", {"path": path})
        assert failed, text


SQL = [
    "COPY t FROM '{bait}'",
    "COPY t TO '{out}'",
    "COPY t FROM PROGRAM 'id'",
    "COPY (SELECT 1) TO PROGRAM 'touch {out}'",
    "COPY (SELECT 1) TO '{out}' (FORMAT CSV)",
    "SELECT pg_read_file('{bait}')",
    "SELECT pg_read_binary_file('{bait}')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_stat_file('{bait}')",
    "SELECT lo_import('{bait}')",
    "SELECT lo_export(1, '{out}')",
    "SELECT * FROM '{bait}'",
    'SELECT * FROM "{bait}"',
    "SELECT * FROM read_csv('{bait}')",
    "SELECT * FROM read_csv_auto('{bait}')",
    "SELECT * FROM read_text('{bait}')",
    "SELECT * FROM read_blob('{bait}')",
    "SELECT * FROM read_json('{bait}')",
    "SELECT * FROM parquet_scan('{bait}')",
    "SELECT * FROM sniff_csv('{bait}')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('t')",
    "SELECT getenv('HOME')",
    "SELECT getvariable('x')",
    "CREATE TABLE leak AS SELECT * FROM read_text('{bait}')",
    "CREATE VIEW leak AS SELECT * FROM read_text('{bait}')",
    "INSERT INTO t SELECT content FROM read_text('{bait}')",
    "ATTACH '{out}' AS out",
    "ATTACH DATABASE 'http://127.0.0.1:1/x.db' AS out",
    "DETACH memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '/tmp/x.so'",
    "PRAGMA database_list",
    "PRAGMA enable_external_access=true",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET memory_limit = '1TB'",
    "SET GLOBAL threads = 64",
    "SET allowed_directories = ['/']",
    "SELECT set_config('enable_external_access', 'true', false)",
    "RESET enable_external_access",
    "EXPORT DATABASE '{out}'",
    "IMPORT DATABASE '{bait}'",
    "CREATE SECRET s (TYPE S3)",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION file_fdw",
    "SELECT dblink('host=127.0.0.1', 'select 1')",
    "CREATE FUNCTION f() RETURNS text LANGUAGE plpythonu AS 'x'",
    "CREATE FUNCTION f() RETURNS text LANGUAGE c AS '/tmp/x.so', 'f'",
    "CREATE MACRO m() AS TABLE SELECT * FROM read_text('{bait}')",
    "DO $$ BEGIN PERFORM pg_read_file('{bait}'); END $$",
    "CREATE TABLESPACE x LOCATION '/tmp'",
    "ALTER SYSTEM SET log_directory = '/tmp'",
]


@needs_sql
def test_no_statement_leads_to_the_host(real: Real, world: str, bait: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    where = f"host=127.0.0.1 port={real.postgres_port} user=postgres dbname=postgres@{world}"
    with psycopg.connect(where, autocommit=True) as client:
        client.execute("CREATE TABLE t (word text)")
        before = real.digest(world)
        for statement in SQL:
            text = statement.format(bait=bait, out=out)
            for query in (text, f"{text};", f"/* */ {text} --", f"SELECT 1; {text}"):
                with pytest.raises(psycopg.Error) as raised:
                    client.execute(query)
                assert "host's own" not in str(raised.value), query
                assert raised.value.sqlstate not in (None, "XX000"), query
                assert "duckdb" not in str(raised.value).lower().replace(text.lower(), "").replace("duckdb_", ""), query
            with pytest.raises(psycopg.Error):
                client.execute(text, prepare=True)
        assert real.digest(world) == before
        assert client.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
    assert not out.exists()


# The network

_CONNECTS: list[Any] = []
_WATCHED: set[int] = set()


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        if threading.get_ident() in _WATCHED:
            _CONNECTS.append((event, args))
    elif event == "open" and threading.get_ident() in _WATCHED and isinstance(args[0], str):
        path = args[0]
        if path.startswith(("/etc", "/proc", "/home", "/root")) and not path.startswith((sys.prefix, sys.base_prefix)):
            _CONNECTS.append((event, args))


@pytest.fixture
def watched(serve: Callable[..., Background]) -> Iterator[Background]:
    """A server in a thread, of which every connection that it opens, and every host file, is told."""
    server = serve(*loadable())
    with httpx.Client(base_url=f"{server.url}/w/default") as client:
        # What is imported on first use is opened before we look.
        for path in ("/stripe/v1/customers", "/kubernetes/api/v1/pods", "/kubernetes/openapi/v3", "/mail/messages"):
            client.get(path, headers={"authorization": "Bearer sk_test_x"})
    if not getattr(sys, "_falsefront_audit", False):
        sys.addaudithook(_audit)
        sys._falsefront_audit = True  # type: ignore[attr-defined]
    thread = server.call(threading.get_ident)
    _CONNECTS.clear()
    _WATCHED.add(thread)
    yield server
    _WATCHED.discard(thread)


URLS = [
    "http://127.0.0.1:9/x",
    "https://example.com/",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
]


def test_nothing_is_fetched_and_nobody_is_called(watched: Background) -> None:
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.setblocking(False)
        # The watch is awake.
        watched.call(lambda: socket.create_connection(trap.getsockname()).close())
        assert [event for event, _ in _CONNECTS] == ["socket.getaddrinfo", "socket.connect"]
        trap.accept()[0].close()
        _CONNECTS.clear()
        urls = [*URLS, f"http://127.0.0.1:{trap.getsockname()[1]}/hook"]
        with httpx.Client(base_url=f"{watched.url}/w/default", trust_env=False) as client:
            for url in urls:
                for path, form in (
                    ("webhook_endpoints", {"url": url, "enabled_events[]": "*"}),
                    ("products", {"name": "x", "images[]": url, "url": url}),
                    ("customers", {"metadata[url]": url}),
                    ("files", {"purpose": "dispute_evidence", "file": url}),
                    ("payment_intents", {"amount": "100", "currency": "usd", "return_url": url}),
                ):
                    client.post(f"/stripe/v1/{path}", data=form, headers=_KEY)
                pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": f"{url}/i"}]}}
                client.post("/kubernetes/api/v1/namespaces/default/pods", json=pod)
                service = {"metadata": {"name": "s"}, "spec": {"type": "ExternalName", "externalName": "example.com"}}
                client.post("/kubernetes/api/v1/namespaces/default/services", json=service)
                hook = {"metadata": {"name": "h"}, "webhooks": [{"name": "a.b.c", "clientConfig": {"url": url}}]}
                client.post(
                    "/kubernetes/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", json=hook
                )
                client.post("/mail/messages", json={"to": ["a@example.com"], "html": f'<img src="{url}">'})
                for name in ("read_text_file", "read_media_file", "list_directory"):
                    params = {"name": name, "arguments": {"path": url}}
                    client.post(
                        "/filesystem/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
                    )
                for path, asked in (
                    ("/import?name=n", {"url": url}),
                    ("/worlds", {"name": "n", "url": url}),
                    ("/export", {"url": url}),
                ):
                    assert httpx.post(f"{watched.url}/_falsefront{path}", json=asked).status_code >= 400
            assert httpx.post(f"{watched.url}/_falsefront/clock/advance", json={"by": "3d"}).status_code == 200
        with pytest.raises(BlockingIOError):
            trap.accept()
    assert not _CONNECTS


# Worlds' files, by the control plane


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Real, Path]]:
    root = tmp_path_factory.mktemp("kept") / "inside"
    root.mkdir()
    server = Real("--archive-dir", str(root), emulators=["mail"])
    yield server, root
    assert server.stop()[0] == 0
    assert "Traceback" not in server.stderr()
    server.close()


@pytest.mark.parametrize(
    "url",
    [
        "../out", "a/../../out", "/tmp/out", "file:///tmp/out", "%2e%2e/out", "..%2fout", "./", "", ".", "..", "a\0b",
        "http://127.0.0.1:1/x", "memory://x", "s3://bucket/x", "simplecache::http://127.0.0.1:1/x", "local://x",
        "zip://a::/etc/passwd", "file://{root}/../out", "{root}/../out", "{root}out",
    ],
)  # fmt: skip
def test_worlds_are_kept_below_one_directory_only(keeper: tuple[Real, Path], url: str) -> None:
    server, root = keeper
    url = url.replace("{root}", str(root))
    body = json.dumps({"url": url}).encode()
    for path in ("/worlds/default/export", "/import?name=new", "/worlds/new/import", "/worlds"):
        answer = server.send("POST", f"/_falsefront{path}", {"content-type": "application/json"}, body)
        assert answer.status in (400, 403, 422), (path, answer.raw)
        assert b"Traceback" not in answer.raw
    assert not list(root.iterdir())
    assert sorted(root.parent.iterdir()) == [root]


def test_odd_names_stay_below_it(keeper: tuple[Real, Path]) -> None:
    server, root = keeper
    names = ["~/x", "$HOME/x", "a\\..\\..\\x", "%252e%252e/x", "*", "-rf", "a b", "é"]
    for name in names:
        assert server.control("POST", "/worlds/default/export", {"url": name})["bytes"] > 0
    assert all(root in path.parents for path in root.rglob("*"))
    assert len([path for path in root.rglob("*") if path.is_file()]) == len(names)
    for path in sorted(root.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize(
    "name", ["../../etc", "/etc", "..", ".", "%2e%2e", "http://127.0.0.1:1/x", "shop/../shop", "a\0b"]
)
def test_a_fixture_is_named_not_found_by_path(real: Real, name: str) -> None:
    for asked in ({"fixture": name}, {"fixture": name, "name": "fixed"}):
        body = json.dumps(asked).encode()
        answer = real.send("POST", "/_falsefront/worlds", {"content-type": "application/json"}, body)
        assert answer.status in (400, 403, 404, 422), answer.raw
        assert os.getcwd().encode() not in answer.raw
