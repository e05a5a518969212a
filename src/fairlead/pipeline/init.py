"""Makes environments reachable: credentials once per cluster, one context per environment.

Helm repositories need nothing here: charts are fetched by Fairlead itself, so there is no `helm repo add`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairlead.domain.config import Declaration, Environment
from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Refused
from fairlead.ports.provider import ClusterAccess, InitializedContext


async def initialize(
    access: ClusterAccess,
    declaration: Declaration,
    environments: Iterable[Environment],
    *,
    contexts_only: bool = False,
    gitlab: bool = False,
) -> tuple[InitializedContext, ...]:
    """Initialize environments, cluster by cluster, and return what was done in the order of the environments.

    One cluster after the other, because the credential programs write to the same file without a lock. A failure
    does not keep the other clusters from their turn, and what was set stays set.

    Raises:
        InputError, Refused, OperationFailed: every failure at once; the last when they are of several kinds.
    """
    wanted = tuple(environments)
    done: dict[str, InitializedContext] = {}
    failures: list[FairleadError] = []
    for name in dict.fromkeys(environment.cluster for environment in wanted):
        members = tuple(environment for environment in wanted if environment.cluster == name)
        try:
            made = await access.initialize(
                declaration.cluster(name), members, contexts_only=contexts_only, gitlab=gitlab
            )
        except (InputError, Refused, OperationFailed) as error:
            failures.append(error)
        else:
            done.update(zip((environment.name for environment in members), made, strict=True))
    if failures:
        raise _all_of(failures)
    return tuple(done[environment.name] for environment in wanted)


def _all_of(failures: Sequence[FairleadError]) -> FairleadError:
    if len(failures) == 1:
        return failures[0]
    problems = [problem for failure in failures for problem in failure.problems]
    for kind in (InputError, Refused):
        if all(isinstance(failure, kind) for failure in failures):
            return kind(problems)
    return OperationFailed(problems)
