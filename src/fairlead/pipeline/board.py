"""Where everything under way reports its end, and finds out when its turn has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.scheduling import Blocked, Graph, Node, NodeKind, Ready, Waiting, done
from fairlead.ports.clock import Clock

T = TypeVar("T")

# After a stop a run ends within 5 s, whatever the API server does. What is under way then is given up in this order.
WRITES_WITHIN: Final = 2.0
STAGES_WITHIN: Final = 3.0
BOOKS_WITHIN: Final = 4.5


@dataclass(frozen=True, slots=True)
class Stopped:
    """A signal asked the run to end: nothing new is begun."""


@dataclass(slots=True)
class _Stop:
    """The request to end: whether it came, and when, in monotonic seconds."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    at: float = 0.0


class Board:
    """The state of a run's graph. Nodes are finished once; what waits for them is woken."""

    def __init__(self, graph: Graph, clock: Clock) -> None:
        self._graph = graph
        self._clock = clock
        self._finished: dict[Node, bool] = {}
        self._ended = {node: asyncio.Event() for node in graph.needs}
        self._stop = _Stop()
        self._waves: dict[Node, list[Node]] = {}
        self._of: dict[ReleaseKey, list[Node]] = {}
        for node, needs in graph.needs.items():
            self._of.setdefault(node.key, []).append(node)
            if node.kind is NodeKind.WAVE:
                for need in needs:
                    self._waves.setdefault(need, []).append(node)

    def following(self, graph: Graph) -> Board:
        """Return the board of another graph that stops when this one does."""
        other = Board(graph, self._clock)
        other._stop = self._stop
        return other

    @property
    def is_stopped(self) -> bool:
        """Whether a signal asked the run to end."""
        return self._stop.came.is_set()

    def stop(self) -> None:
        """Let nothing new begin."""
        if not self.is_stopped:
            self._stop.at = self._clock.monotonic()
        self._stop.came.set()
        for event in self._ended.values():
            event.set()

    async def turn(self, node: Node) -> Ready | Blocked | Stopped:
        """Wait until a node may go ahead, or never will."""
        while not self.is_stopped:
            verdict = self._graph.verdict(node, self._finished)
            if not isinstance(verdict, Waiting):
                return verdict
            await self._ended[verdict.on].wait()
        return Stopped()

    def finish(self, node: Node, *, ok: bool) -> None:
        """Say that a node has ended. A wave ends by itself, with the last of its objects or with a failed one."""
        if node in self._finished:
            return
        self._finished[node] = ok
        self._ended[node].set()
        for wave in self._waves.get(node, ()):
            verdict = self._graph.verdict(wave, self._finished)
            if not isinstance(verdict, Waiting):
                self.finish(wave, ok=isinstance(verdict, Ready))

    def end(self, key: ReleaseKey, *, ok: bool) -> None:
        """Say that a release has ended; what of it was never begun will never succeed."""
        for node in self._of[key]:
            if node.kind is not NodeKind.DONE:
                self.finish(node, ok=ok)
        self.finish(done(key), ok=ok)

    async def unless_stopped(self, work: Coroutine[Any, Any, T], *, within: float = 0.0) -> T | Stopped:
        """Await something; a stop ends it, when it did not end by itself `within` so many seconds after the stop.

        What only watches ends at once. What writes is given a moment, after which nobody knows what became of it.
        """
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._stopped_for(within))
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else Stopped()
        finally:
            task.cancel()
            stop.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    async def _stopped_for(self, seconds: float) -> None:
        await self._stop.came.wait()
        left = self._stop.at + seconds - self._clock.monotonic()
        if left > 0:
            await self._clock.sleep(left)

    async def to_a_clean_point(self, work: Awaitable[T]) -> T:
        """Await a run; being cancelled stops it, and waits until it has come to its end."""
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if task.cancelled() or current is None:
                raise
            self.stop()
            current.uncancel()
            return await task
