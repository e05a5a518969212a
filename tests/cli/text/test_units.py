"""Units in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairlead.cli.text.units import GOOD, unit_lines
from fairlead.cli.wire.units import units_document
from fairlead.domain.rollout.anchor import Anchor, Candidate, Ended, UnitHold, Version
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.service import UnitStatus
from tests.conftest import Golden

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = UnitKey("c", "default", "shop")


def version(name: str, state: VersionState) -> Version:
    spec = VersionSpec(version=name, digest="sha256:1", workloads={"shop": 2}, routes=())
    return Version(spec=spec, state=state, since=AT, deployment="d", by="ann", replicas={"shop": 2})


def told(anchor: Anchor, asked: Ended | None = None, *, version: str = "") -> str:
    document = units_document([UnitStatus(KEY, anchor)], asked)
    lines = unit_lines(document, None, where=" -e test", version=version, seconds=3.21)
    return "\n".join(line.plain for line in lines)


def test_at_rest_its_versions_are_shown_and_how_the_intent_ended(golden: Golden) -> None:
    hold = UnitHold("sha256:2", "ann", AT, "it took too long")
    versions = (version("1", VersionState.HOT), version("2", VersionState.LIVE))
    ended = Ended(intent="i", deployment="d", outcome=UnitOutcome.DEPLOYED, at=AT)
    golden("cli/units-deployed.txt", told(Anchor(versions=versions, hold=hold, ended=(ended,)), ended, version="2"))


def test_why_it_failed_is_said_once(golden: Golden) -> None:
    hold = UnitHold("sha256:2", "ann", AT, "not with that image")
    versions = (version("1", VersionState.LIVE), version("2", VersionState.FAILED))
    outcome = Ended(intent="i", deployment="d", outcome=UnitOutcome.FAILED, at=AT, explanation="not with that image")
    words = told(Anchor(versions=versions, hold=hold, ended=(outcome,)), outcome, version="2")
    assert words.count("not with that image") == 1
    golden("cli/units-failed.txt", words)


@pytest.mark.parametrize("outcome", UnitOutcome, ids=lambda outcome: outcome.value)
@pytest.mark.parametrize("named", ["", "2"], ids=["unnamed", "named"])
def test_every_end_is_a_sentence_with_the_app_and_the_time(outcome: UnitOutcome, named: str) -> None:
    asked = Ended(intent="i", deployment="d", outcome=outcome, at=AT)
    last = told(Anchor(versions=(version("1", VersionState.LIVE),)), asked, version=named).splitlines()[-1]
    assert last.startswith("shop")
    assert last.endswith("3.2s")
    is_about_it = outcome.value not in GOOD and named
    assert not is_about_it or "version 2" in last


def test_what_waits_says_who_can_let_it_go_on() -> None:
    candidate = Candidate(
        spec=version("2", VersionState.READY).spec, intent="i", deployment="d", by="ann", previous="1"
    )
    versions = (version("1", VersionState.LIVE), version("2", VersionState.READY))
    words = told(Anchor(phase=Phase.AWAITING, since=AT, candidate=candidate, versions=versions))
    assert "`fairlead promote shop -e test`" in words
    assert "`fairlead abort shop -e test`" in words
    assert "by ann" in words


def test_what_a_pause_holds_says_by_whom_and_since_when() -> None:
    paused = Anchor(versions=(version("1", VersionState.LIVE),), paused=AT, paused_by="ann")
    words = told(paused, version="2")
    assert "since 2026-11-21T12:00:00Z by ann" in words
    assert "`fairlead resume shop -e test`" in words
    assert words.splitlines()[-1] == "shop: version 2 waits until the pause ends"


def test_without_units_that_is_said() -> None:
    assert [line.plain for line in unit_lines(units_document([]), None)] == ["There are no units here."]
