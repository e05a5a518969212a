"""From a declared provider to the technology that reaches it."""

from __future__ import annotations

from fairlead.adapters.providers import (
    aks,
    docker_for_desktop,
    existing_context,
    gke,
    kubeconfig_file,
    minikube,
)
from fairlead.domain.config import Cluster
from fairlead.domain.providers import Aks, DockerForDesktop, ExistingContext, Gke, KubeconfigFile, Minikube
from fairlead.domain.reaching import Reach


def reach_of(cluster: Cluster) -> Reach:
    """Return how a declared cluster is reached; `InputError` when its names are not fit for a program."""
    match cluster.provider:
        case Gke() as provider:
            return gke.reach(provider, cluster.place)
        case Aks() as provider:
            return aks.reach(provider, cluster.place)
        case Minikube():
            return minikube.reach()
        case DockerForDesktop():
            return docker_for_desktop.reach()
        case ExistingContext() as provider:
            return existing_context.reach(provider)
        case KubeconfigFile() as provider:
            return kubeconfig_file.reach(provider)
