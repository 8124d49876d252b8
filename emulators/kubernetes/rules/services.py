"""Validation of services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..objects import Object
from . import names
from .problems import Problems

PORT_RANGE: Final = "must be between 1 and 65535, inclusive"
PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def check_port(problems: Problems, field: str, value: Any) -> None:
    """A port's number, or its name."""
    if isinstance(value, str):
        problems.each(field, value, names.port_name(value))
    elif not 1 <= value <= 65535:
        problems.invalid(field, value, PORT_RANGE)


def _service(problems: Problems, document: Object) -> None:
    spec: Mapping[str, Any] = document.get("spec", {})
    kind = spec.get("type", "ClusterIP")
    ports = spec.get("ports", [])
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        problems.required("spec.ports")
    if kind == "ExternalName" and not spec.get("externalName"):
        problems.required("spec.externalName")
    seen_names: set[str] = set()
    seen: set[tuple[Any, Any]] = set()
    for place, port in enumerate(ports):
        _port(problems, f"spec.ports[{place}]", port, len(ports) > 1, seen_names)
        pair = (port.get("protocol"), port.get("port"))
        if pair in seen:
            problems.duplicate(f"spec.ports[{place}]", {"port": pair[1], "protocol": pair[0]})
        seen.add(pair)
    for key, value in sorted((spec.get("selector") or {}).items()):
        problems.each("spec.selector", key, names.qualified_name(key))
        problems.each("spec.selector", value, names.label_value(value))
    if spec.get("sessionAffinity") not in ("ClientIP", "None"):
        problems.unsupported("spec.sessionAffinity", spec.get("sessionAffinity"), ("ClientIP", "None"))
    if kind not in _TYPES:
        problems.unsupported("spec.type", kind, _TYPES)


def _port(problems: Problems, field: str, port: Mapping[str, Any], named: bool, seen: set[str]) -> None:
    name = port.get("name", "")
    if not name:
        if named:
            problems.required(f"{field}.name")
    else:
        problems.each(f"{field}.name", name, names.dns_label(name))
        if name in seen:
            problems.duplicate(f"{field}.name", name)
        seen.add(name)
    check_port(problems, f"{field}.port", port.get("port", 0))
    if port.get("protocol") not in PROTOCOLS:
        problems.unsupported(f"{field}.protocol", port.get("protocol"), PROTOCOLS)
    if (target := port.get("targetPort")) is not None:
        check_port(problems, f"{field}.targetPort", target)
    node = port.get("nodePort")
    if node and not 30000 <= node <= 32767:
        text = "provided port is not in the valid range. The range of valid ports is 30000-32767"
        problems.invalid(f"{field}.nodePort", node, text)


def _service_update(problems: Problems, old: Object, new: Object) -> None:
    before, after = old.get("spec", {}), new.get("spec", {})
    if "ExternalName" in (before.get("type"), after.get("type")):
        return
    if before.get("clusterIP") and after.get("clusterIP") != before["clusterIP"]:
        problems.invalid("spec.clusterIPs[0]", [after.get("clusterIP")], "may not change once set")


CREATE: Final[Mapping[str, Callable[[Problems, Object], None]]] = {"services": _service}
UPDATE: Final[Mapping[str, Callable[[Problems, Object, Object], None]]] = {"services": _service_update}
