"""What a unit does just now, in words for who looks on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.rollout.anchor import Anchor, Candidate
from fairlead.domain.rollout.following import Progress, progress, standing
from fairlead.domain.rollout.intents import Policy, Rollback, VersionSpec
from fairlead.domain.rollout.observation import Observation, VersionSeen, WorkloadSeen
from fairlead.domain.rollout.phases import Part, Phase, VersionState
from fairlead.domain.rollout.traffic import RouteElement, Weights
from tests.conftest import Golden
from tests.domain.rollout.units import T0, WWW, after, spec_of
from tests.domain.rollout.walks import deployed, unit_in
from tests.domain.rollout.world import Unit, submitted_to


def looked(unit: Unit) -> Progress:
    return progress(unit.anchor, unit.world.observe(unit.anchor))


def candidate_of(anchor: Anchor) -> Candidate:
    assert anchor.candidate is not None
    return anchor.candidate


def with_policy(anchor: Anchor, policy: Policy) -> Anchor:
    """Return an anchor whose candidate is rolled out in another way."""
    candidate = candidate_of(anchor)
    return replace(anchor, candidate=replace(candidate, spec=replace(candidate.spec, policy=policy)))


def test_every_phase_in_words(golden: Golden) -> None:
    said = [looked(unit_in(phase)).told(phase, T0) for phase in Phase]
    golden("domain/rollout-progress.txt", "\n".join(said) + "\n")


def test_warming_counts_the_pods_that_are_ready_and_says_what_keeps_the_others() -> None:
    unit = unit_in(Phase.WARMING)
    assert (progress(unit.anchor).ready, progress(unit.anchor).wanted) == (0, 2)
    unit.world.pods["2"].ready = 1
    found = looked(unit)
    assert (found.ready, found.wanted, found.trouble, found.until) == (1, 2, "", unit.anchor.deadline)
    unit.world.pods["2"].broken = "its image cannot be pulled\npod shop-2-x"
    assert looked(unit).trouble == "its image cannot be pulled"
    seen = VersionSeen(workloads={"shop": WorkloadSeen(replicas=2, ready=1)}, trouble="no node takes the pod")
    assert progress(unit.anchor, Observation(versions={"2": seen})).trouble == "no node takes the pod"
    gone = replace(unit.anchor, candidate=replace(candidate_of(unit.anchor), spec=spec_of("9")))
    assert progress(gone) == Progress()


def test_more_pods_than_are_needed_count_as_those() -> None:
    unit = unit_in(Phase.WARMING)
    unit.world.pods["2"].ready = 5
    assert looked(unit).ready == 2


def test_of_several_workloads_each_is_counted() -> None:
    unit = unit_in(Phase.WARMING)
    both = {"shop": 2, "worker": 1}
    version = unit.anchor.version("2")
    assert version is not None
    anchor = replace(unit.anchor, versions=(replace(version, replicas=both),))
    assert "2 pods of shop and 0 of 1 pods of worker" in progress(anchor).doing


def test_ready_pods_may_have_to_prove_themselves_or_to_come_behind_their_services() -> None:
    unit = unit_in(Phase.WARMING)
    unit.world.grow()
    proving = replace(with_policy(unit.anchor, Policy(min_ready=30)))
    proving = replace(proving, candidate=replace(candidate_of(proving), floor_since=T0))
    seen = unit.world.observe(proving)
    assert progress(proving, seen).doing.endswith("for 30s")
    apart = replace(seen, versions={"2": replace(seen.versions["2"], endpoints_match=False)})
    assert progress(unit.anchor, apart).doing.endswith("behind their Services")
    assert looked(unit).doing.endswith("are ready")


@pytest.mark.parametrize("phase", [Phase.PREFLIGHT, Phase.AWAITING, Phase.STAGING])
def test_what_is_held_back_says_by_what(phase: Phase) -> None:
    anchor = unit_in(phase).anchor
    assert progress(replace(anchor, paused=T0)).doing.endswith("until the pause ends")
    assert progress(replace(anchor, frozen=T0)).doing.endswith("until the freeze ends")
    assert "waits" not in progress(anchor).doing


def test_a_version_for_which_there_is_no_room_waits_for_the_oldest() -> None:
    anchor = unit_in(Phase.CREATING).anchor
    absent = [replace(one, state=VersionState.ABSENT) if one.name == "2" else one for one in anchor.versions]
    more = [replace(absent[0], spec=spec_of(name), state=VersionState.HOT) for name in ("7", "8", "9")]
    assert "waits" in progress(replace(anchor, versions=(*absent, *more))).doing
    assert "made" in progress(replace(anchor, versions=tuple(absent))).doing


def test_what_goes_live_by_itself_says_when() -> None:
    unit = unit_in(Phase.AWAITING)
    assert progress(unit.anchor).until == unit.anchor.deadline
    timed = with_policy(unit.anchor, Policy(automatic=False, verify=True, auto_promote_after=60.0))
    assert timed.since is not None
    assert progress(timed).until == after(60.0) + (timed.since - T0)


def test_only_what_there_is_to_wait_for_is_told() -> None:
    verifying, soaking = unit_in(Phase.VERIFYING).anchor, unit_in(Phase.SOAKING).anchor
    assert (progress(verifying).doing != "", progress(with_policy(verifying, Policy()))) == (True, Progress())
    assert (progress(soaking).doing != "", progress(with_policy(soaking, Policy()))) == (True, Progress())
    assert progress(replace(soaking, candidate=None)) == Progress()
    assert progress(Anchor(phase=Phase.BLOCKED)) == Progress()


def test_a_first_version_has_no_other_to_come_from() -> None:
    switching = unit_in(Phase.SWITCHING).anchor
    first = replace(switching, candidate=replace(candidate_of(switching), previous=""))
    assert progress(switching).doing == "Service shop from version 1 to version 2"
    assert progress(first).doing == "Service shop to version 2"
    reverting = replace(unit_in(Phase.REVERTING).anchor, part=Part.BACK)
    assert progress(reverting).doing == "Service shop back to version 1"
    undone = replace(reverting, candidate=replace(candidate_of(reverting), previous=""))
    assert progress(undone).doing == "Service shop back to what it was"


def test_who_does_not_answer_through_a_service_is_what_is_in_the_way() -> None:
    anchor = unit_in(Phase.CONFIRMING).anchor
    assert progress(anchor, Observation(unanswered="Service shop does not answer")).trouble.startswith("Service shop")
    assert progress(anchor).trouble == ""


def test_a_side_to_which_traffic_goes_back_gets_its_pods_first() -> None:
    unit = unit_in(Phase.REVERTING)
    unit.world.pods["1"].ready = 1
    short = progress(replace(unit.anchor, part=Part.FLOOR), unit.world.observe(unit.anchor))
    assert (short.ready, short.wanted) == (1, 2)
    staging = unit_in(Phase.STAGING)
    staging.world.pods["2"].ready = 1
    assert looked(staging).ready == 1


def test_an_undeployment_says_what_goes_what_drains_until_when_and_what_is_deleted() -> None:
    anchor = unit_in(Phase.UNDEPLOYING).anchor
    routes = replace(anchor, part=Part.ROUTES)
    element = replace(deployed_element(), ref=WWW)
    assert progress(replace(routes, elements=())) == Progress()
    one, two = replace(routes, elements=(deployed_element(),)), replace(routes, elements=(deployed_element(), element))
    assert progress(one).doing == "Service shop goes first, so that nothing new arrives"
    assert progress(two).doing == "Service shop and HTTPRoute www go first, so that nothing new arrives"
    draining = replace(anchor, part=Part.DRAINING, deadline=after(60))
    assert progress(draining).until == after(60)
    assert "versions 0 and 1" in progress(draining).doing
    removing = replace(anchor, part=Part.REMOVING)
    assert "versions 0 and 1" in progress(removing).doing
    single = replace(removing, versions=removing.versions[-1:])
    assert "to version 1 " in progress(single).doing
    assert "the app" in progress(replace(removing, versions=())).doing


def deployed_element() -> RouteElement:
    (target,) = spec_of("1").routes
    return RouteElement(target.ref, target.route, Weights(()))


def test_a_cluster_that_does_not_answer_is_what_is_in_the_way() -> None:
    unit = unit_in(Phase.WARMING)
    away = progress(unit.anchor, Observation(reachable=False))
    assert (away.doing, bool(away.trouble)) == (progress(unit.anchor).doing, True)


def test_the_time_that_is_left_runs_out() -> None:
    doing = Progress("it waits", until=after(90))
    assert (doing.left(T0), doing.left(after(100)), Progress().left(T0)) == (90.0, 0.0, None)
    assert doing.told(Phase.WARMING, after(10)) == "Warming: it waits, 1m20s left"
    assert doing.to_json() == {"doing": "it waits", "trouble": "", "until": "2026-11-21T08:01:30Z"}
    assert Progress("", wanted=2).to_json() == {"doing": "", "trouble": "", "ready": 0, "wanted": 2}


def test_an_old_version_says_until_when_it_is_kept() -> None:
    unit = deployed("1", "2")
    states = {one.name: standing(one) for one in unit.anchor.present}
    assert states["2"] == "version 2 is Live"
    assert states["1"].startswith("version 1 is Hot until 2026-11-21T")
    hot = unit.anchor.version("1")
    assert hot is not None
    assert standing(replace(hot, deadline=None)) == "version 1 is Hot"


def test_at_rest_it_says_what_is_live() -> None:
    assert progress(deployed("1").anchor).doing == "version 1 is live"
    assert progress(Anchor()).doing == "nothing is live"


def test_going_back_is_followed_like_any_rollout() -> None:
    unit = deployed("1", "2")
    submitted_to(unit, Rollback("r", "ann", T0, "d", "1"))
    unit.turn()
    assert isinstance(candidate_of(unit.anchor).spec, VersionSpec)
    assert "version 1" in progress(unit.anchor).doing
