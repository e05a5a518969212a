"""Follows live objects: one list and one watch per kind and namespace, shared by everybody who looks.

An `Observer` belongs to one cluster and one run. Its feeds keep what the server last said; whoever waits is woken
when something changes that concerns them, and looks again. A watch that ends is replaced by a new list, so that
nothing that happened in between is missed. A server that is away for a while only delays; one that refuses is an
error for those who look.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import cast

from fairlead.domain.errors import RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.reading import owner_uids, text, uid
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject, WatchEvent, WatchType

# Between the end of a watch and the next list, and between lists where watching is not allowed.
RELIST_SECONDS = 1.0

Concern = ObjectRef | str


@dataclass(slots=True)
class Feed:
    """What the server last said about one kind in one namespace. `gone` keeps the last state of what was deleted.

    `version` is the newest resource version seen: whatever was written up to it is known here.
    """

    kind: ApiKind
    namespace: str | None
    name: str = ""
    listed: bool = False
    version: int = 0
    error: Exception | None = None
    trouble: Transient | None = None
    objects: dict[ObjectRef, LiveObject] = field(default_factory=dict)
    gone: dict[ObjectRef, LiveObject] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    _by_owner: dict[str, dict[ObjectRef, LiveObject]] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether the feed has answered: with a list, or with a refusal."""
        return self.listed or self.error is not None

    def owned_by(self, owner: str) -> tuple[LiveObject, ...]:
        """Return the objects that an object owns, or for events those about it, by its UID."""
        return tuple(self._by_owner.get(owner, {}).values())

    def replace(self, items: Iterable[LiveObject], version: str = "") -> None:
        """Take a complete list of that version."""
        found = {object_ref(item): item for item in items}
        for ref in [ref for ref in self.objects if ref not in found]:
            self._drop(ref)
        for ref, item in found.items():
            if self.objects.get(ref) != item:
                self._take(ref, item, fresh=self.listed)
        self.listed, self.trouble = True, None
        self.version = max(self.version, version_number(version))

    def take(self, event: WatchEvent) -> frozenset[Concern]:
        """Take one event of a watch; return whom it concerns: the object itself and its owners, old and new."""
        self.version = max(self.version, version_of(event.object))
        if event.type in (WatchType.BOOKMARK, WatchType.EXPIRED):
            return frozenset()
        obj = cast("LiveObject", event.object)
        ref = object_ref(obj)
        concerns: frozenset[Concern] = frozenset({ref, *_owners(obj), *_owners(self.objects.get(ref, {}))})
        self._take(ref, obj, fresh=True)
        if event.type is WatchType.DELETED:
            self._drop(ref)
        return concerns

    def _take(self, ref: ObjectRef, obj: LiveObject, *, fresh: bool) -> None:
        self._unlink(ref)
        self.objects[ref] = obj
        self.gone.pop(ref, None)
        if fresh:
            self.fresh.add(uid(obj))
        for owner in _owners(obj):
            self._by_owner.setdefault(owner, {})[ref] = obj

    def _drop(self, ref: ObjectRef) -> None:
        self._unlink(ref)
        if (last := self.objects.pop(ref, None)) is not None and self.kind.kind == "Job":
            self.gone[ref] = last

    def _unlink(self, ref: ObjectRef) -> None:
        for owner in _owners(self.objects.get(ref, {})):
            self._by_owner.get(owner, {}).pop(ref, None)


@dataclass(slots=True, eq=False)
class Listener:
    """Somebody who waits: `changed` is set when something happens to what they attend to."""

    changed: asyncio.Event = field(default_factory=asyncio.Event)
    concerns: set[Concern] = field(default_factory=set)


def version_of(obj: Mapping[str, object]) -> int:
    """Return the number of an object's resource version. Those of one kind and server grow with every write."""
    return version_number(text(obj, "metadata", "resourceVersion"))


def version_number(version: str) -> int:
    """Return a resource version as a number, 0 where it is none."""
    return int(version) if version.isdecimal() else 0


def _owners(obj: Mapping[str, object]) -> tuple[str, ...]:
    about = text(obj, "involvedObject", "uid")
    return (about,) if about else owner_uids(obj)


class Observer:
    """The feeds of one cluster. Made by `observing`."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self.cluster = cluster
        self.clock = clock
        self._feeds: dict[tuple[ApiKind, str | None, str], Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._everybody: list[Listener] = []
        self._listeners: dict[Concern, list[Listener]] = {}

    def feed(self, kind: ApiKind, namespace: str | None, name: str = "") -> Feed:
        """Return the feed of a kind (of one object only with `name`), starting it when nobody has yet."""
        key = (kind, namespace, name)
        if key not in self._feeds:
            self._feeds[key] = Feed(kind, namespace, name)
            self._tasks.add(asyncio.create_task(self._follow(self._feeds[key])))
        return self._feeds[key]

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

    def attend(self, listener: Listener, concerns: Iterable[Concern]) -> None:
        """Let a listener be woken by changes of objects (by reference) and of what belongs to owners (by UID)."""
        for concern in set(concerns) - listener.concerns:
            listener.concerns.add(concern)
            self._listeners.setdefault(concern, []).append(listener)

    async def close(self) -> None:
        """End every watch."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
