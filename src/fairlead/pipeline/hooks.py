"""Runs a release's hooks with Helm's meaning: one after the other by weight, each until it has completed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.domain.changes import Action
from fairlead.domain.errors import Interrupted, OperationFailed, Problem, RemoteRefused
from fairlead.domain.events import Applied
from fairlead.domain.health import HealthReport
from fairlead.domain.hooks import BEFORE_CREATION, FAILED, SUCCEEDED, HookRun, Phase, deletes, is_generated
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref
from fairlead.domain.rendering import Hook
from fairlead.pipeline.board import Board, Stopped
from fairlead.pipeline.engine import Engine
from fairlead.ports.cluster import Cluster, LiveObject

Completion = Callable[[ObjectRef], Coroutine[Any, Any, HealthReport]]

_COMPLETES: Final = frozenset({("batch", "Job"), ("", "Pod")})
_PAUSE_SECONDS: Final = 0.5


class HookFailed(OperationFailed):
    """A hook did not complete; what comes after it is not begun."""


@dataclass(frozen=True, slots=True)
class HookRunner:
    """Runs the hooks of one release as they are, without marks, applied by `manager`.

    `completion` waits until the Job or Pod of a hook has ended, and gives up after `timeout_seconds`. `runs` tells
    afterwards what became of each hook that was begun.
    """

    key: ReleaseKey
    manager: str
    board: Board
    engine: Engine
    completion: Completion
    timeout_seconds: float
    runs: list[HookRun] = field(default_factory=list)

    async def run(self, hooks: Sequence[Hook]) -> bool:
        """Run hooks in order; False when a signal asked to stop before the last.

        Raises:
            HookFailed: a Job or Pod failed, or took too long.
            Interrupted: a signal ended the wait for a hook.
            OperationFailed: the cluster refused a hook.
        """
        done: list[tuple[Hook, ObjectRef]] = []
        for hook in hooks:
            if self.board.is_stopped:
                return False
            try:
                done.append((hook, await self._run(hook)))
            except HookFailed:
                with suppress(OperationFailed):  # why the hook failed is what people need to know
                    await self._remove_each(done, SUCCEEDED)
                raise
        await self._remove_each(reversed(done), SUCCEEDED)
        return True

    async def _run(self, hook: Hook) -> ObjectRef:
        """Run one hook and return the identity of its object."""
        if not is_generated(hook):
            await self._remove_each([(hook, hook.manifest.ref)], BEFORE_CREATION)
        started, phase = self.engine.clock.now(), Phase.UNKNOWN
        try:
            ref = await self._made(hook)
            failure = await self._failure(ref)
            phase = Phase.FAILED if failure else Phase.SUCCEEDED
        except OperationFailed:
            phase = Phase.FAILED
            raise
        finally:
            self.runs.append(HookRun(hook, phase, started, self.engine.clock.now()))
        if failure:
            with suppress(OperationFailed):
                await self._remove_each([(hook, ref)], FAILED)
            raise HookFailed(Problem("hookFailed", f"hook {', '.join(hook.events)}, {ref}: {failure}"))
        return ref

    async def _made(self, hook: Hook) -> ObjectRef:
        if is_generated(hook):
            live = await self._cluster.create(hook.manifest.data, manager=self.manager)
        else:
            live = await self._applied(hook)
        ref = object_ref(live)
        self.engine.events.emit(Applied(self.key, ref, Action.CREATE))
        return ref

    async def _applied(self, hook: Hook) -> LiveObject:
        try:
            return await self._cluster.apply(hook.manifest.data, manager=self.manager)
        except RemoteRefused as error:
            if error.code != "fieldImmutable":
                raise
            message = f"hook {', '.join(hook.events)}, {hook.manifest.ref}: an earlier run left it; it cannot change"
            remedy = "add before-hook-creation to its helm.sh/hook-delete-policy, or delete it"
            raise HookFailed(Problem("hookFailed", message, remedy=remedy)) from error

    async def _failure(self, ref: ObjectRef) -> str:
        """Wait until a hook has completed; Helm waits for Jobs and Pods only. Empty when it did its work."""
        if ref.group_kind not in _COMPLETES:
            return ""
        report = await self.board.unless_stopped(self.completion(ref))
        if isinstance(report, Stopped):
            raise Interrupted(Problem("interrupted", f"interrupted while hook {ref} ran"))
        if report.healthy:
            return ""
        return report.explanation.text if report.explanation else report.state.value

    async def _remove_each(self, done: Iterable[tuple[Hook, ObjectRef]], policy: str) -> None:
        for hook, ref in done:
            if deletes(hook, policy):
                await self._remove(ref)

    async def _remove(self, ref: ObjectRef) -> None:
        """Delete the object of a hook and wait until it is gone."""
        live = await self._cluster.get(ref)
        if live is None:
            return
        uid, until = live["metadata"]["uid"], self.engine.clock.monotonic() + self.timeout_seconds
        await self._cluster.delete(ref, uid=uid)
        while (live := await self._cluster.get(ref)) is not None and live["metadata"]["uid"] == uid:
            if self.board.is_stopped:
                raise Interrupted(Problem("interrupted", f"interrupted while hook {ref} was being deleted"))
            if self.engine.clock.monotonic() >= until:
                message = f"hook {ref} is still being deleted after {self.timeout_seconds:.0f} s"
                raise HookFailed(Problem("hookFailed", message, remedy="find out what its finalizers wait for"))
            await self.engine.clock.sleep(_PAUSE_SECONDS)

    @property
    def _cluster(self) -> Cluster:
        return self.engine.cluster(self.key)
