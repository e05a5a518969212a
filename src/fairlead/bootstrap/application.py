"""Settings and wishes become an `Application` with every port built.

What is costly to import or to start is made when it is first asked for: listing what is declared needs no network.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.gcloud.addresses import GcloudAddresses
from fairlead.adapters.git.checkout import GitCheckout
from fairlead.adapters.kustomize.program import KustomizeProgram
from fairlead.adapters.providers.cluster_access import KubeconfigAccess
from fairlead.adapters.providers.sources import Override, Sources
from fairlead.adapters.providers.store import KubeconfigStore
from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.adapters.variables.configmaps import ConfigMapVariables
from fairlead.adapters.whoami.process import ThisProcess
from fairlead.bootstrap import Wishes
from fairlead.domain.config import Declaration, Environment, EnvRef
from fairlead.domain.errors import InputError, Problem
from fairlead.doors.paths import Paths
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.pipeline.load import Loaded, load
from fairlead.pipeline.pull_secrets import PullSecretLogins
from fairlead.pipeline.render import Rendering
from fairlead.pipeline.upgrades.proposals import Proposer
from fairlead.pipeline.upgrades.upgrading import Upgrading
from fairlead.pipeline.values import ValuesFiles
from fairlead.ports.charts import ChartArchives, ChartSource
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster
from fairlead.ports.events import EventSink, UnitSink
from fairlead.ports.hosting import Hosting
from fairlead.ports.kustomize import Kustomize
from fairlead.ports.provider import ClusterAccess
from fairlead.ports.registry import Registry
from fairlead.ports.renderer import ChartRenderer
from fairlead.settings import Settings

if TYPE_CHECKING:
    from fairlead.pipeline.units.service import Units

_log = logging.getLogger(__name__)


class _Closable(Protocol):
    async def close(self) -> None: ...


class Published(Registry, ChartArchives, Protocol):
    """What is published, to look at and to fetch: one set of connections serves both."""


P = TypeVar("P", bound=_Closable)


@dataclass(slots=True)
class Later(Generic[P]):
    """A port that is built when it is first needed."""

    build: Callable[[], Awaitable[P]]
    built: P | None = None

    async def get(self) -> P:
        """Return the port, building it the first time."""
        if self.built is None:
            self.built = await self.build()
        return self.built

    async def close(self) -> None:
        """Close the port if it was ever built."""
        if self.built is not None:
            await self.built.close()


@dataclass(frozen=True, slots=True)
class ClusterDoors:
    """The doors to the clusters of environments, each opened once."""

    declaration: Declaration
    access: ClusterAccess
    clock: Clock
    settings: Settings
    opened: dict[str, Cluster] = field(default_factory=dict)

    async def open(self, environment: Environment) -> Cluster:
        """Return the door to an environment's cluster."""
        if environment.name not in self.opened:
            # Nothing that works without a cluster shall pay for the HTTP client.
            from fairlead.adapters.kubernetes.client import KubernetesCluster  # noqa: PLC0415 - as above

            found = await self.access.access(self.declaration.cluster(environment.cluster), environment)
            self.opened[environment.name] = KubernetesCluster(found, clock=self.clock, environ=self.settings.environ)
        return self.opened[environment.name]

    async def close(self) -> None:
        """Close every door."""
        while self.opened:
            await self.opened.popitem()[1].close()


@asynccontextmanager
async def opened(settings: Settings, wishes: Wishes, sink: EventSink, redactor: Redactor) -> AsyncIterator[Application]:
    """Build the application; leaving the block gives back every connection and worker."""
    loaded = load(
        wishes.directory / (wishes.environments_file or settings.environments_file),
        environ=settings.environ,
        root=None if wishes.root is None else wishes.directory / wishes.root,
    )
    redactor.register(_variables(loaded.declaration, settings))
    clock = SystemClock()
    kubeconfig = None if wishes.kubeconfig is None else wishes.directory / wishes.kubeconfig
    sources = Sources(settings, root=loaded.root, override=Override(kubeconfig, wishes.context))
    access = KubeconfigAccess(sources, KubeconfigStore(clock))
    clusters = ClusterDoors(loaded.declaration, access, clock, settings)
    logins = PullSecretLogins(loaded.declaration, clusters)
    registries = Later(lambda: _registries(settings, clock, redactor, logins))
    charts = Later(lambda: _charts(settings, loaded, registries, offline=wishes.offline))
    renderer = Later(lambda: _renderer(settings))
    async with AsyncExitStack() as stack:
        for port in (clusters, registries, charts, renderer):
            stack.push_async_callback(port.close)
        rendering = _rendering(loaded, sink, charts=charts, renderer=renderer, settings=settings)

        def elsewhere(root: Path) -> tuple[Loaded, Upgrading]:
            there = load(root / loaded.declaration.file, environ=settings.environ, root=root)
            own = Later(lambda: _charts(settings, there, registries, offline=wishes.offline))
            stack.push_async_callback(own.close)
            return there, Upgrading(
                _rendering(there, sink, charts=own, renderer=renderer, settings=settings),
                registries.get,
                clock,
                logins.look_at,
            )

        async def hosting() -> Hosting:
            from fairlead.bootstrap.hosting import GitHosting  # noqa: PLC0415 - only proposing needs it

            return GitHosting(settings, loaded.root, clock, redactor)

        yield Application(
            loaded=loaded,
            events=sink,
            clock=clock,
            access=access,
            clusters=clusters,
            rendering=rendering,
            upgrading=Upgrading(rendering, registries.get, clock, logins.look_at),
            source=GitCheckout(settings),
            addresses=GcloudAddresses(settings),
            redactor=redactor,
            stores=SecretStateStore,
            anchors=SecretAnchors,
            variables=ConfigMapVariables,
            units=_units,
            whoami=ThisProcess(),
            environ=settings.environ,
            proposer=Proposer(hosting, elsewhere, registries.get, clock, settings.environ),
        )


def _units(application: Application, sink: UnitSink) -> AbstractAsyncContextManager[Units]:
    from fairlead.bootstrap.units import units_of  # noqa: PLC0415 - only apps need what drives them

    return units_of(application, sink)


def _variables(declaration: Declaration, settings: Settings) -> Iterator[str]:
    """Yield the values of all environment variables that the declaration refers to: they are secret."""
    for environment in declaration.environments:
        entries = [*environment.default_values, *(value for one in environment.releases for value in one.values)]
        sources = [entry.source for entry in entries]
        yield from (settings.environ.get(one.name, "") for one in sources if isinstance(one, EnvRef))
    passwords = [repo.password_from for repo in declaration.helm_repos]
    yield from (settings.environ.get(one.name, "") for one in passwords if isinstance(one, EnvRef))


def _rendering(
    loaded: Loaded, sink: EventSink, *, charts: Later[ChartSource], renderer: Later[ChartRenderer], settings: Settings
) -> Rendering:
    paths = Paths(loaded.root)

    async def kustomize() -> Kustomize:
        return KustomizeProgram.found(paths, search_path=settings.search_path)

    return Rendering(loaded.declaration, paths, ValuesFiles(paths), sink, charts.get, renderer.get, kustomize)


async def _renderer(settings: Settings) -> ChartRenderer:
    """Return Helm as a library or as a program; both remember what they rendered."""
    from fairlead.adapters.helm.caching import CachingRenderer  # noqa: PLC0415 - costs time that others need not pay
    from fairlead.adapters.helm.choosing import choose_helm  # noqa: PLC0415 - as above

    helm = await choose_helm(settings.helm, search_path=settings.search_path)
    return CachingRenderer(helm, settings.own_cache / "rendered")


async def _charts(settings: Settings, loaded: Loaded, registries: Later[Published], *, offline: bool) -> ChartSource:
    from fairlead.adapters.charts.cache import ChartCache  # noqa: PLC0415 - what needs no chart shall not pay for them
    from fairlead.adapters.charts.remote import Remote  # noqa: PLC0415 - as above
    from fairlead.adapters.charts.source import Charts  # noqa: PLC0415 - as above

    cache = ChartCache(settings.own_cache / "charts")
    return Charts(Paths(loaded.root), cache, Remote(cache, await registries.get(), offline=offline))


async def _registries(settings: Settings, clock: Clock, redactor: Redactor, logins: PullSecretLogins) -> Published:
    from fairlead.adapters.registries.accounts import MachineAccounts  # noqa: PLC0415 - loads the HTTP client
    from fairlead.adapters.registries.connecting import Connections  # noqa: PLC0415 - as above
    from fairlead.adapters.registries.kept import Kept  # noqa: PLC0415 - as above
    from fairlead.adapters.registries.registries import Registries  # noqa: PLC0415 - as above

    async def password_of(reference: EnvRef) -> str:
        return _password(settings, reference)

    accounts = MachineAccounts(settings, learned=redactor.register, in_clusters=logins.account)
    kept = Kept(settings.own_cache / "registries")
    return Registries(Connections(clock, password_of), accounts, kept, lambda problem: _log.warning(problem.message))


def _password(settings: Settings, reference: EnvRef) -> str:
    """Return the password of a chart repository. It belongs to no environment, so no cluster's Secret can hold it."""
    if reference.name in settings.environ:
        return settings.environ[reference.name]
    message = f"the password of a chart repository: the environment variable {reference.name} is not set"
    raise InputError(Problem("passwordMissing", message, remedy="use passwordFrom: {env: NAME} and set that variable"))
