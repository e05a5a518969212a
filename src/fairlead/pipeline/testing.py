"""Runs the tests of what is deployed: the hooks of the event `test`, from the record of the deployment.

No lock is taken and nothing of the release is written, so a test may run beside anything, as with Helm. Its objects
stay, unless their policies say otherwise, and Helm's record tells how each test went last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from fairlead.domain.causes import Patience
from fairlead.domain.changes import summarise
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.errors import InputError, Interrupted, OperationFailed, Problem
from fairlead.domain.events import ApplyStarted, ReleaseFinished
from fairlead.domain.health import HealthReport
from fairlead.domain.helm_hooks import with_runs
from fairlead.domain.hooks import TEST, HookRun, hooks_for, require_names
from fairlead.domain.identity import ObjectRef
from fairlead.domain.marks import field_manager
from fairlead.domain.rendering import Hook
from fairlead.domain.scheduling import Graph
from fairlead.domain.targets import Target
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.apply import said
from fairlead.pipeline.board import BOOKS_WITHIN, WRITES_WITHIN, Board, Stopped
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.health import wait_on
from fairlead.pipeline.helm.revising import revise
from fairlead.pipeline.hooks import HookRunner
from fairlead.pipeline.observation.observing import Observer, observing
from fairlead.pipeline.recorded_hooks import RecordedHooks, Records


async def run_tests(target: Target, engine: Engine, *, timeout_seconds: float | None = None) -> Deployment:
    """Run the tests of one release, each for at most `timeout_seconds` (the release's own by default).

    The first one that fails ends it. Cancelling it ends at a clean point (`interrupted`).

    Raises:
        InputError: nothing is deployed (`unknownRelease`), or a test has no name.
        Transient, RemoteRefused: the cluster does not tell what is deployed.
    """
    key, board = target.key, Board(Graph(), engine.pulse)
    cluster, store = engine.cluster(key), engine.store(key)
    state = (await store.read(key)).state
    found = await Records(cluster, store, key, state, state.was_chart(otherwise=target.is_chart)).deployed()
    if found is None:
        raise _nothing_deployed(target)
    tests = hooks_for(found.hooks, TEST)
    require_names(tests, key, is_chart=found.revision is not None)
    async with observing(cluster, engine.clock) as observer:
        timeout = timeout_seconds or target.release.timeout_seconds
        return await board.to_a_clean_point(_Testing(target, engine, board, observer, found, timeout).run(tests))


@dataclass(frozen=True, slots=True)
class _Testing:
    target: Target
    engine: Engine
    board: Board
    observer: Observer
    found: RecordedHooks
    timeout_seconds: float
    runs: list[HookRun] = field(default_factory=list)

    async def run(self, tests: Sequence[Hook]) -> Deployment:
        started = self.engine.clock.monotonic()
        self.engine.events.emit(ApplyStarted(self.target.key, len(tests)))
        outcome, explanation = await self._outcome(tests)
        if outcome is Outcome.UNCHANGED:
            explanation = f"deployment {self.found.recorded.number} has no tests"
        ended = Deployment(
            self.target.key,
            outcome,
            self.found.recorded.deployment.revision,
            plan_digest="",
            summary=summarise(()),
            duration=self.engine.clock.monotonic() - started,
            explanation=Redactor(self.found.secrets).text(explanation),
            number=self.found.recorded.number,
        )
        self.engine.events.emit(ReleaseFinished(ended.key, ended.outcome.value, ended.explanation))
        return ended

    async def _outcome(self, tests: Sequence[Hook]) -> tuple[Outcome, str]:
        if not tests:
            return Outcome.UNCHANGED, ""
        try:
            everything = await self.board.unless_stopped(self._runner().run(tests), within=WRITES_WITHIN)
            if isinstance(everything, Stopped):
                return Outcome.INTERRUPTED, "interrupted while the cluster did not answer"
            ended = (Outcome.SUCCEEDED, "") if everything else (Outcome.INTERRUPTED, "interrupted before the last test")
        except Interrupted as error:
            ended = Outcome.INTERRUPTED, said(error)
        except OperationFailed as error:
            ended = Outcome.FAILED, said(error)
        return await self._noted(*ended)

    async def _noted(self, outcome: Outcome, explanation: str) -> tuple[Outcome, str]:
        """Tell Helm's record how the tests went; a success that Helm does not hear of is none."""
        if self.found.revision is None or not self.runs:
            return outcome, explanation
        change, cluster = partial(with_runs, runs=tuple(self.runs)), self.engine.cluster(self.target.key)
        try:
            noting = revise(cluster, self.found.revision, change, at=self.engine.clock.now())
            await self.board.unless_stopped(noting, within=BOOKS_WITHIN)
        except OperationFailed as error:
            unnoted = f"Helm's record of it could not be written: {said(error)}"
            outcome = Outcome.FAILED if outcome.is_good else outcome
            return outcome, "\n".join(filter(None, (explanation, unnoted)))
        return outcome, explanation

    def _runner(self) -> HookRunner:
        manager = field_manager(is_chart=self.found.revision is not None)
        return HookRunner(
            self.target.key, manager, self.board, self.engine, self._completion, self.timeout_seconds, self.runs
        )

    async def _completion(self, ref: ObjectRef) -> HealthReport:
        patience, events = Patience(timeout_seconds=self.timeout_seconds, completion=True), self.engine.events
        return await wait_on(self.observer, self.target.key, [ref], patience=patience, events=events)


def _nothing_deployed(target: Target) -> InputError:
    key = target.key
    message = f"nothing is deployed of release {key.release} in cluster {key.cluster}, namespace {key.namespace}"
    remedy = f"deploy it first: `fairlead apply {key.environment} -r {key.release}`"
    return InputError(Problem("unknownRelease", message, remedy=remedy))
