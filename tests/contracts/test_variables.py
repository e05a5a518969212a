"""What a cluster remembers of the environment variables of a namespace, on the fake and on a real API server."""

from __future__ import annotations

import asyncio

import pytest

from fairlead.adapters.variables.configmaps import NAME, ConfigMapVariables
from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.errors import OperationFailed
from fairlead.ports.variables import Stored
from tests.contracts.conftest import ClusterUnderTest

ZONE, OTHER = Variable("ZONE", "b=c\nd"), Variable("ZONE", "e")
TOKEN = Variable("TOKEN", SecretKey("login", "to.ken"))


@pytest.fixture
def store(under_test: ClusterUnderTest) -> ConfigMapVariables:
    return ConfigMapVariables(under_test.cluster)


async def test_what_was_stored_is_found_again(store: ConfigMapVariables, under_test: ClusterUnderTest) -> None:
    namespace = under_test.namespace
    assert await store.read(namespace) == Stored()
    stored = await store.swap(namespace, Stored(), [ZONE, TOKEN])
    assert stored is not None
    assert stored.variables == (TOKEN, ZONE)
    assert await store.read(namespace) == stored
    fewer = await store.swap(namespace, stored, [TOKEN])
    assert fewer is not None
    assert (await store.read(namespace)).variables == (TOKEN,)
    assert await store.swap(namespace, fewer, []) is not None
    assert (await store.read(namespace)).variables == ()


async def test_of_two_who_change_one_wins(store: ConfigMapVariables, under_test: ClusterUnderTest) -> None:
    namespace = under_test.namespace
    made = await asyncio.gather(*(store.swap(namespace, Stored(), [one]) for one in (ZONE, OTHER)))
    assert sum(one is not None for one in made) == 1
    old = await store.read(namespace)
    swapped = await asyncio.gather(*(store.swap(namespace, old, [TOKEN, one]) for one in (ZONE, OTHER)))
    assert sum(one is not None for one in swapped) == 1


async def test_a_write_that_arrived_without_an_answer_counts(
    store: ConfigMapVariables, under_test: ClusterUnderTest
) -> None:
    first = await store.swap(under_test.namespace, Stored(), [ZONE])
    assert first is not None
    assert await store.swap(under_test.namespace, Stored(), [ZONE]) == first


@pytest.mark.parametrize("value", ["login", "/token", "login/"])
async def test_a_reference_that_is_none_is_named(
    store: ConfigMapVariables, under_test: ClusterUnderTest, value: str
) -> None:
    meta = {"name": NAME, "namespace": under_test.namespace}
    broken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"secret.TOKEN": value}}
    await under_test.cluster.create(broken, manager="somebody")
    with pytest.raises(OperationFailed) as caught:
        await store.read(under_test.namespace)
    assert caught.value.code == "variablesInvalid"
