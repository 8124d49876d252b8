"""Addresses and ports that the API server gives out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..api import status
from ..api.status import Cause
from ..objects import Object

if TYPE_CHECKING:
    from ..api.session import Session

_NODE_PORTS: Final = range(30000, 32768)


def allocate(session: Session, document: Object, old: Object | None) -> Object:
    """A service with its cluster IP and node ports; anything else as it is. Raises a Status failure (422)."""
    if session.resource.storage != "services":
        return document
    spec: dict[str, Any] = dict(document.get("spec", {}))
    before: dict[str, Any] = (old or {}).get("spec", {})
    if spec.get("type") == "ExternalName":
        for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
            spec.pop(field, None)
        return {**document, "spec": spec}
    address = spec.get("clusterIP") or before.get("clusterIP") or (spec.get("clusterIPs") or [""])[0]
    _addresses(session, document, spec, address, before)
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        _node_ports(session, document, spec, before)
    else:
        spec["ports"] = [{k: v for k, v in port.items() if k != "nodePort"} for port in spec.get("ports", ())]
        if not spec["ports"]:
            del spec["ports"]
    return {**document, "spec": spec}


def _addresses(session: Session, document: Object, spec: dict[str, Any], address: str, before: dict[str, Any]) -> None:
    headless = address == "None"
    if not address:
        address = _free_address(session)
    elif not headless and before.get("clusterIP") != address and session.objects.holder("address", address):
        text = f'Invalid value: ["{address}"]: failed to allocate IP {address}: provided IP is already allocated'
        name = document["metadata"].get("name", "")
        raise status.invalid("", "Service", name, [Cause("FieldValueInvalid", text, "spec.clusterIPs")])
    spec["clusterIP"], spec["clusterIPs"] = address, [address]
    selectorless = headless and not spec.get("selector")
    spec.setdefault("ipFamilies", ["IPv4", "IPv6"] if selectorless else ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "RequireDualStack" if selectorless else "SingleStack")


def _free_address(session: Session) -> str:
    """A free address of 10.96.0.0/16; the first ones are kept for services that ask for theirs."""
    while True:
        number = int(session.state.ids.random("kubernetes.cluster-ip") * 65000) + 272
        address = f"10.96.{number >> 8}.{number & 255}"
        if session.objects.holder("address", address) is None:
            return address


def _node_ports(session: Session, document: Object, spec: dict[str, Any], before: dict[str, Any]) -> None:
    if spec.get("allocateLoadBalancerNodePorts") is False:
        return
    old = {(port.get("name"), port["port"]): port.get("nodePort") for port in before.get("ports", ())}
    own = ("services", document["metadata"].get("namespace", ""), document["metadata"].get("name", ""))
    ports: list[dict[str, Any]] = []
    given: set[int] = set()
    for place, port in enumerate(spec.get("ports", ())):
        number = port.get("nodePort") or old.get((port.get("name"), port["port"]))
        holder = session.objects.holder("port", str(number)) if number else None
        if number and (number in given or holder not in (None, own)):
            text = f"Invalid value: {number}: provided port is already allocated"
            raise status.invalid(
                "", "Service", own[2], [Cause("FieldValueInvalid", text, f"spec.ports[{place}].nodePort")]
            )
        while not number or (not holder and number in given):
            number = _free_port(session)
        given.add(number)
        ports.append({**port, "nodePort": number})
    spec["ports"] = ports


def _free_port(session: Session) -> int:
    while True:
        number = _NODE_PORTS[int(session.state.ids.random("kubernetes.node-port") * len(_NODE_PORTS))]
        if session.objects.holder("port", str(number)) is None:
            return number
