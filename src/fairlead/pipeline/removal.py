"""Releases that shall not be there any more: removed by name, or found in the cluster but in no file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairlead.domain.config import Environment, ManifestFiles, Release
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.identity import Commit, ReleaseKey, sha256_json
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.state import ReleaseState
from fairlead.domain.targets import Target
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.recorded_hooks import RecordedHooks
from fairlead.ports.statestore import States


def removable(environment: Environment, name: str) -> Target:
    """Return a release of an environment, declared or not."""
    declared = (release for release in environment.releases if release.name == name)
    return Target(environment, next(declared, Release(name, ManifestFiles(()), environment.place)))


def removal(target: Target, source: Commit, deployed: RecordedHooks | None) -> Wanted:
    """Return a release that declares nothing any more; `deployed` brings the hooks of deleting."""
    hooks = deployed.hooks if deployed is not None else ()
    secrets = deployed.secrets if deployed is not None else ()
    empty = RenderedRelease(target.key, sha256_json([]), (), hooks=hooks, secrets=secrets)
    return Wanted(target, empty, source, is_removed=True)


def known_state(target: Target, states: States) -> ReleaseState:
    """Return what is remembered of a release, so that it is known what it owns.

    Raises:
        InputError: nothing is recorded of it (`unknownRelease`).
        OperationFailed: what is recorded may not be read (`stateUnreadable`).
    """
    stored = states.of(target.key)
    where = f"cluster {target.environment.cluster}, namespace {target.key.namespace}"
    if stored is None:
        message = f"what release {target.key.release} owns may not be read: it stands in Secrets of {where}"
        raise OperationFailed(Problem("stateUnreadable", message, remedy="ask for a role that may read Secrets there"))
    if not stored.version:
        message = f"nothing is recorded of release {target.key.release} in {where}"
        remedy = "check the name; what only Helm has deployed goes by `helm uninstall`, an app by `fairlead undeploy`"
        raise InputError(Problem("unknownRelease", message, remedy=remedy))
    return stored.state


def undeclared(keys: Iterable[ReleaseKey], environments: Iterable[Environment]) -> tuple[ReleaseKey, ...]:
    """Return the releases that no environment declares for their place."""
    keys = tuple(keys)
    if not keys:  # as nearly always, and environments may declare thousands
        return ()
    declared = {Target(one, release).key.place for one in environments for release in one.releases}
    return tuple(key for key in keys if key.place not in declared)


def orphans(environment: Environment, near: Sequence[Environment], states: States) -> tuple[Target, ...]:
    """Return what was deployed from this environment and is declared no more; `near` share the cluster with it."""
    declared = {(Target(one, release).key.namespace, release.name) for one in near for release in one.releases}
    return tuple(
        removable(environment, name)
        for (namespace, name), stored in sorted(states.by_release.items())
        if namespace == environment.namespace
        and (namespace, name) not in declared
        and (last := stored.state.last) is not None
        and last.deployment.key.environment == environment.name
    )
