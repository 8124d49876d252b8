"""Resource quotas: what a namespace may hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..api import status
from ..objects import Object, Objects
from . import quantity

if TYPE_CHECKING:
    from ..api.session import Session

Usage: TypeAlias = dict[str, Fraction]

_PLAIN: Final = frozenset(
    ["pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"]
)
_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")


def usage(storage: str, document: Object) -> Usage:
    """What one object counts for, by the names that quotas use."""
    found: Usage = {f"count/{storage}": Fraction(1)}
    if storage in _PLAIN:
        found[storage] = Fraction(1)
    rule = _RULES.get(storage)
    if rule is not None:
        found.update(rule(document))
    return found


def _pod(pod: Object) -> Usage:
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return {"pods": Fraction(0)}
    found: Usage = {}
    for group in ("requests", "limits"):
        for kind in _COMPUTE:
            total = sum((_amount(c, group, kind) for c in pod["spec"].get("containers", ())), Fraction(0))
            largest = max((_amount(c, group, kind) for c in pod["spec"].get("initContainers", ())), default=Fraction(0))
            found[f"{group}.{kind}"] = max(total, largest)
            if group == "requests":
                found[kind] = found[f"{group}.{kind}"]
    return found


def _amount(container: Mapping[str, Any], group: str, kind: str) -> Fraction:
    text = ((container.get("resources") or {}).get(group) or {}).get(kind)
    return quantity.parse(text) if text is not None else Fraction(0)


def _service(service: Object) -> Usage:
    spec = service.get("spec", {})
    ports = len(spec.get("ports", ())) if spec.get("type") in ("NodePort", "LoadBalancer") else 0
    balancers = int(spec.get("type") == "LoadBalancer")
    return {"services.nodeports": Fraction(ports), "services.loadbalancers": Fraction(balancers)}


def _claim(claim: Object) -> Usage:
    text = ((claim.get("spec", {}).get("resources") or {}).get("requests") or {}).get("storage", "0")
    return {"requests.storage": quantity.parse(text)}


_RULES: Final[Mapping[str, Callable[[Object], Usage]]] = {
    "pods": _pod,
    "services": _service,
    "persistentvolumeclaims": _claim,
}


def storage_of(name: str) -> str:
    """Which objects a quota's resource counts."""
    if name.startswith("count/"):
        return name.removeprefix("count/")
    if name in _PLAIN:
        return name
    if name.startswith("services."):
        return "services"
    return "persistentvolumeclaims" if name == "requests.storage" else "pods"


def used(objects: Objects, namespace: str, name: str) -> Fraction:
    """How much of a quota's resource a namespace uses."""
    storage = storage_of(name)
    return sum(
        (usage(storage, document).get(name, Fraction(0)) for _, document in objects.scan(storage, namespace)),
        Fraction(0),
    )


def check(session: Session, document: Object) -> None:
    """Refuse an object for which a quota of its namespace has no room. Raises a Status failure (403)."""
    storage, namespace = session.resource.storage, session.call.namespace
    name = document["metadata"]["name"]
    wanted: Usage | None = None
    for key, quota in session.objects.scan("resourcequotas", namespace) if session.resource.namespaced else ():
        hard: Mapping[str, Any] = quota.get("spec", {}).get("hard") or {}
        wanted = usage(storage, document) if wanted is None else wanted
        _check_specified(session, key[2], hard, document)
        asked: dict[str, tuple[Fraction, Fraction]] = {}
        for resource in sorted(hard):
            amount = wanted.get(resource)
            if amount:
                present = used(session.objects, namespace, resource)
                if present + amount > quantity.parse(hard[resource]):
                    asked[resource] = (amount, present)
        if asked:
            why = (
                f"exceeded quota: {key[2]}, requested: {_list({k: v[0] for k, v in asked.items()})}, "
                f"used: {_list({k: v[1] for k, v in asked.items()})}, "
                f"limited: {','.join(f'{k}={hard[k]}' for k in asked)}"
            )
            raise status.forbidden(session.resource, name, why)


def _check_specified(session: Session, quota: str, hard: Mapping[str, Any], document: Object) -> None:
    """A quota on cpu or memory makes every container say what it asks for."""
    if session.resource.storage != "pods":
        return
    for resource in sorted(hard):
        group, _, kind = resource.rpartition(".")
        if kind not in _COMPUTE or group not in ("", "requests", "limits"):
            continue
        silent = [
            container["name"]
            for container in document["spec"].get("containers", ())
            if kind not in ((container.get("resources") or {}).get(group or "requests") or {})
        ]
        if silent:
            why = f"failed quota: {quota}: must specify {resource} for: {','.join(silent)}"
            raise status.forbidden(session.resource, document["metadata"]["name"], why)


def _list(amounts: Mapping[str, Fraction]) -> str:
    return ",".join(f"{name}={show(name, amount)}" for name, amount in amounts.items())


def show(name: str, amount: Fraction) -> str:
    """An amount in its usual form: thousandths for cpu, powers of two for memory."""
    if amount.denominator != 1:
        return f"{-(-amount.numerator * 1000 // amount.denominator)}m"
    if name.endswith(("memory", "storage")):
        for suffix, size in (("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)):
            if amount and amount.numerator % size == 0:
                return f"{amount.numerator // size}{suffix}"
    return str(amount.numerator)
