"""Changing exactly what was read by a JSON Patch: what every cluster adapter guarantees."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import object_ref
from fairlead.ports.cluster import LiveObject
from tests.contracts.conftest import ClusterUnderTest


def service(namespace: str, **selector: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": selector, "ports": [{"port": 80}]},
    }


def switched(live: LiveObject, **selector: str) -> list[dict[str, Any]]:
    return [
        {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        {"op": "test", "path": "/spec/selector", "value": live["spec"]["selector"]},
        {"op": "replace", "path": "/spec/selector", "value": selector},
    ]


async def test_a_patch_changes_what_it_names_and_nothing_else(under_test: ClusterUnderTest) -> None:
    cluster = under_test.cluster
    made = await cluster.apply(service(under_test.namespace, app="web", version="1"), manager="one")
    patched = await cluster.patch(object_ref(made), switched(made, app="web", version="2"), manager="one")
    assert patched["spec"] == {**made["spec"], "selector": {"app": "web", "version": "2"}}
    assert patched["metadata"]["uid"] == made["metadata"]["uid"]
    assert await cluster.get(object_ref(made)) == patched


async def test_a_patch_of_what_has_moved_on_is_a_conflict(under_test: ClusterUnderTest) -> None:
    cluster = under_test.cluster
    made = await cluster.apply(service(under_test.namespace, app="web", version="1"), manager="one")
    labelled = {**service(under_test.namespace, app="web", version="1")}
    labelled["metadata"]["labels"] = {"touched": "yes"}
    touched = await cluster.apply(labelled, manager="one")
    with pytest.raises(RemoteRefused) as caught:
        await cluster.patch(object_ref(made), switched(made, app="web", version="2"), manager="one")
    assert caught.value.code == "conflict"
    assert await cluster.get(object_ref(made)) == touched


async def test_a_patch_that_expects_another_value_is_a_conflict(under_test: ClusterUnderTest) -> None:
    cluster = under_test.cluster
    made = await cluster.apply(service(under_test.namespace, app="web", version="1"), manager="one")
    operations = switched(made, app="web", version="2")
    operations[1]["value"] = {"app": "web", "version": "0"}
    with pytest.raises(RemoteRefused) as caught:
        await cluster.patch(object_ref(made), operations, manager="one")
    assert caught.value.code == "conflict"
    assert await cluster.get(object_ref(made)) == made


async def test_what_is_gone_is_not_patched(under_test: ClusterUnderTest) -> None:
    cluster = under_test.cluster
    made = await cluster.apply(service(under_test.namespace, app="web"), manager="one")
    await cluster.delete(object_ref(made), uid=made["metadata"]["uid"])
    with pytest.raises(RemoteRefused) as caught:
        await cluster.patch(object_ref(made), switched(made, app="other"), manager="one")
    assert caught.value.code == "notFound"
    assert await cluster.get(object_ref(made)) is None
