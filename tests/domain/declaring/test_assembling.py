from __future__ import annotations

import pytest

from fairlead.domain.config import Compat
from tests.fakes.declared import declare

CLUSTER = "clusters: [{name: local, provider: {minikube: {}}}]\n"
E = "{name: e, clusterName: local, kubeNamespace: n}"
BROKEN_CLUSTER = f"clusters: [{{name: local, provider: {{}}}}]\nenvironments: [{E}]\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["emptyFile"]),
        ("# nothing\n", ["emptyFile"]),
        ("~\n", ["emptyFile"]),
        ("- a\n", ["wrongType"]),
        ("text\n", ["wrongType"]),
        ("environments: []\n", []),
        ("Environments: []\n", ["unknownKey"]),
        ("environments: []\nincludes: [x]\n", ["unknownKey"]),
        ("environments: []\nkubeConfig: x\n", ["withoutEffect"]),
        (CLUSTER + "environments: [{name: e, clusterName: lcoal, kubeNamespace: n}]\n", ["undefinedCluster"]),
        ("environments: [{name: e, kubeNamespace: n}]\n", ["clusterOrProvider"]),
        (CLUSTER + "environments: [{clusterName: local, kubeNamespace: n}]\n", ["missingKey"]),
        (CLUSTER + "environments: [{name: '-x', clusterName: local, kubeNamespace: n}]\n", ["invalidValue"]),
        (
            "clusters: [{name: a, provider: {minikube: {}}}, {name: a, provider: {minikube: {}}}]\n",
            ["duplicateName"],
        ),
        (CLUSTER + f"environments: [{E}, {E}]\n", ["duplicateName"]),
        (BROKEN_CLUSTER, ["providerCount"]),
    ],
)
def test_rules_of_the_environments_file(text: str, codes: list[str]) -> None:
    assert declare(text).codes == codes


def test_the_near_cluster_is_named() -> None:
    declared = declare(CLUSTER + "environments: [{name: e, clusterName: lokal, kubeNamespace: n}]\n")
    assert "`local`" in (declared.problems[0].remedy or "")


@pytest.mark.parametrize(
    ("text", "compat"),
    [
        ("", Compat()),
        ("compat: {}\n", Compat()),
        ("compat: {helmArgumentOrder: true}\n", Compat(helm_argument_order=True)),
        ("compat: {declaredOrder: true}\n", Compat(declared_order=True)),
    ],
)
def test_compatibility(text: str, compat: Compat) -> None:
    assert declare("environments: []\n" + text).declaration.compat == compat


def test_an_unknown_wish_for_compatibility_is_refused() -> None:
    assert declare("environments: []\ncompat: {shell: true}\n").codes == ["unknownKey"]


def test_a_cluster_is_found_by_its_name() -> None:
    declared = declare(CLUSTER + "environments: [{name: e, clusterName: local, kubeNamespace: n}]\n")
    assert declared.declaration.cluster("local").place.line == 1
