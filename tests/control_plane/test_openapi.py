from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from falsefront.control_plane.route import Route
from falsefront.control_plane.routers import ROUTES


@pytest.fixture
def document(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def test_every_route_is_in_the_document(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {(path, method) for path, item in document["paths"].items() for method in item} == {
        (route.path, method.lower()) for route in ROUTES for method in route.methods
    }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert names
    assert names <= set(document["components"]["schemas"])


def test_identifiers_are_unique_and_parameters_declared(document: dict[str, Any]) -> None:
    operations = [(path, operation) for path, item in document["paths"].items() for operation in item.values()]
    identifiers = [operation["operationId"] for _, operation in operations]
    assert len(set(identifiers)) == len(identifiers)
    for path, operation in operations:
        declared = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.methods[0]} {route.path}")
def test_no_route_fails_on_a_strange_body(http: httpx.Client, route: Route) -> None:
    path = re.sub(r"\{\w+\}", "no%20such%00thing", route.path)
    for body in (b"", b"{}", b"[]", b'{"\\u0000": 1}', b"\xff\xfe", b'{"name": {"a": [1e999]}}'):
        for method in route.methods:
            answer = http.request(method, path, content=body)
            assert answer.status_code < 500 or answer.status_code == 501, answer.text
            if answer.is_error:
                assert set(answer.json()["error"]) >= {"kind", "message"}
    for info in http.get("/worlds").json()["worlds"]:
        if info["name"] != "default":
            http.delete(f"/worlds/{info['name']}")
