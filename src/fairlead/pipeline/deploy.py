"""The page: how a plan becomes deployments. All releases go side by side, each driven by the rollout machine.

    await turn -> prepare -> hooks -> apply -> health -> hooks -> outcome

What each of these does is one stage, chosen in `rollout.py`; what follows what is the table in `domain.rollout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from fairlead.domain.changes import Plan, ReleasePlan
from fairlead.domain.dependencies import release_dependencies
from fairlead.domain.deployments import Deployment
from fairlead.domain.marks import field_manager
from fairlead.domain.rollout.machine import step
from fairlead.domain.rollout.states import FINAL, INITIAL
from fairlead.domain.scheduling import schedule
from fairlead.domain.targets import Target
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.board import Board
from fairlead.pipeline.engine import Engine, at_once
from fairlead.pipeline.helm_records import helm_record
from fairlead.pipeline.observing import Observer, observing
from fairlead.pipeline.rollout import Rollout


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """How to carry out a plan. `timeout_seconds` overrides what each release says; `wait` False looks at no health."""

    wait: bool = True
    timeout_seconds: float | None = None
    declared_order: bool = False


async def deploy(
    planned: Plan, targets: Sequence[Target], engine: Engine, options: DeployOptions | None = None
) -> tuple[Deployment, ...]:
    """Carry out exactly this plan and return what came of each release, in the plan's order.

    Cancelling it lets the writes under way finish; the releases that were not done come back as `interrupted`.

    Raises:
        InputError: releases wait for each other (`dependencyCycle`).
    """
    options = options or DeployOptions()
    by_key = {target.key: target for target in targets}
    dependencies = release_dependencies(targets, declared_order=options.declared_order)
    board = Board(schedule(planned.releases, dependencies))
    async with AsyncExitStack() as stack:
        observers = {
            name: await stack.enter_async_context(observing(cluster, engine.clock))
            for name, cluster in engine.clusters.items()
        }
        rollouts = [
            _rollout(
                release,
                by_key[release.key],
                board,
                engine,
                observer=observers[release.key.environment],
                options=options,
            )
            for release in planned.releases
        ]
        return tuple(await board.to_a_clean_point(at_once(_roll_out(rollout) for rollout in rollouts)))


async def _roll_out(rollout: Rollout) -> Deployment:
    transition = INITIAL
    while transition.state not in FINAL:
        (command,) = transition.commands
        transition = step(transition.state, await rollout.carry_out(command))
    return await rollout.finish(transition.state)


def _rollout(
    release: ReleasePlan, target: Target, board: Board, engine: Engine, *, observer: Observer, options: DeployOptions
) -> Rollout:
    return Rollout(
        release,
        board,
        engine,
        observer,
        Redactor.of_release(release.rendered),
        manager=field_manager(is_chart=target.is_chart),
        wait=options.wait and target.release.wait,
        timeout_seconds=options.timeout_seconds or target.release.timeout_seconds,
        record=helm_record(release.rendered, engine),
    )
