"""Quotas and disruption budgets."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from falsefront.emulators.kubernetes.rules import quantity
from falsefront.emulators.kubernetes.rules.quota import show
from tests.emulators.kubernetes.api import Api, deployment, pod

PODS = "/api/v1/namespaces/default/pods"
QUOTAS = "/api/v1/namespaces/default/resourcequotas"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"


def limit(api: Api, **hard: str) -> None:
    names = {name.replace("_", "."): amount for name, amount in hard.items()}
    api.ok("POST", QUOTAS, {"metadata": {"name": "q"}, "spec": {"hard": names}})


def test_a_quota_refuses_and_counts(api: Api) -> None:
    limit(api, pods="1", configmaps="2")
    api.ok("POST", PODS, pod())
    assert api.refused("POST", PODS, pod("p2")) == (
        403,
        "Forbidden",
        'pods "p2" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    )
    assert api.ok("GET", f"{QUOTAS}/q")["status"] == {
        "hard": {"pods": "1", "configmaps": "2"},
        "used": {"pods": "1", "configmaps": "1"},
    }
    api.ok("DELETE", f"{PODS}/p1")
    api.ok("POST", PODS, pod("p2"))


def test_a_quota_on_cpu_makes_containers_say_what_they_want(api: Api) -> None:
    limit(api, requests_cpu="1")
    said = api.refused("POST", PODS, pod())
    assert said[2] == 'pods "p1" is forbidden: failed quota: q: must specify requests.cpu for: c'
    api.ok("POST", PODS, pod(resources={"requests": {"cpu": "600m"}}))
    said = api.refused("POST", PODS, pod("p2", resources={"requests": {"cpu": "600m"}}))
    assert said[2] == (
        'pods "p2" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: '
        "requests.cpu=1"
    )


def test_a_deployment_under_a_quota(api: Api) -> None:
    limit(api, pods="1")
    api.ok("POST", DEPLOYMENTS, deployment(replicas=3))
    found = api.ok("GET", f"{DEPLOYMENTS}/d1")["status"]
    failure = next(entry for entry in found["conditions"] if entry["type"] == "ReplicaFailure")
    assert failure["reason"] == "FailedCreate"
    assert "exceeded quota: q" in failure["message"]
    assert found["readyReplicas"] == 1
    api.ok("PATCH", f"{QUOTAS}/q", {"spec": {"hard": {"pods": "5"}}})
    api.server.call(lambda: api.server.runtime.advance(api.world, by=timedelta(minutes=5)))
    found = api.ok("GET", f"{DEPLOYMENTS}/d1")["status"]
    assert found["readyReplicas"] == 3
    assert "ReplicaFailure" not in [entry["type"] for entry in found["conditions"]]


def test_a_budget_keeps_pods_from_eviction(api: Api) -> None:
    api.ok("POST", DEPLOYMENTS, deployment(replicas=2))
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"a": "d1"}}}
    api.ok("POST", BUDGETS, {"metadata": {"name": "pdb"}, "spec": spec})
    found = api.ok("GET", f"{BUDGETS}/pdb")["status"]
    assert [found[name] for name in ("currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed")] == [
        2,
        2,
        2,
        0,
    ]
    name = api.ok("GET", PODS)["items"][0]["metadata"]["name"]
    eviction = {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": name}}
    answer = api("POST", f"{PODS}/{name}/eviction", eviction)
    assert answer.status_code == 429
    assert answer.json()["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    assert answer.json()["details"]["causes"] == [
        {"reason": "DisruptionBudget", "message": "The disruption budget pdb needs 2 healthy pods and has 2 currently"}
    ]
    api.ok("PATCH", f"{BUDGETS}/pdb", {"spec": {"minAvailable": "50%"}})
    assert api.ok("GET", f"{BUDGETS}/pdb")["status"]["disruptionsAllowed"] == 1
    assert api("POST", f"{PODS}/{name}/eviction", eviction).status_code == 201
    assert api("GET", f"{PODS}/{name}").status_code == 404


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", 1),
        ("500m", Fraction(1, 2)),
        ("1Ki", 1024),
        ("1.5Gi", 3 << 29),
        ("2k", 2000),
        ("1e3", 1000),
        ("-1", -1),
        (".5", Fraction(1, 2)),
    ],
)
def test_quantities(text: str, amount: Fraction) -> None:
    assert quantity.parse(text) == amount


@pytest.mark.parametrize("text", ["", "one", "1.2.3", "1KB", "1e", "1e99", "--1", "1 Gi"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity|out of range"):
        quantity.parse(text)


def test_amounts_are_shown_as_usual() -> None:
    assert show("requests.cpu", Fraction(3, 2)) == "1500m"
    assert show("requests.memory", Fraction(3 << 20)) == "3Mi"
    assert show("pods", Fraction(4)) == "4"
