"""What a cluster would not accept of rendered releases, found without writing anything."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.pipeline.lint import lint_online
from tests.fakes.cluster import FakeCluster
from tests.fakes.openapi import DOCUMENT
from tests.fakes.releases import config_map, custom, definition, deployment, wanted

NAMELESS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-", "namespace": "default"}}


async def _codes(cluster: FakeCluster, *objects: dict[str, Any], crds: tuple[dict[str, Any], ...] = ()) -> list[str]:
    problems = await lint_online(cluster, [wanted(*objects, crds=crds).rendered])
    assert cluster.writes == []
    assert all(one.file == "web.yaml" and one.remedy for one in problems)
    return [one.code for one in problems]


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([config_map()], []),
        ([custom()], ["kindNotServed"]),
        ([definition(), custom()], []),
        ([config_map(namespace="later")], []),
        ([NAMELESS], []),
    ],
    ids=["fine", "unknown kind", "kind of the release", "namespace to come", "name to come"],
)
async def test_what_the_cluster_says_before_anything_is_made(objects: list[Any], expected: list[str]) -> None:
    assert await _codes(FakeCluster(), *objects) == expected


async def test_definitions_of_a_chart_count_too() -> None:
    assert await _codes(FakeCluster(), custom(), crds=(definition(),)) == []


async def test_each_violation_of_a_schema_is_named_and_needs_no_dry_run() -> None:
    cluster = FakeCluster(documents={"apps/v1": DOCUMENT})
    wrong = deployment()
    wrong["spec"] = {"selector": {}, "replicas": "three", "paused": "no"}
    assert await _codes(cluster, wrong) == ["schemaViolation", "schemaViolation"]
    assert not any(call.dry_run for call in cluster.calls)


async def test_what_only_the_server_knows_is_found_by_its_dry_run() -> None:
    cluster = FakeCluster()
    cluster.fail(RemoteRefused(Problem("objectInvalid", "no such class"), status=422), verb="apply", name="a")
    assert await _codes(cluster, config_map("a"), config_map("b")) == ["dryRunRefused"]
    assert [call.ref.name for call in cluster.calls if call.ref and call.dry_run] == ["a", "b"]
