"""What a run takes as the lock of a release, how it goes on holding it, and how it notices that it has lost it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fairlead.domain.bookkeeping import next_number
from fairlead.domain.changes import ReleasePlan
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.locking import Lock, Phase
from fairlead.domain.moments import rfc3339
from fairlead.domain.state import ReleaseState
from fairlead.pipeline.locks.presence import Presence


class LockLost(OperationFailed):
    """Another run has taken over."""


def new_lock(state: ReleaseState, plan: ReleasePlan, presence: Presence) -> Lock:
    """Return the lock with which a run takes a release over from that state."""
    return Lock(
        presence.run,
        state.fence + 1,
        Phase.WRITING,
        presence.engine.whoami.me(),
        presence.lease,
        rfc3339(presence.engine.clock.now()),
        next_number(state, plan.rendered),
        plan.revision.source.commit,
        plan.revision.inputs_digest,
    )


def check_held(key: ReleaseKey, mine: Lock | None, lock: Lock | None) -> None:
    """Compare the lock that was taken with the one that is there.

    Raises:
        LockLost: it is another one.
    """
    if mine is None or lock is None or (lock.run, lock.fence) != (mine.run, mine.fence):
        who = f"{lock.holder}, since {lock.since}" if lock is not None else "somebody who has ended since"
        message = f"{key} was taken over by {who}"
        raise LockLost(Problem("superseded", message, remedy="see `fairlead status` for what it came to"))


def in_phase(phase: Phase) -> Callable[[ReleaseState], ReleaseState]:
    """Return what says in a state whether the holder writes or only waits."""

    def change(state: ReleaseState) -> ReleaseState:
        return state if state.lock is None else replace(state, lock=replace(state.lock, phase=phase))

    return change


def held_anew(state: ReleaseState) -> ReleaseState:
    """Return a state with the same lock under a higher fence, which differs for everybody who has read it."""
    fence = state.fence + 1
    return state if state.lock is None else replace(state, fence=fence, lock=replace(state.lock, fence=fence))
