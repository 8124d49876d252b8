"""A new cluster: its namespaces, nodes and the few objects that every cluster has."""

from __future__ import annotations

from typing import Any, Final

from falsefront.kernel.state import State

from .objects import META, Object, Objects, ordered, timestamp
from .rules.defaults import default
from .shape.residue import VERSION

NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
NODES: Final = 3
_CA: Final = (
    "-----BEGIN CERTIFICATE-----\n"
    "(no certificates here: clients reach this cluster over plain HTTP)\n"
    "-----END CERTIFICATE-----\n"
)
_CA_NOTE: Final = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)
_CONDITIONS: Final = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def begin(state: State, nodes: int = NODES) -> None:
    """Set a cluster up in an empty world."""
    objects = Objects(state)
    for name in NAMESPACES:
        _put(objects, "namespaces", "v1", "Namespace", "", name)
    for name in NAMESPACES:
        furnish(objects, name)
    for number in range(1, nodes + 1):
        add_node(objects, f"node-{number}", number)
    _put(
        objects,
        "services",
        "v1",
        "Service",
        "default",
        "kubernetes",
        labels={"component": "apiserver", "provider": "kubernetes"},
        spec={
            "clusterIP": "10.96.0.1",
            "clusterIPs": ["10.96.0.1"],
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443}],
        },
    )
    for name, value in (("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000)):
        group = "scheduling.k8s.io"
        _put(objects, f"priorityclasses.{group}", f"{group}/v1", "PriorityClass", "", name, value=value)
    # The timers that all this set concern no workload.
    state.timers.cancel("kubernetes/services.reconcile/default/kubernetes")
    for name in NAMESPACES:
        state.timers.cancel(f"kubernetes/namespaces.reconcile//{name}")
    for number in range(1, nodes + 1):
        state.timers.cancel(f"kubernetes/nodes.reconcile//node-{number}")
    state.table(META).put("revision", objects.revision)
    objects.forget()


def furnish(objects: Objects, namespace: str) -> None:
    """Give a namespace its service account and the cluster's root certificate."""
    if objects.get("serviceaccounts", namespace, "default") is None:
        _put(objects, "serviceaccounts", "v1", "ServiceAccount", namespace, "default")
    if objects.get("configmaps", namespace, "kube-root-ca.crt") is None:
        _put(
            objects,
            "configmaps",
            "v1",
            "ConfigMap",
            namespace,
            "kube-root-ca.crt",
            annotations={"kubernetes.io/description": _CA_NOTE},
            data={"ca.crt": _CA},
        )


def add_node(objects: Objects, name: str, number: int) -> None:
    """A worker that is ready."""
    now = timestamp(objects.state.now)
    conditions = [
        {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
            "reason": reason,
            "message": message,
        }
        for kind, status, reason, message in _CONDITIONS
    ]
    amounts = {
        "cpu": "4",
        "ephemeral-storage": "102350Mi",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": "16384Mi",
        "pods": "110",
    }
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    info = {
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
        "kernelVersion": "6.12.0",
        "osImage": "Debian GNU/Linux 13 (trixie)",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kubeletVersion": VERSION,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }
    _put(
        objects,
        "nodes",
        "v1",
        "Node",
        "",
        name,
        labels=labels,
        spec={"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]},
        status={
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": f"192.0.2.{number}"},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": info,
        },
    )


def _put(
    objects: Objects,
    storage: str,
    api_version: str,
    kind: str,
    namespace: str,
    name: str,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    **fields: Any,
) -> None:
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    key = (storage, namespace, name)
    metadata["uid"] = objects.state.ids.uuid(f"kubernetes.uid/{'/'.join(key)}")
    metadata["creationTimestamp"] = timestamp(objects.state.now)
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    document: Object = {"kind": kind, "apiVersion": api_version, "metadata": metadata, **fields}
    objects.create(key, ordered(default(storage, document)))
