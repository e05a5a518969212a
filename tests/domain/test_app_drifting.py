"""Which fields of an object of a version others have changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from fairlead.domain.app_drifting import drift, scaled_names
from fairlead.domain.marks import FAIRLEAD_MANAGER
from tests.fakes.ssa import applied, edited

CONTAINER = {
    "name": "a",
    "image": "i:1",
    "args": ["x"],
    "resources": {"limits": {"cpu": "0.5"}},
    "env": [{"name": "E"}],
}
WANTED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "shop-1", "namespace": "prod", "labels": {"app": "shop"}, "annotations": {"note": ""}},
    "spec": {"replicas": 2, "paused": False, "template": {"spec": {"containers": [CONTAINER]}}},
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "shop", "namespace": "prod", "labels": {"app": "shop"}},
    "spec": {"selector": {"app": "shop", "version": "1"}},
}
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "key", "namespace": "prod", "labels": {"app": "shop"}},
    "data": {"key": "aHVudGVyMg=="},
}


def _live(wanted: dict[str, Any], manager: str = FAIRLEAD_MANAGER) -> dict[str, Any]:
    new, managers = applied({}, wanted, manager, force=True)
    new["metadata"]["managedFields"] = managers
    return new


def _at(obj: Any, path: str) -> tuple[Any, str]:
    *above, last = path.split(".")
    found = obj
    for step in above:
        found = found[int(step) if step.isdigit() else step]
    return found, last


def _edited(live: dict[str, Any], path: str, value: Any, manager: str = "kubectl") -> dict[str, Any]:
    new = deepcopy(live)
    holder, last = _at(new, path)
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    new["metadata"]["managedFields"] = edited(live, new, manager)
    return new


def _paths(wanted: dict[str, Any], live: dict[str, Any], *, scaled: bool = False) -> list[str]:
    return [".".join(one.steps) for one in drift(wanted, live, scaled=scaled)]


def test_what_stands_as_it_was_applied_has_not_drifted() -> None:
    assert _paths(WANTED, _live(WANTED)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.replicas", 5),
        ("spec.template.spec.containers.0.image", "i:2"),
        ("spec.template.spec.containers.0.args", ["y", "z"]),
        ("metadata.labels.app", None),
        ("spec.template.spec.containers", None),
    ],
)
def test_what_somebody_changed_has(path: str, value: Any) -> None:
    assert _paths(WANTED, _edited(_live(WANTED), path, value)) == [path]


@pytest.mark.parametrize(
    ("path", "value"), [("metadata.annotations.note", None), ("spec.paused", None)], ids=["text", "flag"]
)
def test_what_says_nothing_may_be_missing(path: str, value: Any) -> None:
    assert _paths(WANTED, _edited(_live(WANTED), path, value)) == []


def test_the_form_that_the_server_gave_a_value_is_still_ours() -> None:
    live = _live(WANTED)
    live["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "500m"
    assert _paths(WANTED, live) == []


def test_the_number_of_pods_counts_whoever_wrote_it_unless_an_autoscaler_does() -> None:
    live = _edited(_live(WANTED), "spec.replicas", 5, FAIRLEAD_MANAGER)
    assert (_paths(WANTED, live), _paths(WANTED, live, scaled=True)) == (["spec.replicas"], [])


def test_what_others_add_is_theirs() -> None:
    assert _paths(WANTED, _edited(_live(WANTED), "metadata.labels.team", "a")) == []


def test_of_what_was_adopted_only_where_it_leads_counts() -> None:
    live = _live({**SERVICE, "metadata": {"name": "shop", "namespace": "prod"}}, "kubectl")
    assert _paths(SERVICE, live) == []
    assert _paths(SERVICE, _edited(live, "spec.selector.version", "9")) == ["spec.selector.version"]


def test_of_a_secret_only_the_metadata_counts() -> None:
    live = {name: value for name, value in _live(SECRET).items() if name != "data"}
    assert _paths(SECRET, live) == []
    assert _paths(SECRET, _edited(live, "metadata.labels.app", "other")) == ["metadata.labels.app"]


def test_the_names_of_what_autoscalers_scale() -> None:
    assert scaled_names([{"spec": {"scaleTargetRef": {"name": "shop-1"}}}]) == {"shop-1"}
