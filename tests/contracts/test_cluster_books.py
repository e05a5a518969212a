"""The fake keeps the same books of ownership as a real API server: the same steps, the same objects, step by step.

The engine's tests lean on the fake's `managedFields`; this is what they may lean on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import Cluster, LiveObject
from tests.contracts.conftest import RealCluster
from tests.fakes.cluster import FakeCluster

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True)
class Apply:
    """A server-side apply of `obj` by `manager`."""

    manager: str
    obj: dict[str, Any]
    force: bool = True


@dataclass(frozen=True, slots=True)
class Edit:
    """A change by another program: kubectl arguments for the real one, the same as a function for the fake."""

    kubectl: tuple[str, ...]
    manager: str
    change: Callable[[LiveObject], None]


def config_map(labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    meta = {"name": "it", "labels": labels} if labels is not None else {"name": "it"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def container(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": "localhost/web:1", **fields}


def deployment(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "it"}}, "spec": {"containers": list(containers)}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "it"},
        "spec": {"selector": {"matchLabels": {"app": "it"}}, "template": template, **spec},
    }


def service(*ports: dict[str, Any]) -> dict[str, Any]:
    spec = {"selector": {"app": "it"}, "ports": list(ports)}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "it"}, "spec": spec}


def set_data(key: str, value: str) -> Edit:
    patch = f'{{"data": {{"{key}": "{value}"}}}}'
    return Edit(("patch", "--type=merge", "-p", patch), "kubectl-patch", lambda obj: obj["data"].update({key: value}))


def set_image(image: str) -> Edit:
    def change(obj: LiveObject) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    patch = f'[{{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "{image}"}}]'
    return Edit(("patch", "--type=json", "-p", patch), "kubectl-patch", change)


def label(key: str, value: str) -> Edit:
    def change(obj: LiveObject) -> None:
        obj["metadata"].setdefault("labels", {})[key] = value

    return Edit(("label", f"{key}={value}"), "kubectl-label", change)


STORIES: dict[str, list[Apply | Edit]] = {
    "fields come and go": [
        Apply("fairlead", config_map(a="1", b="2")),
        Apply("fairlead", config_map(a="1")),
        Apply("fairlead", config_map({"x": "y"}, a="3")),
        Apply("fairlead", config_map({}, a="3")),
        Apply("fairlead", config_map()),
    ],
    "the same value is shared, another one is taken": [
        Apply("one", config_map(a="1", b="2")),
        Apply("two", config_map(a="1")),
        Apply("two", config_map(a="5"), force=False),
        Apply("two", config_map(a="5")),
        Apply("one", config_map(b="2")),
        Apply("two", config_map()),
    ],
    "an edit by hand takes what it changes": [
        Apply("fairlead", config_map({"x": "y"}, a="1", b="2")),
        set_data("a", "9"),
        set_data("c", "3"),
        label("by", "hand"),
        Apply("fairlead", config_map({"x": "y"}, a="1", b="2")),
        Apply("fairlead", config_map(b="2")),
    ],
    "containers are known by name": [
        Apply("fairlead", deployment(container("a"), container("b", env=[{"name": "X", "value": "1"}]), replicas=0)),
        Apply("sidecar", deployment(container("c"), replicas=0)),
        Apply("fairlead", deployment(container("b", env=[{"name": "Y", "value": "2"}]), replicas=0)),
        Apply("fairlead", deployment(container("b", image="localhost/web:2"), replicas=0)),
        Apply("sidecar", deployment(container("c"), replicas=0)),
    ],
    "an image set by hand": [
        Apply("fairlead", deployment(container("a"), replicas=0)),
        set_image("localhost/web:9"),
        Apply("fairlead", deployment(container("a"), replicas=0), force=False),
        Apply("fairlead", deployment(container("a"), replicas=0)),
    ],
    "ports are known by number and protocol": [
        Apply("fairlead", service({"port": 80, "name": "a"}, {"port": 81, "name": "b", "protocol": "UDP"})),
        Apply("fairlead", service({"port": 81, "name": "b", "protocol": "UDP"})),
    ],
}


@pytest.mark.parametrize("story", list(STORIES))
async def test_fake_and_real_agree(real: RealCluster, story: str) -> None:
    fake = FakeCluster()
    fake.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": real.namespace}})
    for number, step in enumerate(STORIES[story], start=1):
        if isinstance(step, Apply):
            obj = {**step.obj, "metadata": {**step.obj["metadata"], "namespace": real.namespace}}
            results = [await outcome(cluster, step, obj) for cluster in (fake, real.cluster)]
            assert results[0] == results[1], f"step {number}"
            ref = ObjectRef(obj["apiVersion"], obj["kind"], real.namespace, "it")
        else:
            verb, *rest = step.kubectl
            await real.sandbox.ask(verb, "-n", real.namespace, ref.kind, "it", *rest)
            fake.edit(ref, step.change, manager=step.manager)
        assert await books(fake, ref) == await books(real.cluster, ref), f"step {number}"


async def outcome(cluster: Cluster, step: Apply, obj: dict[str, Any]) -> str:
    try:
        await cluster.apply(obj, manager=step.manager, force=step.force)
    except RemoteRefused as error:
        return error.code
    return "applied"


async def books(cluster: Cluster, ref: ObjectRef) -> dict[str, Any]:
    """Return who owns what, and the labels and data; what controllers and defaulting add is nobody's here."""
    obj = await cluster.get(ref)
    assert obj is not None
    entries = [entry for entry in obj["metadata"]["managedFields"] if "subresource" not in entry]
    owners = {
        (entry["manager"], entry["operation"]): _unordered(entry["fieldsV1"])
        for entry in entries
        if entry["manager"] != "kube-controller-manager"
    }
    return {"owners": owners, "labels": obj["metadata"].get("labels") or {}, "data": obj.get("data") or {}}


def _unordered(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: _unordered(value) for key, value in sorted(fields.items())}
