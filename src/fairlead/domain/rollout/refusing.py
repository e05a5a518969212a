"""What a unit does not take as it stands. The machine, the commands and the API refuse it in the same words.

Whoever asks is told before anything is stored. Somebody else may be faster than that: then the machine refuses the
intent when its turn comes, or keeps it until a block ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairlead.domain.app_waiting import HELD_BACK, UNIT_BLOCKED
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.guards import holds
from fairlead.domain.rollout.intents import Intent, Resolve, Rollback
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.rollout.tables import find
from fairlead.domain.rollout.unit_events import Asked
from fairlead.domain.rollout.unit_table import ROLLOUT
from fairlead.domain.rollout.unit_words import Do, Guard

_REASONS: Final[Mapping[Guard, tuple[str, str, str]]] = {
    Guard.HELD: ("held", "the same inputs failed, were aborted or gone back from, and are held since", ""),
    Guard.TAKEN: ("versionTaken", "a version of this name exists", "give it another name"),
    Guard.REJECTS: (
        "unitBusy",
        "the unit is busy, and it was asked to be rejected then",
        "wait until it has ended, or ask to take its place or to queue",
    ),
    Guard.UNFIT_SCALE: ("unfitScale", "there is no such workload, or fewer than one pod of it were asked for", ""),
    Guard.OTHER_DIGEST: ("otherVersion", "another version is on its way than the one that was meant", ""),
    Guard.HELD_BACK: (HELD_BACK, "the unit is paused or frozen", "let it go on first"),
    Guard.NO_WAY_BACK: ("unitRefused", "the unit is being removed already", "resolve it with force"),
    Guard.KEEPS_DRIFTED: (
        "unitRefused",
        "the routes lead elsewhere",
        "resolve it with force, or by adopting what is observed",
    ),
    Guard.ADOPTS_NOTHING: ("unitRefused", "the routes do not all lead to one version that could serve", ""),
}

_PATHS: Final[Mapping[Guard, str]] = {Guard.TAKEN: "newVersion", Guard.REJECTS: "onBusy"}


@dataclass(frozen=True, slots=True)
class Ways:
    """How whoever asks would look at what is in the way and end it, as they would write it: commands, or requests."""

    look: str = "`fairlead units`"
    resolve: str = "`fairlead resolve`"
    release: str = "--release-hold"


class NotTaken(Refused):
    """A unit does not take an intent as it stands; nothing of it was stored."""


def refusal(name: str, anchor: Anchor, intent: Intent, ways: Ways) -> Problem | None:
    """Return why a unit would not take an intent now, None when it would, or when that cannot be told yet.

    `name` is the app's. What is queued is looked at before the intent; until then nobody knows how the unit stands.
    """
    event = Asked(intent.at, intent)
    if isinstance(intent, Resolve) or any(isinstance(one, Resolve) for one in anchor.queue):
        return None
    rule = find(ROLLOUT, (anchor.phase, event.kind), lambda guard: holds(guard, anchor, event))
    does = frozenset() if rule is None else frozenset(rule.commands)
    if anchor.blocked is not None and does & {Do.REFUSE, Do.DEFER}:
        return blocked(name, anchor.blocked.explanation, ways)
    if rule is None or anchor.queue or Do.REFUSE not in does:
        return None
    return reason(anchor, intent, rule.when, ways)


def reason(anchor: Anchor, intent: Intent, guard: Guard | None, ways: Ways) -> Problem:
    """Return why a rule with this guard refuses an intent."""
    if guard is not None and guard in _REASONS:
        return told(guard, ways)
    if isinstance(intent, Rollback) and anchor.phase is Phase.IDLE:
        return Problem("nothingToReturnTo", "there is no version to go back to")
    return Problem("unitRefused", f"{intent.KIND} is not possible in {anchor.phase}")


def told(guard: Guard, ways: Ways) -> Problem:
    """Return what is said of an intent that this guard refuses."""
    code, message, remedy = _REASONS[guard]
    if guard is Guard.HELD:
        remedy = f"deploy others, or these with the hold released ({ways.release})"
    return Problem(code, message, path=_PATHS.get(guard), remedy=remedy or None)


def blocked(name: str, why: str, ways: Ways) -> Problem:
    """Return that a person has to say how a unit goes on: what is asked now would be begun whenever the block ends."""
    remedy = f"see {ways.look}, say how it goes on with {ways.resolve}, then ask again"
    return Problem(UNIT_BLOCKED, f"{name} is blocked: {why}", remedy=remedy)
