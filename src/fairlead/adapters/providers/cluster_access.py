"""The `ClusterAccess` port on kubeconfig files and credential programs."""

from __future__ import annotations

from pathlib import Path

from fairlead.adapters.providers import refusing
from fairlead.adapters.providers.sources import Source, Sources
from fairlead.adapters.providers.store import KubeconfigStore
from fairlead.domain.access import Access
from fairlead.domain.config import Cluster, Environment
from fairlead.domain.errors import InputError, OperationFailed, Refused
from fairlead.domain.kubeconfig import Kubeconfig, Trust
from fairlead.domain.kubecontext import Context, access, files_to_read
from fairlead.domain.pinning import Decision, Pin, PinnedContext, context_name, decide, with_context, with_current
from fairlead.domain.reaching import check_fingerprint, choose, target
from fairlead.doors import process
from fairlead.ports.provider import InitializedContext


class KubeconfigAccess:
    """Turns declared clusters into access. One instance per run; see `Sources` for what it looks into."""

    def __init__(self, sources: Sources, store: KubeconfigStore) -> None:
        self._sources = sources
        self._store = store

    async def access(self, cluster: Cluster, environment: Environment) -> Access:
        """Return how to reach the environment's cluster; nothing is run and nothing is written."""
        return await self._checked(self._sources.of(cluster), cluster, environment)

    async def use(self, cluster: Cluster, environment: Environment) -> str:
        """Make the environment's context the current one."""
        source = self._sources.of(cluster)
        name = context_name(environment.name)
        found = await self._checked(source, cluster, environment)
        if found.context != name:
            raise InputError(refusing.not_initialized(name, environment.name, source))
        await self._set_current(source.home, name)
        return name

    async def initialize(
        self, cluster: Cluster, environments: tuple[Environment, ...], *, contexts_only: bool, gitlab: bool
    ) -> tuple[InitializedContext, ...]:
        """Run the provider's credential programs, then set the contexts; all of them are checked before the first."""
        source = self._sources.of(cluster, in_gitlab=gitlab)
        if not contexts_only:
            await self._get_credentials(source)
        config = await self._read(source, cluster)
        context = target(config, source.reach)
        if context is None:
            raise OperationFailed(refusing.no_entries(source, cluster))
        found = await self._access(context, source.trust, namespace="")
        if source.trust is Trust.FOREIGN:
            # The repository is not for `init` to change, and its context is at hand without one.
            return tuple(_result(context.name, cluster, found, changed=False) for _ in environments)
        pin = Pin(cluster.name, found.fingerprint, self._sources.repository)
        wanted = [_wanted(environment, context, pin) for environment in environments]
        taken = [refusing.taken(config, one) for one in wanted if decide(config, one) is Decision.TAKEN]
        if taken:
            raise Refused(taken)
        return tuple(
            [_result(one.name, cluster, found, changed=await self._set(source, cluster, one)) for one in wanted]
        )

    async def _get_credentials(self, source: Source) -> None:
        env = self._sources.child_environment(source)
        before = (await self._store.read(source.files)).current_context if source.reach.programs else ""
        for argv in source.reach.programs:
            await process.run(process.Program(argv, env=env))
        # gcloud and az make their cluster the current one; `init` is not asked to move the operator there.
        if before and (await self._store.read(source.files)).current_context != before:
            await self._set_current(source.files[0], before)

    async def _set_current(self, file: Path, name: str) -> None:
        async with self._store.locked(file):
            content = await self._store.content(file)
            if content.get("current-context") != name:
                await self._store.write(file, with_current(content, name))

    async def _checked(self, source: Source, cluster: Cluster, environment: Environment) -> Access:
        config = await self._read(source, cluster)
        choice = choose(config, source.reach, environment=environment.name, repository=self._sources.repository)
        found = await self._access(choice.context, source.trust, namespace=environment.namespace)
        check_fingerprint(found, choice, environment.name)
        return found

    async def _access(self, context: Context, trust: Trust, *, namespace: str) -> Access:
        paths = files_to_read(context, trust)
        files = {path: await self._store.read_bytes(path) for path in paths}
        return access(context, namespace=namespace, trust=trust, files=files)

    async def _read(self, source: Source, cluster: Cluster) -> Kubeconfig:
        if source.named and not source.files[0].exists():
            raise InputError(refusing.no_file(source, cluster))
        return await self._store.read(source.files)

    async def _set(self, source: Source, cluster: Cluster, wanted: PinnedContext) -> bool:
        """Write one context where it stands already, else to the source's home; tell whether anything changed."""
        existing = (await self._read(source, cluster)).contexts.get(wanted.name)
        file = source.home if existing is None else next(f for f in source.files if str(f.absolute()) == existing.file)
        async with self._store.locked(file):
            # Decided again: another may have written between the first look and the lock.
            config = await self._store.read(source.files)
            decision = decide(config, wanted)
            if decision is Decision.TAKEN:
                raise Refused(refusing.taken(config, wanted))
            if decision is Decision.WRITE:
                await self._store.write(file, with_context(await self._store.content(file), wanted))
            return decision is Decision.WRITE


def _wanted(environment: Environment, context: Context, pin: Pin) -> PinnedContext:
    return PinnedContext(
        name=context_name(environment.name),
        cluster=context.cluster.name,
        user=context.user.name if context.user else "",
        namespace=environment.namespace,
        pin=pin,
    )


def _result(name: str, cluster: Cluster, found: Access, *, changed: bool) -> InitializedContext:
    return InitializedContext(name, cluster.name, found.server, found.fingerprint, changed)
