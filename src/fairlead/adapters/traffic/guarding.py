"""One write on a route that was read before: nothing happens if it, or its epoch, is another one by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.marks import FAIRLEAD_MANAGER
from fairlead.domain.reading import branch
from fairlead.domain.units import EPOCH_ANNOTATION, epoch_of
from fairlead.ports.cluster import Cluster, LiveObject

Change = tuple[str, Any, Any]
"""A JSON Pointer, what stands there, and what shall."""


async def read(cluster: Cluster, ref: ObjectRef) -> LiveObject:
    """Return a route's object that must be there; raises RemoteRefused (`notFound`)."""
    live = await cluster.get(ref)
    if live is None:
        raise RemoteRefused(Problem("notFound", f"{ref} is not there"), status=404, reason="NotFound")
    return live


def conflict(message: str) -> RemoteRefused:
    """Return the error for a precondition that does not hold."""
    return RemoteRefused(Problem("conflict", message), status=409, reason="Conflict")


def along(live: LiveObject, fields: Mapping[str, Any] | None) -> list[Change]:
    """Return the changes of fields of a spec that are to go with a switch."""
    spec = branch(live, "spec")
    return [(f"/spec/{name}", spec[name], value) for name, value in (fields or {}).items() if name in spec]


async def replace(
    cluster: Cluster,
    live: LiveObject,
    ref: ObjectRef,
    changes: Sequence[Change],
    *,
    annotations: Mapping[str, str],
    epoch: int,
) -> None:
    """Replace values in the version that was read, and say in which epoch.

    Raises:
        RemoteRefused: `conflict`, when anything of it has moved, or a driver with a later epoch was there.
    """
    if epoch_of(live) > epoch:
        raise conflict(f"{ref} belongs to a driver with epoch {epoch_of(live)}, ours is {epoch}")
    marked = {**branch(live, "metadata", "annotations"), **annotations, EPOCH_ANNOTATION: str(epoch)}
    version = live["metadata"]["resourceVersion"]
    operations = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}]
    for path, old, new in changes:
        operations += [{"op": "test", "path": path, "value": old}, {"op": "replace", "path": path, "value": new}]
    operations.append({"op": "add", "path": "/metadata/annotations", "value": marked})
    await cluster.patch(ref, operations, manager=FAIRLEAD_MANAGER)
