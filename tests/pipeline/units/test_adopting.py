"""Adopting what has traffic and no versions, over a cluster in memory whose controllers are played."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.apps.naming import VERSION_LABEL
from fairlead.domain.errors import Refused
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Rollback, Undeploy
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.state import ReleaseState, Stored
from fairlead.pipeline.units.service import at_rest
from tests.fakes.states import lock
from tests.pipeline.units.units import KEY, Yard, ended, plain, states, yard

RELEASE = ReleaseKey("test", "c", KEY.namespace, "web")
CONFIG = InventoryEntry(ObjectRef("v1", "ConfigMap", KEY.namespace, "web"), "u")


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


async def test_a_plain_app_is_version_zero_and_can_come_back(here: Yard) -> None:
    plain(here)
    anchor = await here.deploy(here.descriptor())
    assert (states(anchor), here.selector) == ({"0": "Hot", "1": "Live"}, {"app": "shop", "version": "1"})
    anchor = await here.ask(Rollback(*here.asked(), "d2"))
    assert (states(anchor), here.selector) == ({"0": "Live", "1": "Hot"}, {"app": "shop", "version": "0"})


async def test_clients_that_follow_names_get_the_time_that_they_need(here: Yard) -> None:
    plain(here)
    here.cluster.edit(here.route, lambda service: service["spec"].update(clusterIP="None"))
    short = {"hot_for": 30.0}
    anchor = await here.deploy(here.descriptor(rules=short))
    assert hot_times(anchor) == {"0": 60.0}
    anchor = await here.deploy(here.descriptor(env="green", rules=short))
    assert hot_times(anchor) == {"0": 60.0, "1": 60.0}
    for hot_for in (90.0, 30.0, 30.0):
        anchor = await here.deploy(here.descriptor(env="green", rules={"hot_for": hot_for}))
    assert list(ended(anchor).values())[-3:] == ["inPlace", "inPlace", "unchanged"]
    assert anchor.live is not None
    assert anchor.live.spec.policy.hot_seconds == 60.0


async def test_clients_of_an_address_need_less(here: Yard) -> None:
    plain(here)
    anchor = await here.deploy(here.descriptor(rules={"hot_for": 30.0}))
    assert hot_times(anchor) == {"0": 30.0}


def hot_times(anchor: Anchor) -> dict[str, float]:
    """Return how many seconds versions stay hot at least."""
    found = ((one.name, one.since, one.deadline) for one in anchor.present if one.state is VersionState.HOT)
    return {name: (deadline - since).total_seconds() for name, since, deadline in found if deadline is not None}


async def begun(here: Yard) -> Phase:
    """Deploy, and return how far that comes in a while."""
    until = here.clock.now() + timedelta(seconds=10)
    await here.units.deploy(KEY, here.order(here.descriptor()))
    return (await here.settle(lambda anchor: at_rest(anchor) or here.clock.now() > until)).phase


async def test_a_service_names_the_version_when_every_pod_behind_it_carries_it(here: Yard) -> None:
    plain(here)
    metadata = {
        "name": "left",
        "namespace": KEY.namespace,
        "labels": {"app": "shop"},
        "annotations": {"played": "shop"},
    }
    ready = {"phase": "Running", "podIP": "10.0.0.9", "conditions": [{"type": "Ready", "status": "True"}]}
    left = here.cluster.put({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": ready})
    assert (await begun(here), here.selector) == (Phase.ADOPTING, {"app": "shop"})
    here.cluster.remove(object_ref(left))
    assert states(await here.settle()) == {"0": "Hot", "1": "Live"}


async def test_a_service_names_the_version_when_as_many_pods_are_ready_as_before(here: Yard) -> None:
    plain(here)
    here.cluster.is_well = lambda one: VERSION_LABEL not in one["spec"]["template"]["metadata"]["labels"]
    assert (await begun(here), here.selector) == (Phase.ADOPTING, {"app": "shop"})


def scaled(here: Yard, **metadata: Any) -> None:
    """Put an autoscaler of the plain Deployment."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
    here.cluster.put(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "peaks", "namespace": KEY.namespace, **metadata},
            "spec": {"minReplicas": 2, "maxReplicas": 9, "scaleTargetRef": target},
        }
    )


async def test_what_scales_a_plain_app_comes_and_goes_with_its_traffic(here: Yard) -> None:
    plain(here)
    scaled(here)
    deployment = ObjectRef("apps/v1", "Deployment", KEY.namespace, "shop")
    here.cluster.edit(deployment, lambda obj: obj["spec"].update(replicas=5), manager="hpa")
    anchor = await here.deploy(here.descriptor())
    assert states(anchor) == {"0": "Hot", "1": "Live"}
    assert (here.replicas("shop"), here.replicas("shop-1")) == (5, 2)
    assert here.live("HorizontalPodAutoscaler", "peaks") is None
    await here.ask(Rollback(*here.asked(), "d2"))
    back = here.live("HorizontalPodAutoscaler", "peaks")
    assert back is not None
    assert (back["spec"]["minReplicas"], back["spec"]["maxReplicas"]) == (2, 9)
    await here.deploy(here.descriptor(), release_hold=True)
    anchor = await here.settle(lambda anchor: states(anchor) in ({"1": "Live"}, {"2": "Live"}, {"3": "Live"}))
    assert [here.live(kind, "peaks") for kind in ("HorizontalPodAutoscaler", "Deployment")] == [None, None]


async def test_what_scales_a_plain_app_goes_with_the_app(here: Yard) -> None:
    plain(here)
    scaled(here)
    await here.units.deploy(KEY, here.order(here.descriptor(rules={"promote_after": None})))
    anchor = await here.settle()
    assert (anchor.phase, states(anchor)) == (Phase.AWAITING, {"0": "Live", "1": "Ready"})
    assert here.live("HorizontalPodAutoscaler", "peaks") is not None
    anchor = await here.ask(Undeploy(*here.asked(), "d2"))
    assert (states(anchor), here.live("HorizontalPodAutoscaler", "peaks")) == ({}, None)


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": {"argocd.argoproj.io/tracking-id": "x:autoscaling/HorizontalPodAutoscaler:default/peaks"}},
        {"ownerReferences": [{"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "peaks", "uid": "u"}]},
    ],
    ids=["argo", "keda"],
)
async def test_what_others_scale_is_not_adopted(here: Yard, metadata: dict[str, Any]) -> None:
    plain(here)
    for owner in metadata.get("ownerReferences", []):
        owner["controller"] = True
    scaled(here, **metadata)
    await refuses(here)


async def test_what_a_release_made_is_taken_out_of_its_inventory(here: Yard) -> None:
    made = plain(here, **{"fairlead.dev/release": "default/web"})
    entries = [InventoryEntry(object_ref(one), one["metadata"]["uid"]) for one in made]
    store = SecretStateStore(here.cluster)
    await store.swap(RELEASE, Stored(), ReleaseState(Inventory((*entries, CONFIG))))
    anchor = await here.deploy(here.descriptor())
    assert states(anchor) == {"0": "Hot", "1": "Live"}
    assert tuple((await store.read(RELEASE)).state.inventory) == (CONFIG,)
    marks = [here.live(kind, "shop") for kind in ("Deployment", "Service")]
    assert [one and one["metadata"]["annotations"]["fairlead.dev/release"] for one in marks] == ["default/shop"] * 2


async def test_what_a_run_has_in_its_hands_is_not_taken(here: Yard) -> None:
    made = plain(here, **{"fairlead.dev/release": "default/web"})
    entries = [InventoryEntry(object_ref(one), one["metadata"]["uid"]) for one in made]
    store = SecretStateStore(here.cluster)
    await store.swap(RELEASE, Stored(), ReleaseState(Inventory(tuple(entries)), lock=lock()))
    anchor = await here.deploy(here.descriptor())
    assert (states(anchor), ended(anchor)) == ({}, {"i1": "failed"})
    assert here.selector == {"app": "shop"}


@pytest.mark.parametrize(
    "annotations",
    [
        {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "default"},
        {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:default/shop"},
        {"fairlead.dev/release": "elsewhere/shop"},
    ],
)
async def test_what_others_keep_is_not_adopted(here: Yard, annotations: dict[str, str]) -> None:
    plain(here, **annotations)
    await refuses(here)


def another(here: Yard) -> None:
    """Put a second Deployment behind the Service."""
    first = here.live("Deployment", "shop")
    assert first is not None
    here.cluster.put({**first, "metadata": {"name": "second", "namespace": KEY.namespace}})


def gone(here: Yard) -> None:
    """Let nothing be behind the Service."""
    here.cluster.remove(ObjectRef("apps/v1", "Deployment", KEY.namespace, "shop"))


def select(**selector: str) -> Callable[[Yard], None]:
    def change(here: Yard) -> None:
        service = ObjectRef("v1", "Service", KEY.namespace, "shop")
        here.cluster.edit(service, lambda live: live["spec"].update(selector=selector))

    return change


@pytest.mark.parametrize(
    "otherwise",
    [another, gone, select(), select(app="shop", version="9")],
    ids=["two", "none", "no selector", "a version"],
)
async def test_what_is_no_plain_app_is_not_adopted(here: Yard, otherwise: Callable[[Yard], None]) -> None:
    plain(here)
    otherwise(here)
    await refuses(here)


async def test_all_services_of_an_app_are_adopted_or_none(here: Yard) -> None:
    plain(here)
    main = here.descriptor().main
    await refuses(here, components=(replace(main, name="admin"),))


async def refuses(here: Yard, **more: Any) -> None:
    """Deploy an app that is refused, and look that nothing was left behind."""
    before = [(object_ref(one), one["metadata"]["resourceVersion"]) for one in here.cluster.objects]
    with pytest.raises(Refused) as refused:
        await here.deploy(here.descriptor(**more))
    assert (refused.value.code, refused.value.problems[0].path) == ("notAdoptable", "appName")
    assert not (await here.units.read(KEY)).exists
    assert [(object_ref(one), one["metadata"]["resourceVersion"]) for one in here.cluster.objects] == before
