"""Follows live objects: one list and one watch per kind and namespace, shared by everybody who looks.

An `Observer` belongs to one cluster and one run. Its feeds keep what the server last said; whoever waits is woken
when something changes that concerns them, and looks again. A watch that ends is replaced by a new list, so that
nothing that happened in between is missed. A server that is away for a while only delays; one that refuses is an
error for those who look.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import cast

from fairlead.domain.errors import RemoteRefused, Transient
from fairlead.pipeline.observation.feeds import Concern, Feed
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import ApiKind, Cluster, WatchEvent, WatchType

# Between the end of a watch and the next list, and between lists where watching is not allowed.
RELIST_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class Listener:
    """Somebody who waits: `changed` is set when something happens to what they attend to."""

    changed: asyncio.Event = field(default_factory=asyncio.Event)
    concerns: set[Concern] = field(default_factory=set)


class Observer:
    """The feeds of one cluster. Made by `observing`."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self.cluster = cluster
        self.clock = clock
        self._feeds: dict[tuple[ApiKind, str | None, str], Feed] = {}
        self._tasks: dict[tuple[ApiKind, str | None, str], asyncio.Task[None]] = {}
        self._everybody: list[Listener] = []
        self._listeners: dict[Concern, list[Listener]] = {}

    def feed(self, kind: ApiKind, namespace: str | None, name: str = "") -> Feed:
        """Return the feed of a kind (of one object only with `name`), starting it when nobody has yet."""
        key = (kind, namespace, name)
        if key not in self._feeds:
            self._feeds[key] = Feed(kind, namespace, name)
            self._tasks[key] = asyncio.create_task(self._follow(self._feeds[key]))
        return self._feeds[key]

    async def end(self, kind: ApiKind, namespace: str | None, name: str = "") -> None:
        """End a feed that nobody needs any more, if it was started."""
        key = (kind, namespace, name)
        self._feeds.pop(key, None)
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def follows(self, kind: ApiKind, namespace: str | None, name: str = "") -> bool:
        """Return whether the feed has been started: then it may not know yet what was written just now."""
        return (kind, namespace, name) in self._feeds

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Give a listener for the time of the block; it says by `attend` what concerns it."""
        listener = Listener()
        self._everybody.append(listener)
        try:
            yield listener
        finally:
            self._everybody.remove(listener)
            for concern in listener.concerns:
                self._listeners[concern].remove(listener)
                if not self._listeners[concern]:
                    del self._listeners[concern]

    def attend(self, listener: Listener, concerns: Iterable[Concern]) -> None:
        """Let a listener be woken by changes of objects (by reference) and of what belongs to owners (by UID)."""
        for concern in set(concerns) - listener.concerns:
            listener.concerns.add(concern)
            self._listeners.setdefault(concern, []).append(listener)

    async def close(self) -> None:
        """End every watch."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _wake(self, listeners: Iterable[Listener]) -> None:
        for listener in listeners:
            listener.changed.set()

    async def _follow(self, feed: Feed) -> None:
        """Keep a feed true until cancelled; a refusal or a bug is kept for those who look at the feed."""
        selector = f"metadata.name={feed.name}" if feed.name else ""
        try:
            while True:
                pause = RELIST_SECONDS
                try:
                    listing = await self.cluster.list(feed.kind, feed.namespace, field_selector=selector)
                    feed.replace(listing.items, listing.resource_version)
                    self._wake(self._everybody)
                    await self._watch(feed, listing.resource_version, selector)
                except Transient as error:
                    feed.trouble, pause = error, max(pause, error.delay_seconds)
                await self.clock.sleep(pause)
        except Exception as error:  # noqa: BLE001 - raised again by whoever reads the feed
            feed.error = error
            self._wake(self._everybody)

    async def _watch(self, feed: Feed, version: str, selector: str) -> None:
        """Take events until the watch ends. Where watching is not allowed, the next list does its work."""
        watch = self.cluster.watch(feed.kind, feed.namespace, resource_version=version, field_selector=selector)
        try:
            # The port promises that a watch can be closed, which is what a generator adds to an iterator.
            async with aclosing(cast("AsyncGenerator[WatchEvent, None]", watch)) as events:
                async for event in events:
                    if event.type is WatchType.EXPIRED:
                        return
                    for concern in feed.take(event):
                        self._wake(self._listeners.get(concern, ()))
        except RemoteRefused:
            return


@asynccontextmanager
async def observing(cluster: Cluster, clock: Clock) -> AsyncIterator[Observer]:
    """Observe a cluster for the time of the block; no watch outlives it."""
    observer = Observer(cluster, clock)
    try:
        yield observer
    finally:
        await observer.close()
