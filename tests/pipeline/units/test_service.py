"""What callers can do with units, over a cluster in memory whose controllers are played."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.domain.apps.descriptor import Component, Exposure, HealthCheck, Soak, WebhookGate
from fairlead.domain.apps.probing import Answer
from fairlead.domain.errors import (
    FairleadError,
    InputError,
    OperationFailed,
    Problem,
    Refused,
    RemoteRefused,
    Transient,
)
from fairlead.domain.identity import object_ref
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Abort, OnBusy, Pause, Promote, Resume, Rollback, Undeploy
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.unit_news import DeploymentEnded, HealthObserved, IntentAccepted, LogLine, Progressed
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.anchoring import read_anchor
from fairlead.pipeline.units.place import Place
from fairlead.pipeline.units.service import at_rest, stands_still
from tests.pipeline.units.units import KEY, Yard, ended, grow, states, yard


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


async def test_a_first_version_gets_the_traffic_when_it_is_ready(here: Yard) -> None:
    anchor = await here.deploy(here.descriptor())
    assert (states(anchor), ended(anchor)) == ({"1": "Live"}, {"i1": "deployed"})
    assert here.selector == {"app": "shop", "version": "1"}
    assert [one.outcome for one in here.heard if isinstance(one, DeploymentEnded)] == ["deployed"]
    assert any(isinstance(one, LogLine) for one in here.heard)


async def test_the_next_version_leaves_the_last_one_hot_and_then_warm_and_then_gone(here: Yard) -> None:
    await here.deploy(here.descriptor())
    anchor = await here.deploy(here.descriptor(env="green"))
    assert (states(anchor), here.replicas("shop-1")) == ({"1": "Hot", "2": "Live"}, 2)
    anchor = await here.settle(lambda anchor: states(anchor) == {"1": "Warm", "2": "Live"})
    anchor = await here.settle(lambda _: here.replicas("shop-1") == 0)
    anchor = await here.settle(lambda anchor: states(anchor) == {"2": "Live"})
    assert (here.live("Deployment", "shop-1"), here.live("Service", "shop-1")) == (None, None)
    assert here.selector == {"app": "shop", "version": "2"}


@pytest.mark.parametrize("state", ["Hot", "Warm", "Absent"])
async def test_a_rollback_brings_back_what_was_live_wherever_it_is(here: Yard, state: str) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green"))

    def is_there(anchor: Anchor) -> bool:
        first = anchor.version("1")
        return first is not None and first.state == state

    await here.settle(is_there)
    anchor = await here.ask(Rollback(*here.asked(), "d3", "1", "it leaks"))
    assert states(anchor) == {"1": "Live", "2": "Hot"}
    assert here.selector == {"app": "shop", "version": "1"}
    assert anchor.hold is not None
    assert [one.reason for one in here.heard if isinstance(one, IntentAccepted)] == ["", "", "it leaks"]


async def test_a_hot_version_comes_back_by_one_write_of_its_route(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green"))
    before = len(here.cluster.writes)
    await here.ask(Rollback(*here.asked(), "d3"))
    routed = [call for call in here.cluster.writes[before:] if call.ref and call.ref.name == "shop"]
    assert [call.verb for call in routed if call.kind == "Service"] == ["patch"]


async def test_what_starts_no_new_version_is_applied_in_place(here: Yard) -> None:
    await here.deploy(here.descriptor())
    unchanged = await here.deploy(here.descriptor())
    exposed = here.descriptor(replicas=3, exposure=Exposure(host="shop.example.com"))
    changed = await here.deploy(exposed)
    assert ended(changed) == {"i1": "deployed", "i2": "unchanged", "i3": "inPlace"}
    assert (states(unchanged), states(changed), here.replicas("shop-1")) == ({"1": "Live"}, {"1": "Live"}, 3)
    assert [one.deployment for one in changed.present] == ["d3"]
    assert here.live("Ingress", "shop") is not None
    gone = await here.deploy(here.descriptor(replicas=3))
    assert (ended(gone)["i4"], here.live("Ingress", "shop")) == ("inPlace", None)


async def test_a_host_belongs_to_one_app(here: Yard) -> None:
    exposure = Exposure(host="shop.example.com")
    await here.deploy(here.descriptor(exposure=exposure))
    other = replace(here.descriptor(exposure=exposure), app="web")
    key = replace(KEY, name="web")
    await here.units.deploy(key, here.order(other))
    anchor = await here.units.drive(key, at_rest)
    assert ended(anchor) == {"i2": "failed"}
    await here.ask(Undeploy(*here.asked(), "d3"))
    await here.units.deploy(key, here.order(other, release_hold=True))
    assert ended(await here.units.drive(key, at_rest))["i4"] == "deployed"


async def test_pods_that_are_not_healthy_get_no_traffic(here: Yard) -> None:
    await here.deploy(here.descriptor())
    here.cluster.health = Answer(500, b'{"healthy": false}')
    anchor = await here.deploy(here.descriptor(env="green", health=HealthCheck(enabled=True)))
    assert (ended(anchor)["i2"], states(anchor)) == ("failed", {"1": "Live", "2": "Failed"})
    assert {one.healthy for one in here.heard if isinstance(one, HealthObserved)} == {False}
    followed = [one for one in here.heard if isinstance(one, Progressed) and one.phase is Phase.WARMING]
    told = [one.progress for one in followed if one.version == "2"]
    assert [(one.ready, one.wanted) for one in told] == [(0, 2), (2, 2)]
    assert "pod shop-2-0 " in told[-1].trouble
    (failed,) = [one for one in anchor.ended if one.intent == "i2"]
    assert told[-1].trouble in failed.explanation
    assert here.selector == {"app": "shop", "version": "1"}
    assert here.replicas("shop-2") == 1


async def test_a_check_that_is_ignored_is_not_made(here: Yard) -> None:
    here.cluster.health = Answer(500, b"")
    anchor = await here.deploy(here.descriptor(health=HealthCheck(enabled=True, ignored=True)))
    assert ended(anchor) == {"i1": "deployed"}


@pytest.mark.parametrize(("status", "state"), [(200, "Live"), (403, "Failed"), (None, "Ready")])
async def test_a_webhook_decides_whether_a_version_goes_on(here: Yard, status: int | None, state: str) -> None:
    here.judges.status = status
    gates = (WebhookGate("approval", "https://example.com/approve", timeout_seconds=3),)
    anchor = await here.deploy(here.descriptor(rules={"verify": gates}))
    assert states(anchor) == {"1": state}
    url, question = here.judges.asked[0]
    assert (url, question["version"]) == ("https://example.com/approve", "1")
    assert anchor.phase is (Phase.AWAITING if status is None else Phase.IDLE)


async def test_a_preview_is_promoted_by_a_person_at_full_size(here: Yard) -> None:
    await here.deploy(here.descriptor())
    anchor = await here.deploy(here.descriptor(env="green", rules={"promote_after": None, "preview_replicas": 1}))
    assert (anchor.phase, here.replicas("shop-2")) == (Phase.AWAITING, 1)
    preview = here.live("Service", "shop-preview")
    assert preview is not None
    assert preview["spec"]["selector"] == {"app": "shop", "version": "2"}
    anchor = await here.ask(Promote(*here.asked()))
    assert (states(anchor), here.replicas("shop-2")) == ({"1": "Hot", "2": "Live"}, 2)


async def test_a_preview_that_is_given_up_leads_nowhere_any_more(here: Yard) -> None:
    await here.deploy(here.descriptor(rules={"promote_after": None}))
    anchor = await here.ask(Abort(*here.asked()))
    assert (ended(anchor), here.live("Service", "shop-preview")) == ({"i1": "aborted", "i2": "done"}, None)
    assert here.live("Service", "shop") is None


async def test_a_preview_goes_with_its_candidate_where_the_live_version_shows_none(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green", rules={"promote_after": None}))
    assert here.live("Service", "shop-preview") is not None
    anchor = await here.ask(Abort(*here.asked()))
    assert (ended(anchor)["i2"], here.live("Service", "shop-preview")) == ("aborted", None)


async def test_all_workloads_of_an_app_switch_together(here: Yard) -> None:
    worker = Component("worker", here.descriptor().main.pod_spec, 1)
    await here.deploy(here.descriptor(components=(worker,)))
    anchor = await here.deploy(here.descriptor(env="green", components=(worker,)))
    assert states(anchor) == {"1": "Hot", "2": "Live"}
    service = here.live("Service", "shop-worker")
    assert service is not None
    assert service["spec"]["selector"] == {"app": "shop-worker", "version": "2"}


async def test_the_new_side_is_as_large_as_an_autoscaler_made_the_old_one(here: Yard) -> None:
    scaled = here.descriptor().main
    main = replace(scaled, minimum=2, maximum=10)
    await here.deploy(here.descriptor(main=main))
    assert here.live("HorizontalPodAutoscaler", "shop-1") is not None
    deployment = here.live("Deployment", "shop-1")
    assert deployment is not None
    grow(here, 8)
    spec = {"containers": [{**main.pod_spec["containers"][0], "image": "shop:2"}]}
    anchor = await here.deploy(here.descriptor(main=replace(main, pod_spec=spec)))
    assert (states(anchor), here.replicas("shop-2"), here.replicas("shop-1")) == ({"1": "Hot", "2": "Live"}, 8, 8)
    assert here.live("HorizontalPodAutoscaler", "shop-1") is None
    assert here.live("HorizontalPodAutoscaler", "shop-2") is not None


async def test_a_pause_holds_a_rollout_before_its_switch(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.ask(Pause(*here.asked()))
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    await here.units.submit(KEY, Resume(*here.asked()))
    anchor = await here.settle(lambda anchor: states(anchor) == {"1": "Hot", "2": "Live"})
    assert anchor.paused is None


async def test_what_waits_for_rest_is_taken_before_a_driver_rests(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    await here.settle(lambda anchor: anchor.phase is Phase.WARMING)
    anchor = await here.ask(Rollback(*here.asked(), "d3", "1"))
    assert (ended(anchor)["i3"], anchor.waiting) == ("nothing", ())
    await here.units.deploy(KEY, here.order(here.descriptor(env="red")))
    await here.settle(lambda anchor: anchor.phase is Phase.WARMING)
    await here.units.deploy(KEY, here.order(here.descriptor(env="blue"), on_busy=OnBusy.QUEUE))
    anchor = await here.settle()
    assert (ended(anchor)["i5"], anchor.waiting) == ("deployed", ())
    await here.units.deploy(KEY, here.order(here.descriptor(env="grey")))
    await here.units.submit(KEY, Undeploy(*here.asked(), "d7"))
    anchor = await here.settle()
    assert (ended(anchor)["i7"], states(anchor)) == ("undeployed", {})


async def test_a_deployment_that_a_pause_holds_lets_a_driver_rest(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.ask(Pause(*here.asked()))
    anchor = await here.deploy(here.descriptor(env="green"))
    assert [one.id for one in anchor.waiting] == ["i3"]
    assert (anchor.paused_by, (await here.ask(Resume(*here.asked()))).paused_by) == ("ann", "")


async def test_a_timer_promotes_what_nobody_promotes(here: Yard) -> None:
    await here.deploy(here.descriptor())
    began = here.clock.now()
    anchor = await here.deploy(here.descriptor(env="green", rules={"promote_after": 100.0}))
    assert (ended(anchor)["i2"], states(anchor)) == ("deployed", {"1": "Hot", "2": "Live"})
    assert (here.clock.now() - began).total_seconds() >= 100


@pytest.mark.parametrize("after", [0.0, 100.0])
async def test_what_a_pause_held_back_goes_on_when_it_ends(here: Yard, after: float) -> None:
    await here.deploy(here.descriptor())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green", rules={"promote_after": after})))
    await here.settle(lambda anchor: anchor.phase is Phase.WARMING)
    anchor = await here.ask(Pause(*here.asked()))
    assert (anchor.phase, stands_still(anchor)) == (Phase.AWAITING, True)
    anchor = await here.ask(Resume(*here.asked()))
    assert (ended(anchor)["i2"], states(anchor)) == ("deployed", {"1": "Hot", "2": "Live"})


async def test_what_leads_in_from_outside_goes_back_with_the_traffic(here: Yard) -> None:
    soak = {"soak": Soak(seconds=600.0)}
    await here.deploy(here.descriptor(exposure=Exposure(host="old.example.com")))
    new = here.descriptor(env="green", exposure=Exposure(host="new.example.com"), rules=soak)
    await here.units.deploy(KEY, here.order(new))
    await here.settle(lambda anchor: anchor.phase is Phase.SOAKING)
    assert hosts(here) == ["new.example.com"]
    anchor = await here.ask(Abort(*here.asked()))
    assert (ended(anchor)["i2"], hosts(here)) == ("aborted", ["old.example.com"])


async def test_of_a_first_version_that_is_given_up_nothing_leads_in(here: Yard) -> None:
    soak = {"soak": Soak(seconds=600.0)}
    exposed = here.descriptor(exposure=Exposure(host="shop.example.com"), rules=soak)
    await here.units.deploy(KEY, here.order(exposed))
    await here.settle(lambda anchor: anchor.phase is Phase.SOAKING)
    assert hosts(here) == ["shop.example.com"]
    anchor = await here.ask(Abort(*here.asked()))
    assert (ended(anchor)["i1"], hosts(here)) == ("aborted", [])


def hosts(here: Yard) -> list[str]:
    """Return the hosts that lead to the app from outside."""
    ingress = here.live("Ingress", KEY.name)
    return [] if ingress is None else [rule["host"] for rule in ingress["spec"]["rules"]]


async def test_an_app_goes_with_everything_and_its_numbers_are_not_given_again(here: Yard) -> None:
    await here.deploy(here.descriptor(exposure=Exposure(host="shop.example.com")))
    anchor = await here.ask(Undeploy(*here.asked(), "d2"))
    assert (states(anchor), ended(anchor)) == ({}, {"i1": "deployed", "i2": "undeployed"})
    kinds = {one["kind"] for one in here.cluster.objects if one["metadata"].get("namespace") == KEY.namespace}
    assert kinds <= {"Secret", "ConfigMap", "Lease", "ServiceAccount"}
    anchor = await here.deploy(here.descriptor())
    assert states(anchor) == {"2": "Live"}


@pytest.mark.parametrize(("pods", "waits"), [(0, False), (2, True)])
async def test_nobody_waits_for_connections_to_pods_that_are_gone(here: Yard, pods: int, *, waits: bool) -> None:
    await here.deploy(here.descriptor(rules={"drain_timeout": 300.0}))
    grow(here, pods)
    before = here.clock.now()
    anchor = await here.ask(Undeploy(*here.asked(), "d2"))
    assert ended(anchor)["i2"] == "undeployed"
    assert ((here.clock.now() - before).total_seconds() >= 300) == waits


async def test_what_another_run_ended_is_told_as_well(here: Yard) -> None:
    await here.deploy(here.descriptor())
    here.heard.clear()
    await here.units.drive(KEY, at_rest)
    assert [(one.intent, one.outcome) for one in here.heard if isinstance(one, DeploymentEnded)] == [("i1", "deployed")]


async def test_a_named_version_is_deployed_once(here: Yard) -> None:
    await here.deploy(here.descriptor(version="blue"))
    assert ended(await here.deploy(here.descriptor(version="blue")))["i2"] == "unchanged"
    with pytest.raises(Refused) as caught:
        await here.units.deploy(KEY, here.order(here.descriptor(version="blue", env="green")))
    assert caught.value.code == "versionTaken"


@dataclass(frozen=True, slots=True)
class Raced(SecretAnchors):
    """Anchors where somebody names the next version right after the names were read."""

    async def versions(self, key: UnitKey) -> Mapping[str, datetime | None]:
        found = await SecretAnchors.versions(self, key)
        await SecretAnchors.add_version(self, key, "2", {"by": "name"})
        return found


async def test_a_number_that_was_named_meanwhile_is_passed_over(here: Yard) -> None:
    await here.deploy(here.descriptor())
    place = await here.units.places(KEY.cluster)

    async def raced(_cluster: str) -> Place:
        return replace(place, anchors=Raced(here.cluster))

    accepted = await replace(here.units, places=raced).deploy(KEY, here.order(here.descriptor(env="green")))
    assert accepted.version == "3"
    assert await place.anchors.version(KEY, "2") == {"by": "name"}


async def test_the_same_order_twice_is_one(here: Yard) -> None:
    order = here.order(here.descriptor())
    await here.units.deploy(KEY, order)
    await here.units.deploy(KEY, replace(order))
    anchor = await here.settle()
    assert (states(anchor), ended(anchor)) == ({"1": "Live"}, {"i1": "deployed"})


async def test_of_what_is_not_there_nothing_can_be_asked(here: Yard) -> None:
    with pytest.raises(InputError) as caught:
        await here.units.submit(KEY, Abort(*here.asked()))
    assert caught.value.code == "unknownUnit"
    assert not (await here.units.read(KEY)).exists
    assert await here.units.units("c", "default") == ()


async def test_what_the_server_refuses_is_not_begun(here: Yard) -> None:
    refused = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
    here.cluster.fail(refused, verb="apply", kind="Deployment")
    anchor = await here.deploy(here.descriptor())
    assert (ended(anchor), states(anchor)) == ({"i1": "failed"}, {})
    assert "not with that image" in anchor.ended[0].explanation
    assert here.live("Deployment", "shop-1") is None


@pytest.mark.parametrize(
    ("api", "kind", "name"),
    [
        ("networking.k8s.io/v1", "Ingress", "shop"),
        ("apps/v1", "Deployment", "shop-1"),
        ("v1", "Service", "shop-1"),
        ("v1", "Service", "shop-preview"),
    ],
)
async def test_what_somebody_made_by_hand_is_not_taken(here: Yard, api: str, kind: str, name: str) -> None:
    made = here.cluster.put(by_hand(api, kind, name))
    descriptor = here.descriptor(exposure=Exposure(host="shop.example.com"), rules={"promote_after": None})
    anchor = await here.deploy(descriptor)
    assert (ended(anchor), states(anchor)) == ({"i1": "failed"}, {})
    assert f"{kind} {name}" in anchor.ended[0].explanation
    left = here.live(kind, name)
    assert left is not None
    assert (left["metadata"]["uid"], left["spec"]) == (made["metadata"]["uid"], made["spec"])


async def test_what_is_made_by_hand_meanwhile_ends_the_rollout_and_stays(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    await here.settle(lambda anchor: anchor.phase is Phase.PREPARING)
    made = here.cluster.put(by_hand("apps/v1", "Deployment", "shop-2"))
    await here.settle(lambda anchor: anchor.phase is Phase.CREATING and not anchor.queue)
    anchor = await here.ask(Abort(*here.asked()))
    assert (ended(anchor)["i2"], here.selector) == ("aborted", {"app": "shop", "version": "1"})
    anchor = await here.settle(lambda anchor: states(anchor) == {"1": "Live"})
    left = here.live("Deployment", "shop-2")
    assert left is not None
    assert (left["metadata"]["uid"], left["spec"]) == (made["metadata"]["uid"], made["spec"])


async def test_an_exposure_in_place_takes_no_ingress_of_others(here: Yard) -> None:
    await here.deploy(here.descriptor())
    made = here.cluster.put(by_hand("networking.k8s.io/v1", "Ingress", "shop"))
    anchor = await here.deploy(here.descriptor(exposure=Exposure(host="shop.example.com")))
    assert (ended(anchor)["i2"], states(anchor)) == ("failed", {"1": "Live"})
    assert here.live("Ingress", "shop") == made


def by_hand(api: str, kind: str, name: str) -> dict[str, Any]:
    """Return an object that nobody marked."""
    labels = {"app": "by-hand"}
    bodies: dict[str, dict[str, Any]] = {
        "Ingress": {"defaultBackend": {"service": {"name": "by-hand", "port": {"number": 80}}}},
        "Service": {"selector": labels, "ports": [{"port": 80}]},
        "Deployment": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}},
        },
    }
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": KEY.namespace},
        "spec": bodies[kind],
    }


async def test_a_service_that_would_send_traffic_too_early_is_found(here: Yard) -> None:
    here.cluster.put(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "other", "namespace": "default"},
            "spec": {"selector": {"app": "shop"}, "ports": [{"port": 80}]},
        }
    )
    anchor = await here.deploy(here.descriptor())
    assert ended(anchor) == {"i1": "failed"}
    assert "Service default/other" in anchor.ended[0].explanation


async def test_who_else_selects_the_new_pods_is_told(here: Yard) -> None:
    selector = {"matchLabels": {"app": "shop"}}
    for api, kind, spec in (
        ("policy/v1", "PodDisruptionBudget", {"selector": selector, "maxUnavailable": 1}),
        ("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": selector}),
        ("policy/v1", "PodDisruptionBudget", {"selector": {"matchLabels": {"app": "other"}}}),
    ):
        name = f"by-hand-{kind.lower()}-{len(here.cluster.objects)}"
        metadata = {"name": name, "namespace": "default"}
        here.cluster.put({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec})
    anchor = await here.deploy(here.descriptor())
    assert ended(anchor) == {"i1": "deployed"}
    told = [one.text for one in here.heard if isinstance(one, LogLine) and "by-hand" in one.text]
    assert [text.partition(" ")[0] for text in told] == ["PodDisruptionBudget", "NetworkPolicy"]


async def test_a_driver_that_is_gone_is_followed_by_the_next(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    await here.settle(lambda anchor: anchor.phase is Phase.STAGING)
    await here.kill_driver()
    async with yard(here.cluster) as other:
        anchor = await other.settle()
    assert states(anchor) == {"1": "Hot", "2": "Live"}
    assert anchor.epoch >= 3
    epochs = {one["metadata"].get("annotations", {}).get("fairlead.dev/epoch") for one in here.cluster.objects}
    assert epochs <= {None, str(anchor.epoch)}


async def taken_over(here: Yard, error: FairleadError, times: int) -> Anchor:
    """Return the anchor of a unit that another run takes over in mid-rollout, whose Service it cannot touch at first.

    It stops as soon as it would make a turn.
    """
    await here.deploy(here.descriptor())
    await here.units.deploy(KEY, here.order(here.descriptor(env="green")))
    await here.settle(lambda anchor: anchor.phase is Phase.STAGING)
    await here.kill_driver()
    here.cluster.fail(error, verb="patch", kind="Service", name="shop", times=times)
    answers = itertools.chain([False], itertools.repeat(True))  # not before it has taken over
    async with yard(here.cluster) as other:
        return await other.settle(lambda _: next(answers))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Transient(Problem("clusterUnreachable", "no answer")), id="no answer"),
        pytest.param(RemoteRefused(Problem("admissionDenied", "not now"), status=403), id="refused"),
    ],
)
async def test_a_driver_does_nothing_before_it_has_touched_everything(here: Yard, error: FairleadError) -> None:
    anchor = await taken_over(here, error, 3)
    service = here.live("Service", "shop")
    assert service is not None
    assert service["metadata"]["annotations"]["fairlead.dev/epoch"] == str(anchor.epoch)
    assert here.selector == {"app": "shop", "version": "1"}


async def test_what_cannot_be_touched_is_not_driven(here: Yard) -> None:
    with pytest.raises(OperationFailed) as caught:
        await taken_over(here, RemoteRefused(Problem("admissionDenied", "never"), status=403), 1000)
    assert caught.value.code == "takeoverFailed"


async def test_a_last_command_that_is_lost_is_asked_for_again(here: Yard) -> None:
    await here.deploy(here.descriptor())
    await here.deploy(here.descriptor(env="green"))
    lost = Transient(Problem("clusterUnreachable", "no answer"))
    here.cluster.fail(lost, verb="patch", kind="Deployment", name="shop-1")
    await here.settle(lambda anchor: states(anchor) == {"1": "Warm", "2": "Live"})
    assert here.replicas("shop-1") == 0


async def test_a_driver_that_was_killed_at_rest_is_followed_by_the_next(here: Yard) -> None:
    anchors = SecretAnchors(here.cluster)
    main = replace(here.descriptor().main, minimum=2, maximum=10)
    await here.deploy(here.descriptor(main=main))
    lost = here.live("HorizontalPodAutoscaler", "shop-1")
    assert lost is not None
    await here.cluster.delete(object_ref(lost), uid=lost["metadata"]["uid"])
    await here.kill_driver()
    await here.settle()
    assert here.live("HorizontalPodAutoscaler", "shop-1") is not None
    assert (await read_anchor(anchors, KEY)).driver is None


async def test_an_app_without_ports_goes_over_to_its_next_version_too(here: Yard) -> None:
    first, second = (Component("", {"containers": [{"name": "app", "image": f"worker:{n}"}]}, 2) for n in (1, 2))
    anchor = await here.deploy(here.descriptor(main=first))
    assert (states(anchor), here.live("Service", KEY.name)) == ({"1": "Live"}, None)
    assert states(await here.deploy(here.descriptor(main=second))) == {"1": "Hot", "2": "Live"}
    assert states(await here.ask(Rollback(*here.asked(), "d3"))) == {"1": "Live", "2": "Hot"}
