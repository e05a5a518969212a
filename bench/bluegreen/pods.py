"""When pods became ready, by a watch of our own beside the driver's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bench.bluegreen.site import Site
from fairlead.domain.reading import conditions, text
from fairlead.ports.cluster import ApiKind, WatchType

PODS = ApiKind("v1", "Pod", "pods", namespaced=True)


@dataclass(slots=True)
class Readiness:
    """By app and version: when each of its pods was first seen ready, and which of them are ready now."""

    first: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    now: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def see(self, pod: Mapping[str, Any], at: float, *, gone: bool) -> None:
        """Take what a watch says of a pod."""
        labels = pod["metadata"].get("labels") or {}
        of, name = (labels.get("app", ""), labels.get("version", "")), text(pod, "metadata", "name")
        ready = not gone and any(one.type == "Ready" and one.status == "True" for one in conditions(pod))
        if ready:
            self.first.setdefault(of, {}).setdefault(name, at)
            self.now.setdefault(of, set()).add(name)
        else:
            self.now.get(of, set()).discard(name)
        self._news.set()

    async def reached(self, app: str, version: str, count: int) -> None:
        """Wait until so many pods of a version are ready."""
        while len(self.now.get((app, version), ())) < count:
            self._news.clear()
            await self._news.wait()


@asynccontextmanager
async def watching(site: Site) -> AsyncIterator[Readiness]:
    """Watch the pods of a site for the length of a block."""
    readiness = Readiness()
    listed = await site.cluster.list(PODS, site.namespace)
    for pod in listed.items:
        readiness.see(pod, site.timeline.now(), gone=False)

    async def follow() -> None:
        async for event in site.cluster.watch(PODS, site.namespace, resource_version=listed.resource_version):
            if event.type in (WatchType.ADDED, WatchType.MODIFIED, WatchType.DELETED):
                readiness.see(event.object, site.timeline.now(), gone=event.type is WatchType.DELETED)

    task = asyncio.create_task(follow())
    try:
        yield readiness
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
