"""What is declared, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from fairlead.cli.wire.documents import List, ListedItem
from fairlead.domain.config import (
    App,
    ChartDir,
    ChartOci,
    ChartReference,
    Cluster,
    Environment,
    Kustomization,
    ManifestFiles,
    ReleaseSource,
)
from fairlead.domain.providers import Aks, DockerForDesktop, ExistingContext, Gke, KubeconfigFile, Minikube, Provider
from fairlead.domain.targets import Target


def clusters_document(clusters: Iterable[Cluster]) -> List:
    """Return the document of `list clusters`."""
    return List(
        items=[
            ListedItem(
                name=cluster.name,
                environment=None,
                cluster=cluster.name,
                namespace=None,
                release=None,
                file=cluster.place.file,
                line=cluster.place.line,
                provider=provider_key(cluster.provider),
            )
            for cluster in clusters
        ]
    )


def environments_document(environments: Iterable[Environment]) -> List:
    """Return the document of `list environments`."""
    return List(
        items=[
            ListedItem(
                name=environment.name,
                environment=environment.name,
                cluster=environment.cluster,
                namespace=environment.namespace,
                release=None,
                file=environment.place.file,
                line=environment.place.line,
                releases=len(environment.releases),
            )
            for environment in environments
        ]
    )


def releases_document(targets: Iterable[Target]) -> List:
    """Return the document of `list releases`."""
    return List(items=[_release(target) for target in targets])


def provider_key(provider: Provider) -> str:
    """Return the key that declares a provider."""
    match provider:
        case Gke():
            return "gke"
        case Aks():
            return "aks"
        case Minikube():
            return "minikube"
        case DockerForDesktop():
            return "dockerForDesktop"
        case ExistingContext():
            return "existingContext"
        case KubeconfigFile():
            return "kubeconfig"
        case _:
            assert_never(provider)


def _release(target: Target) -> ListedItem:
    release, key = target.release, target.key
    return ListedItem(
        name=release.name,
        environment=key.environment,
        cluster=key.cluster,
        namespace=key.namespace,
        release=key.release,
        file=release.place.file,
        line=release.place.line,
        **_source(release.source),
        depends_on=list(release.depends_on),
        labels=dict(release.labels),
    )


def _source(source: ReleaseSource) -> dict[str, Any]:
    match source:
        case ChartDir(path=path):
            return {"source": "chart", "chart": path}
        case ChartReference(reference=reference, version=version) | ChartOci(reference=reference, version=version):
            return {"source": "chart", "chart": reference, "version": version}
        case ManifestFiles(files=files):
            return {"source": "manifests", "files": list(files)}
        case Kustomization(path=path):
            return {"source": "kustomize", "files": [path]}
        case App(descriptor=descriptor):
            return {"source": "app", "version": descriptor.version}
        case _:
            assert_never(source)
