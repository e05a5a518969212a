"""What was deployed once, as a release to be deployed again: from our record, or for charts from Helm's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.domain.app_releases import AppUse
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.apps.variables import Variable
from fairlead.domain.changes import Action, ReleasePlan
from fairlead.domain.config import App
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.deployments import Deployment
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.helm_payload import HelmRevision
from fairlead.domain.helm_release import HelmRelease
from fairlead.domain.hooks import from_stored
from fairlead.domain.identity import ReleaseKey, sha256_json
from fairlead.domain.inventory import Inventory
from fairlead.domain.manifests import Manifest
from fairlead.domain.placing import scopes_of
from fairlead.domain.records import Recorded
from fairlead.domain.rendering import ChartUse, LocalChart, RenderedRelease
from fairlead.domain.returning import NOTHING, last_good, secret_values, spared
from fairlead.domain.state import Rejection, ReleaseState
from fairlead.domain.targets import Target
from fairlead.doors.redaction import secrets_in
from fairlead.doors.yaml import read_manifests
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.helm.past import helm_pasts, hooks_in, read_release, revisions_of
from fairlead.pipeline.history import history
from fairlead.pipeline.plan import plan
from fairlead.pipeline.recorded_hooks import placed_hook
from fairlead.ports.cluster import Cluster
from fairlead.ports.statestore import StateStore

_VOLUME_CLAIM: Final = "PersistentVolumeClaim"


@dataclass(frozen=True, slots=True)
class Past:
    """Where the records of one release lie."""

    target: Target
    cluster: Cluster
    store: StateStore

    async def returning(self, number: int | None, *, reason: str) -> Wanted:
        """Return the release as deployment `number` was; None means the last one that succeeded before the present.

        Raises:
            InputError: there is none such (`unknownDeployment`, `nothingToReturnTo`), or not any more (`recordGone`).
        """
        deployments = await history(self.target, self.store, self.cluster)
        state = (await self.store.read(self.target.key)).state
        present = _present(state, deployments)
        rejected = state.hold.inputs_digest if state.hold is not None else ""
        chosen = _chosen(self.target.key, deployments, number) or last_good(deployments, present, rejected=rejected)
        if chosen is None:
            message = f"no deployment of {self.target.key} before the present one succeeded"
            raise InputError(Problem("nothingToReturnTo", message, remedy=_see(self.target.key)))
        rendered = await self._of_helm(chosen) if self.target.is_chart else await self._of_ours(chosen)
        return Wanted(
            self.target,
            rendered,
            chosen.deployment.revision.source,
            returns_to=chosen.number,
            rejects=_rejection(state, deployments, rendered, reason),
        )

    async def _of_ours(self, chosen: Recorded) -> RenderedRelease:
        key = self.target.key
        record = None if chosen.chunks is None else await self.store.record(key, chosen.number)
        if record is None:
            raise _gone(key, chosen.number)
        source = f"deployment {chosen.number}"
        app = None if record.app is None else await self._app(record.app, chosen)
        if app is None and isinstance(self.target.release.source, App):
            message = f"deployment {chosen.number} of {key} was none of an app, and it is one now"
            raise InputError(Problem("wasNoApp", message, remedy=f"{_see(key)}, and name another one"))
        return RenderedRelease(
            key,
            chosen.deployment.revision.inputs_digest,
            tuple(Manifest(data, source) for data in record.manifests),
            tuple(from_stored(hook, source) for hook in record.hooks),
            tuple(Manifest(data, source) for data in record.crds),
            record.notes,
            (*record.secrets, *secrets_in(record.manifests)),
            app=app,
        )

    async def _app(self, recorded: Mapping[str, Any], chosen: Recorded) -> AppUse:
        """Return an app as it was recorded; Secrets do not go back."""
        descriptor = read_descriptor(recorded["descriptor"])
        if not isinstance(descriptor, Descriptor):
            raise _gone(self.target.key, chosen.number)
        from fairlead.pipeline.units.variables import secrets_for  # noqa: PLC0415 - only apps need what drives them

        (secrets,) = await secrets_for(self.cluster, [descriptor])
        variables = tuple(Variable.from_stored(one) for one in recorded["variables"])
        return AppUse(descriptor, Inputs(variables, secrets), chosen.deployment.version)

    async def _of_helm(self, chosen: Recorded) -> RenderedRelease:
        key = self.target.key
        revisions = await revisions_of(self.cluster, key.namespace, key.release)
        revision = next((one for one in revisions if one.revision == chosen.number), None)
        release = None if revision is None else await read_release(self.cluster, revision)
        if release is None or revision is None:
            raise _gone(key, chosen.number)
        manifests = _manifests(release, revision)
        scopes = scopes_of(((one.api_version, one.kind, one.namespaced) for one in await self.cluster.kinds()), ())
        hooks = tuple(placed_hook(hook, key, scopes) for hook in hooks_in(release))
        past = (await helm_pasts(self.cluster, [(key.namespace, key.release)])).get((key.namespace, key.release))
        use = ChartUse(_chart(release, chosen), release.body.get("config") or {}, again=release)
        return RenderedRelease(
            key,
            chosen.deployment.revision.inputs_digest,
            manifests,
            hooks,
            secrets=(*await self._secrets(release, revisions), *secrets_in(one.data for one in manifests)),
            use=use if past is None else replace(use, past=past),
        )

    async def _secrets(self, release: HelmRelease, revisions: Sequence[HelmRevision]) -> tuple[str, ...]:
        """Return what nobody may see of the values of a revision, and of those that run now."""
        entries = (*self.target.environment.default_values, *self.target.release.values)
        newest = max(revisions)
        running = release if newest.revision == release.revision else await read_release(self.cluster, newest)
        bodies = (one.body.get("config") or {} for one in (release, running) if one is not None)
        return tuple(text for values in bodies for text in secret_values(entries, values))


async def way_back(failed: ReleasePlan, target: Target, ended: Deployment, engine: Engine) -> ReleasePlan:
    """Return the plan that undoes a failed deployment: its last good predecessor again, or nothing of what it made.

    Raises:
        FairleadError: whatever keeps it from being planned.
    """
    key = target.key
    past = Past(target, engine.cluster(key), engine.store(key))
    reason = f"deployment {ended.number} failed"
    try:
        wanted = await past.returning(None, reason=reason)
    except InputError as error:
        if error.code != "nothingToReturnTo":
            raise
        return await _undoing(failed, target, engine, reason=reason)
    if wanted.rendered.inputs_digest == failed.revision.inputs_digest:
        message = f"deployment {wanted.returns_to}, the last good one, had the same inputs"
        raise OperationFailed(Problem("nothingToReturnTo", message, remedy=_see(key)))
    return spared((await plan([wanted], engine)).releases[0])


async def _undoing(failed: ReleasePlan, target: Target, engine: Engine, *, reason: str) -> ReleasePlan:
    """Return the plan that removes what a first deployment made, all but volumes: they may hold data by now.

    A chart then leaves no record, as when Helm undoes a first install.
    """
    made = {change.ref.identity for change in failed.changes if change.action is Action.CREATE}
    state = (await engine.store(target.key).read(target.key)).state
    entries = (one for one in state.inventory if one.ref.identity in made and one.ref.kind != _VOLUME_CLAIM)
    inventories = {target.key: Inventory(tuple(entries))}
    nothing = RenderedRelease(target.key, sha256_json([]), ())
    if target.is_chart:
        wanted = Wanted(target, nothing, failed.revision.source, is_removed=True)
    else:
        rejected = Rejection(failed.revision.inputs_digest, reason)
        wanted = Wanted(target, nothing, failed.revision.source, returns_to=NOTHING, rejects=rejected)
    return (await plan([wanted], engine, inventories=inventories)).releases[0]


def _present(state: ReleaseState, deployments: Sequence[Recorded]) -> int:
    """Return the number of the deployment to leave: one that is under way counts, or whose run was killed."""
    if state.lock is not None:
        return state.lock.number
    return deployments[-1].number if deployments else NOTHING


def _chosen(key: ReleaseKey, deployments: Sequence[Recorded], number: int | None) -> Recorded | None:
    if number is None:
        return None
    found = next((one for one in deployments if one.number == number), None)
    if found is not None:
        return found
    known = ", ".join(str(one.number) for one in deployments) or "none"
    message = f"found deployment number {number}, expected one that is remembered of {key}: {known}"
    raise InputError(Problem("unknownDeployment", message, remedy=_see(key)))


def _rejection(
    state: ReleaseState, deployments: Sequence[Recorded], rendered: RenderedRelease, reason: str
) -> Rejection | None:
    """Return what is turned away from: what was deployed last, or what an earlier rollback already turned away from."""
    last = state.lock.inputs_digest if state.lock is not None else deployments[-1].deployment.revision.inputs_digest
    if last not in ("", rendered.inputs_digest):
        return Rejection(last, reason)
    if state.hold is not None and state.hold.inputs_digest not in ("", rendered.inputs_digest):
        return Rejection(state.hold.inputs_digest, reason)
    return None


def _manifests(release: HelmRelease, revision: HelmRevision) -> tuple[Manifest, ...]:
    source = revision.ref.name
    return tuple(
        Manifest(data, source) for data, _ in read_manifests(release.manifest.encode(), source, duplicates=True)
    )


def _chart(release: HelmRelease, chosen: Recorded) -> LocalChart:
    """Return the chart of a revision, which lies in its record alone."""
    known = chosen.chart or {}
    digest = known.get("digest") or sha256_json(release.body.get("chart"))
    return LocalChart("", digest, release.chart_name, release.chart_version)


def _gone(key: ReleaseKey, number: int) -> InputError:
    message = f"what deployment {number} of {key} was made of is not recorded any more"
    return InputError(Problem("recordGone", message, remedy=f"{_see(key)}, and name another one"))


def _see(key: ReleaseKey) -> str:
    return f"see `fairlead history {key.environment} {key.release}`"
