"""What the server says of itself: version, health, discovery, OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

from falsefront.wire.http import Request

from ..shape import Shape
from ..shape.residue import SERVED, VERSION
from . import discovery, negotiation, openapi
from .routes import NoSuchPath

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_PRIVATE: Final = (b"cache-control", b"no-cache, private")

_MINOR: Final = int(VERSION.split(".")[1])
INFO: Final = {
    "major": "1",
    "minor": str(_MINOR),
    "emulationMajor": "1",
    "emulationMinor": str(_MINOR),
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": str(_MINOR - 1),
    "gitVersion": VERSION,
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-06-17T00:00:00Z",
    "goVersion": "go1.26.3",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_CHECKS: Final = ("ping", "log", "etcd")
_HEALTH: Final = ("/healthz", "/livez", "/readyz")

OPERATIONS: Final[Mapping[str, str]] = {
    "version.get": "The server's version.",
    "health.get": "Whether the server is well: `/healthz`, `/livez`, `/readyz`.",
    "discovery.get": "Groups, versions and resources, aggregated or one by one.",
    "openapi.get": "The OpenAPI v3 index, or one group's document.",
    "paths.get": "The list of root paths.",
}
SHOWN: Final[Mapping[str, Any]] = {"version.get": INFO}
"""What an operation's handler gives, where that is more than a document of static content."""


def is_discovery(path: str) -> bool:
    """Whether a path below ``/api`` or ``/apis`` names a group or a version, and no resource."""
    parts = path.strip("/").split("/")
    return len(parts) <= (2 if parts[0] == "api" else 3)


def operation(path: str) -> str | None:
    """The operation that a path stands for."""
    clean = path.rstrip("/") or "/"
    if clean == "/":
        return "paths.get"
    if clean in ("/version",):
        return "version.get"
    if clean in _HEALTH or clean.startswith(tuple(f"{check}/" for check in _HEALTH)):
        return "health.get"
    if clean == "/openapi/v3" or clean.startswith("/openapi/v3/"):
        return "openapi.get"
    if clean in ("/api", "/apis") or clean.startswith(("/api/", "/apis/")):
        return "discovery.get"
    return None


def answer(shape: Shape, request: Request) -> Answer:
    """The answer to a request about the server. Raises ``NoSuchPath``, or a Status failure (406)."""
    path = request.path.rstrip("/") or "/"
    match operation(path):
        case "version.get":
            return 200, [_JSON, _PRIVATE], orjson.dumps(INFO, option=orjson.OPT_INDENT_2)
        case "health.get":
            return _health(path, request)
        case "openapi.get":
            return _openapi(shape, path, request)
        case "paths.get":
            paths = ["/api", "/api/v1", "/apis", *(f"/apis/{g}/{v}" for g, v in SERVED if g)]
            paths += ["/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]
            return 200, [_JSON, _PRIVATE], orjson.dumps({"paths": sorted(paths)}, option=orjson.OPT_INDENT_2)
        case _:
            return _discovery(shape, path, request)


def _health(path: str, request: Request) -> Answer:
    parts = path.strip("/").split("/")
    if len(parts) > 2 or (len(parts) == 2 and parts[1] not in _CHECKS):
        raise NoSuchPath
    if b"verbose" in request.query:
        lines = [f"[+]{check} ok" for check in _CHECKS] + [f"{parts[0]} check passed", ""]
        return 200, [_TEXT, _PRIVATE], "\n".join(lines).encode()
    return 200, [_TEXT, _PRIVATE], b"ok"


def _openapi(shape: Shape, path: str, request: Request) -> Answer:
    name = path.removeprefix("/openapi/v3").strip("/")
    if not name:
        prefix = str(request.scope.get("root_path", ""))
        return 200, [(b"content-type", b"text/plain; charset=utf-8"), _PRIVATE], orjson.dumps(openapi.index(prefix))
    data = openapi.document(shape, name)
    if data is None:
        raise NoSuchPath
    headers = [_JSON, (b"cache-control", b"public, immutable"), (b"vary", b"Accept")]
    return 200, headers, data


def _discovery(shape: Shape, path: str, request: Request) -> Answer:
    parts = path.strip("/").split("/")
    if len(parts) == 1:
        core = parts[0] == "api"
        form = negotiation.choose(request.header(b"accept"), ("APIGroupDiscoveryList",))
        if form.as_ and form.version == "v2":
            body = orjson.dumps(discovery.aggregated(shape, core=core))
            tag = b'"%s"' % sha256(body).hexdigest().upper().encode()
            caching = [(b"cache-control", b"public"), (b"etag", tag), (b"vary", b"Accept")]
            kind = (b"content-type", discovery.AGGREGATED.encode())
            if request.header(b"if-none-match").encode() == tag:
                return 304, [kind, *caching], b""
            return 200, [kind, *caching], body + b"\n"
        host = request.header(b"host")
        return _json(discovery.versions(host) if core else discovery.group_list())
    if parts[0] == "api":
        if parts[1] != "v1":
            raise NoSuchPath
        return _json(discovery.resource_list(shape, "", "v1"))
    if not any(group == parts[1] and (len(parts) == 2 or version == parts[2]) for group, version in SERVED):
        raise NoSuchPath
    if len(parts) == 2:
        return _json(discovery.group(parts[1]))
    return _json(discovery.resource_list(shape, parts[1], parts[2]))


def _json(value: Any) -> Answer:
    return 200, [_JSON, _PRIVATE], orjson.dumps(value) + b"\n"
