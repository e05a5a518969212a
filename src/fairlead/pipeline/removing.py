"""Deletes exactly the object that a plan has seen, and waits until it is gone."""

from __future__ import annotations

from typing import Final

from fairlead.domain.changes import Change
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.pruning import blockers, disowned
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster, LiveObject

GONE_WITHIN_SECONDS: Final = 300.0
CONFLICTS_AT_MOST: Final = 10
_PAUSE_SECONDS: Final = 0.1
_PAUSE_AT_MOST_SECONDS: Final = 2.0


async def delete_planned(cluster: Cluster, change: Change, key: ReleaseKey) -> None:
    """Delete the object of a change, bound to its UID and to the version that was looked at last.

    A later version of the same object is looked at again; another object of that name is left alone.

    Raises:
        OperationFailed: somebody else has claimed the object since (`changedSincePlan`).
        RemoteRefused: the server does not allow it, or the object changes all the time.
    """
    uid, version = str(change.uid), change.resource_version
    for attempt in range(CONFLICTS_AT_MOST):
        try:
            await cluster.delete(change.ref, uid=uid, resource_version=version)
        except RemoteRefused as error:
            if error.code != "conflict" or attempt == CONFLICTS_AT_MOST - 1:
                raise
        else:
            return
        live = await _same_object(cluster, change)
        if live is None:
            return
        reason = disowned(live, key)
        if reason:
            message = f"{change.ref} changed after the plan was made, and now {reason}"
            raise OperationFailed(Problem("changedSincePlan", message, remedy="plan again, look at it, and apply that"))
        version = live["metadata"].get("resourceVersion")


async def wait_gone(cluster: Cluster, change: Change, clock: Clock, *, timeout_seconds: float) -> None:
    """Wait until a deleted object is gone, or another one has its name.

    Raises:
        OperationFailed: it is still there (`stillDeleting`), with what it waits for.
    """
    until, pause = clock.monotonic() + timeout_seconds, _PAUSE_SECONDS
    while (live := await _same_object(cluster, change)) is not None:
        if clock.monotonic() >= until:
            raise OperationFailed(
                Problem(
                    "stillDeleting",
                    f"{change.ref} is still being deleted after {timeout_seconds:.0f} s: {blockers(live)}",
                    remedy="find out why what holds these finalizers does not act; then run it again",
                )
            )
        await clock.sleep(pause)
        pause = min(2 * pause, _PAUSE_AT_MOST_SECONDS)


async def _same_object(cluster: Cluster, change: Change) -> LiveObject | None:
    live = await cluster.get(change.ref)
    return live if live is not None and live["metadata"].get("uid") == change.uid else None
