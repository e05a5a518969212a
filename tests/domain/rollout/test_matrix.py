"""The full matrix: every intent in every phase, every fact in every phase, every event of every state of a version.

Written out from the requirements and not from the tables, so that a change of a table shows here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Final

import pytest

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import (
    Abort,
    Deploy,
    Freeze,
    Intent,
    OnBusy,
    Pause,
    Promote,
    Resolution,
    Resolve,
    Resume,
    Rollback,
    Scale,
    Undeploy,
    Unfreeze,
)
from fairlead.domain.rollout.phases import INTENT_KINDS, Kind, Phase, UnitOutcome, VersionKind, VersionState
from fairlead.domain.rollout.unit_events import Asked, Fact, Reachable, Start, UnitEvent, VersionFact
from fairlead.domain.rollout.unit_machine import step
from tests.domain.rollout.units import T0, spec_of
from tests.domain.rollout.walks import BY_PERSON, deployed, unit_in
from tests.domain.rollout.world import submitted_to

# phase, intent -> phase afterwards, what becomes of the intent, the state of version 2 (the candidate)
# begun: it is what the unit does now; waits: asked again at rest; then its end
INTENTS: Final = """
Idle         deploy    Preflight    begun    -
Idle         queue     Preflight    begun    -
Idle         reject    Preflight    begun    -
Idle         promote   Idle         refused  -
Idle         abort     Idle         nothing  -
Idle         rollback  Staging      begun    -
Idle         scale     Idle         done     -
Idle         undeploy  Undeploying  begun    -
Idle         resolve   Idle         nothing  -
Adopting     deploy    Adopting     waits    -
Adopting     queue     Adopting     waits    -
Adopting     reject    Adopting     refused  -
Adopting     promote   Adopting     refused  -
Adopting     abort     Adopting     done     -
Adopting     rollback  Adopting     nothing  -
Adopting     scale     Adopting     waits    -
Adopting     undeploy  Adopting     waits    -
Adopting     resolve   Adopting     nothing  -
Preflight    deploy    Preflight    begun    -
Preflight    queue     Preflight    waits    -
Preflight    reject    Preflight    refused  -
Preflight    promote   Preflight    refused  -
Preflight    abort     Idle         done     -
Preflight    rollback  Idle         waits    -
Preflight    scale     Preflight    done     -
Preflight    undeploy  Idle         waits    -
Preflight    resolve   Preflight    nothing  -
Preparing    deploy    Preflight    begun    Absent
Preparing    queue     Preparing    waits    Absent
Preparing    reject    Preparing    refused  Absent
Preparing    promote   Preparing    refused  Absent
Preparing    abort     Aborting     done     Absent
Preparing    rollback  Aborting     waits    Absent
Preparing    scale     Preparing    done     Absent
Preparing    undeploy  Aborting     waits    Absent
Preparing    resolve   Preparing    nothing  Absent
Creating     deploy    Preflight    begun    Removing
Creating     queue     Creating     waits    Starting
Creating     reject    Creating     refused  Starting
Creating     promote   Creating     refused  Starting
Creating     abort     Aborting     done     Failed
Creating     rollback  Aborting     waits    Failed
Creating     scale     Creating     done     Starting
Creating     undeploy  Aborting     waits    Failed
Creating     resolve   Creating     nothing  Starting
Warming      deploy    Preflight    begun    Removing
Warming      queue     Warming      waits    Starting
Warming      reject    Warming      refused  Starting
Warming      promote   Warming      refused  Starting
Warming      abort     Aborting     done     Failed
Warming      rollback  Aborting     waits    Failed
Warming      scale     Warming      done     Starting
Warming      undeploy  Aborting     waits    Failed
Warming      resolve   Warming      nothing  Starting
Verifying    deploy    Preflight    begun    Removing
Verifying    queue     Verifying    waits    Ready
Verifying    reject    Verifying    refused  Ready
Verifying    promote   Verifying    refused  Ready
Verifying    abort     Aborting     done     Failed
Verifying    rollback  Aborting     waits    Failed
Verifying    scale     Verifying    done     Ready
Verifying    undeploy  Aborting     waits    Failed
Verifying    resolve   Verifying    nothing  Ready
Awaiting     deploy    Preflight    begun    Removing
Awaiting     queue     Awaiting     waits    Ready
Awaiting     reject    Awaiting     refused  Ready
Awaiting     promote   Staging      done     Ready
Awaiting     abort     Aborting     done     Failed
Awaiting     rollback  Aborting     waits    Failed
Awaiting     scale     Awaiting     done     Ready
Awaiting     undeploy  Aborting     waits    Failed
Awaiting     resolve   Awaiting     nothing  Ready
Staging      deploy    Preflight    begun    Removing
Staging      queue     Staging      waits    Ready
Staging      reject    Staging      refused  Ready
Staging      promote   Staging      nothing  Ready
Staging      abort     Aborting     done     Failed
Staging      rollback  Aborting     waits    Failed
Staging      scale     Staging      done     Ready
Staging      undeploy  Aborting     waits    Failed
Staging      resolve   Staging      nothing  Ready
Switching    deploy    Switching    waits    Ready
Switching    queue     Switching    waits    Ready
Switching    reject    Switching    refused  Ready
Switching    promote   Switching    nothing  Ready
Switching    abort     Reverting    done     Ready
Switching    rollback  Reverting    waits    Ready
Switching    scale     Switching    waits    Ready
Switching    undeploy  Switching    waits    Ready
Switching    resolve   Switching    nothing  Ready
Confirming   deploy    Confirming   waits    Ready
Confirming   queue     Confirming   waits    Ready
Confirming   reject    Confirming   refused  Ready
Confirming   promote   Confirming   nothing  Ready
Confirming   abort     Reverting    done     Ready
Confirming   rollback  Reverting    waits    Ready
Confirming   scale     Confirming   waits    Ready
Confirming   undeploy  Confirming   waits    Ready
Confirming   resolve   Confirming   nothing  Ready
Soaking      deploy    Soaking      waits    Live
Soaking      queue     Soaking      waits    Live
Soaking      reject    Soaking      refused  Live
Soaking      promote   Soaking      nothing  Live
Soaking      abort     Reverting    done     Live
Soaking      rollback  Reverting    waits    Live
Soaking      scale     Soaking      done     Live
Soaking      undeploy  Soaking      waits    Live
Soaking      resolve   Soaking      nothing  Live
Reverting    deploy    Reverting    waits    Ready
Reverting    queue     Reverting    waits    Ready
Reverting    reject    Reverting    refused  Ready
Reverting    promote   Reverting    refused  Ready
Reverting    abort     Reverting    nothing  Ready
Reverting    rollback  Reverting    nothing  Ready
Reverting    scale     Reverting    waits    Ready
Reverting    undeploy  Reverting    waits    Ready
Reverting    resolve   Reverting    nothing  Ready
Aborting     deploy    Preflight    begun    Failed
Aborting     queue     Aborting     waits    Failed
Aborting     reject    Aborting     refused  Failed
Aborting     promote   Aborting     refused  Failed
Aborting     abort     Aborting     nothing  Failed
Aborting     rollback  Aborting     waits    Failed
Aborting     scale     Aborting     done     Failed
Aborting     undeploy  Aborting     waits    Failed
Aborting     resolve   Aborting     nothing  Failed
Blocked      deploy    Blocked      waits    Ready
Blocked      queue     Blocked      waits    Ready
Blocked      reject    Blocked      refused  Ready
Blocked      promote   Blocked      refused  Ready
Blocked      abort     Blocked      waits    Ready
Blocked      rollback  Blocked      waits    Ready
Blocked      scale     Blocked      waits    Ready
Blocked      undeploy  Blocked      waits    Ready
Blocked      resolve   Reverting    done     Ready
Undeploying  deploy    Undeploying  waits    -
Undeploying  queue     Undeploying  waits    -
Undeploying  reject    Undeploying  refused  -
Undeploying  promote   Undeploying  refused  -
Undeploying  abort     Idle         done     -
Undeploying  rollback  Undeploying  refused  -
Undeploying  scale     Undeploying  refused  -
Undeploying  undeploy  Undeploying  nothing  -
Undeploying  resolve   Undeploying  nothing  -
"""

# phase: fact -> phase afterwards. A fact that is not named blocks the unit (R12).
FACTS: Final = """
Idle
Adopting     podsPinned -> Adopting, pinned -> Preflight, deadline -> Adopting, cannotRecover -> Adopting
Adopting     unpinned -> Idle
Preflight    fine -> Preparing, inPlace -> Preflight, unchanged -> Idle, refused -> Idle, deadline -> Idle
Preparing    prepared -> Creating, deadline -> Aborting, cannotRecover -> Aborting
Creating     created -> Warming, deadline -> Aborting, cannotRecover -> Aborting
Creating     floorRaised -> Creating, floorReached -> Creating, floorLost -> Creating
Warming      warmed -> Verifying, deadline -> Aborting, cannotRecover -> Aborting
Warming      floorRaised -> Warming, floorReached -> Warming, floorLost -> Warming
Verifying    gatesPassed -> Awaiting, gatesFailed -> Aborting, gatesInconclusive -> Awaiting, deadline -> Awaiting
Verifying    cannotRecover -> Aborting
Verifying    floorRaised -> Verifying, floorReached -> Verifying, floorLost -> Verifying
Awaiting     timer -> Staging, deadline -> Aborting, cannotRecover -> Aborting
Awaiting     floorRaised -> Awaiting, floorReached -> Awaiting, floorLost -> Awaiting
Staging      staged -> Switching, deadline -> Awaiting, cannotRecover -> Aborting
Staging      floorRaised -> Staging, floorReached -> Staging, floorLost -> Staging
Switching    switched -> Confirming, deadline -> Reverting, cannotRecover -> Reverting
Confirming   confirmed -> Soaking, deadline -> Reverting, cannotRecover -> Reverting
Soaking      soaked -> Idle, gatesFailed -> Reverting, deadline -> Reverting, cannotRecover -> Reverting
Reverting    sideReady -> Reverting, reverted -> Aborting, deadline -> Blocked
Aborting     cleared -> Idle
Blocked
Undeploying  undeployDue -> Undeploying, routesGone -> Undeploying, drained -> Undeploying, deadline -> Undeploying
Undeploying  gone -> Idle
"""

# These are the same in every phase; only ROUTE_DRIFT changes it. A route that is gone is made again, or read once more.
ALWAYS: Final = frozenset(
    {
        Kind.START,
        Kind.LEASE_LOST,
        Kind.UNKNOWN_RESULT,
        Kind.CONFLICT,
        Kind.UNREACHABLE,
        Kind.REACHABLE,
        Kind.LIVE_DEGRADED,
        Kind.LIVE_RECOVERED,
        Kind.RETRY,
        Kind.ROUTE_GONE,
    }
)

# state: event -> state afterwards. An event that is not named blocks the unit.
VERSION_EVENTS: Final = """
Absent    create -> Starting, superseded -> Absent, aborted -> Absent, undeploy -> Absent, retry -> Absent
Starting  create -> Starting, floorHeld -> Ready, superseded -> Removing, aborted -> Failed, undeploy -> Removing
Starting  retry -> Starting
Ready     floorHeld -> Ready, confirmed -> Live, superseded -> Removing, aborted -> Failed, undeploy -> Removing
Ready     retry -> Ready
Live      confirmed -> Live, otherConfirmed -> Hot, left -> Ready, undeploy -> Removing, retry -> Live
Hot       confirmed -> Live, returned -> Live, rollback -> Hot, floorHeld -> Hot, superseded -> Hot, aborted -> Hot
Hot       cooled -> Warm, undeploy -> Removing, retry -> Hot
Warm      rollback -> Starting, expired -> Removing, undeploy -> Removing, overdue -> Warm, retry -> Warm
Failed    aborted -> Failed, kept -> Failed, expired -> Removing, undeploy -> Removing, overdue -> Failed
Failed    retry -> Failed
Removing  superseded -> Removing, aborted -> Removing, expired -> Removing, undeploy -> Removing, gone -> Absent
Removing  overdue -> Removing, retry -> Removing
"""


def _intent(name: str) -> Intent:
    made: dict[str, Intent] = {
        "deploy": Deploy("new", "bob", T0, "dn", spec_of("3", BY_PERSON)),
        "queue": Deploy("new", "bob", T0, "dn", spec_of("3", BY_PERSON), OnBusy.QUEUE),
        "reject": Deploy("new", "bob", T0, "dn", spec_of("3", BY_PERSON), OnBusy.REJECT),
        "promote": Promote("new", "bob", T0),
        "abort": Abort("new", "bob", T0),
        "rollback": Rollback("new", "bob", T0, "dn"),
        "scale": Scale("new", "bob", T0, 5),
        "undeploy": Undeploy("new", "bob", T0, "dn"),
        "resolve": Resolve("new", "bob", T0, Resolution.KEEP_LIVE),
        "pause": Pause("new", "bob", T0),
        "resume": Resume("new", "bob", T0),
        "freeze": Freeze("new", "bob", T0),
        "unfreeze": Unfreeze("new", "bob", T0),
    }
    return made[name]


def _rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def _fate(anchor: Anchor) -> str:
    if anchor.candidate is not None and anchor.candidate.intent == "new":
        return "begun"
    if anchor.undeploy is not None and anchor.undeploy.id == "new":
        return "begun"
    if any(one.id == "new" for one in anchor.waiting):
        return "waits"
    return next((one.outcome.value for one in reversed(anchor.ended) if one.intent == "new"), "lost")


@pytest.mark.parametrize("row", _rows(INTENTS), ids=lambda row: "-".join(row[:2]))
def test_every_intent_in_every_phase(row: list[str]) -> None:
    phase, intent, afterwards, fate, state = row
    unit = unit_in(Phase(phase))
    submitted_to(unit, _intent(intent))
    unit.world.lost_since = None
    commands = unit.tell(Asked(unit.world.now, _intent(intent), found=()))
    found = unit.state_of("2")
    assert (unit.phase, _fate(unit.anchor)) == (afterwards, fate)
    assert ("-" if found is None else found) == state
    assert not unit.anchor.queue
    unit.execute_all(commands)


def test_the_matrix_of_intents_is_complete() -> None:
    named = {(row[0], row[1]) for row in _rows(INTENTS)}
    asked = ("deploy", "queue", "reject", "promote", "abort", "rollback", "scale", "undeploy", "resolve")
    assert named == set(product(Phase, asked))
    assert {"deploy", "promote", "abort", "rollback", "scale", "undeploy", "resolve"} | {
        "pause",
        "resume",
        "freeze",
        "unfreeze",
    } == set(INTENT_KINDS)


@pytest.mark.parametrize("phase", Phase)
def test_pauses_and_freezes_are_taken_in_every_phase_and_change_none(phase: Phase) -> None:
    unit = unit_in(phase)
    for name, paused, frozen in (("pause", 1, 0), ("freeze", 1, 1), ("resume", 0, 1), ("unfreeze", 0, 0)):
        unit.tell(Asked(unit.world.now, replace(_intent(name), id=name)))
        assert unit.phase == phase
        assert (unit.anchor.paused is not None, unit.anchor.frozen is not None) == (bool(paused), bool(frozen))
        assert unit.anchor.ended[-1].outcome is UnitOutcome.DONE


def _pairs(text: str) -> dict[tuple[str, str], str]:
    pairs = {}
    for line in text.strip().splitlines():
        first, _, rest = line.partition(" ")
        for pair in filter(None, rest.strip().split(", ")):
            event, _, after = pair.partition(" -> ")
            pairs[first, event] = after
    return pairs


def _fact(kind: Kind) -> UnitEvent:
    at = T0 + timedelta(days=1)
    if kind is Kind.START:
        return Start(at, 1000)
    if kind is Kind.REACHABLE:
        return Reachable(at, at - timedelta(hours=1))
    return Fact(kind, at, replicas={"shop": 2}, side_ready=True)


_ALL_FACTS = sorted(set(Kind) - INTENT_KINDS)


@pytest.mark.parametrize("phase", Phase)
def test_every_fact_in_every_phase(phase: Phase) -> None:
    expected = _pairs(FACTS)
    anchor = unit_in(phase).anchor
    for kind in _ALL_FACTS:
        after = step(anchor, _fact(kind)).anchor
        wanted = str(phase) if kind in ALWAYS else expected.get((phase, kind), "Blocked")
        assert (kind, after.phase) == (kind, wanted)
        unknown = wanted == "Blocked" and kind not in ALWAYS and (phase, kind) not in expected
        if unknown and not (phase is Phase.BLOCKED and kind is Kind.ROUTE_DRIFT):
            assert after.blocked is not None
            assert (after.blocked.phase, after.blocked.event) == (phase, kind)


def _version_in(state: VersionState) -> Anchor:
    unit = deployed("0", "1")
    version = unit.anchor.version("0")
    assert version is not None
    live = VersionState.LIVE
    others = tuple(one for one in unit.anchor.versions if one.name != "0" and state is not live)
    return replace(unit.anchor, versions=(*others, replace(version, state=state)))


@pytest.mark.parametrize("state", VersionState)
def test_every_event_of_every_state_of_a_version(state: VersionState) -> None:
    expected = _pairs(VERSION_EVENTS)
    anchor = _version_in(state)
    for kind in VersionKind:
        after = step(anchor, VersionFact(kind, T0 + timedelta(days=1), "0")).anchor
        found, wanted = after.version("0"), expected.get((state, kind))
        assert found is not None
        assert (kind, found.state) == (kind, state if wanted is None else wanted)
        assert (kind, after.phase) == (kind, Phase.BLOCKED if wanted is None else Phase.IDLE)


def test_a_version_that_is_not_known_changes_nothing() -> None:
    anchor = deployed("1").anchor
    assert step(anchor, VersionFact(VersionKind.GONE, T0, "77")).anchor == anchor
