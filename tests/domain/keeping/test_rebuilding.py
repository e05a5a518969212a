"""What an anchor still knows of deployments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fairlead.domain.keeping.deployments import DeploymentStatus
from fairlead.domain.keeping.rebuilding import records_of
from fairlead.domain.rollout.anchor import Anchor, Candidate, Ended, Version
from fairlead.domain.rollout.intents import Deploy, Promote, Rollback, Undeploy
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.domain.units import UnitKey
from tests.domain.rollout.units import T0, after, spec_of

SHOP = UnitKey("prod", "bank", "shop")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def version(name: str, state: VersionState, *, at: float = 0, reason: str = "") -> Version:
    return Version(
        spec=spec_of(name),
        state=state,
        since=after(at),
        deployment=f"d{name}",
        by="ann",
        replicas={"shop": 2},
        reason=reason,
    )


def ended(name: str, outcome: UnitOutcome, *, at: float = 0, why: str = "") -> Ended:
    return Ended(intent=f"i{name}", deployment=f"d{name}", outcome=outcome, at=after(at), explanation=why)


def statuses(anchor: Anchor) -> dict[str, str]:
    return {record.identifier: record.status.value for record in records_of(SHOP, anchor, {}, NOW)}


def test_a_unit_that_never_was_has_no_records() -> None:
    assert records_of(SHOP, Anchor(), {}, NOW) == ()


def test_a_record_says_all_that_is_known() -> None:
    anchor = Anchor(
        versions=(version("7", VersionState.LIVE, at=60),), ended=(ended("7", UnitOutcome.DEPLOYED, at=90),)
    )

    (record,) = records_of(SHOP, anchor, {"7": {"appName": "shop"}}, NOW)

    assert (record.identifier, record.unit, record.status) == ("d7", SHOP, DeploymentStatus.DEPLOYED)
    assert (record.version, record.created, record.modified) == ("7", after(60), after(90))
    assert record.document == {"descriptor": {"appName": "shop"}, "by": "ann", "rebuilt": True}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (VersionState.STARTING, "deploying"),
        (VersionState.READY, "deploying"),
        (VersionState.LIVE, "deployed"),
        (VersionState.HOT, "replaced"),
        (VersionState.WARM, "replaced"),
        (VersionState.FAILED, "failed"),
        (VersionState.REMOVING, "replaced"),
        (VersionState.ABSENT, "replaced"),
    ],
)
def test_the_state_of_a_version_is_that_of_its_deployment(state: VersionState, status: str) -> None:
    assert statuses(Anchor(versions=(version("1", state),))) == {"d1": status}


ENDS = {
    UnitOutcome.DEPLOYED: "replaced",
    UnitOutcome.IN_PLACE: "replaced",
    UnitOutcome.UNCHANGED: "replaced",
    UnitOutcome.KEPT: "replaced",
    UnitOutcome.DONE: "replaced",
    UnitOutcome.NOTHING: "failed",
    UnitOutcome.FAILED: "failed",
    UnitOutcome.REFUSED: "failed",
    UnitOutcome.ABORTED: "aborted",
    UnitOutcome.SUPERSEDED: "superseded",
    UnitOutcome.UNDEPLOYED: "undeployed",
}


@pytest.mark.parametrize("outcome", UnitOutcome)
def test_what_is_gone_is_known_by_its_end(outcome: UnitOutcome) -> None:
    assert statuses(Anchor(ended=(ended("1", outcome),))) == {"d1": ENDS[outcome]}


def test_how_it_ended_tells_more_than_what_is_left_of_it() -> None:
    anchor = Anchor(
        versions=(version("1", VersionState.REMOVING), version("2", VersionState.LIVE, at=5)),
        ended=(ended("1", UnitOutcome.ABORTED, at=9, why="by ann"), ended("2", UnitOutcome.FAILED, at=6)),
    )

    aborted, live = records_of(SHOP, anchor, {}, NOW)

    assert (aborted.status, aborted.version, aborted.document["by"]) == (DeploymentStatus.ABORTED, "1", "ann")
    assert aborted.document["explanation"] == "by ann"
    assert live.status is DeploymentStatus.DEPLOYED


def test_why_a_version_failed_is_known() -> None:
    (record,) = records_of(SHOP, Anchor(versions=(version("1", VersionState.FAILED, reason="no image"),)), {}, NOW)

    assert record.document["explanation"] == "no image"


@pytest.mark.parametrize(
    ("phase", "status"),
    [(Phase.WARMING, "deploying"), (Phase.AWAITING, "awaiting"), (Phase.BLOCKED, "blocked")],
)
@pytest.mark.parametrize("since", [None, T0])
def test_what_is_on_its_way(phase: Phase, status: str, since: datetime | None) -> None:
    candidate = Candidate(spec=spec_of("2"), intent="i2", deployment="d2", by="bob", previous="1")
    anchor = Anchor(
        phase=phase,
        since=since,
        candidate=candidate,
        versions=(version("1", VersionState.LIVE), version("2", VersionState.STARTING)),
    )

    found = {record.identifier: record for record in records_of(SHOP, anchor, {}, NOW)}

    assert {name: record.status.value for name, record in found.items()} == {"d1": "deployed", "d2": status}
    assert found["d2"].modified == max(since or NOW, T0)


def test_what_nobody_has_looked_at_yet() -> None:
    queue = (
        Deploy("i3", "bob", after(3), "d3", spec_of("3")),
        Promote("i4", "bob", after(4)),
        Rollback("i5", "bob", after(5), "d5", "1"),
    )
    anchor = Anchor(queue=queue, waiting=(Deploy("i2", "bob", after(2), "d2", spec_of("2")),))

    records = records_of(SHOP, anchor, {}, NOW)

    assert [(each.identifier, each.status.value, each.version) for each in records] == [
        ("d2", "queued", "2"),
        ("d3", "queued", "3"),
        ("d5", "queued", "1"),
    ]


def test_what_is_being_removed() -> None:
    live = Anchor(versions=(version("1", VersionState.LIVE),))
    leaving = replace(live, undeploy=Undeploy("i9", "bob", after(9), "d1"))

    assert statuses(live) == {"d1": "deployed"}
    assert statuses(leaving) == {"d1": "undeploying"}
    assert statuses(replace(live, undeploy=Undeploy("i9", "bob", after(9), ""))) == {"d1": "deployed"}


def test_the_oldest_comes_first() -> None:
    anchor = Anchor(versions=tuple(version(f"{n}", VersionState.ABSENT, at=-n) for n in range(5)))

    assert [record.version for record in records_of(SHOP, anchor, {}, NOW)] == ["4", "3", "2", "1", "0"]
