"""What waits for what over several releases."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.errors import InputError
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.scheduling import (
    Blocked,
    Graph,
    Node,
    NodeKind,
    Ready,
    Waiting,
    done,
    object_node,
    schedule,
    start,
)

CRD = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets.example.com")
CRD_BODY: dict[str, Any] = {"kind": CRD.kind, "spec": {"group": "example.com", "names": {"kind": "Widget"}}}
WIDGET = ObjectRef("example.com/v1", "Widget", "shop", "w")
CONFIG = ObjectRef("v1", "ConfigMap", "shop", "c")
WEB = ObjectRef("apps/v1", "Deployment", "shop", "web")
NAMESPACE = ObjectRef("v1", "Namespace", "", "shop")


def _key(name: str, namespace: str = "shop", cluster: str = "c") -> ReleaseKey:
    return ReleaseKey("test", cluster, namespace, name)


def _change(ref: ObjectRef, action: Action = Action.CREATE, **more: Any) -> Change:
    return Change(action, ref, desired=CRD_BODY if ref == CRD else {"kind": ref.kind}, **more)


def _plan(name: str, *changes: Change, namespace: str = "shop", cluster: str = "c") -> ReleasePlan:
    key = _key(name, namespace, cluster)
    return ReleasePlan(key, Revision(Commit(None, False), "i", "m"), changes, RenderedRelease(key, "i", ()))


def _all_done(graph: Graph, *, except_for: tuple[Node, ...] = ()) -> dict[Node, bool]:
    return {node: True for node in graph.needs if node not in except_for}


def test_waves_of_a_release_follow_each_other() -> None:
    plan = _plan("web", _change(CONFIG), _change(WEB))
    graph = schedule([plan], {})
    config, web = (object_node(plan.key, change) for change in plan.changes)
    assert graph.verdict(start(plan.key), {}) == Ready()
    assert graph.verdict(config, {start(plan.key): True}) == Ready()
    assert isinstance(graph.verdict(web, {start(plan.key): True}), Waiting)
    wave = Node(NodeKind.WAVE, plan.key, config.wave)
    assert graph.verdict(wave, {start(plan.key): True, config: True}) == Ready()
    assert graph.verdict(web, {start(plan.key): True, config: True, wave: True}) == Ready()


def test_a_custom_resource_waits_for_its_definition_in_another_release() -> None:
    definer, user = _plan("definer", _change(CRD)), _plan("user", _change(WIDGET))
    graph = schedule([definer, user], {})
    crd, widget = object_node(definer.key, definer.changes[0]), object_node(user.key, user.changes[0])
    assert graph.verdict(widget, {start(user.key): True}) == Waiting(crd)
    verdict = graph.verdict(widget, {start(user.key): True, crd: False})
    assert verdict == Blocked(crd)
    assert isinstance(verdict, Blocked)
    assert "CustomResourceDefinition" in verdict.reason


def test_releases_of_a_namespace_wait_for_the_release_that_makes_it() -> None:
    maker, user = _plan("maker", _change(NAMESPACE), _change(WEB)), _plan("user", _change(CONFIG))
    graph = schedule([maker, user], {})
    namespace = object_node(maker.key, maker.changes[0])
    assert graph.verdict(start(user.key), {}) == Waiting(namespace)
    assert graph.verdict(start(maker.key), {}) == Ready()


def test_the_same_names_in_another_cluster_are_other_things() -> None:
    maker, user = _plan("maker", _change(NAMESPACE), _change(CRD)), _plan("user", _change(WIDGET), cluster="other")
    graph = schedule([maker, user], {})
    assert graph.verdict(start(user.key), {}) == Ready()
    assert graph.verdict(object_node(user.key, user.changes[0]), {start(user.key): True}) == Ready()


def test_an_object_of_a_namespace_made_elsewhere_waits_for_it() -> None:
    maker, user = _plan("maker", _change(NAMESPACE)), _plan("user", _change(CONFIG), namespace="other")
    graph = schedule([maker, user], {})
    node = object_node(user.key, user.changes[0])
    assert graph.verdict(node, {start(user.key): True}) == Waiting(object_node(maker.key, maker.changes[0]))


def test_what_is_kept_is_not_waited_for() -> None:
    maker, user = _plan("maker", _change(NAMESPACE, Action.KEEP)), _plan("user", _change(CONFIG))
    graph = schedule([maker, user], {})
    assert graph.verdict(start(user.key), {}) == Ready()
    assert graph.verdict(done(maker.key), {start(maker.key): True}) == Ready()


def test_preparation_comes_before_the_first_wave() -> None:
    plan = _plan("web", _change(NAMESPACE, is_preparation=True), _change(CRD, is_preparation=True), _change(CONFIG))
    graph = schedule([plan], {})
    config = object_node(plan.key, plan.changes[2])
    assert isinstance(graph.verdict(config, {start(plan.key): True}), Waiting)


def test_a_dependent_starts_when_its_dependency_has_ended_well() -> None:
    first, second = _plan("first"), _plan("second")
    graph = schedule([first, second], {second.key: (first.key, _key("not-selected"))})
    assert graph.verdict(start(second.key), {}) == Waiting(done(first.key))
    assert graph.verdict(start(second.key), {done(first.key): True}) == Ready()
    assert graph.verdict(start(second.key), {done(first.key): False}) == Blocked(done(first.key))


@pytest.mark.parametrize("swapped", [False, True])
def test_a_circle_is_an_error_that_names_its_path(swapped: bool) -> None:
    definer, user = _plan("definer", _change(CRD)), _plan("user", _change(WIDGET))
    plans = [user, definer] if swapped else [definer, user]
    with pytest.raises(InputError) as caught:
        schedule(plans, {definer.key: (user.key,)})
    assert caught.value.code == "dependencyCycle"
    for name in ("definer", "user", "Widget"):
        assert name in caught.value.problems[0].message


def test_two_releases_that_define_for_each_other_are_no_circle() -> None:
    other_crd = ObjectRef(CRD.api_version, CRD.kind, "", "gears.other.com")
    gear = ObjectRef("other.com/v1", "Gear", "shop", "g")
    body = {"kind": CRD.kind, "spec": {"group": "other.com", "names": {"kind": "Gear"}}}
    one = _plan("one", _change(CRD), _change(gear))
    two = _plan("two", Change(Action.CREATE, other_crd, desired=body), _change(WIDGET))
    assert schedule([one, two], {}).cycle() == ()


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_without_a_circle_everything_gets_its_turn(edges: list[tuple[int, int]]) -> None:
    nodes = [start(_key(str(number))) for number in range(8)]
    needs = {node: tuple(nodes[to] for of, to in edges if of == index) for index, node in enumerate(nodes)}
    graph = Graph(needs)
    finished: dict[Node, bool] = {}
    while ready := [n for n in nodes if n not in finished and graph.verdict(n, finished) == Ready()]:
        finished |= dict.fromkeys(ready, True)
    circle = graph.cycle()
    assert (len(finished) == len(nodes)) == (circle == ())
    assert all(after in graph.needs[before] for before, after in pairwise(circle))


def test_deletions_come_after_all_writes_and_backwards() -> None:
    plan = _plan("web", _change(WEB), _change(CONFIG, Action.DELETE), _change(WIDGET, Action.DELETE))
    graph = schedule([plan], {})
    web, config, widget = (object_node(plan.key, change) for change in plan.changes)
    finished = {start(plan.key): True}
    assert isinstance(graph.verdict(widget, finished), Waiting)
    writes = [node for node in graph.needs if node == web or (node.kind is NodeKind.WAVE and node.wave == web.wave)]
    finished |= dict.fromkeys(writes, True)
    assert graph.verdict(widget, finished) == Ready()
    assert isinstance(graph.verdict(config, finished), Waiting)


def test_nobody_waits_for_a_deletion_in_another_release() -> None:
    leaving = _plan("web", _change(CRD, Action.DELETE), _change(NAMESPACE, Action.DELETE))
    staying = _plan("api", _change(WIDGET), _change(CONFIG))
    graph = schedule([leaving, staying], {})
    assert graph.needs[start(staying.key)] == ()
    for change in staying.changes:
        assert all(need.key == staying.key for need in graph.needs[object_node(staying.key, change)])
