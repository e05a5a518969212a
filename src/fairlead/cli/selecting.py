"""From the words of a command line to the declared things they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fairlead.cli.options import Releases, Targets, Where
from fairlead.domain.config import Declaration, Environment
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.labels import parse_selector
from fairlead.domain.selection import Scope, choose_environments, choose_releases
from fairlead.domain.targets import Target
from fairlead.pipeline.answering import Silent

if TYPE_CHECKING:
    from fairlead.pipeline.application import Application


def chosen_targets(application: Application, where: Where, *, everything: bool = False) -> tuple[Target, ...]:
    """Return the releases that a command is about; `everything` is meant where nothing was said."""
    return targets_in(application.declaration, where, everything=everything)


def targets_in(declaration: Declaration, where: Where, *, everything: bool = False) -> tuple[Target, ...]:
    """Return the releases that a command is about, of any declaration."""
    return filtered(environments_in(declaration, where.targets, everything=everything), where.releases)


def filtered(environments: Sequence[Environment], releases: Releases) -> tuple[Target, ...]:
    """Return the releases of these environments that pass the filters."""
    selector = None if releases.selector is None else parse_selector(releases.selector)
    return choose_releases(environments, releases.names or (), selector)


def chosen_environments(
    application: Application, targets: Targets, *, everything: bool = False
) -> tuple[Environment, ...]:
    """Return the environments that a command is about."""
    return environments_in(application.declaration, targets, everything=everything)


def environments_in(declaration: Declaration, targets: Targets, *, everything: bool = False) -> tuple[Environment, ...]:
    """Return the environments that a command is about, of any declaration."""
    unsaid = targets.environment is None and targets.cluster is None
    scope = Scope(targets.environment, targets.cluster, targets.everything or (everything and unsaid))
    return choose_environments(declaration, scope)


def named_release(application: Application, environment: str, release: str) -> Target:
    """Return one release of an environment."""
    environments = choose_environments(application.declaration, Scope(environment))
    (target,) = choose_releases(environments, (release,))
    return target


async def orphans(application: Application, where: Where, silent: Iterable[Silent]) -> tuple[Target, ...]:
    """Return the releases of whole environments that are declared no more; a choice of releases leaves none out.

    Of environments whose clusters do not answer nothing is known, and so nothing is removed.

    Raises:
        InputError: `conflictingOptions`, single releases were chosen.
    """
    if where.releases.names or where.releases.selector is not None:
        message = "--prune-releases is about whole environments, but releases were chosen"
        remedy = "leave out -r and -l, or remove one release by `fairlead delete ENV RELEASE`"
        raise InputError(Problem("conflictingOptions", message, remedy=remedy))
    unknown = {one.environment.name for one in silent}
    chosen = chosen_environments(application, where.targets)
    return await application.orphans([one for one in chosen if one.name not in unknown])


def named_environments(
    application: Application, names: Sequence[str], *, cluster: str | None, everything: bool
) -> tuple[Environment, ...]:
    """Return environments by their names, of a cluster, or all.

    Raises:
        InputError: for each name that is none.
    """
    if not names:
        return choose_environments(application.declaration, Scope(None, cluster, everything))
    if cluster is not None or everything:
        return choose_environments(application.declaration, Scope(names[0], cluster, everything))
    found: list[Environment] = []
    problems: list[Problem] = []
    for name in dict.fromkeys(names):
        try:
            found += choose_environments(application.declaration, Scope(name))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found)
