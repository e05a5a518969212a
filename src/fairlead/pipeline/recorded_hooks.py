"""The hooks that a release brought with it, read from where its records lie: Helm's for charts, else our own.

So what is tested or deleted is what was deployed, not what the files say by now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fairlead.domain.helm_history import as_recorded
from fairlead.domain.helm_past import deployed_of
from fairlead.domain.helm_payload import HelmRevision
from fairlead.domain.hooks import from_stored
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.placing import Scopes, place, scopes_of
from fairlead.domain.records import Recorded
from fairlead.domain.rendering import Hook
from fairlead.domain.state import ReleaseState
from fairlead.doors.redaction import secrets_in
from fairlead.doors.yaml import read_manifests
from fairlead.pipeline.helm.past import hooks_in, read_release, revisions_of
from fairlead.pipeline.live import served_kinds
from fairlead.ports.cluster import Cluster
from fairlead.ports.statestore import StateStore


@dataclass(frozen=True, slots=True)
class RecordedHooks:
    """What was recorded of a deployment, with its hooks, and the clear texts in all of it that nobody may see.

    `revision` is Helm's, for charts.
    """

    recorded: Recorded
    hooks: tuple[Hook, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    revision: HelmRevision | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Where the records of one release lie. `state` is what is remembered of it."""

    cluster: Cluster
    store: StateStore
    key: ReleaseKey
    state: ReleaseState
    is_chart: bool

    async def deployed(self) -> RecordedHooks | None:
        """Return the hooks of what is deployed; None when nothing is."""
        if self.is_chart:
            return await self._of_helm(deployed_of(await self._revisions()))
        return await self._of_ours([one for one in self.state.deployments if one.deployment.outcome.is_good])

    async def last(self) -> RecordedHooks | None:
        """Return the hooks of what was deployed last, be it with success or without; None when nothing was."""
        if self.is_chart:
            return await self._of_helm(max(await self._revisions(), default=None))
        return await self._of_ours(self.state.deployments)

    async def _revisions(self) -> tuple[HelmRevision, ...]:
        return await revisions_of(self.cluster, self.key.namespace, self.key.release)

    async def _of_helm(self, revision: HelmRevision | None) -> RecordedHooks | None:
        release = None if revision is None else await read_release(self.cluster, revision)
        if release is None:
            return None
        ours = (one for one in self.state.deployments if one.number == release.revision)
        served = await served_kinds(self.cluster)
        scopes = scopes_of(((*kind, found.namespaced) for kind, found in served.items()), ())
        hooks = tuple(placed_hook(hook, self.key, scopes) for hook in hooks_in(release))
        manifests = (data for data, _ in read_manifests(release.manifest.encode(), "manifest", duplicates=True))
        secrets = tuple(secrets_in((*manifests, *(hook.manifest.data for hook in hooks))))
        return RecordedHooks(next(ours, as_recorded(release, self.key)), hooks, secrets, revision)

    async def _of_ours(self, deployments: Sequence[Recorded]) -> RecordedHooks | None:
        for recorded in reversed(deployments):
            record = None if recorded.chunks is None else await self.store.record(self.key, recorded.number)
            if record is not None:
                hooks = tuple(from_stored(one, f"deployment {recorded.number}") for one in record.hooks)
                secrets = secrets_in((*record.manifests, *(hook.manifest.data for hook in hooks)))
                return RecordedHooks(recorded, hooks, (*record.secrets, *secrets))
        return None


def placed_hook(hook: Hook, key: ReleaseKey, scopes: Scopes) -> Hook:
    """Return a hook in the namespace where its object belongs."""
    return replace(hook, manifest=replace(hook.manifest, data=place(hook.manifest, key, scopes).data))
