"""The bracket around the deployment of a release: what is noted before its first write and after its last.

    async with recording(plan, engine, presence, taking) as book:
        await book.open()                         the state, with the lock and what the run is about to make
        ...
        deployment = await book.close(deployment, report)      the record, then the state

A deployment that writes nothing never opens its book, and so leaves no trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from fairlead.domain.bookkeeping import (
    begun,
    finished,
    forgetful,
    full_record,
    knowing_forms,
    knowing_hooks,
    outcomes,
    summarised,
)
from fairlead.domain.changes import ReleasePlan, summarise
from fairlead.domain.deployments import Deployment, Outcome, not_recorded
from fairlead.domain.errors import OperationFailed
from fairlead.domain.holding import hold_after, rejecting
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.locking import Phase
from fairlead.domain.moments import rfc3339
from fairlead.domain.records import KEPT, Recorded
from fairlead.domain.state import Hold, ReleaseState, Stored, remembered
from fairlead.pipeline.apply import ChangeReport, said
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.forgetting import forget, forget_surplus
from fairlead.pipeline.locks.fencing import fenced
from fairlead.pipeline.locks.holding import LockLost, check_held, held_anew, in_phase, new_lock
from fairlead.pipeline.locks.presence import Presence
from fairlead.pipeline.locks.taking import Taking
from fairlead.ports.fence import behind
from fairlead.ports.statestore import StateStore

T = TypeVar("T")

WAITING_AFTER_SECONDS: Final = 2.0
"""A release that is healthy sooner never says that it only waits."""
_LOOK_SECONDS: Final = 5.0


@dataclass(slots=True)
class Book:
    """The books of one deployment, `kept` of which are remembered. `number` is None unless they are open."""

    plan: ReleasePlan
    engine: Engine
    presence: Presence
    taking: Taking
    kept: int = KEPT
    number: int | None = None
    _stored: Stored = field(default_factory=Stored)
    _before: str = ""
    _left: Recorded | None = None
    _waits: bool = False
    _started_at: str = ""
    _hold_before: Hold | None = None
    _hold: int = 0
    _lost: LockLost | None = None
    _holding: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_open(self) -> bool:
        """Whether the deployment was noted and its end was not."""
        return self.number is not None

    @property
    def is_outdated(self) -> bool:
        """Whether the state of an open book is another one than the plan has seen."""
        return self.plan.stored is not None and self._before != self.plan.stored.version

    @property
    def is_unsettled(self) -> bool:
        """Whether the run before us did not end its work: what it left looks right, but nobody has seen it through."""
        return self._left is not None and not self._left.deployment.outcome.is_good

    async def is_left_behind(self) -> bool:
        """Return whether an earlier run began this release and did not end."""
        lock = self.plan.stored.state.lock if self.plan.stored is not None else None
        return lock is not None and await self.taking.is_left_behind(lock)

    async def open(self) -> None:
        """Take the lock and note what is about to be made. Nothing of the release may be written before.

        Raises:
            Refused: somebody else deploys the release.
            OperationFailed: it could not be noted.
        """
        await self.presence.enter(self.plan.key)
        self._hold = self.presence.hold(self.plan.key)
        stored = self.plan.stored or await self._store.read(self.plan.key)
        while True:
            stored = await self.taking.until_free(stored)
            self._left = await self.taking.left_by(stored.state.lock)
            lock = new_lock(stored.state, self.plan, self.presence)
            after = rejecting(begun(stored.state, self.plan.changes, lock, before=self._left), self.plan, lock)
            noted = await self._store.swap(self.plan.key, stored, after)
            if noted is not None:
                self._stored, self._before, self.number = noted, stored.version, lock.number
                self._started_at, self._hold_before = lock.since, stored.state.hold
                return
            stored = await self._store.read(self.plan.key)

    def is_sure(self) -> bool:
        """Return whether nobody else can have taken the lock by now; without an open book there is none."""
        return not self.is_open or (self._lost is None and self.presence.has_held_on(self.plan.key, self._hold))

    async def make_sure(self) -> None:
        """Hold the lock anew after the signs of life were too old.

        It gets a higher fence, so that who was about to take it over must look again and sees us alive.

        Raises:
            LockLost: another run has taken over.
            OperationFailed: that cannot be told.
        """
        with behind(None):
            async with self._holding:
                while not self.is_sure():
                    if self._lost is not None:
                        raise self._lost
                    hold, since = self.presence.hold(self.plan.key), self.engine.pulse.monotonic()
                    await self._swap(held_anew)
                    renewed = await self.presence.renew(self.plan.key, since=since)
                    self._hold = hold + 1 if renewed else hold

    async def look_again(self) -> None:
        """Read the lock again; once it is lost (LockLost), nothing is written any more.

        A run whose Lease somebody removed is taken for gone, and has no other way to know.
        """
        if self.is_open:
            self._check(await self._store.read(self.plan.key))

    async def give_up(self) -> None:
        """Let go of the lock: nothing was written. What the run before us did is taken down, if it did all of it."""
        self.number = None
        left = None if self.is_unsettled else self._left
        if left is not None:
            await forget_surplus(self._store, self.plan.key, self._remembering(left), kept=self.kept)

        def settled(state: ReleaseState) -> ReleaseState:
            hold = state.hold if self.plan.rejects is None else self._hold_before
            state = replace(state, lock=None, number=state.number - 1, hold=hold)
            changes, known = self.plan.changes, self.plan.knows_inventory
            after = state if left is None else finished(state, changes, left, made={}, gone=(), was_read=known)
            return forgetful(after, kept=self.kept)

        await self._swap(settled)

    async def unless_lost(self, work: Coroutine[Any, Any, T]) -> T:
        """Await health, saying after a while that the run only waits. From then on a newer run may take over.

        Raises:
            LockLost: one did.
        """
        if not self.is_open:
            return await work
        task, watching = asyncio.ensure_future(work), asyncio.ensure_future(self._only_waits())
        try:
            await asyncio.wait({task, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                watching.result()
            return await task
        finally:
            task.cancel()
            watching.cancel()
            await asyncio.gather(task, watching, return_exceptions=True)

    async def write_again(self) -> None:
        """Say that the run writes again after it only waited.

        Raises:
            LockLost: another run has taken over.
        """
        if self.is_open and self._waits:
            await self._swap(in_phase(Phase.WRITING))
            self._waits = False

    async def _only_waits(self) -> None:
        await self.engine.pulse.sleep(WAITING_AFTER_SECONDS)
        self._waits = True
        await self._swap(in_phase(Phase.WAITING))
        while True:
            await self.engine.pulse.sleep(_LOOK_SECONDS)
            self._check(await self._store.read(self.plan.key))

    async def close(self, deployment: Deployment, report: ChangeReport) -> Deployment:
        """Record a deployment and return it with its number; one that cannot be recorded has failed."""
        if self.plan.is_removal and deployment.outcome.is_good:
            return await self._forgotten(deployment)
        if self.number is None:
            return deployment
        deployment = replace(deployment, number=self.number)
        try:
            await self._record(deployment, report)
        except LockLost as error:
            outcome = Outcome.INTERRUPTED if deployment.outcome is Outcome.INTERRUPTED else Outcome.SUPERSEDED
            deployment = replace(deployment, outcome=outcome, explanation=said(error), code=error.code)
        except OperationFailed as error:
            problem = f"it could not be recorded, the next run will find out what it did: {said(error)}"
            deployment = not_recorded(deployment, problem, error.code)
        self.number = None
        return deployment

    async def _forgotten(self, deployment: Deployment) -> Deployment:
        """Keep nothing of a release that is gone."""
        try:
            async with fenced(self):
                await forget(self.engine, self.plan.key, self._stored if self.is_open else self.plan.stored or Stored())
        except OperationFailed as error:
            problem = f"its objects are gone, but its records could not be removed: {said(error)}"
            deployment = not_recorded(deployment, problem, error.code)
        self.number = None
        return deployment

    async def _record(self, deployment: Deployment, report: ChangeReport) -> None:
        if self._waits:  # then the record may be another run's by now
            self._check(await self._store.read(self.plan.key))
        async with fenced(self):
            await self._write_down(deployment, report)

    async def _write_down(self, deployment: Deployment, report: ChangeReport) -> None:
        key, rendered = self.plan.key, self.plan.rendered
        made = {object_ref(live): str(live["metadata"]["uid"]) for live in report.applied}
        recorded = self._recorded(deployment, report, made)
        if rendered.use is None:
            recorded = (await self._store.write_record(key, full_record(recorded, rendered))).recorded
        await forget_surplus(self._store, key, self._remembering(recorded), kept=self.kept)

        def ended(state: ReleaseState) -> ReleaseState:
            changes, known = self.plan.changes, self.plan.knows_inventory
            after = finished(state, changes, recorded, made=made, gone=report.removed, was_read=known)
            after = knowing_forms(after, changes, report.applied)
            return self._held(knowing_hooks(forgetful(after, kept=self.kept), rendered), recorded)

        await self._swap(ended)

    def _remembering(self, recorded: Recorded) -> tuple[Recorded, ...]:
        return remembered((*self._stored.state.deployments, recorded))

    def _held(self, state: ReleaseState, recorded: Recorded) -> ReleaseState:
        if not recorded.deployment.outcome.is_good:
            return state
        now = recorded.finished_at or rfc3339(self.engine.clock.now())
        return replace(state, hold=hold_after(state, self.plan, recorded.number, by=recorded.by, at=now))

    async def _swap(self, change: Callable[[ReleaseState], ReleaseState]) -> None:
        """Change the state as long as the lock is ours; what others may change of it stays as they left it."""
        while True:
            after = await self._store.swap(self.plan.key, self._stored, change(self._stored.state))
            if after is not None:
                self._stored = after
                return
            self._stored = self._check(await self._store.read(self.plan.key))

    def _check(self, found: Stored) -> Stored:
        try:
            check_held(self.plan.key, self._stored.state.lock, found.state.lock)
        except LockLost as error:
            self._lost = error
            raise
        return found

    def _recorded(self, deployment: Deployment, report: ChangeReport, made: Iterable[ObjectRef]) -> Recorded:
        me, now = self.engine.whoami.me(), rfc3339(self.engine.clock.now())
        done = [one.ref for one in self.plan.changes] if deployment.outcome.is_good else (*made, *report.removed)
        objects = outcomes(self.plan.changes, done=done, problems=dict((*report.failures, *report.skipped)))
        return summarised(deployment, self.plan.rendered, me, times=(self._started_at, now), objects=objects)

    @property
    def _store(self) -> StateStore:
        return self.engine.store(self.plan.key)


@asynccontextmanager
async def recording(
    plan: ReleasePlan, engine: Engine, presence: Presence, taking: Taking, *, kept: int = KEPT
) -> AsyncIterator[Book]:
    """Keep the books of one deployment; a block that is left by an exception is recorded as interrupted."""
    book = Book(plan, engine, presence, taking, kept)
    try:
        yield book
    except BaseException:
        ended = Deployment(plan.key, Outcome.INTERRUPTED, plan.revision, plan.digest, summary=summarise(plan.changes))
        await book.close(replace(ended, explanation="the run ended by an error"), ChangeReport())
        raise
