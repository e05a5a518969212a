"""What an app has once, whatever its version: stable Services, a preview Service, an Ingress or an HTTPRoute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.domain.apps.descriptor import Component, Descriptor
from fairlead.domain.apps.naming import (
    APP_LABEL,
    mark,
    preview_name,
    selector,
    unit_labels,
    versioned_name,
    workload_name,
)
from fairlead.domain.apps.ports import service_ports, traffic_port
from fairlead.domain.apps.writing import parent_refs
from fairlead.domain.manifests import JsonObject

HTTP_ROUTE: Final = ("gateway.networking.k8s.io/v1", "HTTPRoute")


@dataclass(frozen=True, slots=True)
class UnitObjects:
    """What an app has once. The Ingress leads to a stable Service, whatever the version.

    Services say by their selector which version they lead to, the HTTPRoute (if there is one) by its backends.
    """

    services: tuple[JsonObject, ...] = field(repr=False)
    previews: tuple[JsonObject, ...] = field(repr=False)
    ingress: JsonObject | None = field(repr=False)
    http_routes: tuple[JsonObject, ...] = field(default=(), repr=False)

    @property
    def all(self) -> tuple[JsonObject, ...]:
        """All of them, in the order in which they are created."""
        outside = () if self.ingress is None else (self.ingress,)
        return (*self.services, *self.previews, *outside, *self.http_routes)


def unit_objects(descriptor: Descriptor, live_version: str, preview_version: str | None = None) -> UnitObjects:
    """Return what an app has once, with stable Services leading to one version and preview Services to another.

    Without `preview_version`, and for an app that promotes at once, there is no preview.
    """
    exposed = [each for each in descriptor.workloads if service_ports(each.pod_spec, by_name=True)]
    shown = None if preview_version is None or not descriptor.rules.previews else preview_version
    return UnitObjects(
        services=tuple(_service(descriptor, each, live_version) for each in exposed),
        previews=() if shown is None else tuple(_service(descriptor, each, shown, preview=True) for each in exposed),
        ingress=None if descriptor.exposure.gateways else _ingress(descriptor),
        http_routes=_http_routes(descriptor, live_version),
    )


def _service(descriptor: Descriptor, component: Component, version: str, *, preview: bool = False) -> dict[str, Any]:
    workload = workload_name(descriptor.app, component.name)
    spec = {
        "type": "ClusterIP",
        "selector": selector(workload, version),
        "ports": service_ports(component.pod_spec, by_name=True),
    }
    name = preview_name(workload) if preview else workload
    return _object(descriptor, workload, name, {"apiVersion": "v1", "kind": "Service", "spec": spec})


def _ingress(descriptor: Descriptor) -> dict[str, Any] | None:
    """Return the Ingress, which leads to the stable Service whatever the version: a switch never touches it."""
    exposure, port = descriptor.exposure, traffic_port(descriptor.main.pod_spec)
    if exposure.host is None or port is None:
        return None
    backend = {"service": {"name": descriptor.app, "port": {"number": port.number}}}
    rule = {"host": exposure.host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec: dict[str, Any] = {"rules": [rule]}
    if exposure.ingress_class is not None:
        spec["ingressClassName"] = exposure.ingress_class
    if exposure.tls_secret is not None:
        spec["tls"] = [{"hosts": [exposure.host], "secretName": exposure.tls_secret}]
    body = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": spec}
    return _object(descriptor, descriptor.app, descriptor.app, body)


def _http_routes(descriptor: Descriptor, version: str) -> tuple[dict[str, Any], ...]:
    """Return the HTTPRoute: it leads to the Service of a version, so that a Gateway never has to follow a selector."""
    exposure, port = descriptor.exposure, traffic_port(descriptor.main.pod_spec)
    if not exposure.gateways or port is None:
        return ()
    backend = {"name": versioned_name(descriptor.app, version), "port": port.number, "weight": 1}
    rules = [{"backendRefs": [backend]}]
    spec = {"parentRefs": parent_refs(exposure), "hostnames": [exposure.host], "rules": rules}
    body = {"apiVersion": HTTP_ROUTE[0], "kind": HTTP_ROUTE[1], "spec": spec}
    return (_object(descriptor, descriptor.app, descriptor.app, body),)


def _object(descriptor: Descriptor, workload: str, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": descriptor.namespace,
        "labels": {APP_LABEL: workload, **unit_labels(descriptor.app)},
        "annotations": mark(descriptor.namespace, descriptor.app),
    }
    return {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": metadata, "spec": body["spec"]}
