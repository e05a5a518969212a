"""A unit in the words of the API: where it is, why, and what comes next and when."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.anchor import Anchor, Block, Candidate, Ended, UnitHold, Version
from fairlead.domain.rollout.intents import Deploy, Pause, Undeploy
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.service import UnitStatus
from fairlead.server.api.unit_wire import UnitDetail, unit_item
from fairlead.server.showing import standing_of
from tests.domain.rollout.units import T0, after, spec_of
from tests.domain.rollout.walks import unit_in

KEY = UnitKey("main", "prod", "shop")


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_says_why_what_comes_next_and_until_when(phase: Phase) -> None:
    anchor = unit_in(phase).anchor
    shown = standing_of(UnitStatus(KEY, anchor)).document
    assert shown["cause"]
    assert shown["next"]
    assert shown["until"] == (None if anchor.deadline is None else rfc3339(anchor.deadline))
    hot = [one["next"] for one in shown["versions"] if one["state"] == "Hot"]
    live = [one["next"] for one in shown["versions"] if one["state"] == "Live"]
    assert all(hot)
    assert not any(live)
    item = unit_item(shown)
    assert (item.phase, item.cause, item.next, item.live) == (phase, shown["cause"], shown["next"], shown["live"])


def version(name: str, state: VersionState, **more: Any) -> Version:
    return Version(
        spec=spec_of(name), state=state, since=T0, deployment=f"d{name}", by="ann", replicas={"shop": 2}, **more
    )


def test_everything_that_an_anchor_says_is_shown() -> None:
    failed = version("3", VersionState.FAILED, deadline=after(60), reason="no image")
    ended = (
        Ended(intent="i3", deployment="d3", outcome=UnitOutcome.FAILED, at=after(5), explanation="no image"),
        Ended(intent="i9", deployment="", outcome=UnitOutcome.DONE, at=after(6)),
    )
    anchor = Anchor(
        phase=Phase.BLOCKED,
        since=T0,
        candidate=Candidate(spec=spec_of("4"), intent="i4", deployment="d4", by="bob", previous="2"),
        versions=(version("2", VersionState.LIVE), failed, version("1", VersionState.ABSENT)),
        queue=(Deploy("i6", "bob", T0, "d6", spec_of("6")), Pause("i7", "bob", T0)),
        waiting=(Deploy("i5", "bob", T0, "d5", spec_of("5")),),
        hold=UnitHold("sha256:3", "ann", T0, "it failed"),
        blocked=Block(phase=Phase.STAGING, event="RouteChanged", at=T0, explanation="somebody changed the Service"),
        paused=T0,
        undeploy=Undeploy("i8", "bob", T0, "d2"),
        ended=ended,
    )
    standing = standing_of(UnitStatus(KEY, anchor, driven="this machine"))
    shown = UnitDetail.model_validate(standing.document)
    assert (shown.cluster, shown.namespace, shown.app) == ("main", "prod", "shop")
    assert (shown.live, shown.candidate, shown.queued, shown.driven_by) == ("2", "4", 3, "this machine")
    assert (shown.held, shown.held_reason, shown.blocked) == ("sha256:3", "it failed", "somebody changed the Service")
    assert (shown.paused, shown.frozen) == (True, False)
    live, gone = shown.versions
    assert (live.version, live.state, live.until, live.reason) == ("2", VersionState.LIVE, None, None)
    assert (gone.deployment, gone.by, gone.replicas, gone.digest) == ("d3", "ann", {"shop": 2}, "sha256:3")
    assert (gone.until, gone.reason) == (after(60).replace(microsecond=0), "no image")
    assert [(one.intent, one.deployment, one.outcome, one.explanation) for one in shown.ended] == [
        ("i3", "d3", UnitOutcome.FAILED, "no image"),
        ("i9", None, UnitOutcome.DONE, None),
    ]
    assert standing.under_way == {"d2", "d4", "d5", "d6"}
    assert [one.deployment for one in standing.finished] == ["d3"]


def test_nobody_drives_and_nothing_is_held_at_rest() -> None:
    shown = UnitDetail.model_validate(standing_of(UnitStatus(KEY, Anchor())).document)
    assert (shown.driven_by, shown.held, shown.held_reason, shown.blocked) == (None, None, None, None)
