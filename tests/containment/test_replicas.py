from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from falsefront.control_plane.serving import Background

GROUPS = {"Deployment": "apps", "StatefulSet": "apps", "Job": "batch"}


@pytest.mark.parametrize("kind", GROUPS)
def test_an_endless_wish_for_pods_makes_only_some(serve: Callable[..., Background], kind: str) -> None:
    server = serve("kubernetes")
    world = f"many-{kind.lower()}"
    server.call(lambda: server.runtime.worlds.create(world))
    base = f"{server.url}/w/{world}/kubernetes"
    template: dict[str, Any] = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "nginx", "resources": {"requests": {"cpu": "4"}}}]},
    }
    many = 2**31 - 1
    if kind == "Job":
        template["spec"]["restartPolicy"] = "Never"
        spec: dict[str, Any] = {"parallelism": many, "completions": many, "template": template}
    else:
        spec = {"replicas": many, "selector": {"matchLabels": {"a": "b"}}, "template": template}
        if kind == "StatefulSet":
            spec |= {"serviceName": "s", "podManagementPolicy": "Parallel"}
    group = GROUPS[kind]
    document = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "d"}, "spec": spec}
    made = httpx.post(f"{base}/apis/{group}/v1/namespaces/default/{kind.lower()}s", json=document, timeout=30)
    assert made.status_code == 201
    pods = httpx.get(f"{base}/api/v1/namespaces/default/pods", timeout=30).json()["items"]
    assert 0 < len(pods) < 1000
    assert httpx.get(f"{server.url}/w/default/kubernetes/api/v1/pods").status_code == 200
