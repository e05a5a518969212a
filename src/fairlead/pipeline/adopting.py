"""Takes over an object from its old deployer, right before it is applied for the first time."""

from __future__ import annotations

from dataclasses import replace

from fairlead.domain.adopting import migrated
from fairlead.domain.changes import Change
from fairlead.domain.comparing import TAKE_OWNERSHIP, refreshed
from fairlead.ports.cluster import Cluster


async def migrate(cluster: Cluster, change: Change) -> Change:
    """Make the fields of old deployers ours, and return the change as it is to be applied after that.

    Raises:
        OperationFailed: the object is another one, or a declared field differs by now (`changedSincePlan`).
        RemoteRefused: somebody was faster (`conflict`), or the server does not allow it.
    """
    live = await cluster.get(change.ref)
    moved = migrated(live, change.manager, taking=change.reason == TAKE_OWNERSHIP) if live is not None else None
    # Fields left alone are sent as long as we hold them, so the change is renewed for what we hold after the migration.
    change = replace(refreshed(change, live if moved is None else moved), is_adoption=False)
    if moved is None:
        return change
    answer = await cluster.replace(moved, manager=change.manager)
    return replace(change, resource_version=answer["metadata"]["resourceVersion"])
