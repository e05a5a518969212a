"""Nobody gets a foreign object deleted: not by copied labels, not by a forged Secret."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.adapters.statestore.store import RELEASE_LABEL, SecretStateStore
from fairlead.domain.changes import Plan
from fairlead.domain.deployments import Outcome
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.state import ReleaseState, Stored
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.plan import plan
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, engine, wanted

KEY = ReleaseKey("test", "c", "default", "web")
VICTIM = ObjectRef("v1", "ConfigMap", "kube-system", "victim")
STATE = ObjectRef("v1", "Secret", "default", "fairlead.v1.web")


def _pruned(planned: Plan) -> dict[str, str]:
    return {change.ref.name: change.action.value for change in planned.releases[0].changes if change.is_pruning}


async def _deployed(cluster: FakeCluster, *objects: dict[str, Any]) -> None:
    ports, _ = engine(cluster)
    one = wanted(*objects)
    (done,) = await deploy(await plan([one], ports), [one.target], ports, DeployOptions(wait=False))
    assert done.outcome in (Outcome.SUCCEEDED, Outcome.UNCHANGED)


async def _uid(cluster: FakeCluster, ref: ObjectRef) -> str:
    live = await cluster.get(ref)
    assert live is not None
    return str(live["metadata"]["uid"])


async def test_an_object_with_all_our_marks_but_not_of_the_inventory_stays() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, config_map("stays"), config_map("gone"))
    marks = {"name": "twin", "namespace": "default", "annotations": {"fairlead.dev/release": "default/web"}}
    cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": marks}, manager="fairlead")
    ports, _ = engine(cluster)
    assert _pruned(await plan([wanted(config_map("stays"))], ports)) == {"gone": "delete"}
    await _deployed(cluster, config_map("stays"))
    assert await cluster.get(ObjectRef("v1", "ConfigMap", "default", "twin")) is not None


@pytest.mark.parametrize("owner", ["nobody", "another release"])
async def test_a_forged_inventory_deletes_nothing_that_is_not_marked_as_ours(owner: str) -> None:
    cluster = FakeCluster()
    notes = {} if owner == "nobody" else {"fairlead.dev/release": "kube-system/dns"}
    marks = {"name": VICTIM.name, "namespace": VICTIM.namespace, "annotations": notes}
    cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": marks})
    forged = ReleaseState(Inventory((InventoryEntry(VICTIM, await _uid(cluster, VICTIM)),)))
    assert await SecretStateStore(cluster).swap(KEY, Stored(), forged) is not None
    ports, _ = engine(cluster)
    assert _pruned(await plan([wanted()], ports)) == {"victim": "skip"}
    await _deployed(cluster)
    assert await cluster.get(VICTIM) is not None


async def test_a_secret_with_the_label_of_a_release_is_not_its_state() -> None:
    cluster = FakeCluster()
    await _deployed(cluster, config_map("stays"))
    entry = InventoryEntry(ObjectRef("v1", "ConfigMap", "default", "stays"), "u")
    store = SecretStateStore(cluster)
    other = ReleaseKey("test", "c", "default", "zzz")
    assert await store.swap(other, Stored(), ReleaseState(Inventory((entry,)))) is not None
    cluster.edit(
        ObjectRef("v1", "Secret", "default", "fairlead.v1.zzz"),
        lambda obj: obj["metadata"]["labels"].update({RELEASE_LABEL: "web"}),
    )
    found = (await store.states(["default"])).of(KEY)
    assert found is not None
    assert entry not in found.state.inventory
    assert found.uid == await _uid(cluster, STATE)
