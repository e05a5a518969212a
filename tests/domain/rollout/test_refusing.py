"""Who asks is refused at once what the machine would refuse when its turn came, and for the same reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.rollout.anchor import Anchor, UnitHold, refused
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
from fairlead.domain.rollout.phases import Phase, UnitOutcome
from fairlead.domain.rollout.refusing import Ways, refusal
from fairlead.domain.rollout.unit_events import Asked
from fairlead.domain.rollout.unit_machine import step
from tests.domain.rollout.units import T0, spec_of
from tests.domain.rollout.walks import unit_in

WAYS = Ways("LOOK", "RESOLVE", "RELEASE")
ASKED: tuple[Intent, ...] = (
    *(Deploy(f"new n{one}", "ann", T0, "d9", spec_of("9"), one) for one in OnBusy),
    Deploy("new taken", "ann", T0, "d9", spec_of("2")),
    Promote("new p", "ann", T0),
    Promote("new other", "ann", T0, "sha256:other"),
    Abort("new a", "ann", T0),
    Abort("new mine", "ann", T0, "d2"),
    Rollback("new r", "ann", T0, "d9"),
    Rollback("new gone", "ann", T0, "d9", "77"),
    Scale("new s", "ann", T0, 3),
    Scale("new unfit", "ann", T0, 3, "stranger"),
    Pause("new pause", "ann", T0),
    Resume("new resume", "ann", T0),
    Freeze("new f", "ann", T0),
    Unfreeze("new u", "ann", T0),
    Undeploy("new undeploy", "ann", T0, "d9"),
    Resolve("new resolve", "ann", T0, Resolution.KEEP_LIVE),
)


def becomes(anchor: Anchor, intent: Intent) -> str:
    """Return what the machine makes of an intent: why it is refused, `waits`, or nothing of both."""
    after = step(replace(anchor, queue=(intent,)), Asked(T0, intent)).anchor
    ended = next((one for one in after.ended if one.intent == intent.id), None)
    if ended is not None and ended.outcome is UnitOutcome.REFUSED:
        return ended.explanation
    return "waits" if intent in after.waiting else ""


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
def test_the_door_and_the_machine_refuse_the_same(phase: Phase, *, held: bool) -> None:
    anchor = replace(unit_in(phase).anchor, queue=(), waiting=())
    if held:
        anchor = replace(anchor, hold=UnitHold(spec_of("9").digest, "ann", T0, "it leaks"), paused=T0)
    for intent in ASKED:
        found, told = refusal("shop", anchor, intent, WAYS), becomes(anchor, intent)
        if phase is Phase.BLOCKED and told and not isinstance(intent, Resolve):
            assert (found and found.code, found and "RESOLVE" in str(found.remedy)) == ("unitBlocked", True)
        elif told in ("", "waits") or isinstance(intent, Resolve):
            assert found is None
        else:
            assert found is not None
            assert told.startswith(found.message)


@pytest.mark.parametrize(
    ("phase", "intent", "code"),
    [
        (Phase.IDLE, Rollback("r", "ann", T0, "d9", "77"), "nothingToReturnTo"),
        (Phase.IDLE, Promote("p", "ann", T0), "unitRefused"),
        (Phase.AWAITING, Promote("p", "ann", T0, "sha256:other"), "otherVersion"),
        (Phase.WARMING, Deploy("d", "ann", T0, "d9", spec_of("9"), OnBusy.REJECT), "unitBusy"),
        (Phase.WARMING, Deploy("d", "ann", T0, "d9", spec_of("2")), "versionTaken"),
        (Phase.WARMING, Scale("s", "ann", T0, 0), "unfitScale"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_refusal_has_its_code(phase: Phase, intent: Intent, code: str) -> None:
    problem = refusal("shop", unit_in(phase).anchor, intent, WAYS)
    assert problem is not None
    assert problem.code == code


def test_a_held_version_says_how_it_is_deployed_all_the_same() -> None:
    held = Anchor(hold=UnitHold(spec_of("9").digest, "ann", T0, "it leaks"))
    wish = Deploy("d", "ann", T0, "d9", spec_of("9"))
    problem = refusal("shop", held, wish, WAYS)
    assert problem is not None
    assert (problem.code, "RELEASE" in str(problem.remedy)) == ("held", True)
    assert refusal("shop", held, replace(wish, release_hold=True), WAYS) is None


def test_nobody_knows_how_a_unit_stands_before_what_is_queued_was_looked_at() -> None:
    rollback, promote = Rollback("r", "ann", T0, "d9", "77"), Promote("p", "ann", T0)
    assert refusal("shop", Anchor(), rollback, WAYS) is not None
    assert refusal("shop", Anchor(queue=(promote,)), rollback, WAYS) is None
    blocked = unit_in(Phase.BLOCKED).anchor
    assert refusal("shop", replace(blocked, queue=(promote,)), rollback, WAYS) is not None
    ends = Resolve("e", "ann", T0, Resolution.KEEP_LIVE)
    assert refusal("shop", replace(blocked, queue=(ends,)), rollback, WAYS) is None


@pytest.mark.parametrize("place", ["queue", "waiting"])
def test_what_cannot_be_begun_is_ended_wherever_it_waits(place: str) -> None:
    mine, other = Rollback("r", "ann", T0, "d9"), Abort("a", "ann", T0, "d1")
    pending = (mine, other)
    before = Anchor(queue=pending) if place == "queue" else Anchor(waiting=pending)
    anchor = refused(before, mine, T0, "nobody may")
    assert (*anchor.queue, *anchor.waiting) == (other,)
    (ended,) = anchor.ended
    assert (ended.deployment, ended.outcome, ended.explanation) == ("d9", UnitOutcome.REFUSED, "nobody may")
    assert refused(anchor, other, T0, "nobody may").ended[-1].deployment == ""
