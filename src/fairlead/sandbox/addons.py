"""What a fresh cluster is given so that ordinary charts come up: DNS, a default StorageClass, and rights for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.sandbox.addresses import service_address
from fairlead.sandbox.controlplane import DOMAIN
from fairlead.sandbox.images import COREDNS
from fairlead.sandbox.spec import ClusterState, NodeKind

_RBAC = "rbac.authorization.k8s.io"
_DNS = {"k8s-app": "kube-dns"}
_COREFILE = f""".:53 {{
    errors
    health :8080
    ready :8181
    cache 5
    loadbalance
    kubernetes {DOMAIN} in-addr.arpa {{
        pods verified
        ttl 5
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Addon:
    """An object and the API path to apply it at."""

    path: str
    manifest: dict[str, Any]


def addons(cluster: ClusterState, nodes: NodeKind, registry: str) -> list[Addon]:
    """What to apply, in order."""
    match nodes:
        case NodeKind.NONE:
            return []
        case NodeKind.SIMULATED:
            return [*_storage(), _simulated_node(cluster)]
        case NodeKind.REAL:
            return [*_storage(), *_dns(cluster, registry)]


def _storage() -> list[Addon]:
    rights = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "system:persistent-volume-provisioner"}
    user = {"apiGroup": _RBAC, "kind": "User", "name": "sandbox:provisioner"}
    default = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    return [
        _addon(f"{_RBAC}/v1", "ClusterRoleBinding", "sandbox-provisioner", {"roleRef": rights, "subjects": [user]}),
        _addon(
            "storage.k8s.io/v1",
            "StorageClass",
            "standard",
            {
                "metadata": default,
                "provisioner": "sandbox.fairlead.dev/directory",
                "reclaimPolicy": "Delete",
                "volumeBindingMode": "Immediate",
            },
        ),
    ]


def _simulated_node(cluster: ClusterState) -> Addon:
    metadata = {
        "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
        "labels": {"kubernetes.io/hostname": cluster.node_name, "kubernetes.io/os": "linux", "type": "kwok"},
    }
    return _addon("v1", "Node", cluster.node_name, {"metadata": metadata})


def _dns(cluster: ClusterState, registry: str) -> list[Addon]:
    account = {"kind": "ServiceAccount", "name": "coredns", "namespace": "kube-system"}
    role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "system:coredns"}
    read = ["list", "watch"]
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": read},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
    ]
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    service = {"selector": _DNS, "clusterIP": service_address(cluster.ranges, 10), "ports": ports}
    return [
        _addon("v1", "ServiceAccount", "coredns", {}),
        _addon(f"{_RBAC}/v1", "ClusterRole", "system:coredns", {"rules": rules}),
        _addon(f"{_RBAC}/v1", "ClusterRoleBinding", "system:coredns", {"roleRef": role, "subjects": [account]}),
        _addon("v1", "ConfigMap", "coredns", {"data": {"Corefile": _COREFILE}}),
        _addon("v1", "Service", "kube-dns", {"metadata": {"labels": _DNS}, "spec": service}),
        _addon("apps/v1", "Deployment", "coredns", {"spec": _dns_deployment(f"{registry}/{COREDNS}")}),
    ]


def _dns_deployment(image: str) -> dict[str, Any]:
    container = {
        "name": "coredns",
        "image": image,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
    }
    pod = {
        "serviceAccountName": "coredns",
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    return {
        "replicas": 1,
        "selector": {"matchLabels": _DNS},
        "template": {"metadata": {"labels": _DNS}, "spec": pod},
    }


_PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "Node": "nodes",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "StorageClass": "storageclasses",
}
_NAMESPACED = frozenset({"ConfigMap", "Deployment", "Service", "ServiceAccount"})


def _addon(version: str, kind: str, name: str, body: dict[str, Any]) -> Addon:
    metadata = {"name": name, **body.get("metadata", {})}
    prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
    if kind in _NAMESPACED:
        metadata["namespace"] = "kube-system"
        prefix += "/namespaces/kube-system"
    manifest = {**body, "apiVersion": version, "kind": kind, "metadata": metadata}
    return Addon(f"{prefix}/{_PLURALS[kind]}/{name}", manifest)
