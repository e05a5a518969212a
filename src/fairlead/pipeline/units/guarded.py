"""Writes on guarded objects: each names the version that was read, and says in which epoch it was written.

A driver that takes over touches every guarded object, so that what an earlier one still has under way is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fairlead.domain.errors import Problem, Refused, RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.marks import FAIRLEAD_MANAGER, RELEASE_ANNOTATION
from fairlead.domain.reading import branch, text
from fairlead.domain.units import EPOCH_ANNOTATION, epoch_of
from fairlead.pipeline.engine import at_once
from fairlead.ports.cluster import Cluster, LiveObject

CONFLICTS_AT_MOST: Final = 8
_NEVER: Final = "1"
"""No object has this resourceVersion: an apply that names it creates, and never changes what is there already."""


class Overtaken(Exception):
    """A driver with a later epoch has been at an object: this one must write nothing more."""


def is_ours(live: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Return whether an object bears the marks of the unit and version that a manifest is of."""
    same_release = _mark(live) == _mark(manifest) != ""
    return same_release and _version(live) == _version(manifest)


async def create(cluster: Cluster, manifest: Mapping[str, Any], *, epoch: int) -> LiveObject:
    """Create an object, or return the one of ours that is there already.

    Raises:
        Refused: `nameTaken`, when something else has its name.
    """
    try:
        return await cluster.apply(_marked(manifest, epoch, resourceVersion=_NEVER), manager=FAIRLEAD_MANAGER)
    except RemoteRefused as error:
        live = await cluster.get(object_ref(manifest)) if error.code == "conflict" else None
        if live is None:
            raise
    check_epoch(live, epoch)
    if not is_ours(live, manifest):
        ref = object_ref(manifest)
        remedy = "choose another name or version, or remove that object"
        raise Refused(Problem("nameTaken", f"{ref} exists already and is not ours", remedy=remedy))
    return live


async def update(cluster: Cluster, live: LiveObject, manifest: Mapping[str, Any], *, epoch: int) -> LiveObject:
    """Apply a manifest to exactly the version of its object that was read."""
    check_epoch(live, epoch)
    meta = live["metadata"]
    marked = _marked(manifest, epoch, resourceVersion=meta["resourceVersion"], uid=meta["uid"])
    return await cluster.apply(marked, manager=FAIRLEAD_MANAGER)


async def put(cluster: Cluster, manifest: Mapping[str, Any], *, epoch: int) -> LiveObject:
    """Create an object, or make the one of ours that is there as it shall be."""
    for _ in range(CONFLICTS_AT_MOST):
        live = await create(cluster, manifest, epoch=epoch)
        try:
            return await update(cluster, live, manifest, epoch=epoch)
        except RemoteRefused as error:
            if error.code != "conflict":
                raise
    raise _restless(object_ref(manifest))


async def change(
    cluster: Cluster,
    live: LiveObject,
    changes: Sequence[tuple[str, Any]],
    *,
    epoch: int,
    annotations: Mapping[str, str] | None = None,
) -> LiveObject | None:
    """Set values at paths of exactly the version that was read; None when it has moved on."""
    check_epoch(live, epoch)
    marked = {**branch(live, "metadata", "annotations"), **(annotations or {}), EPOCH_ANNOTATION: str(epoch)}
    version = live["metadata"]["resourceVersion"]
    operations = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        *({"op": "add", "path": path, "value": value} for path, value in changes),
        {"op": "add", "path": "/metadata/annotations", "value": marked},
    ]
    try:
        return await cluster.patch(object_ref(live), operations, manager=FAIRLEAD_MANAGER)
    except RemoteRefused as error:
        if error.code not in ("conflict", "notFound"):
            raise
        return None


async def touch(cluster: Cluster, live: LiveObject | None, *, epoch: int) -> None:
    """Write the epoch to an object, so that nothing that was read before can change it; gone is as good."""
    for _ in range(CONFLICTS_AT_MOST):
        if live is None:
            return
        check_epoch(live, epoch)
        if epoch_of(live) == epoch or await change(cluster, live, (), epoch=epoch) is not None:
            return
        live = await cluster.get(object_ref(live))
    if live is not None:
        raise _restless(object_ref(live))


async def remove(cluster: Cluster, live: LiveObject, *, epoch: int) -> None:
    """Delete exactly what was read; what has moved on stays until the next look."""
    check_epoch(live, epoch)
    meta = live["metadata"]
    try:
        await cluster.delete(object_ref(live), uid=meta["uid"], resource_version=meta["resourceVersion"])
    except RemoteRefused as error:
        if error.code != "conflict":
            raise


async def touch_all(cluster: Cluster, objects: Sequence[LiveObject], *, epoch: int) -> None:
    """Write the epoch to every object, side by side."""
    await at_once(touch(cluster, live, epoch=epoch) for live in objects)


def check_epoch(live: Mapping[str, Any], epoch: int) -> None:
    """Raise Overtaken when an object bears a later epoch than ours."""
    if epoch_of(live) > epoch:
        raise Overtaken


def _marked(manifest: Mapping[str, Any], epoch: int, **preconditions: str) -> dict[str, Any]:
    metadata = manifest["metadata"]
    annotations = {**(metadata.get("annotations") or {}), EPOCH_ANNOTATION: str(epoch)}
    return {**manifest, "metadata": {**metadata, **preconditions, "annotations": annotations}}


def _mark(obj: Mapping[str, Any]) -> str:
    return text(obj, "metadata", "annotations", RELEASE_ANNOTATION)


def _version(obj: Mapping[str, Any]) -> str:
    return text(obj, "metadata", "labels", "version")


def _restless(ref: ObjectRef) -> RemoteRefused:
    message = f"{ref} was changed by others between every look and write, {CONFLICTS_AT_MOST} times"
    return RemoteRefused(Problem("conflict", message), status=409, reason="Conflict")
