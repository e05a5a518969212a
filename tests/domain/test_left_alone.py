"""A field that is left alone never changes, and never goes away because of us."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from fairlead.domain.autoscaling import Scaled
from fairlead.domain.changes import LeftAlone
from fairlead.domain.config import IgnoreFields
from fairlead.domain.left_alone import judged_part, left_alone, to_send, value_at

DECLARED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "web", "image": "a"}, {"name": "b"}]}}},
}
SCALED: frozenset[Scaled] = frozenset({("apps", "Deployment", "shop", "web")})


def _live(*, replicas: int, ours: bool, scaler: bool = False, image: str = "live") -> dict[str, Any]:
    live = deepcopy(DECLARED)
    live["spec"]["replicas"] = replicas
    live["spec"]["template"]["spec"]["containers"] = [{"name": "injected"}, {"name": "web", "image": image}]
    container: dict[str, Any] = {'k:{"name":"web"}': {"f:image": {}}}
    fields = {"f:template": {"f:spec": {"f:containers": container}}, **({"f:replicas": {}} if ours else {})}
    entries = [{"manager": "fairlead", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": fields}}]
    if scaler:
        owned: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
        entries.append({"manager": "kcm", "operation": "Update", "subresource": "scale", "fieldsV1": owned})
    live["metadata"]["managedFields"] = entries
    return live


def _judge(
    live: dict[str, Any], *rules: IgnoreFields, scaled: frozenset[Scaled] = frozenset()
) -> tuple[tuple[LeftAlone, ...], dict[str, Any]]:
    left = left_alone(DECLARED, live, ignored=rules, scaled=scaled)
    return left, to_send(DECLARED, left, live=live, manager="fairlead")


def test_while_we_hold_replicas_the_live_number_is_sent() -> None:
    left, sent = _judge(_live(replicas=5, ours=True), scaled=SCALED)
    assert left == (LeftAlone("/spec/replicas", "autoscaler", 3, 5),)
    assert sent["spec"]["replicas"] == 5


def test_once_another_manager_owns_replicas_they_are_left_out() -> None:
    _, sent = _judge(_live(replicas=5, ours=False, scaler=True), scaled=SCALED)
    assert "replicas" not in sent["spec"]


def test_a_field_owned_through_a_subresource_is_left_alone_without_an_autoscaler() -> None:
    left, sent = _judge(_live(replicas=7, ours=False, scaler=True))
    assert left == (LeftAlone("/spec/replicas", "subresource", 3, 7),)
    assert "replicas" not in sent["spec"]


def test_nothing_is_left_alone_without_a_reason() -> None:
    left, sent = _judge(_live(replicas=5, ours=True))
    assert left == ()
    assert sent == DECLARED


@pytest.mark.parametrize("path", ["/spec/template/spec/containers/0/image", "/spec/*/spec/containers/*/image"])
def test_an_ignored_field_in_a_list_is_found_by_the_name_of_its_element(path: str) -> None:
    left, sent = _judge(_live(replicas=3, ours=True), IgnoreFields("Deployment", None, (path,)))
    assert left == (LeftAlone("/spec/template/spec/containers/0/image", "ignored", "a", "live"),)
    assert sent["spec"]["template"]["spec"]["containers"] == [{"name": "web", "image": "live"}, {"name": "b"}]


@pytest.mark.parametrize(
    "rule",
    [
        IgnoreFields("StatefulSet", None, ("/spec/replicas",)),
        IgnoreFields("Deployment", "other", ("/spec/replicas",)),
        IgnoreFields("Deployment", "web", ("/spec/missing", "/spec/replicas/0")),
    ],
)
def test_a_rule_that_does_not_match_changes_nothing(rule: IgnoreFields) -> None:
    assert _judge(_live(replicas=5, ours=True), rule)[0] == ()


def test_ignored_elements_are_taken_out_of_what_is_ours_to_decide() -> None:
    rule = IgnoreFields("Deployment", "web", ("/spec/template/spec/containers/*", "/spec/replicas"))
    left, sent = _judge(_live(replicas=5, ours=False), rule)
    assert judged_part(DECLARED, left)["spec"] == {"template": {"spec": {"containers": []}}}
    assert [item["name"] for item in sent["spec"]["template"]["spec"]["containers"]] == ["web"]


def test_an_ignored_field_of_one_element_leaves_the_others_as_they_are() -> None:
    rule = IgnoreFields("Deployment", None, ("/spec/template/spec/containers/0/image",))
    left, _ = _judge(_live(replicas=3, ours=True), rule)
    containers = judged_part(DECLARED, left)["spec"]["template"]["spec"]["containers"]
    assert containers == [{"name": "web"}, {"name": "b"}]


def test_a_field_owned_through_a_subresource_that_is_not_declared_is_nothing_to_us() -> None:
    live = _live(replicas=7, ours=False, scaler=True)
    declared = {**DECLARED, "spec": {"template": DECLARED["spec"]["template"]}}
    assert left_alone(declared, live, ignored=(), scaled=SCALED) == ()


def test_values_of_a_secret_that_are_left_alone_are_masked() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "Y2xlYXI="}}
    left = left_alone(secret, secret, ignored=(IgnoreFields("Secret", None, ("/data/a",)),), scaled=frozenset())
    assert left == (LeftAlone("/data/a", "ignored", "(secret)", "(secret)"),)


def test_value_at_a_place_that_is_not_there() -> None:
    assert value_at(DECLARED, ("spec", "template", "spec", "containers", "9", "image")) is None
    assert value_at(DECLARED, ("kind", "x")) is None
