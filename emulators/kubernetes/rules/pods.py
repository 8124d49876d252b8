"""Validation of pods and of the pod specs in templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..objects import Object
from . import names, quantity
from .problems import Problems
from .services import PROTOCOLS, check_port

_RESTART: Final = ("Always", "OnFailure", "Never")
_DNS: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PULL: Final = ("Always", "IfNotPresent", "Never")
_UPDATABLE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
)


def check_pod(problems: Problems, document: Object) -> None:
    """The rules of a pod of its own."""
    check_pod_spec(problems, "spec", document.get("spec", {}))


def check_pod_spec(problems: Problems, field: str, spec: Mapping[str, Any]) -> None:
    """The rules of a pod's spec, wherever it stands."""
    volumes = _volumes(problems, f"{field}.volumes", spec.get("volumes", ()))
    containers = spec.get("containers", ())
    if not containers:
        problems.required(f"{field}.containers")
    seen: set[str] = set()
    for place, container in enumerate(containers):
        _container(problems, f"{field}.containers[{place}]", container, seen, volumes)
    for place, container in enumerate(spec.get("initContainers", ())):
        _container(problems, f"{field}.initContainers[{place}]", container, seen, volumes)
    policy = spec.get("restartPolicy")
    if policy not in _RESTART:
        problems.unsupported(f"{field}.restartPolicy", policy, _RESTART)
    if spec.get("dnsPolicy") not in _DNS:
        problems.unsupported(f"{field}.dnsPolicy", spec.get("dnsPolicy"), _DNS)
    for key, value in sorted((spec.get("nodeSelector") or {}).items()):
        problems.each(f"{field}.nodeSelector", key, names.qualified_name(key))
        problems.each(f"{field}.nodeSelector", value, names.label_value(value))
    if name := spec.get("serviceAccountName"):
        problems.each(f"{field}.serviceAccountName", name, names.dns_subdomain(name))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= 2147483647:
        problems.invalid(f"{field}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive")
    _tolerations(problems, f"{field}.tolerations", spec.get("tolerations", ()))


def _tolerations(problems: Problems, field: str, tolerations: Sequence[Mapping[str, Any]]) -> None:
    effects = ("NoSchedule", "PreferNoSchedule", "NoExecute")
    for place, toleration in enumerate(tolerations):
        operator, effect = toleration.get("operator", "Equal"), toleration.get("effect")
        if operator not in ("Equal", "Exists"):
            problems.unsupported(f"{field}[{place}].operator", operator, ("Equal", "Exists"))
        if effect and effect not in effects:
            problems.unsupported(f"{field}[{place}].effect", effect, effects)


def _volumes(problems: Problems, field: str, volumes: Sequence[Mapping[str, Any]]) -> set[str]:
    found: set[str] = set()
    for place, volume in enumerate(volumes):
        name = volume.get("name", "")
        if not name:
            problems.required(f"{field}[{place}].name")
        else:
            problems.each(f"{field}[{place}].name", name, names.dns_label(name))
        if name in found:
            problems.duplicate(f"{field}[{place}].name", name)
        found.add(name)
        if len(volume) > 2:
            extra = sorted(kind for kind in volume if kind != "name")[1]
            problems.forbidden(f"{field}[{place}].{extra}", "may not specify more than 1 volume type")
    return found


def _container(problems: Problems, field: str, container: Mapping[str, Any], seen: set[str], volumes: set[str]) -> None:
    name = container.get("name", "")
    if not name:
        problems.required(f"{field}.name")
    else:
        problems.each(f"{field}.name", name, names.dns_label(name))
        if name in seen:
            problems.duplicate(f"{field}.name", name)
        seen.add(name)
    image = container.get("image", "")
    if not image:
        problems.required(f"{field}.image")
    elif image != image.strip():
        problems.invalid(f"{field}.image", image, "must not have leading or trailing whitespace")
    _ports(problems, f"{field}.ports", container.get("ports", ()))
    _environment(problems, f"{field}.env", container.get("env", ()))
    for place, mount in enumerate(container.get("volumeMounts", ())):
        _mount(problems, f"{field}.volumeMounts[{place}]", mount, volumes)
    if container.get("imagePullPolicy") not in _PULL:
        problems.unsupported(f"{field}.imagePullPolicy", container.get("imagePullPolicy"), _PULL)
    _resources(problems, f"{field}.resources", container.get("resources") or {})
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            _probe(problems, f"{field}.{probe}", container[probe], probe)


def _probe(problems: Problems, field: str, probe: Mapping[str, Any], kind: str) -> None:
    handlers = [name for name in ("exec", "grpc", "httpGet", "tcpSocket") if name in probe]
    if not handlers:
        problems.required(field, "must specify a handler type")
    for name in ("httpGet", "tcpSocket"):
        if name in probe:
            port = probe[name].get("port")
            if port in (None, ""):
                problems.required(f"{field}.{name}.port")
            else:
                check_port(problems, f"{field}.{name}.port", port)
    if kind != "readinessProbe" and probe.get("successThreshold", 1) != 1:
        problems.invalid(f"{field}.successThreshold", probe["successThreshold"], "must be 1")


def _ports(problems: Problems, field: str, ports: Sequence[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for place, port in enumerate(ports):
        here = f"{field}[{place}]"
        if name := port.get("name"):
            problems.each(f"{here}.name", name, names.port_name(name))
            if name in seen:
                problems.duplicate(f"{here}.name", name)
            seen.add(name)
        number = port.get("containerPort", 0)
        if number == 0:
            problems.required(f"{here}.containerPort")
        else:
            check_port(problems, f"{here}.containerPort", number)
        if host := port.get("hostPort"):
            check_port(problems, f"{here}.hostPort", host)
        if port.get("protocol") not in PROTOCOLS:
            problems.unsupported(f"{here}.protocol", port.get("protocol"), PROTOCOLS)


def _environment(problems: Problems, field: str, variables: Sequence[Mapping[str, Any]]) -> None:
    for place, variable in enumerate(variables):
        here = f"{field}[{place}]"
        if not variable.get("name"):
            problems.required(f"{here}.name")
        else:
            problems.each(f"{here}.name", variable["name"], names.environment_name(variable["name"]))
        source = variable.get("valueFrom")
        if source is not None:
            if not source:
                problems.invalid(
                    f"{here}.valueFrom",
                    "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or "
                    "`fileKeyRef`",
                )
            if variable.get("value"):
                problems.invalid(f"{here}.valueFrom", "", "may not be specified when `value` is not empty")


def _mount(problems: Problems, field: str, mount: Mapping[str, Any], volumes: set[str]) -> None:
    name = mount.get("name", "")
    if not name:
        problems.required(f"{field}.name")
    elif name not in volumes:
        problems.missing(f"{field}.name", name)
    if not mount.get("mountPath"):
        problems.required(f"{field}.mountPath")


def _resources(problems: Problems, field: str, resources: Mapping[str, Any]) -> None:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for group, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in sorted(amounts.items()):
            if name not in ("cpu", "memory", "ephemeral-storage") and "/" not in name and "hugepages-" not in name:
                text = "must be a standard resource type or fully qualified"
                problems.invalid(f"{field}.{group}[{name}]", name, text)
            if quantity.parse(amount) < 0:
                problems.invalid(f"{field}.{group}[{name}]", amount, "must be greater than or equal to 0")
    for name, amount in sorted(requests.items()):
        if name in limits and quantity.parse(amount) > quantity.parse(limits[name]):
            text = f"must be less than or equal to {name} limit of {limits[name]}"
            problems.invalid(f"{field}.requests", amount, text)


def check_pod_update(problems: Problems, old: Object, new: Object) -> None:
    """A running pod's spec hardly changes."""
    if len(old["spec"].get("containers", ())) != len(new["spec"].get("containers", ())):
        problems.forbidden("spec.containers", "pod updates may not add or remove containers")
        return
    before, after = _fixed(old["spec"]), _fixed(new["spec"])
    # Only the scheduler, through a binding, says where a pod runs.
    if before != after:
        problems.forbidden("spec", _UPDATABLE)


def _fixed(spec: Mapping[str, Any]) -> dict[str, Any]:
    out = {field: value for field, value in spec.items() if field not in ("activeDeadlineSeconds", "tolerations")}
    for group in ("containers", "initContainers"):
        if group in out:
            out[group] = [{k: v for k, v in container.items() if k != "image"} for container in out[group]]
    return out
