"""Defaults: what the API server writes into the fields that a manifest leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from ..objects import Object

Node: TypeAlias = dict[str, Any]


def default(storage: str, document: Object, old: Object | None = None) -> Object:
    """The object with its defaults filled in; the one given is not changed."""
    rule = _RULES.get(storage)
    if rule is None:
        return document
    copy: Object = _copy(document)
    rule(copy, old)
    return copy


def _copy(value: Any) -> Any:
    match value:
        case dict():
            return {key: _copy(item) for key, item in value.items()}
        case list():
            return [_copy(item) for item in value]
        case _:
            return value


def _fill(node: Node, **defaults: Any) -> None:
    for name, value in defaults.items():
        node.setdefault(name, value)


# Pods

_PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_MODED: Final = ("configMap", "secret", "downwardAPI", "projected")


def pod_spec(spec: Node) -> None:
    """The defaults of a pod's spec, wherever it stands."""
    for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        _container(container)
    for container in spec.get("ephemeralContainers", ()):
        _container(container)
    for volume in spec.get("volumes", ()):
        _volume(volume)
    _fill(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        securityContext={},
        schedulerName="default-scheduler",
    )
    if "serviceAccountName" in spec:
        spec["serviceAccount"] = spec["serviceAccountName"]
    elif "serviceAccount" in spec:
        spec["serviceAccountName"] = spec["serviceAccount"]
    if spec.get("hostNetwork"):
        for container in spec.get("containers", ()):
            for port in container.get("ports", ()):
                port.setdefault("hostPort", port.get("containerPort"))


def _container(container: Node) -> None:
    for port in container.get("ports", ()):
        port.setdefault("protocol", "TCP")
    for variable in container.get("env", ()):
        reference = variable.get("valueFrom", {}).get("fieldRef")
        if isinstance(reference, dict):
            reference.setdefault("apiVersion", "v1")
    resources = container.setdefault("resources", {})
    if isinstance(limits := resources.get("limits"), dict) and limits:
        requests = resources.setdefault("requests", {})
        for name, amount in limits.items():
            requests.setdefault(name, amount)
    for name in _PROBES:
        if isinstance(probe := container.get(name), dict):
            _probe(probe)
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict) and isinstance(request := hook.get("httpGet"), dict):
            _fill(request, path="/", scheme="HTTP")
    _fill(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    image = container.get("image", "")
    container.setdefault("imagePullPolicy", "Always" if _is_latest(image) else "IfNotPresent")


def _is_latest(image: str) -> bool:
    if "@" in image:
        return False
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return tag in ("", "latest")


def _probe(probe: Node) -> None:
    _fill(probe, **_PROBE)
    if isinstance(request := probe.get("httpGet"), dict):
        _fill(request, path="/", scheme="HTTP")
    if isinstance(call := probe.get("grpc"), dict):
        call.setdefault("service", "")


def _volume(volume: Node) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for kind in _MODED:
        if isinstance(source := volume.get(kind), dict):
            source.setdefault("defaultMode", 420)
            for part in (source, *source.get("sources", ())):
                api = part.get("downwardAPI", part) if isinstance(part, dict) else {}
                for item in api.get("items", ()):
                    if isinstance(reference := item.get("fieldRef"), dict):
                        reference.setdefault("apiVersion", "v1")
                if isinstance(token := part.get("serviceAccountToken"), dict):
                    token.setdefault("expirationSeconds", 3600)
    if isinstance(path := volume.get("hostPath"), dict):
        path.setdefault("type", "")
    if isinstance(claim := volume.get("ephemeral", {}).get("volumeClaimTemplate"), dict):
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")


def _template(spec: Node, *, bare: bool = False) -> None:
    template = spec.get("template")
    if isinstance(template, dict):
        if bare:
            template.setdefault("metadata", {})
        pod_spec(template.setdefault("spec", {}))


def _pod(pod: Node, old: Object | None) -> None:
    spec = pod.setdefault("spec", {})
    pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    if old is None:
        pod["status"] = {"phase": "Pending", "qosClass": qos_class(spec)}


def qos_class(spec: Mapping[str, Any]) -> str:
    """Guaranteed, Burstable or BestEffort, by the containers' cpu and memory."""
    containers = [*spec.get("initContainers", ()), *spec.get("containers", ())]
    seen, guaranteed = False, True
    for container in containers:
        resources = container.get("resources", {})
        requests, limits = resources.get("requests", {}), resources.get("limits", {})
        for name in ("cpu", "memory"):
            seen = seen or name in requests or name in limits
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                guaranteed = False
    if not seen:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


# Workloads


def _deployment(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    _template(spec)
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _fill(strategy.setdefault("rollingUpdate", {}), maxUnavailable="25%", maxSurge="25%")
    _fill(spec, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    document.setdefault("status", {})


def _replica_set(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    _template(spec)
    spec.setdefault("replicas", 1)
    document.setdefault("status", {"replicas": 0})


def _replication_controller(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    _template(spec)
    spec.setdefault("replicas", 1)
    labels = spec.get("template", {}).get("metadata", {}).get("labels")
    if labels:
        spec.setdefault("selector", dict(labels))
        document["metadata"].setdefault("labels", dict(labels))
    document.setdefault("status", {"replicas": 0})


def _stateful_set(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    _template(spec)
    spec.setdefault("replicas", 1)
    for claim in spec.get("volumeClaimTemplates", ()):
        _fill(claim, kind="PersistentVolumeClaim", apiVersion="v1")
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {"phase": "Pending"})
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    _fill(retention, whenDeleted="Retain", whenScaled="Retain")
    _fill(spec, podManagementPolicy="OrderedReady", revisionHistoryLimit=10)
    document.setdefault("status", {"replicas": 0, "availableReplicas": 0})


def _daemon_set(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    _template(spec)
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _fill(strategy.setdefault("rollingUpdate", {}), maxUnavailable=1, maxSurge=0)
    spec.setdefault("revisionHistoryLimit", 10)
    if old is None:
        annotations = document["metadata"].setdefault("annotations", {})
        annotations.setdefault("deprecated.daemonset.template.generation", "1")
    zero = {"currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0}
    document.setdefault("status", zero)


def job_spec(spec: Node) -> None:
    """The defaults of a job's spec, also of one in a cron job."""
    _template(spec, bare=True)
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    _fill(spec, backoffLimit=6, completionMode="NonIndexed", suspend=False, manualSelector=False)
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")


def _job(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    job_spec(spec)
    uid = document["metadata"].get("uid", "")
    if old is None and not spec.get("manualSelector"):
        name = document["metadata"].get("name", "")
        labels = {
            "batch.kubernetes.io/controller-uid": uid,
            "batch.kubernetes.io/job-name": name,
            "controller-uid": uid,
            "job-name": name,
        }
        spec.setdefault("selector", {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
        if isinstance(template := spec.get("template"), dict):
            own = template["metadata"].setdefault("labels", {})
            own.update(labels)
            if not document["metadata"].get("labels"):
                document["metadata"]["labels"] = dict(own)
    document.setdefault("status", {})


def _cron_job(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    _fill(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    job = spec.setdefault("jobTemplate", {})
    job.setdefault("metadata", {})
    _template(job.setdefault("spec", {}), bare=True)
    document.setdefault("status", {})


# Networking


def _service(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}).setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports", ()):
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port")
    if kind in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    document.setdefault("status", {"loadBalancer": {}})


def _endpoints(document: Node, old: Object | None) -> None:
    for subset in document.get("subsets", ()):
        for port in subset.get("ports", ()):
            port.setdefault("protocol", "TCP")


def _slice(document: Node, old: Object | None) -> None:
    for port in document.get("ports", ()):
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")
    for endpoint in document.get("endpoints", ()):
        endpoint.setdefault("conditions", {})


def _ingress(document: Node, old: Object | None) -> None:
    document.setdefault("status", {"loadBalancer": {}})


def _network_policy(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    for rule in (*spec.get("ingress", ()), *spec.get("egress", ())):
        for port in rule.get("ports", ()):
            port.setdefault("protocol", "TCP")
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


# The rest


def _secret(document: Node, old: Object | None) -> None:
    import base64

    for key, value in document.pop("stringData", {}).items():
        document.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
    document.setdefault("type", "Opaque")


def _namespace(document: Node, old: Object | None) -> None:
    metadata = document["metadata"]
    labels = metadata.setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = metadata.get("name", "")
    if old is None:
        document["spec"] = {**document.get("spec", {}), "finalizers": ["kubernetes"]}
        document["status"] = {"phase": "Active"}


def _node(document: Node, old: Object | None) -> None:
    if old is None and "spec" not in document:
        document["spec"] = {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}
    document.setdefault("spec", {})
    info = (
        "machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion kubeProxyVersion"
        " operatingSystem architecture"
    )
    status = document.setdefault("status", {})
    status.setdefault("daemonEndpoints", {"kubeletEndpoint": {"Port": 0}})
    status.setdefault("nodeInfo", dict.fromkeys(info.split(), ""))


def _claim(document: Node, old: Object | None) -> None:
    document.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    if old is None:
        _finalizer(document, "kubernetes.io/pvc-protection")
    document.setdefault("status", {"phase": "Pending"})


def _volume_object(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    _fill(spec, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    if isinstance(path := spec.get("hostPath"), dict):
        path.setdefault("type", "")
    if old is None:
        _finalizer(document, "kubernetes.io/pv-protection")
    stamp = document["metadata"].get("creationTimestamp")
    document.setdefault("status", {"phase": "Pending", "lastPhaseTransitionTime": stamp})


def _finalizer(document: Node, name: str) -> None:
    finalizers = document["metadata"].setdefault("finalizers", [])
    if name not in finalizers:
        finalizers.append(name)


def _autoscaler(document: Node, old: Object | None) -> None:
    spec = document.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    target = {"type": "Utilization", "averageUtilization": 80}
    spec.setdefault("metrics", [{"type": "Resource", "resource": {"name": "cpu", "target": target}}])
    document.setdefault("status", {"desiredReplicas": 0, "currentMetrics": None})


def _budget(document: Node, old: Object | None) -> None:
    zero = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
    document.setdefault("status", zero)


def _role(document: Node, old: Object | None) -> None:
    document["rules"] = document.get("rules") or None


def _binding(document: Node, old: Object | None) -> None:
    group = "rbac.authorization.k8s.io"
    document.setdefault("roleRef", {}).setdefault("apiGroup", group)
    for subject in document.get("subjects", ()):
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", group)


def _limit_range(document: Node, old: Object | None) -> None:
    for limit in document.setdefault("spec", {}).get("limits", ()):
        if limit.get("type") == "Container":
            defaults = limit.setdefault("default", {})
            for name, amount in limit.get("max", {}).items():
                defaults.setdefault(name, amount)
            requests = limit.setdefault("defaultRequest", {})
            for name, amount in (*defaults.items(), *limit.get("min", {}).items()):
                requests.setdefault(name, amount)


def _quota(document: Node, old: Object | None) -> None:
    document.setdefault("spec", {})
    document.setdefault("status", {})


def _priority_class(document: Node, old: Object | None) -> None:
    _fill(document, value=0, preemptionPolicy="PreemptLowerPriority")


def _storage_class(document: Node, old: Object | None) -> None:
    _fill(document, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _lease(document: Node, old: Object | None) -> None:
    document.setdefault("spec", {})


_RULES: Final[Mapping[str, Callable[[Node, Object | None], None]]] = {
    "pods": _pod,
    "deployments.apps": _deployment,
    "replicasets.apps": _replica_set,
    "replicationcontrollers": _replication_controller,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "jobs.batch": _job,
    "cronjobs.batch": _cron_job,
    "services": _service,
    "endpoints": _endpoints,
    "endpointslices.discovery.k8s.io": _slice,
    "ingresses.networking.k8s.io": _ingress,
    "networkpolicies.networking.k8s.io": _network_policy,
    "secrets": _secret,
    "namespaces": _namespace,
    "nodes": _node,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume_object,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "poddisruptionbudgets.policy": _budget,
    "roles.rbac.authorization.k8s.io": _role,
    "clusterroles.rbac.authorization.k8s.io": _role,
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "limitranges": _limit_range,
    "resourcequotas": _quota,
    "priorityclasses.scheduling.k8s.io": _priority_class,
    "storageclasses.storage.k8s.io": _storage_class,
    "leases.coordination.k8s.io": _lease,
}
