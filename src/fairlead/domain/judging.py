"""Judges the health of one live object from the object alone.

The order is the documentation: rules for every kind first, then the table of built-in kinds, then the conditions that
custom resources agree on, and at the end the sane default that an object without a status is what it should be.
The rules follow kstatus (kubernetes-sigs/cli-utils, pkg/kstatus/status); docs/topics/health.md names the differences.
Judging is total: any JSON object gets a word. Whether a bad word can still turn good is `explaining`'s question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fairlead.domain.health import Health, HealthState
from fairlead.domain.judging_pods import judge_cron_job, judge_job, judge_pod
from fairlead.domain.judging_services import (
    judge_api_service,
    judge_autoscaler,
    judge_claim,
    judge_crd,
    judge_disruption_budget,
    judge_namespace,
    judge_service,
)
from fairlead.domain.judging_workloads import (
    judge_daemon_set,
    judge_deployment,
    judge_replica_set,
    judge_stateful_set,
)
from fairlead.domain.reading import Condition, ObjectBody, condition, one_line, text, texts, whole

Rule = Callable[[ObjectBody], Health]

# By API group and kind; versions of one kind share their status fields as far as these rules read them.
KIND_RULES: Mapping[tuple[str, str], Rule] = {
    ("apps", "Deployment"): judge_deployment,
    ("apps", "StatefulSet"): judge_stateful_set,
    ("apps", "DaemonSet"): judge_daemon_set,
    ("apps", "ReplicaSet"): judge_replica_set,
    ("", "ReplicationController"): judge_replica_set,
    ("batch", "Job"): judge_job,
    ("batch", "CronJob"): judge_cron_job,
    ("", "Pod"): judge_pod,
    ("", "Service"): judge_service,
    ("", "PersistentVolumeClaim"): judge_claim,
    ("", "Namespace"): judge_namespace,
    ("autoscaling", "HorizontalPodAutoscaler"): judge_autoscaler,
    ("policy", "PodDisruptionBudget"): judge_disruption_budget,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): judge_crd,
    ("apiregistration.k8s.io", "APIService"): judge_api_service,
}

# Built-in kinds without anything to wait for: they are what they should be as soon as they exist.
SETTLED_KINDS: frozenset[tuple[str, str]] = frozenset(
    {
        ("", "ConfigMap"),
        ("", "Endpoints"),
        ("", "LimitRange"),
        ("", "ResourceQuota"),
        ("", "Secret"),
        ("", "ServiceAccount"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "StorageClass"),
    }
)

_NOT_FOUND = Health(HealthState.NOT_FOUND, "It does not exist.")


def judge(obj: ObjectBody | None, *, late_binding: bool = False) -> Health:
    """Return the health of a live object; None means that the server says it does not exist.

    `late_binding` is a fact from outside the object: a claim's storage class binds only when a pod first uses it.
    """
    if obj is None:
        return _NOT_FOUND
    for generic in (_terminating, _unobserved, _stalled, _reconciling):
        if (health := generic(obj)) is not None:
            return health
    group_kind = group_and_kind(obj)
    if late_binding and group_kind == ("", "PersistentVolumeClaim"):
        return judge_claim(obj, late_binding=True)
    if group_kind in SETTLED_KINDS:
        return Health(HealthState.CURRENT, "It exists.")
    return KIND_RULES.get(group_kind, _by_conditions)(obj)


def judge_ended(obj: ObjectBody) -> Health | None:
    """Return how a Job ended, although it is being deleted or gone by now; None for what has not ended, or no Job.

    A Job with `ttlSecondsAfterFinished` disappears because it has ended, which is no reason to wait for it.
    """
    if group_and_kind(obj) != ("batch", "Job"):
        return None
    health = judge_job(obj)
    is_complete = health.state is HealthState.CURRENT and _is(condition(obj, "Complete"), "True")
    return health if is_complete or health.state is HealthState.FAILED else None


def judge_completion(obj: ObjectBody) -> Health:
    """Return how far a Job or Pod is that has a task to complete: while it runs it is progressing, however ready."""
    health = judge(obj)
    if health.state is not HealthState.CURRENT:
        return health
    complete = condition(obj, "Complete")
    if text(obj, "status", "phase") == "Succeeded" or _is(complete, "True"):
        return health
    return Health(HealthState.PROGRESSING, f"It has not completed: {one_line(health.message)}")


def group_and_kind(obj: ObjectBody) -> tuple[str, str]:
    """Return an object's API group and kind."""
    return text(obj, "apiVersion").rpartition("/")[0], text(obj, "kind")


def _terminating(obj: ObjectBody) -> Health | None:
    if not text(obj, "metadata", "deletionTimestamp"):
        return None
    finalizers = one_line(", ".join(sorted(texts(obj, "metadata", "finalizers"))))
    held = f" and held by finalizers: {finalizers}" if finalizers else ""
    return Health(HealthState.TERMINATING, f"It is being deleted{held}.")


def _unobserved(obj: ObjectBody) -> Health | None:
    """Rule for a controller that has not looked at the newest spec: its status speaks of an older one."""
    generation = whole(obj, "metadata", "generation")
    if whole(obj, "status", "observedGeneration", default=generation) >= generation:
        return None
    return Health(HealthState.PROGRESSING, "Its controller has not seen the latest change yet.")


def _stalled(obj: ObjectBody) -> Health | None:
    found = condition(obj, "Stalled")
    return _says(HealthState.FAILED, found, "It is stalled") if _is(found, "True") else None


def _reconciling(obj: ObjectBody) -> Health | None:
    found = condition(obj, "Reconciling")
    return _says(HealthState.PROGRESSING, found, "It is being reconciled") if _is(found, "True") else None


def _by_conditions(obj: ObjectBody) -> Health:
    """Judge a kind that we do not know: `Failed` decides, then `Ready`, then `Available`."""
    failed = condition(obj, "Failed")
    if _is(failed, "True"):
        return _says(HealthState.FAILED, failed, "It has failed")
    found = condition(obj, "Ready") or condition(obj, "Available")
    if found is None:
        return Health(HealthState.CURRENT, "It exists.")
    if found.observed_generation is not None and found.observed_generation < whole(obj, "metadata", "generation"):
        return Health(HealthState.PROGRESSING, "Its controller has not seen the latest change yet.")
    if found.status == "True":
        return Health(HealthState.CURRENT, f"It is {found.type.lower()}.")
    return _says(HealthState.PROGRESSING, found, f"It is not {found.type.lower()} yet")


def _is(found: Condition | None, status: str) -> bool:
    return found is not None and found.status == status


def _says(state: HealthState, found: Condition | None, lead: str) -> Health:
    """Make a sentence of what a condition says: its message, else its reason."""
    said = (found.message or one_line(found.reason)) if found else ""
    return Health(state, f"{lead}: {said}" if said else f"{lead}.")
