"""In which order an app and its versions go, and what stays because somebody needs it yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from fairlead.domain.apps.descriptor import ConfigMapContent, Exposure
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor, Owned
from fairlead.domain.rollout.commands import RemoveVersion
from fairlead.domain.rollout.intents import Undeploy
from fairlead.pipeline.units.anchoring import read_anchor
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.removing import remove_version
from fairlead.pipeline.units.turn import Contradicted, Turn
from tests.pipeline.units.units import KEY, Yard, states, yard

EXPOSED = Exposure(host="shop.example.com")
SHORT = {"hot_for": 30.0, "warm_for": 1.0}
SETTINGS = (ConfigMapContent("settings", {"a": "b"}),)


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


def deletions(here: Yard) -> list[tuple[str, str]]:
    """Return what was deleted, by kind and name, without our own books."""
    refs = [one.ref for one in here.cluster.writes if one.verb == "delete" and one.ref is not None]
    return [(ref.kind, ref.name) for ref in refs if ref.kind not in ("Secret", "ConfigMap")]


def settings(here: Yard) -> list[str]:
    """Return the copies of the app's ConfigMap that are there."""
    found = [one["metadata"]["name"] for one in here.cluster.objects if one["kind"] == "ConfigMap"]
    return sorted(name for name in found if name.startswith("settings-"))


async def test_an_app_goes_from_the_outside_in(here: Yard) -> None:
    plain = here.descriptor(exposure=EXPOSED, config_maps=SETTINGS)
    await here.deploy(replace(plain, main=replace(plain.main, maximum=4)))
    here.cluster.calls.clear()
    before = here.clock.now()
    await here.ask(Undeploy(*here.asked(), "d2"))
    assert deletions(here) == [
        ("Ingress", "shop"),
        ("Service", "shop"),
        ("HorizontalPodAutoscaler", "shop-1"),
        ("Deployment", "shop-1"),
        ("Service", "shop-1"),
        ("PodDisruptionBudget", "shop-1"),
    ]
    assert settings(here) == []
    assert (here.clock.now() - before).total_seconds() >= 1  # drainTimeout


async def test_configuration_stays_while_a_version_uses_it(here: Yard) -> None:
    await here.deploy(here.descriptor(config_maps=SETTINGS, rules=SHORT))
    await here.deploy(here.descriptor(env="green", config_maps=SETTINGS, rules=SHORT))
    (shared,) = settings(here)
    await here.settle(lambda anchor: states(anchor) == {"2": "Live"})
    assert settings(here) == [shared]
    await here.deploy(here.descriptor(env="red", config_maps=(ConfigMapContent("settings", {"a": "c"}),)))
    assert len(settings(here)) == 2
    await here.settle(lambda anchor: states(anchor) == {"3": "Live"})
    assert settings(here) != [shared]
    assert len(settings(here)) == 1


async def turn(here: Yard) -> Turn:
    place = await here.units.places(KEY.cluster)
    document = await place.anchors.version(KEY, "1")
    assert document is not None
    anchor = (await read_anchor(place.anchors, KEY)).anchor
    return Turn(place, KEY, anchor, {"1": Contents.from_json(document)}, Findings(), here.clock)


async def test_nothing_goes_of_a_version_that_a_route_leads_to(here: Yard) -> None:
    await here.deploy(here.descriptor())
    with pytest.raises(Contradicted):
        await remove_version(await turn(here), RemoveVersion("1", (), None))
    assert here.replicas("shop-1") == 2


async def test_what_came_later_under_a_name_stays(here: Yard) -> None:
    anchor = await here.deploy(here.descriptor())
    known = owned(anchor)
    now = await turn(here)
    here.cluster.edit(here.route, lambda one: one["spec"]["selector"].update(version="2"))
    deployment = here.live("Deployment", "shop-1")
    assert deployment is not None
    ref = ObjectRef("apps/v1", "Deployment", KEY.namespace, "shop-1")
    here.cluster.remove(ref)
    here.cluster.put({**deployment, "metadata": {**deployment["metadata"], "uid": "another"}})
    await remove_version(now, RemoveVersion("1", known, None))
    assert (here.live("Deployment", "shop-1") is not None, here.live("Service", "shop-1")) == (True, None)


def owned(anchor: Anchor) -> tuple[Owned, ...]:
    version = anchor.version("1")
    assert version is not None
    return version.objects
