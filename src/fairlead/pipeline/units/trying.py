"""What the API server says to an object before it is written, by a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairlead.domain.errors import OperationFailed
from fairlead.domain.marks import FAIRLEAD_MANAGER
from fairlead.ports.cluster import Cluster

_REFUSALS: Final = frozenset(
    {"objectInvalid", "fieldImmutable", "admissionDenied", "forbidden", "quotaExceeded", "kindNotServed"}
    | {"namespaceMissing", "namespaceTerminating", "objectTooLarge", "nameInvalid"}
)
"""Answers of the server that say no to what was asked, and that asking again does not change."""


async def refusal(cluster: Cluster, manifest: Mapping[str, Any]) -> OperationFailed | None:
    """Return what the server has against an object, None when it would take it."""
    try:
        await cluster.apply(manifest, manager=FAIRLEAD_MANAGER, dry_run=True)
    except OperationFailed as error:
        if error.code not in _REFUSALS:
            raise
        return error
    return None
