"""Waits until the kinds of new CustomResourceDefinitions can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fairlead.domain.causes import REMEDIES, Cause, Patience
from fairlead.domain.health import Explanation, HealthReport
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.reading import ObjectBody, entries, is_true, text
from fairlead.pipeline.health import wait_healthy
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster
from fairlead.ports.events import EventSink

# Discovery follows a CRD's condition within moments; there is nothing to watch.
_ASK_AGAIN_SECONDS = 0.2
_ASK_AGAIN_AT_MOST_SECONDS = 2.0


async def wait_established(
    cluster: Cluster,
    key: ReleaseKey,
    crds: Sequence[ObjectRef],
    *,
    patience: Patience,
    clock: Clock,
    events: EventSink,
) -> HealthReport:
    """Wait until every CRD is established and the server's discovery names its kinds.

    Afterwards `cluster.kinds()` knows them too. Raises what `wait_healthy` raises.
    """
    started = clock.monotonic()
    report = await wait_healthy(cluster, key, crds, patience=patience, clock=clock, events=events)
    if not report.healthy:
        return report
    live = [await cluster.get(ref) for ref in crds]
    wanted = {kind for crd in live if crd is not None for kind in _served(crd)}
    while missing := wanted - {(kind.api_version, kind.kind) for kind in await cluster.kinds(fresh=True)}:
        if clock.monotonic() - started >= patience.timeout_seconds:
            return replace(report, explanation=_not_served(missing), timed_out=True)
        await clock.sleep(_ASK_AGAIN_SECONDS)
    return replace(report, duration_seconds=clock.monotonic() - started)


async def wait_served(cluster: Cluster, ref: ObjectRef, clock: Clock, *, seconds: float) -> None:
    """Wait until the server serves the kind of an object, at most so long; whoever writes it then learns the rest."""
    until, pause = clock.monotonic() + seconds, _ASK_AGAIN_SECONDS
    while clock.monotonic() < until:
        if (ref.api_version, ref.kind) in {(kind.api_version, kind.kind) for kind in await cluster.kinds(fresh=True)}:
            return
        await clock.sleep(pause)
        pause = min(2 * pause, _ASK_AGAIN_AT_MOST_SECONDS)


def _served(crd: ObjectBody) -> set[tuple[str, str]]:
    """Return the API versions and kinds that a CRD adds."""
    group, kind = text(crd, "spec", "group"), text(crd, "spec", "names", "kind")
    served = [version for version in entries(crd, "spec", "versions") if is_true(version, "served")]
    return {(f"{group}/{text(version, 'name')}", kind) for version in served}


def _not_served(missing: set[tuple[str, str]]) -> Explanation:
    names = ", ".join(f"{kind} of {api_version}" for api_version, kind in sorted(missing))
    return Explanation(Cause.NOT_READY, f"the cluster does not serve {names} yet", remedy=REMEDIES[Cause.NOT_READY])
