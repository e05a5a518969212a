"""Carries out what a plan says of an app: asks its unit for it, and drives that until it ends, or waits for a person.

Whoever is interrupted hands the unit over: its anchor says what is wanted, and the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from fairlead.domain.app_releases import Verdict
from fairlead.domain.app_waiting import UNIT_BLOCKED, Waiting, going_on, handed_over, waiting
from fairlead.domain.apps.writing import span_text
from fairlead.domain.changes import ReleasePlan
from fairlead.domain.deployments import CameBack
from fairlead.domain.errors import FairleadError, OperationFailed, Problem, Refused
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.joining import joined
from fairlead.domain.rollout.anchor import Anchor, Ended
from fairlead.domain.rollout.intents import Abort, Deploy, Intent, Rollback, Undeploy
from fairlead.domain.rollout.phases import Phase, UnitOutcome
from fairlead.domain.rollout.refusing import NotTaken, Ways, blocked
from fairlead.domain.units import UnitKey
from fairlead.pipeline.locks.holding import LockLost
from fairlead.pipeline.pausing import ends_within
from fairlead.pipeline.units.checking import Check, as_taken
from fairlead.pipeline.units.driver import Rests
from fairlead.pipeline.units.planning import unit_key
from fairlead.pipeline.units.service import Order, Units, new_id, until_waiting


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a unit, and the version that it is about; no intent where there was nothing to ask for.

    `is_new` says that the version was not live before, so that it may be given up.
    """

    intent: str
    version: str
    removes: bool = False
    is_new: bool = False


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
    is asked for and left to others. `gives_up`: a new version that is not live in the end is not left on its way.
    `doing` is what each unit did last, in words.
    """

    units: Units
    within: float | None = None
    drives: bool = True
    gives_up: bool = False
    doing: Mapping[UnitKey, str] = field(default_factory=dict)

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
                return Asked(app.intent, app.version, is_new=True)
            case Verdict.BACK:
                intent: Intent = Rollback(*self._new(), deployment=new_id(), to=app.version)
            case Verdict.REMOVED:
                intent = Undeploy(*self._new(), deployment=new_id())
            case _:
                asked = await self._deployed(key, plan)
                return replace(asked, is_new=app.verdict is Verdict.NEW_VERSION)
        await self.units.submit(key, intent, _check(plan.key))
        return Asked(intent.id, app.version, removes=app.verdict is Verdict.REMOVED)

    async def see_through(self, key: ReleaseKey, asked: Asked) -> Rolled:
        """Drive a unit until what was asked has ended, or waits for a person.

        Raises:
            OperationFailed: the rollout failed, or was given up (`rolloutFailed`), or takes longer than this run waits
            (`timedOut`).
            CameBack: as before, and what was live before it has the traffic, with nothing left on its way.
            Refused: the unit does not take it (`unitRefused`), or a person has to say how to go on (`unitBlocked`).
            LockLost: another deployment came after it.
        """
        if not asked.intent:
            return Rolled(asked.version)
        if not (self.drives or asked.removes):
            return Rolled(asked.version, handed_over(key, asked.version))
        try:
            return await self._driven(key, asked)
        except LockLost:
            raise
        except OperationFailed as error:
            if not (self.gives_up and asked.is_new):
                raise
            raise await self._given_up(key, asked.version, error) from None

    async def _given_up(self, key: ReleaseKey, version: str, error: OperationFailed) -> OperationFailed:
        """Give up what failed, or took too long, and return what is to be said of it."""
        problem = error.problems[0]
        try:
            kept = await self.give_up(key, version)
        except FairleadError as failed:
            told = joined((problem.message, f"giving it up failed, too: {failed}"))
            return OperationFailed(replace(problem, message=told))
        if kept.given_up:
            live = f"version {kept.live} stays live" if kept.live else "nothing was live before it"
            told = joined((problem.message, f"it was given up, {live}"))
            problem = replace(problem, message=told, remedy=_kept(key))
        return CameBack(problem)

    async def _driven(self, key: ReleaseKey, asked: Asked) -> Rolled:
        unit, clock = unit_key(key), self.units.engine.pulse
        in_time = await ends_within(clock, self.units.drive(unit, until_waiting(asked.intent)), self.within)
        status = await self.units.read(unit)
        ended, anchor = status.ended(asked.intent), status.anchor
        if ended is not None:
            return _ended(key, ended, anchor, asked.version)
        if not in_time:
            raise self._overdue(key, asked, self.doing.get(unit) or f"{anchor.phase}")
        if anchor.blocked is not None:
            raise _blocked(key, anchor.blocked.explanation)
        paused, frozen = anchor.paused is not None, anchor.frozen is not None
        return Rolled(asked.version, waiting(key, asked.version, paused=paused, frozen=frozen))

    async def give_up(self, release: ReleaseKey, version: str) -> Kept:
        """See to it that a version of which the rollout failed, or took too long, is not on its way any more.

        Raises:
            OperationFailed: it went live meanwhile (`wentLive`), or a person has to say how to go on (`unitBlocked`).
        """
        key = unit_key(release)
        anchor = (await self.units.read(key)).anchor
        deployment = _under_way(anchor, version)
        if deployment:
            await self.units.submit(key, Abort(*self._new(), deployment))
            anchor = await self.units.drive(key, _without(version))
        if anchor.blocked is not None and _under_way(anchor, version):
            raise OperationFailed(Problem(UNIT_BLOCKED, anchor.blocked.explanation, remedy=f"see {_command(release)}"))
        live = anchor.live.name if anchor.live is not None else ""
        if live == version:
            raise OperationFailed(Problem("wentLive", f"version {version} went live before it was given up"))
        return Kept(live, given_up=bool(deployment))

    def _overdue(self, key: ReleaseKey, asked: Asked, doing: str) -> OperationFailed:
        what = "it is not gone" if asked.removes else f"version {asked.version} is not live"
        message = f"{what} after {span_text(self.within or 0)}, it was last seen {doing}"
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
            kept = "" if anchor.live is None else f"version {anchor.live.name} stays live"
            message = joined((f"version {version}: {why}", kept))
            raise OperationFailed(Problem("rolloutFailed", message, remedy=_kept(key)))
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


def _kept(key: ReleaseKey) -> str:
    return f"see {_command(key)} for what is kept of it, correct the cause and apply again"


def _command(key: ReleaseKey) -> str:
    """Return the command that shows the unit of a release, wherever the kubeconfig leads."""
    return f"`fairlead units {key.release} -e {key.environment}`"
