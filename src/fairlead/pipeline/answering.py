"""Which clusters answer: one that does not must not keep the others from being looked at or deployed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.domain.config import Environment
from fairlead.domain.errors import FairleadError, Problem
from fairlead.domain.targets import Target
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.wanting import Clusters, by_environment


@dataclass(frozen=True, slots=True)
class Silent:
    """An environment whose cluster cannot be reached, with its releases that were meant and the reason."""

    environment: Environment
    targets: tuple[Target, ...]
    problem: Problem


async def answering(targets: Sequence[Target], clusters: Clusters) -> tuple[tuple[Target, ...], tuple[Silent, ...]]:
    """Tell the releases whose clusters answer from the others; a single environment is not asked for in advance.

    Raises:
        FairleadError: no cluster answers; the error is that of the first.
    """
    groups = by_environment(targets)
    if len(groups) < 2:
        return tuple(targets), ()
    errors = await at_once(_failure(environment, clusters) for environment, _ in groups)
    silent = [(group, error) for group, error in zip(groups, errors, strict=True) if error is not None]
    if len(silent) == len(groups):
        raise silent[0][1]
    left_out = {environment.name for (environment, _), _ in silent}
    return (
        tuple(target for target in targets if target.environment.name not in left_out),
        tuple(Silent(environment, tuple(members), error.problems[0]) for (environment, members), error in silent),
    )


async def _failure(environment: Environment, clusters: Clusters) -> FairleadError | None:
    try:
        await (await clusters.open(environment)).kinds()
    except FairleadError as error:
        return error
    return None
