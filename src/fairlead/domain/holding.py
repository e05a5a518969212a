"""Holds: a release stays where it is until other inputs come, or a person says so (docs/topics/holds.md).

A rollback rejects the inputs that it turned away from: only these are refused, and any others end the hold. A hold by
hand names no inputs; it refuses everything but what runs, until a person ends it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fairlead.domain.changes import ReleasePlan
from fairlead.domain.errors import Problem
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.locking import Lock
from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.anchor import UnitHold
from fairlead.domain.state import Hold, ReleaseState

ANY: Final = ""
"""The inputs digest of a hold by hand."""


def rejects(hold: Hold, inputs_digest: str, state: ReleaseState) -> bool:
    """Tell whether a hold forbids to deploy these inputs."""
    if hold.inputs_digest == ANY:
        return inputs_digest != state.inputs_digest
    return inputs_digest == hold.inputs_digest


def with_hold(release: ReleasePlan, *, release_hold: bool, of_app: Hold | None = None) -> ReleasePlan:
    """Return a plan that knows whether a hold forbids it; going back and removing are what holds are for or end by.

    `of_app` is the hold of an app's unit, set by what failed, was given up, or was gone back from.
    """
    state = release.stored.state if release.stored is not None else ReleaseState()
    holds = [one for one in (state.hold, of_app) if one is not None]
    if not holds or release.is_removal or release.returns_to is not None:
        return release
    if not release.writes and state.lock is None:  # with a lock, the work of another run would be ended
        return release
    if release_hold:
        return replace(release, ends_hold=True)
    hold = next((one for one in holds if rejects(one, release.revision.inputs_digest, state)), None)
    if hold is None:
        return release
    return replace(release, held=hold, notes=(*release.notes, told(hold)))


def told(hold: Hold) -> str:
    """Return a hold as a sentence."""
    what = "these inputs" if hold.inputs_digest != ANY else "other inputs"
    why = f": {hold.reason}" if hold.reason else ""
    return f"held at deployment {hold.number} by {hold.by} since {hold.since}, {what} are refused{why}"


def refusal(key: ReleaseKey, hold: Hold) -> Problem:
    """Return why a held release is not deployed, and what ends the hold."""
    return Problem("held", f"{key} is {told(hold)}", remedy=ending(key, hold))


def ending(key: ReleaseKey, hold: Hold) -> str:
    """Return what ends a hold, as an order."""
    other = "deploy other inputs, or " if hold.inputs_digest != ANY else ""
    return f"{other}end the hold: `fairlead hold {key.environment} {key.release} --end`, or apply with --release-hold"


def hold_after(state: ReleaseState, release: ReleasePlan, number: int, *, by: str, at: str) -> Hold | None:
    """Return the hold of a release after a deployment succeeded: set by going back, ended by other inputs."""
    rejected = release.rejects
    if rejected is not None:
        return Hold(number, rejected.inputs_digest, by, at, rejected.reason)
    if state.hold is None or release.ends_hold:
        return None
    stays = state.hold.inputs_digest in (ANY, release.revision.inputs_digest)
    return state.hold if stays or release.returns_to is not None else None


def rejecting(state: ReleaseState, release: ReleasePlan, lock: Lock) -> ReleaseState:
    """Return a state that rejects from the start what a deployment turns away from, so that nobody deploys it again."""
    if release.rejects is None:
        return state
    return replace(state, hold=hold_after(state, release, lock.number, by=lock.holder.who, at=lock.since))


def hold_of_app(state: ReleaseState, found: UnitHold, inputs_digest: str) -> Hold:
    """Return the hold that the unit of a release was told, of just these inputs."""
    return Hold(_last_good(state), inputs_digest, found.by, rfc3339(found.since), found.reason)


def held_by_hand(state: ReleaseState, *, by: str, at: str, reason: str) -> ReleaseState:
    """Return the state of a release that is held at what runs."""
    return replace(state, hold=Hold(_last_good(state), ANY, by, at, reason))


def _last_good(state: ReleaseState) -> int:
    return next((one.number for one in reversed(state.deployments) if one.deployment.outcome.is_good), state.number)
