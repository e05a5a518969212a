"""Which environments and releases a command is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.domain.config import Declaration, Environment
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.labels import Selector
from fairlead.domain.suggesting import near
from fairlead.domain.targets import Target


@dataclass(frozen=True, slots=True)
class Scope:
    """Where: one environment, the environments of one cluster, or `everything`. Exactly one of the three."""

    environment: str | None = None
    cluster: str | None = None
    everything: bool = False


def choose_environments(declaration: Declaration, scope: Scope) -> tuple[Environment, ...]:
    """Return the environments of a scope, in declared order.

    Raises:
        InputError: none or several of the three ways were used, or a name is not declared.
    """
    ways = [scope.environment is not None, scope.cluster is not None, scope.everything]
    if sum(ways) != 1:
        found = "nothing" if not any(ways) else "more than one of them"
        message = f"found {found}, expected an environment, --cluster or --all"
        raise InputError(Problem("selection", message, remedy="name one environment, or one cluster, or write --all"))
    if scope.environment is not None:
        names = [environment.name for environment in declaration.environments]
        _known(scope.environment, names, "environment")
        return tuple(one for one in declaration.environments if one.name == scope.environment)
    if scope.cluster is not None:
        _known(scope.cluster, [cluster.name for cluster in declaration.clusters], "cluster")
        return tuple(one for one in declaration.environments if one.cluster == scope.cluster)
    return declaration.environments


def choose_releases(
    environments: Iterable[Environment], names: Iterable[str] = (), selector: Selector | None = None
) -> tuple[Target, ...]:
    """Return the releases of these environments, in declared order; `names` may be comma-separated lists.

    A name must exist in one of the environments, not in each: KubeCD demanded the latter, so that a release of one
    environment could not be named together with `--cluster`.

    Raises:
        InputError: a name exists in none of the environments, or the selector matches no release.
    """
    targets = [Target(environment, release) for environment in environments for release in environment.releases]
    wanted = [name.strip() for text in names for name in text.split(",") if name.strip()]
    known = {target.release.name for target in targets}
    problems = [_unknown(name, known, "release") for name in wanted if name not in known]
    if problems:
        raise InputError(problems)
    chosen = tuple(target for target in targets if not wanted or target.release.name in wanted)
    if selector is None:
        return chosen
    selected = tuple(target for target in chosen if selector.matches(target.release.labels))
    if chosen and not selected:
        message = "the label selector matches no release"
        raise InputError(Problem("nothingSelected", message, remedy="compare it with the `labels` of the releases"))
    return selected


def _known(name: str, known: Iterable[str], what: str) -> None:
    names = list(known)
    if name not in names:
        raise InputError(_unknown(name, names, what))


def _unknown(name: str, known: Iterable[str], what: str) -> Problem:
    remedy = near(name, known, otherwise=f"the declared {what}s are")
    return Problem(f"unknown{what.capitalize()}", f"there is no {what} {name!r}", remedy=remedy)
