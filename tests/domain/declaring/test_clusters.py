from __future__ import annotations

import pytest

from fairlead.domain.config import EnvRef
from fairlead.domain.providers import Aks, DockerForDesktop, ExistingContext, Gke, KubeconfigFile, Minikube, Provider
from tests.fakes.declared import declare

PROVIDERS: list[tuple[str, Provider, str]] = [
    ("{gke: {project: p, clusterName: c, zone: z-a}}", Gke("p", "c", zone="z-a"), "gke_p_z-a_c"),
    ("{gke: {project: p, clusterName: c, region: r}}", Gke("p", "c", region="r"), "gke_p_r_c"),
    ("{aks: {resourceGroup: g, clusterName: c}}", Aks("g", "c"), "aks_g_c"),
    ("{minikube: {}}", Minikube(), "minikube"),
    ("{dockerForDesktop: {}}", DockerForDesktop(), "docker-for-desktop"),
    ("{existingContext: {contextName: my ctx}}", ExistingContext("my ctx"), "my ctx"),
    ("{kubeconfig: {path: kube/config, context: x}}", KubeconfigFile("/repo/kube/config", "x"), "config_x"),
    ("{kubeconfig: {path: ~/.kube/c}}", KubeconfigFile("/home/me/.kube/c"), "c"),
    ("{kubeconfig: {path: /etc/kube}}", KubeconfigFile("/etc/kube"), "kube"),
    ("{kubeconfig: {path: ../up}}", KubeconfigFile("/up"), "up"),
]


@pytest.mark.parametrize(("text", "provider", "name"), PROVIDERS)
def test_providers(text: str, provider: Provider, name: str) -> None:
    declared = declare(f"clusters: [{{name: a, provider: {text}}}]\nenvironments: []\n")
    assert declared.codes == []
    assert declared.declaration.clusters[0].provider == provider
    older = declare(f"environments: [{{name: e, kubeNamespace: n, provider: {text}}}]\n")
    assert older.codes == []
    assert older.declaration.cluster(name).provider == provider
    assert older.environment.cluster == name


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{}", ["providerCount"]),
        ("{minikube: }", ["providerCount"]),
        ("{minikube: ~, dockerForDesktop: {}}", []),
        ("{minikube: {}, dockerForDesktop: {}}", ["providerCount"]),
        ("{minikube: {x: 1}}", ["unknownKey"]),
        ("{eks: {}}", ["unknownKey"]),
        ("{gke: {project: p, clusterName: c}}", ["zoneOrRegion"]),
        ("{gke: {project: p, clusterName: c, zone: z, region: r}}", ["zoneOrRegion"]),
        ("{gke: {zone: z}}", ["missingKey", "missingKey"]),
        ("{gke: {project: --impersonate, clusterName: c, zone: z}}", ["invalidValue"]),
        ("{aks: {}}", ["missingKey", "missingKey"]),
        ("{existingContext: {}}", ["missingKey"]),
        ('{existingContext: {contextName: "a\\nb"}}', ["invalidValue"]),
        ('{kubeconfig: {path: "a\\0b"}}', ["invalidValue"]),
        ("minikube", ["wrongType"]),
    ],
)
def test_provider_mistakes(text: str, codes: list[str]) -> None:
    assert declare(f"clusters: [{{name: a, provider: {text}}}]\nenvironments: []\n").codes == codes


def test_parameters() -> None:
    text = (
        "clusters: [{name: a, provider: {minikube: {}}, parameters: [{name: ip, value: 1.10}, {name: x, value: y}]}]\n"
    )
    assert declare(text).declaration.clusters[0].parameters == {"ip": "1.10", "x": "y"}


def test_parameters_are_unique() -> None:
    text = "clusters: [{name: a, provider: {minikube: {}}, parameters: [{name: x, value: y}, {name: x, value: z}]}]\n"
    assert declare(text).codes == ["duplicateName"]


def test_environments_with_the_same_provider_share_a_cluster() -> None:
    provider = "provider: {gke: {project: p, clusterName: c, zone: z}}"
    text = f"environments:\n- {{name: a, kubeNamespace: x, {provider}}}\n- {{name: b, kubeNamespace: y, {provider}}}\n"
    declared = declare(text)
    assert declared.codes == []
    assert [cluster.name for cluster in declared.declaration.clusters] == ["gke_p_z_c"]


def repo(text: str) -> str:
    return f"environments: []\nhelmRepos: [{{name: acme, url: 'https://c.test/x', {text}}}]\n"


def test_helm_repositories() -> None:
    files = "caFile: '${HOME}/ca.pem', certFile: '${CERT:-tls/c.pem}', keyFile: ~/k.pem"
    (found,) = declare(repo(f"{files}, username: ci, passwordFrom: {{env: PW}}")).declaration.helm_repos
    assert (found.name, found.url) == ("acme", "https://c.test/x")
    assert (found.ca_file, found.cert_file, found.key_file) == ("/home/me/ca.pem", "/repo/tls/c.pem", "/home/me/k.pem")
    assert (found.username, found.password_from) == ("ci", EnvRef("PW"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("caFile: '${HOME'", "invalidInterpolation"),
        ("caFile: $NOT_SET", "invalidInterpolation"),
        ("username: ci", "incompleteCredentials"),
        ("passwordFrom: {env: PW}", "incompleteCredentials"),
        ("password: hush", "unknownKey"),
        ("username: ci, passwordFrom: {env: 1x}", "invalidValue"),
    ],
)
def test_helm_repository_mistakes(text: str, code: str) -> None:
    assert declare(repo(text)).codes == [code]


@pytest.mark.parametrize("url", ["ftp://x", "https://user:pw@x.test", "charts/", "https://", "file:///x"])
def test_helm_repository_urls(url: str) -> None:
    assert declare(f"environments: []\nhelmRepos: [{{name: a, url: '{url}'}}]\n").codes == ["invalidValue"]


def test_helm_repositories_are_unique() -> None:
    twice = "helmRepos: [{name: a, url: 'https://x'}, {name: a, url: 'https://y'}]\nenvironments: []\n"
    assert declare(twice).codes == ["duplicateName"]
