"""Units that have come some way, for the tests of the rollout machine."""

from __future__ import annotations

from typing import Final

from fairlead.domain.rollout.intents import (
    Abort,
    Deploy,
    Policy,
    Promote,
    Undeploy,
)
from fairlead.domain.rollout.observation import Verdict
from fairlead.domain.rollout.phases import Phase
from tests.domain.rollout.chaos import adoptable
from tests.domain.rollout.units import SHOP, T0, selector, spec_of
from tests.domain.rollout.world import Unit, submitted_to


def deployed(*versions: str) -> Unit:
    """Return a unit on which these versions were deployed one after the other."""
    unit = Unit()
    unit.start()
    for version in versions:
        submitted_to(unit, Deploy(f"i{version}", "ann", T0, f"d{version}", spec_of(version)))
        unit.settle()
    return unit


def way(unit: Unit, since: int = 0) -> tuple[str, ...]:
    """Return the phases that were entered, in order."""
    return tuple(str(after) for before, _, after in unit.trail[since:] if after is not before)


BY_PERSON: Final = Policy(automatic=False, verify=True, soak=True)


def unit_in(phase: Phase) -> Unit:
    """Return a unit with version 1 live and 0 hot, in a phase of the rollout of version 2 that a person promotes."""
    if phase is Phase.ADOPTING:
        unit = adoptable()
        unit.start()
    else:
        unit = deployed("0", "1")
    if phase is Phase.IDLE:
        return unit
    if phase is Phase.UNDEPLOYING:
        submitted_to(unit, Undeploy("u", "ann", T0, "du"))
        return _until(unit, phase)
    unit.world.gates = Verdict.UNKNOWN if phase is Phase.VERIFYING else Verdict.PASSED
    submitted_to(unit, Deploy("i2", "ann", unit.world.now, "d2", spec_of("2", BY_PERSON)))
    if phase in (Phase.ADOPTING, Phase.PREFLIGHT, Phase.PREPARING, Phase.CREATING, Phase.WARMING, Phase.VERIFYING):
        return _until(unit, phase)
    _until(unit, Phase.AWAITING)
    if phase is Phase.BLOCKED:
        unit.world.routes[SHOP] = selector("stranger")
    elif phase is Phase.ABORTING:
        submitted_to(unit, Abort("a", "ann", T0))
    elif phase is not Phase.AWAITING:
        submitted_to(unit, Promote("p", "ann", T0))
    if phase is Phase.REVERTING:
        _until(unit, Phase.SWITCHING)
        submitted_to(unit, Abort("a", "ann", T0))
    return _until(unit, phase)


def _until(unit: Unit, phase: Phase) -> Unit:
    for _ in range(30):
        if unit.anchor.phase is phase:
            return unit
        unit.world.grow()
        unit.turn()
    raise AssertionError(unit.trail)
