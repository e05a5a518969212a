"""Everything that happened to a unit's objects, in the order of the cluster's own clock, and what must hold over it.

The invariants are those of docs/topics/units.md; resource versions of one server order the changes of all kinds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.reading import branch, text, uid, whole
from fairlead.domain.units import epoch_of
from fairlead.pipeline.units.sight import (
    AUTOSCALERS,
    BUDGETS,
    DEPLOYMENTS,
    PODS,
    SECRETS,
    SERVICES,
    is_ready,
    version_of,
)
from fairlead.ports.cluster import ApiKind, WatchType

KINDS = (DEPLOYMENTS, SERVICES, PODS, AUTOSCALERS, BUDGETS, SECRETS)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one object, with its state after it, or before its deletion."""

    at: int
    kind: str
    gone: bool
    obj: dict[str, Any]


@dataclass(slots=True)
class History:
    """All changes in a namespace."""

    changes: list[Change] = field(default_factory=list)

    def of(self, app: str) -> list[Change]:
        """Return the changes of one unit, in order."""
        mine = [one for one in self.changes if _unit(one.obj) == app]
        return sorted(mine, key=lambda one: one.at)


@asynccontextmanager
async def recorded(cluster: KubernetesCluster, namespace: str) -> AsyncIterator[History]:
    """Record everything that happens in a namespace to what units are made of."""
    history = History()
    tasks = [asyncio.create_task(_follow(cluster, namespace, kind, history)) for kind in KINDS]
    try:
        yield history
        await asyncio.sleep(0.5)  # what is under way arrives
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow(cluster: KubernetesCluster, namespace: str, kind: ApiKind, history: History) -> None:
    listing = await cluster.list(kind, namespace)
    history.changes += [Change(whole_version(live), kind.kind, gone=False, obj=dict(live)) for live in listing.items]
    async for event in cluster.watch(kind, namespace, resource_version=listing.resource_version):
        assert event.type is not WatchType.EXPIRED
        if event.type is not WatchType.BOOKMARK:
            live = dict(event.object)
            history.changes.append(Change(whole_version(live), kind.kind, event.type is WatchType.DELETED, live))


def whole_version(live: dict[str, Any]) -> int:
    """Return an object's resource version as a number."""
    return int(live["metadata"]["resourceVersion"])


def ready_at_switch(history: History, app: str) -> int:
    """Return how many pods of the version that has the traffic in the end were ready when it got that last."""
    pods, route, found = dict[str, str](), "", 0
    for one in history.of(app):
        if one.kind == "Pod":
            pods[uid(one.obj)] = version_of(one.obj) if is_ready(one.obj) and not one.gone else ""
        elif one.kind == "Service" and text(one.obj, "metadata", "name") == app:
            to = text(branch(one.obj, "spec", "selector"), "version")
            if to != route:
                found = sum(version == to for version in pods.values())
            route = to
    return found


def broken(history: History, app: str) -> list[str]:
    """Return which invariants the history of a unit breaks, in words; none if all hold."""
    return list(_broken(history.of(app), app))


def _broken(changes: list[Change], app: str) -> Iterator[str]:
    pods: dict[str, dict[str, Any]] = {}
    epochs: dict[str, int] = {}
    replicas: dict[str, int] = {}
    versions: dict[str, str] = {}
    route = ""
    for one in changes:
        version, who = version_of(one.obj), uid(one.obj)
        if one.kind == "Pod":
            pods[who] = {} if one.gone else one.obj
            continue
        if epoch_of(one.obj) < epochs.get(who, 0):
            yield f"R8: epoch of {text(one.obj, 'metadata', 'name')} fell at {one.at}"
        epochs[who] = epoch_of(one.obj)
        if one.kind == "Service" and text(one.obj, "metadata", "name") == app:
            selected = "" if one.gone else text(branch(one.obj, "spec", "selector"), "version")
            if not selected and not one.gone:
                yield f"R1: the route is empty at {one.at}"
            if selected not in (route, "") and not any(
                is_ready(pod) for pod in pods.values() if version_of(pod) == selected
            ):
                yield f"R1: the route leads to {selected} without a ready pod at {one.at}"
            route = selected
        if one.kind == "Deployment":
            count = running(one)
            if not count and replicas.get(who, 0) and version == route:
                yield f"R2: version {version} was taken away at {one.at} while it had the traffic"
            replicas[who], versions[who] = count, version
            if len({versions[each] for each, runs in replicas.items() if runs}) > 3:
                yield f"R6: more than three versions run at {one.at}"


def running(one: Change) -> int:
    """Return how many pods a Deployment is to have after a change."""
    is_going = one.gone or text(one.obj, "metadata", "deletionTimestamp")
    return 0 if is_going else whole(one.obj, "spec", "replicas", default=1)


def _unit(obj: dict[str, Any]) -> str:
    return text(obj, "metadata", "labels", "fairlead.dev/unit")
