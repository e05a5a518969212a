"""What tells why a version failed: kept before anything of it goes, with one pod of it for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairlead.domain.errors import Problem, Transient
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import KeepEvidence
from fairlead.domain.rollout.intents import Abort
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.keeping import BYTES, EVENTS_AT_MOST, LINES, keep_evidence
from fairlead.pipeline.units.turn import Turn
from fairlead.ports.cluster import ApiKind
from tests.pipeline.units.units import KEY, Yard, states, yard

EVENTS = ApiKind("v1", "Event", "events", namespaced=True)
BOOK = "fairlead.unit.v1.shop.2"


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        found.cluster.serve(EVENTS)
        yield found


def pod(name: str) -> ObjectRef:
    return ObjectRef("v1", "Pod", KEY.namespace, name)


def crashed(here: Yard, name: str) -> None:
    """Let a pod have run two containers, one of which ended badly and began again."""
    status = {
        "phase": "Running",
        "podIP": "10.1.1.1",
        "conditions": [{"type": "Ready", "status": "False"}],
        "initContainerStatuses": [{"name": "setup", "restartCount": 0}],
        "containerStatuses": [{"name": "app", "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
    }
    here.cluster.set_status(pod(name), status)
    for container, previous, text in (("app", False, "begins"), ("app", True, "panic"), ("setup", False, "set up")):
        here.cluster.pod_logs[KEY.namespace, name, container, previous] = text


def event(here: Yard, number: int, uid: str) -> None:
    here.cluster.put(
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"e{number:03}", "namespace": KEY.namespace},
            "involvedObject": {"kind": "Pod", "name": "p", "uid": uid},
            "reason": "BackOff",
            "message": f"event {number}",
            "lastTimestamp": f"2026-11-21T08:00:{number % 60:02}Z",
        }
    )


async def given_up(here: Yard) -> None:
    """Give up version 2 of an app while it is warming."""
    await here.units.submit(KEY, Abort(*here.asked()))
    await here.settle()


async def warming(here: Yard, *, replicas: int = 3) -> None:
    """Bring version 2 of an app to where it waits for its pods, which are never ready."""
    await here.deploy(here.descriptor())
    here.cluster.is_well = lambda deployment: deployment["metadata"]["name"] != "shop-2"
    await here.units.deploy(KEY, here.order(here.descriptor(env="green", replicas=replicas)))
    await here.settle(lambda anchor: anchor.phase is Phase.WARMING)


async def test_logs_states_and_events_are_kept_before_anything_goes(here: Yard) -> None:
    await warming(here)
    crashed(here, "shop-2-1")
    failed = here.live("Pod", "shop-2-1")
    assert failed is not None
    event(here, 1, failed["metadata"]["uid"])
    event(here, 2, "of somebody else")
    here.cluster.calls.clear()
    await given_up(here)
    document = await here.units.evidence(KEY, "2")
    assert document is not None
    kept = next(one for one in document["pods"] if one["name"] == "shop-2-1")
    assert [(one["container"], one["previous"], one["text"]) for one in kept["logs"]] == [
        ("setup", False, "set up"),
        ("app", False, "begins"),
        ("app", True, "panic"),
    ]
    assert [one["name"] for one in kept["status"]["initContainerStatuses"]] == ["setup"]
    assert kept["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert [one["message"] for one in document["events"]] == ["event 1"]
    written = [(one.kind, one.ref.name) for one in here.cluster.writes if one.ref is not None]
    shrunk = written.index(("Deployment", "shop-2"))
    assert ("Secret", BOOK) in written[:shrunk]


async def test_one_pod_stays_for_its_time_and_what_was_kept_stays_longer(here: Yard) -> None:
    await warming(here)
    await given_up(here)
    assert here.replicas("shop-2") == 1
    document = await here.units.evidence(KEY, "2")
    before = here.clock.now()
    await here.settle(lambda anchor: states(anchor) == {"1": "Live"})
    assert (here.clock.now() - before).total_seconds() >= 59
    assert (here.live("Deployment", "shop-2"), await here.units.evidence(KEY, "2")) == (None, document)


async def test_a_rollout_is_given_up_when_no_more_than_one_pod_of_it_runs(here: Yard) -> None:
    await warming(here)
    lost = Transient(Problem("apiBusy", "later"))
    here.cluster.fail(lost, verb="patch", kind="Deployment", name="shop-2", times=1)
    await here.units.submit(KEY, Abort(*here.asked()))
    await here.settle(lambda anchor: anchor.phase is Phase.IDLE)
    assert here.replicas("shop-2") == 1


async def test_of_much_the_end_is_kept(here: Yard) -> None:
    await warming(here)
    crashed(here, "shop-2-0")
    failed = here.live("Pod", "shop-2-0")
    assert failed is not None
    for number in range(EVENTS_AT_MOST + 5):
        event(here, number, failed["metadata"]["uid"])
    long = "\n".join(f"{number:05}" + "x" * 400 for number in range(LINES))
    here.cluster.pod_logs[KEY.namespace, "shop-2-0", "app", True] = long
    await given_up(here)
    document = await here.units.evidence(KEY, "2")
    assert document is not None
    logs = next(one["logs"] for one in document["pods"] if one["name"] == "shop-2-0")
    assert next(one["text"] for one in logs if one["previous"]) == long[-BYTES:]
    assert [one["message"] for one in document["events"]] == [f"event {n}" for n in range(5, EVENTS_AT_MOST + 5)]


async def test_of_many_pods_those_that_fail_are_kept(here: Yard) -> None:
    await warming(here)
    for number in (0, 1):
        here.cluster.set_status(pod(f"shop-2-{number}"), {"conditions": [{"type": "Ready", "status": "True"}]})
    await given_up(here)
    document = await here.units.evidence(KEY, "2")
    assert document is not None
    assert [one["name"] for one in document["pods"]] == ["shop-2-2", "shop-2-0", "shop-2-1"]


async def test_nothing_of_another_version_is_kept_and_nothing_twice(here: Yard) -> None:
    await warming(here, replicas=2)
    await given_up(here)
    document = await here.units.evidence(KEY, "2")
    assert document is not None
    assert [one["name"] for one in document["pods"]] == ["shop-2-0", "shop-2-1"]
    place = await here.units.places(KEY.cluster)
    stored = await place.anchors.version(KEY, "2")
    assert stored is not None
    later = Turn(place, KEY, Anchor(epoch=9), {"2": Contents.from_json(stored)}, Findings(), here.clock)
    await keep_evidence(later, KeepEvidence("2", "d2"))
    assert await here.units.evidence(KEY, "2") == document
