"""The E2B files API by raw requests: what the SDK does not send, and what Connect answers."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule


class Sandbox:
    def __init__(self, background: Background, world: str) -> None:
        self.background = background
        self.world = world
        self.http = httpx.Client(base_url=f"{background.url}/w/{world}/filesystem/e2b", timeout=10)

    def rpc(self, method: str, message: Any = None, **headers: str) -> httpx.Response:
        content = message if isinstance(message, bytes) else json.dumps(message or {}).encode()
        kind = headers.pop("content_type", "application/json")
        return self.http.post(f"/filesystem.Filesystem/{method}", content=content, headers={"content-type": kind})

    def put(self, path: str, content: bytes = b"") -> httpx.Response:
        headers = {"content-type": "application/octet-stream"}
        return self.http.post("/files", params={"path": path}, content=content, headers=headers)

    def rule(self, op: str, effect: Any) -> None:
        rule = Rule.model_validate({"when": {"op": op}, "then": [effect]})
        self.background.call(lambda: put_rule(self.background.runtime.worlds.find(self.world), op, rule))


@pytest.fixture
def sandbox(serve: Callable[..., Background], request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    background = serve("filesystem")
    world = f"w{zlib.crc32(request.node.nodeid.encode())}"
    background.call(lambda: background.runtime.worlds.create(world))
    sandbox = Sandbox(background, world)
    yield sandbox
    sandbox.http.close()


def refused(response: httpx.Response, status: int, code: str) -> str:
    assert (response.status_code, response.json()["code"]) == (status, code)
    message: str = response.json()["message"]
    return message


def test_a_whole_file(sandbox: Sandbox) -> None:
    written = sandbox.put("/workspace/a/b", b"\xff\0")
    assert written.json() == [{"name": "b", "type": "file", "path": "/workspace/a/b"}]
    assert sandbox.http.get("/files", params={"path": "/workspace/a/b"}).content == b"\xff\0"
    assert sandbox.http.get("/files", params={"path": "~/x"}).json()["message"] == "path '/root/x' does not exist"
    assert sandbox.http.get("/health").status_code == 204


def test_an_entry_says_all_of_a_node(sandbox: Sandbox) -> None:
    sandbox.put("/workspace/f", b"hello")
    assert sandbox.rpc("Stat", {"path": "/workspace/f"}).json() == {
        "entry": {
            "name": "f",
            "type": "FILE_TYPE_FILE",
            "path": "/workspace/f",
            "size": "5",
            "mode": 0o644,
            "permissions": "-rw-r--r--",
            "owner": "user",
            "group": "user",
            "modifiedTime": "2026-01-01T00:00:00Z",
        }
    }


@pytest.mark.parametrize(
    ("method", "message", "status", "code"),
    [
        ("Stat", {"path": "/gone"}, 404, "not_found"),
        ("ListDir", {"path": "/gone"}, 404, "not_found"),
        ("ListDir", {"path": "/workspace/f"}, 400, "invalid_argument"),
        ("MakeDir", {"path": "/workspace"}, 409, "already_exists"),
        ("MakeDir", {"path": "/workspace/f/x"}, 500, "internal"),
        ("Move", {"source": "/gone", "destination": "/x"}, 404, "not_found"),
        ("Stat", {"path": "/a\0b"}, 400, "invalid_argument"),
        ("Stat", {"path": 5}, 400, "invalid_argument"),
        ("ListDir", {"path": "/", "depth": True}, 400, "invalid_argument"),
        ("Stat", b"[]", 400, "invalid_argument"),
        ("Stat", b"{", 400, "invalid_argument"),
        ("CreateWatcher", {"path": "/"}, 501, "unimplemented"),
        ("read", {"path": "/workspace/f"}, 501, "unimplemented"),
        ("Nothing", {}, 501, "unimplemented"),
    ],
)
def test_errors_are_connects(sandbox: Sandbox, method: str, message: Any, status: int, code: str) -> None:
    sandbox.put("/workspace/f")
    refused(sandbox.rpc(method, message), status, code)


def test_a_stream_is_refused_in_its_last_frame(sandbox: Sandbox) -> None:
    headers = {"content-type": "application/connect+json"}
    response = sandbox.http.post("/process.Process/Start", content=b"\0\0\0\0\x02{}", headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/connect+json")
    assert response.content[0] == 2
    assert int.from_bytes(response.content[1:5], "big") == len(response.content) - 5
    assert json.loads(response.content[5:])["error"]["code"] == "unimplemented"
    refused(sandbox.rpc("Stat", b"\x0a\x01/", content_type="application/proto"), 501, "unimplemented")


def test_what_is_removed_need_not_be_there(sandbox: Sandbox) -> None:
    sandbox.put("/workspace/d/e/f")
    for path in ("/workspace/d", "/workspace/d", "/workspace/never/there"):
        assert sandbox.rpc("Remove", {"path": path}).json() == {}
    assert sandbox.rpc("ListDir", {"path": "/workspace"}).json() == {"entries": []}
    refused(sandbox.rpc("Remove", {"path": "/"}), 500, "internal")


def test_bad_uploads(sandbox: Sandbox) -> None:
    def upload(content: bytes, kind: str, **headers: str) -> httpx.Response:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return sandbox.http.post("/files", content=content, headers={"content-type": kind, **more})

    assert upload(b"x", "application/octet-stream").status_code == 400
    assert upload(b"x", "text/plain").status_code == 400
    assert upload(b"x", "multipart/form-data").status_code == 400
    assert upload(b"no boundary here", "multipart/form-data; boundary=b").status_code == 500
    assert upload(b"x", "multipart/form-data; boundary=b", content_encoding="gzip").status_code == 400
    assert upload(b"x", "application/octet-stream", x_metadata_a="b").status_code == 501
    bomb = gzip.compress(b"\0" * 100_000_000)
    assert upload(bomb, "multipart/form-data; boundary=b", content_encoding="gzip").status_code == 413
    twice = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="/workspace/t"\r\n\r\nx\r\n' * 2 + b"--b--\r\n"
    )
    answer = upload(twice, "multipart/form-data; boundary=b")
    assert "multiple files to the same path '/workspace/t'" in answer.json()["message"]
    assert sandbox.http.put("/files").status_code == 404
    assert sandbox.http.get("/nothing").status_code == 404
    assert sandbox.rpc("ListDir", {"path": "/workspace"}).json() == {"entries": []}


def test_faults_are_connect_codes(sandbox: Sandbox) -> None:
    sandbox.rule("e2b.Stat", {"fail": "rate_limited"})
    refused(sandbox.rpc("Stat", {"path": "/workspace"}), 429, "resource_exhausted")
    sandbox.rule("e2b.write", {"fail": "quota_exceeded", "message": "not enough disk space available"})
    response = sandbox.put("/workspace/f")
    assert (response.status_code, response.json()["message"]) == (507, "not enough disk space available")
    sandbox.rule("e2b.ListDir", {"respond": {"status": 502, "body": "Bad Gateway"}})
    assert sandbox.rpc("ListDir", {"path": "/"}).status_code == 502


def test_an_unknown_world(sandbox: Sandbox) -> None:
    url = f"{sandbox.background.url}/w/nowhere/filesystem/e2b"
    answer = httpx.post(f"{url}/filesystem.Filesystem/Stat", json={"path": "/"})
    assert "no world 'nowhere'" in refused(answer, 404, "not_found")
    assert httpx.get(f"{url}/files?path=/").status_code == 404


def test_lists_go_as_deep_as_asked(sandbox: Sandbox) -> None:
    sandbox.put("/workspace/a/b/c")

    def listed(**more: Any) -> list[str]:
        entries = sandbox.rpc("ListDir", {"path": "/workspace", **more}).json()["entries"]
        return [entry["path"] for entry in entries]

    assert listed() == listed(depth=1) == ["/workspace/a"]
    assert listed(depth=2) == ["/workspace/a", "/workspace/a/b"]
    assert listed(depth=99)[-1] == "/workspace/a/b/c"
