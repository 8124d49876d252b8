"""Controllers: what happens by itself after an object has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from falsefront.kernel.state import State

from ..shape import Shape
from . import accounts, deployments, endpoints, garbage, jobs, kubelet, namespaces, replicasets, scheduler, sets

Controller: TypeAlias = Callable[[Shape, State, Mapping[str, Any]], None]

OPERATIONS: Final[Mapping[str, tuple[Controller, str]]] = {
    "deployments.reconcile": (deployments.reconcile, "Roll a deployment one step further."),
    "deployments.check": (deployments.reconcile, "See whether a rollout has passed its deadline."),
    "replicasets.reconcile": (replicasets.reconcile, "Create or delete pods of a replica set."),
    "statefulsets.reconcile": (sets.reconcile_stateful, "Bring a stateful set's pods up or down, in order."),
    "daemonsets.reconcile": (sets.reconcile_daemon, "Keep one pod of a daemon set on every node."),
    "jobs.reconcile": (jobs.reconcile, "Start a job's pods and count them."),
    "pods.schedule": (scheduler.schedule, "Bind a pod to a node."),
    "pods.sync": (kubelet.sync, "One step in a pod's life: pull, start, become ready, end, back off."),
    "pods.stop": (kubelet.stop, "Stop a dying pod's containers."),
    "nodes.reconcile": (scheduler.nodes_changed, "Try pods again that found no node."),
    "services.reconcile": (endpoints.reconcile_service, "Publish a service's endpoints."),
    "endpoints.reconcile": (endpoints.reconcile_namespace, "Publish the endpoints of a namespace whose pods changed."),
    "resourcequotas.reconcile": (accounts.quotas, "Count what the quotas of a namespace limit."),
    "poddisruptionbudgets.reconcile": (accounts.budgets, "Count the pods of a namespace's disruption budgets."),
    "namespaces.reconcile": (namespaces.reconcile, "Furnish a new namespace, or empty a dying one."),
    "garbage.collect": (garbage.collect, "Delete what a deleted object owned."),
    "garbage.finalize": (garbage.finalize, "Complete a deletion that waits for dependents."),
}
"""What timers run, by operation name, with what it does."""
