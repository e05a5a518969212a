"""A descriptor as JSON: what reads back as the same, with the fields that say something and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.domain.apps.descriptor import (
    Component,
    Descriptor,
    Elsewhere,
    Exposure,
    Gate,
    HealthCheck,
    HttpGate,
    JobGate,
    Rules,
    WebhookGate,
)


def descriptor_json(descriptor: Descriptor) -> dict[str, Any]:
    """Return the JSON form, with the names of the Amdatu Deployer."""
    return {
        **_elsewhere(descriptor.elsewhere),
        "deploymentType": "blue-green",
        "namespace": descriptor.namespace,
        "appName": descriptor.app,
        "newVersion": descriptor.version,
        **_workload(descriptor.main),
        **_filled(
            {
                "components": [{"name": each.name, **_workload(each)} for each in descriptor.components],
                "configMaps": [{"name": each.name, "data": dict(each.data)} for each in descriptor.config_maps],
                "secrets": list(descriptor.secrets),
            }
        ),
        **_exposure(descriptor.exposure),
        **_health(descriptor.health),
        **_rules(descriptor.rules),
    }


def span_text(seconds: float) -> str:
    """Return a time as it is written: `90s`, or `0.25s`."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in (None, False, "", [])}


def _workload(component: Component) -> dict[str, Any]:
    bounds = {"minReplicas": component.minimum, "maxReplicas": component.maximum}
    return {"replicas": component.replicas, **_filled(bounds), "podspec": component.pod_spec}


def parent_refs(exposure: Exposure) -> list[dict[str, Any]]:
    """Return the Gateways as a descriptor names them, and an HTTPRoute."""
    return [
        _filled({"name": one.name, "namespace": one.namespace, "sectionName": one.section, "port": one.port})
        for one in exposure.gateways
    ]


def _exposure(exposure: Exposure) -> dict[str, Any]:
    parents = parent_refs(exposure)
    return _filled(
        {
            "frontend": exposure.host,
            "gateway": {"parentRefs": parents} if parents else None,
            "ingressClass": exposure.ingress_class,
            "tlsSecretName": exposure.tls_secret,
            "redirectWww": exposure.redirect_www,
            "useCompression": exposure.compression,
            "useStickySessions": exposure.sticky_sessions,
            "additionHttpHeaders": [{"Header": each.name, "Value": each.value} for each in exposure.headers],
        }
    )


def _health(health: HealthCheck) -> dict[str, Any]:
    flags = {
        "useHealthCheck": health.enabled,
        "ignoreHealthCheck": health.ignored,
        "ignoreReadiness": health.ignore_readiness,
        "healthCheckPort": health.port,
    }
    # An empty path means the default when it is read, so the root has to be written with its slash.
    return {**_filled(flags), "healthCheckPath": f"/{health.path}", "healthCheckType": health.kind.value}


def _rules(rules: Rules) -> dict[str, Any]:
    soak = {"duration": span_text(rules.soak.seconds), "gates": [_gate(each) for each in rules.soak.gates]}
    return {
        "minReady": span_text(rules.min_ready),
        "hotFor": span_text(rules.hot_for),
        "warmFor": span_text(rules.warm_for),
        "drainTimeout": span_text(rules.drain_timeout),
        "keepFailed": span_text(rules.keep_failed),
        "soak": soak,
        "autoPromoteAfter": "never" if rules.promote_after is None else span_text(rules.promote_after),
        **_filled({"verify": [_gate(each) for each in rules.verify], "previewReplicas": rules.preview_replicas}),
    }


def _gate(gate: Gate) -> dict[str, Any]:
    named = {"name": gate.name, "timeout": span_text(gate.timeout_seconds)}
    match gate:
        case HttpGate():
            return {**named, "http": {"path": f"/{gate.path}", **_filled({"port": gate.port})}}
        case JobGate():
            return {**named, "job": {"podspec": gate.pod_spec}}
        case WebhookGate():
            return {**named, "webhook": {"url": gate.url}}


def _elsewhere(elsewhere: Elsewhere) -> dict[str, Any]:
    return _filled(
        {
            "id": elsewhere.identifier,
            "created": elsewhere.created,
            "lastModified": elsewhere.last_modified,
            "useExternalHealthCheck": elsewhere.external_health_check,
            "externalHealthCheckPath": elsewhere.external_health_check_path,
            "readinessPort": elsewhere.readiness_port,
            "webhooks": [{"key": each.key, "description": each.description} for each in elsewhere.webhooks],
        }
    )
