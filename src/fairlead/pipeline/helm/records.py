"""Leaves a real Helm record of every deployment of a chart, so that Helm can go on with the release.

The record is created as pending before the first object is written and ended after the last: two writes, and one more
to supersede the revision before. A revision that somebody else began and never ended is taken over: Helm leaves no
sign of life that could be waited for, and the newest intent wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.helm_chart import chart_json
from fairlead.domain.helm_content import content_again, helm_content
from fairlead.domain.helm_hooks import with_runs
from fairlead.domain.helm_past import deployed_of
from fairlead.domain.helm_payload import HelmRevision, new_secret
from fairlead.domain.helm_release import HelmContent, HelmRelease, HelmStatus, abandoned, begun, failed, succeeded
from fairlead.domain.hooks import HookRun, fingerprints
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.marks import HELM_MANAGER
from fairlead.domain.records import KEPT
from fairlead.domain.rendering import ChartUse, RenderedRelease
from fairlead.doors.yaml import dump_stream, read_values
from fairlead.pipeline.engine import Engine, at_once
from fairlead.pipeline.helm.past import read_release, revisions_of
from fairlead.pipeline.helm.revising import Advance, revise
from fairlead.ports.cluster import Cluster, LiveObject

_LONGEST_REASON: Final = 500  # characters; `helm history` shows it in one line


@dataclass(slots=True)
class HelmRecord:
    """The record of one deployment of a chart: `begin` before its first write, `end` after its last.

    `kept` revisions stay, as with Helm's `--history-max`.
    """

    rendered: RenderedRelease
    use: ChartUse
    engine: Engine
    kept: int = KEPT
    _pending: LiveObject | None = None
    _before: tuple[HelmRevision, ...] = field(default=())

    async def begin(self) -> None:
        """Create the pending record.

        Raises:
            OperationFailed: `helmRecordTooLarge`, `changedSincePlan` (Helm was here since), or what the cluster says.
        """
        if self.use.past.revisions:  # else a first one that somebody makes meanwhile is met by creating ours
            self._before = await revisions_of(self._cluster, self._key.namespace, self._key.release)
        number = self.use.past.next_revision
        if self._before and self._before[-1].revision >= number:
            raise self._overtaken(self._before[-1].revision)
        hooks = fingerprints(self.rendered.hooks, self._key.namespace)
        secret = new_secret(await self._release(number), at=self.engine.clock.now(), hooks=hooks)
        self._pending = await self._created(secret)
        await self._recover(self._before)

    async def end(self, outcome: Outcome, explanation: str, runs: Iterable[HookRun] = ()) -> None:
        """Say how it ended, and what became of its hooks. `explanation` holds no secrets.

        One that was never begun leaves no revision, but a release that needs no change is no longer stuck afterwards.

        Raises:
            OperationFailed: the cluster did not take it.
        """
        if self._pending is None:
            if outcome is Outcome.UNCHANGED:
                await self._recover(self.use.past.revisions)
                await self._supersede(one for one in self.use.past.revisions if one != self.use.past.deployed)
            return
        ran = tuple(runs)
        if outcome is Outcome.SUCCEEDED:
            await self._advance(self._mine, lambda release: succeeded(with_runs(release, ran)), self._pending)
            await self._supersede(self._before)
        else:
            reason = " ".join((explanation or outcome.value).split())[:_LONGEST_REASON]
            await self._advance(self._mine, lambda release: failed(with_runs(release, ran), reason), self._pending)
        self._pending = None
        await at_once(self._forget(one) for one in _surplus(self._before, outcome, kept=self.kept))

    async def _recover(self, revisions: Sequence[HelmRevision]) -> None:
        """Give up revisions that somebody began and never ended: Helm refuses a release that has one."""
        await at_once(self._advance(one, abandoned) for one in revisions if one.status.is_pending)

    async def _supersede(self, revisions: Iterable[HelmRevision]) -> None:
        """Say of revisions that another one is deployed now; a run that was killed may have left several so."""
        await at_once(self._advance(one, _superseded) for one in revisions if one.status is HelmStatus.DEPLOYED)

    async def _release(self, number: int) -> HelmRelease:
        content = await self._content()
        first = await self._first_deployed()
        return begun(content, self._key, revision=number, first_deployed=first, at=self.engine.clock.now())

    async def _content(self) -> HelmContent:
        if self.use.again is not None:
            return content_again(self.use.again)
        files = await self.engine.chart_files(self.use.chart)
        return helm_content(self.rendered, chart_json(files, read_values), dump_stream)

    async def _first_deployed(self) -> str | None:
        """Return when the release was first installed, None when this is the first time."""
        if not self.use.past.is_installed or not self._before:
            return None
        latest = self.use.past.deployed or self._before[-1]
        release = await read_release(self._cluster, latest)
        return None if release is None else release.first_deployed or release.last_deployed

    async def _created(self, secret: Mapping[str, Any]) -> LiveObject:
        try:
            return await self._cluster.create(secret, manager=HELM_MANAGER)
        except RemoteRefused as error:
            if error.code != "alreadyExists":
                raise
            live = await self._cluster.get(self._mine.ref)
            if live is None or live.get("data") != secret["data"]:
                raise self._overtaken(self._mine.revision) from None
            return live  # our own first attempt, whose answer was lost

    async def _advance(self, revision: HelmRevision, change: Advance, live: LiveObject | None = None) -> None:
        await revise(self._cluster, revision, change, at=self.engine.clock.now(), live=live)

    async def _forget(self, revision: HelmRevision) -> None:
        live = await self._cluster.get(revision.ref)
        if live is not None:
            await self._cluster.delete(revision.ref, uid=live["metadata"]["uid"])

    def _overtaken(self, revision: int) -> OperationFailed:
        message = f"release {self._key.release} got revision {revision} from someone else after the plan was made"
        return OperationFailed(Problem("changedSincePlan", message, remedy="plan again, look at it, and apply that"))

    @property
    def _mine(self) -> HelmRevision:
        pending = HelmStatus.PENDING_UPGRADE
        return HelmRevision(self.use.past.next_revision, self._key.release, self._key.namespace, pending)

    @property
    def _key(self) -> ReleaseKey:
        return self.rendered.key

    @property
    def _cluster(self) -> Cluster:
        return self.engine.cluster(self._key)


def helm_record(rendered: RenderedRelease, engine: Engine, *, kept: int = KEPT) -> HelmRecord | None:
    """Return the record of a deployment that is about to be; None for releases that are no charts."""
    return HelmRecord(rendered, rendered.use, engine, kept) if rendered.use is not None else None


def _superseded(release: HelmRelease) -> HelmRelease:
    return release.ended(HelmStatus.SUPERSEDED)


def _surplus(before: Sequence[HelmRevision], outcome: Outcome, *, kept: int) -> Sequence[HelmRevision]:
    """Return the oldest revisions beyond those that are kept, this one included; what is deployed always is."""
    deployed = None if outcome is Outcome.SUCCEEDED else deployed_of(before)
    return [one for one in before if one != deployed][: max(0, len(before) + 1 - kept)]
