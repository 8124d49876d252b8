"""Protobuf bodies: read as they were written, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from falsefront.emulators.kubernetes.protobuf import MAGIC, Undecodable, decode, wire
from falsefront.emulators.kubernetes.protobuf.messages import messages
from falsefront.emulators.kubernetes.shape import Shape, load
from tests.emulators.kubernetes.api import Api

META = "io.k8s.apimachinery.pkg.apis.meta.v1."
MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(scope="module")
def shape() -> Shape:
    return load()


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def body(kind: str, raw: bytes, api_version: str = "v1") -> bytes:
    return MAGIC + field(1, field(1, api_version) + field(2, kind)) + field(2, raw)


def test_strings_and_maps(shape: Shape) -> None:
    labels = field(11, field(1, "a") + field(2, "b"))
    raw = field(1, field(1, "c") + field(2, "") + labels) + field(2, field(1, "k") + field(2, "v"))
    assert decode(shape, body("ConfigMap", raw)) == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "c", "labels": {"a": "b"}},
        "data": {"k": "v"},
    }


def test_bytes_become_base64(shape: Shape) -> None:
    raw = field(2, field(1, "k") + field(2, b"\xff\x00"))
    assert decode(shape, body("Secret", raw))["data"] == {"k": "/wA="}


def test_quantities_times_and_either(shape: Shape) -> None:
    limits = field(1, field(1, "cpu") + field(2, field(1, "500m")))
    probe = field(1, field(2, field(1, "/") + field(2, field(1, 0) + field(2, 8080)))) + field(2, 5)
    container = field(1, "c") + field(8, limits) + field(10, probe)
    volume = field(1, "v") + field(2, field(19, field(1, field(1, "settings")) + field(3, 420)))
    raw = field(1, field(1, "p") + field(8, field(1, 1767225600))) + field(2, field(1, volume) + field(2, container))
    found = decode(shape, body("Pod", raw))
    assert found["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert found["spec"]["containers"][0] == {
        "name": "c",
        "resources": {"limits": {"cpu": "500m"}},
        "livenessProbe": {"httpGet": {"path": "/", "port": 8080}, "initialDelaySeconds": 5},
    }
    assert found["spec"]["volumes"] == [{"name": "v", "configMap": {"name": "settings", "defaultMode": 420}}]


def test_negative_numbers(shape: Shape) -> None:
    found = decode(shape, body("Deployment", field(2, field(1, -1)), "apps/v1"))
    assert found["spec"] == {"replicas": -1}


def test_unknown_fields_are_passed_over(shape: Shape) -> None:
    assert decode(shape, body("ConfigMap", field(99, "x") + field(4, 1)))["immutable"] is True


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        body("Nope", b""),
        body("ConfigMap", b"\x0a"),
        body("ConfigMap", field(1, 5)),
        body("ConfigMap", field(2, field(1, b"\xff"))),
        body("ConfigMap", b"\x0b"),
        body("ConfigMap", b"\x80" * 12),
        MAGIC + field(1, "x"),
    ],
)
def test_what_cannot_be_read(shape: Shape, data: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(shape, data)


def test_the_wire_itself() -> None:
    assert list(wire.fields(field(1, 300) + field(2, "x"))) == [(1, 300), (2, b"x")]
    assert wire.signed((1 << 64) - 5) == -5
    with pytest.raises(wire.Malformed):
        list(wire.fields(b"\x0a\x05ab"))


def test_every_number_names_a_field_of_its_type(shape: Shape) -> None:
    """The tables and the schemas know the same fields."""
    found = messages()
    assert len(found) > 300
    for name, numbers in found.items():
        if name not in shape.types:
            continue
        fields = shape.types.fields(shape.types.get(name))
        for one in numbers.values():
            inner = f"{name.rpartition('.')[0]}.{one[1:]}"
            assert one in fields if not one.startswith("*") else inner in found, (name, one)


def test_over_http(api: Api) -> None:
    raw = field(1, field(1, "c")) + field(2, field(1, "k") + field(2, "v"))
    headers = {"content-type": "application/vnd.kubernetes.protobuf"}
    made: dict[str, Any] = api.ok("POST", MAPS, body("ConfigMap", raw), headers=headers)
    assert made["data"] == {"k": "v"}
    assert api.refused("POST", MAPS, body("Pod", raw), headers=headers)[0] == 400
