"""Takes over an object from its old deployer, right before it is applied for the first time."""

from __future__ import annotations

from dataclasses import replace

from fairlead.domain.adopting import migrated
from fairlead.domain.changes import Change
from fairlead.domain.comparing import TAKE_OWNERSHIP, refreshed
from fairlead.domain.left_alone import to_send
from fairlead.ports.cluster import Cluster


async def migrate(cluster: Cluster, change: Change) -> Change:
    """Make the fields of old deployers ours, and return the change as it is to be applied after that.

    Raises:
        OperationFailed: the object is another one, or a declared field differs by now (`changedSincePlan`).
        RemoteRefused: somebody was faster (`conflict`), or the server does not allow it.
    """
    live = await cluster.get(change.ref)
    change = replace(refreshed(change, live), is_adoption=False)
    moved = migrated(live or {}, change.manager, taking=change.reason == TAKE_OWNERSHIP)
    if moved is None:
        return change
    answer = await cluster.replace(moved, manager=change.manager)
    # Fields left alone are sent as long as we hold them, so the change is renewed for what we hold after the migration.
    sent = to_send(change.declared or {}, change.left_alone, live=moved, manager=change.manager)
    return replace(change, desired=sent, resource_version=answer["metadata"]["resourceVersion"])
