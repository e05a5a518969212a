"""Carries out what a plan says of an app: asks its unit for it, and drives that until it ends, or waits for a person.

Whoever is interrupted hands the unit over: its anchor says what is wanted, and the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.app_releases import Verdict
from fairlead.domain.app_waiting import UNIT_BLOCKED, Waiting, going_on, handed_over, waiting
from fairlead.domain.apps.writing import span_text
from fairlead.domain.changes import ReleasePlan
from fairlead.domain.errors import OperationFailed, Problem, Refused
from fairlead.domain.events import RolloutMoved, RolloutTold
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.rollout.anchor import Anchor, Ended
from fairlead.domain.rollout.explaining_units import Explanation
from fairlead.domain.rollout.intents import Abort, Deploy, Intent, Rollback, Undeploy
from fairlead.domain.rollout.phases import Phase, UnitOutcome
from fairlead.domain.rollout.refusing import NotTaken, Ways, blocked
from fairlead.domain.unit_news import LogLine, Progressed, UnitNews
from fairlead.domain.units import UnitKey
from fairlead.pipeline.locks.holding import LockLost
from fairlead.pipeline.pausing import ends_within
from fairlead.pipeline.units.checking import Check, as_taken
from fairlead.pipeline.units.driver import Rests
from fairlead.pipeline.units.planning import unit_key
from fairlead.pipeline.units.service import Order, Units, new_id, until_waiting
from fairlead.ports.events import EventSink, UnitSink


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a unit, and the version that it is about; no intent where there was nothing to ask for."""

    intent: str
    version: str
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Rolled:
    """The version that a unit has come to, and what it waits for where it is not live yet."""

    version: str
    waits: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The version that is live after one that was not to be, empty for none; and whether that had to be given up."""

    live: str
    given_up: bool


@dataclass(frozen=True, slots=True)
class UnitRollouts:
    """The rollouts of apps in one run.

    `within` is how many seconds each is waited for; None: as long as its own deadlines let it. With `drives` False it
    is asked for and left to others.
    """

    units: Units
    within: float | None = None
    drives: bool = True

    async def ask(self, plan: ReleasePlan) -> Asked:
        """Ask a unit for what a plan says of it, unless that was done already.

        Raises:
            InputError: a Secret that the descriptor names is missing.
            Refused: its version exists already (`versionTaken`).
            NotTaken: the unit would refuse it as it stands, or a person has to say how to go on (`unitBlocked`).
        """
        key, app = unit_key(plan.key), plan.app
        if app is None or not app.writes:
            return Asked("", app.version if app is not None else "")
        if app.phase == Phase.BLOCKED:  # what is asked now would be begun whenever the block ends
            raise _blocked(plan.key, app.cause)
        match app.verdict:
            case Verdict.UNDER_WAY:
                return Asked(app.intent, app.version)
            case Verdict.BACK:
                intent: Intent = Rollback(*self._new(), deployment=new_id(), to=app.version)
            case Verdict.REMOVED:
                intent = Undeploy(*self._new(), deployment=new_id())
            case _:
                return await self._deployed(key, plan)
        await self.units.submit(key, intent, _check(plan.key))
        return Asked(intent.id, app.version, removes=app.verdict is Verdict.REMOVED)

    async def see_through(self, key: ReleaseKey, asked: Asked) -> Rolled:
        """Drive a unit until what was asked has ended, or waits for a person.

        Raises:
            OperationFailed: the rollout failed, or was given up (`rolloutFailed`), or takes longer than this run waits
            (`timedOut`).
            Refused: the unit does not take it (`unitRefused`), or a person has to say how to go on (`unitBlocked`).
            LockLost: another deployment came after it.
        """
        if not asked.intent:
            return Rolled(asked.version)
        if not (self.drives or asked.removes):
            return Rolled(asked.version, handed_over(key, asked.version))
        unit, clock = unit_key(key), self.units.engine.pulse
        in_time = await ends_within(clock, self.units.drive(unit, until_waiting(asked.intent)), self.within)
        status = await self.units.read(unit)
        ended, anchor = status.ended(asked.intent), status.anchor
        if ended is not None:
            return _ended(key, ended, anchor, asked.version)
        if not in_time:
            raise self._overdue(key, asked, status.explanation)
        if anchor.blocked is not None:
            raise _blocked(key, anchor.blocked.explanation)
        paused, frozen = anchor.paused is not None, anchor.frozen is not None
        return Rolled(asked.version, waiting(key, asked.version, paused=paused, frozen=frozen))

    async def give_up(self, plan: ReleasePlan, version: str) -> Kept:
        """See to it that a version of which the rollout failed, or took too long, is not on its way any more.

        Raises:
            OperationFailed: it went live meanwhile (`wentLive`), or a person has to say how to go on (`unitBlocked`).
        """
        key = unit_key(plan.key)
        anchor = (await self.units.read(key)).anchor
        deployment = _under_way(anchor, version)
        if deployment:
            await self.units.submit(key, Abort(*self._new(), deployment))
            anchor = await self.units.drive(key, _without(version))
        if anchor.blocked is not None and _under_way(anchor, version):
            raise OperationFailed(Problem(UNIT_BLOCKED, anchor.blocked.explanation, remedy=f"see {_command(plan.key)}"))
        live = anchor.live.name if anchor.live is not None else ""
        if live == version:
            raise OperationFailed(Problem("wentLive", f"version {version} went live before it was given up"))
        return Kept(live, given_up=bool(deployment))

    def _overdue(self, key: ReleaseKey, asked: Asked, now: Explanation) -> OperationFailed:
        what = "it is not gone" if asked.removes else f"version {asked.version} is not live"
        message = f"{what} after {span_text(self.within or 0)}, but {now.phase}; next: {now.then}"
        return OperationFailed(Problem("timedOut", message, remedy=going_on(key)))

    async def _deployed(self, key: UnitKey, plan: ReleasePlan) -> Asked:
        use = plan.rendered.app
        if use is None:
            raise AssertionError("an app was planned without its descriptor")
        identifier, by, _ = self._new()
        released = plan.ends_hold or plan.returns_to is not None
        order = Order(identifier, new_id(), by, use.descriptor, use.inputs, release_hold=released)
        accepted = await self.units.deploy(key, order, _check(plan.key))
        return Asked(accepted.intent, accepted.version)

    def _new(self) -> tuple[str, str, datetime]:
        """Return what every intent begins with."""
        engine = self.units.engine
        return new_id(), engine.whoami.me().who, engine.clock.now()


def _ended(key: ReleaseKey, ended: Ended, anchor: Anchor, version: str) -> Rolled:
    why = ended.explanation or f"it ended {ended.outcome.value}"
    match ended.outcome:
        case UnitOutcome.FAILED | UnitOutcome.ABORTED:
            remedy = f"see {_command(key)} for what is kept of it, correct the cause and apply again"
            kept = "" if anchor.live is None else f"; version {anchor.live.name} stays live"
            raise OperationFailed(Problem("rolloutFailed", f"version {version}: {why}{kept}", remedy=remedy))
        case UnitOutcome.REFUSED:
            raise Refused(Problem("unitRefused", f"version {version}: {why}"))
        case UnitOutcome.SUPERSEDED:
            raise LockLost(Problem("superseded", f"version {version}: {why}"))
        case _:
            return Rolled(anchor.live.name if anchor.live is not None else version)


def _under_way(anchor: Anchor, version: str) -> str:
    """Return the deployment by which a version is on its way, or on its way back; empty where it is not."""
    candidate = anchor.candidate
    if candidate is not None and candidate.version == version:
        return candidate.deployment
    asked = (one for one in (*anchor.queue, *anchor.waiting) if isinstance(one, Deploy) and one.spec.version == version)
    return next((one.deployment for one in asked), "")


def _without(version: str) -> Rests:
    """Return what holds when a version is not on its way, or a person has to say what becomes of it."""
    return lambda anchor: not _under_way(anchor, version) or anchor.blocked is not None


def _check(key: ReleaseKey) -> Check:
    return as_taken(key.release, _ways(key))


def _ways(key: ReleaseKey) -> Ways:
    return Ways(_command(key), f"`fairlead resolve {key.release} HOW -e {key.environment}`")


def _blocked(key: ReleaseKey, why: str) -> NotTaken:
    return NotTaken(blocked(key.release, why, _ways(key)))


def _command(key: ReleaseKey) -> str:
    """Return the command that shows the unit of a release, wherever the kubeconfig leads."""
    return f"`fairlead units {key.release} -e {key.environment}`"


def news_of(plans: Iterable[ReleasePlan], events: EventSink) -> UnitSink:
    """Return who tells the listeners of a run what happens to the units of its releases."""
    return _Telling({unit_key(plan.key): plan.key for plan in plans}, events)


@dataclass(frozen=True, slots=True)
class _Telling:
    keys: Mapping[UnitKey, ReleaseKey]
    events: EventSink

    def announce(self, news: UnitNews) -> None:
        match news:
            case LogLine(key=key, text=text) if text and key in self.keys:
                self.events.emit(RolloutTold(self.keys[key], text))
            case Progressed(key=key, at=at, phase=phase, progress=now) if key in self.keys:
                doing = f"{phase}: {now.doing}" if now.doing else str(phase)
                self.events.emit(RolloutMoved(self.keys[key], doing, now.trouble, now.left(at)))
            case _:
                return
