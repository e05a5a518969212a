"""Which files speak for a cluster, and who trusts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.adapters.providers.sources import Override, Sources
from fairlead.domain.config import Cluster, Place
from fairlead.domain.errors import InputError
from fairlead.domain.kubeconfig import Trust
from fairlead.domain.providers import ExistingContext, Gke, KubeconfigFile, Minikube, Provider
from fairlead.settings import Settings


def cluster(provider: Provider, name: str = "eu") -> Cluster:
    return Cluster(name, provider, {}, Place("environments.yaml", 3, 5))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "repo").mkdir()
    return tmp_path / "repo"


def sources(root: Path, override: Override | None = None, **environ: str) -> Sources:
    settings = Settings.from_environment({"HOME": str(root.parent / "home"), "PATH": "/bin", **environ})
    return Sources(settings, root=root, override=override)


def test_the_operators_path_list_counts_for_every_provider_without_a_file(root: Path) -> None:
    found = sources(root, KUBECONFIG=f"{root}/a:/b").of(cluster(ExistingContext("main")))
    assert (found.files, found.trust, found.named) == ((root / "a", Path("/b")), Trust.OPERATOR, False)


def test_the_default_file(root: Path) -> None:
    assert sources(root).of(cluster(Minikube())).files == (root.parent / "home" / ".kube" / "config",)


@pytest.mark.parametrize(
    ("path", "file", "trust"),
    [
        ("/etc/kube.yaml", "/etc/kube.yaml", Trust.OPERATOR),
        ("../kube.yaml", "{above}/repo/../kube.yaml", Trust.OPERATOR),
        ("kube.yaml", "{above}/repo/kube.yaml", Trust.FOREIGN),
        ("{above}/repo/kube.yaml", "{above}/repo/kube.yaml", Trust.FOREIGN),
        ("../repo/kube.yaml", "{above}/repo/../repo/kube.yaml", Trust.FOREIGN),
        ("{above}/link-in/kube.yaml", "{above}/link-in/kube.yaml", Trust.FOREIGN),
        ("link-out/kube.yaml", "{above}/repo/link-out/kube.yaml", Trust.FOREIGN),
    ],
)
def test_a_kubeconfig_in_the_repository_is_foreign_however_it_is_spelled(
    root: Path, path: str, file: str, trust: Trust
) -> None:
    (root.parent / "link-in").symlink_to(root)
    (root / "link-out").symlink_to("/etc")
    above = str(root.parent)
    found = sources(root).of(cluster(KubeconfigFile(path.format(above=above), "main")))
    assert found.files == (Path(file.format(above=above)),)
    assert (found.trust, found.named) == (trust, True)


@pytest.mark.parametrize(
    ("override", "files", "contexts", "named"),
    [
        (Override(kubeconfig=Path("/ci")), (Path("/ci"),), (None,), True),
        (Override(kubeconfig=Path("/ci"), context="main"), (Path("/ci"),), ("main",), True),
        (Override(context="main"), (Path("/own"),), ("main",), False),
    ],
)
def test_an_override_replaces_any_provider(
    root: Path, override: Override, files: tuple[Path, ...], contexts: tuple[str | None, ...], *, named: bool
) -> None:
    found = sources(root, override, KUBECONFIG="/own").of(cluster(Gke("p", "c", zone="z")), in_gitlab=True)
    assert (found.files, found.reach.contexts, found.named) == (files, contexts, named)
    assert (found.reach.programs, found.trust) == ((), Trust.OPERATOR)


def test_an_override_serves_one_cluster(root: Path) -> None:
    found = sources(root, Override(context="main"))
    found.of(cluster(Minikube(), "eu"))
    found.of(cluster(Minikube(), "eu"))
    with pytest.raises(InputError) as caught:
        found.of(cluster(Minikube(), "us"))
    assert caught.value.code == "overrideSpansClusters"


def test_without_an_override_there_may_be_many_clusters(root: Path) -> None:
    found = sources(root, Override())
    assert found.of(cluster(Minikube(), "eu")) == found.of(cluster(Minikube(), "us"))


def test_new_contexts_go_where_kubectl_would_put_them(root: Path) -> None:
    for name in ("b", "c"):
        (root / name).touch()
    of = sources(root, KUBECONFIG=f"{root}/a:{root}/b:{root}/c").of
    assert of(cluster(Minikube())).home == root / "b"
    assert sources(root, KUBECONFIG=f"{root}/x:{root}/y").of(cluster(Minikube())).home == root / "y"


def test_gitlab_mode_replaces_the_provider(root: Path) -> None:
    assert sources(root).of(cluster(Minikube()), in_gitlab=True).reach.entries == ("gitlab-deploy", "gitlab-deploy")


def test_a_credential_program_sees_the_operators_environment_and_our_files(root: Path) -> None:
    own = sources(root, KUBECONFIG="/a:/b", CLOUDSDK_CONFIG="/gcloud")
    environment = own.child_environment(own.of(cluster(Minikube())))
    assert environment["KUBECONFIG"] == "/a:/b"
    assert environment["CLOUDSDK_CONFIG"] == "/gcloud"
    assert environment["CLOUDSDK_CORE_DISABLE_PROMPTS"] == "1"


def test_the_repository_is_its_resolved_root(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    assert sources(root.parent / "link").repository == sources(root).repository == str(root)
