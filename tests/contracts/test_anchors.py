"""What a cluster remembers of units, on the fake and on a real API server."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.domain.errors import OperationFailed, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.units import UnitKey
from fairlead.ports.anchors import Anchored
from tests.contracts.conftest import ClusterUnderTest


@pytest.fixture
def anchors(under_test: ClusterUnderTest) -> SecretAnchors:
    return SecretAnchors(under_test.cluster)


@pytest.fixture
def key(under_test: ClusterUnderTest) -> UnitKey:
    return UnitKey("c", under_test.namespace, "shop")


async def test_an_anchor_is_found_again(anchors: SecretAnchors, key: UnitKey) -> None:
    assert await anchors.read(key) == Anchored()
    stored = await anchors.swap(key, Anchored(), {"epoch": 1})
    assert stored is not None
    assert stored.document == {"epoch": 1}
    assert await anchors.read(key) == stored
    assert await anchors.read(replace(key, name="other")) == Anchored()


async def test_all_anchors_of_a_namespace_are_read_at_once(anchors: SecretAnchors, key: UnitKey) -> None:
    assert await anchors.all_in(key.namespace) == {}
    for name in ("shop", "shop-1"):
        await anchors.swap(replace(key, name=name), Anchored(), {"of": name})
    await anchors.add_version(key, "1", {"digest": "a"})
    found = await anchors.all_in(key.namespace)
    assert found == {name: await anchors.read(replace(key, name=name)) for name in ("shop", "shop-1")}


async def test_of_two_drivers_one_wins(anchors: SecretAnchors, key: UnitKey) -> None:
    made = await asyncio.gather(*(anchors.swap(key, Anchored(), {"epoch": number}) for number in (1, 2)))
    assert sum(one is not None for one in made) == 1
    old = await anchors.read(key)
    swapped = await asyncio.gather(*(anchors.swap(key, old, {"epoch": number}) for number in (3, 4)))
    assert sum(one is not None for one in swapped) == 1
    assert (await anchors.read(key)).document["epoch"] in (3, 4)


async def test_a_write_that_arrived_without_an_answer_counts(anchors: SecretAnchors, key: UnitKey) -> None:
    first = await anchors.swap(key, Anchored(), {"epoch": 1})
    assert first is not None
    assert await anchors.swap(key, Anchored(), {"epoch": 1}) == first
    second = await anchors.swap(key, first, {"epoch": 2})
    assert await anchors.swap(key, first, {"epoch": 2}) == second


async def test_versions_are_kept_beside_the_anchor(anchors: SecretAnchors, key: UnitKey) -> None:
    assert await anchors.swap_version(key, "1", Anchored(), {"digest": "a"})
    first = await anchors.read_version(key, "1")
    assert first.document == {"digest": "a"}
    assert await anchors.swap_version(key, "1", first, {"digest": "b"})
    assert await anchors.swap_version(key, "1", first, {"digest": "b"})  # an answer that was lost
    for old in (Anchored(), first):
        assert not await anchors.swap_version(key, "1", old, {"digest": "too late"})
    await anchors.add_version(replace(key, name="shop-1"), "1", {"digest": "other"})
    assert await anchors.version(key, "1") == {"digest": "b"}
    assert await anchors.version(key, "2") is None
    await anchors.forget_version(key, "1")
    await anchors.forget_version(key, "1")
    assert await anchors.version(key, "1") is None
    assert await anchors.version(replace(key, name="shop-1"), "1") == {"digest": "other"}


async def test_of_two_versions_of_one_name_one_is_added(anchors: SecretAnchors, key: UnitKey) -> None:
    added = await asyncio.gather(*(anchors.add_version(key, "1", {"digest": digest}) for digest in "ab"))
    assert sorted(added) == [False, True]
    stored = await anchors.version(key, "1")
    assert stored in ({"digest": "a"}, {"digest": "b"})
    assert await anchors.add_version(key, "1", stored or {})  # an answer that was lost
    await anchors.add_version(replace(key, name="shop-1"), "7", {})
    await anchors.swap(key, Anchored(), {"epoch": 1})
    found = await anchors.versions(key)
    assert list(found) == ["1"]
    assert all(found.values())


async def test_units_are_found_by_their_anchors(anchors: SecretAnchors, key: UnitKey) -> None:
    assert await anchors.names(key.namespace) == ()
    await anchors.add_version(key, "1", {})
    for name in ("web", "shop"):
        await anchors.swap(replace(key, name=name), Anchored(), {"epoch": 1})
    assert await anchors.names(key.namespace) == ("shop", "web")


async def test_an_anchor_that_has_moved_on_is_not_forgotten(anchors: SecretAnchors, key: UnitKey) -> None:
    first = await anchors.swap(key, Anchored(), {"epoch": 1})
    assert first is not None
    second = await anchors.swap(key, first, {"epoch": 2})
    assert second is not None
    with pytest.raises(RemoteRefused) as caught:
        await anchors.forget(key, first)
    assert caught.value.code == "conflict"
    await anchors.forget(key, second)
    assert await anchors.read(key) == Anchored()
    await anchors.forget(key, Anchored())


async def test_what_does_not_fit_is_refused_before_it_is_sent(anchors: SecretAnchors, key: UnitKey) -> None:
    noise = random.Random(1).randbytes(800_000).hex()
    with pytest.raises(RemoteRefused) as caught:
        await anchors.add_version(key, "1", {"noise": noise})
    assert caught.value.code == "objectTooLarge"
    assert await anchors.version(key, "1") is None


@pytest.mark.parametrize("document", ["no base64!", "", "eJwzBAAAMgAy"])
async def test_what_is_no_anchor_is_named(anchors: SecretAnchors, key: UnitKey, document: str) -> None:
    made = await anchors.swap(key, Anchored(), {"epoch": 1})
    assert made is not None
    ref = ObjectRef("v1", "Secret", key.namespace, "fairlead.unit.v1.shop")
    broken = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": ref.name, "namespace": ref.namespace, "resourceVersion": made.version},
        "type": "fairlead.dev/unit.v1",
        "stringData": {"document": document},
    }
    await anchors.cluster.replace(broken, manager="somebody")
    with pytest.raises(OperationFailed) as caught:
        await anchors.read(key)
    assert caught.value.code == "anchorInvalid"
