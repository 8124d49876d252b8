"""Lists, tables and selectors."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from falsefront.emulators.kubernetes.api.selectors import from_object, parse_labels
from falsefront.kernel.operation import Failure
from tests.emulators.kubernetes.api import Api, deployment, pod

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
LABELS = {"env": "prod", "tier": "web", "n": "5"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("env=prod", True),
        ("env==prod", True),
        ("env!=prod", False),
        ("none!=x", True),
        ("env in (prod, dev)", True),
        ("env in (dev)", False),
        ("env notin (dev),tier=web", True),
        ("none notin (x)", True),
        ("env", True),
        ("!env", False),
        ("!none", True),
        ("n>4", True),
        ("n<5", False),
        ("env=prod,tier=db", False),
        ("env=", False),
    ],
)
def test_label_selectors(selector: str, matches: bool) -> None:
    assert parse_labels(selector).matches_labels(LABELS) is matches


@pytest.mark.parametrize(
    "selector", ["a===b", "a=b=c", ",", "a,", "in (a)", "a in a", "a in (b", "=b", "a b", "-x=y", "!"]
)
def test_label_selectors_that_cannot_be_read(selector: str) -> None:
    with pytest.raises(Failure):
        parse_labels(selector)


def test_selector_objects() -> None:
    terms = [
        {"key": "env", "operator": "In", "values": ["prod"]},
        {"key": "none", "operator": "DoesNotExist"},
        {"key": "tier", "operator": "Exists"},
        {"key": "n", "operator": "NotIn", "values": ["6"]},
    ]
    assert from_object({"matchLabels": {"tier": "web"}, "matchExpressions": terms}).matches_labels(LABELS)
    assert not from_object({"matchLabels": {"tier": "db"}}).matches_labels(LABELS)


def test_pages_keep_their_revision(api: Api) -> None:
    for number in range(5):
        api.ok("POST", MAPS, {"metadata": {"name": f"c{number}"}})
    first = api.ok("GET", f"{MAPS}?limit=2")
    assert first["metadata"]["remainingItemCount"] == 4
    token = first["metadata"]["continue"]
    padded = token + "=" * (-len(token) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded)) == {
        "v": "meta.k8s.io/v1",
        "rv": int(first["metadata"]["resourceVersion"]),
        "start": "c1\0",
    }
    api.ok("DELETE", f"{MAPS}/c3")
    api.ok("PATCH", f"{MAPS}/c2", {"data": {"late": "yes"}})
    api.ok("POST", MAPS, {"metadata": {"name": "c9"}})
    second = api.ok("GET", MAPS, params={"limit": "10", "continue": token})
    assert [item["metadata"]["name"] for item in second["items"]] == ["c2", "c3", "c4", "kube-root-ca.crt"]
    assert "data" not in second["items"][0]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_a_page_too_late(api: Api) -> None:
    token = base64.urlsafe_b64encode(b'{"v":"meta.k8s.io/v1","rv":1,"start":"a\\u0000"}').decode().rstrip("=")
    answer = api("GET", MAPS, params={"limit": "1", "continue": token}).json()
    assert (answer["code"], answer["reason"]) == (410, "Expired")
    fresh = api.ok("GET", MAPS, params={"continue": answer["metadata"]["continue"]})
    assert [item["metadata"]["name"] for item in fresh["items"]] == ["kube-root-ca.crt"]


def test_exact_versions(api: Api) -> None:
    api.ok("POST", MAPS, {"metadata": {"name": "c"}})
    then = api.ok("GET", MAPS)["metadata"]["resourceVersion"]
    api.ok("DELETE", f"{MAPS}/c")
    old = api.ok("GET", f"{MAPS}?resourceVersion={then}&resourceVersionMatch=Exact")
    assert [item["metadata"]["name"] for item in old["items"]] == ["c", "kube-root-ca.crt"]
    assert len(api.ok("GET", f"{MAPS}?resourceVersion={then}&resourceVersionMatch=NotOlderThan")["items"]) == 1


def test_shape_of_lists_and_objects(api: Api) -> None:
    made = api.ok("POST", DEPLOYMENTS, deployment())
    assert list(made) == ["kind", "apiVersion", "metadata", "spec", "status"]
    assert list(made["metadata"])[:5] == ["name", "namespace", "uid", "resourceVersion", "generation"]
    listed = api("GET", DEPLOYMENTS)
    assert listed.content.endswith(b"}\n")
    found = listed.json()
    assert (found["kind"], found["apiVersion"]) == ("DeploymentList", "apps/v1")
    assert "kind" not in found["items"][0]
    assert api.ok("GET", "/apis/apps/v1/deployments")["items"] == found["items"]


def rows(api: Api, path: str, **query: Any) -> tuple[list[str], list[list[Any]]]:
    found = api.ok("GET", path, headers=TABLE, params=query or None)
    assert (found["kind"], found["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    return [column["name"] for column in found["columnDefinitions"]], [row["cells"] for row in found["rows"]]


def test_tables(api: Api) -> None:
    api.ok("POST", DEPLOYMENTS, deployment(replicas=2))
    assert rows(api, DEPLOYMENTS) == (
        ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"],
        [["d1", "2/2", 2, 2, "0s", "c", "nginx", "a=d1"]],
    )
    head, pods = rows(api, PODS)
    assert head == ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"]
    assert [cells[1:4] for cells in pods] == [["1/1", "Running", "0"]] * 2
    ports = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31234}], "selector": {"a": "b"}}
    api.ok("POST", "/api/v1/namespaces/default/services", {"metadata": {"name": "s"}, "spec": ports})
    _, services = rows(api, "/api/v1/namespaces/default/services", fieldSelector="metadata.name=s")
    assert services[0][:2] + services[0][3:] == ["s", "NodePort", "<none>", "80:31234/TCP", "0s", "a=b"]
    assert rows(api, "/api/v1/namespaces")[1][0] == ["default", "Active", services[0][5]]


def test_how_much_of_an_object_a_row_carries(api: Api) -> None:
    for include, kind in (("None", None), ("Metadata", "PartialObjectMetadata"), ("Object", "ConfigMap")):
        found = api.ok("GET", f"{MAPS}?includeObject={include}", headers=TABLE)
        assert found["rows"][0].get("object", {}).get("kind") == kind


def test_partial_metadata(api: Api) -> None:
    accept = {"accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
    found = api.ok("GET", MAPS, headers=accept)
    assert found["kind"] == "PartialObjectMetadataList"
    assert set(found["items"][0]) == {"kind", "apiVersion", "metadata"}


def test_field_selectors(api: Api) -> None:
    api.ok("POST", PODS, pod("good"))
    api.ok("POST", PODS, pod("bad", image="nginx:nope"))

    def names(selector: str) -> list[str]:
        return [item["metadata"]["name"] for item in api.ok("GET", PODS, params={"fieldSelector": selector})["items"]]

    assert names("status.phase=Running") == ["good"]
    assert names("status.phase!=Running") == ["bad"]
    assert names("metadata.name=bad,status.phase=Pending") == ["bad"]
    node = api.ok("GET", f"{PODS}/good")["spec"]["nodeName"]
    assert "good" in names(f"spec.nodeName={node}")


def test_delete_collection(api: Api) -> None:
    for number in range(3):
        api.ok("POST", MAPS, {"metadata": {"name": f"c{number}", "labels": {"drop": str(number > 0)}}})
    api.ok("DELETE", f"{MAPS}?labelSelector=drop=True")
    assert [item["metadata"]["name"] for item in api.ok("GET", MAPS)["items"]] == ["c0", "kube-root-ca.crt"]


def test_aggregated_and_plain_discovery(api: Api) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    answer = api("GET", "/apis", headers={"accept": accept})
    assert answer.headers["content-type"] == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    groups = {item["metadata"]["name"]: item for item in answer.json()["items"]}
    apps = groups["apps"]["versions"][0]
    found = {entry["resource"]: entry for entry in apps["resources"]}
    assert found["deployments"]["shortNames"] == ["deploy"]
    assert [sub["subresource"] for sub in found["deployments"]["subresources"]] == ["scale", "status"]
    again = api("GET", "/apis", headers={"accept": accept, "if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    plain = api.ok("GET", "/apis")
    assert plain["kind"] == "APIGroupList"
    assert {group["name"] for group in plain["groups"]} == set(groups)
    names = [entry["name"] for entry in api.ok("GET", "/apis/apps/v1")["resources"]]
    assert "deployments/scale" in names
    assert api.ok("GET", "/api")["versions"] == ["v1"]


def test_openapi(api: Api) -> None:
    index = api.ok("GET", "/openapi/v3")["paths"]
    assert "apis/apps/v1" in index
    link = index["apis/apps/v1"]["serverRelativeURL"]
    document = api.http.get(f"{api.server.url}{link}").json()
    schemas = document["components"]["schemas"]
    assert schemas["io.k8s.api.apps.v1.DeploymentSpec"]["required"] == ["selector", "template"]
    containers = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert "fieldValidation" in [parameter["name"] for parameter in patch["parameters"]]
