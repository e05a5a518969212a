"""Our patches give what kubectl's give, on real kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.domain.json_patch import apply_json_patch
from fairlead.domain.strategic_merge import merge_strategic
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e

WEB = {
    "name": "web",
    "image": "app:1.0",
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    "ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}],
    "args": ["a", "b"],
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"a": "1", "b": "2"}, "finalizers": ["x.test/one", "x.test/two"]},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [WEB, {"name": "side", "image": "side:1"}],
                "tolerations": [{"key": "a", "operator": "Exists"}],
                "volumes": [{"name": "data", "emptyDir": {}}],
                "imagePullSecrets": [{"name": "one"}],
            },
        },
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080, "name": "http"}]},
}


def pod(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


STRATEGIC: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (DEPLOYMENT, {"spec": {"replicas": 3}}),
    (DEPLOYMENT, {"spec": {"replicas": None}}),
    (DEPLOYMENT, {"metadata": {"labels": {"b": None, "c": "3"}}}),
    (DEPLOYMENT, {"metadata": {"labels": None}}),
    (DEPLOYMENT, {"metadata": {"finalizers": ["x.test/two", "x.test/three"]}}),
    (DEPLOYMENT, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x.test/one"]}}),
    (DEPLOYMENT, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
    (DEPLOYMENT, {"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}}),
    (DEPLOYMENT, pod(containers=[{"name": "web", "image": "app:2.0"}])),
    (DEPLOYMENT, pod(containers=[{"name": "web", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}])),
    (DEPLOYMENT, pod(containers=[{"name": "web", "env": [{"name": "A", "$patch": "delete"}]}])),
    (DEPLOYMENT, pod(containers=[{"name": "web", "args": ["c"]}])),
    (DEPLOYMENT, pod(containers=[{"name": "web", "ports": [{"containerPort": 80, "name": "web"}]}])),
    (DEPLOYMENT, pod(containers=[{"name": "web", "volumeMounts": [{"mountPath": "/data", "readOnly": True}]}])),
    (DEPLOYMENT, pod(containers=[{"name": "web", "resources": {"limits": {"cpu": "2"}}}])),
    (DEPLOYMENT, pod(containers=[{"name": "side", "$patch": "delete"}])),
    (DEPLOYMENT, pod(containers=[{"$patch": "replace"}, {"name": "only", "image": "o:1"}])),
    (DEPLOYMENT, pod(tolerations=[{"key": "b", "operator": "Exists"}])),
    (DEPLOYMENT, pod(volumes=[{"name": "more", "emptyDir": {}}])),
    (DEPLOYMENT, pod(imagePullSecrets=[{"name": "two"}])),
    (SERVICE, {"spec": {"ports": [{"port": 80, "targetPort": 9090}]}}),
    (SERVICE, {"spec": {"ports": [{"port": 443, "name": "https"}]}}),
    (SERVICE, {"spec": {"selector": {"version": "2"}}}),
]
OPERATIONS: list[list[dict[str, Any]]] = [
    [{"op": "replace", "path": "/spec/replicas", "value": 5}],
    [{"op": "add", "path": "/metadata/labels/x~1y", "value": "1"}],
    [{"op": "remove", "path": "/spec/template/spec/containers/1"}],
    [{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "c"}],
    [{"op": "add", "path": "/spec/template/spec/containers/0/args/0", "value": "c"}],
    [{"op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/z"}],
    [{"op": "copy", "from": "/metadata/labels/a", "path": "/spec/template/metadata/labels/z"}],
    [{"op": "test", "path": "/spec/replicas", "value": 1}, {"op": "replace", "path": "/spec/replicas", "value": 2}],
]


def settled(obj: Any) -> Any:
    """Without the empty fields that kubectl's typed objects print; lists merged by key have no order of their own."""
    if isinstance(obj, dict):
        plain = {key: settled(value) for key, value in obj.items() if key not in {"creationTimestamp", "status"}}
        return {key: value for key, value in plain.items() if value not in ({}, [], None)}
    if isinstance(obj, list):
        items = [settled(item) for item in obj]
        keyed = all(isinstance(item, dict) for item in items)
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if keyed else items
    return obj


async def kubectl_patch(sandbox: RunningSandbox, obj: Any, kind: str, patch: Any) -> Any:
    arguments = ("patch", "--local", "-f", "-", f"--type={kind}", "-p", json.dumps(patch), "--output=json")
    return json.loads(await sandbox.ask(*arguments, stdin=json.dumps(obj)))


@pytest.mark.parametrize(("obj", "patch"), STRATEGIC)
async def test_strategic_merge(sandbox: RunningSandbox, obj: dict[str, Any], patch: dict[str, Any]) -> None:
    assert settled(merge_strategic(obj, patch)) == settled(await kubectl_patch(sandbox, obj, "strategic", patch))


@pytest.mark.parametrize("operations", OPERATIONS)
async def test_json_patch(sandbox: RunningSandbox, operations: list[dict[str, Any]]) -> None:
    expected = await kubectl_patch(sandbox, DEPLOYMENT, "json", operations)
    assert settled(apply_json_patch(DEPLOYMENT, operations)) == settled(expected)
