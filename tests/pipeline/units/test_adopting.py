"""Adopting what has traffic and no versions, over a cluster in memory whose controllers are played."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.rollout.intents import Rollback
from fairlead.domain.state import ReleaseState, Stored
from fairlead.ports.cluster import LiveObject
from tests.fakes.states import lock
from tests.pipeline.units.units import KEY, Yard, ended, states, yard

RELEASE = ReleaseKey("test", "c", KEY.namespace, "web")
CONFIG = InventoryEntry(ObjectRef("v1", "ConfigMap", KEY.namespace, "web"), "u")


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


def plain(here: Yard, **annotations: str) -> list[LiveObject]:
    """Put a Deployment of two pods behind a Service that selects by the app alone."""
    labels = {"app": "shop"}
    metadata = {"name": "shop", "namespace": KEY.namespace, "annotations": annotations}
    container = {"name": "app", "image": "shop:0"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    service: dict[str, Any] = {"selector": labels, "ports": [{"name": "http", "port": 8080, "targetPort": 8080}]}
    return [
        here.cluster.put({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}),
        here.cluster.put({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service}),
    ]


async def test_a_plain_app_is_version_zero_and_can_come_back(here: Yard) -> None:
    plain(here)
    anchor = await here.deploy(here.descriptor())
    assert (states(anchor), here.selector) == ({"0": "Hot", "1": "Live"}, {"app": "shop", "version": "1"})
    anchor = await here.ask(Rollback(*here.asked(), "d2"))
    assert (states(anchor), here.selector) == ({"0": "Live", "1": "Hot"}, {"app": "shop", "version": "0"})


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
    anchor = await here.deploy(here.descriptor())
    assert (states(anchor), ended(anchor), here.selector) == ({}, {"i1": "failed"}, {"app": "shop"})
