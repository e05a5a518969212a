"""What the API answers at once instead of taking it, because it could not be done: over real units."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from fairlead.bootstrap.units import variables_in
from fairlead.domain.accounts import Account, service_account
from fairlead.domain.apps.permissions import ENFORCED
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.authorising.acting import BINDING
from fairlead.domain.authorising.callers import Role
from fairlead.domain.errors import Problem, Refused, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.keeping.deployments import DeploymentFilter, StoredDeployment
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Resume
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.authorising.impersonating import ActingCluster, Impersonating, on_behalf_of
from fairlead.ports.cluster import Cluster, LiveObject
from fairlead.server.rolling import UnitRollouts
from tests.fakes.played import PlayedCluster
from tests.fakes.server import FakeServer, Response
from tests.pipeline.units.units import KEY, Yard, yard

NAMESPACE = ObjectRef("v1", "Namespace", "", KEY.namespace)
UNIT = "/api/v1/units/c/default/shop"
OLD = "?namespace=default"


@dataclass(slots=True)
class Shared(PlayedCluster):
    """A cluster that others may write to as themselves."""

    def acting_as(self, account: Account) -> Cluster:
        return self


class Parked(UnitRollouts):
    """Units that are driven when a test says so."""

    async def drive(self, unit: Any) -> float | None:
        return None


@dataclass(slots=True)
class Place:
    """A server over units in a cluster in memory."""

    here: Yard
    server: FakeServer
    driver: UnitRollouts
    descriptors: dict[str, str] = field(default_factory=dict)

    async def descriptor(self, env: str = "", **more: Any) -> str:
        """Return the identifier of a kept descriptor."""
        document = descriptor_json(self.here.descriptor(env=env, **more))
        return str((await self.server.ask("POST", "/api/v1/descriptors", document)).json["id"])

    async def deploy(self, env: str = "", *, token: str | None = None, wish: Any = None, **more: Any) -> Response:
        body = {"descriptorId": await self.descriptor(env, **more), **(wish or {})}
        return await self.server.ask("POST", "/api/v1/deployments", body, token=token)

    async def drive(self) -> None:
        """Drive the unit, and let the records follow."""
        try:
            await self.driver.drive(KEY)
        finally:
            for news in self.here.heard:
                self.server.ears.recorder.announce(news)
            self.here.heard.clear()
            await self.server.ears.recorder.write()

    async def anchor(self) -> Anchor:
        return (await self.here.units.read(KEY)).anchor

    async def records(self) -> list[StoredDeployment]:
        return list((await self.server.store.deployments.page(DeploymentFilter())).items)

    def bind(self, name: str | None) -> None:
        """Let the namespace bind an account, or none."""

        def change(live: LiveObject) -> None:
            live["metadata"]["annotations"] = {} if name is None else {BINDING: name}

        self.here.cluster.edit(NAMESPACE, change)

    async def block(self) -> None:
        """Let somebody point the app's Service elsewhere, and the driver see it."""
        self.here.cluster.edit(
            ObjectRef("v1", "Service", KEY.namespace, KEY.name),
            lambda live: live["spec"].update(selector={"app": "somebody"}),
        )
        await self.here.units.submit(KEY, Resume(*self.here.asked()))
        await self.drive()
        assert (await self.anchor()).phase is Phase.BLOCKED


@asynccontextmanager
async def opened() -> AsyncIterator[Place]:
    async with yard(Shared(), seen=lambda own: Impersonating(cast("ActingCluster", own))) as here:
        metadata = {"name": KEY.namespace, "annotations": {BINDING: "deployer"}, "labels": {ENFORCED: "privileged"}}
        here.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        server = FakeServer()
        parts = (here.units, ["c"], server.store, variables_in)
        server.real = Parked(*parts)
        yield Place(here, server, UnitRollouts(*parts))


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with opened() as found:
        assert (await found.deploy()).status == 202
        await found.drive()
        assert (await found.deploy("green", rules={"promote_after": None})).status == 202
        await found.drive()
        assert (await found.anchor()).phase is Phase.AWAITING
        yield found


ASKED = {
    "promote": ("POST", f"{UNIT}/promote", None),
    "abort": ("POST", f"{UNIT}/abort", None),
    "rollback": ("POST", f"{UNIT}/rollback", {"to": "1"}),
    "scale": ("POST", f"{UNIT}/scale", {"replicas": 3}),
    "pause": ("POST", f"{UNIT}/pause", None),
    "resume": ("POST", f"{UNIT}/resume", None),
    "undeploy": ("POST", f"{UNIT}/undeploy", None),
    "resolve": ("POST", f"{UNIT}/resolve", {"resolution": "keepLive"}),
    "cancel": ("POST", "/api/v1/deployments/{newest}/cancel", None),
    "redeploy": ("POST", "/api/v1/deployments/{live}/redeploy", None),
    "old redeploy": ("PUT", f"/deployments/{{live}}/{OLD}", None),
    "old undeploy": ("DELETE", f"/deployments/{{live}}/{OLD}&deleteDeployment=true", None),
    "old undeploy of all": ("DELETE", f"/deployments/{OLD}&appname=shop&undeploy=true", None),
}
DEFERRED = [what for what in ASKED if what not in ("pause", "resume", "resolve")]


async def asked(place: Place, what: str) -> Response:
    method, target, body = ASKED[what]
    *_, newest, live = await place.records()
    return await place.server.ask(method, target.format(newest=newest.identifier, live=live.identifier), body)


async def test_what_nobody_may_be_acted_for_is_refused_at_once(place: Place) -> None:
    before, known = await place.anchor(), await place.records()
    place.bind(None)
    for what in ASKED:
        refused = await asked(place, what)
        assert (refused.status, refused.code) == (403, "accountMissing"), what
        assert BINDING in refused.json["remedy"]
    assert await place.anchor() == before
    left = [one for one in await place.records() if one.status != "failed"]
    assert [(one.identifier, one.document) for one in left] == [(one.identifier, one.document) for one in known]
    place.bind("deployer")
    assert (await asked(place, "promote")).status == 202


async def test_no_deployment_is_begun_that_nobody_may_be_acted_for(place: Place) -> None:
    identifier, before = await place.descriptor("red"), await place.anchor()
    place.bind(None)
    for target in ("/api/v1/deployments", f"/deployments/{OLD}&descriptorId={identifier}"):
        refused = await place.server.ask("POST", target, {"descriptorId": identifier})
        assert (refused.status, refused.code) == (403, "accountMissing")
    assert await place.anchor() == before


async def test_who_has_an_account_supersedes_nothing_that_has_none(place: Place) -> None:
    identifier, before = await place.descriptor("red"), await place.anchor()
    token = await place.server.token(Role.DEPLOYER, account=Account("ann"))
    place.bind(None)
    refused = await place.server.ask("POST", "/api/v1/deployments", {"descriptorId": identifier}, token=token)
    assert (refused.status, refused.code, await place.anchor()) == (403, "accountMissing", before)


async def test_whoever_has_an_account_needs_none_of_the_namespace() -> None:
    async with opened() as place:
        place.bind(None)
        token = await place.server.token(Role.ADMIN, account=Account("ann"))
        document = descriptor_json(place.here.descriptor())
        kept = await place.server.ask("POST", "/api/v1/descriptors", document, token=token)
        wish = {"descriptorId": kept.json["id"]}
        assert (await place.server.ask("POST", "/api/v1/deployments", wish, token=token)).status == 202
        await place.drive()
        assert (await place.server.ask("POST", f"{UNIT}/pause", token=token)).status == 202


async def test_who_has_no_account_ends_what_another_wants_and_begins_nothing() -> None:
    async with opened() as place:
        place.bind(None)
        ann, bob = await place.server.token(account=Account("ann")), await place.server.token()
        for env, rules in (("", {}), ("green", {"promote_after": None})):
            document = descriptor_json(place.here.descriptor(env=env, rules=rules))
            kept = await place.server.ask("POST", "/api/v1/descriptors", document, token=ann)
            wish = {"descriptorId": kept.json["id"]}
            assert (await place.server.ask("POST", "/api/v1/deployments", wish, token=ann)).status == 202
            await place.drive()
        assert (await place.anchor()).phase is Phase.AWAITING
        refused = await place.server.ask("POST", f"{UNIT}/rollback", {"to": "1"}, token=bob)
        assert (refused.status, refused.code) == (403, "accountMissing")
        assert (await place.server.ask("POST", f"{UNIT}/abort", token=bob)).status == 202
        await place.drive()
        assert (await place.anchor()).phase is Phase.IDLE


async def test_a_deployment_ends_as_failed_when_its_account_goes_before_its_turn() -> None:
    async with opened() as place:
        begun = await place.deploy()
        assert begun.status == 202
        place.bind(None)
        await place.drive()  # and nothing is left that somebody would try again and again
        (record,) = await place.records()
        assert (record.status, BINDING in record.document["explanation"]) == ("failed", True)
        told = (await place.server.ask("GET", f"/api/v1/deployments/{record.identifier}/events")).json["items"]
        assert (told[-1]["type"], BINDING in told[-1]["data"]["explanation"]) == ("deploymentEnded", True)
        assert not place.here.cluster.objects or place.here.live("Deployment", "shop-1") is None
        place.bind("deployer")
        assert (await place.deploy()).status == 202
        await place.drive()
        assert (await place.anchor()).live is not None


async def stuck(place: Place, env: str) -> str:
    """Let the account of a rollout go in its middle, after more was asked; return its deployment."""
    assert (await place.deploy(env)).status == 202
    with on_behalf_of(service_account(KEY.namespace, "deployer"), KEY.namespace):
        await place.here.settle(lambda anchor: anchor.phase is Phase.WARMING)
    newest = (await place.records())[0]
    assert (await asked(place, "scale")).status == 202
    back = (await asked(place, "rollback")).json["deployment"]
    place.bind(None)
    for _ in range(3):
        with pytest.raises(Refused) as refused:
            await place.drive()
        assert refused.value.code == "accountMissing"
    ended = await place.server.store.deployments.read(back)
    assert ended is not None
    assert (ended.status, BINDING in ended.document["explanation"]) == ("failed", True)
    return newest.identifier


async def test_what_was_begun_waits_for_an_account_and_says_so_once_each_time(place: Place) -> None:
    for env, version in (("red", "3"), ("blue", "4")):
        identifier = await stuck(place, env)
        items = (await place.server.ask("GET", f"/api/v1/deployments/{identifier}/events")).json["items"]
        alarms = [one for one in items if one["type"] == "notified" and one["data"]["code"] == "accountMissing"]
        assert [one["data"]["alarm"] for one in alarms] == [True]
        assert [one.outcome for one in (await place.anchor()).ended[-2:]] == ["refused", "refused"]
        place.bind("deployer")
        await place.drive()
        anchor = await place.anchor()
        assert (anchor.phase, anchor.live) == (Phase.IDLE, anchor.version(version))


async def test_a_blocked_unit_takes_only_what_it_can_do(place: Place) -> None:
    await place.block()
    before, known = await place.anchor(), await place.records()
    for what in DEFERRED:
        refused = await asked(place, what)
        assert (refused.status, refused.code) == (409, "unitBlocked"), what
        assert f"{UNIT}/resolve" in refused.json["remedy"]
    after = await place.records()
    assert await place.anchor() == before
    assert [(one.identifier, one.document) for one in after] == [(one.identifier, one.document) for one in known]
    for what in ("pause", "resume", "resolve", "abort"):  # what comes after the end of a block is taken
        assert (await asked(place, what)).status == 202


async def test_a_blocked_unit_takes_no_deployment_and_nothing_of_it_stays(place: Place) -> None:
    await place.block()
    before, known, names = await place.anchor(), await place.records(), place.here.cluster.objects
    for wish in ({}, {"onBusy": "queue"}, {"releaseHold": True}):
        answer = await place.deploy("red", wish=wish)
        assert (answer.status, answer.code) == (409, "unitBlocked")
    assert (await place.anchor(), await place.records()) == (before, known)
    assert len(place.here.cluster.objects) == len(names)


async def test_a_busy_unit_still_queues(place: Place) -> None:
    assert (await place.deploy("red", wish={"onBusy": "queue"})).status == 202
    await place.drive()
    assert [one.KIND for one in (await place.anchor()).waiting] == ["deploy"]


async def test_held_inputs_are_refused_at_once_unless_their_hold_is_released(place: Place) -> None:
    assert (await asked(place, "abort")).status == 202
    await place.drive()
    before, known = await place.anchor(), await place.records()
    answer = await place.deploy("green", rules={"promote_after": None})
    assert (answer.status, answer.code) == (409, "held")
    assert '"releaseHold": true' in answer.json["remedy"]
    assert (await place.anchor(), await place.records()) == (before, known)
    again = {"releaseHold": True}
    assert (await place.deploy("green", wish=again, rules={"promote_after": None})).status == 202


async def test_nothing_to_go_back_to_is_said_at_once_and_leaves_no_record() -> None:
    async with opened() as place:
        assert (await place.deploy()).status == 202
        await place.drive()
        known = await place.records()
        answer = await place.server.ask("POST", f"{UNIT}/rollback")
        assert (answer.status, answer.code) == (409, "nothingToReturnTo")
        assert await place.records() == known


async def test_a_request_with_a_key_is_refused_again_in_the_same_words(place: Place) -> None:
    await place.block()
    body, key = {"descriptorId": await place.descriptor("red")}, {"idempotency-key": "k"}
    answers = [await place.server.ask("POST", "/api/v1/deployments", body, headers=key) for _ in range(2)]
    assert [one.code for one in answers] == ["unitBlocked", "unitBlocked"]
    assert answers[0].body == answers[1].body


async def test_what_the_cluster_refuses_leaves_a_record_that_says_so(place: Place) -> None:
    no = RemoteRefused(Problem("objectInvalid", "no"), status=422)
    place.here.cluster.fail(no, verb="apply", kind="Deployment")
    assert (await place.deploy("red")).status == 422
    assert (await place.records())[0].status == "failed"
