"""Validation of workloads: what surrounds a pod template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..api.selectors import from_object
from ..objects import Object
from . import names
from .pods import check_pod, check_pod_spec, check_pod_update
from .problems import Problems

_NON_NEGATIVE: Final = "must be greater than or equal to 0"


def _not_negative(problems: Problems, spec: Mapping[str, Any], *fields: str) -> None:
    for field in fields:
        value = spec.get(field)
        if isinstance(value, int) and value < 0:
            problems.invalid(f"spec.{field}", value, _NON_NEGATIVE)


def _selector(problems: Problems, spec: Mapping[str, Any], kind: str) -> None:
    selector = spec.get("selector")
    if selector is None:
        problems.required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        problems.invalid("spec.selector", selector, f"empty selector is invalid for {kind}")
    else:
        for key, value in sorted((selector.get("matchLabels") or {}).items()):
            problems.each("spec.selector.matchLabels", key, names.qualified_name(key))
            problems.each("spec.selector.matchLabels", value, names.label_value(value))


def _template(problems: Problems, spec: Mapping[str, Any], restart: tuple[str, ...] = ("Always",)) -> None:
    from .validation import labels

    template: Mapping[str, Any] = spec.get("template") or {}
    own = template.get("metadata", {}).get("labels")
    selector = spec.get("selector")
    if selector is None or (selector and not from_object(selector).matches_labels(own or {})):
        problems.invalid("spec.template.metadata.labels", own, "`selector` does not match template `labels`")
    labels(problems, "spec.template.labels", own)
    pod = template.get("spec", {})
    check_pod_spec(problems, "spec.template.spec", pod)
    policy = pod.get("restartPolicy")
    if policy in ("Always", "OnFailure", "Never") and policy not in restart:
        problems.unsupported("spec.template.spec.restartPolicy", policy, restart)


def _deployment(problems: Problems, document: Object) -> None:
    spec: Mapping[str, Any] = document.get("spec", {})
    _not_negative(problems, spec, "replicas")
    _selector(problems, spec, "deployment")
    _template(problems, spec)
    _strategy(problems, spec)
    _not_negative(problems, spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    deadline, ready = spec.get("progressDeadlineSeconds", 600), spec.get("minReadySeconds", 0)
    if deadline <= ready:
        problems.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _strategy(problems: Problems, spec: Mapping[str, Any]) -> None:
    strategy = spec.get("strategy") or {}
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            problems.forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
        return
    if kind != "RollingUpdate":
        problems.unsupported("spec.strategy", kind, ("Recreate", "RollingUpdate"))
        return
    for field in ("maxUnavailable", "maxSurge"):
        value = (rolling or {}).get(field)
        where = f"spec.strategy.rollingUpdate.{field}"
        if isinstance(value, str):
            problems.each(where, value, names.percent(value))
        elif isinstance(value, int) and value < 0:
            problems.invalid(where, value, _NON_NEGATIVE)
    zero = (0, "0%")
    if rolling and rolling.get("maxUnavailable") in zero and rolling.get("maxSurge") in zero:
        problems.invalid(
            "spec.strategy.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0"
        )


def _replica_set(problems: Problems, document: Object) -> None:
    spec = document.get("spec", {})
    _not_negative(problems, spec, "replicas", "minReadySeconds")
    _selector(problems, spec, "replicaset" if document.get("kind") == "ReplicaSet" else "deployment")
    _template(problems, spec)


def _stateful_set(problems: Problems, document: Object) -> None:
    spec = document.get("spec", {})
    _not_negative(problems, spec, "replicas")
    _selector(problems, spec, "statefulset")
    _template(problems, spec)
    if spec.get("podManagementPolicy") not in ("OrderedReady", "Parallel"):
        problems.invalid(
            "spec.podManagementPolicy",
            spec.get("podManagementPolicy"),
            "must be 'OrderedReady' or 'Parallel'",
        )


def _daemon_set(problems: Problems, document: Object) -> None:
    spec = document.get("spec", {})
    _selector(problems, spec, "daemonset")
    _template(problems, spec)


def _job(problems: Problems, document: Object) -> None:
    spec = document.get("spec", {})
    _not_negative(problems, spec, "parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished")
    template = spec.get("template") or {}
    pod = template.get("spec", {})
    check_pod_spec(problems, "spec.template.spec", pod)
    # Defaulting made it "Always", which a job may not have.
    if pod.get("restartPolicy") == "Always":
        problems.required("spec.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')


def _cron_job(problems: Problems, document: Object) -> None:
    spec = document.get("spec", {})
    schedule = spec.get("schedule", "")
    fields = schedule.split()
    if not schedule:
        problems.required("spec.schedule")
    elif not schedule.startswith("@") and len(fields) != 5:
        found = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
        problems.invalid("spec.schedule", schedule, found)
    if spec.get("concurrencyPolicy") not in ("Allow", "Forbid", "Replace"):
        problems.unsupported("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), ("Allow", "Forbid", "Replace"))
    pod = spec.get("jobTemplate", {}).get("spec", {}).get("template", {}).get("spec", {})
    check_pod_spec(problems, "spec.jobTemplate.spec.template.spec", pod)
    if pod.get("restartPolicy") == "Always":
        problems.required("spec.jobTemplate.spec.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')


def _same_selector(problems: Problems, old: Object, new: Object) -> None:
    if new["spec"].get("selector") != old["spec"].get("selector"):
        problems.invalid("spec.selector", new["spec"].get("selector"), "field is immutable")


def _stateful_update(problems: Problems, old: Object, new: Object) -> None:
    mutable = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ]
    before = {field: value for field, value in old["spec"].items() if field not in mutable}
    after = {field: value for field, value in new["spec"].items() if field not in mutable}
    if before != after:
        problems.forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
            "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        )


def _job_update(problems: Problems, old: Object, new: Object) -> None:
    for field in ("completions", "selector", "template", "completionMode"):
        if old["spec"].get(field) != new["spec"].get(field):
            problems.invalid(f"spec.{field}", new["spec"].get(field), "field is immutable")


CREATE: Final[Mapping[str, Callable[[Problems, Object], None]]] = {
    "pods": check_pod,
    "deployments.apps": _deployment,
    "replicasets.apps": _replica_set,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "jobs.batch": _job,
    "cronjobs.batch": _cron_job,
}
UPDATE: Final[Mapping[str, Callable[[Problems, Object, Object], None]]] = {
    "pods": check_pod_update,
    "deployments.apps": _same_selector,
    "replicasets.apps": _same_selector,
    "daemonsets.apps": _same_selector,
    "statefulsets.apps": _stateful_update,
    "jobs.batch": _job_update,
}
