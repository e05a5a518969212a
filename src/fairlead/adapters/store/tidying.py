"""What goes when there is too much of it, oldest first."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.deployments import KEPT, DeploymentStatus
from fairlead.domain.keeping.limits import Limits
from fairlead.doors.databases.moments import microseconds
from fairlead.doors.databases.opening import Connection

_NEWER: Final = """
SELECT 1 FROM deployments AS newer WHERE newer.cluster = deployments.cluster
AND newer.namespace = deployments.namespace AND newer.app = deployments.app AND newer.number > deployments.number
"""


def _listed(statuses: frozenset[DeploymentStatus]) -> str:
    return ", ".join(f"'{status.value}'" for status in sorted(statuses))


# No deployment goes that runs, is under way, or is the newest of its unit.
_MAY_GO: Final = f"status NOT IN ({_listed(KEPT)}) AND EXISTS ({_NEWER})"
_OLDEST: Final = f"DELETE FROM deployments WHERE number = (SELECT min(number) FROM deployments WHERE {_MAY_GO})"
# Its age counts from its end: what ran for years was there until just now.
_OLD: Final = f"DELETE FROM deployments WHERE modified < ? AND {_MAY_GO}"
_BEYOND: Final = f"""
DELETE FROM deployments WHERE {_MAY_GO} AND number IN (SELECT number FROM (SELECT number,
row_number() OVER (PARTITION BY cluster, namespace, app ORDER BY number DESC) AS place FROM deployments)
WHERE place > ?)
"""
_DESCRIPTORS: Final = """
DELETE FROM descriptors WHERE number IN (SELECT number FROM (SELECT number,
row_number() OVER (PARTITION BY cluster, namespace, app ORDER BY modified DESC, number DESC) AS place FROM descriptors)
WHERE place > ?)
"""
_UNDER_WAY: Final = _listed(frozenset(status for status in DeploymentStatus if status.is_under_way))
_FULL_JOURNALS: Final = f"""
SELECT number FROM (SELECT number, status, sum(size) OVER (ORDER BY number DESC) AS total
FROM journals JOIN deployments USING (number)) WHERE total > ? AND status NOT IN ({_UNDER_WAY})
"""
# A key stands for what it began at least as long as that is under way.
_REQUESTS: Final = f"""
DELETE FROM requests WHERE rowid IN (SELECT rowid FROM requests ORDER BY at DESC LIMIT -1 OFFSET ?2)
OR (at < ?1 AND identifier NOT IN (SELECT identifier FROM deployments WHERE status IN ({_UNDER_WAY})))
"""


def make_room(connection: Connection, limits: Limits) -> None:
    """Give up the oldest deployment that may go, if there is room for no other.

    Raises:
        OperationFailed: all of them have to stay (`storeFull`).
    """
    (count,) = connection.execute("SELECT count(*) FROM deployments").fetchone()
    if count >= limits.deployments and connection.execute(_OLDEST).rowcount == 0:
        message = f"{count} deployments run, are under way or are the newest of their app, and no more may be kept"
        raise OperationFailed(Problem("storeFull", message, remedy="undeploy apps, or delete records of old ones"))


def tidy(connection: Connection, limits: Limits, now: datetime) -> None:
    """Remove what is beyond the limits."""
    connection.execute(_OLD, (microseconds(now - limits.deployment_age),))
    connection.execute(_BEYOND, (limits.deployments_of_a_unit,))
    connection.execute(_DESCRIPTORS, (limits.descriptors_of_a_unit,))
    connection.execute(_REQUESTS, (microseconds(now - limits.request_age), limits.requests))
    for row in connection.execute(_FULL_JOURNALS, (limits.journals,)).fetchall():
        connection.execute("DELETE FROM chunks WHERE number = ?", row)
        connection.execute("UPDATE journals SET size = 0 WHERE number = ?", row)
