"""How the part of an app in a plan is carried out, and what a run makes of how that ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.app_planning import goal
from fairlead.domain.app_releases import AppPlan, AppUse, Verdict
from fairlead.domain.app_waiting import handed_over, waiting
from fairlead.domain.changes import ReleasePlan
from fairlead.domain.errors import FairleadError, OperationFailed, Problem, Refused, RemoteRefused
from fairlead.domain.events import RolloutTold
from fairlead.domain.identity import Commit, ReleaseKey, Revision
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.rollout.anchor import Anchor, Block, Candidate
from fairlead.domain.rollout.intents import Deploy, Pause
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.unit_news import LogLine
from fairlead.pipeline.locks.holding import LockLost
from fairlead.pipeline.units.anchoring import update_anchor
from fairlead.pipeline.units.hearing import Hearing
from fairlead.pipeline.units.releasing import Asked, Kept, Rolled, UnitRollouts
from tests.fakes.played import PlayedCluster
from tests.fakes.releases import Recorder
from tests.pipeline.units.units import KEY, Yard, yard

RELEASE = ReleaseKey("test", KEY.cluster, KEY.namespace, KEY.name)
PERSON, PAUSED = (waiting(RELEASE, "2", paused=paused, frozen=False) for paused in (False, True))
LOOK = "`fairlead units shop -e test`"  # without its environment, the command looks elsewhere


def plan(yard: Yard, app: AppPlan | None = None, *, ends_hold: bool = False, **fields: Any) -> ReleasePlan:
    use = AppUse(yard.descriptor(**fields))
    revision = Revision(Commit("c0ffee", dirty=False), "in", "out")
    app = app or AppPlan(Verdict.NEW_VERSION)
    return ReleasePlan(RELEASE, revision, (), RenderedRelease(RELEASE, "in", (), app=use), app=app, ends_hold=ends_hold)


async def rolled(yard: Yard, one: ReleasePlan) -> Rolled:
    rollouts = UnitRollouts(yard.units)
    return await rollouts.see_through(RELEASE, await rollouts.ask(one))


async def test_what_is_asked_is_seen_through() -> None:
    async with yard() as here:
        assert await rolled(here, plan(here, env="blue")) == Rolled("1")
        assert await rolled(here, plan(here, env="green")) == Rolled("2")
        assert await rolled(here, plan(here, AppPlan(Verdict.BACK, version="1"))) == Rolled("1")
        assert here.selector["version"] == "1"
        await rolled(here, plan(here, AppPlan(Verdict.REMOVED, live="1")))
        assert here.live("Deployment", "shop-1") is None


async def test_what_is_live_is_not_asked_for() -> None:
    async with yard() as here:
        assert await rolled(here, plan(here, AppPlan(Verdict.UNCHANGED, version="1"))) == Rolled("1")
        assert here.cluster.writes == []


async def test_one_that_waits_for_a_person_says_so_and_is_taken_up_again() -> None:
    async with yard() as here:
        await rolled(here, plan(here, env="blue"))
        person = plan(here, env="green", rules={"promote_after": None})
        asked = await UnitRollouts(here.units).ask(person)
        assert await UnitRollouts(here.units).see_through(RELEASE, asked) == Rolled("2", PERSON)
        again = replace(person, app=AppPlan(Verdict.UNDER_WAY, version="2", intent=asked.intent, rests=False))
        assert await UnitRollouts(here.units).ask(again) == asked


async def test_one_that_a_pause_holds_back_says_so() -> None:
    async with yard() as here:
        await rolled(here, plan(here, env="blue"))
        await here.ask(Pause(*here.asked()))
        assert await rolled(here, plan(here, env="green")) == Rolled("2", PAUSED)


def only_the_first(deployment: Mapping[str, Any]) -> bool:
    return bool(deployment["metadata"]["name"] == "shop-1")


async def test_one_that_is_only_asked_for_is_left_to_who_drives_it_next() -> None:
    async with yard() as here:
        handing = UnitRollouts(here.units, drives=False)
        asked = await handing.ask(plan(here))
        assert await handing.see_through(RELEASE, asked) == Rolled("1", handed_over(RELEASE, "1"))
        assert here.live("Deployment", "shop-1") is None
        under_way = AppPlan(Verdict.UNDER_WAY, version="1", intent=asked.intent, rests=False)
        assert await rolled(here, plan(here, under_way)) == Rolled("1")
        gone = await handing.ask(plan(here, AppPlan(Verdict.REMOVED, live="1")))
        assert (await handing.see_through(RELEASE, gone)).waits is None  # its records go with it
        assert here.live("Deployment", "shop-1") is None


async def test_one_that_takes_too_long_stays_under_way_until_it_is_given_up() -> None:
    async with yard(PlayedCluster(is_well=only_the_first)) as here:
        await rolled(here, plan(here, env="blue"))
        impatient, slow = UnitRollouts(here.units, within=0.2), plan(here, env="green")
        asked = await impatient.ask(slow)
        with pytest.raises(OperationFailed) as late:
            await impatient.see_through(RELEASE, asked)
        assert late.value.code == "timedOut"
        assert f"{LOOK[:-1]} --drive`" in (late.value.problems[0].remedy or "")
        wanted = goal((await here.units.read(KEY)).anchor)
        assert wanted is not None
        assert (wanted.spec.version, wanted.intent) == ("2", asked.intent)
        assert await impatient.give_up(RELEASE, "2") == Kept("1", given_up=True)
        assert (await here.units.read(KEY)).anchor.candidate is None
        assert here.selector["version"] == "1"
        assert await impatient.give_up(RELEASE, "2") == Kept("1", given_up=False)


async def test_one_that_only_waits_in_the_queue_is_given_up_too() -> None:
    async with yard() as here:
        green = plan(here, env="green")
        await UnitRollouts(here.units).ask(green)
        assert await UnitRollouts(here.units).give_up(RELEASE, "1") == Kept("", given_up=True)
        assert here.live("Deployment", "shop-1") is None


async def test_what_others_have_on_its_way_is_neither_given_up_nor_waited_for() -> None:
    async with yard(PlayedCluster(is_well=only_the_first)) as here:
        await rolled(here, plan(here, env="blue"))
        theirs = plan(here, env="green")
        await UnitRollouts(here.units).ask(theirs)
        assert await UnitRollouts(here.units).give_up(RELEASE, "7") == Kept("1", given_up=False)
        wanted = goal((await here.units.read(KEY)).anchor)
        assert wanted is not None
        assert wanted.spec.version == "2"


async def test_of_a_blocked_unit_nothing_is_given_up() -> None:
    async with yard() as here:
        green = plan(here, env="green")
        await UnitRollouts(here.units).ask(green)
        block = Block(phase=Phase.SWITCHING, event="conflict", at=here.clock.now(), explanation="two drivers")
        anchors = (await here.units.places(KEY.cluster)).anchors
        spec = (await here.units.read(KEY)).anchor.queue[0]
        assert isinstance(spec, Deploy)
        candidate = Candidate(spec=spec.spec, intent="i", deployment="d", by="ann", previous="")
        stuck = Anchor(phase=Phase.BLOCKED, blocked=block, candidate=candidate)
        await update_anchor(anchors, KEY, lambda _: stuck)
        with pytest.raises(OperationFailed) as refused:
            await UnitRollouts(here.units).give_up(RELEASE, "1")
        assert refused.value.code == "unitBlocked"


async def test_a_removal_that_takes_too_long_is_told_as_one() -> None:
    async with yard() as here:
        await rolled(here, plan(here))
        impatient = UnitRollouts(here.units, within=0.0)
        asked = await impatient.ask(plan(here, AppPlan(Verdict.REMOVED, live="1")))
        with pytest.raises(OperationFailed) as late:
            await impatient.see_through(RELEASE, asked)
        assert (late.value.code, "version" in str(late.value).partition(";")[0]) == ("timedOut", False)


async def test_one_that_went_live_meanwhile_is_not_given_up() -> None:
    async with yard() as here:
        blue = plan(here, env="blue")
        await rolled(here, blue)
        with pytest.raises(OperationFailed) as late:
            await UnitRollouts(here.units).give_up(RELEASE, "1")
        assert late.value.code == "wentLive"


async def test_who_is_interrupted_hands_the_unit_over_and_another_goes_on() -> None:
    seen = asyncio.Event()

    def starts(_deployment: Mapping[str, Any]) -> bool:
        seen.set()
        return True

    async with yard(PlayedCluster(is_well=starts)) as here:
        rollouts = UnitRollouts(here.units)
        asked = await rollouts.ask(plan(here))
        work = asyncio.ensure_future(rollouts.see_through(RELEASE, asked))
        await seen.wait()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert here.live("Service", "shop") is None
        under_way = AppPlan(Verdict.UNDER_WAY, version="1", intent=asked.intent, rests=False)
        assert await rolled(here, plan(here, under_way)) == Rolled("1")


async def test_a_rollout_that_fails_is_told_with_its_reason_and_held() -> None:
    async with yard() as here:
        no = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
        here.cluster.fail(no, verb="apply", kind="Deployment", name="shop-1", times=50)
        with pytest.raises(OperationFailed) as failed:
            await rolled(here, plan(here))
        assert (failed.value.code, "not with that image" in str(failed.value)) == ("rolloutFailed", True)
        assert LOOK in (failed.value.problems[0].remedy or "")
        with pytest.raises(Refused) as held:
            await rolled(here, plan(here))
        assert held.value.code == "held"
        assert await rolled(here, plan(here, ends_hold=True)) == Rolled("2")


async def test_a_newer_deployment_takes_the_place_of_an_older_one() -> None:
    async with yard() as here:
        rollouts = UnitRollouts(here.units)
        older = await rollouts.ask(plan(here, env="blue"))
        newer = await rollouts.ask(plan(here, env="green"))
        assert await rollouts.see_through(RELEASE, newer) == Rolled("2")
        with pytest.raises(LockLost):
            await rollouts.see_through(RELEASE, older)


async def test_a_blocked_unit_refuses_until_a_person_says_how_to_go_on() -> None:
    async with yard() as here:
        await rolled(here, plan(here))
        block = Block(phase=Phase.SWITCHING, event="conflict", at=here.clock.now(), explanation="two drivers")
        anchors = (await here.units.places(KEY.cluster)).anchors
        await update_anchor(anchors, KEY, lambda one: replace(one, phase=Phase.BLOCKED, blocked=block))
        with pytest.raises(FairleadError) as refused:
            await UnitRollouts(here.units).see_through(RELEASE, Asked("unknown", "2"))
        assert refused.value.code == "unitBlocked"
        assert LOOK in (refused.value.problems[0].remedy or "")


async def test_news_of_units_are_events_of_their_releases() -> None:
    async with yard() as here:
        recorder = Recorder()
        sink = Hearing.of([plan(here)], recorder)
        for key, text in ((KEY, "Warming"), (KEY, ""), (replace(KEY, name="other"), "Warming")):
            sink.announce(LogLine(key, here.clock.now(), "d", text))
        assert recorder.events == [RolloutTold(RELEASE, "Warming")]
