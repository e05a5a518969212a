"""Runs a chart's hooks with Helm's meaning: one after the other by weight, each until it has completed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fairlead.domain.changes import Action
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.events import Applied
from fairlead.domain.health import HealthReport
from fairlead.domain.hooks import BEFORE_CREATION, FAILED, SUCCEEDED, deletes
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.rendering import Hook
from fairlead.pipeline.board import Board
from fairlead.pipeline.engine import Engine
from fairlead.ports.cluster import Cluster

Completion = Callable[[ObjectRef], Awaitable[HealthReport]]

_COMPLETES: Final = frozenset({("batch", "Job"), ("", "Pod")})
_PAUSE_SECONDS: Final = 0.5


class HookFailed(OperationFailed):
    """A hook did not complete; what comes after it is not begun."""


@dataclass(frozen=True, slots=True)
class HookRunner:
    """Runs the hooks of one release as they are, without marks, applied by `manager`.

    `completion` waits for the object of a hook, and gives up after `timeout_seconds`.
    """

    key: ReleaseKey
    manager: str
    board: Board
    engine: Engine
    completion: Completion
    timeout_seconds: float

    async def run(self, hooks: Sequence[Hook]) -> bool:
        """Run hooks in order; False when a signal asked to stop before the last.

        Raises:
            HookFailed: a Job or Pod failed, or took too long.
            OperationFailed: the cluster refused a hook.
        """
        for hook in hooks:
            if self.board.is_stopped:
                return False
            await self._run(hook)
        for hook in hooks:
            if deletes(hook, SUCCEEDED):
                await self._remove(hook.manifest.ref)
        return True

    async def _run(self, hook: Hook) -> None:
        ref = hook.manifest.ref
        if deletes(hook, BEFORE_CREATION):
            await self._remove(ref)
        await self._cluster.apply(hook.manifest.data, manager=self.manager)
        self.engine.events.emit(Applied(self.key, ref, Action.CREATE))
        failure = await self._failure(ref)
        if failure:
            if deletes(hook, FAILED):
                await self._remove(ref)
            raise HookFailed(Problem("hookFailed", f"hook {', '.join(hook.events)}, {ref}: {failure}"))

    async def _failure(self, ref: ObjectRef) -> str:
        """Wait until a hook has completed; Helm waits for Jobs and Pods only. Empty when it did its work."""
        if ref.group_kind not in _COMPLETES:
            return ""
        until = self.engine.clock.monotonic() + self.timeout_seconds
        report = await self.completion(ref)
        if not report.healthy:
            return report.explanation.text if report.explanation else report.state.value
        while ref.kind == "Pod" and await self._phase(ref) not in ("Succeeded", "Failed"):
            if self.engine.clock.monotonic() >= until:
                return f"it still runs after {self.timeout_seconds:.0f} s"
            await self.engine.clock.sleep(_PAUSE_SECONDS)
        return "it has failed" if ref.kind == "Pod" and await self._phase(ref) == "Failed" else ""

    async def _phase(self, ref: ObjectRef) -> str:
        live = await self._cluster.get(ref)
        return str(((live or {}).get("status") or {}).get("phase", "Failed" if live is None else ""))

    async def _remove(self, ref: ObjectRef) -> None:
        """Delete an earlier object of a hook and wait until it is gone."""
        live = await self._cluster.get(ref)
        if live is None:
            return
        uid, until = live["metadata"]["uid"], self.engine.clock.monotonic() + self.timeout_seconds
        await self._cluster.delete(ref, uid=uid)
        while (live := await self._cluster.get(ref)) is not None and live["metadata"]["uid"] == uid:
            if self.engine.clock.monotonic() >= until:
                message = f"hook {ref} is still being deleted after {self.timeout_seconds:.0f} s"
                raise HookFailed(Problem("hookFailed", message, remedy="find out what its finalizers wait for"))
            await self.engine.clock.sleep(_PAUSE_SECONDS)

    @property
    def _cluster(self) -> Cluster:
        return self.engine.cluster(self.key)
