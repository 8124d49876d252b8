"""Field numbers of what all groups share.

A line names a message and its fields in the order of their numbers, from 1 on; ``=n`` gives a number that is not the
next one. ``*Name`` is a message whose fields stand, in JSON, among its parent's. ``@`` begins a package.
"""

from __future__ import annotations

from typing import Final

NUMBERS: Final = """
@io.k8s.apimachinery.pkg.apis.meta.v1.
ApplyOptions: dryRun force fieldManager
Condition: type status observedGeneration lastTransitionTime reason message
DeleteOptions: gracePeriodSeconds preconditions orphanDependents propagationPolicy dryRun
  ignoreStoreReadErrorWithClusterBreakingPotential
LabelSelector: matchLabels matchExpressions
LabelSelectorRequirement: key operator values
ListMeta: selfLink resourceVersion continue remainingItemCount shardInfo
ManagedFieldsEntry: manager operation apiVersion time fieldsType=6 fieldsV1 subresource
ObjectMeta: name generateName namespace selfLink uid resourceVersion generation creationTimestamp
  deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields=17
OwnerReference: kind name=3 uid apiVersion controller blockOwnerDeletion
Preconditions: uid resourceVersion
ShardInfo: selector
"""
