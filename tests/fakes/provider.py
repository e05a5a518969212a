"""Access to clusters without kubeconfig files."""

from __future__ import annotations

from fairlead.domain.access import Access, Anonymous
from fairlead.domain.config import Cluster, Environment
from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Problem, Refused
from fairlead.domain.kubecontext import fingerprint
from fairlead.domain.pinning import context_name
from fairlead.ports.provider import InitializedContext


class FakeClusterAccess:
    """Knows each cluster's server by its declared name. `fail` makes `initialize` fail for a cluster.

    `initialized` lists the calls: cluster, environments, contexts_only, gitlab.
    """

    def __init__(self, servers: dict[str, str]) -> None:
        self.servers = servers
        self.initialized: list[tuple[str, tuple[str, ...], bool, bool]] = []
        self.current = ""
        self._failures: dict[str, FairleadError] = {}
        self._pins: dict[str, str] = {}

    def fail(self, cluster: str, error: FairleadError) -> None:
        """Let `initialize` raise this error for a cluster."""
        self._failures[cluster] = error

    async def initialize(
        self, cluster: Cluster, environments: tuple[Environment, ...], *, contexts_only: bool, gitlab: bool
    ) -> tuple[InitializedContext, ...]:
        names = tuple(environment.name for environment in environments)
        self.initialized.append((cluster.name, names, contexts_only, gitlab))
        if cluster.name in self._failures:
            raise self._failures[cluster.name]
        if cluster.name not in self.servers:
            raise OperationFailed(Problem("credentialsMissing", f"{cluster.name} is not there"))
        return tuple(self._pin(cluster, environment) for environment in environments)

    async def access(self, cluster: Cluster, environment: Environment) -> Access:
        if cluster.name not in self.servers:
            raise InputError(Problem("contextMissing", f"{cluster.name} is not there"))
        server = self.servers[cluster.name]
        found = fingerprint(server, None)
        name = context_name(environment.name)
        if self._pins.get(name, found) != found:
            raise Refused(Problem("contextMismatch", f"{name} leads to another cluster"))
        context = name if name in self._pins else cluster.name
        return Access(context, server, environment.namespace, None, False, None, None, Anonymous(), found)

    async def use(self, cluster: Cluster, environment: Environment) -> str:
        found = await self.access(cluster, environment)
        name = context_name(environment.name)
        if found.context != name:
            raise InputError(Problem("contextMissing", f"{name} is not there"))
        self.current = name
        return name

    def _pin(self, cluster: Cluster, environment: Environment) -> InitializedContext:
        server, name = self.servers[cluster.name], context_name(environment.name)
        found = fingerprint(server, None)
        changed = self._pins.get(name) != found
        self._pins[name] = found
        return InitializedContext(name, cluster.name, server, found, changed)
