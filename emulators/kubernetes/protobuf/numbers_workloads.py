"""Field numbers of workloads, autoscaling, disruption budgets and priorities.

A line names a message and its fields in the order of their numbers, from 1 on; ``=n`` gives a number that is not the
next one. ``*Name`` is a message whose fields stand, in JSON, among its parent's. ``@`` begins a package.
"""

from __future__ import annotations

from typing import Final

NUMBERS: Final = """
@io.k8s.api.apps.v1.
ControllerRevision: metadata data revision
DaemonSet: metadata spec status
DaemonSetCondition: type status lastTransitionTime reason message
DaemonSetSpec: selector template updateStrategy minReadySeconds revisionHistoryLimit=6
DaemonSetStatus: currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady
  observedGeneration updatedNumberScheduled numberAvailable numberUnavailable collisionCount conditions
DaemonSetUpdateStrategy: type rollingUpdate
Deployment: metadata spec status
DeploymentCondition: type status reason=4 message lastUpdateTime lastTransitionTime
DeploymentSpec: replicas selector template strategy minReadySeconds revisionHistoryLimit paused
  progressDeadlineSeconds=9
DeploymentStatus: observedGeneration replicas updatedReplicas availableReplicas unavailableReplicas conditions
  readyReplicas collisionCount terminatingReplicas
DeploymentStrategy: type rollingUpdate
ReplicaSet: metadata spec status
ReplicaSetCondition: type status lastTransitionTime reason message
ReplicaSetSpec: replicas selector template minReadySeconds
ReplicaSetStatus: replicas fullyLabeledReplicas observedGeneration readyReplicas availableReplicas conditions
  terminatingReplicas
RollingUpdateDaemonSet: maxUnavailable maxSurge
RollingUpdateDeployment: maxUnavailable maxSurge
RollingUpdateStatefulSetStrategy: partition maxUnavailable
StatefulSet: metadata spec status
StatefulSetCondition: type status lastTransitionTime reason message
StatefulSetList: metadata items
StatefulSetOrdinals: start
StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted whenScaled
StatefulSetSpec: replicas selector template volumeClaimTemplates serviceName podManagementPolicy
  updateStrategy revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy ordinals
StatefulSetStatus: observedGeneration replicas readyReplicas currentReplicas updatedReplicas currentRevision
  updateRevision collisionCount=9 conditions availableReplicas
StatefulSetUpdateStrategy: type rollingUpdate
@io.k8s.api.batch.v1.
CronJob: metadata spec status
CronJobSpec: schedule startingDeadlineSeconds concurrencyPolicy suspend jobTemplate successfulJobsHistoryLimit
  failedJobsHistoryLimit timeZone
CronJobStatus: active lastScheduleTime=4 lastSuccessfulTime
Job: metadata spec status
JobCondition: type status lastProbeTime lastTransitionTime reason message
JobSchedulingConfiguration: schedulingPolicy schedulingConstraints disruptionMode resourceClaims
JobSpec: parallelism completions activeDeadlineSeconds selector manualSelector template backoffLimit
  ttlSecondsAfterFinished completionMode suspend podFailurePolicy backoffLimitPerIndex maxFailedIndexes
  podReplacementPolicy managedBy successPolicy *JobSchedulingConfiguration
JobStatus: conditions startTime completionTime active succeeded failed completedIndexes
  uncountedTerminatedPods ready failedIndexes terminating
JobTemplateSpec: metadata spec
PodFailurePolicy: rules
PodFailurePolicyOnExitCodesRequirement: containerName operator values
PodFailurePolicyOnPodConditionsPattern: type status
PodFailurePolicyRule: action onExitCodes onPodConditions
SuccessPolicy: rules
SuccessPolicyRule: succeededIndexes succeededCount
UncountedTerminatedPods: succeeded failed
@io.k8s.api.autoscaling.v1.
ContainerResourceMetricSource: name targetAverageUtilization targetAverageValue container=5
ContainerResourceMetricStatus: name currentAverageUtilization currentAverageValue container
CrossVersionObjectReference: kind name apiVersion
ExternalMetricSource: metricName metricSelector targetValue targetAverageValue
ExternalMetricStatus: metricName metricSelector currentValue currentAverageValue
HorizontalPodAutoscaler: metadata spec status
HorizontalPodAutoscalerCondition: type status lastTransitionTime reason message observedGeneration
HorizontalPodAutoscalerSpec: scaleTargetRef minReplicas maxReplicas targetCPUUtilizationPercentage
HorizontalPodAutoscalerStatus: observedGeneration lastScaleTime currentReplicas desiredReplicas
  currentCPUUtilizationPercentage
MetricSpec: type object pods resource external containerResource=7
MetricStatus: type object pods resource external containerResource=7
ObjectMetricSource: target metricName targetValue selector averageValue
ObjectMetricStatus: target metricName currentValue selector averageValue
PodsMetricSource: metricName targetAverageValue selector
PodsMetricStatus: metricName currentAverageValue selector
ResourceMetricSource: name targetAverageUtilization targetAverageValue
ResourceMetricStatus: name currentAverageUtilization currentAverageValue
Scale: metadata spec status
ScaleSpec: replicas
ScaleStatus: replicas selector
@io.k8s.api.autoscaling.v2.
ContainerResourceMetricSource: name target container
ContainerResourceMetricStatus: name current container
CrossVersionObjectReference: kind name apiVersion
ExternalMetricSource: metric target
ExternalMetricStatus: metric current
HPAScalingPolicy: type value periodSeconds
HPAScalingRules: selectPolicy policies stabilizationWindowSeconds tolerance
HorizontalPodAutoscaler: metadata spec status
HorizontalPodAutoscalerBehavior: scaleUp scaleDown
HorizontalPodAutoscalerCondition: type status lastTransitionTime reason message
HorizontalPodAutoscalerSpec: scaleTargetRef minReplicas maxReplicas metrics behavior
HorizontalPodAutoscalerStatus: observedGeneration lastScaleTime currentReplicas desiredReplicas currentMetrics
  conditions
MetricIdentifier: name selector
MetricSpec: type object pods resource external containerResource=7
MetricStatus: type object pods resource external containerResource=7
MetricTarget: type value averageValue averageUtilization
MetricValueStatus: value averageValue averageUtilization
ObjectMetricSource: describedObject target metric
ObjectMetricStatus: metric current describedObject
PodsMetricSource: metric target
PodsMetricStatus: metric current
ResourceMetricSource: name target
ResourceMetricStatus: name current
@io.k8s.api.policy.v1.
Eviction: metadata deleteOptions
PodDisruptionBudget: metadata spec status
PodDisruptionBudgetSpec: minAvailable selector maxUnavailable unhealthyPodEvictionPolicy
PodDisruptionBudgetStatus: observedGeneration disruptedPods disruptionsAllowed currentHealthy desiredHealthy
  expectedPods conditions
@io.k8s.api.scheduling.v1.
PriorityClass: metadata value globalDefault description preemptionPolicy
"""
