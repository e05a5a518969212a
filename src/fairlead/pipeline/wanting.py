"""Turns targets into what they shall be: rendered for the cluster that they go to, from the commit that is checked out.

Charts are first rendered as what is deployed, so that one that prints its revision can come to rest; those that will
change are rendered once more as what they become.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from fairlead.domain.apps.objects import Inputs
from fairlead.domain.changes import Plan
from fairlead.domain.config import App, Environment, SecretRef
from fairlead.domain.placing import scopes_of
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.targets import Target
from fairlead.doors.redaction import Redactor, secrets_in
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.helm.past import helm_pasts
from fairlead.pipeline.recorded_hooks import Records
from fairlead.pipeline.removal import known_state, removal
from fairlead.pipeline.render import Facts, Rendering, render_all
from fairlead.pipeline.secrets import ClusterSecrets
from fairlead.pipeline.values import Sources
from fairlead.ports.cluster import Cluster
from fairlead.ports.source import Source
from fairlead.ports.statestore import StateStore
from fairlead.ports.valuesource import AddressSource, SecretSource
from fairlead.ports.variables import VariableStore


class Clusters(Protocol):
    """Opens the doors to clusters, each once, and closes them at the end."""

    async def open(self, environment: Environment) -> Cluster:
        """Return the door to an environment's cluster."""
        ...


@dataclass(frozen=True, slots=True)
class Wanting:
    """What is declared, as what it renders to. `root` is the repository; `environ` is what `valueFrom.env` reads.

    `redactor` learns every secret as soon as it is known.
    """

    root: str
    clusters: Clusters
    rendering: Rendering
    source: Source
    addresses: AddressSource
    redactor: Redactor
    stores: Callable[[Cluster], StateStore]
    variables: Callable[[Cluster], VariableStore]
    environ: Mapping[str, str] = field(repr=False)

    async def wanted(self, targets: Sequence[Target], *, as_next: bool = False) -> list[Wanted]:
        """Return releases as they shall be; charts as the deployed revision or, with `as_next`, as the one to come."""
        if not targets:
            return []
        commit = await self.source.commit(self.root)
        wanted: list[Wanted] = []
        for environment, members in by_environment(targets):
            cluster = await self.clusters.open(environment)
            facts = await facts_of(cluster, members)
            facts = replace(facts, as_next=as_next, inputs=await self.inputs(cluster, members))
            rendered = await self.rendered(members, facts, self.sources(cluster))
            wanted += [Wanted(*pair, commit) for pair in zip(members, rendered, strict=True)]
        return wanted

    async def removals(self, targets: Sequence[Target]) -> list[Wanted]:
        """Return releases as those that shall not be there; their records know the hooks of deleting."""
        if not targets:
            return []
        commit = await self.source.commit(self.root)
        found: list[Wanted] = []
        for target in targets:
            cluster = await self.clusters.open(target.environment)
            store = self.stores(cluster)
            state = known_state(target, await store.states([target.key.namespace]))
            records = Records(cluster, store, target.key, state, state.was_chart(otherwise=target.is_chart))
            found.append(removal(target, commit, await records.last()))
        return found

    async def renewed(self, wanted: Sequence[Wanted], planned: Plan) -> list[Wanted]:
        """Render the charts that will change as what they become; so far they were seen as what is deployed."""
        changing = {release.key for release in planned.releases if release.writes}
        later = [one.target for one in wanted if one.key in changing and one.rendered.is_deployed]
        renewed = {one.key: one for one in wanted} | {one.key: one for one in await self.wanted(later, as_next=True)}
        return list(renewed.values())

    async def rendered(self, targets: Sequence[Target], facts: Facts, sources: Sources) -> tuple[RenderedRelease, ...]:
        """Render releases with the facts of their cluster, and tell the redactor what they hold."""
        rendered = await render_all([(target, facts) for target in targets], self.rendering, sources)
        for release in rendered:
            self.redactor.register(release.secrets)
            self.redactor.register(secrets_in(manifest.data for manifest in release.everything))
        return rendered

    async def inputs(self, cluster: Cluster, targets: Sequence[Target]) -> Mapping[tuple[str, str], Inputs]:
        """Return what the apps among the targets are made of in their cluster, by namespace and name."""
        sources = {(one.key.namespace, one.key.release): one.release.source for one in targets}
        apps = {place: source.descriptor for place, source in sources.items() if isinstance(source, App)}
        if not apps:
            return {}
        from fairlead.pipeline.units.variables import inputs_for  # noqa: PLC0415 - only apps need what drives them

        found = await inputs_for(cluster, self.variables(cluster), list(apps.values()))
        return dict(zip(apps, found, strict=True))

    def sources(self, cluster: Cluster) -> Sources:
        """Return where values come from, secret ones included."""
        return Sources(self.environ, _Remembered(ClusterSecrets(cluster), self.redactor), self.addresses)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A source of secrets that tells the redactor what it gives away."""

    source: SecretSource
    redactor: Redactor

    async def secret(self, namespace: str, ref: SecretRef) -> str:
        """Return the text of a Secret's key."""
        found = await self.source.secret(namespace, ref)
        self.redactor.register([found])
        return found


def by_environment(targets: Sequence[Target]) -> list[tuple[Environment, list[Target]]]:
    """Return the targets of each environment, in their order."""
    found: dict[str, tuple[Environment, list[Target]]] = {}
    for target in targets:
        found.setdefault(target.environment.name, (target.environment, []))[1].append(target)
    return list(found.values())


async def facts_of(cluster: Cluster, targets: Sequence[Target] = ()) -> Facts:
    """Return what rendering may know of a cluster, and of the releases of charts that are there already."""
    capabilities, kinds = await cluster.capabilities(), await cluster.kinds()
    scopes = scopes_of(((kind.api_version, kind.kind, kind.namespaced) for kind in kinds), ())
    charts = [(target.key.namespace, target.key.release) for target in targets if target.is_chart]
    return Facts(capabilities, scopes, await cluster.lookup(), await helm_pasts(cluster, charts))
