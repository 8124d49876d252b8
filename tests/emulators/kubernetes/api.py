"""Requests to a world's Kubernetes API, and objects to send."""

from __future__ import annotations

from typing import Any

import httpx

from falsefront.control_plane.serving import Background


class Api:
    """Requests to one world's API."""

    def __init__(self, server: Background, world: str) -> None:
        self.server = server
        self.world = server.call(lambda: server.runtime.worlds.create(world))
        self.http = httpx.Client(base_url=f"{server.url}/w/{world}/kubernetes", timeout=20)

    def __call__(self, method: str, path: str, body: Any = None, **settings: Any) -> httpx.Response:
        if isinstance(body, bytes):
            settings["content"] = body
        elif body is not None:
            settings["json"] = body
        if method == "PATCH":
            settings.setdefault("headers", {}).setdefault("content-type", "application/strategic-merge-patch+json")
        return self.http.request(method, path, **settings)

    def ok(self, method: str, path: str, body: Any = None, **settings: Any) -> Any:
        answer = self(method, path, body, **settings)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **settings: Any) -> tuple[int, str, str]:
        """Code, reason and message of a Status."""
        answer = self(method, path, body, **settings)
        found = answer.json()
        assert found["kind"] == "Status"
        assert found["code"] == answer.status_code
        return found["code"], found.get("reason", ""), found["message"]


def pod(name: str = "p1", **container: Any) -> dict[str, Any]:
    """A pod with one container."""
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": "nginx", **container}]},
    }


def deployment(name: str = "d1", **spec: Any) -> dict[str, Any]:
    """A deployment of one pod."""
    labels = {"a": name}
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}},
            **spec,
        },
    }
