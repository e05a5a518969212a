"""What a cluster remembers of releases, on the fake and on a real API server."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.state import ReleaseState, Stored
from fairlead.ports.cluster import LiveObject
from tests.contracts.conftest import ClusterUnderTest
from tests.fakes.cluster import FakeCluster
from tests.fakes.states import INVENTORY, lock, record, recorded
from tests.fakes.whoami import ANN


@pytest.fixture
def store(under_test: ClusterUnderTest) -> SecretStateStore:
    return SecretStateStore(under_test.cluster)


@pytest.fixture
def key(under_test: ClusterUnderTest) -> ReleaseKey:
    return ReleaseKey("test", "c", under_test.namespace, "web")


def _secret(key: ReleaseKey, name: str = "fairlead.v1.web") -> ObjectRef:
    return ObjectRef("v1", "Secret", key.namespace, name)


async def test_a_state_is_found_again(store: SecretStateStore, key: ReleaseKey) -> None:
    assert await store.read(key) == Stored()
    state = ReleaseState(INVENTORY, lock=lock(), deployments=(recorded(key=key),))
    stored = await store.swap(key, Stored(), state)
    assert stored is not None
    assert stored.state == state
    assert await store.read(key) == stored
    found = await store.states([key.namespace])
    assert found.of(key) == stored
    assert found.of(replace(key, release="other")) == Stored()
    live = await store.cluster.get(_secret(key))
    assert live is not None
    assert (live["type"], live["metadata"]["labels"]) == ("fairlead.dev/state.v1", {"fairlead.dev/release": "web"})


async def test_of_two_writers_one_wins(store: SecretStateStore, key: ReleaseKey) -> None:
    states = [ReleaseState(fence=number) for number in (1, 2)]
    made = await asyncio.gather(*(store.swap(key, Stored(), state) for state in states))
    assert sum(one is not None for one in made) == 1
    old = await store.read(key)
    states = [ReleaseState(fence=number) for number in (3, 4)]
    swapped = await asyncio.gather(*(store.swap(key, old, state) for state in states))
    assert sum(one is not None for one in swapped) == 1
    assert (await store.read(key)).state.fence in (3, 4)


async def test_a_state_that_was_deleted_is_not_written_over(store: SecretStateStore, key: ReleaseKey) -> None:
    old = await store.swap(key, Stored(), ReleaseState(fence=1))
    assert old is not None
    await store.cluster.delete(_secret(key), uid=old.uid)
    assert await store.swap(key, old, ReleaseState(fence=2)) is None
    assert await store.read(key) == Stored()


async def test_a_write_that_arrived_without_an_answer_counts(store: SecretStateStore, key: ReleaseKey) -> None:
    first = await store.swap(key, Stored(), ReleaseState(fence=1))
    assert first is not None
    assert await store.swap(key, Stored(), ReleaseState(fence=1)) == first
    second = await store.swap(key, first, ReleaseState(fence=2))
    assert await store.swap(key, first, ReleaseState(fence=2)) == second


async def test_a_record_is_found_again_and_forgotten(store: SecretStateStore, key: ReleaseKey) -> None:
    assert await store.record(key, 1) is None
    written = await store.write_record(key, record(key=key))
    assert await store.write_record(key, record(key=key)) == written
    assert await store.record(key, 1) == written
    live = await store.cluster.get(_secret(key, "fairlead.v1.web.1"))
    assert live is not None
    assert live["type"] == "fairlead.dev/record.v1"
    assert live["metadata"]["labels"] == {"fairlead.dev/release": "web", "fairlead.dev/number": "1"}
    assert (await store.states([key.namespace])).of(key) == Stored()
    await store.forget_record(key, 1, chunks=0)
    await store.forget_record(key, 1, chunks=0)
    assert await store.record(key, 1) is None


async def test_a_large_record_takes_several_secrets(store: SecretStateStore, key: ReleaseKey) -> None:
    noise = random.Random(1).randbytes(800_000).hex()
    large = record(key=key, manifests=({"kind": "ConfigMap", "data": {"noise": noise}},))
    written = await store.write_record(key, large)
    assert written.recorded.chunks == 1
    assert await store.record(key, 1) == written
    assert await store.cluster.get(_secret(key, "fairlead.v1.web.1.c1")) is not None
    await store.forget_record(key, 1, chunks=1)
    assert await store.cluster.get(_secret(key, "fairlead.v1.web.1.c1")) is None


async def test_half_a_record_is_none() -> None:
    """Who dies between two pieces leaves one that nobody finds, and the next to write the record replaces it."""
    cluster, key = FakeCluster(), ReleaseKey("test", "c", "default", "web")
    store, noise = SecretStateStore(cluster), random.Random(1).randbytes(800_000).hex()
    large = record(key=key, manifests=({"kind": "ConfigMap", "data": {"noise": noise}},))
    cluster.fail(Transient(Problem("unreachable", "gone")), verb="create", kind="Secret", skip=1)
    with pytest.raises(Transient):
        await store.write_record(key, large)
    assert await store.record(key, 1) is None
    written = await store.write_record(key, large)
    assert await store.record(key, 1) == written


async def test_a_record_that_another_run_writes_meanwhile_is_not_written_over() -> None:
    class Racing(FakeCluster):
        """Somebody changes what was read right after it was read."""

        async def get(self, ref: ObjectRef) -> LiveObject | None:
            found = await super().get(ref)
            if found is not None:
                self.edit(ref, lambda obj: obj["metadata"].setdefault("annotations", {}).update(by="another"))
            return found

    cluster, key = Racing(), ReleaseKey("test", "c", "default", "web")
    store = SecretStateStore(cluster)
    await store.write_record(key, record(key=key, notes="theirs"))
    with pytest.raises(RemoteRefused) as caught:
        await store.write_record(key, record(key=key, notes="ours"))
    assert caught.value.code == "conflict"
    found = await store.record(key, 1)
    assert found is not None
    assert found.notes == "theirs"


async def test_a_lease_beats_until_it_falls_silent(store: SecretStateStore, key: ReleaseKey) -> None:
    assert await store.heard(key.namespace, "fairlead-run") is None
    heard: list[str | None] = []
    for second in (1, 2):
        at = datetime(2026, 11, 21, 12, 0, second, tzinfo=UTC)
        await store.beat(key.namespace, "fairlead-run", ANN, at=at)
        heard.append(await store.heard(key.namespace, "fairlead-run"))
    assert len({None, *heard}) == 3
    assert await store.heard(key.namespace, "fairlead-run") == heard[-1]
    for _ in range(2):
        await store.fall_silent(key.namespace, "fairlead-run")
        assert await store.heard(key.namespace, "fairlead-run") is None


@pytest.mark.parametrize("document", ["", "bm9uc2Vuc2U=", "%%%", "eJwrSy0qzszPAwAK7ALL"])
async def test_a_broken_document_is_explained(store: SecretStateStore, key: ReleaseKey, document: str) -> None:
    labels = {"fairlead.dev/release": "web"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "fairlead.v1.web", "namespace": key.namespace, "labels": labels},
        "type": "fairlead.dev/state.v1",
    }
    if document == "%%%":
        await store.cluster.create({**secret, "stringData": {"document": document}}, manager="someone")
    else:
        await store.cluster.create({**secret, "data": {"document": document}}, manager="someone")
    with pytest.raises(OperationFailed) as caught:
        await store.read(key)
    assert caught.value.code == "stateInvalid"


async def test_a_namespace_whose_secrets_may_not_be_read_is_unknown() -> None:
    cluster, key = FakeCluster(), ReleaseKey("test", "c", "default", "web")
    cluster.fail(RemoteRefused(Problem("forbidden", "no"), status=403), verb="list", kind="Secret")
    found = await SecretStateStore(cluster).states(["default"])
    assert found.of(key) is None
    assert found.of(replace(key, namespace="kube-system")) == Stored()
