"""The bracket around the deployment of a release: what is noted before its first write and after its last.

    async with recording(plan, engine) as book:
        await book.open()                         the state, with what the run is about to make
        ...
        deployment = await book.close(deployment, report)      the record, then the state

A deployment that writes nothing never opens its book, and so leaves no trace.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from fairlead.domain.bookkeeping import begun, chart_of, finished, full_record, next_number, outcomes, values_digest
from fairlead.domain.changes import ReleasePlan, summarise
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.records import KEPT, Recorded
from fairlead.domain.state import ReleaseState, Stored
from fairlead.pipeline.apply import ChangeReport, said
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.forgetting import forget
from fairlead.ports.statestore import StateStore

ATTEMPTS: Final = 10
"""How often a state is read again because somebody else was faster."""


@dataclass(slots=True)
class Book:
    """The books of one deployment. `number` is None until it is opened, and again after it was closed."""

    plan: ReleasePlan
    engine: Engine
    number: int | None = None
    _stored: Stored = field(default_factory=Stored)
    _started_at: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the deployment was noted and its end was not."""
        return self.number is not None

    async def open(self) -> None:
        """Note what is about to be made. Nothing of the release may be written before.

        Raises:
            OperationFailed: it could not be noted.
        """
        self._started_at = rfc3339(self.engine.clock.now())
        stored = self.plan.stored or await self._store.read(self.plan.key)
        for _ in range(ATTEMPTS):
            number = next_number(stored.state, self.plan.rendered)
            noted = await self._store.swap(self.plan.key, stored, begun(stored.state, self.plan.changes, number=number))
            if noted is not None:
                self._stored, self.number = noted, number
                return
            stored = await self._store.read(self.plan.key)
        raise self._contended()

    async def close(self, deployment: Deployment, report: ChangeReport) -> Deployment:
        """Record a deployment and return it with its number; one that cannot be recorded has failed."""
        if self.plan.is_removal and deployment.outcome.is_good:
            return await self._forgotten(deployment)
        if self.number is None:
            return deployment
        deployment = replace(deployment, number=self.number)
        try:
            await self._record(deployment, report)
        except OperationFailed as error:
            problem = f"it could not be recorded, the next run will find out what it did: {said(error)}"
            deployment = _failed(deployment, problem)
        self.number = None
        return deployment

    async def _forgotten(self, deployment: Deployment) -> Deployment:
        """Keep nothing of a release that is gone."""
        try:
            await forget(self.engine, self.plan.key, self._stored if self.is_open else self.plan.stored or Stored())
        except OperationFailed as error:
            deployment = _failed(
                deployment, f"its objects are gone, but its records could not be removed: {said(error)}"
            )
        self.number = None
        return deployment

    async def _record(self, deployment: Deployment, report: ChangeReport) -> None:
        key, rendered = self.plan.key, self.plan.rendered
        made = {object_ref(live): str(live["metadata"]["uid"]) for live in report.applied}
        recorded = self._recorded(deployment, report, made)
        if rendered.use is None:
            recorded = (await self._store.write_record(key, full_record(recorded, rendered))).recorded
        for old in self._stored.state.deployments[: 1 - KEPT]:
            if old.chunks is not None:
                await self._store.forget_record(key, old.number, chunks=old.chunks)
        await self._end(recorded, made, report.removed)

    async def _end(self, recorded: Recorded, made: dict[ObjectRef, str], gone: tuple[ObjectRef, ...]) -> None:
        def after(state: ReleaseState) -> ReleaseState:
            return finished(state, self.plan.changes, recorded, made=made, gone=gone)

        for _ in range(ATTEMPTS):
            if await self._store.swap(self.plan.key, self._stored, after(self._stored.state)) is not None:
                return
            self._stored = await self._store.read(self.plan.key)
        raise self._contended()

    def _recorded(self, deployment: Deployment, report: ChangeReport, made: Iterable[ObjectRef]) -> Recorded:
        me, now = self.engine.whoami.me(), rfc3339(self.engine.clock.now())
        problems = {**dict(report.failures), **dict(report.skipped)}
        objects = outcomes(self.plan.changes, done=(*made, *report.removed), problems=problems)
        chart, values = chart_of(self.plan.rendered), values_digest(self.plan.rendered)
        return Recorded(deployment, self._started_at, now, me.who, me.host, me.tool_version, objects, chart, values)

    def _contended(self) -> OperationFailed:
        message = f"the state of {self.plan.key} is written by somebody else all the time"
        return OperationFailed(Problem("stateContended", message, remedy="find out which other run deploys it"))

    @property
    def _store(self) -> StateStore:
        return self.engine.store(self.plan.key)


@asynccontextmanager
async def recording(plan: ReleasePlan, engine: Engine) -> AsyncIterator[Book]:
    """Keep the books of one deployment; a block that is left by an exception is recorded as interrupted."""
    book = Book(plan, engine)
    try:
        yield book
    except BaseException:
        summary = summarise(plan.changes)
        ended = Deployment(plan.key, Outcome.INTERRUPTED, plan.revision, plan.digest, summary=summary)
        await book.close(replace(ended, explanation="the run ended by an error"), ChangeReport())
        raise


def _failed(deployment: Deployment, problem: str) -> Deployment:
    explanation = "\n".join(part for part in (deployment.explanation, problem) if part)
    outcome = Outcome.FAILED if deployment.outcome.is_good else deployment.outcome
    return replace(deployment, outcome=outcome, explanation=explanation)


def rfc3339(time: datetime) -> str:
    """Return a time in UTC to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
