"""Deployments by the API: how they begin, stand and end, and what stays of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.errors import OperationFailed, Problem, Refused, Transient
from fairlead.domain.keeping.deployments import DeploymentStatus
from fairlead.domain.keeping.health_data import HealthData
from fairlead.domain.keeping.journals import LOG, Entry
from fairlead.domain.rollout.intents import Abort, OnBusy
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.domain.units import UnitKey
from tests.fakes.server import FakeServer

PATH = "/api/v1/deployments"
UNIT = UnitKey("one", "shop", "web")


async def ended(server: FakeServer, identifier: str, outcome: UnitOutcome = UnitOutcome.DEPLOYED) -> None:
    await server.ears.recorder.end(identifier, outcome, "", server.clock.now())


async def test_a_deployment_is_accepted_when_its_intent_is_stored() -> None:
    server = FakeServer()
    descriptor = await server.descriptor()
    begun = await server.ask("POST", PATH, {"descriptorId": descriptor, "onBusy": "queue"})
    assert begun.status == 202
    read = (await server.ask("GET", begun.headers["location"])).json
    assert (read["status"], read["version"], read["descriptorId"]) == ("queued", "1", descriptor)
    (wanted,) = server.rollouts.wanted
    assert (wanted.unit, wanted.deployment, wanted.on_busy) == (UNIT, read["id"], OnBusy.QUEUE)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"descriptorId": "none"}, 404, "notFound"),
        ({}, 422, "descriptorMissing"),
        ([], 422, "descriptorMissing"),
    ],
    ids=["absent", "nothing", "list"],
)
async def test_what_cannot_be_deployed(body: object, status: int, code: str) -> None:
    answer = await FakeServer().ask("POST", PATH, body)
    assert (answer.status, answer.code) == (status, code)


async def test_wrong_words_are_told_with_their_path() -> None:
    server = FakeServer()
    body = {"descriptorId": await server.descriptor(), "onBusy": "panic", "color": "blue"}
    answer = await server.ask("POST", PATH, body)
    assert answer.status == 422
    assert {each["path"] for each in answer.json["errors"]} == {"onBusy", "color"}


async def test_a_busy_unit_rejects_if_that_is_asked_for() -> None:
    server = FakeServer()
    descriptor = await server.descriptor()
    server.rollouts.there, server.rollouts.busy = {UNIT}, {UNIT}
    rejected = await server.ask("POST", PATH, {"descriptorId": descriptor, "onBusy": "reject"})
    assert (rejected.status, rejected.code) == (409, "unitBusy")
    assert (await server.ask("GET", PATH)).json["items"] == []
    assert (await server.ask("POST", PATH, {"descriptorId": descriptor})).status == 202


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused(Problem("hostTaken", "host a.example.org belongs to api")), 409),
        (Refused(Problem("nameTaken", "Deployment web-1-2 belongs to shop/web-1, version 2")), 409),
        (Refused(Problem("versionTaken", "version 1 exists already")), 409),
        (Transient(Problem("unreachable", "the cluster does not answer")), 503),
        (OperationFailed(Problem("anchorInvalid", "cannot be read")), 500),
    ],
    ids=["host", "name", "version", "away", "broken"],
)
async def test_what_the_cluster_refuses_is_told_and_its_record_says_so(error: Refused, status: int) -> None:
    server = FakeServer()
    descriptor = await server.descriptor()
    server.rollouts.refusal = error
    refused = await server.ask("POST", PATH, {"descriptorId": descriptor})
    assert (refused.status, refused.code) == (status, error.code)
    assert refused.json["detail"] == str(error)
    (record,) = (await server.ask("GET", PATH)).json["items"]
    assert (record["status"], record["explanation"]) == ("failed", str(error))


async def test_the_same_request_again_begins_one_deployment() -> None:
    server = FakeServer()
    body = {"descriptorId": await server.descriptor()}
    first = await server.ask("POST", PATH, body, headers={"idempotency-key": "k"})
    again = await server.ask("POST", PATH, body, headers={"idempotency-key": "k"})
    other = await server.ask("POST", PATH, {**body, "onBusy": "queue"}, headers={"idempotency-key": "k"})
    assert (again.status, again.json["id"]) == (202, first.json["id"])
    assert other.code == "keyReused"
    assert len(server.rollouts.wanted) == 1


async def test_lists_are_filtered_by_how_they_stand() -> None:
    server = FakeServer()
    one, two = await server.deployment(), await server.deployment(appName="api")
    await ended(server, one)
    found = (await server.ask("GET", f"{PATH}?status=deployed")).json["items"]
    assert [each["id"] for each in found] == [one]
    both = (await server.ask("GET", f"{PATH}?status=deployed&status=queued&limit=1")).json
    assert ([each["id"] for each in both["items"]], both["next"] is not None) == ([two], True)
    assert (await server.ask("GET", f"{PATH}?status=fine")).status == 422
    assert (await server.ask("GET", f"{PATH}?limit=-1")).status == 422


async def test_lists_are_read_page_by_page() -> None:
    server = FakeServer()
    begun = [await server.deployment() for _ in range(3)]
    found, after = list[list[str]](), ""
    while True:
        page = (await server.ask("GET", f"{PATH}?limit=2{after}")).json
        found.append([each["id"] for each in page["items"]])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == [[begun[2], begun[1]], [begun[0]]]


async def test_a_long_log_is_whole_and_has_its_times() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    at = server.clock.now().replace(microsecond=123_456)
    lines = [Entry(at, LOG, {"text": f"line {number}"}) for number in range(1001)]
    await server.store.journals.append(identifier, lines)
    assert len((await server.ask("GET", f"{PATH}/{identifier}/logs")).body.splitlines()) == 1001
    older = await server.ask("GET", f"/deployments/{identifier}/logs?namespace=shop")
    assert older.body.decode().splitlines()[-1].endswith(" line 1000")
    await ended(server, identifier)
    assert b'"at":"2026-11-21T12:00:00.123Z"' in (await server.ask("GET", f"{PATH}/{identifier}/stream")).body


async def test_a_deployment_is_cancelled_while_it_is_under_way() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    await server.until_driven(UNIT)
    assert (await server.ask("POST", f"{PATH}/{identifier}/cancel")).status == 202
    await server.until_driven(UNIT)
    ((unit, intent),) = server.rollouts.submitted
    assert unit == UNIT
    assert isinstance(intent, Abort)
    assert intent.deployment == identifier
    await ended(server, identifier, UnitOutcome.ABORTED)
    over = await server.ask("POST", f"{PATH}/{identifier}/cancel")
    assert (over.status, over.code) == (409, "deploymentOver")


async def test_redeploying_takes_the_copy_of_the_descriptor() -> None:
    server = FakeServer()
    identifier = await server.deployment(replicas=2)
    old = (await server.ask("GET", f"{PATH}/{identifier}")).json
    await server.ask("DELETE", f"/api/v1/descriptors/{old['descriptorId']}")
    again = await server.ask("POST", f"{PATH}/{identifier}/redeploy")
    assert again.status == 202
    assert again.json["id"] != identifier
    assert server.rollouts.wanted[1].document["replicas"] == 2


async def test_what_a_deployment_may_overrule_is_passed_on() -> None:
    server = FakeServer()
    wish = {"onBusy": "queue", "releaseHold": True}
    made = await server.ask("POST", PATH, {"descriptorId": await server.descriptor(), **wish})
    await server.ask("POST", f"{PATH}/{made.json['id']}/redeploy", wish)
    await server.ask("POST", f"{PATH}/{made.json['id']}/redeploy")
    asked = [(one.on_busy, one.release_hold) for one in server.rollouts.wanted]
    assert asked == [(OnBusy.QUEUE, True), (OnBusy.QUEUE, True), (OnBusy.SUPERSEDE, False)]


async def test_a_record_stays_while_it_is_needed() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    for outcome in (None, UnitOutcome.DEPLOYED):
        if outcome is not None:
            await ended(server, identifier, outcome)
        needed = await server.ask("DELETE", f"{PATH}/{identifier}")
        assert (needed.status, needed.code) == (409, "deploymentNeeded")
    await ended(server, identifier, UnitOutcome.UNDEPLOYED)
    assert (await server.ask("DELETE", f"{PATH}/{identifier}")).status == 204
    assert (await server.ask("GET", f"{PATH}/{identifier}")).status == 404


async def test_only_the_record_that_was_read_is_deleted() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    await ended(server, identifier, UnitOutcome.FAILED)
    etag = (await server.ask("GET", f"{PATH}/{identifier}")).headers["etag"]
    other = await server.ask("DELETE", f"{PATH}/{identifier}", headers={"if-match": '"77"'})
    assert (other.status, other.code) == (412, "stale")
    server.store.memory.meanwhile = lambda record: replace(record, status=DeploymentStatus.QUEUED)
    late = await server.ask("DELETE", f"{PATH}/{identifier}", headers={"if-match": etag})
    assert (late.status, late.code) == (412, "stale")
    assert (await server.ask("GET", f"{PATH}/{identifier}")).json["status"] == "queued"


async def test_what_happened_is_read_page_by_page_and_as_text() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    lines = [Entry(server.clock.now(), LOG, {"text": f"line {number}"}) for number in range(3)]
    await server.store.journals.append(
        identifier, [*lines, Entry(server.clock.now(), "stateEntered", {"phase": "Idle"})]
    )
    first = (await server.ask("GET", f"{PATH}/{identifier}/events?limit=3")).json
    rest = (await server.ask("GET", f"{PATH}/{identifier}/events?after={first['next']}")).json
    assert [each["sequence"] for each in first["items"] + rest["items"]] == [1, 2, 3, 4]
    assert (await server.ask("GET", f"{PATH}/{identifier}/events?after=4")).json == {"items": [], "next": 4}
    assert rest["items"][0]["type"] == "stateEntered"
    logs = await server.ask("GET", f"{PATH}/{identifier}/logs")
    assert logs.headers["content-type"].startswith("text/plain")
    assert logs.body.decode().splitlines()[0] == "2026-11-21T12:00:00Z line 0"
    assert len(logs.body.splitlines()) == 3


async def test_what_the_pods_answered() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    await server.store.health.put(identifier, [HealthData("web-1-a", '{"healthy": true}', server.clock.now())])
    (item,) = (await server.ask("GET", f"{PATH}/{identifier}/health")).json["items"]
    assert (item["pod"], item["value"]) == ("web-1-a", '{"healthy": true}')


async def test_a_browser_that_comes_back_to_what_has_ended_is_told_to_stop() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    await server.store.journals.append(identifier, [Entry(server.clock.now(), LOG, {"text": "x"})])
    await ended(server, identifier)
    path = f"{PATH}/{identifier}/stream"
    whole = await server.ask("GET", path)
    assert whole.headers["content-type"] == "text/event-stream"
    assert b"id: 1\nevent: log\n" in whole.body
    assert whole.body.endswith(b"event: end\ndata: {}\n\n")
    assert (await server.ask("GET", path, headers={"last-event-id": "1"})).status == 204
    assert (await server.ask("GET", path, headers={"accept": "text/html"})).status == 406


async def test_one_deployment_of_a_unit_is_live() -> None:
    server = FakeServer()
    first, second = await server.deployment(), await server.deployment()
    await ended(server, first)
    await ended(server, second)
    records = {each: await server.store.deployments.read(each) for each in (first, second)}
    assert [record.status for record in records.values() if record is not None] == [
        DeploymentStatus.REPLACED,
        DeploymentStatus.DEPLOYED,
    ]
