"""What a driver does about objects of the live version that others deleted or changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.rollout.intents import Undeploy
from fairlead.domain.rollout.phases import Phase
from tests.fakes.played import PlayedCluster
from tests.pipeline.units.units import KEY, Yard, ended, states, yard

DEPLOYMENT = ObjectRef("apps/v1", "Deployment", KEY.namespace, "shop-1")
BUDGET = ObjectRef("policy/v1", "PodDisruptionBudget", KEY.namespace, "shop-1")


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        await found.deploy(found.descriptor())
        yield found


async def test_whoever_drives_makes_a_route_again_that_is_gone(here: Yard) -> None:
    here.cluster.remove(here.route)
    await here.kill_driver()
    anchor = await here.settle()
    assert (anchor.phase, here.selector) == (Phase.IDLE, {"app": "shop", "version": "1"})


async def test_a_route_waits_for_pods_that_are_ready(here: Yard) -> None:
    here.cluster.is_well = lambda _deployment: False
    for ref in (DEPLOYMENT, here.route):
        here.cluster.remove(ref)
    await here.units.deploy(KEY, here.order(here.descriptor()))
    await here.settle(lambda anchor: anchor.candidate is not None and anchor.candidate.applied)
    assert here.live("Service", "shop") is None
    anchor = await here.settle()
    assert (ended(anchor)["i2"], anchor.hold, anchor.phase) == ("failed", None, Phase.IDLE)
    here.cluster.is_well = lambda _deployment: True
    here.cluster.edit(DEPLOYMENT, lambda one: one["metadata"].update(annotations=one["metadata"]["annotations"]))
    here.cluster.remove(ObjectRef("v1", "Pod", KEY.namespace, "shop-1-0"))
    anchor = await here.deploy(here.descriptor())
    assert (ended(anchor)["i3"], here.selector["version"]) == ("unchanged", "1")


async def test_a_route_that_somebody_else_made_meanwhile_is_not_taken(here: Yard) -> None:
    here.cluster.remove(here.route)
    spec = {"selector": {"app": "other"}, "ports": [{"port": 80}]}
    metadata = {"name": "shop", "namespace": KEY.namespace}
    here.cluster.put({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    anchor = await here.deploy(here.descriptor())
    assert (anchor.phase, here.selector) == (Phase.BLOCKED, {"app": "other"})


async def test_a_route_that_is_gone_comes_back_before_a_new_version_gets_it(here: Yard) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    await here.settle(lambda anchor: anchor.phase is Phase.WARMING)
    here.cluster.remove(here.route)
    anchor = await here.settle()
    assert (states(anchor), here.selector["version"]) == ({"1": "Hot", "2": "Live"}, "2")


async def test_a_route_that_may_not_be_made_stops_nothing_that_is_asked(here: Yard) -> None:
    here.cluster.remove(here.route)
    no = RemoteRefused(Problem("admissionDenied", "no"), status=403)
    here.cluster.fail(no, verb="apply", kind="Service", name="shop", times=500)
    anchor = await here.ask(Undeploy(*here.asked(), "d9"))
    assert (states(anchor), ended(anchor)["i2"]) == ({}, "undeployed")


async def test_what_was_made_anew_goes_with_its_version(here: Yard) -> None:
    for ref in (DEPLOYMENT, BUDGET):
        here.cluster.remove(ref)
    assert ended(await here.deploy(here.descriptor()))["i2"] == "inPlace"
    await here.ask(Undeploy(*here.asked(), "d9"))
    assert [str(object_ref(one)) for one in here.cluster.objects if one["kind"] in ("Deployment", "Service")] == []
    assert here.live("PodDisruptionBudget", "shop-1") is None


async def test_what_nobody_touched_is_not_written_for_the_asking(here: Yard) -> None:
    before = {str(object_ref(one)): one["metadata"]["resourceVersion"] for one in here.cluster.objects}
    assert ended(await here.deploy(here.descriptor()))["i2"] == "unchanged"
    after = {str(object_ref(one)): one["metadata"]["resourceVersion"] for one in here.cluster.objects}
    assert {name for name, version in before.items() if after[name] != version and "Secret" not in name} <= {
        one for one in after if "Lease" in one
    }


async def test_a_preview_goes_with_the_version_that_shows_none() -> None:
    async with yard(PlayedCluster()) as here:
        for colour, timer in (("blue", 1.0), ("green", 0)):
            await here.deploy(here.descriptor(env=colour, rules={"promote_after": timer}))
            here.clock.advance(2.0)
            await here.settle()
        assert (here.selector["version"], here.live("Service", "shop-preview")) == ("2", None)
