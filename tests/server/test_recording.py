"""What drivers announce is in the store before anybody hears of it, once and in its order."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.errors import Problem, Transient
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.unit_news import (
    DeploymentEnded,
    HealthObserved,
    IntentAccepted,
    LogLine,
    Notified,
    StateEntered,
    UnitNews,
    VersionChanged,
)
from fairlead.domain.units import UnitKey
from fairlead.pipeline.rebuilding import Recalled
from fairlead.server.catching_up import catch_up
from fairlead.server.operating import begin
from fairlead.server.recording import entry_of
from fairlead.server.rollouts import Finished, Standing
from fairlead.server.streams.following import serve
from fairlead.server.streams.hub import Ending
from fairlead.server.streams.telling import Wire
from tests.fakes.server import DESCRIPTOR, FakeServer

UNIT = UnitKey("one", "shop", "web")


def news(server: FakeServer, deployment: str) -> list[UnitNews]:
    at = server.clock.now()
    return [
        IntentAccepted(UNIT, at, deployment, "i", "deploy", "alice"),
        StateEntered(UNIT, at, deployment, Phase.WARMING, "7"),
        VersionChanged(UNIT, at, deployment, "7", VersionState.READY),
        HealthObserved(UNIT, at, deployment, "web-7-a", healthy=True, body="{}"),
        LogLine(UNIT, at, deployment, "Warming"),
        Notified(UNIT, at, deployment, "awaiting", "a person has to decide"),
        DeploymentEnded(UNIT, at, deployment, "i", UnitOutcome.DEPLOYED, "fine"),
    ]


async def test_everything_is_kept_in_its_order() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    for one in news(server, identifier):
        server.ears.recorder.announce(one)
    await server.ears.recorder.write()
    kinds = [entry.kind for entry in await server.store.journals.read(identifier)]
    assert kinds == [
        *("intentAccepted", "stateEntered", "versionChanged", "healthObserved"),
        *("log", "notified", "deploymentEnded"),
    ]
    record = (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json
    assert (record["status"], record["version"], record["explanation"]) == ("deployed", "7", "fine")
    assert len(await server.store.health.read(identifier)) == 1


async def test_a_store_that_fails_is_asked_again_and_nothing_is_lost() -> None:
    server = FakeServer()
    one, two = await server.deployment(), await server.deployment(appName="api")
    writing = asyncio.ensure_future(server.ears.recorder.run())
    server.store.memory.is_broken = True
    for identifier in (one, two, one):
        server.ears.recorder.announce(LogLine(UNIT, server.clock.now(), identifier, identifier))
    while not server.clock.slept:  # noqa: ASYNC110 - what is waited for is a fake's list
        await asyncio.sleep(0)
    server.store.memory.is_broken = False
    while len(await server.store.journals.read(one)) < 2:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    writing.cancel()
    assert [entry.sequence for entry in await server.store.journals.read(one)] == [1, 2]
    assert len(await server.store.journals.read(two)) == 1


async def test_what_is_being_written_when_the_server_stops_is_written_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", Limits())
    server = FakeServer(store=store)  # type: ignore[arg-type] # a real one, which writes beside the loop
    identifier = await server.deployment()
    recorder = server.ears.recorder
    for number in range(20):
        writing = asyncio.ensure_future(recorder.run())
        recorder.announce(LogLine(UNIT, server.clock.now(), identifier, f"{number}"))
        for _ in range(3):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await recorder.write()
    kept = [entry.document["text"] for entry in await store.journals.read(identifier)]
    await store.close()
    assert kept == [f"{number}" for number in range(20)]


async def test_what_cannot_be_written_holds_up_nothing_else() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    writing = asyncio.ensure_future(server.ears.recorder.run())
    odd = StateEntered(UNIT, server.clock.now(), "other", cast("Phase", "Unheard of"), "7")
    for one in (odd, *news(server, identifier)):
        server.ears.recorder.announce(one)
    async with asyncio.timeout(10):
        while len(await server.store.journals.read(identifier)) < 7:  # noqa: ASYNC110 - what is waited for is a fake
            await asyncio.sleep(0)
    assert not writing.done()
    writing.cancel()


async def test_an_undeployment_begins_when_it_is_accepted() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    at = server.clock.now()
    await server.ears.recorder.end(identifier, UnitOutcome.DEPLOYED, "", at)
    server.ears.recorder.announce(IntentAccepted(UNIT, at, identifier, "u", "undeploy", "alice"))
    await server.ears.recorder.write()
    assert (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json["status"] == "undeploying"


async def test_a_takeover_that_says_old_ends_again_changes_nothing() -> None:
    server = FakeServer()
    identifier, at = await server.deployment(), server.clock.now()
    begun = DeploymentEnded(UNIT, at, identifier, "i", UnitOutcome.DEPLOYED, "fine")
    removed = DeploymentEnded(UNIT, at, identifier, "u", UnitOutcome.UNDEPLOYED)
    removing = IntentAccepted(UNIT, at, identifier, "u", "undeploy", "alice")
    for news in ((begun, begun, removing, begun), (begun,), (removed,), (begun, removed)):
        for one in news:
            server.ears.recorder.announce(one)
        await server.ears.recorder.write()
        kinds = [entry.kind for entry in await server.store.journals.read(identifier)]
        status = (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json["status"]
        gone = removed in news
        assert status == ("undeployed" if gone else "undeploying")
        assert kinds == ["deploymentEnded", "intentAccepted", *(["deploymentEnded"] if gone else [])]


async def test_why_it_was_blocked_is_no_reason_any_more_once_it_goes_on() -> None:
    server = FakeServer()
    identifier, at = await server.deployment(), server.clock.now()

    async def after(news: UnitNews) -> tuple[str, str | None]:
        server.ears.recorder.announce(news)
        await server.ears.recorder.write()
        record = (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json
        return record["status"], record["explanation"]

    blocked = StateEntered(UNIT, at, identifier, Phase.BLOCKED, "7", "somebody changed the Service")
    assert await after(blocked) == ("blocked", "somebody changed the Service")
    assert await after(LogLine(UNIT, at, identifier, "x")) == ("blocked", "somebody changed the Service")
    assert await after(StateEntered(UNIT, at, identifier, Phase.SWITCHING, "7")) == ("deploying", None)
    assert await after(blocked) == ("blocked", "somebody changed the Service")
    assert await after(DeploymentEnded(UNIT, at, identifier, "i", UnitOutcome.DEPLOYED)) == ("deployed", None)


async def test_why_it_failed_stays() -> None:
    server = FakeServer()
    identifier, at = await server.deployment(), server.clock.now()
    server.ears.recorder.announce(DeploymentEnded(UNIT, at, identifier, "i", UnitOutcome.FAILED, "no image"))
    server.ears.recorder.announce(StateEntered(UNIT, at, identifier, Phase.IDLE, "7"))
    await server.ears.recorder.write()
    record = (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json
    assert (record["status"], record["version"], record["explanation"]) == ("failed", "7", "no image")


async def test_who_follows_is_told_when_nothing_more_will_come() -> None:
    server = FakeServer()
    identifier, at = await server.deployment(), server.clock.now()
    told, heard = list[bytes](), asyncio.Event()

    async def send(data: bytes) -> None:
        told.append(data)
        heard.set()

    hub = server.ears.hub
    following = asyncio.ensure_future(
        serve(hub, hub.follower(identifier, 0, None), Wire.EVENTS, send=send, ping=lambda: b"")
    )
    async with asyncio.timeout(10):
        while not hub.open:  # noqa: ASYNC110 - what is waited for is a number
            await asyncio.sleep(0)
        server.ears.recorder.announce(LogLine(UNIT, at, identifier, "first"))
        await server.ears.recorder.write()
        await heard.wait()
        server.ears.recorder.announce(DeploymentEnded(UNIT, at, identifier, "i", UnitOutcome.FAILED, "no image"))
        await server.ears.recorder.write()
        assert await following is Ending.COMPLETE
    assert b"".join(told).count(b"\nevent: ") == 2


async def test_an_older_deployment_that_ends_late_replaces_no_newer_one() -> None:
    server = FakeServer()
    older, newer = await server.deployment(), await server.deployment()
    for identifier in (newer, older):
        await server.ears.recorder.end(identifier, UnitOutcome.DEPLOYED, "", server.clock.now())
    found = [(await server.ask("GET", f"/api/v1/deployments/{one}")).json["status"] for one in (older, newer)]
    assert found[1] == "deployed"


async def test_what_belongs_to_no_deployment_or_to_one_that_is_gone_is_dropped() -> None:
    server = FakeServer()
    for identifier in ("", "gone"):
        server.ears.recorder.announce(LogLine(UNIT, server.clock.now(), identifier, "x"))
    await server.ears.recorder.write()
    assert await server.store.journals.read("gone") == ()


async def test_log_lines_that_nobody_could_read_are_dropped_and_nothing_else_is() -> None:
    server = FakeServer()
    identifier, at = await server.deployment(), server.clock.now()
    line = LogLine(UNIT, at, identifier, "")
    for _ in range(50_100):
        server.ears.recorder.announce(line)
    server.ears.recorder.announce(StateEntered(UNIT, at, identifier, Phase.WARMING, "7"))
    await server.ears.recorder.write()
    kept = await server.store.journals.read(identifier, limit=100_000)
    assert (len(kept), kept[-1].kind) == (50_001, "stateEntered")


async def test_records_catch_up_with_what_happened_meanwhile() -> None:
    server = FakeServer()
    ended, going, never = [await server.deployment() for _ in range(3)]
    server.clock.advance(1)
    at = server.clock.now()
    later = await server.deployment()
    server.rollouts.under_way = frozenset({going})
    server.rollouts.finished = {UNIT: (Finished(ended, UnitOutcome.DEPLOYED, "", at, "i"),)}
    await catch_up(server.store, server.rollouts, server.ears.recorder, at)
    found = {
        identifier: (await server.ask("GET", f"/api/v1/deployments/{identifier}")).json["status"]
        for identifier in (ended, going, never, later)
    }
    assert found == {ended: "deployed", going: "queued", never: "failed", later: "queued"}
    (entry,) = await server.store.journals.read(ended)
    assert (entry.kind, entry.document["intent"]) == ("deploymentEnded", "i")


async def test_every_record_catches_up_and_the_last_word_counts() -> None:
    server = FakeServer()
    at = server.clock.now()
    for number in range(101):
        made = StoredDeployment(f"{number}", UNIT, "", DeploymentStatus.DEPLOYING, {"descriptor": {}}, at, at)
        await server.store.deployments.add(made)
    server.rollouts.there = {UNIT}
    server.rollouts.finished = {
        UNIT: (
            Finished("0", UnitOutcome.DEPLOYED, "", at, "i"),
            Finished("0", UnitOutcome.UNDEPLOYED, "", at, "u"),
        )
    }
    await catch_up(server.store, server.rollouts, server.ears.recorder, at + timedelta(seconds=1))
    page = await server.store.deployments.page(DeploymentFilter(), limit=200)
    assert {each.identifier: each.status.value for each in page.items} == {
        "0": "undeployed",
        **{f"{number}": "failed" for number in range(1, 101)},
    }


async def test_a_unit_that_cannot_be_read_keeps_no_other_from_catching_up() -> None:
    server = FakeServer()
    first, second = await server.deployment(), await server.deployment(appName="api")
    standing = server.rollouts.standing

    async def failing(unit: UnitKey) -> Standing | None:
        if unit.name == "api":
            raise Transient(Problem("unreachable", "the cluster does not answer"))
        return await standing(unit)

    server.rollouts.standing = failing  # type: ignore[method-assign] # one cluster is away
    await catch_up(server.store, server.rollouts, server.ears.recorder, server.clock.now() + timedelta(seconds=1))
    records = [await server.store.deployments.read(each) for each in (first, second)]
    assert [each.status.value for each in records if each is not None] == ["failed", "queued"]


async def test_records_that_were_lost_are_made_again_from_the_clusters() -> None:
    server = FakeServer()
    spec = VersionSpec(version="7", digest="sha256:7", workloads={}, routes=())
    at = server.clock.now()
    live = Version(
        spec=spec, state=VersionState.LIVE, since=at, deployment="d7", by="alice", replicas={}, was_live=True
    )
    server.rollouts.there = {UNIT}
    server.rollouts.recalled = {UNIT: Recalled(Anchor(versions=(live,)), {"7": DESCRIPTOR})}
    await begin(server.server)
    record = (await server.ask("GET", "/api/v1/deployments/d7")).json
    assert (record["status"], record["version"], record["descriptor"]["appName"]) == ("deployed", "7", "web")
    await server.server.runner.stop()


def test_the_log_says_why_a_version_failed() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    lines = [LogLine(UNIT, at, "d", "version 2 is Failed", why) for why in ("", "it took too long")]
    said = [entry_of(line).document["text"] for line in lines]
    assert said == ["version 2 is Failed", "version 2 is Failed: it took too long"]
