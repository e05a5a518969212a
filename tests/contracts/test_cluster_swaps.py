"""Creating what must not exist yet, and replacing exactly one version: what every cluster adapter guarantees."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import object_ref
from tests.contracts.conftest import ClusterUnderTest


def secret(namespace: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a", "namespace": namespace},
        "type": "example.com/test",
        "stringData": data,
    }


async def test_the_server_names_what_only_has_the_beginning_of_a_name(under_test: ClusterUnderTest) -> None:
    obj = secret(under_test.namespace, key="1")
    obj["metadata"] = {"generateName": "token-", "namespace": under_test.namespace}
    names = [(await under_test.cluster.create(obj, manager="one"))["metadata"]["name"] for _ in range(2)]
    assert [name.startswith("token-") for name in names] == [True, True]
    assert names[0] != names[1]


async def test_an_object_is_created_once(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.create(secret(namespace, key="1"), manager="one")
    assert made["data"] == {"key": "MQ=="}
    assert await cluster.get(object_ref(made)) == made
    with pytest.raises(RemoteRefused) as caught:
        await cluster.create(secret(namespace, key="2"), manager="two")
    assert caught.value.code == "alreadyExists"
    assert await cluster.get(object_ref(made)) == made


async def test_only_the_version_that_was_named_is_replaced(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.create(secret(namespace, key="1"), manager="one")
    new = secret(namespace, other="2")
    new["metadata"] |= {"resourceVersion": made["metadata"]["resourceVersion"], "uid": made["metadata"]["uid"]}
    replaced = await cluster.replace(new, manager="one")
    assert replaced["data"] == {"other": "Mg=="}
    assert replaced["metadata"]["uid"] == made["metadata"]["uid"]
    with pytest.raises(RemoteRefused) as caught:
        await cluster.replace({**new, "stringData": {"third": "3"}}, manager="one")
    assert (caught.value.status, caught.value.code) == (409, "conflict")
    assert await cluster.get(object_ref(made)) == replaced


async def test_what_is_gone_is_not_replaced(under_test: ClusterUnderTest) -> None:
    cluster, namespace = under_test.cluster, under_test.namespace
    made = await cluster.create(secret(namespace, key="1"), manager="one")
    await cluster.delete(object_ref(made), uid=made["metadata"]["uid"])
    new = secret(namespace, key="2")
    new["metadata"] |= {"resourceVersion": made["metadata"]["resourceVersion"], "uid": made["metadata"]["uid"]}
    with pytest.raises(RemoteRefused) as caught:
        await cluster.replace(new, manager="one")
    assert caught.value.code in ("notFound", "conflict")
    assert await cluster.get(object_ref(made)) is None


@pytest.mark.parametrize("where", ["nowhere", "kind"])
async def test_a_place_that_is_not_there_is_explained(under_test: ClusterUnderTest, where: str) -> None:
    obj = secret("fairlead-nowhere" if where == "nowhere" else under_test.namespace)
    if where == "kind":
        obj |= {"apiVersion": "example.com/v1", "kind": "Nothing"}
    with pytest.raises(RemoteRefused) as caught:
        await under_test.cluster.create(obj, manager="one")
    assert caught.value.code == {"nowhere": "namespaceMissing", "kind": "kindNotServed"}[where]
