"""Writes a record of Helm's again, as it is now, whoever changed it meanwhile (`helm test` does)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.helm_payload import HelmRevision, changed_secret, release_of
from fairlead.domain.helm_release import HelmRelease
from fairlead.domain.marks import HELM_MANAGER
from fairlead.ports.cluster import Cluster, LiveObject

Advance = Callable[[HelmRelease], HelmRelease]

_CONFLICTS_AT_MOST: Final = 5


async def revise(
    cluster: Cluster, revision: HelmRevision, change: Advance, *, at: datetime, live: LiveObject | None = None
) -> None:
    """Change the record of a revision, if it is still there. `live` is the record when it was read just now.

    Raises:
        OperationFailed: `conflict`, somebody writes it all the time; or what the cluster says.
    """
    for _ in range(_CONFLICTS_AT_MOST):
        live = live or await cluster.get(revision.ref)
        if live is None:
            return
        old = release_of(live)
        new = change(old)
        if new == old:
            return
        try:
            await cluster.replace(changed_secret(live, new, at=at), manager=HELM_MANAGER)
        except RemoteRefused as error:
            if error.code != "conflict":
                raise
            live = None
        else:
            return
    message = f"{revision.ref} changes all the time; its status could not be written"
    raise OperationFailed(Problem("conflict", message, remedy="find out who writes it, then run it again"))
