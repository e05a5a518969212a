"""Writes down what drivers announce: journal, health data, how each deployment stands. Then tells who follows it.

What is told is in the store first, so that nobody hears of something that a restart would make unsaid.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from fairlead.domain.errors import FairleadError, OperationFailed
from fairlead.domain.keeping.deployments import DELETE_AFTER, DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.health_data import HealthData
from fairlead.domain.keeping.journals import LOG, Entry
from fairlead.domain.keeping.progressing import ended, entered
from fairlead.domain.rollout.intents import Undeploy
from fairlead.domain.rollout.phases import Phase, UnitOutcome
from fairlead.domain.scopes import one_unit
from fairlead.domain.unit_news import (
    DeploymentEnded,
    HealthObserved,
    IntentAccepted,
    LogLine,
    Notified,
    Progressed,
    StateEntered,
    UnitNews,
    VersionChanged,
)
from fairlead.domain.units import UnitKey
from fairlead.ports.clock import Clock
from fairlead.ports.store import Store
from fairlead.server.api.streaming import told
from fairlead.server.metrics import Metrics
from fairlead.server.streams.hub import Hub

_WAITING: Final = 50_000  # pieces of news; log lines beyond are dropped, for nobody could have read them anyway
_AT_ONCE: Final = 500
_AGAIN_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


async def _nothing(unit: UnitKey, version: str) -> None:
    """Know of no version what it was made of."""


@dataclass(slots=True)
class Recorder:
    """A sink of news, with a task that writes them down in their order.

    `recall` returns the descriptor that a version was made of, None when nobody knows. All that follows waits for it,
    so it gets `recall_seconds`.
    """

    store: Store
    hub: Hub
    clock: Clock
    metrics: Metrics
    recall: Callable[[UnitKey, str], Awaitable[Mapping[str, Any] | None]] = _nothing
    recall_seconds: float = 5.0
    _news: deque[UnitNews] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def announce(self, news: UnitNews) -> None:
        """Take one piece of news; it is written down soon."""
        if news.deployment and (len(self._news) < _WAITING or not isinstance(news, LogLine)):
            self._news.append(news)
            self._arrived.set()

    async def run(self) -> None:
        """Write down what arrives, once, until cancelled. A store that fails is asked again; nothing is left out."""
        while True:
            await self._arrived.wait()
            writing = asyncio.ensure_future(self.write())
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:  # what the store has begun to keep would be written twice
                await asyncio.gather(writing, return_exceptions=True)
                raise
            except OperationFailed as error:
                _log.error("what happened could not be stored: %s", error)
                await self.clock.sleep(_AGAIN_SECONDS)

    async def write(self) -> None:
        """Write down everything that has arrived so far."""
        self._arrived.clear()
        try:
            while self._news:
                batch = [self._news[number] for number in range(min(len(self._news), _AT_ONCE))]
                for run in _runs(batch):
                    try:
                        await self.keep(run)
                    except OperationFailed:
                        raise
                    except Exception:  # noqa: BLE001 - what cannot be written would hold up all that follows
                        _log.exception("this is a bug: news of deployment %s are lost", run[0].deployment)
                    for _ in run:
                        self._news.popleft()
        finally:
            if self._news:
                self._arrived.set()

    async def keep(self, news: Sequence[UnitNews]) -> None:
        """Write down news of one deployment."""
        deployment = news[0].deployment
        health = [HealthData(one.pod, one.body, one.at) for one in news if isinstance(one, HealthObserved)]
        if health:
            await self.store.health.put(deployment, health)
        kept = await self.store.journals.append(deployment, [entry_of(one) for one in await self._unsaid(news)])
        for entry in kept if isinstance(kept, tuple) else ():
            self.hub.publish(deployment, told(entry))
        for one in news:
            await self._follow(one)

    async def _unsaid(self, news: Sequence[UnitNews]) -> Sequence[UnitNews]:
        """Leave out what ended as the record says already: whoever takes a unit over says all that again."""
        if not any(isinstance(one, DeploymentEnded) for one in news):
            return news
        record = await self.store.deployments.read(news[0].deployment)
        if record is None:
            return news
        status, unsaid = record.status, list[UnitNews]()
        for one in news:
            before, status = status, _followed(status, one)
            if before is not status or not isinstance(one, DeploymentEnded):
                unsaid.append(one)
        return unsaid

    async def _follow(self, news: UnitNews) -> None:
        """Let the record follow what happened."""
        match news:
            case StateEntered(deployment=deployment, at=at):
                followed = partial(_after_phase, news=news)
                await self._describe(await self._change(deployment, followed, at), at)
            case IntentAccepted(deployment=deployment, at=at):
                await self._change(deployment, lambda old: replace(old, status=_followed(old.status, news)), at)
            case DeploymentEnded(deployment=deployment, outcome=outcome, explanation=why, at=at):
                await self.end(deployment, outcome, why, at)
            case _:
                return

    async def _describe(self, record: StoredDeployment | None, at: datetime) -> None:
        """Write down what a deployment deploys that came without a descriptor, as soon as its version is known."""
        if record is None or record.document.get("descriptor") or not record.version:
            return
        try:
            async with asyncio.timeout(self.recall_seconds):
                found = await self.recall(record.unit, record.version)
        except (FairleadError, TimeoutError) as error:
            _log.warning("what version %s of %s was made of is not known: %s", record.version, record.unit, error)
            return
        if found is not None:
            described = {"descriptor": dict(found)}
            await self._change(record.identifier, lambda old: replace(old, document={**old.document, **described}), at)

    async def end(self, deployment: str, outcome: UnitOutcome, explanation: str, at: datetime) -> None:
        """Write down how an intent about a deployment ended; the same may be said again."""

        def after(old: StoredDeployment) -> StoredDeployment:
            status = ended(old.status, outcome)
            return old if status is old.status else _entered(old, status, "", explanation)

        changed = await self._change(deployment, after, at)
        if changed is None:
            return
        if changed.status is DeploymentStatus.DEPLOYED:
            await self._replace_others(changed, at)
        if not changed.status.is_under_way:
            self.metrics.ended(outcome.value)
            self.hub.complete(deployment)
        if changed.status is DeploymentStatus.UNDEPLOYED and changed.document.get(DELETE_AFTER):
            await self.store.deployments.delete(deployment)

    async def _replace_others(self, live: StoredDeployment, at: datetime) -> None:
        """Of one unit, one deployment is live: whatever was before is replaced."""
        wanted = DeploymentFilter(one_unit(live.unit), frozenset({DeploymentStatus.DEPLOYED}))
        page = await self.store.deployments.page(wanted)
        for other in page.items:
            if other.identifier != live.identifier and other.number < live.number:
                await self._change(other.identifier, lambda old: replace(old, status=DeploymentStatus.REPLACED), at)

    async def _change(
        self, deployment: str, change: Callable[[StoredDeployment], StoredDeployment], at: datetime
    ) -> StoredDeployment | None:
        """Change a record, whoever else does at the same time; return it if that changed anything."""
        while (old := await self.store.deployments.read(deployment)) is not None:
            new = change(old)
            if new == old:
                return None
            kept = await self.store.deployments.replace(replace(new, modified=at))
            if isinstance(kept, StoredDeployment):
                return kept
        return None


def _followed(status: DeploymentStatus, news: UnitNews) -> DeploymentStatus:
    """Return how a deployment stands after a piece of news."""
    match news:
        case StateEntered(phase=phase):
            return entered(status, phase)
        case IntentAccepted(kind=Undeploy.KIND):
            return entered(status, Phase.UNDEPLOYING)
        case DeploymentEnded(outcome=outcome):
            return ended(status, outcome)
        case _:
            return status


def _after_phase(old: StoredDeployment, news: StateEntered) -> StoredDeployment:
    return _entered(old, _followed(old.status, news), news.version, news.explanation)


def _entered(old: StoredDeployment, status: DeploymentStatus, version: str, explanation: str) -> StoredDeployment:
    """Return a record that stands otherwise; why it stood as before is no reason any more."""
    document = dict(old.document)
    if status is not old.status:
        document.pop("explanation", None)
    if explanation:
        document["explanation"] = explanation
    return replace(old, status=status, version=version or old.version, document=document)


def entry_of(news: UnitNews) -> Entry:
    """Return what the journal says of a piece of news."""
    said: dict[str, Any]
    match news:
        case LogLine(text=text, explanation=why):
            kind, said = LOG, {"text": f"{text}: {why}" if why else text}
        case IntentAccepted(intent=intent, kind=asked, by=by, reason=why):
            kind, said = "intentAccepted", {"intent": intent, "kind": asked, "by": by, "reason": why}
        case StateEntered(phase=phase, version=version, explanation=why):
            kind, said = "stateEntered", {"phase": phase.value, "version": version, "explanation": why}
        case Progressed(phase=phase, version=version, progress=progress):
            kind, said = "progressed", {"phase": phase.value, "version": version, **progress.to_json()}
        case VersionChanged(version=version, state=state):
            kind, said = "versionChanged", {"version": version, "state": state.value}
        case HealthObserved(pod=pod, healthy=healthy):
            kind, said = "healthObserved", {"pod": pod, "healthy": healthy}
        case Notified(code=code, text=text, alarm=alarm):
            kind, said = "notified", {"code": code, "text": text, "alarm": alarm}
        case DeploymentEnded(intent=intent, outcome=outcome, explanation=why):
            kind, said = "deploymentEnded", {"intent": intent, "outcome": outcome.value, "explanation": why}
    return Entry(news.at, kind, said)


def _runs(news: Iterable[UnitNews]) -> Iterable[Sequence[UnitNews]]:
    """Yield news in their order, those in a row of one deployment together."""
    run: list[UnitNews] = []
    for one in news:
        if run and run[-1].deployment != one.deployment:
            yield run
            run = []
        run.append(one)
    if run:
        yield run
