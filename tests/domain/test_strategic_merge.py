from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.strategic_merge import merge_strategic


def deployment(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("scalars are replaced", {"replicas": 1}, {"replicas": 2}, {"replicas": 2}),
    ("null deletes", {"replicas": 1, "paused": True}, {"paused": None}, {"replicas": 1}),
    ("null for what is absent is nothing", {"replicas": 1}, {"paused": None}, {"replicas": 1}),
    ("maps merge", {"selector": {"a": "1"}}, {"selector": {"b": "2"}}, {"selector": {"a": "1", "b": "2"}}),
    (
        "containers merge by name and keep their order",
        {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]},
        {"containers": [{"name": "b", "image": "b:2"}, {"name": "c"}]},
        {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}, {"name": "c"}]},
    ),
    (
        "an element is deleted by its key",
        {"containers": [{"name": "a"}, {"name": "b"}]},
        {"containers": [{"name": "a", "$patch": "delete"}]},
        {"containers": [{"name": "b"}]},
    ),
    (
        "a list is replaced on request",
        {"containers": [{"name": "a"}, {"name": "b"}]},
        {"containers": [{"$patch": "replace"}, {"name": "z"}]},
        {"containers": [{"name": "z"}]},
    ),
    (
        "a map is replaced on request",
        {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}},
        {"strategy": {"$patch": "replace", "type": "Recreate"}},
        {"strategy": {"type": "Recreate"}},
    ),
    (
        "only retained keys stay",
        {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}},
        {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}},
        {"strategy": {"type": "Recreate"}},
    ),
    (
        "ports of a container merge by containerPort",
        {"ports": [{"containerPort": 80, "name": "web"}]},
        {"ports": [{"containerPort": 80, "protocol": "TCP"}]},
        {"ports": [{"containerPort": 80, "name": "web", "protocol": "TCP"}]},
    ),
    (
        "ports of a Service merge by port",
        {"ports": [{"port": 80, "targetPort": 8080}]},
        {"ports": [{"port": 80, "name": "web"}]},
        {"ports": [{"port": 80, "targetPort": 8080, "name": "web"}]},
    ),
    ("atomic lists are replaced", {"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
    (
        "finalizers are a set",
        {"finalizers": ["a"]},
        {"finalizers": ["b", "a"]},
        {"finalizers": ["a", "b"]},
    ),
    (
        "primitives are deleted from a list",
        {"finalizers": ["a", "b"]},
        {"$deleteFromPrimitiveList/finalizers": ["a"]},
        {"finalizers": ["b"]},
    ),
    (
        "an order can be asked for",
        {"containers": [{"name": "a"}, {"name": "b"}]},
        {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]},
        {"containers": [{"name": "b"}, {"name": "a"}]},
    ),
    (
        "a map is emptied on request",
        {"strategy": {"type": "Recreate"}},
        {"strategy": {"$patch": "delete"}},
        {"strategy": {}},
    ),
    ("a list over nothing", {}, {"containers": [{"name": "a"}]}, {"containers": [{"name": "a"}]}),
    ("a map over a scalar", {"selector": "x"}, {"selector": {"a": "1"}}, {"selector": {"a": "1"}}),
]


@pytest.mark.parametrize(("old", "patch", "new"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_merging(old: dict[str, Any], patch: dict[str, Any], new: dict[str, Any]) -> None:
    assert merge_strategic(deployment(**old), {"spec": patch}) == deployment(**new)


def test_lists_of_custom_resources_are_replaced() -> None:
    custom = {"apiVersion": "acme.test/v1", "kind": "Shop", "spec": {"containers": [{"name": "a"}]}}
    merged = merge_strategic(custom, {"spec": {"containers": [{"name": "b"}]}})
    assert merged["spec"] == {"containers": [{"name": "b"}]}


def test_the_target_is_left_as_it_was() -> None:
    target = deployment(containers=[{"name": "a", "env": [{"name": "X", "value": "1"}]}])
    merge_strategic(target, {"spec": {"containers": [{"name": "a", "env": [{"name": "X", "value": "2"}]}]}})
    assert target == deployment(containers=[{"name": "a", "env": [{"name": "X", "value": "1"}]}])
