from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import Problem, Transient
from fairlead.domain.rollout.intents import (
    Abort,
    Pause,
    Promote,
    Resolution,
    Resolve,
    Resume,
    Rollback,
    Scale,
    Undeploy,
)
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.domain.units import UnitKey
from tests.fakes.server import FakeServer

UNIT = UnitKey("one", "shop", "web")
PATH = "/api/v1/units/one/shop/web"


@pytest.mark.parametrize(
    ("what", "body", "kind", "fields"),
    [
        ("promote", {"digest": "sha256:1", "force": True}, Promote, {"digest": "sha256:1", "force": True}),
        ("promote", None, Promote, {"digest": "", "force": False}),
        ("abort", None, Abort, {}),
        ("rollback", {"to": "3"}, Rollback, {"to": "3"}),
        ("rollback", None, Rollback, {"to": ""}),
        ("scale", {"replicas": 3, "workload": "web"}, Scale, {"replicas": 3, "workload": "web"}),
        ("pause", None, Pause, {}),
        ("resume", None, Resume, {}),
        ("undeploy", None, Undeploy, {}),
        ("resolve", {"resolution": "keepLive"}, Resolve, {"resolution": Resolution.KEEP_LIVE}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_asked_of_a_unit(what: str, body: Any, kind: type, fields: dict[str, Any]) -> None:
    server = FakeServer()
    assert (await server.ask("POST", f"{PATH}/{what}", body)).status == 404
    server.rollouts.there = {UNIT}
    answer = await server.ask("POST", f"{PATH}/{what}", body)
    assert answer.status == 202
    ((unit, intent),) = server.rollouts.submitted
    assert (unit, type(intent), intent.id, intent.by) == (UNIT, kind, answer.json["id"], "local")
    assert {name: getattr(intent, name) for name in fields} == fields


async def test_asking_again_with_the_same_key_asks_once() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    answers = [await server.ask("POST", f"{PATH}/promote", headers={"idempotency-key": "k"}) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert len(server.rollouts.submitted) == 1
    assert (await server.ask("POST", f"{PATH}/abort", headers={"idempotency-key": "k"})).code == "keyReused"


async def test_a_rollback_has_a_record_that_can_be_followed() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    for _ in range(2):
        answer = await server.ask("POST", f"{PATH}/rollback", {"to": "1"}, headers={"idempotency-key": "k"})
    record = (await server.ask("GET", f"/api/v1/deployments/{answer.json['deployment']}")).json
    assert (record["app"], record["status"]) == ("web", "queued")
    assert len(server.rollouts.submitted) == 1


async def test_a_rollback_that_could_not_be_asked_for_has_failed() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    server.rollouts.gone = Transient(Problem("unreachable", "the cluster does not answer"))
    refused = await server.ask("POST", f"{PATH}/rollback")
    assert (refused.status, refused.code) == (503, "unreachable")
    (record,) = (await server.ask("GET", "/api/v1/deployments")).json["items"]
    assert (record["status"], record["explanation"]) == ("failed", str(server.rollouts.gone))


async def test_undeploying_is_told_by_the_deployment_that_is_live() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    await server.ears.recorder.end(identifier, UnitOutcome.DEPLOYED, "", server.clock.now())
    assert (await server.ask("POST", f"{PATH}/undeploy")).json["deployment"] == identifier


async def test_how_a_unit_stands_and_what_it_was() -> None:
    server = FakeServer()
    assert (await server.ask("GET", PATH)).status == 404
    assert (await server.ask("GET", "/api/v1/units/nowhere/shop/web")).status == 404
    identifier = await server.deployment()
    await server.deployment(appName="other")
    assert (await server.ask("GET", PATH)).json["app"] == "web"
    history = (await server.ask("GET", f"{PATH}/history")).json["items"]
    assert [each["id"] for each in history] == [identifier]


async def test_wrong_numbers_are_refused() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    assert (await server.ask("POST", f"{PATH}/scale", {"replicas": -1})).json["path"] == "replicas"
    assert (await server.ask("POST", f"{PATH}/resolve", {"resolution": "x"})).json["path"] == "resolution"
    assert server.rollouts.submitted == []
