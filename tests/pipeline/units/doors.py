"""The way of one process to a cluster in memory: it counts what is written, and does damage to one write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, cast

from fairlead.domain.errors import Problem, Transient
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import ApiKind, Cluster
from fairlead.ports.probes import Probes
from tests.fakes.calls import WRITES
from tests.fakes.played import PlayedCluster


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
            return act

        async def sent(*given: Any, **named: Any) -> Any:
            await self._open.wait()
            self._note(name, *given)
            if name not in WRITES or named.get("dry_run"):
                return await act(*given, **named)
            self.before()
            self.writes += 1
            if self.writes != self._at:
                return await act(*given, **named)
            self.struck.set()
            return await self._struck(lambda: act(*given, **named))

        return sent

    def _note(self, name: str, *given: Any) -> None:
        match name, given:
            case "get", (ObjectRef() as ref,):
                self._read.add(ref)
            case "list", (ApiKind() as kind, *_):
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
