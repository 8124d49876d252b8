"""Two servers, the same calls: the same bytes, whatever hash seed each process drew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.containment.real import Real

_JSON = {"content-type": "application/json"}
_MCP = {**_JSON, "accept": "application/json"}
_FORM = {"content-type": "application/x-www-form-urlencoded", "authorization": "Bearer sk_test_x"}
Asked = tuple[str, str, dict[str, str], bytes]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Real, Real]]:
    servers = [Real("--seed", "7", env={"PYTHONHASHSEED": seed}) for seed in ("1", "4242")]
    yield servers[0], servers[1]
    for server in servers:
        server.stop()
        server.close()


def call(name: str, **arguments: object) -> Asked:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return "POST", "/w/default/filesystem/mcp", _MCP, json.dumps(body).encode()


def stripe(method: str, path: str, body: str = "") -> Asked:
    return method, f"/w/default/stripe/v1/{path}", _FORM, body.encode()


def kubernetes(method: str, path: str, body: object = None, kind: str = "application/json") -> Asked:
    data = b"" if body is None else json.dumps(body).encode()
    return method, f"/w/default/kubernetes/{path}", {"content-type": kind, "accept": "application/json"}, data


_APP = {"app": "web", "tier": "front", "zone": "a", "owner": "ops"}
_DEPLOYMENT = {
    "metadata": {"name": "web", "labels": _APP},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": _APP},
        "template": {"metadata": {"labels": _APP}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}},
    },
}
_SPACE = "namespaces/default"
_INITIALIZE = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"x","version":"1"}}}'
)
_MERGE = "application/merge-patch+json"
CALLS: list[Asked] = [
    ("POST", "/w/default/filesystem/mcp", _MCP, b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'),
    ("POST", "/w/default/filesystem/mcp", _MCP, _INITIALIZE),
    *[call("write_file", path=f"/workspace/{name}", content=name * 9) for name in ("b", "a", "é", "c.txt")],
    call("list_directory_with_sizes", path="/workspace"),
    call("directory_tree", path="/workspace"),
    call("search_files", path="/workspace", pattern="**/*.txt"),
    call("get_file_info", path="/workspace/a"),
    call("edit_file", path="/workspace/a", edits=[{"oldText": "a", "newText": "z"}]),
    call("read_text_file", path="/workspace/nothing"),
    stripe("POST", "customers", "name=Ada&email=ada@example.com&metadata[z]=1&metadata[a]=2"),
    stripe("POST", "products", "name=Book"),
    stripe("POST", "payment_methods", "type=card&card[token]=tok_visa"),
    stripe("POST", "payment_intents", "amount=100&currency=usd&payment_method=pm_card_visa&confirm=true&return_url=http://x"),
    stripe("POST", "payment_intents", "amount=100&currency=usd&payment_method=pm_card_chargeDeclined&confirm=true&return_url=http://x"),
    stripe("POST", "payment_intents", "amount=x"),
    stripe("GET", "customers?limit=3"),
    stripe("GET", "events"),
    stripe("GET", "balance"),
    stripe("GET", "nothing"),
    kubernetes("GET", "apis"),
    kubernetes("GET", "api/v1"),
    kubernetes("GET", "openapi/v3"),
    kubernetes("POST", f"apis/apps/v1/{_SPACE}/deployments", _DEPLOYMENT),
    kubernetes("GET", f"api/v1/{_SPACE}/pods"),
    kubernetes("GET", "api/v1/events"),
    kubernetes("PATCH", f"apis/apps/v1/{_SPACE}/deployments/web", {"spec": {"replicas": 5}}, _MERGE),
    kubernetes("GET", f"apis/apps/v1/{_SPACE}/replicasets"),
    kubernetes("GET", "api/v1/nodes"),
    kubernetes("DELETE", f"apis/apps/v1/{_SPACE}/deployments/web"),
    kubernetes("GET", f"api/v1/{_SPACE}/pods?limit=2"),
    kubernetes("POST", f"api/v1/{_SPACE}/pods", {"metadata": {"name": "!"}}),
    ("POST", "/w/default/mail/messages", _JSON, b'{"from":"a@b.c","to":["d@e.f"],"text":"x","html":"<p>"}'),
    ("GET", "/w/default/mail/messages", {}, b""),
    ("GET", "/w/nowhere/mail/messages", {}, b""),
    ("POST", "/_falsefront/clock/advance", _JSON, b'{"by":"1h"}'),
    ("POST", "/_falsefront/worlds/default/fork", _JSON, b'{"name":"fork"}'),
    ("GET", "/_falsefront/diff", {}, b""),
    ("GET", "/_falsefront/worlds/default/export", {}, b""),
    ("GET", "/_falsefront/journal?limit=1000", {}, b""),
    ("GET", "/_falsefront/digest", {}, b""),
]  # fmt: skip


def _ports(server: Real) -> re.Pattern[bytes]:
    """The ports that a server listens on, which it tells; they have five digits."""
    ports = {server.port, server.smtp_port, *([server.postgres_port] if server.said["postgres"] else [])}
    return re.compile("|".join(map(str, ports)).encode())


def test_the_same_bytes(pair: tuple[Real, Real]) -> None:
    statuses = set()
    for method, path, headers, body in CALLS:
        first, second = (server.send(method, path, {"host": "127.0.0.1", **headers}, body) for server in pair)
        told = [_ports(server).sub(b"port", answer.raw) for answer, server in zip((first, second), pair, strict=True)]
        assert told[0] == told[1], (method, path)
        assert not first.header("date")
        statuses.add(first.status)
    assert statuses >= {200, 201, 400, 402, 404}


def test_another_seed_gives_others(pair: tuple[Real, Real]) -> None:
    """So that equal answers mean something."""
    for server, seed in zip(pair, (8, 9), strict=True):
        server.control("POST", "/worlds", {"name": "seeded", "fixture": "empty", "seed": seed})
    made = [server.send("POST", "/w/seeded/stripe/v1/customers", _FORM, b"name=Ada").json()["id"] for server in pair]
    assert made[0] != made[1]
