"""One release on its way: each command of the rollout machine is carried out by exactly one stage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from fairlead.domain.app_releases import AppPlan, Verdict
from fairlead.domain.app_waiting import UNIT_BLOCKED, Waiting, waiting
from fairlead.domain.causes import Patience
from fairlead.domain.changes import Action, Change, ReleasePlan, summarise
from fairlead.domain.deployments import CameBack, Deployment, Outcome
from fairlead.domain.errors import FairleadError, Interrupted, OperationFailed, Problem, Refused
from fairlead.domain.events import ApplyStarted, ReleaseFinished
from fairlead.domain.health import HealthReport, HealthState
from fairlead.domain.holding import refusal
from fairlead.domain.hooks import HookRun
from fairlead.domain.identity import ObjectRef
from fairlead.domain.joining import joined
from fairlead.domain.outdated import REMEDY, since
from fairlead.domain.preparing import namespace_ref
from fairlead.domain.rendering import Hook
from fairlead.domain.rollout.machine import outcome
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.rollout.states import Command, Event, State
from fairlead.domain.saved_plans import SavedRelease
from fairlead.domain.scheduling import Blocked, start
from fairlead.domain.status import LIVE_DEGRADED
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.apply import ChangeReport, apply_changes, said
from fairlead.pipeline.board import Board, Stopped
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.health import wait_on
from fairlead.pipeline.helm.records import HelmRecord
from fairlead.pipeline.hooks import HookRunner
from fairlead.pipeline.locks.holding import LockLost
from fairlead.pipeline.observation.observing import Observer
from fairlead.pipeline.record import Book
from fairlead.ports.cluster import LiveObject

if TYPE_CHECKING:
    from fairlead.pipeline.units.releasing import UnitRollouts

_NAMED = 5  # differences; more would hide what happened
_FAILURES = {
    Command.PREPARE: Event.APPLY_FAILED,
    Command.RUN_HOOKS_BEFORE: Event.HOOKS_FAILED,
    Command.APPLY: Event.APPLY_FAILED,
    Command.AWAIT_HEALTH: Event.UNHEALTHY,
    Command.RUN_HOOKS_AFTER: Event.HOOKS_FAILED,
}


@dataclass(slots=True)
class Rollout:
    """The stages of one release. What it gathers on the way becomes the deployment, which `book` records.

    `manager` is the field manager of its hooks. `wait` says whether health is awaited, `timeout_seconds` how long.
    `record` is Helm's, for charts; `units` roll out apps.
    """

    plan: ReleasePlan
    book: Book
    board: Board
    engine: Engine
    observer: Observer
    redactor: Redactor
    manager: str
    wait: bool
    timeout_seconds: float
    replan: Callable[[], Awaitable[ReleasePlan]]
    record: HelmRecord | None = None
    units: UnitRollouts | None = None
    version: str = ""
    explanation: str = ""
    code: str = ""
    health: HealthState | None = None
    _report: ChangeReport = field(default_factory=ChangeReport)
    _started: float = 0.0
    _ran: list[HookRun] = field(default_factory=list)
    _came_back: bool = False

    async def carry_out(self, command: Command) -> Event:
        """Do what the machine asks and return the fact that came of it."""
        stages: dict[Command, Callable[[], Awaitable[Event]]] = {
            Command.AWAIT_TURN: self._await_turn,
            Command.PREPARE: self._prepare,
            Command.RUN_HOOKS_BEFORE: partial(self._run_hooks, self.plan.hooks_before),
            Command.APPLY: partial(self._apply, Event.APPLIED, preparation=False),
            Command.AWAIT_HEALTH: self._await_health,
            Command.RUN_HOOKS_AFTER: partial(self._run_hooks, self.plan.hooks_after),
        }
        try:
            return await stages[command]()
        except LockLost as error:
            return self._because(error, Event.LOCK_LOST)
        except Interrupted as error:
            return self._because(error, Event.INTERRUPTED)
        except Refused as error:
            return self._because(error, Event.REFUSED)
        except OperationFailed as error:
            self._came_back = isinstance(error, CameBack)
            return self._because(error, _FAILURES[command])

    def _because(self, error: FairleadError, event: Event) -> Event:
        self.explanation, self.code = self.redactor.text(said(error)), error.code
        return event

    async def finish(self, state: State) -> Deployment:
        """Record the deployment that this was, tell everybody, and let what depends on it go on."""
        was = Outcome.ROLLED_BACK if self._came_back else outcome(state)
        ended = await self.book.close(self._deployment(await self._recorded(was)), self._report)
        self.board.end(self.plan.key, ok=ended.outcome.is_good)
        self.engine.events.emit(ReleaseFinished(self.plan.key, ended.outcome.value, ended.explanation))
        return ended

    def unrecorded(self) -> Deployment:
        """Return the deployment of a run that had to end before its end could be recorded."""
        self.explanation = "interrupted; what it did could not be recorded in time, the next run will find out"
        return self._deployment(Outcome.INTERRUPTED)

    def _deployment(self, ended: Outcome) -> Deployment:
        return Deployment(
            self.plan.key,
            ended,
            self.plan.revision,
            self.plan.digest,
            summary=summarise(self.plan.changes),
            health=self.health,
            duration=self.engine.clock.monotonic() - self._started if self._started else 0.0,
            explanation=self.explanation,
            returns_to=self.plan.returns_to,
            code=self.code,
            version=self.version,
        )

    async def _recorded(self, ended: Outcome) -> Outcome:
        """End the record; a success that Helm does not hear of is none."""
        try:
            if self.record is not None:
                await self.record.end(ended, self.explanation, self._ran)
        except OperationFailed as error:
            unrecorded = self.redactor.text(f"Helm's record of it could not be written: {said(error)}")
            self.explanation = "\n".join(filter(None, (self.explanation, unrecorded)))
            self.code = self.code or error.code
            return Outcome.FAILED if ended.is_good else ended
        return ended

    async def _await_turn(self) -> Event:
        verdict = await self.board.turn(start(self.plan.key))
        self._started = self.engine.clock.monotonic()
        match verdict:
            case Stopped():
                return Event.INTERRUPTED
            case Blocked() as blocked:
                self.explanation, self.code = f"not begun: {blocked.reason}", "dependencyFailed"
                return Event.DEPENDENCY_FAILED
            case _:
                if self.plan.held is not None:
                    raise Refused(refusal(self.plan.key, self.plan.held))
                self.board.finish(start(self.plan.key), ok=True)
                begin = self.plan.writes or await self.book.is_left_behind()
                return Event.READY if begin else Event.NOTHING_TO_WRITE

    async def _prepare(self) -> Event:
        if obstacles := [change.obstacle for change in self.plan.changes if change.obstacle]:
            self.explanation = self.redactor.text(f"nothing was written: {joined(obstacles)}")
            self.code = "planRefused"
            return Event.APPLY_FAILED
        writes = sum(change.action.writes for change in self.plan.changes)
        self.engine.events.emit(ApplyStarted(self.plan.key, writes))
        prepared = await self._apply(Event.PREPARED, preparation=True)
        if prepared is Event.PREPARED and self.record is not None:
            await self.record.begin()  # only now is its namespace sure to be there
        return prepared

    async def _apply(self, done: Event, *, preparation: bool) -> Event:
        """Write changes. The books are opened before, and the release's own namespace, where they lie, comes first."""
        changes = [change for change in self.plan.own if change.is_preparation is preparation]
        home = [change for change in changes if self._is_home(change)]
        event = await self._write(home, done)
        homeless = preparation and not home and any(self._is_home(change) for change in self.plan.changes)
        if event is done and not homeless and not self.book.is_open and not await self._begun():
            return Event.NOTHING_TO_WRITE
        if event is done:
            event = await self._write([one for one in changes if one not in home], done)
        return event if event is not done or preparation else await self._roll_out(done)

    async def _roll_out(self, done: Event) -> Event:
        """Let the unit of an app, if it is one, carry out its part; who is stopped hands it over as it is."""
        if self.units is None:
            return done
        asked = await self.units.ask(self.plan)
        self.version = asked.version
        rolled = await self.board.unless_stopped(self.book.unless_lost(self.units.see_through(self.plan.key, asked)))
        if isinstance(rolled, Stopped):
            return Event.INTERRUPTED
        self.version = rolled.version
        self._wait_for(rolled.waits)
        return done

    def _wait_for(self, waits: Waiting | None) -> None:
        if waits is not None:
            self.explanation, self.code = waits.explanation, waits.code

    async def _begun(self) -> bool:
        """Open the books; False when there is nothing to write any more.

        Raises:
            Refused: other changes have become necessary since the plan was made (`planOutdated`), or the lock is held.
        """
        await self.book.open()
        if self.book.is_outdated:
            try:
                await self._look_again()
            except FairleadError:
                await self.book.give_up()
                raise
        if self.plan.writes or self.book.is_unsettled:
            return True
        await self.book.give_up()
        return False

    async def _look_again(self) -> None:
        again = await self.replan()
        if again.held is not None:
            raise Refused(refusal(again.key, again.held))
        if again.writes and again.digest != self.plan.digest:
            found = [one.sentence for one in since(SavedRelease.of(self.plan, "", ()), again)]
            listed = joined((*found[:_NAMED], f"and {len(found) - _NAMED} more" if len(found) > _NAMED else ""))
            message = f"{self.plan.key} was deployed by somebody else after the plan was made: {listed}"
            raise Refused(Problem("planOutdated", message, remedy=REMEDY))
        self.plan = self.book.plan = again

    async def _write(self, changes: Sequence[Change], done: Event) -> Event:
        within = self.timeout_seconds
        report = await apply_changes(
            self.plan.key, changes, self.board, self.engine, redactor=self.redactor, timeout_seconds=within
        )
        self._report = self._report.followed_by(report)
        self.explanation, self.code = report.explanation, report.code
        if self.explanation:
            return Event.APPLY_FAILED
        return Event.INTERRUPTED if report.interrupted else done

    async def _run_hooks(self, hooks: Sequence[Hook]) -> Event:
        runner = HookRunner(
            self.plan.key, self.manager, self.board, self.engine, self._completion, self.timeout_seconds, self._ran
        )
        return Event.HOOKS_SUCCEEDED if await runner.run(hooks) else Event.INTERRUPTED

    async def _await_health(self) -> Event:
        if self.plan.app is not None and (found := self._unit_health(self.plan.app)) is not None:
            return found
        if not self.wait:
            return Event.HEALTHY
        declared = [change.ref for change in self.plan.changes if not change.is_pruning]
        waiting = self.book.unless_lost(self._wait(declared, self._report.applied))
        report = await self.board.unless_stopped(waiting)
        if isinstance(report, Stopped):
            return Event.INTERRUPTED
        if self.plan.hooks_after:
            await self.book.write_again()
        self.health = report.state
        if report.explanation is not None:
            self.explanation, self.code = self.redactor.text(report.explanation.text), report.explanation.code
        return Event.HEALTHY if report.healthy else Event.UNHEALTHY

    def _unit_health(self, app: AppPlan) -> Event | None:
        """Return what is known of an app's health, None where its objects have to be asked."""
        if app.writes:  # its rollout has seen to it
            waits = bool(self.code) and not app.live
            self.health = HealthState.PROGRESSING if waits else HealthState.CURRENT
            return Event.HEALTHY
        self.version = app.version
        if app.phase == Phase.BLOCKED or app.degraded:
            self.health, self.explanation = HealthState.FAILED, joined((app.cause, f"next: {app.then}"))
            self.code = UNIT_BLOCKED if app.phase == Phase.BLOCKED else LIVE_DEGRADED
            return Event.UNHEALTHY
        if app.verdict is Verdict.UNDER_WAY:
            self._wait_for(waiting(self.plan.key, app.version, paused=app.paused, frozen=app.frozen))
            if app.phase == Phase.IDLE:  # nothing of it is there yet
                self.health = HealthState.CURRENT if app.live else HealthState.PROGRESSING
                return Event.HEALTHY
        return None

    def _is_home(self, change: Change) -> bool:
        return change.action is Action.CREATE and change.ref == namespace_ref(self.plan.key.namespace)

    async def _completion(self, ref: ObjectRef) -> HealthReport:
        return await self._wait([ref], completion=True)

    async def _wait(
        self, refs: Sequence[ObjectRef], applied: Sequence[LiveObject] | None = None, *, completion: bool = False
    ) -> HealthReport:
        patience = Patience(timeout_seconds=self.timeout_seconds, completion=completion)
        key, events = self.plan.key, self.engine.events
        return await wait_on(self.observer, key, refs, patience=patience, events=events, applied=applied)
