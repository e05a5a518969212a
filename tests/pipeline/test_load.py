from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.domain.config import Declaration, Literal
from fairlead.domain.errors import InputError, Problem, Severity
from fairlead.pipeline.load import Loaded, load
from tests.conftest import Golden
from tests.fakes.repository import load_files, one_environment, problems_of, release_named

FIXTURES = Path(__file__).parents[1] / "fixtures" / "config"
ENVIRON = {"HOME": "/home/me"}


def fixture(name: str) -> Loaded:
    return load(FIXTURES / name / "environments.yaml", environ=ENVIRON, root=FIXTURES / name)


def listing(problems: tuple[Problem, ...]) -> str:
    lines = []
    for each in problems:
        where = f"{each.file}:{each.line}:{each.column}" + (f" {each.path}" if each.path else "")
        lines.append(f"{where}\n  {each.severity} {each.code}: {each.message}\n  {each.remedy}\n")
    return "\n".join(lines)


def shown(declaration: Declaration) -> str:
    body: dict[str, Any] = asdict(declaration)
    machine = str(FIXTURES.resolve())

    def plain(value: Any) -> str:
        return str(dict(value)) if hasattr(value, "items") else str(value)

    return json.dumps(body, indent=1, default=plain).replace(machine, "/fixtures") + "\n"


@pytest.mark.parametrize("name", ["final", "original"])
def test_both_forms_load_into_one_model(golden: Golden, name: str) -> None:
    loaded = fixture(name)
    assert {warning.code for warning in loaded.warnings} <= {"notYetInEffect", "invalidName"}
    golden(f"config/{name}.json", shown(loaded.declaration))


def test_every_mistake_of_all_files_is_reported_at_once(golden: Golden) -> None:
    with pytest.raises(InputError) as caught:
        fixture("broken")
    assert all(problem.line and problem.column and problem.remedy for problem in caught.value.problems)
    golden("config/broken.txt", listing(caught.value.problems))


def test_scalars_that_yaml_would_change_stay_as_written() -> None:
    shop = release_named(fixture("final").declaration.environments[0], "shop")
    values = {entry.key: entry.source for entry in shop.values}
    assert values["image.tag"] == Literal("1.10")
    assert values["commit"] == Literal("3842e10")
    assert values["enabled"] == Literal("yes")


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        fixture("broken")
    assert "hush" not in listing(caught.value.problems)


def test_a_missing_environments_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path / "environments.yaml", environ={})
    assert caught.value.code == "missingFile"


def test_a_directory_is_no_environments_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load(tmp_path, environ={})


def test_places_are_relative_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    deploy = tmp_path / "deploy"
    deploy.mkdir()
    loaded = load_files(deploy, one_environment("releases: [{name: a, resourceFiles: [m.yaml]}]\n"))
    assert loaded.root == deploy.resolve()
    (deploy / ".git").rmdir()
    loaded = load(deploy / "environments.yaml", environ={})
    assert loaded.root == tmp_path.resolve()
    assert loaded.declaration.file == "deploy/environments.yaml"
    assert loaded.declaration.environments[0].releases[0].place.file == "deploy/apps.yaml"


def test_the_default_values_file_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    """KubeCD looked for it beside each release file."""
    text = "{name: e, clusterName: local, kubeNamespace: n, releasesFiles: [apps/a.yaml], defaultValuesFile: v.yaml}"
    loaded = load_files(
        tmp_path,
        {
            "environments.yaml": f"clusters: [{{name: local, provider: {{minikube: {{}}}}}}]\nenvironments: [{text}]\n",
            "apps/a.yaml": "releases: []\n",
            "apps/v.yaml": "",
            "v.yaml": "",
        },
    )
    assert loaded.declaration.environments[0].default_values_file == "v.yaml"


def test_warnings_come_with_the_model(tmp_path: Path) -> None:
    files = one_environment("releases: []\n", more="kubeConfig: x\n")
    loaded = load_files(tmp_path, files)
    assert [(warning.code, warning.severity) for warning in loaded.warnings] == [("withoutEffect", Severity.WARNING)]


@pytest.mark.parametrize(
    ("release", "code"),
    [
        ("{name: a, chart: {dir: gone}}", "missingFile"),
        ("{name: a, chart: {dir: m.yaml}}", "missingFile"),
        ("{name: a, kustomize: {dir: gone}}", "missingFile"),
        ("{name: a, chart: {dir: chart}, valuesFile: gone.yaml}", "missingFile"),
        ("{name: a, chart: {dir: chart}, valuesFile: chart}", "missingFile"),
        ("{name: a, resourceFiles: [gone.yaml]}", "missingFile"),
        ("{name: a, resourceFiles: [chart]}", "noFilesMatch"),
        ("{name: a, resourceFiles: ['gone/*.yaml']}", "noFilesMatch"),
    ],
)
def test_missing_files_are_located(tmp_path: Path, release: str, code: str) -> None:
    problems = problems_of(tmp_path, one_environment(f"releases:\n- {release}\n"))
    assert [(problem.code, problem.file, problem.line) for problem in problems] == [(code, "apps.yaml", 2)]
    assert problems[0].path


def test_one_bad_release_file_does_not_hide_the_others(tmp_path: Path) -> None:
    files = one_environment("releases: [{name: a, chart: {dir: chart}, timeout: 1xs}]\n")
    files["environments.yaml"] = files["environments.yaml"].replace("[apps.yaml]", "[bad.yaml, apps.yaml]")
    problems = problems_of(tmp_path, files | {"bad.yaml": "releases: [\n"})
    assert [(problem.code, problem.file) for problem in problems] == [
        ("invalidValue", "apps.yaml"),
        ("yamlSyntax", "bad.yaml"),
    ]


def test_nine_thousand_lines_load(tmp_path: Path) -> None:
    lines = "".join(
        f"  - name: r{n}\n    chart: {{dir: chart}}\n    values:\n      - key: image.tag\n        value: 1.{n}\n"
        f"      - {{key: a.b, value: x}}\n    triggers: [{{image: {{track: PatchLevel}}}}]\n"
        for n in range(1300)
    )
    loaded = load_files(tmp_path, one_environment("releases:\n" + lines))
    assert len(loaded.declaration.environments[0].releases) == 1300


def files_strategy() -> st.SearchStrategy[str]:
    key = st.sampled_from(
        [
            *["clusters", "environments", "helmRepos", "compat", "name", "provider", "gke", "minikube", "kubeconfig"],
            *["clusterName", "kubeNamespace", "releases", "releasesFiles", "defaultValues", "defaultValuesFile"],
            *["chart", "dir", "reference", "version", "values", "key", "value", "type", "valueFrom", "secretRef"],
            *["gceResource", "address", "nameFrom", "resourceFiles", "kustomize", "trigger", "triggers", "image"],
            *["dependsOn", "patches", "patch", "target", "labels", "timeout", "url", "caFile", "parameters", "path"],
        ]
    )
    words = ["a", "b", "apps.yaml", ".", "..", "*", "$X", "5m", "json", "acme/x", "oci://a/b", "", "\0", "😀", "<<"]
    scalar = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(words) | st.text(max_size=5)
    tree = st.recursive(
        scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=5), max_leaves=25
    )
    tops = ("clusters", "environments", "helmRepos", "releases", "resourceFiles")
    top = st.fixed_dictionaries({}, optional=dict.fromkeys(tops, tree))
    return top.map(json.dumps) | tree.map(json.dumps)


@given(environments=files_strategy(), releases=files_strategy())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_tree_loads_or_is_refused(tmp_path: Path, environments: str, releases: str) -> None:
    problems_of(tmp_path, {"environments.yaml": environments, "apps.yaml": releases})


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_bytes_load_or_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "environments.yaml").write_bytes(data)
    try:
        load(tmp_path / "environments.yaml", environ={})
    except InputError as error:
        assert error.problems  # noqa: PT017 - both outcomes are fine, an empty refusal is not
