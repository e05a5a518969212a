"""Health of the kinds around the workloads: network, storage, scaling, API extension."""

from __future__ import annotations

from fairlead.domain.health import Health, HealthState
from fairlead.domain.reading import ObjectBody, condition, entries, one_line, text, texts

# Reasons of an inactive autoscaler that no waiting changes: its own spec is wrong.
_WRONG_AUTOSCALER = frozenset({"InvalidSelector", "InvalidMetricSourceType", "AmbiguousSelector"})


def judge_service(obj: ObjectBody) -> Health:
    """Judge a Service: only one of type LoadBalancer has something to wait for, its address."""
    if text(obj, "spec", "type") != "LoadBalancer":
        return Health(HealthState.CURRENT, "It exists.")
    if texts(obj, "spec", "externalIPs"):
        return Health(HealthState.CURRENT, "It has external addresses of its own.")
    for ingress in entries(obj, "status", "loadBalancer", "ingress"):
        if address := text(ingress, "ip") or text(ingress, "hostname"):
            return Health(HealthState.CURRENT, f"Its load balancer has the address {one_line(address)}.")
    return Health(HealthState.PROGRESSING, "It waits for the address of its load balancer.")


def judge_claim(obj: ObjectBody, *, late_binding: bool = False) -> Health:
    """Judge a PersistentVolumeClaim; with `late_binding`, one that no pod uses yet has nothing to wait for."""
    match text(obj, "status", "phase"):
        case "Bound":
            return Health(HealthState.CURRENT, "It is bound.")
        case "Lost":
            return Health(HealthState.FAILED, "It has lost its volume.")
        case _:
            chosen = text(obj, "metadata", "annotations", "volume.kubernetes.io/selected-node")
            if late_binding and not chosen:
                return Health(HealthState.CURRENT, "It will be bound when a pod first uses it.")
            return Health(HealthState.PROGRESSING, "It waits for a volume.")


def judge_namespace(obj: ObjectBody) -> Health:
    """Judge a Namespace by its phase."""
    if text(obj, "status", "phase") == "Terminating":
        return Health(HealthState.TERMINATING, "It is being deleted.")
    return Health(HealthState.CURRENT, "It is active.")


def judge_autoscaler(obj: ObjectBody) -> Health:
    """Judge a HorizontalPodAutoscaler.

    Missing metrics are told but not waited for: right after a deployment there are none, and a cluster without a
    metrics server never has any, which is no fault of the deployment.
    """
    able, active = condition(obj, "AbleToScale"), condition(obj, "ScalingActive")
    if able and able.status == "False":
        return Health(HealthState.PROGRESSING, f"It cannot scale its target: {able.message}")
    if active and active.status == "False":
        if active.reason in _WRONG_AUTOSCALER:
            return Health(HealthState.FAILED, f"It cannot work: {active.message}")
        return Health(HealthState.CURRENT, f"It is not active: {active.message}")
    return Health(HealthState.CURRENT, "It exists.")


def judge_disruption_budget(obj: ObjectBody) -> Health:
    """Judge a PodDisruptionBudget: its controller must be able to count the pods."""
    allowed = condition(obj, "DisruptionAllowed")
    if allowed and allowed.reason == "SyncFailed":
        return Health(HealthState.PROGRESSING, f"Its pods cannot be counted: {allowed.message}")
    return Health(HealthState.CURRENT, "It exists.")


def judge_crd(obj: ObjectBody) -> Health:
    """Judge a CustomResourceDefinition: names accepted, established."""
    names, established = condition(obj, "NamesAccepted"), condition(obj, "Established")
    if names and names.status == "False":
        return Health(HealthState.FAILED, f"Its names are not accepted: {names.message}")
    if established and established.status == "True":
        return Health(HealthState.CURRENT, "It is established.")
    if established and established.status == "False" and established.reason not in {"Installing", "NotAccepted"}:
        return Health(HealthState.FAILED, f"It is not established: {established.message}")
    return Health(HealthState.PROGRESSING, "It is being installed.")


def judge_api_service(obj: ObjectBody) -> Health:
    """Judge an APIService: the server behind it must answer."""
    available = condition(obj, "Available")
    if available and available.status == "True":
        return Health(HealthState.CURRENT, "It is available.")
    said = f": {available.message}" if available and available.message else "."
    return Health(HealthState.PROGRESSING, f"It is not available yet{said}")
