"""The official Python client, unmodified, against a world."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from falsefront.control_plane.addresses import kubeconfig
from falsefront.control_plane.serving import Background

kubernetes = pytest.importorskip("kubernetes")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    return serve("kubernetes")


@pytest.fixture
def api(server: Background, request: pytest.FixtureRequest) -> Iterator[Any]:
    world = request.node.name.replace("_", "-")[:60]
    server.call(lambda: server.runtime.worlds.create(world))
    import yaml

    config = yaml.safe_load(kubeconfig(f"{server.url}/w/{world}/kubernetes", world))
    client = kubernetes.config.new_client_from_config_dict(config)
    yield client
    client.close()


def deployment(replicas: int = 2, image: str = "nginx:1.27") -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "nginx", "image": image}]},
            },
        },
    }


def test_deployments_and_pods(api: Any) -> None:
    apps, core = kubernetes.client.AppsV1Api(api), kubernetes.client.CoreV1Api(api)
    made = apps.create_namespaced_deployment("default", deployment())
    assert made.spec.strategy.rolling_update.max_surge == "25%"
    found = apps.read_namespaced_deployment("web", "default")
    assert (found.status.ready_replicas, found.status.observed_generation) == (2, 1)
    assert {pod.status.phase for pod in core.list_namespaced_pod("default", label_selector="app=web").items} == {
        "Running"
    }
    apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})
    assert apps.read_namespaced_deployment_scale("web", "default").status.replicas == 3
    apps.delete_namespaced_deployment("web", "default")
    assert core.list_namespaced_pod("default").items == []


def test_conflicts_and_errors(api: Any) -> None:
    core = kubernetes.client.CoreV1Api(api)
    made = core.create_namespaced_config_map("default", {"metadata": {"name": "c"}, "data": {"a": "1"}})
    stale = made.to_dict()
    made.data = {"a": "2"}
    core.replace_namespaced_config_map("c", "default", made)
    with pytest.raises(kubernetes.client.ApiException) as caught:
        core.replace_namespaced_config_map("c", "default", made)
    assert caught.value.status == 409
    assert '"reason":"Conflict"' in caught.value.body
    assert stale
    with pytest.raises(kubernetes.client.ApiException) as missing:
        core.read_namespaced_pod("nope", "default")
    assert missing.value.status == 404


def test_pages(api: Any) -> None:
    core = kubernetes.client.CoreV1Api(api)
    for number in range(7):
        core.create_namespaced_config_map("default", {"metadata": {"name": f"c{number}"}})
    page = core.list_namespaced_config_map("default", limit=3)
    assert page.metadata.remaining_item_count == 5
    core.delete_namespaced_config_map("c6", "default")
    names = [item.metadata.name for item in page.items]
    while page.metadata._continue:
        page = core.list_namespaced_config_map("default", limit=3, _continue=page.metadata._continue)
        names += [item.metadata.name for item in page.items]
    assert names == [*(f"c{number}" for number in range(7)), "kube-root-ca.crt"]


def test_watch(api: Any) -> None:
    core = kubernetes.client.CoreV1Api(api)
    listed = core.list_namespaced_config_map("default")
    watching = kubernetes.watch.Watch()
    stream = watching.stream(
        core.list_namespaced_config_map,
        "default",
        resource_version=listed.metadata.resource_version,
        label_selector="seen=yes",
        timeout_seconds=20,
    )

    def act() -> None:
        core.create_namespaced_config_map("default", {"metadata": {"name": "c"}})
        core.patch_namespaced_config_map("c", "default", {"metadata": {"labels": {"seen": "yes"}}})
        core.patch_namespaced_config_map("c", "default", {"data": {"a": "b"}})
        core.patch_namespaced_config_map("c", "default", {"metadata": {"labels": {"seen": "no"}}})

    actor = threading.Thread(target=act)
    actor.start()
    seen = [(event["type"], event["object"].data) for event in itertools.islice(stream, 3)]
    watching.stop()
    actor.join()
    assert seen == [("ADDED", None), ("MODIFIED", {"a": "b"}), ("DELETED", {"a": "b"})]


def test_server_side_apply(api: Any) -> None:
    dynamic = kubernetes.dynamic.DynamicClient(api)
    deployments = dynamic.resources.get(api_version="apps/v1", kind="Deployment")
    applied = deployments.server_side_apply(body=deployment(), name="web", namespace="default", field_manager="me")
    assert [entry.manager for entry in applied.metadata.managedFields] == ["me"]
