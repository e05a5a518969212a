"""The page: how a plan becomes deployments. All releases go side by side, each driven by the rollout machine.

    await turn -> prepare -> hooks -> apply -> health -> hooks -> outcome          all inside recording(...)

What each of these does is one stage, chosen in `rollout.py`; what follows what is the table in `domain.rollout`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from fairlead.domain.changes import Plan, PlanOptions, ReleasePlan
from fairlead.domain.dependencies import release_dependencies
from fairlead.domain.deployments import Deployment, Outcome, not_returned, returned
from fairlead.domain.errors import FairleadError
from fairlead.domain.marks import field_manager
from fairlead.domain.returning import spared
from fairlead.domain.rollout.machine import step
from fairlead.domain.rollout.states import FINAL, INITIAL, Event
from fairlead.domain.scheduling import schedule
from fairlead.domain.targets import Target
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.apply import said
from fairlead.pipeline.board import BOOKS_WITHIN, STAGES_WITHIN, Board, Stopped
from fairlead.pipeline.engine import Engine, Wanted, at_once
from fairlead.pipeline.helm.records import helm_record
from fairlead.pipeline.locks.fencing import FencedCluster
from fairlead.pipeline.locks.presence import Presence, present
from fairlead.pipeline.locks.taking import LOCK_TIMEOUT_SECONDS, Taking
from fairlead.pipeline.observation.observing import Observer, observing
from fairlead.pipeline.plan import plan
from fairlead.pipeline.record import Book, recording
from fairlead.pipeline.returning import way_back
from fairlead.pipeline.rollout import Rollout
from fairlead.ports.events import UnitSink

if TYPE_CHECKING:
    from fairlead.pipeline.units.releasing import UnitRollouts
    from fairlead.pipeline.units.service import Units


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """How to carry out a plan. `timeout_seconds` overrides what each release says; `wait` False looks at no health.

    Of apps, `timeout_seconds` bounds the wait for the rollout, and `wait` False leaves it to who drives the unit next.

    `lock_timeout` is how many seconds to wait for another run that writes to a release. `rollback_on_failure` goes back
    to the last good deployment of a release that failed.
    """

    wait: bool = True
    timeout_seconds: float | None = None
    declared_order: bool = False
    lock_timeout: float = LOCK_TIMEOUT_SECONDS
    rollback_on_failure: bool = False


OpenUnits = Callable[[UnitSink], AbstractAsyncContextManager["Units"]]
"""Gives the units of the clusters of a run, for as long as it deploys."""


async def deploy(
    planned: Plan,
    targets: Sequence[Target],
    engine: Engine,
    options: DeployOptions | None = None,
    *,
    units: OpenUnits | None = None,
) -> tuple[Deployment, ...]:
    """Carry out exactly this plan and return what came of each release, in the plan's order.

    `units` are needed where an app is to be rolled out. Cancelling it lets the writes under way finish; the releases
    that were not done come back as `interrupted`.

    Raises:
        InputError: releases wait for each other (`dependencyCycle`).
    """
    options = options or DeployOptions()
    by_key = {target.key: target for target in targets}
    dependencies = release_dependencies(targets, declared_order=options.declared_order)
    board = Board(schedule(planned.releases, dependencies), engine.pulse)
    async with AsyncExitStack() as stack:
        observers = {
            name: await stack.enter_async_context(observing(cluster, engine.clock))
            for name, cluster in engine.clusters.items()
        }
        presence = await stack.enter_async_context(present(engine, partial(board.unless_stopped, within=BOOKS_WITHIN)))
        apps = [release for release in planned.releases if release.app is not None and release.app.writes]
        opening = None if units is None or not apps else _rolling(units, apps, engine, options)
        rolling = None if opening is None else await stack.enter_async_context(opening)
        run = _Run(board, engine, observers, options, presence, planned.options, rolling)
        rollouts = (run.roll_out(release, by_key[release.key]) for release in planned.releases)
        return tuple(await board.to_a_clean_point(at_once(rollouts)))


@asynccontextmanager
async def _rolling(
    units: OpenUnits, apps: Sequence[ReleasePlan], engine: Engine, options: DeployOptions
) -> AsyncIterator[UnitRollouts]:
    from fairlead.pipeline.units.hearing import Hearing  # noqa: PLC0415 - only apps need what drives them
    from fairlead.pipeline.units.releasing import UnitRollouts  # noqa: PLC0415 - as above

    hearing, gives_up = Hearing.of(apps, engine.events), options.rollback_on_failure
    async with units(hearing) as opened:
        yield UnitRollouts(opened, options.timeout_seconds, drives=options.wait, gives_up=gives_up, doing=hearing.last)


@dataclass(frozen=True, slots=True)
class _Run:
    """What all releases of a run share. `planning` is how its plan was made, and is made again after a wait.

    `is_unattended`: nobody has looked at the plan.
    """

    board: Board
    engine: Engine
    observers: Mapping[str, Observer]
    options: DeployOptions
    presence: Presence
    planning: PlanOptions
    units: UnitRollouts | None = None
    is_unattended: bool = False

    async def roll_out(self, release: ReleasePlan, target: Target) -> Deployment:
        ended = await self._attempt(release, target)
        go_back = self.options.rollback_on_failure and ended.outcome is Outcome.FAILED and ended.number is not None
        if not go_back or self.board.is_stopped or release.app is not None:  # an app sees to it as part of its rollout
            return ended
        return await self._go_back(release, target, ended)

    async def _go_back(self, release: ReleasePlan, target: Target, ended: Deployment) -> Deployment:
        """Deploy what was there before, as a deployment of its own, and see whether it is healthy."""
        try:
            planned = await way_back(release, target, ended, self.engine)
            board = self.board.following(schedule([planned], {}))
            again = replace(self, board=board, options=replace(self.options, wait=True), is_unattended=True)
            back = await again._attempt(planned, target)  # noqa: SLF001 - of the same class
        except FairleadError as error:
            return not_returned(ended, said(error))
        return returned(ended, back) if back.outcome.is_good else not_returned(ended, back.explanation)

    async def _attempt(self, release: ReleasePlan, target: Target) -> Deployment:
        taking = Taking(release, self.engine, lambda: self.board.is_stopped, self.options.lock_timeout)
        kept = target.environment.history_max
        async with recording(release, self.engine, self.presence, taking, kept=kept) as book:
            rollout = self._rollout(release, target, book)
            transition = INITIAL
            while transition.state not in FINAL:
                (command,) = transition.commands
                event = await self.board.unless_stopped(rollout.carry_out(command), within=STAGES_WITHIN)
                transition = step(transition.state, Event.INTERRUPTED if isinstance(event, Stopped) else event)
            ended = await self.board.unless_stopped(rollout.finish(transition.state), within=BOOKS_WITHIN)
            return rollout.unrecorded() if isinstance(ended, Stopped) else ended

    def _rollout(self, release: ReleasePlan, target: Target, book: Book) -> Rollout:
        environment = release.key.environment
        fenced = FencedCluster(self.engine.cluster(release.key), book)
        engine = replace(self.engine, clusters={**self.engine.clusters, environment: fenced})

        async def replan() -> ReleasePlan:
            wanted = Wanted(
                target,
                release.rendered,
                release.revision.source,
                is_removed=release.is_removal,
                returns_to=release.returns_to,
                rejects=release.rejects,
            )
            again = (await plan([wanted], self.engine, self.planning)).releases[0]
            return spared(again) if self.is_unattended else again

        return Rollout(
            release,
            book,
            self.board,
            engine,
            self.observers[release.key.environment],
            Redactor.of_release(release.rendered),
            manager=field_manager(is_chart=target.is_chart or release.was_chart),
            wait=self.options.wait and target.release.wait,
            timeout_seconds=self.options.timeout_seconds or target.release.timeout_seconds,
            record=helm_record(release.rendered, engine, kept=target.environment.history_max),
            replan=replan,
            units=self.units if release.app is not None else None,
        )
