"""Single writes: what they are bound to, and what happens when the object moved on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.domain.changes import Change
from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.scheduling import schedule, start
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.apply import CONFLICTS_AT_MOST, ChangeReport, apply_changes, said
from fairlead.pipeline.board import Board
from fairlead.pipeline.plan import plan
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, custom, deployment, engine, wanted


async def _apply(cluster: FakeCluster, *objects: Mapping[str, Any]) -> tuple[ChangeReport, list[Change]]:
    ports, _ = engine(cluster)
    one = wanted(*objects)
    planned = await plan([one], ports)
    board = Board(schedule(planned.releases, {}), ports.pulse)
    board.finish(start(one.key), ok=True)
    changes = list(planned.releases[0].changes)
    return await apply_changes(one.key, changes, board, ports, redactor=Redactor()), changes


def _conflict() -> RemoteRefused:
    return RemoteRefused(Problem("conflict", "moved on"), status=409)


async def test_an_update_is_bound_to_the_object_that_the_plan_has_seen() -> None:
    class Seeing(FakeCluster):
        async def apply(self, manifest: Mapping[str, Any], **options: Any) -> dict[str, Any]:
            if not options.get("dry_run"):
                seen.append(manifest["metadata"])
            return await super().apply(manifest, **options)

    seen: list[Mapping[str, Any]] = []
    cluster = Seeing()
    await _apply(cluster, config_map(key="a"))
    _, (change,) = await _apply(cluster, config_map(key="b"))
    assert "uid" not in seen[0]
    assert (seen[1]["uid"], seen[1]["resourceVersion"]) == (change.uid, change.resource_version)


@pytest.mark.parametrize(("conflicts", "written"), [(CONFLICTS_AT_MOST, True), (CONFLICTS_AT_MOST + 1, False)])
async def test_conflicts_are_retried_but_not_for_ever(conflicts: int, written: bool) -> None:
    cluster = FakeCluster()
    await _apply(cluster, config_map(key="a"))
    cluster.fail(_conflict(), verb="apply", times=conflicts, skip=1)  # the first is the dry run
    report, _ = await _apply(cluster, config_map(key="b"))
    assert (len(report.applied), len(report.failures)) == (int(written), int(not written))


async def test_a_conflict_about_a_creation_is_an_error() -> None:
    cluster = FakeCluster()
    cluster.fail(_conflict(), verb="apply")
    report, _ = await _apply(cluster, config_map())
    assert len(report.failures) == 1


@pytest.mark.parametrize(("misses", "written"), [(3, True), (1000, False)])
async def test_a_kind_that_is_announced_before_it_is_served_gets_a_moment(misses: int, written: bool) -> None:
    cluster = FakeCluster()
    missing = RemoteRefused(Problem("notFound", "404 page not found"), status=404)
    cluster.fail(missing, verb="apply", times=misses)
    report, _ = await _apply(cluster, config_map())
    assert bool(report.applied) is written


async def test_a_kind_that_nobody_serves_is_an_error_of_its_object_alone() -> None:
    report, _ = await _apply(FakeCluster(), custom(), config_map())
    assert [ref.kind for ref, _ in report.failures] == ["Widget"]
    assert len(report.applied) == 1


async def test_the_explanation_groups_what_was_not_begun() -> None:
    cluster = FakeCluster()
    cluster.fail(Transient(Problem("unreachable", "no answer", remedy="try again")), verb="apply", name="settings")
    report, _ = await _apply(cluster, config_map(), deployment("a"), deployment("b"), deployment("c"))
    lines = report.explanation.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("no answer - try again")
    assert lines[1].startswith("Deployment default/a and 2 more not begun")


async def test_the_explanation_says_once_what_is_the_same_of_many_and_names_each() -> None:
    cluster, reasons = FakeCluster(), {"a": "no answer", "b": "no answer", "c": "no"}
    for name, reason in reasons.items():
        problem = Problem("unreachable", f"cannot apply ConfigMap default/{name}: {reason}")
        cluster.fail(Transient(problem), verb="apply", name=name)
    report, _ = await _apply(cluster, *(config_map(name) for name in reasons))
    assert report.explanation.splitlines() == [
        "ConfigMap default/a, ConfigMap default/b: cannot apply it: no answer",
        "ConfigMap default/c: cannot apply ConfigMap default/c: no",
    ]


def test_what_an_error_says() -> None:
    assert said(Transient([Problem("a", "one", remedy="do it"), Problem("b", "two")])) == "one - do it; two"
