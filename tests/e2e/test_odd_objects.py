"""Objects at the limits of what a cluster takes: each works, or is refused in words of its own."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from tests.e2e.repositories import Repository
from tests.e2e.running import RunningSandbox
from tests.fakes.releases import config_map

pytestmark = pytest.mark.e2e

KIB = 1 << 10
MIB = 1 << 20
LONGEST_RELEASE, LONGEST_LABEL, LONGEST_NAME = 53, 63, 253


@pytest.fixture
async def unique(sandbox: RunningSandbox) -> AsyncIterator[str]:
    """A name for what belongs to no namespace; everything that begins with it is removed in the end."""
    name = f"odd-{uuid.uuid4().hex[:8]}"
    yield name
    kinds = "clusterrole,priorityclass,customresourcedefinition"
    found = (await sandbox.ask("get", kinds, "-o", "name")).split()
    for one in found:
        if name in one:
            await sandbox.ask("delete", one, "--wait=false")


def declare(repository: Repository, *objects: Mapping[str, Any], name: str = "odd") -> None:
    """Declare one release of these objects; JSON is YAML."""
    repository.write("odd.yaml", "\n---\n".join(json.dumps(one) for one in objects))
    repository.declare([{"name": name, "resourceFiles": ["odd.yaml"]}])


async def settled(repository: Repository) -> None:
    """Deploy what is declared, and see that nothing is left to do."""
    assert set((await repository.outcomes()).values()) == {"succeeded"}
    await repository.run("plan", "test", "--detailed-exitcode")


def large(size: int, name: str = "large") -> dict[str, Any]:
    return config_map(name, text="x" * size)


async def test_an_object_may_be_larger_than_any_annotation(repository: Repository) -> None:
    declare(repository, large(300 * KIB))
    await settled(repository)
    annotations = (await repository.read("configmap", "large"))["metadata"]["annotations"]
    assert set(annotations) == {"fairlead.dev/release"}


async def test_a_config_map_may_be_as_large_as_the_server_takes_it(repository: Repository) -> None:
    declare(repository, large(MIB - len("text")))
    await settled(repository)
    declare(repository, large(MIB - len("text") - 1))
    await settled(repository)
    assert len((await repository.read("configmap", "large"))["data"]["text"]) == MIB - len("text") - 1


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (large(MIB + 1), "Too long"),
        (config_map() | {"metadata": {"name": "settings", "annotations": {"a": "x" * 257 * KIB}}}, "Too long"),
        (large(4 * MIB), "large"),
    ],
    ids=["data", "annotations", "request"],
)
async def test_what_is_too_large_is_refused_and_only_that(
    repository: Repository,
    obj: dict[str, Any],
    words: str,
) -> None:
    declare(repository, obj, config_map("small"))
    planned = (await repository.run("plan", "test", "--verify", "--output", "json", code=1)).document
    (problem,) = (change["problem"] for change in planned["releases"][0]["changes"] if change.get("problem"))
    assert words in problem
    assert len(problem) < 2000
    done = (await repository.run("apply", "test", "--output", "json", code=1)).document
    (failed,) = done["deployments"]
    assert obj["metadata"]["name"] in failed["explanation"]
    assert len(failed["explanation"]) < 2000


async def test_a_release_of_five_hundred_objects(repository: Repository) -> None:
    declare(repository, *(config_map(f"many-{number}", a=str(number)) for number in range(500)))
    await settled(repository)
    changed = [config_map(f"many-{number}", a=str(number + number // 499)) for number in range(500)]
    declare(repository, *changed)
    planned = (await repository.run("plan", "test", "--output", "json")).document
    assert (planned["summary"]["update"], planned["summary"]["keep"]) == (1, 499)
    deleted = await repository.run("delete", "test", "odd", "--yes", "--output", "json")
    assert deleted.document["deployments"][0]["summary"]["delete"] == 500


async def test_names_may_be_as_long_as_they_can_be(repository: Repository) -> None:
    release, service, name = "r" * LONGEST_RELEASE, "s" * LONGEST_LABEL, f"{'c' * 126}.{'m' * 126}"
    assert len(name) == LONGEST_NAME
    ports = {"spec": {"ports": [{"port": 80}]}}
    objects = [config_map(name), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": service}} | ports]
    repository.write("odd.yaml", "\n---\n".join(json.dumps(one) for one in objects))
    repository.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
    repository.write("chart/templates/a.yaml", json.dumps(config_map("of-a-chart")))
    chart = release[:-1] + "c"
    repository.declare([{"name": release, "resourceFiles": ["odd.yaml"]}, {"name": chart, "chart": {"dir": "chart"}}])
    await settled(repository)
    for each in (release, chart):
        history = (await repository.run("history", "test", each, "--output", "json")).document
        assert [item["number"] for item in history["deployments"]] == [1]


@pytest.mark.parametrize(
    ("kind", "length"), [("ConfigMap", LONGEST_NAME), ("Service", LONGEST_LABEL)], ids=["a name", "a label"]
)
async def test_an_object_with_a_longer_name_is_refused_by_the_server(
    repository: Repository,
    kind: str,
    length: int,
) -> None:
    obj = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "n" * (length + 1)}}
    declare(repository, obj | ({"spec": {"ports": [{"port": 80}]}} if kind == "Service" else {}))
    done = (await repository.run("apply", "test", "--output", "json", code=1)).document
    assert f"no more than {length}" in done["deployments"][0]["explanation"]


async def test_a_release_with_a_longer_name_is_wrong_input(repository: Repository) -> None:
    declare(repository, config_map(), name="r" * (LONGEST_RELEASE + 1))
    ended = await repository.run("lint", "--output", "json", code=2)
    assert [problem["path"] for problem in ended.document["problems"]] == ["releases[0].name"]


def scaler(version: str, name: str) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "maxReplicas": 2}
    return {
        "apiVersion": f"autoscaling/{version}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": spec,
    }


def definition(unique: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": name, "served": True, "storage": name == "v2", "schema": schema} for name in ("v1", "v2")]
    names = {"kind": "Odd", "plural": "odds", "singular": "odd"}
    spec = {"group": f"{unique}.example.com", "scope": "Namespaced", "names": names, "versions": versions}
    metadata = {"name": f"odds.{unique}.example.com"}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**kind, "metadata": metadata, "spec": spec}


async def test_a_kind_in_several_versions_side_by_side(repository: Repository, unique: str) -> None:
    own = [
        {"apiVersion": f"{unique}.example.com/{version}", "kind": "Odd", "metadata": {"name": version}, "size": 1}
        for version in ("v1", "v2")
    ]
    declare(repository, definition(unique), *own, scaler("v1", "old"), scaler("v2", "new"))
    assert set((await repository.outcomes("--no-wait")).values()) == {"succeeded"}
    await repository.run("plan", "test", "--detailed-exitcode")
    declare(repository, definition(unique), own[0], scaler("v1", "old"))
    planned = (await repository.run("plan", "test", "--output", "json")).document
    gone = [one["object"] for one in planned["releases"][0]["changes"] if one["action"] == "delete"]
    assert {(one["kind"], one["name"]) for one in gone} == {("Odd", "v2"), ("HorizontalPodAutoscaler", "new")}


async def test_an_object_that_moves_to_another_version_is_the_same_object(repository: Repository) -> None:
    declare(repository, scaler("v1", "web"))
    await repository.outcomes("--no-wait")
    before = await repository.read("horizontalpodautoscaler", "web")
    declare(repository, scaler("v2", "web"))
    assert set((await repository.outcomes("--no-wait")).values()) <= {"succeeded", "unchanged"}
    assert (await repository.read("horizontalpodautoscaler", "web"))["metadata"]["uid"] == before["metadata"]["uid"]
    await repository.run("plan", "test", "--detailed-exitcode")
    declare(repository, scaler("v1", "web"), scaler("v2", "web"))
    ended = await repository.run("plan", "test", "--output", "json", code=2)
    assert [error["code"] for error in ended.document["errors"]] == ["duplicateObject"]


async def test_lists_are_the_objects_in_them(repository: Repository) -> None:
    inner = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "b"}, "data": {"a": "2"}}]}
    both = {"apiVersion": "v1", "kind": "List", "items": [config_map("a", a="1"), inner]}
    repository.write("odd.yaml", json.dumps(both))
    repository.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
    repository.write("chart/templates/a.yaml", json.dumps(both).replace('"name": "', '"name": "chart-'))
    repository.declare([{"name": "odd", "resourceFiles": ["odd.yaml"]}, {"name": "chart", "chart": {"dir": "chart"}}])
    await settled(repository)
    for name in ("a", "b", "chart-a", "chart-b"):
        marks = (await repository.read("configmap", name))["metadata"]["annotations"]
        assert ("meta.helm.sh/release-name" in marks) is name.startswith("chart-")
    repository.write("odd.yaml", json.dumps({**both, "items": [config_map("a", a="1")]}))
    planned = (await repository.run("plan", "test", "-r", "odd", "--output", "json")).document
    assert [(one["action"], one["object"]["name"]) for one in planned["releases"][0]["changes"]] == [
        ("keep", "a"),
        ("delete", "b"),
    ]


async def test_objects_of_no_namespace_in_a_release_of_one(repository: Repository, unique: str) -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": unique}}
    rules = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    misplaced = {"name": unique, "namespace": repository.namespace}
    urgent = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": misplaced, "value": 1000}
    declare(repository, role | rules, urgent, config_map())
    await settled(repository)
    declare(repository, urgent, config_map())
    planned = (await repository.run("plan", "test", "--output", "json")).document
    gone = [one["object"] for one in planned["releases"][0]["changes"] if one["action"] == "delete"]
    assert [(one["kind"], one["namespace"], one["name"]) for one in gone] == [("ClusterRole", "", unique)]
    assert await repository.outcomes("--yes") == {"odd": "succeeded"}
    assert await repository.sandbox.ask("get", "clusterrole", unique, "--ignore-not-found") == ""
    await repository.run("delete", "test", "odd", "--yes")
    assert await repository.sandbox.ask("get", "priorityclass", unique, "--ignore-not-found") == ""


async def test_a_kind_that_comes_only_later(repository: Repository, unique: str) -> None:
    custom = {"apiVersion": f"{unique}.example.com/v1", "kind": "Odd", "metadata": {"name": "late"}, "size": 1}
    repository.write("odd.yaml", "\n---\n".join(json.dumps(one) for one in (custom, config_map("rest"))))
    repository.declare([{"name": "odd", "resourceFiles": ["odd.yaml"], "timeout": "3s"}])
    planned = (await repository.run("plan", "test", "--output", "json")).document
    (missing,) = (one for one in planned["releases"][0]["changes"] if one.get("problem"))
    assert (missing["object"]["kind"], missing["unverifiedReason"]) == ("Odd", "crdNotYet")
    failed = (await repository.run("apply", "test", "--output", "json", code=1)).document["deployments"][0]
    assert failed["outcome"] == "failed"
    assert "Odd" in failed["explanation"]
    assert (await repository.read("configmap", "rest"))["data"] == {"key": "value"}

    repository.declare([{"name": "odd", "resourceFiles": ["odd.yaml"], "timeout": "60s"}])
    apply = asyncio.create_task(repository.outcomes())
    await repository.sandbox.ask("apply", "-f", "-", stdin=json.dumps(definition(unique)))
    assert await apply == {"odd": "succeeded"}
    await repository.run("plan", "test", "--detailed-exitcode")

    await repository.sandbox.ask("delete", "customresourcedefinition", f"odds.{unique}.example.com")
    declare(repository, config_map("rest"))
    assert await repository.outcomes() == {"odd": "unchanged"}
    declare(repository, config_map("rest", other="value"))
    await settled(repository)
