"""The ways to reach a cluster, as people declare them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gke:
    """Google Kubernetes Engine, by zone or by region (exactly one)."""

    project: str
    cluster_name: str
    zone: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Aks:
    """Azure Kubernetes Service."""

    resource_group: str
    cluster_name: str


@dataclass(frozen=True, slots=True)
class Minikube:
    """The local minikube cluster, by its own context."""


@dataclass(frozen=True, slots=True)
class DockerForDesktop:
    """Docker Desktop's cluster, by its own context."""


@dataclass(frozen=True, slots=True)
class ExistingContext:
    """A context of the operator's kubeconfig."""

    context_name: str


@dataclass(frozen=True, slots=True)
class KubeconfigFile:
    """A kubeconfig file and a context in it (its current one when None). `path` may lie outside the repository."""

    path: str
    context: str | None = None


Provider = Gke | Aks | Minikube | DockerForDesktop | ExistingContext | KubeconfigFile
