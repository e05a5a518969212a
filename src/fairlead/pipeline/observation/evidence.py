"""Gathers what explains an unhealthy object: its ReplicaSets, pods, events and log lines.

Nothing is read before something is unhealthy. What the caller may not read is left out and told, not an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from fairlead.domain.causes import LogSource
from fairlead.domain.diagnosing import EXPLAINED_KINDS, Scene
from fairlead.domain.errors import FairleadError
from fairlead.domain.explaining import LOG_LINES
from fairlead.domain.identity import ObjectRef
from fairlead.domain.reading import ObjectBody, text, uid
from fairlead.pipeline.observation.feeds import Feed
from fairlead.pipeline.observation.observing import Observer
from fairlead.pipeline.observation.snapshot import KindTable

_POD, _REPLICA_SET, _EVENT = ("v1", "Pod"), ("apps/v1", "ReplicaSet"), ("v1", "Event")
# A log belongs to an explanation, it must not delay it.
LOG_SECONDS = 5.0
_LOGS_AT_MOST = 6


@dataclass(slots=True)
class Evidence:
    """What was gathered for one wait. `kinds` says what the cluster serves.

    `concerned` holds the UIDs of everything looked at: a change of what belongs to them may change the explanation.
    """

    observer: Observer
    kinds: KindTable
    logs: dict[LogSource, str] = field(default_factory=dict)
    concerned: set[str] = field(default_factory=set)
    _feeds: dict[tuple[str, tuple[str, str]], Feed] = field(default_factory=dict)
    _reading: dict[LogSource, asyncio.Task[None]] = field(default_factory=dict)

    def ready(self, ref: ObjectRef) -> bool:
        """Start gathering for an object, and return whether everything about it has been read once."""
        if not ref.namespace or ref.group_kind not in EXPLAINED_KINDS:
            return True
        wanted = (_POD, _REPLICA_SET, _EVENT) if ref.kind == "Deployment" else (_POD, _EVENT)
        feeds = [self._feed(ref.namespace, kind) for kind in wanted]
        return all(feed is None or feed.settled for feed in feeds)

    def scene(self, ref: ObjectRef, obj: ObjectBody) -> Scene:
        """Return an object and everything known about it."""
        replica_sets = self._owned(ref.namespace, _REPLICA_SET, uid(obj))
        pods = tuple(pod for owner in (obj, *replica_sets) for pod in self._owned(ref.namespace, _POD, uid(owner)))
        pods = (obj,) if ref.group_kind == ("", "Pod") else pods
        self.concerned.update(uid(each) for each in (obj, *replica_sets, *pods))
        events = {uid(each): self._owned(ref.namespace, _EVENT, uid(each)) for each in (*replica_sets, *pods)}
        return Scene(obj, replica_sets, pods, {uid(obj): self._about(ref, obj), **events})

    def binds_late(self, ref: ObjectRef, obj: ObjectBody) -> bool:
        """Return whether the cluster says of a claim that it waits for its first consumer."""
        self.concerned.add(uid(obj))
        about = self._owned(ref.namespace, _EVENT, uid(obj))
        return any(text(event, "reason") == "WaitForFirstConsumer" for event in about)

    def unreadable(self) -> tuple[str, ...]:
        """Return sentences about what could not be read."""
        return tuple(
            f"{kind[1]} objects in namespace {namespace} could not be read: {feed.error or feed.trouble}"
            for (namespace, kind), feed in sorted(self._feeds.items(), key=lambda item: item[0])
            if feed.error or feed.trouble
        )

    def read_logs(self, sources: Iterable[LogSource]) -> None:
        """Start reading logs that have not been read."""
        for source in sources:
            if source not in self._reading:
                self._reading[source] = asyncio.create_task(self._read_log(source))

    async def finish_logs(self, sources: Iterable[LogSource]) -> None:
        """Read logs and wait for them, for a few seconds at most."""
        wanted = tuple(sources)[:_LOGS_AT_MOST]
        self.read_logs(wanted)
        if wanted:
            limit = asyncio.create_task(self.observer.clock.sleep(LOG_SECONDS))
            try:
                unread = {self._reading[source] for source in wanted if not self._reading[source].done()}
                while unread and not limit.done():
                    _, rest = await asyncio.wait({*unread, limit}, return_when=asyncio.FIRST_COMPLETED)
                    unread = rest - {limit}
            finally:
                limit.cancel()
                await asyncio.gather(limit, return_exceptions=True)

    async def close(self) -> None:
        """End what is still being read."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    def _about(self, ref: ObjectRef, obj: ObjectBody) -> tuple[ObjectBody, ...]:
        """Return events about the object itself.

        A workload outlives its deployments, so that its older events may tell of trouble that is over: of those only
        what happened since we look counts. Pods and claims are as young as their trouble.
        """
        about = self._owned(ref.namespace, _EVENT, uid(obj))
        if ref.group_kind in {("", "Pod"), ("", "PersistentVolumeClaim")}:
            return about
        feed = self._feeds.get((ref.namespace, _EVENT))
        return tuple(event for event in about if feed is not None and uid(event) in feed.fresh)

    def _feed(self, namespace: str, kind: tuple[str, str]) -> Feed | None:
        key = (namespace, kind)
        if key not in self._feeds and kind in self.kinds:
            self._feeds[key] = self.observer.feed(self.kinds[kind], namespace)
        return self._feeds.get(key)

    def _owned(self, namespace: str, kind: tuple[str, str], owner: str) -> tuple[ObjectBody, ...]:
        feed = self._feeds.get((namespace, kind))
        return feed.owned_by(owner) if feed is not None and owner else ()

    async def _read_log(self, source: LogSource) -> None:
        try:
            self.logs[source] = await self.observer.cluster.logs(
                source.pod, container=source.container, previous=source.previous, tail=LOG_LINES
            )
        except FairleadError as error:
            self.logs[source] = f"(its log could not be read: {error})"
