"""Units in words."""

from __future__ import annotations

from datetime import UTC, datetime

from fairlead.cli.text.units import unit_lines
from fairlead.cli.wire.units import units_document
from fairlead.domain.rollout.anchor import Anchor, Candidate, Ended, UnitHold, Version
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.service import UnitStatus

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = UnitKey("c", "default", "shop")


def version(name: str, state: VersionState) -> Version:
    spec = VersionSpec(version=name, digest="sha256:1", workloads={"shop": 2}, routes=())
    return Version(spec=spec, state=state, since=AT, deployment="d", by="ann", replicas={"shop": 2})


def told(anchor: Anchor, asked: Ended | None = None) -> str:
    document = units_document([UnitStatus(KEY, anchor)], asked)
    return "\n".join(line.plain for line in unit_lines(document, None))


def test_at_rest_its_versions_are_shown_and_how_the_intent_ended() -> None:
    hold = UnitHold("sha256:2", "ann", AT, "it took too long")
    versions = (version("1", VersionState.HOT), version("2", VersionState.LIVE))
    ended = Ended(intent="i", deployment="d", outcome=UnitOutcome.DEPLOYED, at=AT)
    words = told(Anchor(versions=versions, hold=hold, ended=(ended,)), ended)
    for part in ("version 2 is live", "Hot", "2 shop", "it took too long", "deployed"):
        assert part in words


def test_what_waits_says_who_can_let_it_go_on() -> None:
    candidate = Candidate(
        spec=version("2", VersionState.READY).spec, intent="i", deployment="d", by="ann", previous="1"
    )
    versions = (version("1", VersionState.LIVE), version("2", VersionState.READY))
    words = told(Anchor(phase=Phase.AWAITING, since=AT, candidate=candidate, versions=versions))
    assert "fairlead promote shop" in words
    assert "by ann" in words


def test_without_units_that_is_said() -> None:
    assert [line.plain for line in unit_lines(units_document([]), None)] == ["There are no units here."]
