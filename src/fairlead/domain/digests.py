"""The digest by which a plan is recognised: the same wish against the same cluster, to the field.

What each digest covers: docs/topics/planning.md, "Digests".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairlead.domain.app_releases import AppPlan
from fairlead.domain.changes import Change
from fairlead.domain.identity import ReleaseKey, sha256_json


def release_digest(
    cluster_uid: str, key: ReleaseKey, *, inputs_digest: str, changes: Sequence[Change], app: AppPlan | None = None
) -> str:
    """Return the digest of what one release needs. Times, reasons, status and resource versions do not enter.

    Of an app's unit counts what becomes of it, and of which live version: the rest follows from that and the inputs.
    """
    listed: list[object] = [
        [change.action.value, change.ref.to_json(), change.uid, change.digest, change.live_digest]
        for change in changes
        if not change.is_unit
    ]
    listed += [] if app is None else [list(app.identity)]
    return sha256_json([cluster_uid, key.namespace, key.release, inputs_digest, listed])


def plan_digest(releases: Iterable[str]) -> str:
    """Return the digest of a plan, given those of its releases, in whatever order they were planned."""
    return sha256_json(sorted(releases))
