from __future__ import annotations

import pytest

from fairlead.domain.errors import Refused
from fairlead.domain.health import HealthState
from fairlead.domain.identity import ObjectRef
from fairlead.domain.status import Drift, ReleaseStatus
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.plan import plan
from fairlead.pipeline.status import require_current, status
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, deployment, engine, release, wanted

CONFIG = ObjectRef("v1", "ConfigMap", "default", "settings")


async def _deployed(cluster: FakeCluster, *releases: Wanted) -> None:
    ports, _ = engine(cluster)
    await deploy(await plan(releases, ports), [one.target for one in releases], ports, DeployOptions(wait=False))
    cluster.calls.clear()


async def _status(cluster: FakeCluster, *releases: Wanted) -> list[ReleaseStatus]:
    return list(await status(releases, engine(cluster)[0]))


async def test_a_release_that_was_never_deployed_is_not_found() -> None:
    (found,) = await _status(FakeCluster(), wanted(config_map()))
    assert (found.health, found.drift, found.drifted_objects) == (HealthState.NOT_FOUND, Drift.DRIFTED, (CONFIG,))


async def test_a_deployed_release_is_current_without_drift_and_nothing_is_written() -> None:
    cluster, one = FakeCluster(), wanted(config_map())
    await _deployed(cluster, one)
    (found,) = await _status(cluster, one)
    assert (found.health, found.drift) == (HealthState.CURRENT, Drift.NONE)
    assert cluster.writes == []


async def test_an_edit_by_hand_is_drift_and_an_addition_is_not() -> None:
    cluster, one = FakeCluster(), wanted(config_map())
    await _deployed(cluster, one)
    cluster.edit(CONFIG, lambda obj: obj["data"].update(extra="by hand"))
    assert [found.drift for found in await _status(cluster, one)] == [Drift.NONE]
    cluster.edit(CONFIG, lambda obj: obj["data"].update(key="by hand"))
    assert [found.drifted_objects for found in await _status(cluster, one)] == [(CONFIG,)]


async def test_an_object_that_is_not_ready_is_the_cause_with_its_time() -> None:
    cluster, one = FakeCluster(), wanted(deployment())
    await _deployed(cluster, one)
    (found,) = await _status(cluster, one)
    assert found.health is HealthState.PROGRESSING
    assert found.since == "2026-01-01T00:00:00Z"
    assert "Deployment default/web" in found.cause
    assert found.next


async def test_an_object_of_another_release_shows_as_a_difference() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, wanted(config_map(), of=release("other")))
    assert [found.drift for found in await _status(cluster, wanted(config_map()))] == [Drift.DRIFTED]


async def test_dependencies_that_are_not_selected_must_be_healthy() -> None:
    cluster = FakeCluster()
    healthy, sick = wanted(config_map()), wanted(deployment(), of=release("sick"))
    await _deployed(cluster, healthy, sick)
    ports, _ = engine(cluster)
    await require_current([healthy], ports)
    with pytest.raises(Refused) as caught:
        await require_current([healthy, sick], ports)
    assert [problem.code for problem in caught.value.problems] == ["dependencyNotCurrent"]
