"""Patches of every kind, and who owns what afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from falsefront.emulators.kubernetes.patches import json_patch, strategic
from falsefront.emulators.kubernetes.patches.merge import merge
from falsefront.emulators.kubernetes.shape import Shape, load
from tests.emulators.kubernetes.api import Api, deployment

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MAPS = "/api/v1/namespaces/default/configmaps"
POD_SPEC = "io.k8s.api.core.v1.PodSpec"
APPLY = {"content-type": "application/apply-patch+yaml"}


@pytest.fixture(scope="module")
def shape() -> Shape:
    return load()


def containers(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "image": f"{name}:1"} for name in names]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        (
            {"containers": [{"name": "b", "image": "b:2"}]},
            {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]},
        ),
        ({"containers": [{"name": "a", "$patch": "delete"}]}, {"containers": containers("b")}),
        ({"containers": [{"$patch": "replace"}, *containers("c")]}, {"containers": containers("c")}),
        (
            {
                "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}],
                "containers": containers("c"),
            },
            {"containers": containers("c", "b", "a")},
        ),
        ({"containers": None}, {}),
        ({"nodeSelector": {"x": "y"}}, {"containers": containers("a", "b"), "nodeSelector": {"x": "y"}}),
        ({"tolerations": [{"key": "t"}]}, {"containers": containers("a", "b"), "tolerations": [{"key": "t"}]}),
        ({"$patch": "replace", "hostname": "h"}, {"hostname": "h"}),
    ],
)
def test_strategic(shape: Shape, patch: dict[str, Any], expected: dict[str, Any]) -> None:
    target = {"containers": containers("a", "b")}
    assert strategic.apply(shape.types, POD_SPEC, target, patch) == expected
    assert target == {"containers": containers("a", "b")}


def test_strategic_retains_keys(shape: Shape) -> None:
    name = "io.k8s.api.apps.v1.DeploymentSpec"
    target = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}
    patch = {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}
    assert strategic.apply(shape.types, name, target, patch) == {"strategy": {"type": "Recreate"}}


def test_strategic_primitive_lists(shape: Shape) -> None:
    name = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    target = {"finalizers": ["a/a", "b/b"]}
    assert strategic.apply(shape.types, name, target, {"finalizers": ["c/c"]}) == {"finalizers": ["a/a", "b/b", "c/c"]}
    patch = {"$deleteFromPrimitiveList/finalizers": ["a/a"]}
    assert strategic.apply(shape.types, name, target, patch) == {"finalizers": ["b/b"]}


@pytest.mark.parametrize("patch", [{"containers": [{"image": "x"}]}, {"containers": ["x"]}, {"$patch": "explode"}])
def test_strategic_mistakes(shape: Shape, patch: dict[str, Any]) -> None:
    with pytest.raises(strategic.StrategicError):
        strategic.apply(shape.types, POD_SPEC, {"containers": containers("a")}, patch)


def test_merge() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None}, "d": [2], "e": {"f": None}}) == {
        "a": {"c": 2},
        "d": [2],
        "e": {},
    }


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/b", "value": 2}], {"a": [1, 2], "b": 2}),
        ([{"op": "add", "path": "/a/-", "value": 3}], {"a": [1, 2, 3]}),
        ([{"op": "add", "path": "/a/0", "value": 0}], {"a": [0, 1, 2]}),
        ([{"op": "remove", "path": "/a/0"}], {"a": [2]}),
        ([{"op": "replace", "path": "/a/1", "value": 9}], {"a": [1, 9]}),
        ([{"op": "copy", "from": "/a/0", "path": "/b~1c"}], {"a": [1, 2], "b/c": 1}),
        ([{"op": "move", "from": "/a", "path": "/z"}], {"z": [1, 2]}),
        ([{"op": "test", "path": "/a", "value": [1, 2]}], {"a": [1, 2]}),
    ],
)
def test_json_patch(operations: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    assert json_patch.apply({"a": [1, 2]}, operations) == expected


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "test", "path": "/a", "value": 1},
        {"op": "add", "path": "/a/9", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "burn", "path": "/a"},
        {"path": "/a"},
        "x",
    ],
)
def test_json_patches_that_fail(operation: Any) -> None:
    with pytest.raises(json_patch.PatchFailed):
        json_patch.apply({"a": [1, 2]}, [operation])


def applied(api: Api, manager: str, body: dict[str, Any], *, force: bool = False, name: str = "d1") -> Any:
    query = {"fieldManager": manager, **({"force": "true"} if force else {})}
    path = DEPLOYMENTS if body.get("kind") == "Deployment" else MAPS
    return api("PATCH", f"{path}/{name}", body, params=query, headers=APPLY).json()


def test_apply_owns_what_it_says(api: Api) -> None:
    made = applied(api, "m1", deployment(replicas=2))
    entry = made["metadata"]["managedFields"][0]
    assert (entry["manager"], entry["operation"], entry["fieldsType"]) == ("m1", "Apply", "FieldsV1")
    template = {"f:metadata": {"f:labels": {"f:a": {}}}}
    template["f:spec"] = {"f:containers": {'k:{"name":"c"}': {".": {}, "f:image": {}, "f:name": {}}}}
    assert entry["fieldsV1"] == {"f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": template}}


def test_apply_again_changes_nothing(api: Api) -> None:
    applied(api, "m1", deployment(replicas=1))
    first = api.ok("GET", f"{DEPLOYMENTS}/d1")
    assert applied(api, "m1", deployment(replicas=1))["metadata"] == first["metadata"]


def test_apply_conflicts(api: Api) -> None:
    applied(api, "m1", deployment(replicas=1))
    said = applied(api, "m2", deployment(replicas=2))
    assert said["message"] == 'Apply failed with 1 conflict: conflict with "m1": .spec.replicas'
    assert said["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "m1"', "field": ".spec.replicas"}
    ]
    two = deployment(replicas=2)
    two["spec"]["template"]["spec"]["containers"][0]["image"] = "redis"
    assert applied(api, "m2", two)["message"] == (
        'Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.replicas\n'
        '- .spec.template.spec.containers[name="c"].image'
    )
    forced = applied(api, "m2", deployment(replicas=2), force=True)
    owners = {entry["manager"]: entry["fieldsV1"]["f:spec"] for entry in forced["metadata"]["managedFields"]}
    assert "f:replicas" in owners["m2"]
    assert "f:replicas" not in owners["m1"]


def test_what_is_applied_no_more_is_gone(api: Api) -> None:
    body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "c", "labels": {"x": "y"}}}
    applied(api, "m1", {**body, "data": {"a": "1", "b": "2"}}, name="c")
    applied(api, "m2", {**body, "data": {"b": "2"}}, name="c")
    found = applied(api, "m1", {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "c"}}, name="c")
    assert found["data"] == {"b": "2"}
    assert found["metadata"]["labels"] == {"x": "y"}


def test_updates_take_fields_over(api: Api) -> None:
    applied(api, "m1", deployment(replicas=1))
    headers = {"content-type": "application/merge-patch+json"}
    api.ok("PATCH", f"{DEPLOYMENTS}/d1?fieldManager=hand", {"spec": {"replicas": 3}}, headers=headers)
    said = applied(api, "m1", deployment(replicas=1))
    assert said["message"].startswith('Apply failed with 1 conflict: conflict with "hand" using apps/v1')
    body = deployment(replicas=1)
    body["metadata"]["managedFields"] = [{}]
    assert applied(api, "m1", body)["message"] == "metadata.managedFields must be nil"


def test_generation_and_version(api: Api) -> None:
    made = api.ok("POST", DEPLOYMENTS, deployment())
    assert made["metadata"]["generation"] == 1
    patched = api.ok("PATCH", f"{DEPLOYMENTS}/d1", {"spec": {"replicas": 2}})
    assert patched["metadata"]["generation"] == 2
    labelled = api.ok("PATCH", f"{DEPLOYMENTS}/d1", {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["generation"] == 2
    before = api.ok("GET", f"{DEPLOYMENTS}/d1")["metadata"]["resourceVersion"]
    same = api.ok("PATCH", f"{DEPLOYMENTS}/d1", {"metadata": {"labels": {"a": "b"}}})
    assert same["metadata"]["resourceVersion"] == before


def test_status_is_apart(api: Api) -> None:
    made = api.ok("POST", DEPLOYMENTS, {**deployment(replicas=0), "status": {"replicas": 99}})
    assert "replicas" not in made["status"]
    headers = {"content-type": "application/merge-patch+json"}
    found = api.ok(
        "PATCH", f"{DEPLOYMENTS}/d1/status", {"status": {"replicas": 7}, "spec": {"replicas": 9}}, headers=headers
    )
    assert (found["status"]["replicas"], found["spec"]["replicas"]) == (7, 0)


def test_finalizers_hold(api: Api) -> None:
    api.ok("POST", MAPS, {"metadata": {"name": "c", "finalizers": ["x.io/hold"]}})
    dying = api.ok("DELETE", f"{MAPS}/c")
    assert dying["metadata"]["deletionTimestamp"]
    headers = {"content-type": "application/merge-patch+json"}
    said = api.refused("PATCH", f"{MAPS}/c", {"metadata": {"finalizers": ["x.io/hold", "x.io/new"]}}, headers=headers)
    assert 'found new finalizers []string{"x.io/new"}' in said[2]
    api.ok("PATCH", f"{MAPS}/c", {"metadata": {"finalizers": None}}, headers=headers)
    assert api("GET", f"{MAPS}/c").status_code == 404


def test_scale(api: Api) -> None:
    api.ok("POST", DEPLOYMENTS, deployment(replicas=2))
    scale = api.ok("GET", f"{DEPLOYMENTS}/d1/scale")
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert (scale["spec"], scale["status"]) == ({"replicas": 2}, {"replicas": 2, "selector": "a=d1"})
    changed = api.ok("PUT", f"{DEPLOYMENTS}/d1/scale", {**scale, "spec": {"replicas": 4}})
    assert changed["spec"] == {"replicas": 4}
    assert api.refused("PUT", f"{DEPLOYMENTS}/d1/scale", scale)[0] == 409
    said = api.refused("PUT", f"{DEPLOYMENTS}/d1/scale", {"metadata": {"name": "d1"}, "spec": {"replicas": -1}})
    assert said[0] == 422


def test_deletion_of_pods(api: Api) -> None:
    pods = "/api/v1/namespaces/default/pods"
    api.ok("POST", DEPLOYMENTS, deployment(replicas=1))
    name = api.ok("GET", pods)["items"][0]["metadata"]["name"]
    dying = api.ok("DELETE", f"{pods}/{name}")
    assert dying["metadata"]["deletionGracePeriodSeconds"] == 30
    assert dying["metadata"]["generation"] == 2
    gone = api.ok("DELETE", f"{DEPLOYMENTS}/d1")
    assert gone["status"] == "Success"
    assert gone["details"]["kind"] == "deployments"
    assert gone["details"]["group"] == "apps"
