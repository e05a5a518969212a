from __future__ import annotations

import pytest

from fairlead.domain.config import ManifestFiles
from fairlead.domain.errors import Severity
from tests.fakes.declared import declare, declare_releases

CLUSTER = "clusters: [{name: local, provider: {minikube: {}}}]\n"

CIRCLE = "[" + ", ".join(f"{{name: {a}, resourceFiles: [m], dependsOn: [{b}]}}" for a, b in ("ab", "bc", "ca")) + "]"


def names(text: str, files: dict[str, str]) -> list[str]:
    declared = declare(CLUSTER + text, files)
    assert [problem for problem in declared.problems if problem.severity is Severity.ERROR] == []
    return [release.name for release in declared.environment.releases]


def test_inline_releases_come_before_those_of_files_and_files_in_their_order() -> None:
    text = """\
environments:
  - name: test
    clusterName: local
    kubeNamespace: ns
    releasesFiles: [b.yaml, a.yaml]
    releases: [{name: inline, resourceFiles: [m.yaml]}]
"""
    files = {
        "a.yaml": "releases: [{name: one, resourceFiles: [m]}, {name: two, resourceFiles: [m]}]\n",
        "b.yaml": "releases: [{name: three, resourceFiles: [m]}]\n",
    }
    assert names(text, files) == ["inline", "three", "one", "two"]


def test_the_form_of_the_design_document() -> None:
    text = """\
environments:
  - name: analytics
    provider: {gke: {project: p, clusterName: analytics, zone: z}}
    kubeNamespace: default
    releases: [./base/releases.yaml, analytics/releases.yaml]
"""
    files = {
        "base/releases.yaml": "resourceFiles: [sc.yaml]\nreleases: [{name: a, chart: {dir: ./charts/a}}]\n",
        "analytics/releases.yaml": "resourceFiles: [x.yaml]\nreleases: [{name: b, chart: {dir: ../charts/b}}]\n",
    }
    declared = declare(text, files)
    assert declared.codes == []
    found = {release.name: release for release in declared.environment.releases}
    assert list(found) == ["releases-resources", "a", "analytics-releases-resources", "b"]
    assert found["releases-resources"].source == ManifestFiles(("base/sc.yaml",))
    assert found["a"].depends_on == ("releases-resources",)
    assert found["b"].depends_on == ("analytics-releases-resources",)
    assert found["analytics-releases-resources"].place.line == 1


@pytest.mark.parametrize(
    ("written", "expected"), [("", 10), (", historyMax: 2", 2), (", historyMax: 100", 100), (", historyMax: '25'", 25)]
)
def test_how_many_deployments_are_remembered(written: str, expected: int) -> None:
    text = f"environments: [{{name: e, clusterName: local, kubeNamespace: n{written}}}]\n"
    assert declare(CLUSTER + text).environment.history_max == expected


@pytest.mark.parametrize("written", ["0", "1", "101", "-3", "2.5", "many", "010"])
def test_how_many_are_remembered_has_bounds(written: str) -> None:
    declared = declare(
        CLUSTER + f"environments: [{{name: e, clusterName: local, kubeNamespace: n, historyMax: {written}}}]\n"
    )
    assert [(problem.code, problem.path) for problem in declared.problems] == [
        ("invalidValue", "environments[0].historyMax")
    ]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("apps.yaml", "apps-resources"),
        ("x/My_Apps.v2.yaml", "my-apps-v2-resources"),
        ("__.yaml", "resources"),
        ("a" * 60 + ".yaml", "a" * 43 + "-resources"),
    ],
)
def test_the_release_of_top_level_manifests_is_named_after_the_file(file: str, name: str) -> None:
    text = f"environments: [{{name: t, clusterName: local, kubeNamespace: n, releasesFiles: ['{file}']}}]\n"
    assert names(text, {file: "resourceFiles: [m.yaml]\n"}) == [name]


def test_the_same_file_may_serve_two_environments() -> None:
    text = CLUSTER + "".join(
        ("environments:\n" if n == 0 else "")
        + f"  - {{name: e{n}, clusterName: local, kubeNamespace: n, releasesFiles: [a.yaml]}}\n"
        for n in range(2)
    )
    declared = declare(text, {"a.yaml": "releases: [{name: x, chart: {dir: c}}, {name: y, chart: {}}]\n"})
    assert declared.codes == ["chartSource"]
    assert [environment.releases[0].name for environment in declared.declaration.environments] == ["x", "x"]


@pytest.mark.parametrize(
    ("releases", "codes"),
    [
        ("[{name: a, resourceFiles: [m]}, {name: a, resourceFiles: [m]}]", ["duplicateName"]),
        ("[{name: a, resourceFiles: [m]}, {name: a, chart: {}}]", ["duplicateName", "chartSource"]),
        ("[{name: a, resourceFiles: [m], dependsOn: [b]}]", ["undefinedDependency"]),
        ("[{name: a, resourceFiles: [m], dependsOn: [a]}]", ["dependencyCycle"]),
        (CIRCLE, ["dependencyCycle"]),
        ("[{name: a, resourceFiles: [m], dependsOn: [b]}, {name: b, chart: {}}]", ["chartSource"]),
        ("{a: b}", ["wrongType"]),
        ("", []),
        ("[]", []),
    ],
)
def test_rules_between_releases(releases: str, codes: list[str]) -> None:
    assert declare_releases(f"releases: {releases}\n").codes == codes


def test_a_cycle_is_named_in_full() -> None:
    declared = declare_releases(
        "releases:\n- {name: a, resourceFiles: [m], dependsOn: [b]}\n- {name: b, resourceFiles: [m], dependsOn: [a]}\n"
    )
    (problem,) = declared.problems
    assert problem.message.endswith(("a -> b -> a", "b -> a -> b"))


def test_the_near_dependency_is_named() -> None:
    declared = declare_releases(
        "releases:\n- {name: web, resourceFiles: [m], dependsOn: [databse]}\n- {name: database, resourceFiles: [m]}\n"
    )
    (problem,) = declared.problems
    assert "`database`" in (problem.remedy or "")
    assert (problem.line, problem.path) == (2, "releases[0].dependsOn[0]")


def test_a_name_used_by_top_level_manifests_is_taken() -> None:
    declared = declare_releases("resourceFiles: [x]\nreleases:\n- {name: apps-resources, resourceFiles: [m]}\n")
    assert "duplicateName" in declared.codes


def test_without_a_namespace_it_is_default_with_a_warning() -> None:
    declared = declare(CLUSTER + "environments:\n  - {name: e, clusterName: local}\n")
    assert declared.environment.namespace == "default"
    assert [(p.code, p.severity, p.line) for p in declared.problems] == [("missingNamespace", Severity.WARNING, 3)]


@pytest.mark.parametrize(
    ("keys", "codes"),
    [
        ("kubeNamespace: [a]", ["wrongType"]),
        ("kubeNamespace: A", ["invalidValue"]),
        ("kubeNamespace: n, namespace: x", ["withoutEffect"]),
        ("kubeNamespace: n, provider: {minikube: {}}", ["clusterOrProvider"]),
        ("kubeNamespace: n, releases: [[x]]", ["wrongType"]),
        ("kubeNamespace: n, defaultValues: [{key: a, value: [1]}]", ["wrongType"]),
        ("kubeNamespace: n, includes: [x]", ["unknownKey"]),
    ],
)
def test_environment_mistakes(keys: str, codes: list[str]) -> None:
    assert declare(CLUSTER + f"environments: [{{name: e, clusterName: local, {keys}}}]\n").codes == codes


def test_defaults_of_an_environment() -> None:
    text = "environments: [{name: e, clusterName: local, kubeNamespace: n, createNamespace: true, "
    declared = declare(CLUSTER + text + "defaultValuesFile: d/v.yaml, defaultValues: [{key: a, value: 1.10}]}]\n")
    environment = declared.environment
    assert environment.default_values_file == "d/v.yaml"
    assert environment.create_namespace
    assert [entry.key for entry in environment.default_values] == ["a"]
