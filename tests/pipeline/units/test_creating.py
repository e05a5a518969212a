"""What makes versions: in which order, and when it is too late for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fairlead.domain.apps.descriptor import ConfigMapContent
from fairlead.domain.apps.naming import VERSION_LABEL
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import CreateVersion, Scaling, SetAutoscalers, SetReplicas
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.creating import create_version, set_autoscalers, set_replicas
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.turn import Contradicted, Turn
from tests.pipeline.units.units import KEY, Yard, yard

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop-1", "namespace": KEY.namespace}}
SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "shop-1", "namespace": KEY.namespace, "labels": {VERSION_LABEL: "1"}},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop-1"}, "maxReplicas": 4},
}


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


async def turn(here: Yard) -> Turn:
    contents = Contents(version="1", digest="", configuration=(CONFIG,), autoscalers=(SCALER,))
    place = await here.units.places(KEY.cluster)
    return Turn(place, KEY, Anchor(epoch=1), {"1": contents}, Findings(), here.clock)


async def test_a_version_is_made_in_time_only(here: Yard) -> None:
    now, deadline = await turn(here), here.clock.now()
    with pytest.raises(Contradicted):
        await create_version(now, CreateVersion("1", {}, deadline - timedelta(seconds=1)))
    assert here.live("ConfigMap", "shop-1") is None
    await create_version(now, CreateVersion("1", {}, deadline))
    assert here.live("ConfigMap", "shop-1") is not None


@pytest.mark.parametrize("wanted", [True, False], ids=["make", "remove"])
async def test_autoscalers_are_made_and_removed_in_time_only(here: Yard, wanted: bool) -> None:
    now, deadline = await turn(here), here.clock.now()
    if not wanted:
        await set_autoscalers(now, SetAutoscalers("1", True, None))
    there = here.live("HorizontalPodAutoscaler", "shop-1")
    with pytest.raises(Contradicted):
        await set_autoscalers(now, SetAutoscalers("1", wanted, deadline - timedelta(seconds=1)))
    assert here.live("HorizontalPodAutoscaler", "shop-1") == there
    await set_autoscalers(now, SetAutoscalers("1", wanted, deadline))
    assert (here.live("HorizontalPodAutoscaler", "shop-1") is not None) is wanted


def created(here: Yard) -> list[tuple[str, str]]:
    """Return what was made, by kind and name, each once and in order."""
    refs = [one.ref for one in here.cluster.writes if one.verb == "apply" and one.ref is not None]
    return list(dict.fromkeys((ref.kind, ref.name) for ref in refs if ref.kind != "Secret"))


async def test_what_pods_need_is_there_before_them(here: Yard) -> None:
    settings = (ConfigMapContent("settings", {"a": "b"}),)
    await here.deploy(here.descriptor(config_maps=settings, rules={"promote_after": None}))
    *needed, (kind, name) = created(here)
    assert (kind, name) == ("Deployment", "shop-1")
    assert [kind for kind, _ in needed] == ["ConfigMap", "Service", "PodDisruptionBudget", "Service"]
    assert [name for _, name in needed][1:] == ["shop-1", "shop-1", "shop-preview"]


async def test_ports_of_a_service_change_with_its_switch(here: Yard) -> None:
    await here.deploy(here.descriptor())
    later = here.descriptor()
    container = {**later.main.pod_spec["containers"][0], "ports": [{"containerPort": 9090, "name": "http"}]}
    await here.deploy(replace(later, main=replace(later.main, pod_spec={"containers": [container]})))
    service = here.live("Service", "shop")
    assert service is not None
    assert (service["spec"]["selector"]["version"], [one["port"] for one in service["spec"]["ports"]]) == ("2", [9090])


async def test_what_a_version_scales_by_is_made_when_it_is_confirmed(here: Yard) -> None:
    plain = here.descriptor()
    await here.units.deploy(KEY, here.order(replace(plain, main=replace(plain.main, maximum=4))))
    await here.settle(lambda anchor: anchor.phase is Phase.CONFIRMING)
    assert here.live("HorizontalPodAutoscaler", "shop-1") is None
    await here.settle()
    assert here.live("HorizontalPodAutoscaler", "shop-1") is not None


async def deployed(here: Yard) -> Turn:
    """Deploy version 1, and return a turn in which it is live."""
    anchor = await here.deploy(here.descriptor())
    place = await here.units.places(KEY.cluster)
    stored = await place.anchors.version(KEY, "1")
    assert stored is not None
    return Turn(place, KEY, anchor, {"1": Contents.from_json(stored)}, Findings(), here.clock)


async def test_nothing_is_made_smaller_while_a_route_leads_there(here: Yard) -> None:
    now = await deployed(here)
    with pytest.raises(Contradicted):
        await set_replicas(now, SetReplicas("1", {"shop": 0}, Scaling.DOWN, None))
    assert here.replicas("shop-1") == 2
    here.cluster.edit(here.route, lambda service: service["spec"]["selector"].update(version="2"))
    await set_replicas(now, SetReplicas("1", {"shop": 0}, Scaling.DOWN, None))
    assert here.replicas("shop-1") == 0


@pytest.mark.parametrize(
    ("how", "wanted", "replicas"),
    [
        (Scaling.UP, 1, 2),
        (Scaling.UP, 3, 3),
        (Scaling.DOWN, 3, 2),
        (Scaling.ASKED, 1, 1),
        (Scaling.ASKED, 3, 3),
    ],
)
async def test_replicas_go_in_the_direction_that_is_asked_for(
    here: Yard, how: Scaling, wanted: int, replicas: int
) -> None:
    await set_replicas(await deployed(here), SetReplicas("1", {"shop": wanted}, how, None))
    assert here.replicas("shop-1") == replicas


async def test_what_is_not_ours_is_not_scaled(here: Yard) -> None:
    now = await deployed(here)
    ref = ObjectRef("apps/v1", "Deployment", KEY.namespace, "shop-1")
    here.cluster.edit(ref, lambda deployment: deployment["metadata"]["annotations"].clear())
    await set_replicas(now, SetReplicas("1", {"shop": 5}, Scaling.ASKED, None))
    assert here.replicas("shop-1") == 2


async def test_autoscalers_of_others_do_not_shrink_an_idle_side(here: Yard) -> None:
    now = await deployed(here)
    here.cluster.put({**SCALER, "metadata": {"name": "theirs", "namespace": KEY.namespace}})
    await set_autoscalers(now, SetAutoscalers("1", False, None))
    assert here.live("HorizontalPodAutoscaler", "theirs") is None
