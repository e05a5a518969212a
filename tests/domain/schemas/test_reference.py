"""What is generated from the grammar is up to date, and the schemas agree with the reader."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fairlead.domain.declaring.environment_keys import ENVIRONMENTS_FILE
from fairlead.domain.declaring.lock_files import LOCK_FILE
from fairlead.domain.declaring.release_keys import RELEASES_FILE
from fairlead.domain.declaring.shapes import Either, ListOf, Record, Shape
from fairlead.domain.errors import Severity
from fairlead.domain.schemas.jsonschema import app_schema, environments_schema, releases_schema, webhooks_schema
from fairlead.domain.schemas.reference import APP_PAGE, PAGE, generated
from fairlead.domain.webhooks.keys import WEBHOOKS_FILE
from fairlead.doors.yaml import read_manifests
from tests.fakes.declared import declare, declare_releases

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests" / "fixtures" / "config"
ENVIRONMENTS = Draft202012Validator(environments_schema())
RELEASES = Draft202012Validator(releases_schema())
WEBHOOKS = Draft202012Validator(webhooks_schema())
TOPS = (ENVIRONMENTS_FILE, RELEASES_FILE, LOCK_FILE, WEBHOOKS_FILE)


def test_the_generated_files_are_up_to_date(request: pytest.FixtureRequest) -> None:
    for name, text in generated().items():
        if request.config.getoption("--update-goldens"):
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(text)
        assert (ROOT / name).read_text() == text, f"{name} is stale: run pytest --update-goldens"


@pytest.mark.parametrize("schema", [environments_schema(), releases_schema(), webhooks_schema(), app_schema()])
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def as_an_editor_sees(text: str) -> Any:
    ((content, _),) = read_manifests(text.encode(), "f.yaml")
    return content


@pytest.mark.parametrize(
    ("validator", "name"),
    [
        (ENVIRONMENTS, "final/environments.yaml"),
        (ENVIRONMENTS, "original/environments.yaml"),
        (RELEASES, "final/base.yaml"),
        (RELEASES, "final/staging/apps.yaml"),
        (RELEASES, "final/blue-green.yaml"),
        (WEBHOOKS, "final/webhooks.yaml"),
        (RELEASES, "original/base/releases.yaml"),
        (RELEASES, "original/analytics/releases.yaml"),
        (RELEASES, "original/analytics/airflow-releases.yaml"),
    ],
)
def test_the_schemas_accept_what_loads(validator: Draft202012Validator, name: str) -> None:
    content = as_an_editor_sees((FIXTURES / name).read_text())
    assert [error.message for error in validator.iter_errors(content)] == []


def records(shape: Shape) -> dict[str, Record]:
    match shape:
        case Record():
            found = {shape.name: shape}
            for field in shape.fields:
                found |= records(field.shape)
            return found
        case ListOf():
            return records(shape.item)
        case Either():
            return records(shape.record)
        case _:
            return {}


ALL = {name: record for top in TOPS for name, record in records(top).items()}


def test_names_of_records_are_unique_and_every_key_is_described() -> None:
    named: dict[str, Record] = {}
    for top in TOPS:
        for name, record in records(top).items():
            assert named.setdefault(name, record) is record
    page = generated()[PAGE] + generated()[APP_PAGE]
    for record in ALL.values():
        for field in record.fields:
            assert field.description.endswith(".")
            assert f"| `{field.key}` |" in page


@pytest.mark.parametrize("name", sorted(ALL.keys() - {top.name for top in TOPS} - {"chosen"}))
def test_the_schemas_hold_exactly_the_keys_of_the_grammar(name: str) -> None:
    definitions = environments_schema()["$defs"] | releases_schema()["$defs"] | webhooks_schema()["$defs"]
    assert list(definitions[name]["properties"]) == [field.key for field in ALL[name].fields]
    assert definitions[name]["additionalProperties"] is ALL[name].open


# What the grammar alone can judge, the schema judges alike.
FILES = [
    ("environments: []", True),
    ("environments: ", True),
    ("environs: []", False),
    ("environments: {}", False),
    ("environments: [{name: e, clusterName: c}]", True),
    ("environments: [{clusterName: c}]", False),
    ("environments: [{name: e, clusterName: c, provider: {minikube: {}}}]", False),
    ("environments: [{name: e, provider: {minikube: {}}, releases: [a.yaml]}]", True),
    ("environments: [{name: e, provider: {minikube: }}]", False),
    ("environments: [{name: e, provider: {minikube: {}, aks: }}]", True),
    ("environments: [{name: e, clusterName: c, createNamespace: 'yes'}]", False),
    ("environments: [{name: e, clusterName: c, kubeNamespace: Bad_}]", False),
    ("environments: [{name: e, clusterName: c, historyMax: 2}]", True),
    ("environments: [{name: e, clusterName: c, historyMax: '30'}]", True),
    ("environments: [{name: e, clusterName: c, historyMax: 1}]", False),
    ("environments: [{name: e, clusterName: c, historyMax: 101}]", False),
    ("environments: [{name: e, clusterName: c, historyMax: 2.5}]", False),
    ("environments: [{name: e, clusterName: c, historyMax: all}]", False),
    ("clusters: [{name: c, provider: {gke: {project: p, clusterName: c}}}]", False),
    ("clusters: [{name: c, provider: {gke: {project: p, clusterName: c, zone: z}}}]", True),
    ("helmRepos: [{name: a, url: 'https://u:p@x'}]", False),
]
RELEASE_FILES = [
    ("releases: []", True),
    ("resourceFiles: [a.yaml]", True),
    ("releases: [{name: a}]", False),
    ("releases: [{name: a, chart: {dir: c}}]", True),
    ("releases: [{name: a, chart: {dir: c}, resourceFiles: []}]", True),
    ("releases: [{name: a, chart: {dir: c}, resourceFiles: [m]}]", False),
    ("releases: [{name: a, chart: {}}]", False),
    ("releases: [{name: a, chart: {dir: c}, timout: 5m}]", False),
    ("releases: [{name: a, chart: {dir: c}, timeout: 1xs}]", False),
    ("releases: [{name: a, chart: {dir: c}, trigger: {image: {track: Newest}}}]", True),
    ("releases: [{name: a, chart: {dir: c}, trigger: {image: {track: newest}}}]", False),
    ("releases: [{name: a, chart: {dir: c}, values: [{key: a, value: 1.10}]}]", True),
    ("releases: [{name: a, chart: {dir: c}, values: [{key: a}]}]", False),
    ("releases: [{name: a, chart: {dir: c}, values: [{key: a, value: 1, valueFrom: {env: X}}]}]", False),
    ("releases: [{name: a, chart: {dir: c}, labels: {a: b}}]", True),
    ("releases: [{name: a, chart: {dir: c}, labels: {a b: c}}]", False),
]
STRUCTURAL = {"undefinedCluster", "missingNamespace", "withoutEffect"}


def errors(codes: tuple[tuple[str, Severity], ...]) -> bool:
    return any(severity is Severity.ERROR and code not in STRUCTURAL for code, severity in codes)


@pytest.mark.parametrize(("text", "good"), FILES)
def test_schema_and_reader_agree_on_environments_files(text: str, good: bool) -> None:
    assert ENVIRONMENTS.is_valid(as_an_editor_sees(text)) is good
    problems = declare(text).problems
    assert errors(tuple((problem.code, problem.severity) for problem in problems)) is not good


@pytest.mark.parametrize(("text", "good"), RELEASE_FILES)
def test_schema_and_reader_agree_on_release_files(text: str, good: bool) -> None:
    assert RELEASES.is_valid(as_an_editor_sees(text)) is good
    problems = declare_releases(text + "\n").problems
    assert errors(tuple((problem.code, problem.severity) for problem in problems)) is not good


def test_every_key_is_used_by_a_fixture() -> None:
    """So that each key was once loaded, compared with the golden model and accepted by the schema."""
    texts = "".join(path.read_text() for path in FIXTURES.rglob("*.yaml") if "broken" not in path.parts)
    closed = [record for record in ALL.values() if not record.open]
    keys = {field.key for record in closed for field in record.fields if field.without_effect is None}
    assert {key for key in keys if f"{key}:" not in texts} == set()


def test_the_schema_is_small_enough_for_an_editor() -> None:
    assert all(len(json.dumps(schema)) < 64_000 for schema in (environments_schema(), releases_schema()))


def test_every_code_is_documented() -> None:
    source = ROOT / "src" / "fairlead"
    files = [*(source / "domain" / "declaring").glob("*.py"), *(source / "doors").glob("yaml*.py")]
    files += [source / "doors" / "paths.py", *(source / "pipeline" / name for name in ("values.py", "secrets.py"))]
    text = "".join(path.read_text() for path in [*files, source / "domain" / "resolving.py"])
    codes = set(re.findall(r'(?:Problem|error|warning|_fail|_secret_problem|OneOf)\([^"]*?"([a-z][A-Za-z0-9]+)"', text))
    codes |= set(re.findall(r'OneOf\(\s*\([^)]*\),\s*"([A-Za-z]+)"', text))
    documented = set(re.findall(r"`([a-z][A-Za-z0-9]+)`", (ROOT / "docs/reference/configuration.md").read_text()))
    assert len(codes) > 40
    assert codes - documented - {key for record in ALL.values() for key in record.by_key} == set()


def test_the_examples_of_the_page_load() -> None:
    page = (ROOT / "docs/reference/configuration.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    environments = next(block for block in blocks if "clusters:" in block)
    releases = next(block for block in blocks if "storage-classes" in block)
    patches = next(block for block in blocks if "patches:" in block)
    text = releases.replace("    timeout: 10m\n", "    timeout: 10m\n" + patches)
    declared = declare(environments, {"base.yaml": "", "staging/apps.yaml": text})
    assert declared.codes == []
    assert len(declared.release.patches) == 2
