"""The way of one process to a cluster in memory: it counts what is written, and does damage to one write.

Lists that need not be fresh are as old as the port allows: they show what the process met of a kind, nothing later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, cast

from fairlead.domain.errors import Problem, Transient
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.ports.cluster import ApiKind, Cluster, Listing, LiveObject, WatchEvent, WatchType
from fairlead.ports.probes import Probes
from tests.fakes.calls import WRITES
from tests.fakes.copying import copied
from tests.fakes.played import PlayedCluster
from tests.fakes.selectors import matches_labels


class Fault(StrEnum):
    """What happens at a write that arrives, or is yet to.

    Of a reply that is lost the process hears that nobody answers; with `REPEATED` its client asks once more, as the
    real one does. A process that is stopped sends that write, and all others, only when it is released.
    """

    REPLY_LOST = "reply-lost"
    REPEATED = "repeated"
    STOPPED = "stopped"


class Door:
    """The ports of a cluster for one process. `before` is called before every write, while nothing else happens.

    `struck` says that the damage is done. `unread` is what was deleted without a look at it since the last swap.
    """

    def __init__(self, cluster: PlayedCluster, fault: Fault | None = None, at: int = 0) -> None:
        self._cluster, self._fault, self._at = cluster, fault, at
        self._open = asyncio.Event()
        self._open.set()
        self.before: Callable[[], None] = lambda: None
        self.writes = 0
        self.unread: list[ObjectRef] = []
        self._read: set[object] = set()
        self._met: dict[tuple[str, str], int] = {}
        self.struck = asyncio.Event()

    def release(self) -> None:
        """Let a process go on that was stopped."""
        self._open.set()

    @property
    def ports(self) -> tuple[Cluster, Probes]:
        """The door as the ports that it is."""
        return cast("Cluster", self), cast("Probes", self)

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._cluster, name)
        if name == "watch":
            return self._watch

        async def sent(*given: Any, **named: Any) -> Any:
            await self._open.wait()
            self._note(name, *given, fresh=named.get("fresh", True))
            if name in ("list", "list_metadata"):
                return self._listed(await act(*given, **named), *given, **named)
            if name not in WRITES or named.get("dry_run"):
                return self._meet(await act(*given, **named))
            self.before()
            self.writes += 1
            if self.writes != self._at:
                return self._meet(await act(*given, **named))
            self.struck.set()
            return await self._struck(lambda: act(*given, **named))

        return sent

    async def _watch(self, *given: Any, **named: Any) -> AsyncIterator[WatchEvent]:
        async for event in self._cluster.watch(*given, **named):
            self._meet(event.object)
            yield event

    def _meet(self, found: Any) -> Any:
        if isinstance(found, Mapping) and "kind" in found:
            kind = object_ref(found).group_kind
            self._met[kind] = max(self._met.get(kind, 0), int(found["metadata"].get("resourceVersion", 0)))
        return found

    def _listed(
        self, now: Listing, kind: ApiKind, namespace: str, *, label_selector: str = "", fresh: bool = True, **_: str
    ) -> Listing:
        """Return a list as it is, or as it was when the process last met anything of the kind."""
        if fresh or kind.group_kind not in self._met:
            self._met[kind.group_kind] = int(now.resource_version)
            return now
        then, found = self._met[kind.group_kind], dict[ObjectRef, LiveObject]()
        for at, what, obj in self._cluster.past:
            ref = object_ref(obj)
            if at <= then and ref.group_kind == kind.group_kind and ref.namespace == namespace:
                found[ref] = obj
                if what is WatchType.DELETED:
                    del found[ref]
        items = (copied(obj) for _, obj in sorted(found.items()) if matches_labels(obj, label_selector))
        return Listing(tuple(items), str(then))

    def _note(self, name: str, *given: Any, fresh: bool) -> None:
        match name, given:
            case "get", (ObjectRef() as ref,):
                self._read.add(ref)
            case "list", (ApiKind() as kind, *_) if fresh:
                self._read.add(kind.kind)
            case "replace", ({"kind": "Secret"},):
                self._read.clear()
            case "delete", (ObjectRef() as ref,) if not self._read & {ref, ref.kind}:
                self.unread.append(ref)

    async def _struck(self, write: Callable[[], Awaitable[Any]]) -> Any:
        if self._fault is Fault.STOPPED:
            self._open.clear()
            await self._open.wait()
            return await write()
        await write()
        if self._fault is Fault.REPLY_LOST:
            raise Transient(Problem("clusterUnreachable", "nobody answers"))
        return await write()
