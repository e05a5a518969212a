"""Puts together what drives units: the ports of each declared cluster, or of the operator's own context."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.probes.choosing import EitherWay
from fairlead.adapters.providers.cluster_access import KubeconfigAccess
from fairlead.adapters.providers.sources import Override, Sources
from fairlead.adapters.providers.store import KubeconfigStore
from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.adapters.traffic.httproutes import HttpRoutes
from fairlead.adapters.traffic.services import ServiceSelectors
from fairlead.adapters.variables.configmaps import ConfigMapVariables
from fairlead.adapters.whoami.process import ThisProcess
from fairlead.domain.config import Cluster as DeclaredCluster
from fairlead.domain.config import Environment
from fairlead.domain.config import Place as Declared
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.events import Event
from fairlead.domain.providers import ExistingContext
from fairlead.domain.unit_news import UnitNews
from fairlead.pipeline.authorising.impersonating import ActingCluster, Impersonating
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.units.place import Place, Routers
from fairlead.pipeline.units.service import Units, opened
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster
from fairlead.ports.events import UnitSink
from fairlead.ports.gates import Judges
from fairlead.ports.probes import Probes
from fairlead.ports.statestore import StateStore
from fairlead.ports.variables import VariableStore
from fairlead.settings import Settings

if TYPE_CHECKING:
    from fairlead.pipeline.application import Application

_HTTP_ROUTE = ("gateway.networking.k8s.io", "HTTPRoute")
_SERVICE = ("", "Service")


@dataclass(frozen=True, slots=True)
class Reached:
    """Units, and the cluster and namespace that were chosen by the operator's own context."""

    units: Units
    cluster: str
    namespace: str


def place_in(cluster: Cluster, clock: Clock, direct: Probes, judges: Judges) -> Place:
    """Return the ports by which units are driven in a cluster; `direct` leads to pods where their network is ours."""
    from fairlead.adapters.kubernetes.client import KubernetesCluster  # noqa: PLC0415 - loads the HTTP client

    probes = EitherWay(direct, cluster) if isinstance(cluster, KubernetesCluster) else direct
    return Place(cluster, SecretAnchors(cluster), SecretStateStore(cluster), _routers(cluster, clock), probes, judges)


def _routers(cluster: Cluster, clock: Clock) -> Routers:
    return {_SERVICE: ServiceSelectors(cluster), _HTTP_ROUTE: HttpRoutes(cluster, clock)}


def as_ourselves(place: Place, clock: Clock) -> Place:  # noqa: ARG001 - as `for_others`
    """Return the ports of a cluster as they are."""
    return place


def for_others(place: Place, clock: Clock) -> Place:
    """Return the ports of a cluster by which units are driven as those may for whom it is done, never as we may.

    Anchors and signs of life are our own books, and written with our own rights.
    """
    theirs = Impersonating(cast("ActingCluster", place.cluster))  # the doors open nothing else
    return replace(place, cluster=theirs, routers=_routers(theirs, clock))


def variables_in(cluster: Cluster) -> VariableStore:
    """Return where a cluster keeps the environment variables of its namespaces."""
    return ConfigMapVariables(cluster)


@asynccontextmanager
async def units_of(
    application: Application, sink: UnitSink, seen: Callable[[Place, Clock], Place] = as_ourselves
) -> AsyncIterator[Units]:
    """Give the units of all declared clusters; each is reached by the first environment that names it.

    Raises:
        InputError: `unknownCluster`, when one is opened that no environment names.
    """

    async def door(name: str) -> Cluster:
        for environment in application.declaration.environments:
            if environment.cluster == name:
                return await application.clusters.open(environment)
        message = f"no environment is declared in the cluster {name}"
        raise InputError(Problem("unknownCluster", message, remedy="see `fairlead list environments`"))

    async with _units(door, sink, seen) as units:
        yield units


@asynccontextmanager
async def units_in_context(
    settings: Settings, sink: UnitSink, *, kubeconfig: Path | None, context: str | None
) -> AsyncIterator[Reached]:
    """Give the units of the cluster that a context of the operator leads to; None: the current one."""
    from fairlead.adapters.kubernetes.client import KubernetesCluster  # noqa: PLC0415 - loads the HTTP client

    clock = SystemClock()
    override = Override(kubeconfig, context, is_current=True)
    sources = Sources(settings, root=Path.cwd(), override=override)
    nowhere = Declared("", 0, 0)
    declared = DeclaredCluster("context", ExistingContext(context or ""), {}, nowhere)
    access = KubeconfigAccess(sources, KubeconfigStore(clock))
    found = await access.access(declared, Environment("context", "context", "default", nowhere))
    cluster = KubernetesCluster(found, clock=clock, environ=settings.environ)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cluster.close)

        async def door(_name: str) -> Cluster:
            return cluster

        units = await stack.enter_async_context(_units(door, sink))
        yield Reached(units, found.context, found.namespace)


@asynccontextmanager
async def _units(
    door: Callable[[str], Awaitable[Cluster]], sink: UnitSink, seen: Callable[[Place, Clock], Place] = as_ourselves
) -> AsyncIterator[Units]:
    from fairlead.adapters.gates.webhooks import WebhookJudges  # noqa: PLC0415 - loads the HTTP client
    from fairlead.adapters.probes.direct import DirectProbes  # noqa: PLC0415 - loads the HTTP client

    clock, doors, memories = SystemClock(), dict[str, Cluster](), dict[str, StateStore]()
    direct, judges = DirectProbes(), WebhookJudges()

    async def places(name: str) -> Place:
        doors[name] = await door(name)
        place = seen(place_in(doors[name], clock, direct, judges), clock)
        memories[name] = place.memory
        return place

    async def unrelated(_older: str, _newer: str) -> bool:
        return False

    engine = Engine(doors, memories, Unheard(), clock, ThisProcess(), clock, unrelated)
    try:
        async with opened(engine, places, sink) as units:
            yield units
    finally:
        await direct.close()
        await judges.close()


class Unheard:
    """Takes events of releases and news of units, and tells nobody."""

    def emit(self, event: Event) -> None:
        """Drop the event."""

    def announce(self, news: UnitNews) -> None:
        """Drop the news."""
