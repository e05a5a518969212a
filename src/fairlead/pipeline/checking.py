"""Finds everything that is wrong with the declared releases: what does not render, then what the results show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fairlead.domain.errors import FairleadError, Problem, Severity
from fairlead.domain.linting import lint_releases
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.targets import Target
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.lint import lint_online
from fairlead.pipeline.render import Facts, Rendering, render
from fairlead.pipeline.values import Sources
from fairlead.ports.cluster import Cluster

_NOT_CHECKED = frozenset({"chartOffline"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A release to check, and what it is checked against. `cluster` None means offline."""

    target: Target
    facts: Facts
    sources: Sources
    cluster: Cluster | None = None


async def check(
    releases: Sequence[Checked], rendering: Rendering, *, kube_versions: Mapping[str, str]
) -> tuple[Problem, ...]:
    """Return every problem of the releases. One that does not render hides nothing of the others.

    `kube_versions` gives the Kubernetes version of a cluster by its name, where it is known.
    """
    rendering = rendering.for_one_run()
    outcomes = await at_once(_rendered(release, rendering) for release in releases)
    rendered = [outcome for outcome in outcomes if isinstance(outcome, RenderedRelease)]
    problems = [problem for outcome in outcomes if isinstance(outcome, tuple) for problem in outcome]
    problems += lint_releases(rendered, kube_versions=kube_versions)
    clusters = {release.target.key: release.cluster for release in releases}
    for environment in dict.fromkeys(release.key.environment for release in rendered):
        members = [release for release in rendered if release.key.environment == environment]
        cluster = clusters[members[0].key]
        if cluster is not None:
            problems += await lint_online(cluster, members)
    return tuple(dict.fromkeys(problems))


async def _rendered(release: Checked, rendering: Rendering) -> RenderedRelease | tuple[Problem, ...]:
    try:
        return await render(release.target, release.facts, rendering, release.sources)
    except FairleadError as error:
        place = release.target.release.place
        located = (problem.at(file=place.file, line=place.line) for problem in error.problems)
        return tuple(_graded(problem) for problem in located)


def _graded(problem: Problem) -> Problem:
    """Return a problem that only says what was not checked as a warning."""
    return replace(problem, severity=Severity.WARNING) if problem.code in _NOT_CHECKED else problem
