"""The invariants R1 to R12 over everything that is ever written, whatever happens; and proof that they can fail.

At least 100,000 events per run. Half of the runs have a driver that carries out every command as it comes, so that the
machine alone answers for the invariants; in the other half the driver may judge by readings that are no longer true.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st

from fairlead.domain.rollout.phases import Kind, Phase, VersionKind, VersionState
from fairlead.domain.rollout.tables import Rule
from fairlead.domain.rollout.unit_table import ROLLOUT, UnitRule
from fairlead.domain.rollout.unit_words import Do
from fairlead.domain.rollout.version_table import VERSIONS, VersionDo, VersionRule
from tests.domain.rollout.chaos import Chaos, adoptable
from tests.domain.rollout.world import Unit, Violated

EXAMPLES = 110
BYTES = 1000
EVENTS_AT_LEAST = 25_000  # in each of four tests

_thorough = settings(
    max_examples=EXAMPLES,
    database=None,
    derandomize=True,
    phases=(Stage.explicit, Stage.generate, Stage.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@pytest.mark.parametrize("naive", [True, False], ids=["naive", "stale"])
@pytest.mark.parametrize("strangers", [True, False], ids=["strangers", "alone"])
def test_whatever_happens_the_invariants_hold_and_the_unit_comes_to_rest(naive: bool, strangers: bool) -> None:
    seen: Counter[str] = Counter()

    @_thorough
    @given(seed=st.integers(min_value=0, max_value=2**32), data=st.binary(min_size=BYTES, max_size=BYTES))
    def run(seed: int, data: bytes) -> None:
        unit = adoptable() if seed % 5 == 0 else Unit()
        unit.naive = naive
        chaos = Chaos(unit, data, strangers=strangers)
        try:
            chaos.run()
            chaos.end_well()
        except AssertionError as error:
            error.add_note(f"after {[f'{phase} {kind}' for phase, kind, _ in unit.trail[-30:]]}, now {unit.anchor}")
            raise
        seen["events"] += unit.events
        seen.update({phase for _, _, phase in unit.trail})

    run()
    assert seen["events"] >= EVENTS_AT_LEAST, seen
    assert set(Phase) <= set(seen)


def _rule(state: Phase, *do: Do) -> UnitRule:
    return Rule(state, do)


def _version(state: VersionState, *do: VersionDo) -> VersionRule:
    return Rule(state, do)


# What each mutant does wrong, and the invariants that may notice it.
UNIT_MUTANTS: dict[str, tuple[dict[tuple[Phase, Kind], UnitRule | None], set[str]]] = {
    "live-before-confirmed": ({(Phase.STAGING, Kind.STAGED): _rule(Phase.SWITCHING, Do.CONFIRM)}, {"R4", "R10", "R2"}),
    "switched-is-confirmed": ({(Phase.SWITCHING, Kind.SWITCHED): _rule(Phase.SOAKING, Do.CONFIRM)}, {"R4", "R11"}),
    "confirmed-is-deployed": (
        {(Phase.CONFIRMING, Kind.CONFIRMED): _rule(Phase.IDLE, Do.CONFIRM, Do.DEPLOYED)},
        {"R11"},
    ),
    "abort-without-reverting": (
        {(Phase.SWITCHING, Kind.ABORT): _rule(Phase.ABORTING, Do.GIVE_UP, Do.DROP, Do.ANSWER)},
        {"R2", "R12"},
    ),
    "revert-is-not-awaited": (
        {(Phase.REVERTING, Kind.SIDE_READY): _rule(Phase.ABORTING, Do.RETURN, Do.DROP)},
        {"R4", "R2", "R10"},
    ),
    "discard-while-it-has-traffic": (
        {(Phase.SOAKING, Kind.DEPLOY): _rule(Phase.PREFLIGHT, Do.DROP, Do.SUPERSEDE, Do.TAKE)},
        {"R12", "R2", "R4"},
    ),
    "no-deadline-for-warming": ({(Phase.WARMING, Kind.DEADLINE): None}, {"R12"}),
    "no-epoch": ({(at, Kind.START): _rule(at) for at in Phase}, {"R8"}),
    "writes-while-blocked": ({(Phase.BLOCKED, Kind.LIVE_DEGRADED): _rule(Phase.BLOCKED, Do.REMOVE_ALL)}, {"R12"}),
    "writes-routes-early": (
        {(Phase.WARMING, Kind.WARMED): _rule(Phase.VERIFYING, Do.HOLD_FLOOR, Do.SWITCH_BACK)},
        {"R3"},
    ),
    "removes-before-routes-go": (
        {(Phase.UNDEPLOYING, Kind.UNDEPLOY_DUE): _rule(Phase.UNDEPLOYING, Do.REMOVE_ALL)},
        {"R2", "R4"},
    ),
}
VERSION_MUTANTS: dict[str, tuple[dict[tuple[VersionState, VersionKind], VersionRule], set[str]]] = {
    "old-side-goes-warm-at-once": (
        {
            (VersionState.LIVE, VersionKind.OTHER_CONFIRMED): _version(VersionState.WARM, VersionDo.SCALE_DOWN),
        },
        {"R2", "R12"},
    ),
    "old-side-shrinks": (
        {(VersionState.LIVE, VersionKind.OTHER_CONFIRMED): _version(VersionState.HOT, VersionDo.SHRINK)},
        {"R2"},
    ),
    "live-twice": (
        {(VersionState.LIVE, VersionKind.OTHER_CONFIRMED): _version(VersionState.LIVE)},
        {"R6", "R10", "R12"},
    ),
    "new-side-never-lives": (
        {(VersionState.READY, VersionKind.CONFIRMED): _version(VersionState.REMOVING, VersionDo.REMOVE)},
        {"R2"},
    ),
}
RUNS_PER_MUTANT = 40


def _violated(make: Callable[[], Unit]) -> str:
    """Return the first invariant that is violated within some runs, empty for none."""
    for seed in range(RUNS_PER_MUTANT):
        unit = make()
        unit.naive = True
        chaos = Chaos(unit, random.Random(seed).randbytes(1000))
        try:
            chaos.run()
        except Violated as violated:
            return str(violated).partition(" ")[0].rstrip(":")
    return ""


@pytest.mark.parametrize("name", UNIT_MUTANTS)
def test_a_wrong_table_of_the_unit_is_noticed(name: str) -> None:
    changes, invariants = UNIT_MUTANTS[name]
    table = {pair: rule for pair, rule in {**ROLLOUT, **changes}.items() if rule is not None}
    assert _violated(lambda: Unit(table=table)) in invariants


@pytest.mark.parametrize("name", VERSION_MUTANTS)
def test_a_wrong_table_of_a_version_is_noticed(name: str) -> None:
    changes, invariants = VERSION_MUTANTS[name]
    assert _violated(lambda: Unit(versions={**VERSIONS, **changes})) in invariants
