"""Units by the API: how they stand, and what is asked of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from fairlead.domain.authorising.callers import Role
from fairlead.domain.errors import Problem, Transient
from fairlead.domain.rollout.anchor import Anchor
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
from fairlead.domain.rollout.phases import Phase, UnitOutcome
from fairlead.domain.scopes import EVERYTHING, Scope, scope_of
from fairlead.domain.unit_news import StateEntered
from fairlead.domain.units import UnitKey
from fairlead.pipeline.rebuilding import Recalled
from tests.fakes.rollouts import FakeRollouts
from tests.fakes.server import DESCRIPTOR, FakeServer

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
    await server.until_driven(UNIT)


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


async def test_why_something_is_rolled_back_is_kept_wherever_that_is_told() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    answer = await server.ask("POST", f"{PATH}/rollback", {"reason": "it leaks"})
    await server.ask("POST", f"{PATH}/rollback")
    record = (await server.ask("GET", f"/api/v1/deployments/{answer.json['deployment']}")).json
    assert record["reason"] == "it leaks"
    assert [getattr(intent, "reason", None) for _, intent in server.rollouts.submitted] == ["it leaks", ""]
    audit = (await server.ask("GET", "/api/v1/audit")).json["items"]
    assert [each["detail"].get("reason") for each in audit] == [None, "it leaks"]


@pytest.mark.parametrize(
    ("body", "path"),
    [({"reason": "x" * 1001}, "reason"), ({"reason": 7}, "reason"), ([], "")],
    ids=["long", "number", "list"],
)
async def test_wrong_reasons_are_refused(body: Any, path: str) -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    refused = await server.ask("POST", f"{PATH}/rollback", body)
    assert (refused.status, refused.json["path"]) == (422, path)
    (entry,) = (await server.ask("GET", "/api/v1/audit")).json["items"]
    assert len(entry["detail"].get("reason", "")) <= 1000


async def going_back(server: FakeServer, version: str) -> str:
    """Begin a rollback, which turns out to go back to a version; return its identifier."""
    identifier = (await server.ask("POST", f"{PATH}/rollback")).json["deployment"]
    news = StateEntered(UNIT, server.clock.now(), identifier, Phase.STAGING, version)
    server.ears.recorder.announce(news)
    await server.ears.recorder.write()
    return str(identifier)


async def test_what_was_rolled_back_to_can_be_deployed_once_more() -> None:
    server = FakeServer()
    first = await server.deployment(replicas=3)  # version 1
    await server.deployment(replicas=5)
    await server.ears.recorder.end(first, UnitOutcome.DEPLOYED, "", server.clock.now())
    identifier = await going_back(server, "1")
    record = (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json
    assert (record["version"], record["descriptor"]["replicas"]) == ("1", 3)
    again = await server.ask("POST", f"/api/v1/deployments/{identifier}/redeploy")
    assert (again.status, server.rollouts.wanted[-1].document["replicas"]) == (202, 3)


async def test_a_version_that_no_record_has_is_recalled_by_its_cluster() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    server.rollouts.recalled = {UNIT: Recalled(Anchor(), {"7": DESCRIPTOR})}
    identifier = await going_back(server, "7")
    record = (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json
    assert record["descriptor"]["appName"] == "web"


async def test_what_nobody_knows_is_not_deployed_again() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    failed = await server.deployment()  # version 1, which never ran
    await server.ears.recorder.end(failed, UnitOutcome.FAILED, "", server.clock.now())
    server.rollouts.recalled = {UNIT: Recalled(Anchor(), {})}
    identifier = await going_back(server, "1")
    refused = await server.ask("POST", f"/api/v1/deployments/{identifier}/redeploy")
    assert (refused.status, refused.code) == (409, "descriptorUnknown")


async def test_a_cluster_that_is_away_holds_up_no_record() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    identifier = (await server.ask("POST", f"{PATH}/rollback")).json["deployment"]
    server.rollouts.refusal = Transient(Problem("unreachable", "the cluster does not answer"))
    at = server.clock.now()
    server.ears.recorder.announce(StateEntered(UNIT, at, identifier, Phase.STAGING, "7"))
    await server.ears.recorder.write()
    stored = await server.store.deployments.read(identifier)
    assert stored is not None
    assert (stored.version, stored.document["descriptor"]) == ("7", {})
    server.rollouts.refusal, server.rollouts.recalled = None, {UNIT: Recalled(Anchor(), {"7": DESCRIPTOR})}
    server.ears.recorder.announce(StateEntered(UNIT, at, identifier, Phase.SOAKING, "7", "so far so good"))
    await server.ears.recorder.write()
    assert (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json["descriptor"]["appName"] == "web"


async def test_a_cluster_that_never_answers_holds_up_no_record() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}

    async def waiting(unit: UnitKey) -> Recalled:
        return await asyncio.Future()

    server.rollouts.recall = waiting  # type: ignore[method-assign] # whoever is asked says nothing
    server.ears.recorder.recall_seconds = 0.01
    async with asyncio.timeout(20):
        identifier = await going_back(server, "7")
    stored = await server.store.deployments.read(identifier)
    assert stored is not None
    assert (stored.version, stored.document["descriptor"]) == ("7", {})


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
    again = await server.deployment()
    first = (await server.ask("GET", f"{PATH}/history?limit=1")).json
    rest = (await server.ask("GET", f"{PATH}/history?after={first['next']}")).json
    assert [[each["id"] for each in page["items"]] for page in (first, rest)] == [[again], [identifier]]
    assert rest["next"] is None


@dataclass(frozen=True, slots=True)
class Units:
    """A server with a few units in two clusters, and who lists them."""

    server: FakeServer
    token: str | None = None

    async def pages(self, query: str = "") -> list[list[str]]:
        """Return the units of every page, by cluster, namespace and app."""
        pages, after = list[list[str]](), ""
        while True:
            found = await self.server.ask("GET", f"/api/v1/units?{query}{after}", token=self.token)
            assert found.status == 200
            pages.append([f"{each['cluster']}/{each['namespace']}/{each['app']}" for each in found.json["items"]])
            if found.json["next"] is None:
                return pages
            after = f"&after={found.json['next']}"


ALL = ["one/a-b/api", "one/a/web", "one/shop/api", "one/shop/web", "two/shop/web"]


def some_units() -> FakeServer:
    server = FakeServer(rollouts=FakeRollouts("one", "two"))
    server.rollouts.there = {UnitKey(*each.split("/")) for each in ALL}
    server.rollouts.busy = {UNIT, UnitKey("one", "a", "web")}
    return server


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("", [["one/a/web", "one/a-b/api", *ALL[2:]]]),
        ("limit=2", [["one/a/web", "one/a-b/api"], ["one/shop/api", "one/shop/web"], ["two/shop/web"]]),
        ("limit=5", [["one/a/web", "one/a-b/api", *ALL[2:]]]),
        ("cluster=two", [["two/shop/web"]]),
        ("namespace=shop&app=web&limit=1", [["one/shop/web"], ["two/shop/web"]]),
        ("phase=Warming", [["one/a/web", "one/shop/web"]]),
        ("phase=Warming&limit=1", [["one/a/web"], ["one/shop/web"], []]),
        ("phase=Idle&cluster=one&limit=2", [["one/a-b/api", "one/shop/api"], []]),
        ("phase=Warming&phase=Idle&cluster=one&namespace=shop", [["one/shop/api", "one/shop/web"]]),
        ("phase=Blocked", [[]]),
    ],
    ids=lambda value: value or "all" if isinstance(value, str) else "",
)
async def test_units_are_listed_page_by_page(query: str, pages: list[list[str]]) -> None:
    assert await Units(some_units()).pages(query) == pages


async def test_who_lists_units_sees_those_of_their_scope() -> None:
    server = some_units()
    token = await server.token(Role.VIEWER, scope_of(clusters=["one"], namespaces=["shop"]))
    assert await Units(server, token).pages() == [["one/shop/api", "one/shop/web"]]
    assert await Units(server, token).pages("namespace=a") == [[]]


async def test_who_lists_clusters_sees_those_of_their_scope() -> None:
    server = some_units()
    token = await server.token(Role.VIEWER, scope_of(clusters=["two"]))
    shown = [(await server.ask("GET", "/api/v1/clusters", token=one)).json for one in (await server.token(), token)]
    assert shown == [{"items": [{"name": "one"}, {"name": "two"}]}, {"items": [{"name": "two"}]}]


async def test_a_unit_that_went_meanwhile_is_left_out() -> None:
    server = some_units()

    async def remembered(scope: Scope = EVERYTHING) -> list[UnitKey]:
        return [UNIT, UnitKey("one", "shop", "gone")]

    server.rollouts.known = remembered  # type: ignore[method-assign] # it remembers what is gone
    assert await Units(server).pages() == [["one/shop/web"]]


@pytest.mark.parametrize("query", ["after=x", "after=a/b/c/d", "phase=Fine", "limit=0", "limit=501"])
async def test_a_list_that_cannot_be_asked_for(query: str) -> None:
    assert (await some_units().ask("GET", f"/api/v1/units?{query}")).status == 422


async def test_wrong_numbers_are_refused() -> None:
    server = FakeServer()
    server.rollouts.there = {UNIT}
    assert (await server.ask("POST", f"{PATH}/scale", {"replicas": -1})).json["path"] == "replicas"
    assert (await server.ask("POST", f"{PATH}/resolve", {"resolution": "x"})).json["path"] == "resolution"
    assert server.rollouts.submitted == []
