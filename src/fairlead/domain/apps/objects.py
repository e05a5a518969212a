"""What one version of an app consists of, ready to be written: manifests as plain mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.apps.configuration import Reference, SecretContent, configuration, redirected
from fairlead.domain.apps.descriptor import Component, Descriptor
from fairlead.domain.apps.naming import NAME_LABEL, mark, selector, unit_labels, versioned_name, workload_name
from fairlead.domain.apps.ports import health_port, service_ports
from fairlead.domain.apps.variables import Variable, injected, with_variables
from fairlead.domain.identity import sha256_json
from fairlead.domain.manifests import JsonObject


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a version is made of besides its descriptor: stored variables, and Secrets to copy, by their name."""

    variables: Sequence[Variable] = ()
    secrets: Mapping[str, SecretContent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionObjects:
    """Everything one version consists of, in the order in which it is created.

    `digest` covers the pods and the configuration they use: another one is another version. Workloads have the declared
    number of replicas. `autoscalers` are for a version that is live, and are applied when its switch is confirmed.
    """

    version: str
    digest: str
    configuration: tuple[JsonObject, ...] = field(repr=False)
    services: tuple[JsonObject, ...] = field(repr=False)
    workloads: tuple[JsonObject, ...] = field(repr=False)
    budgets: tuple[JsonObject, ...] = field(repr=False)
    autoscalers: tuple[JsonObject, ...] = field(repr=False)

    @property
    def created(self) -> tuple[JsonObject, ...]:
        """What exists before the switch, in order."""
        return (*self.configuration, *self.services, *self.budgets, *self.workloads)


def version_objects(descriptor: Descriptor, version: str, inputs: Inputs | None = None) -> VersionObjects:
    """Return what a version consists of. `version` is the real one, never `#`.

    Raises:
        InputError: the content of a Secret that the descriptor names is missing.
    """
    inputs = inputs or Inputs()
    made = configuration(descriptor, inputs.secrets)
    pods = _pods(descriptor, inputs, version=version, names=_names(made))
    versions = [_Version(descriptor, each, version, pods[each.name]) for each in descriptor.workloads]
    return VersionObjects(
        version=version,
        digest=version_digest(descriptor, inputs),
        configuration=tuple(made.values()),
        services=tuple(each.service() for each in versions if each.ports),
        workloads=tuple(each.deployment() for each in versions),
        budgets=tuple(each.budget() for each in versions),
        autoscalers=tuple(each.autoscaler() for each in versions if each.component.maximum is not None),
    )


def version_digest(descriptor: Descriptor, inputs: Inputs | None = None) -> str:
    """Return the digest of what starts a new version when it changes: pods, and the configuration they use.

    Whether Gateways lead there is part of it, too: what holds the traffic is another object then.

    Raises:
        InputError: the content of a Secret that the descriptor names is missing.
    """
    inputs = inputs or Inputs()
    names = _names(configuration(descriptor, inputs.secrets))
    routed = ["gateway"] if descriptor.exposure.gateways else []
    return sha256_json([_pods(descriptor, inputs, version="", names=names), sorted(names.values()), *routed])


def _names(made: Mapping[Reference, JsonObject]) -> dict[Reference, str]:
    return {reference: obj["metadata"]["name"] for reference, obj in made.items()}


def _pods(
    descriptor: Descriptor, inputs: Inputs, *, version: str, names: Mapping[Reference, str]
) -> dict[str, dict[str, Any]]:
    """Return the pod of each workload: its configuration by hashed name, and variables in every regular container."""
    given = injected(descriptor.app, version, inputs.variables)
    pods = {}
    for component in descriptor.workloads:
        spec = redirected(component.pod_spec, names)
        containers = [with_variables(container, given) for container in spec["containers"]]
        pods[component.name] = {**spec, "containers": containers}
    return pods


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of one workload."""

    descriptor: Descriptor
    component: Component
    version: str
    pod: JsonObject

    @property
    def workload(self) -> str:
        return workload_name(self.descriptor.app, self.component.name)

    @property
    def name(self) -> str:
        return versioned_name(self.workload, self.version)

    @property
    def ports(self) -> list[dict[str, Any]]:
        return service_ports(self.pod, by_name=False)

    def deployment(self) -> dict[str, Any]:
        spec = {
            "replicas": self.component.replicas,
            "selector": {"matchLabels": selector(self.workload, self.version)},
            "template": {"metadata": {"labels": self._labels()}, "spec": self.pod},
        }
        return self._object("apps/v1", "Deployment", spec, annotations=self._annotations())

    def service(self) -> dict[str, Any]:
        """A name for its pods; an address only for Gateways that want one.

        Kube-proxy keeps a pause, of a second by default, between two changes of its rules. Had the pods that have just
        become ready an address here, it would note that first, and the switch that follows would wait for the pause.
        """
        spec = {"type": "ClusterIP", "selector": selector(self.workload, self.version), "ports": self.ports}
        return self._object(
            "v1", "Service", spec if self.descriptor.exposure.gateways else {**spec, "clusterIP": "None"}
        )

    def budget(self) -> dict[str, Any]:
        """One pod at a time may be evicted; one that is not ready, always: it must not hold up a node."""
        spec = {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector(self.workload, self.version)},
        }
        return self._object("policy/v1", "PodDisruptionBudget", spec)

    def autoscaler(self) -> dict[str, Any]:
        utilization = {"type": "Utilization", "averageUtilization": AUTOSCALING_PERCENT}
        spec = {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name},
            "minReplicas": self.component.minimum or 1,
            "maxReplicas": self.component.maximum,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}],
        }
        return self._object("autoscaling/v2", "HorizontalPodAutoscaler", spec)

    def _labels(self) -> dict[str, str]:
        return {
            **selector(self.workload, self.version),
            NAME_LABEL: self.name,
            **unit_labels(self.descriptor.app),
        }

    def _annotations(self) -> dict[str, str]:
        """What dashboards of the Amdatu Deployer read; nothing here does."""
        health = self.descriptor.health
        return {
            "appName": self.descriptor.app,
            "version": self.version,
            "frontend": self.descriptor.exposure.host or "",
            "useHealthCheck": "true" if health.enabled else "false",
            "healthCheckPath": health.path,
            "healthCheckPort": str(health_port(self.pod, health.port)),
            "healthCheckType": health.kind.value,
        }

    def _object(
        self, api_version: str, kind: str, spec: Mapping[str, Any], *, annotations: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        metadata = {
            "name": self.name,
            "namespace": self.descriptor.namespace,
            "labels": self._labels(),
            "annotations": {**(annotations or {}), **mark(self.descriptor.namespace, self.descriptor.app)},
        }
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": dict(spec)}


AUTOSCALING_PERCENT = 80
"""How busy processors may be, of what the pods request, before a version that is live gets more of them."""
