"""Each provider: what is run, and which kubeconfig entries count."""

from __future__ import annotations

import pytest

from fairlead.adapters.providers import gitlab
from fairlead.adapters.providers.technologies import reach_of
from fairlead.domain.config import Cluster, Place
from fairlead.domain.errors import InputError
from fairlead.domain.providers import Aks, DockerForDesktop, ExistingContext, Gke, KubeconfigFile, Minikube, Provider
from fairlead.domain.reaching import Reach

PLACE = Place("environments.yaml", 3, 5, "clusters[0]")
GET = ("gcloud", "container", "clusters", "get-credentials", "--project", "gcp-project")
BY_ZONE, BY_REGION = "gke_gcp-project_us-central1-a_my-cluster", "gke_gcp-project_us-central1_my-cluster"


def cluster(provider: Provider) -> Cluster:
    return Cluster("eu", provider, {}, PLACE)


@pytest.mark.parametrize(
    ("provider", "programs", "entries", "contexts"),
    [
        (
            Gke("gcp-project", "my-cluster", zone="us-central1-a"),
            ((*GET, "--zone", "us-central1-a", "my-cluster"),),
            (BY_ZONE, BY_ZONE),
            (),
        ),
        (
            Gke("gcp-project", "my-cluster", region="us-central1"),
            ((*GET, "--region", "us-central1", "my-cluster"),),
            (BY_REGION, BY_REGION),
            (),
        ),
        (
            Aks("shop-group", "main"),
            (
                (
                    "az",
                    "aks",
                    "get-credentials",
                    "--resource-group",
                    "shop-group",
                    "--name",
                    "main",
                    "--overwrite-existing",
                ),
            ),
            ("main", "clusterUser_shop-group_main"),
            (),
        ),
        (Minikube(), (), ("minikube", "minikube"), ("minikube",)),
        (DockerForDesktop(), (), None, ("docker-desktop", "docker-for-desktop")),
        (ExistingContext("my context; $(x)"), (), None, ("my context; $(x)",)),
        (KubeconfigFile("k.yaml", "main"), (), None, ("main",)),
        (KubeconfigFile("k.yaml"), (), None, (None,)),
    ],
)
def test_how_a_provider_is_reached(
    provider: Provider,
    programs: tuple[tuple[str, ...], ...],
    entries: tuple[str, str] | None,
    contexts: tuple[str | None, ...],
) -> None:
    reach = reach_of(cluster(provider))
    assert (reach.programs, reach.entries, reach.contexts) == (programs, entries, contexts)


def test_only_a_kubeconfig_provider_has_a_file_of_its_own() -> None:
    assert reach_of(cluster(KubeconfigFile("k.yaml"))).path == "k.yaml"
    assert reach_of(cluster(Minikube())).path is None


def test_gitlab_injects_its_entries() -> None:
    assert gitlab.reach().entries == ("gitlab-deploy", "gitlab-deploy")
    assert gitlab.reach().programs == Reach().programs


@pytest.mark.parametrize("name", ["a", "My_Group(1).x-y", "example.com:project", "Größe", "x" * 128])
def test_names_that_clouds_allow(name: str) -> None:
    assert name in reach_of(cluster(Aks(name, "main"))).programs[0]


@pytest.mark.parametrize("provider", [Gke("p", "c"), Gke("p", "c", zone="z", region="r"), Gke("p", "c", zone="")])
def test_a_gke_cluster_has_one_location(provider: Gke) -> None:
    with pytest.raises(InputError) as caught:
        reach_of(cluster(provider))
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line, problem.column) == ("gkeLocation", "environments.yaml", 3, 5)
