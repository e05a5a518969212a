"""Plans that are applied later: what of them is saved, and how they are made again from it.

A saved plan is never believed. The releases are rendered from the files that are checked out now, compared with the
cluster as it is now, and the plan that comes of it is carried out if it is the same to the digest. From the saved one
come the options, and what a chart generates anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fairlead import __version__
from fairlead.domain.changes import Plan, ReleasePlan
from fairlead.domain.config import Declaration
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.generating import Generated, generated, unpinnable
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.outdated import REMEDY, since
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.saved_plans import SavedPlan, SavedRelease
from fairlead.domain.targets import Target
from fairlead.doors.redaction import secrets_in
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.plan import plan as plan_releases
from fairlead.pipeline.removal import removable, undeclared
from fairlead.pipeline.wanting import Wanting


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a plan is about: releases that are declared, and releases that shall disappear."""

    targets: tuple[Target, ...]
    removed: tuple[Target, ...] = ()

    @property
    def everything(self) -> tuple[Target, ...]:
        """All of them."""
        return (*self.targets, *self.removed)


async def with_generated(planned: Plan, targets: Sequence[Target], wanting: Wanting) -> Plan:
    """Return a plan that says which of its fields are made anew at each rendering."""
    again = await _again(planned, targets, wanting)
    releases = tuple(
        one if one.key not in again else replace(one, generated=generated(one.rendered, again[one.key]))
        for one in planned.releases
    )
    return replace(planned, releases=releases)


async def save(planned: Plan, targets: Sequence[Target], wanting: Wanting, engine: Engine) -> SavedPlan:
    """Return a plan as it is saved.

    Raises:
        Refused: a chart generates secret values or whole objects, so that no later plan can be this one (`notPinned`).
    """
    releases = [await _saved(one, engine) for one in planned.releases]
    again = await _again(planned, targets, wanting)
    problems: list[Problem] = []
    for release, kept in zip(planned.releases, releases, strict=True):
        if kept.key in again:
            found = unpinnable(kept, release.rendered, again[kept.key])
            problems += [_not_pinned(kept.key, found)] if found else []
    if problems:
        raise Refused(problems)
    return SavedPlan(planned.digest, tuple(releases), planned.options, __version__)


def chosen(saved: SavedPlan, declaration: Declaration, file: str) -> Chosen:
    """Return what a saved plan is about, as it is declared now.

    Raises:
        Refused: a release is declared otherwise: not at all, for another place, or again (`planOutdated`).
    """
    targets: list[Target] = []
    removed: list[Target] = []
    problems: list[Problem] = []
    for one in saved.releases:
        target, why = _target(one, declaration)
        if target is None:
            problems.append(Problem("planOutdated", f"{one.key}: {why}", file=file, path=str(one.key), remedy=REMEDY))
        else:
            (removed if one.is_removal else targets).append(target)
    if problems:
        raise Refused(problems)
    return Chosen(tuple(targets), tuple(removed))


async def resume(saved: SavedPlan, about: Chosen, *, wanting: Wanting, engine: Engine, file: str) -> Plan:
    """Make a saved plan again and return it, if it is still the same.

    Raises:
        Refused: something has changed since (`planOutdated`, all of it named), or it was made for another cluster
            (`otherCluster`).
    """
    kept = {one.key: one for one in saved.releases}
    await _require_same_clusters(saved, engine, file)
    wanted = [
        *await wanting.wanted([one for one in about.targets if not kept[one.key].writes]),
        *await wanting.wanted([one for one in about.targets if kept[one.key].writes], as_next=True),
    ]
    wanted = [replace(one, rendered=kept[one.key].refill(one.rendered)) for one in wanted]
    wanted += await wanting.removals(about.removed)
    planned = await plan_releases(_in_order(wanted, about), engine, saved.options)
    problems = [one.problem(file) for release in planned.releases for one in since(kept[release.key], release)]
    if problems or planned.digest != saved.digest:
        raise Refused(problems or [Problem("planOutdated", "the plan is another one now", file=file, remedy=REMEDY)])
    return planned


def _in_order(wanted: Sequence[Wanted], about: Chosen) -> list[Wanted]:
    by_key = {one.key: one for one in wanted}
    return [by_key[target.key] for target in about.everything]


async def _again(planned: Plan, targets: Sequence[Target], wanting: Wanting) -> dict[ReleaseKey, RenderedRelease]:
    """Render once more what will change and may render to something else."""
    able = {one.key for one in planned.releases if one.writes and one.rendered.generates}
    found = await wanting.wanted([target for target in targets if target.key in able], as_next=True)
    return {one.key: one.rendered for one in found}


async def _saved(release: ReleasePlan, engine: Engine) -> SavedRelease:
    rendered = release.rendered
    secrets = [*rendered.secrets, *secrets_in(manifest.data for manifest in rendered.everything)]
    return SavedRelease.of(release, await engine.cluster(release.key).uid(), secrets)


def _not_pinned(key: ReleaseKey, found: Generated) -> Problem:
    places = ", ".join(f"{ref} {' '.join(paths)}".strip() for ref, paths in found.items())
    return Problem(
        "notPinned",
        f"{key}: its chart makes values anew at each rendering that no file may hold, so this plan cannot be had "
        f"again: {places}",
        path=str(key),
        remedy="give these values to the chart (from a Secret, by secretRef), or save a plan of the other releases",
    )


def _target(saved: SavedRelease, declaration: Declaration) -> tuple[Target | None, str]:
    """Return the release of a saved plan as it is declared now, or why there is none."""
    key = saved.key
    environment = next((one for one in declaration.environments if one.name == key.environment), None)
    if environment is None:
        return None, "its environment is declared no more"
    target = removable(environment, key.release)
    if saved.is_removal and not undeclared([key], declaration.environments):
        return None, "it is declared again"
    if not saved.is_removal and target.release not in environment.releases:
        return None, "it is declared no more"
    if target.key != key:
        return None, f"it goes to cluster {target.key.cluster}, namespace {target.key.namespace} now"
    return target, ""


async def _require_same_clusters(saved: SavedPlan, engine: Engine, file: str) -> None:
    problems: dict[str, Problem] = {}
    for one in saved.releases:
        uid = await engine.cluster(one.key).uid()
        if uid != one.cluster_uid:
            message = f"the plan was made for another cluster than the one that {one.key.cluster} leads to now"
            remedy = "check the kubeconfig and context, or plan again for this cluster"
            problems[one.key.environment] = Problem(
                "otherCluster", message, file=file, path=str(one.key), remedy=remedy
            )
    if problems:
        raise Refused(problems.values())
