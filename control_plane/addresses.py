"""Where a world is, in every form that a client takes: URLs, environment, DSN, kubeconfig, MCP configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from falsefront.kernel.emulator import Endpoints
from falsefront.world.worlds import DEFAULT

from .answers import Addresses

if TYPE_CHECKING:
    from .serving import Serving

_POSTGRES: Final = ("postgres", "postgresql", "sql")
_MCP: Final = "MCP_URL"
"""How the variables end in which emulators say where they answer MCP."""


def addresses(serving: Serving, world: str, host: str = "") -> Addresses:
    """Everything ready to paste for one world, for a client that knows this server by a ``Host`` header."""
    endpoints = serving.reached_at(host)
    urls = {name: f"{endpoints.url}/w/{world}/{name}" for name in serving.http}
    return Addresses(
        urls=urls,
        environment=serving.environment(world, endpoints),
        postgres=postgres(endpoints, world),
        kubeconfig=kubeconfig(urls["kubernetes"], world) if "kubernetes" in urls else None,
        mcp=mcp(serving, world, endpoints),
    )


def postgres(endpoints: Endpoints, world: str, database: str = "postgres") -> str | None:
    """The DSN of a world's database; the default world needs no name in it."""
    for name in _POSTGRES:
        if name in endpoints.tcp:
            host, port = endpoints.tcp[name]
            host = f"[{host}]" if ":" in host else host
            at = "" if world == DEFAULT else f"@{world}"
            return f"postgresql://postgres:postgres@{host}:{port}/{database}{at}"
    return None


def kubeconfig(server: str, world: str) -> str:
    """A kubeconfig file's text, in JSON, which is YAML."""
    name = f"falsefront-{world}"
    config: Mapping[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {"token": world}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
        "current-context": name,
    }
    return json.dumps(config, indent=2) + "\n"


def mcp(serving: Serving, world: str, endpoints: Endpoints) -> dict[str, Any] | None:
    """An MCP client's configuration of the façades that speak MCP."""
    servers = {
        name: {"type": "http", "url": value}
        for name, emulator in serving.runtime.emulators.items()
        for variable, value in emulator.environment(endpoints, world).items()
        if variable.endswith(_MCP)
    }
    return {"mcpServers": servers} if servers else None
