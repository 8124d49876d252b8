"""Paths below an object, and the reviews that are asked and not kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..objects import Object, with_version
from ..patches.managers import track
from . import deleting, logs, status, writing
from .session import Result, Session
from .status import Cause


def answer(session: Session) -> Result:
    """Answer a call on a subresource. Raises a Status failure."""
    found = session.resource.subresources.get(session.call.subresource)
    if found is None:
        raise status.no_resource()
    if session.call.verb not in found.verbs:
        raise status.no_method()
    handler = _HANDLERS.get(session.call.subresource)
    if handler is None:
        session.existing()
        raise status.unsupported(f"{session.resource.plural}/{session.call.subresource}")
    return handler(session)


def _scale(session: Session) -> Result:
    document = session.existing()
    shown = _scale_of(session, document)
    if session.call.verb == "get":
        return session.result(shown)
    session.check_options("PatchOptions" if session.call.verb == "patch" else "UpdateOptions")
    wanted = session.call.body
    if session.call.verb == "patch":
        wanted = writing.apply_patch(session, "io.k8s.api.autoscaling.v1.Scale", shown)
    scale = _decode_scale(session, wanted)
    writing.check_preconditions(session, document, scale.get("metadata", {}))
    replicas = scale.get("spec", {}).get("replicas", 0)
    if replicas < 0:
        text = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise status.invalid(
            "autoscaling", "Scale", session.call.name, [Cause("FieldValueInvalid", text, "spec.replicas")]
        )
    metadata = dict(document["metadata"])
    changed = {**document, "metadata": metadata, "spec": {**document["spec"], "replicas": replicas}}
    if document["spec"].get("replicas") != replicas:
        metadata["generation"] = metadata.get("generation", 0) + 1
    changed = track(session, document, changed)
    session.objects.update(session.key, changed)
    return session.result(_scale_of(session, changed))


def _decode_scale(session: Session, body: Any) -> Object:
    from .decode import Decoder, Mismatch

    if not isinstance(body, dict):
        raise status.bad_request("json: cannot unmarshal array into Go value of type v1.Scale")
    body = {key: value for key, value in body.items() if key != "$duplicates"}
    if body.get("kind", "Scale") != "Scale":
        version = str(body.get("apiVersion", "")).rpartition("/")[2]
        raise status.bad_request(
            f'{body["kind"]} in version "{version}" cannot be handled as a Scale: converting '
            f"({version}.{body['kind']}) to (v1.Scale): unknown conversion"
        )
    try:
        found: Object = Decoder(session.shape.types).read("io.k8s.api.autoscaling.v1.Scale", body)
    except Mismatch as mismatch:
        raise status.bad_request(f'Scale in version "v1" cannot be handled as a Scale: {mismatch}') from None
    return found


def _scale_of(session: Session, document: Object) -> Object:
    metadata = with_version(document, session.objects.version(session.key))["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    found: Object = {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: metadata[field] for field in kept if field in metadata},
        "spec": {"replicas": document["spec"]["replicas"]} if document["spec"].get("replicas") else {},
        "status": {"replicas": document.get("status", {}).get("replicas", 0)},
    }
    selector = document["spec"].get("selector") or {}
    labels = selector.get("matchLabels", {}) if "replicationcontrollers" not in session.resource.plural else selector
    if labels:
        found["status"]["selector"] = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return found


def _eviction(session: Session) -> Result:
    pod = session.existing()
    body = session.call.body if isinstance(session.call.body, dict) else {}
    _check_budgets(session, pod)
    deleting.remove(session, session.key, pod, body.get("deleteOptions") or {})
    return session.result({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _check_budgets(session: Session, pod: Object) -> None:
    """Refuse to evict a pod that its disruption budget still needs. Raises a Status failure (429)."""
    from .selectors import from_object

    namespace = session.call.namespace
    for key, budget in session.objects.scan("poddisruptionbudgets.policy", namespace):
        spec = budget.get("spec", {})
        if not from_object(spec.get("selector")).matches(pod):
            continue
        pods = [
            other
            for _, other in session.objects.scan("pods", namespace)
            if from_object(spec.get("selector")).matches(other)
        ]
        healthy = sum(is_ready(other) and "deletionTimestamp" not in other["metadata"] for other in pods)
        needed = needed_healthy(spec, len(pods))
        if healthy - 1 < needed:
            text = f"The disruption budget {key[2]} needs {needed} healthy pods and has {healthy} currently"
            raise status.error(
                429,
                "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
                {"causes": [{"reason": "DisruptionBudget", "message": text}]},
            )


def needed_healthy(spec: Mapping[str, Any], total: int) -> int:
    """How many pods a disruption budget keeps."""
    from ..controllers.amounts import scaled

    if "maxUnavailable" in spec:
        return max(0, total - scaled(spec["maxUnavailable"], total, up=True))
    return scaled(spec.get("minAvailable", 1), total, up=True)


def is_ready(pod: Object) -> bool:
    """Whether a pod's Ready condition is true."""
    conditions = pod.get("status", {}).get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _binding(session: Session) -> Result:
    pod = session.existing()
    name = session.call.name
    bound = pod["spec"].get("nodeName")
    if bound:
        why = f'pod {name} is already assigned to node "{bound}"'
        raise status.conflict(session.resource, name, why, kind="pods/binding")
    target = (session.call.body or {}).get("target", {}).get("name", "")
    session.objects.update(session.key, {**pod, "spec": {**pod["spec"], "nodeName": target}})
    return session.result({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _finalize(session: Session) -> Result:
    document = session.decode(session.call.body)
    old = session.existing()
    changed = {**old, "spec": document.get("spec", {})}
    if old["metadata"].get("deletionTimestamp") and not changed["spec"].get("finalizers"):
        return session.result(session.objects.remove(session.key, changed))
    return session.result(session.objects.update(session.key, changed))


def _connect(session: Session) -> Result:
    """Streams into containers: checked as the real server checks them, then refused."""
    pod = session.existing()
    name = session.call.name
    if session.call.subresource in ("exec", "attach"):
        logs.choose(session, pod)
    if not pod["spec"].get("nodeName"):
        raise status.bad_request(f"pod {name} does not have a host assigned")
    raise status.unsupported(f"pods/{session.call.subresource}: there are no containers behind its pods")


def _token(session: Session) -> Result:
    account = session.existing()
    raise status.unsupported(f"tokens of service accounts, such as {account['metadata']['name']}'s")


_HANDLERS: Final[Mapping[str, Callable[[Session], Result]]] = {
    "scale": _scale,
    "eviction": _eviction,
    "binding": _binding,
    "finalize": _finalize,
    "log": logs.read,
    "exec": _connect,
    "attach": _connect,
    "portforward": _connect,
    "token": _token,
}


# Reviews


def _access(session: Session) -> Result:
    """Everyone may do everything: this cluster has no authorizer."""
    body = {key: value for key, value in (session.call.body or {}).items() if key != "$duplicates"}
    body["status"] = {"allowed": True, "reason": "this cluster allows everything"}
    return session.result(_asked(session, body), 201)


def _rules(session: Session) -> Result:
    body = dict(session.call.body or {})
    body["status"] = {
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": False,
    }
    return session.result(_asked(session, body), 201)


def _who(session: Session) -> Result:
    groups = ["system:masters", "system:authenticated"]
    body = {**(session.call.body or {}), "status": {"userInfo": {"username": "kubernetes-admin", "groups": groups}}}
    return session.result(_asked(session, body), 201)


def _asked(session: Session, body: Object) -> Object:
    resource = session.resource
    metadata = {"creationTimestamp": None, **(body.get("metadata") or {})}
    head = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    return {**head, **{key: value for key, value in body.items() if key not in (*head, "$duplicates")}}


def _unreviewed(session: Session) -> Result:
    raise status.unsupported(f"creating {session.resource.qualified}")


REVIEWS: Final[Mapping[str, Callable[[Session], Result]]] = {
    "selfsubjectaccessreviews": _access,
    "localsubjectaccessreviews": _access,
    "subjectaccessreviews": _access,
    "selfsubjectrulesreviews": _rules,
    "selfsubjectreviews": _who,
    "tokenreviews": _unreviewed,
    "bindings": _unreviewed,
}
