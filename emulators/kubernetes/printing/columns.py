"""The columns of each kind's table, as the real server gives them.

A column is its name; ``*`` marks one that only ``-o wide`` shows, ``#`` an integer, ``?`` a boolean, ``@`` a date.
The first column of every table is the object's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_WORKLOAD: Final = "*Containers|*Images|*Selector"
_BINDING: Final = "Name|Role|Age|*Users|*Groups|*ServiceAccounts"
_EVENT: Final = "Last Seen|Type|Reason|Object|*Subobject|*Source|Message|*First Seen|*Count|*Name"

_COLUMNS: Final[Mapping[str, str]] = {
    "componentstatuses": "Name|Status|Message|Error",
    "configmaps": "Name|Data|Age",
    "endpoints": "Name|Endpoints|Age",
    "events": _EVENT,
    "limitranges": "Name|@Created At",
    "namespaces": "Name|Status|Age",
    "nodes": ("Name|Status|Roles|Age|Version|*Internal-IP|*External-IP|*OS-Image|*Kernel-Version|*Container-Runtime"),
    "persistentvolumeclaims": (
        "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|*VolumeMode"
    ),
    "persistentvolumes": (
        "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age"
        "|*VolumeMode"
    ),
    "pods": "Name|Ready|Status|Restarts|Age|*IP|*Node|*Nominated Node|*Readiness Gates",
    "podtemplates": "Name|Containers|Images|Pod Labels",
    "replicationcontrollers": f"Name|#Desired|#Current|#Ready|Age|{_WORKLOAD}",
    "resourcequotas": "Name|Request|Limit|Age",
    "secrets": "Name|Type|Data|Age",
    "serviceaccounts": "Name|Age",
    "services": "Name|Type|Cluster-IP|External-IP|Port(s)|Age|*Selector",
    "apiservices": "Name|Service|Available|Age",
    "controllerrevisions": "Name|Controller|Revision|Age",
    "daemonsets": f"Name|#Desired|#Current|#Ready|#Up-to-date|#Available|Node Selector|Age|{_WORKLOAD}",
    "deployments": f"Name|Ready|Up-to-date|Available|Age|{_WORKLOAD}",
    "replicasets": f"Name|#Desired|#Current|#Ready|Age|{_WORKLOAD}",
    "statefulsets": "Name|Ready|Age|*Containers|*Images",
    "horizontalpodautoscalers": "Name|Reference|Targets|MinPods|MaxPods|Replicas|Age",
    "cronjobs": f"Name|Schedule|Timezone|?Suspend|#Active|Last Schedule|Age|{_WORKLOAD}",
    "jobs": f"Name|Status|Completions|Duration|Age|{_WORKLOAD}",
    "certificatesigningrequests": "Name|Age|SignerName|Requestor|RequestedDuration|Condition",
    "ingressclasses": "Name|Controller|Parameters|Age",
    "ingresses": "Name|Class|Hosts|Address|Ports|Age",
    "ipaddresses": "Name|ParentRef",
    "networkpolicies": "Name|Pod-Selector|Age",
    "servicecidrs": "Name|CIDRs|Age",
    "poddisruptionbudgets": "Name|Min Available|Max Unavailable|#Allowed Disruptions|Age",
    "clusterrolebindings": _BINDING,
    "clusterroles": "Name|@Created At",
    "rolebindings": _BINDING,
    "roles": "Name|@Created At",
    "csidrivers": ("Name|?AttachRequired|?PodInfoOnMount|?StorageCapacity|TokenRequests|RequiresRepublish|Modes|Age"),
    "csinodes": "Name|#Drivers|Age",
    "csistoragecapacities": "Name|@Created At",
    "storageclasses": "Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age",
    "volumeattachments": "Name|Attacher|PV|Node|?Attached|Age",
    "volumeattributesclasses": "Name|DriverName|Age",
    "mutatingadmissionpolicies": "Name|#Mutations|ParamKind|Age",
    "mutatingadmissionpolicybindings": "Name|PolicyName|ParamRef|Age",
    "mutatingwebhookconfigurations": "Name|#Webhooks|Age",
    "validatingadmissionpolicies": "Name|#Validations|ParamKind|Age",
    "validatingadmissionpolicybindings": "Name|PolicyName|ParamRef|Age",
    "validatingwebhookconfigurations": "Name|#Webhooks|Age",
    "customresourcedefinitions": "Name|@Created At",
    "priorityclasses": "Name|#Value|#Global-Default|Age|PreemptionPolicy",
    "leases": "Name|Holder|Age",
    "runtimeclasses": "Name|Handler|Age",
    "endpointslices": "Name|AddressType|Ports|Endpoints|Age",
    "deviceclasses": "Name|Age",
    "resourceclaims": "Name|State|Age",
    "resourceclaimtemplates": "Name|Age",
    "resourceslices": "Name|Node|Driver|Pool|Age",
    "flowschemas": "Name|PriorityLevel|MatchingPrecedence|DistinguisherMethod|Age|MissingPL",
    "prioritylevelconfigurations": "Name|Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit|Age",
    "scale": "Name|#Desired|#Available|Age",
}
_TYPES: Final = {"#": "integer", "?": "boolean", "@": "date"}
_DEFAULT: Final = "Name|@Created At"
_ABOUT: Final = {
    "Name": "Name must be unique within a namespace.",
    "Age": "CreationTimestamp is a timestamp representing the server time when this object was created.",
}


def definitions(plural: str) -> list[dict[str, Any]]:
    """The ``columnDefinitions`` of a kind's table."""
    return [_definition(text) for text in _COLUMNS.get(plural, _DEFAULT).split("|")]


def _definition(text: str) -> dict[str, Any]:
    priority, kind = 0, "string"
    if text[0] == "*":
        priority, text = 1, text[1:]
    if text[0] in _TYPES:
        kind, text = _TYPES[text[0]], text[1:]
    return {
        "name": text,
        "type": kind,
        "format": "name" if text == "Name" else "",
        "description": _ABOUT.get(text, text),
        "priority": priority,
    }
