"""The cluster as part of a world: seeds, clock, forks, determinism."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from falsefront.control_plane.registry import load
from falsefront.kernel.operation import Failure
from falsefront.runtime import Runtime
from falsefront.world.clock import Clock
from falsefront.world.digest import show
from falsefront.world.store import Version
from tests.emulators.kubernetes.api import Api, deployment, pod

PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MAPS = "/api/v1/namespaces/default/configmaps"

MANIFESTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: shop/web:1.4}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""


def status(api: Api, path: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = api.ok("GET", path)["status"]
    return found


def digest(api: Api) -> str:
    return show(api.world.version.digest)


def seed(api: Api, data: Any) -> None:
    api.server.call(lambda: api.server.runtime.seed(api.world, {"kubernetes": data}))


def test_a_seed_is_settled(api: Api) -> None:
    seed(api, {"manifests": MANIFESTS, "nodes": 5, "age": "3d"})
    found = status(api, "/apis/apps/v1/namespaces/shop/deployments/web")
    assert (found["readyReplicas"], found["updatedReplicas"]) == (2, 2)
    assert len(api.ok("GET", "/api/v1/nodes")["items"]) == 5
    endpoints = api.ok("GET", "/api/v1/namespaces/shop/endpoints/web")
    assert len(endpoints["subsets"][0]["addresses"]) == 2
    table = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    rows = api.ok("GET", "/api/v1/namespaces/shop/pods", headers=table)["rows"]
    assert [row["cells"][1:5] for row in rows] == [["1/1", "Running", "0", "3d"]] * 2


def test_a_second_seed_adds(api: Api) -> None:
    seed(api, {"manifests": MANIFESTS})
    seed(api, {"manifests": [{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "c"}}]})
    assert api("GET", f"{MAPS}/c").status_code == 200
    assert status(api, "/apis/apps/v1/namespaces/shop/deployments/web")["readyReplicas"] == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "a kubernetes seed takes"),
        ({"manifest": []}, "a kubernetes seed takes"),
        ({"manifests": "a: [b"}, "manifests: "),
        ({"manifests": ["x"]}, "a manifest is an object"),
        ({"manifests": [{"kind": "Nope", "apiVersion": "v1"}]}, 'no matches for kind "Nope" in version "v1"'),
        ({"manifests": [pod(image="")]}, "spec.containers[0].image: Required value"),
        ({"manifests": [pod(imagee="x")]}, 'unknown field "spec.containers[0].imagee"'),
        ({"nodes": -1}, "nodes is a number"),
        ({"images": {"a": "maybe"}}, "images gives each name one of"),
        ({"age": "soon"}, "age: "),
    ],
)
def test_bad_seeds(api: Api, data: Any, said: str) -> None:
    before = digest(api)
    with pytest.raises(Failure) as caught:
        seed(api, data)
    assert said in caught.value.message
    assert digest(api) == before


def test_the_image_catalogue(api: Api) -> None:
    seed(api, {"images": {"private/*": "denied", "nginx:nope": "exists"}})
    api.ok("POST", PODS, pod("a", image="private/app:1"))
    api.ok("POST", PODS, pod("b", image="nginx:nope"))
    api.ok("POST", PODS, pod("c", image="Not An Image"))
    waiting = status(api, f"{PODS}/a")["containerStatuses"][0]["state"]["waiting"]
    assert "pull access denied" in waiting["message"]
    assert status(api, f"{PODS}/b")["phase"] == "Running"
    assert status(api, f"{PODS}/c")["containerStatuses"][0]["state"]["waiting"]["reason"] == "InvalidImageName"


def test_a_strictly_frozen_clock_waits(api: Api) -> None:
    api.server.call(lambda: api.server.runtime.set_clock(api.world, Clock(settle=0)))
    api.ok("POST", DEPLOYMENTS, deployment(replicas=1))
    assert status(api, DEPLOYMENTS + "/d1")["unavailableReplicas"] == 1
    assert [p["status"]["phase"] for p in api.ok("GET", PODS)["items"]] == ["Pending"]
    api.server.call(lambda: api.server.runtime.advance(api.world, by=timedelta(seconds=2)))
    assert status(api, DEPLOYMENTS + "/d1")["readyReplicas"] == 1


def test_a_rollout_that_never_ends_passes_its_deadline(api: Api) -> None:
    api.ok("POST", DEPLOYMENTS, deployment(progressDeadlineSeconds=60))
    image = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "nginx:broken"}]}}}}
    api.ok("PATCH", f"{DEPLOYMENTS}/d1", image)
    conditions = {c["type"]: c for c in status(api, f"{DEPLOYMENTS}/d1")["conditions"]}
    assert conditions["Progressing"]["reason"] == "ReplicaSetUpdated"
    assert conditions["Available"]["status"] == "True"
    api.server.call(lambda: api.server.runtime.advance(api.world, by=timedelta(seconds=120)))
    conditions = {c["type"]: c for c in status(api, f"{DEPLOYMENTS}/d1")["conditions"]}
    assert conditions["Progressing"]["reason"] == "ProgressDeadlineExceeded"
    assert conditions["Progressing"]["status"] == "False"


def test_a_pull_is_tried_again(api: Api) -> None:
    api.ok("POST", PODS, pod(image="nginx:nope"))
    seed(api, {"images": {"nginx:nope": "exists"}})
    api.server.call(lambda: api.server.runtime.advance(api.world, by=timedelta(seconds=60)))
    assert status(api, f"{PODS}/p1")["phase"] == "Running"


def test_missing_configuration(api: Api) -> None:
    api.ok("POST", PODS, pod(envFrom=[{"configMapRef": {"name": "settings"}}]))
    waiting = status(api, f"{PODS}/p1")["containerStatuses"][0]["state"]["waiting"]
    assert waiting == {"reason": "CreateContainerConfigError", "message": 'configmap "settings" not found'}
    api.ok("POST", MAPS, {"metadata": {"name": "settings"}})
    api.server.call(lambda: api.server.runtime.advance(api.world, by=timedelta(seconds=30)))
    assert status(api, f"{PODS}/p1")["phase"] == "Running"


def with_init(**container: Any) -> dict[str, Any]:
    found = pod()
    found["spec"]["initContainers"] = [{"name": "i", "image": "busybox", **container}]
    return found


def cells(api: Api, name: str) -> list[Any]:
    table = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    found: list[Any] = api.ok("GET", f"{PODS}/{name}", headers=table)["rows"][0]["cells"]
    return found


def test_init_containers_run_first(api: Api) -> None:
    api.ok("POST", PODS, with_init())
    found = status(api, f"{PODS}/p1")
    assert found["phase"] == "Running"
    assert found["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    assert cells(api, "p1")[1:4] == ["1/1", "Running", "0"]


def test_init_containers_that_take_their_time(api: Api) -> None:
    api.ok("POST", PODS, with_init(command=["sleep", "60"]))
    assert cells(api, "p1")[1:3] == ["0/1", "Init:0/1"]
    api.server.call(lambda: api.server.runtime.advance(api.world, by=timedelta(seconds=61)))
    assert cells(api, "p1")[1:3] == ["1/1", "Running"]


def test_init_containers_that_fail(api: Api) -> None:
    api.ok("POST", PODS, with_init(command=["sh", "-c", "exit 2"]))
    assert cells(api, "p1")[2] == "Init:CrashLoopBackOff"
    never = with_init(image="busybox:nope")
    never["metadata"]["name"] = "p2"
    api.ok("POST", PODS, never)
    assert cells(api, "p2")[2] == "Init:ImagePullBackOff"


def test_programs_end(api: Api) -> None:
    for name, command, policy, expected in (
        ("a", ["sleep", "30"], "Never", "Running"),
        ("b", ["false"], "Never", "Error"),
        ("c", ["echo", "x"], "OnFailure", "Completed"),
        ("d", ["sh", "-c", "exit 1"], "OnFailure", "CrashLoopBackOff"),
    ):
        body = pod(name, command=command)
        body["spec"]["restartPolicy"] = policy
        api.ok("POST", PODS, body)
        assert cells(api, name)[2] == expected
    api.server.call(lambda: api.server.runtime.advance(api.world, by=timedelta(seconds=30)))
    assert cells(api, "a")[2] == "Completed"
    assert cells(api, "d")[3].startswith("3 (")


def test_reads_leave_no_trace(api: Api) -> None:
    before = digest(api)
    for path in ("/api/v1/namespaces", "/api/v1/nodes", PODS, "/version", "/openapi/v3", f"{PODS}/none"):
        api("GET", path)
    api("POST", f"{MAPS}?dryRun=All", {"metadata": {"name": "c"}})
    assert digest(api) == before


def test_equal_states_have_equal_digests(api: Api) -> None:
    names = ["a", "b", "c"]
    first = Api(api.server, f"{api.world.name}-1")
    second = Api(api.server, f"{api.world.name}-2")
    for name in names:
        first.ok("POST", MAPS, {"metadata": {"name": name}})
    second.ok("POST", MAPS, {"metadata": {"name": "z"}})
    for name in reversed(names):
        second.ok("POST", MAPS, {"metadata": {"name": name}})
    assert digest(first) != digest(second)
    second.ok("DELETE", f"{MAPS}/z")
    assert digest(first) == digest(second)
    first.http.close()
    second.http.close()


def test_forks_go_their_own_ways(api: Api) -> None:
    api.ok("POST", DEPLOYMENTS, deployment(replicas=1))
    name = f"{api.world.name}-fork"
    api.server.call(lambda: api.server.runtime.worlds.fork(api.world, name))
    path = f"{api.server.url}/w/{name}/kubernetes{DEPLOYMENTS}/d1"
    fork = api.http.patch(
        path, json={"spec": {"replicas": 3}}, headers={"content-type": "application/merge-patch+json"}
    )
    assert fork.status_code == 200
    assert api.http.get(path).json()["status"]["readyReplicas"] == 3
    assert status(api, f"{DEPLOYMENTS}/d1")["readyReplicas"] == 1


def test_a_world_by_its_token(api: Api) -> None:
    api.ok("POST", MAPS, {"metadata": {"name": "c"}})
    root = api.server.url
    mine = api.http.get(f"{root}{MAPS}/c", headers={"authorization": f"Bearer {api.world.name}"})
    assert mine.status_code == 200
    assert api.http.get(f"{root}{MAPS}/c").status_code == 404
    assert api.http.get(f"{root}/version").json()["major"] == "1"


def test_the_journal_names_every_operation(api: Api) -> None:
    api.ok("POST", DEPLOYMENTS, deployment())
    api.ok("GET", f"{DEPLOYMENTS}/d1/scale")
    catalogue = load(["kubernetes"])[0].operations
    names = {entry.op.name for entry in api.world.journal}
    assert {"deployments.create", "pods.schedule", "deployments.scale.get"} <= names
    assert names <= set(catalogue)
    for name in (
        "pods.list",
        "deployments.patch",
        "pods.watch.event",
        "deployments.scale.update",
        "pods.eviction.create",
    ):
        assert name in catalogue


SCRIPT = """
import asyncio, sys, json
from falsefront.control_plane.registry import load
from falsefront.kernel.chain import Exchange
from falsefront.kernel.operation import Operation
from falsefront.runtime import Runtime
from falsefront.world.digest import show
from falsefront.world.store import Version
from tests.emulators.kubernetes.api import deployment

async def main():
    runtime = Runtime(load(["kubernetes"]))
    world = runtime.worlds.create("w", Version(seed=7))
    catalogue = runtime.emulators["kubernetes"].operations
    async def call(name, /, **args):
        op = Operation("kubernetes", name, {"apiVersion": "apps/v1", "namespace": "default", **args})
        print(json.dumps(await runtime.perform(Exchange(op, catalogue[name].handler, world))))
    await call("deployments.create", body=deployment(replicas=4))
    labels = {"spec": {"template": {"metadata": {"labels": {"x": "y"}}}}}
    await call("deployments.patch", name="d1", patchType="merge", body=labels)
    await call("pods.list", apiVersion="v1")
    await call("events.list", apiVersion="v1")
    await call("deployments.delete", name="d1")
    await call("pods.list", apiVersion="v1")
    print(show(world.version.digest))

asyncio.run(main())
"""


def test_two_processes_agree() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed_},
        ).stdout
        for seed_ in ("1", "2", "99")
    }
    assert len(outputs) == 1
    assert b"d1-" in outputs.pop()


def test_the_catalogue_runs_from_arguments() -> None:
    runtime = Runtime(load(["kubernetes"]))
    assert Version().digest == runtime.worlds.create("w").version.digest
    runtime.close()
