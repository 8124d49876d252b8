"""What no schema package carries: which groups are served, short names, categories and connect subresources."""

from __future__ import annotations

from typing import Final

SCHEMA: Final = "1.36.0"
"""The release whose schemas are served."""
VERSION: Final = "v1.36.2"
"""The release that ``/version`` reports."""

SERVED: Final[tuple[tuple[str, str], ...]] = (
    ("", "v1"),
    ("apiregistration.k8s.io", "v1"),
    ("apps", "v1"),
    ("events.k8s.io", "v1"),
    ("authentication.k8s.io", "v1"),
    ("authorization.k8s.io", "v1"),
    ("autoscaling", "v2"),
    ("autoscaling", "v1"),
    ("batch", "v1"),
    ("certificates.k8s.io", "v1"),
    ("networking.k8s.io", "v1"),
    ("policy", "v1"),
    ("rbac.authorization.k8s.io", "v1"),
    ("storage.k8s.io", "v1"),
    ("admissionregistration.k8s.io", "v1"),
    ("apiextensions.k8s.io", "v1"),
    ("scheduling.k8s.io", "v1"),
    ("coordination.k8s.io", "v1"),
    ("node.k8s.io", "v1"),
    ("discovery.k8s.io", "v1"),
    ("resource.k8s.io", "v1"),
    ("flowcontrol.apiserver.k8s.io", "v1"),
)
"""Group and version in the order of discovery, a group's preferred version first."""

SHORT_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "componentstatuses": ("cs",),
    "configmaps": ("cm",),
    "endpoints": ("ep",),
    "events": ("ev",),
    "limitranges": ("limits",),
    "namespaces": ("ns",),
    "nodes": ("no",),
    "persistentvolumeclaims": ("pvc",),
    "persistentvolumes": ("pv",),
    "pods": ("po",),
    "replicationcontrollers": ("rc",),
    "resourcequotas": ("quota",),
    "serviceaccounts": ("sa",),
    "services": ("svc",),
    "daemonsets": ("ds",),
    "deployments": ("deploy",),
    "replicasets": ("rs",),
    "statefulsets": ("sts",),
    "horizontalpodautoscalers": ("hpa",),
    "cronjobs": ("cj",),
    "certificatesigningrequests": ("csr",),
    "ingresses": ("ing",),
    "ipaddresses": ("ip",),
    "networkpolicies": ("netpol",),
    "poddisruptionbudgets": ("pdb",),
    "priorityclasses": ("pc",),
    "storageclasses": ("sc",),
    "volumeattributesclasses": ("vac",),
    "customresourcedefinitions": ("crd", "crds"),
}

ALL: Final = frozenset(
    [
        "pods",
        "replicationcontrollers",
        "services",
        "daemonsets",
        "deployments",
        "replicasets",
        "statefulsets",
        "horizontalpodautoscalers",
        "cronjobs",
        "jobs",
    ]
)
"""What ``kubectl get all`` lists."""

API_EXTENSIONS: Final = frozenset(
    [
        "customresourcedefinitions",
        "apiservices",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ]
)

CONNECT: Final[tuple[tuple[str, str, str, tuple[str, ...]], ...]] = (
    ("pods", "attach", "PodAttachOptions", ("create", "get")),
    ("pods", "exec", "PodExecOptions", ("create", "get")),
    ("pods", "portforward", "PodPortForwardOptions", ("create", "get")),
    ("pods", "proxy", "PodProxyOptions", ("create", "delete", "get", "patch", "update")),
    ("nodes", "proxy", "NodeProxyOptions", ("create", "delete", "get", "patch", "update")),
    ("services", "proxy", "ServiceProxyOptions", ("create", "delete", "get", "patch", "update")),
)

VERB_ORDER: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_ONLY: Final = {"componentstatuses": ("get", "list")}
CREATE_ONLY: Final[dict[tuple[str, str], tuple[str, str, bool]]] = {
    ("", "bindings"): ("binding", "Binding", True),
    ("authentication.k8s.io", "selfsubjectreviews"): ("selfsubjectreview", "SelfSubjectReview", False),
    ("authentication.k8s.io", "tokenreviews"): ("tokenreview", "TokenReview", False),
    ("authorization.k8s.io", "localsubjectaccessreviews"): ("", "LocalSubjectAccessReview", True),
    ("authorization.k8s.io", "selfsubjectaccessreviews"): ("", "SelfSubjectAccessReview", False),
    ("authorization.k8s.io", "selfsubjectrulesreviews"): ("", "SelfSubjectRulesReview", False),
    ("authorization.k8s.io", "subjectaccessreviews"): ("", "SubjectAccessReview", False),
}
"""Questions and bindings: they are created and answered, never kept."""
