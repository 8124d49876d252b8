"""How unmodified clients find a world."""

from __future__ import annotations

from collections.abc import Mapping

import orjson


def kubeconfig(url: str, world: str) -> str:
    """A kubeconfig (JSON is YAML) for a world of the server at ``url``."""
    return orjson.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "falsefront", "cluster": {"server": f"{url}/w/{world}/kubernetes"}}],
            "users": [{"name": world, "user": {"token": world}}],
            "contexts": [{"name": world, "context": {"cluster": "falsefront", "user": world}}],
            "current-context": world,
        },
        option=orjson.OPT_INDENT_2,
    ).decode()


def credential(headers: Mapping[bytes, bytes]) -> str | None:
    """The world that a bearer token names."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
