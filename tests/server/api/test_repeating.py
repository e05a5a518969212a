"""A request with an `Idempotency-Key` is done once, and answered as the first time whatever happened since."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fairlead.domain.authorising.callers import Role
from fairlead.domain.errors import Problem, Refused, Transient
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.domain.units import UnitKey
from fairlead.server.api.repeating import Turns
from fairlead.server.asgi import Limits
from fairlead.server.rollouts import Finished, Wanted
from fairlead.server.surrounding import Surroundings
from tests.fakes.rollouts import FakeRollouts
from tests.fakes.server import DESCRIPTOR, FakeServer, Response

UNIT = UnitKey("one", "shop", "web")
UNITS = "/api/v1/units/one/shop/web"
DEPLOYMENTS = "/api/v1/deployments"
VARIABLE = "/api/v1/clusters/one/namespaces/shop/variables/KAFKA"
AWAY = Transient(Problem("unreachable", "the cluster does not answer"))
BUSY = Transient(Problem("tooManyRequests", "the cluster has too much to do"))
KEY = {"idempotency-key": "k"}

Change = Callable[[FakeServer, dict[str, str]], Awaitable[object]]


async def world(rollouts: FakeRollouts | None = None) -> tuple[FakeServer, dict[str, str]]:
    """Return a server with a unit whose deployment is live, and the identifiers of what is there."""
    server = FakeServer(rollouts=rollouts or FakeRollouts())
    descriptor, deployment = await server.descriptor(), await server.deployment()
    await server.ears.recorder.end(deployment, UnitOutcome.DEPLOYED, "", server.clock.now())
    return server, {"descriptor": descriptor, "deployment": deployment}


async def nothing(_server: FakeServer, _names: dict[str, str]) -> None:
    """Change nothing."""


async def removed(server: FakeServer, names: dict[str, str]) -> None:
    """Remove whatever requests were about or made."""
    server.rollouts.there.clear()
    server.store.memory.descriptors.clear()
    for identifier in list(server.store.memory.deployments):
        server.store.memory.forget(identifier)
    server.rollouts.kept.clear()


@dataclass(frozen=True, slots=True)
class Case:
    method: str
    path: str
    status: int
    body: Any = None


CASES = [
    Case("POST", "/api/v1/descriptors", 201, DESCRIPTOR),
    Case("PUT", "/api/v1/descriptors/{descriptor}", 200, {**DESCRIPTOR, "replicas": 2}),
    Case("DELETE", "/api/v1/descriptors/{descriptor}", 204),
    Case("POST", DEPLOYMENTS, 202, {"descriptorId": "{descriptor}"}),
    Case("POST", DEPLOYMENTS + "/{deployment}/redeploy", 202),
    Case("POST", DEPLOYMENTS + "/{deployment}/cancel", 409),
    Case("DELETE", DEPLOYMENTS + "/{deployment}", 409),
    *(Case("POST", f"{UNITS}/{what}", 202) for what in ("promote", "abort", "rollback", "pause", "resume", "undeploy")),
    Case("POST", f"{UNITS}/scale", 202, {"replicas": 2}),
    Case("POST", f"{UNITS}/scale", 422, {"replicas": -1}),
    Case("POST", f"{UNITS}/resolve", 202, {"resolution": "keepLive"}),
    Case("PUT", VARIABLE, 200, {"value": "x"}),
    Case("POST", "/descriptors/?namespace=shop", 201, DESCRIPTOR),
    Case("POST", "/deployments/?namespace=shop&descriptorId={descriptor}", 202),
    Case("PUT", "/deployments/{deployment}/?namespace=shop", 202),
    Case("DELETE", "/deployments/{deployment}/?namespace=shop", 202),
]


async def ask(server: FakeServer, names: dict[str, str], case: Case) -> Response:
    body = case.body
    if isinstance(body, dict) and "descriptorId" in body:
        body = {"descriptorId": names["descriptor"]}
    return await server.ask(case.method, case.path.format(**names), body, headers=KEY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.path} {case.status}")
@pytest.mark.parametrize("change", [nothing, removed])
async def test_the_answer_stays_what_it_was(case: Case, change: Change) -> None:
    server, names = await world()
    first = await ask(server, names, case)
    assert first.status == case.status
    done = len(server.rollouts.wanted), len(server.rollouts.submitted), dict(server.store.memory.deployments)
    await change(server, names)
    server.clock.advance(3600)
    again = await ask(server, names, case)
    assert (again.status, again.body) == (first.status, first.body)
    told = ("location", "etag", "content-type")
    assert [again.headers.get(name) for name in told] == [first.headers.get(name) for name in told]
    assert (len(server.rollouts.wanted), len(server.rollouts.submitted)) == done[:2]
    assert set(server.store.memory.deployments) <= set(done[2])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.path} {case.status}")
async def test_a_key_stands_for_one_request_and_is_one(case: Case) -> None:
    server, names = await world()
    before = len(server.store.memory.deployments)
    await server.ask("POST", f"{UNITS}/pause", headers=KEY)
    other = await ask(server, names, case)
    if case.path != f"{UNITS}/pause":
        assert (other.status, other.code) == (422, "keyReused")
    for key in ("", "x" * 256, "a\tb"):
        wrong = await server.ask(case.method, case.path.format(**names), case.body, headers={"idempotency-key": key})
        assert (wrong.status, wrong.code) == (400, "invalidKey")
    assert len(server.store.memory.deployments) == before


async def test_a_key_stands_for_one_query() -> None:
    server, names = await world()
    other = await server.descriptor(appName="api")
    path = "/deployments/?namespace=shop&descriptorId="
    assert (await server.ask("POST", f"{path}{names['descriptor']}", headers=KEY)).status == 202
    refused = await server.ask("POST", f"{path}{other}", headers=KEY)
    assert (refused.status, refused.code) == (422, "keyReused")


async def test_what_was_refused_stays_refused() -> None:
    server, names = await world()
    body = {"descriptorId": names["descriptor"]}
    server.rollouts.refusal = Refused(Problem("hostTaken", "host a.example.org belongs to api"))
    first = await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    server.rollouts.refusal = None
    again = await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    assert (again.status, again.body) == (first.status, first.body)
    assert first.code == "hostTaken"


@pytest.mark.parametrize(("error", "status"), [(AWAY, 503), (BUSY, 429)], ids=["away", "busy"])
@pytest.mark.parametrize("path", [DEPLOYMENTS, f"{UNITS}/rollback", f"{UNITS}/promote"])
async def test_what_could_not_be_done_is_tried_again_and_is_the_same(path: str, error: Transient, status: int) -> None:
    server, names = await world()
    body = {"descriptorId": names["descriptor"]} if path == DEPLOYMENTS else None
    before = len(server.store.memory.deployments)
    server.rollouts.gone = error
    if path == DEPLOYMENTS:
        server.rollouts.refusal = error
    assert (await server.ask("POST", path, body, headers=KEY)).status == status
    server.rollouts.refusal = None
    server.rollouts.gone = None
    answers = [await server.ask("POST", path, body, headers=KEY) for _ in range(2)]
    assert [each.status for each in answers] == [202, 202]
    assert answers[0].body == answers[1].body
    asked = len(server.rollouts.wanted) - 1 + len(server.rollouts.submitted)
    assert asked == 1
    assert len(server.store.memory.deployments) - before == (0 if path.endswith("promote") else 1)
    if not path.endswith("promote"):
        record = await server.store.deployments.read(answers[0].json.get("deployment") or answers[0].json["id"])
        assert record is not None
        assert (record.status, record.document.get("explanation")) == (DeploymentStatus.QUEUED, "")


@pytest.mark.parametrize(
    ("known", "status"), [("under way", DeploymentStatus.DEPLOYING), ("finished", DeploymentStatus.FAILED)]
)
async def test_what_the_unit_heard_although_nobody_was_told_is_not_asked_again(
    known: str, status: DeploymentStatus
) -> None:
    server, names = await world()
    body = {"descriptorId": names["descriptor"]}
    server.rollouts.refusal = AWAY
    await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    (record,) = (await server.ask("GET", f"{DEPLOYMENTS}?limit=1")).json["items"]
    server.rollouts.refusal = None
    if known == "finished":
        ended = Finished(record["id"], UnitOutcome.FAILED, "", server.clock.now(), record["id"])
        server.rollouts.finished = {UNIT: (ended,)}
    else:
        server.rollouts.under_way = frozenset({record["id"]})
    asked = len(server.rollouts.wanted)
    answer = await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    assert (answer.status, answer.json["id"], answer.json["status"]) == (202, record["id"], status.value)
    assert len(server.rollouts.wanted) == asked


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{DEPLOYMENTS}/{{deployment}}/cancel"),
        ("POST", f"{UNITS}/undeploy"),
        ("DELETE", "/deployments/{deployment}/?namespace=shop"),
        ("DELETE", "/deployments/?namespace=shop&appname=web&undeploy=true"),
    ],
)
async def test_an_intent_of_which_nobody_was_told_is_submitted_once(method: str, path: str) -> None:
    server, names = await world()
    if path.endswith("cancel"):
        names["deployment"] = await server.deployment()
    server.rollouts.lost = AWAY
    assert (await server.ask(method, path.format(**names), headers=KEY)).status == 503
    server.rollouts.lost = None
    assert (await server.ask(method, path.format(**names), headers=KEY)).status == 202
    assert len(server.rollouts.submitted) == 1


async def test_what_has_ended_otherwise_meanwhile_is_not_asked_again() -> None:
    server, names = await world()
    body = {"descriptorId": names["descriptor"]}
    server.rollouts.refusal = AWAY
    await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    server.rollouts.refusal = None
    (record,) = (await server.store.deployments.page(DeploymentFilter(), limit=1)).items
    await server.store.deployments.replace(replace(record, status=DeploymentStatus.SUPERSEDED))
    asked = len(server.rollouts.wanted)
    answer = await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    assert (answer.json["id"], answer.json["status"]) == (record.identifier, "superseded")
    assert len(server.rollouts.wanted) == asked


async def test_what_could_not_be_done_and_was_deleted_is_not_done() -> None:
    server, names = await world()
    body = {"descriptorId": names["descriptor"]}
    server.rollouts.refusal = AWAY
    await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    server.rollouts.refusal = None
    (record,) = (await server.ask("GET", f"{DEPLOYMENTS}?limit=1")).json["items"]
    assert (await server.ask("DELETE", f"{DEPLOYMENTS}/{record['id']}")).status == 204
    gone = await server.ask("POST", DEPLOYMENTS, body, headers=KEY)
    assert (gone.status, gone.code) == (409, "recordGone")


class Slow(FakeRollouts):
    """Units that take so long to be asked that other requests come between."""

    async def deploy(self, wanted: Wanted) -> str:
        for _ in range(100):
            await asyncio.sleep(0)
        return await super().deploy(wanted)


async def test_what_is_sent_twice_at_once_is_done_once() -> None:
    server, names = await world(Slow())
    body = {"descriptorId": names["descriptor"]}
    answers = await asyncio.gather(*(server.ask("POST", DEPLOYMENTS, body, headers=KEY) for _ in range(5)))
    assert len({(each.status, each.body) for each in answers}) == 1
    assert len(server.rollouts.wanted) == 2


async def test_a_key_that_nobody_waits_with_takes_no_memory() -> None:
    turns = Turns()
    for key in ("a", "b"):
        with suppress(ValueError):
            async with turns.of("ann", key):
                assert turns != Turns()
                raise ValueError
    assert turns == Turns()


async def test_a_key_is_that_of_its_caller_and_opens_nothing() -> None:
    server = FakeServer(is_loopback=False)
    one, two = await server.token(), await server.token()
    answers = [
        await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=token, headers=KEY) for token in (one, two)
    ]
    assert answers[0].json["id"] != answers[1].json["id"]
    await server.administration.tokens.revoke(one.split("_")[1], server.clock.now(), "test")
    refused = await server.ask("POST", "/api/v1/descriptors", DESCRIPTOR, token=one, headers=KEY)
    assert refused.status == 401


async def test_of_who_may_not_ask_no_key_is_looked_at_and_no_body_read() -> None:
    server = FakeServer(is_loopback=False, surroundings=Surroundings(limits=Limits(body=1000)))
    viewer = await server.token(Role.VIEWER)
    for key in ("k", ""):
        headers = {"idempotency-key": key}
        refused = await server.ask("POST", f"{UNITS}/promote", b"x" * 5000, token=viewer, headers=headers)
        assert (refused.status, refused.code) == (403, "forbidden")


async def test_a_long_answer_is_made_again() -> None:
    server = FakeServer()
    large = await server.descriptor(configMaps=[{"name": "settings", "data": {"a": "x" * (70 << 10)}}])
    answers = [await server.ask("POST", DEPLOYMENTS, {"descriptorId": large}, headers=KEY) for _ in range(2)]
    assert answers[0].json["id"] == answers[1].json["id"]
    assert len(server.rollouts.wanted) == 1
    assert server.store.memory.answers == {}
