"""How releases are now: health and drift, from what is declared and what is live. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.domain.changes import PlanOptions, ReleasePlan
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.health import HealthState
from fairlead.domain.status import ReleaseStatus, app_status, release_status, worst_object
from fairlead.pipeline.engine import Engine, Wanted, at_once
from fairlead.pipeline.observation.snapshot import snapshot_health
from fairlead.pipeline.plan import plan


async def status(releases: Sequence[Wanted], engine: Engine) -> tuple[ReleaseStatus, ...]:
    """Return the state of each release, in the order of the plan.

    An object that belongs to someone else does not end the look: it shows as a difference.
    """
    planned = await plan(releases, engine, PlanOptions(take_ownership=True))
    return tuple(await at_once(_status(one, engine) for one in planned.releases))


async def require_current(dependencies: Sequence[Wanted], engine: Engine) -> None:
    """Refuse to go on (`dependencyNotCurrent`) unless releases that others depend on are all healthy."""
    found = await status(dependencies, engine)
    problems = [
        Problem(
            "dependencyNotCurrent",
            f"{one.key} is not selected but depended upon, and it is {one.health.value}: {one.cause}",
            remedy=f"select it too (-r {one.key.release}), or bring it in order first",
        )
        for one in found
        if one.health is not HealthState.CURRENT
    ]
    if problems:
        raise Refused(problems)


async def _status(one: ReleasePlan, engine: Engine) -> ReleaseStatus:
    cluster = engine.cluster(one.key)
    declared = [change.ref for change in one.changes if not change.is_pruning]
    report = await snapshot_health(cluster, declared if one.app is None else one.app.standing)
    worst = worst_object(report.objects)
    bad = worst is not None and worst.health.state not in (HealthState.CURRENT, HealthState.NOT_FOUND)
    found = release_status(one, report, await cluster.get(worst.ref) if worst is not None and bad else None)
    return found if one.app is None else app_status(found, one.app)
