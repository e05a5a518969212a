from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.config import GceAddress, SecretRef
from fairlead.domain.errors import InputError
from fairlead.domain.providers import Gke
from fairlead.domain.targets import Target
from fairlead.domain.values import Layer
from fairlead.doors.paths import Paths
from fairlead.pipeline.load import Loaded
from fairlead.pipeline.values import Sources, Values, ValuesFiles, chart_defaults, effective_values
from tests.fakes.repository import load_files


@dataclass
class Addresses:
    asked: list[tuple[GceAddress, Gke]] = field(default_factory=list)

    async def address(self, address: GceAddress, cluster: Gke) -> str:
        self.asked.append((address, cluster))
        return "1.2.3.4"


@dataclass
class Secrets:
    content: Mapping[tuple[str, str, str], str]

    async def secret(self, namespace: str, ref: SecretRef) -> str:
        return self.content[namespace, ref.name, ref.key]


FILES = {
    "defaults.yaml": "a: {file: default, both: default}\nonly: defaults\nfromFile: default\n",
    "apps/shop.yaml": "a: {file: release}\nfromFile: release\ninline: release file\n",
    "apps/chart/": "",
}


def repository(release: str, environment: str = "", top: str = "") -> dict[str, str]:
    return FILES | {
        "environments.yaml": f"""\
clusters: [{{name: eu, provider: {{gke: {{project: p, clusterName: c, zone: z}}}}}}]
{top}
environments:
  - name: test
    clusterName: eu
    kubeNamespace: ns
    defaultValuesFile: defaults.yaml
    releasesFiles: [apps/apps.yaml]
    {environment}
""",
        "apps/apps.yaml": f"releases:\n  - name: shop\n    chart: {{dir: chart}}\n    {release}\n",
    }


def target(loaded: Loaded) -> Target:
    (environment,) = loaded.declaration.environments
    return Target(environment, environment.releases[0])


async def values(loaded: Loaded, sources: Sources | None = None) -> Values:
    files = ValuesFiles(Paths(loaded.root))
    return await effective_values(loaded.declaration, target(loaded), files, sources or Sources())


async def clear(tmp_path: Path, release: str, environment: str = "", top: str = "") -> dict[str, Any]:
    return (await values(load_files(tmp_path, repository(release, environment, top)))).clear


INLINE = "defaultValues: [{key: a.both, value: inline default}, {key: inline, value: inline default}]"


async def test_each_layer_wins_over_the_one_before(tmp_path: Path) -> None:
    release = "valuesFile: shop.yaml\n    values: [{key: fromFile, value: release}, {key: last, value: release}]"
    assert await clear(tmp_path, release, INLINE) == {
        "a": {"file": "release", "both": "inline default"},
        "only": "defaults",
        "fromFile": "release",
        "inline": "release file",
        "last": "release",
    }


async def test_helm_s_order_lets_inline_defaults_win_over_a_release_s_file(tmp_path: Path) -> None:
    found = await clear(tmp_path, "valuesFile: shop.yaml", INLINE, "compat: {helmArgumentOrder: true}")
    assert found["inline"] == "inline default"
    assert found["fromFile"] == "release"


async def test_defaults_can_be_left_out(tmp_path: Path) -> None:
    release = "skipDefaultValues: true\n    valuesFile: shop.yaml"
    assert await clear(tmp_path, release, INLINE) == {
        "a": {"file": "release"},
        "fromFile": "release",
        "inline": "release file",
    }


async def test_explicit_nulls_are_handed_on(tmp_path: Path) -> None:
    assert (await clear(tmp_path, "values: [{key: a.file, value: null, type: json}]"))["a"]["file"] is None
    assert (await clear(tmp_path, "values: [{key: only, value: 'null'}]"))["only"] == "null"


async def test_text_arrives_unharmed(tmp_path: Path) -> None:
    release = "values: [{key: t, value: \"a,b={c}\\n\\u00e9\\U0001F600 'x' \\\\ [0]\"}]"
    assert (await clear(tmp_path, release))["t"] == "a,b={c}\né\U0001f600 'x' \\ [0]"


async def test_list_items_of_a_file_can_be_set(tmp_path: Path) -> None:
    files = repository("valuesFile: l.yaml\n    values: [{key: 'hosts[1].name', value: b}]")
    loaded = load_files(tmp_path, files | {"apps/l.yaml": "hosts: [{name: a}, {name: x, path: /}]\n"})
    assert (await values(loaded)).clear["hosts"] == [{"name": "a"}, {"name": "b", "path": "/"}]


async def test_a_path_through_a_text_is_an_error_naming_both_places(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, repository("values: [{key: only.x, value: y}]"))
    with pytest.raises(InputError) as caught:
        await values(loaded)
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.line) == ("valueBlocked", "apps/apps.yaml", 4)
    assert "defaults.yaml:2" in problem.message


@pytest.mark.parametrize("text", ["a: [\n", "- a\n", "a: 1\na: 2\n", "a: .inf\n"])
async def test_a_broken_values_file_is_located(tmp_path: Path, text: str) -> None:
    loaded = load_files(tmp_path, repository("wait: true") | {"defaults.yaml": text})
    with pytest.raises(InputError) as caught:
        await values(loaded)
    assert caught.value.problems[0].file == "defaults.yaml"
    assert caught.value.problems[0].line


async def test_each_value_knows_where_it_came_from(tmp_path: Path) -> None:
    release = "valuesFile: shop.yaml\n    values: [{key: last, value: x}]"
    found = (await values(load_files(tmp_path, repository(release, INLINE)))).provenance
    assert {path: (origin.source, origin.file, origin.line) for path, origin in found.items()} == {
        "a.file": (Layer.VALUES_FILE, "apps/shop.yaml", 1),
        "a.both": (Layer.DEFAULT_VALUES, "environments.yaml", 9),
        "only": (Layer.DEFAULT_VALUES_FILE, "defaults.yaml", 2),
        "fromFile": (Layer.VALUES_FILE, "apps/shop.yaml", 2),
        "inline": (Layer.VALUES_FILE, "apps/shop.yaml", 3),
        "last": (Layer.VALUES, "apps/apps.yaml", 5),
    }


async def test_a_chart_s_own_values_are_the_weakest(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, repository("values: [{key: only, value: null, type: json}]"))
    found = (await values(loaded)).over_chart(chart_defaults({"only": 1, "own": {"x": 2}}, "apps/chart/values.yaml"))
    assert found.clear == {"own": {"x": 2}, "a": {"file": "default", "both": "default"}, "fromFile": "default"}
    assert found.provenance["own.x"].source is Layer.CHART


SECRETS = (
    "values: [{key: db.password, valueFrom: {secretRef: {name: db, key: pw}}}, {key: token, valueFrom: {env: TOKEN}}]"
)


async def test_secrets_are_clear_for_the_renderer_and_masked_for_people(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, repository(SECRETS))
    sources = Sources({"TOKEN": "t0ken"}, Secrets({("ns", "db", "pw"): "hunter2"}))
    found = await values(loaded, sources)
    assert found.clear["db"] == {"password": "hunter2"}
    assert found.clear["token"] == "t0ken"
    assert found.shown["db"] == {"password": "(secret db/pw)"}
    assert found.shown["token"] == "(secret env/TOKEN)"
    assert found.secrets == {"hunter2": "(secret db/pw)", "t0ken": "(secret env/TOKEN)"}
    assert "hunter2" not in repr(found)
    assert "t0ken" not in repr(sources)


async def test_without_sources_there_are_placeholders(tmp_path: Path) -> None:
    address = "{key: ip, valueFrom: {gceResource: {address: {name: shop-ip}}}}"
    loaded = load_files(tmp_path, repository(SECRETS.removesuffix("]") + f", {address}]"))
    found = await values(loaded)
    assert found.clear["db"] == {"password": "(secret db/pw)"}
    assert found.clear["ip"] == "(address shop-ip)"
    assert found.secrets == {}


async def test_a_secret_overwritten_by_a_stronger_value_is_gone(tmp_path: Path) -> None:
    release = "values: [{key: token, valueFrom: {env: TOKEN}}, {key: token, value: plain}]"
    found = await values(load_files(tmp_path, repository(release)), Sources({"TOKEN": "t0ken"}))
    assert found.shown["token"] == "plain"
    assert found.secrets == {}


async def test_a_variable_that_is_not_set_is_located(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, repository("values: [{key: token, valueFrom: {env: TOKEN}}]"))
    with pytest.raises(InputError) as caught:
        await values(loaded, Sources({}))
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.line) == ("variableNotSet", "apps/apps.yaml", 4)


async def test_addresses_are_looked_up_in_the_cluster_s_project(tmp_path: Path) -> None:
    loaded = load_files(
        tmp_path,
        repository("values: [{key: ip, valueFrom: {gceResource: {address: {name: shop-ip, isGlobal: true}}}}]"),
    )
    addresses = Addresses()
    found = await values(loaded, Sources(addresses=addresses))
    assert found.clear["ip"] == "1.2.3.4"
    assert addresses.asked == [(GceAddress("shop-ip", is_global=True), Gke("p", "c", zone="z"))]


async def test_each_values_file_is_read_once_in_a_run(tmp_path: Path) -> None:
    loaded = load_files(tmp_path, repository("wait: true"))
    files = ValuesFiles(Paths(loaded.root))
    first = await effective_values(loaded.declaration, target(loaded), files, Sources())
    (tmp_path / "defaults.yaml").write_text("changed: true\n")
    again = await effective_values(loaded.declaration, target(loaded), files, Sources())
    assert again == first
