"""Everything that one caller can do with what is declared: the use cases, put together from stages and ports.

`bootstrap` builds it; the command line, and later server and agent, call it. It prints nothing and knows no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from fairlead.domain.changes import Plan, PlanOptions
from fairlead.domain.config import Declaration, Environment
from fairlead.domain.dependencies import unselected
from fairlead.domain.deployments import Deployment
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.health import HealthState
from fairlead.domain.records import Recorded
from fairlead.domain.rendering import Capabilities, RenderedRelease
from fairlead.domain.saved_plans import SavedPlan
from fairlead.domain.status import ReleaseStatus, explained
from fairlead.domain.targets import Target, require_tests
from fairlead.domain.upgrades.updates import Update
from fairlead.doors.redaction import Redactor, secrets_in
from fairlead.pipeline.answering import Silent, answering
from fairlead.pipeline.chart_values import over_chart
from fairlead.pipeline.checking import Checked, check
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Engine, Wanted, at_once
from fairlead.pipeline.explaining import explain_now
from fairlead.pipeline.history import Shown, history, show
from fairlead.pipeline.holding import end_hold, hold
from fairlead.pipeline.init import initialize
from fairlead.pipeline.load import Loaded
from fairlead.pipeline.plan import plan as plan_releases
from fairlead.pipeline.removal import orphans, undeclared
from fairlead.pipeline.render import Facts, Rendering
from fairlead.pipeline.returning import Past
from fairlead.pipeline.saving import Chosen, resume, save, with_generated
from fairlead.pipeline.status import require_current, status
from fairlead.pipeline.testing import run_tests
from fairlead.pipeline.upgrades.patching import Patched, Patching
from fairlead.pipeline.upgrades.proposals import Proposer
from fairlead.pipeline.upgrades.upgrading import Upgrading
from fairlead.pipeline.values import Sources, Values, effective_values
from fairlead.pipeline.wanting import Clusters, Wanting, by_environment, facts_of
from fairlead.ports.anchors import AnchorStore
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster
from fairlead.ports.events import EventSink, UnitSink
from fairlead.ports.provider import ClusterAccess, InitializedContext
from fairlead.ports.source import Source
from fairlead.ports.statestore import StateStore
from fairlead.ports.valuesource import AddressSource
from fairlead.ports.variables import VariableStore
from fairlead.ports.whoami import WhoAmI

if TYPE_CHECKING:
    from fairlead.pipeline.units.service import Units

NEWEST_KUBE = "v1.36.0"  # what charts are checked for when nobody says which version they go to


@dataclass(frozen=True, slots=True)
class Application:
    """Fairlead, put together for one caller.

    `environ` is what `valueFrom.env` reads. `redactor` learns every secret as soon as it is known. `stores` gives the
    memory of a cluster, `anchors` that of its units, `variables` what its apps get; `units` opens what drives them.
    """

    loaded: Loaded
    events: EventSink
    clock: Clock
    access: ClusterAccess
    clusters: Clusters
    rendering: Rendering
    upgrading: Upgrading
    proposer: Proposer
    source: Source
    addresses: AddressSource
    redactor: Redactor
    stores: Callable[[Cluster], StateStore]
    anchors: Callable[[Cluster], AnchorStore]
    variables: Callable[[Cluster], VariableStore]
    units: Callable[[Application, UnitSink], AbstractAsyncContextManager[Units]]
    whoami: WhoAmI
    environ: Mapping[str, str] = field(repr=False)

    @property
    def declaration(self) -> Declaration:
        """What is declared."""
        return self.loaded.declaration

    async def initialize(
        self, environments: Sequence[Environment], *, contexts_only: bool = False, gitlab: bool = False
    ) -> tuple[InitializedContext, ...]:
        """Get credentials and set contexts."""
        return await initialize(self.access, self.declaration, environments, contexts_only=contexts_only, gitlab=gitlab)

    async def use(self, environment: Environment) -> str:
        """Make an environment's context the current one and return its name."""
        return await self.access.use(self.declaration.cluster(environment.cluster), environment)

    async def values(self, target: Target) -> Values:
        """Return what a release is rendered with, a chart's own values included, secrets masked."""
        found = await effective_values(self.declaration, target, self.rendering.values_files, Sources())
        return await over_chart(found, target, self.rendering)

    async def render(
        self, targets: Sequence[Target], *, offline: Capabilities | None = None, show_secrets: bool = False
    ) -> tuple[RenderedRelease, ...]:
        """Render releases for their clusters, or `offline` for a cluster with these capabilities.

        Values from secrets are placeholders unless `show_secrets`.
        """
        releases: list[RenderedRelease] = []
        for environment, members in by_environment(targets):
            if offline is not None:
                facts, sources = Facts(offline), Sources(self.environ if show_secrets else None)
            else:
                cluster = await self.clusters.open(environment)
                facts = await facts_of(cluster, members)
                sources = self._wanting.sources(cluster) if show_secrets else Sources(None, None, self.addresses)
            releases += await self._wanting.rendered(members, facts, sources)
        return tuple(releases)

    async def lint(
        self, targets: Sequence[Target], *, online: bool = False, kube_version: str | None = None
    ) -> tuple[Problem, ...]:
        """Return everything that is wrong or suspicious; the clusters are only asked when `online`."""
        releases: list[Checked] = []
        versions: dict[str, str] = {}
        for environment, members in by_environment(targets):
            cluster = await self.clusters.open(environment) if online else None
            facts = Facts(Capabilities(kube_version or NEWEST_KUBE)) if cluster is None else await facts_of(cluster)
            if cluster is not None or kube_version is not None:
                versions[environment.cluster] = facts.capabilities.kube_version
            releases += [Checked(target, facts, Sources(), cluster) for target in members]
        return (*self.loaded.warnings, *await check(releases, self.rendering, kube_versions=versions))

    async def answering(self, targets: Sequence[Target]) -> tuple[tuple[Target, ...], tuple[Silent, ...]]:
        """Tell the releases whose clusters answer from the others; raises when none does."""
        return await answering(targets, self.clusters)

    async def plan(
        self, targets: Sequence[Target], options: PlanOptions | None = None, *, removed: Sequence[Target] = ()
    ) -> Plan:
        """Return everything that would make the releases true, and those `removed` disappear."""
        options = replace(options or PlanOptions(), declared_order=self.declaration.compat.declared_order)
        wanting, engine = self._wanting, await self._engine((*targets, *removed))
        wanted = [*await wanting.wanted(targets), *await wanting.removals(removed)]
        planned = await plan_releases(wanted, engine, options)
        renewed = await wanting.renewed(wanted, planned)
        if renewed != wanted:
            planned = await plan_releases(renewed, engine, options)
        left = undeclared(planned.undeclared, self.declaration.environments)
        return await with_generated(replace(planned, undeclared=left), targets, wanting)

    async def save(self, plan: Plan, about: Chosen) -> SavedPlan:
        """Return a plan as a file may hold it; raises Refused (`notPinned`) when it can never be had again."""
        return await save(plan, about.targets, self._wanting, await self._engine(about.everything))

    async def resume(self, saved: SavedPlan, about: Chosen, file: str) -> Plan:
        """Make a saved plan again; raises Refused (`planOutdated`, `otherCluster`) when it is another one now."""
        options = replace(saved.options, declared_order=self.declaration.compat.declared_order)
        engine = await self._engine(about.everything)
        return await resume(replace(saved, options=options), about, wanting=self._wanting, engine=engine, file=file)

    async def orphans(self, environments: Sequence[Environment]) -> tuple[Target, ...]:
        """Return what was deployed from these environments and is declared no more."""
        found: list[Target] = []
        for one in environments:
            near = [other for other in self.declaration.environments if other.cluster == one.cluster]
            states = await self.stores(await self.clusters.open(one)).states([one.namespace])
            found += orphans(one, near, states)
        return tuple(found)

    async def require_dependencies(self, targets: Sequence[Target]) -> None:
        """Raise Refused unless every release that the targets depend on, and that is not among them, is healthy."""
        if needed := unselected(targets):
            await require_current(await self._wanted(needed), await self._engine(needed))

    async def apply(
        self,
        plan: Plan,
        targets: Sequence[Target],
        *,
        wait: bool = True,
        timeout_seconds: float | None = None,
        lock_timeout: float | None = None,
        rollback_on_failure: bool = False,
    ) -> tuple[Deployment, ...]:
        """Carry out exactly this plan of these targets. Cancelling it ends at a clean point, and says so.

        `lock_timeout` is how many seconds to wait for another run that writes, a minute by default.
        """
        ordered = self.declaration.compat.declared_order
        options = DeployOptions(wait, timeout_seconds, ordered, rollback_on_failure=rollback_on_failure)
        options = options if lock_timeout is None else replace(options, lock_timeout=lock_timeout)
        return await deploy(plan, targets, await self._engine(targets), options, units=partial(self.units, self))

    async def plan_rollback(self, target: Target, number: int | None = None, *, reason: str = "") -> Plan:
        """Return what deploys an old deployment of a release again: the last good one, or the one of that number."""
        past = Past(target, await self.clusters.open(target.environment), await self._store(target))
        wanted = await past.returning(number, reason=reason)
        self.redactor.register(wanted.rendered.secrets)
        self.redactor.register(secrets_in(manifest.data for manifest in wanted.rendered.everything))
        return await plan_releases([wanted], await self._engine([target]))

    async def hold(self, target: Target, *, reason: str = "") -> None:
        """Hold a release at what runs."""
        await hold(await self._engine([target]), target.key, reason=reason)

    async def end_hold(self, target: Target) -> None:
        """End the hold of a release, and of its unit if it is an app."""
        await end_hold(await self._engine([target]), target)

    async def patch(self, updates: Sequence[Update], *, charts: bool = False) -> tuple[Patched, ...]:
        """Write updates into the declared files; `charts` also into the values of chart directories."""
        file = self.loaded.root / self.declaration.file
        return await Patching(file, self.loaded.root, self.environ, charts).patch(updates)

    async def status(self, targets: Sequence[Target]) -> tuple[ReleaseStatus, ...]:
        """Return how releases are now; what is not well is explained from its root cause."""
        wanted, engine = await self._wanted(targets), await self._engine(targets)
        by_key = {one.key: one for one in wanted}
        return tuple(await at_once(_explained(one, by_key[one.key], engine) for one in await status(wanted, engine)))

    async def test(self, target: Target, *, timeout_seconds: float | None = None) -> Deployment:
        """Run the tests of what is deployed of a release, each for at most `timeout_seconds`."""
        require_tests(target)
        return await run_tests(target, await self._engine([target]), timeout_seconds=timeout_seconds)

    async def history(self, target: Target) -> tuple[Recorded, ...]:
        """Return what is remembered of a release's deployments, those that Helm made included, oldest first."""
        return await history(target, await self._store(target), await self.clusters.open(target.environment))

    async def show(self, target: Target, number: int) -> Shown:
        """Return one of them in full, secrets masked."""
        return await show(target, number, await self._store(target), await self.clusters.open(target.environment))

    async def _store(self, target: Target) -> StateStore:
        return self.stores(await self.clusters.open(target.environment))

    async def _engine(self, targets: Sequence[Target]) -> Engine:
        clusters = {one.name: await self.clusters.open(one) for one, _ in by_environment(targets)}
        stores = {name: self.stores(cluster) for name, cluster in clusters.items()}
        return Engine(
            clusters,
            stores,
            self.events,
            self.clock,
            self.whoami,
            pulse=self.clock,
            ancestry=partial(self.source.is_ancestor, str(self.loaded.root)),
            charts=self.rendering.charts,
            anchors={name: self.anchors(cluster) for name, cluster in clusters.items()},
        )

    async def _wanted(self, targets: Sequence[Target]) -> list[Wanted]:
        return await self._wanting.wanted(targets)

    @property
    def _wanting(self) -> Wanting:
        return Wanting(
            str(self.loaded.root),
            self.clusters,
            self.rendering,
            self.source,
            self.addresses,
            self.redactor,
            self.stores,
            self.variables,
            self.environ,
        )


async def _explained(state: ReleaseStatus, wanted: Wanted, engine: Engine) -> ReleaseStatus:
    if state.health not in (HealthState.FAILED, HealthState.PROGRESSING) or wanted.is_app:
        return state
    refs = [manifest.ref for manifest in wanted.rendered.manifests]
    try:
        explanation = await explain_now(engine.cluster(state.key), refs, engine.clock)
    except RemoteRefused:  # who may not look closer still gets what the plan has seen
        return state
    return state if explanation is None else explained(state, explanation)
