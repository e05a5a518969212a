"""The anchor of a unit: the one document that holds the whole state of its machine (`fairlead.unit.v1.NAME`).

It says what is wanted next before anything is done. Whoever drives the unit swaps it by resourceVersion; everybody else
only appends intents. After a kill, the anchor and a fresh observation are enough to go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout import storing
from fairlead.domain.rollout.intents import Deploy, Intent, Rollback, Undeploy, VersionSpec
from fairlead.domain.rollout.phases import Part, Phase, UnitOutcome, VersionState
from fairlead.domain.rollout.traffic import Route, RouteElement, RouteTarget

VERSION: Final = 1
ENDED_KEPT: Final = 20  # intents whose end is remembered: enough for every caller that polls
_EXTRA: Final = "unknown"


class AnchorUnreadable(ValueError):
    """What is stored is no anchor of ours; the text says why."""


class AnchorTooNew(AnchorUnreadable):
    """A newer Fairlead wrote the anchor, and this one could do harm with what it does not know."""


@dataclass(frozen=True, slots=True)
class Owned:
    """One object that is ours: this very one, not another that came later under its name."""

    ref: ObjectRef
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the unit.

    `replicas` are what it is to run; of a Hot one, those at the switch. `deadline` is when its state may be left:
    hotFor, warmFor, keepFailed. `until` is by when what its state does should be done; of a Hot one, the end of its
    drain. `resize_until` is how long replicas that may be fewer are asked for again, None when nobody named any.
    `was_live` says that it has had traffic, so that a rollback may choose it. `objects` are known to be ours.
    `evidence`: what explains its failure is stored, and `reason` says it in a sentence.
    """

    spec: VersionSpec
    state: VersionState
    since: datetime
    deployment: str
    by: str
    replicas: Mapping[str, int]
    deadline: datetime | None = None
    until: datetime | None = None
    resize_until: datetime | None = None
    was_live: bool = False
    objects: tuple[Owned, ...] = ()
    evidence: bool = False
    reason: str = ""

    @property
    def name(self) -> str:
        """The version itself."""
        return self.spec.version

    @property
    def scales_itself(self) -> bool:
        """Whether an autoscaler says how many pods it runs."""
        return self.state is VersionState.LIVE and self.spec.autoscaled

    @property
    def floor(self) -> Mapping[str, int]:
        """How many ready pods of each workload it must have to take traffic; its autoscaler may ask for more."""
        return dict.fromkeys(self.replicas, 1) if self.scales_itself else self.replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The version on its way to Live, and how far its own tests are.

    `previous` is the version that was live when it began, empty for a first deployment. `floor_since` is since when it
    has all the ready pods it needs. `gates_passed` says that its gates have passed: only then may a timer promote it.
    `applied`: what differs was written in place. `outcome` is how it will end once it is given up, None while it is
    not, and `reason` says why. `why` is what was said when it was asked for.
    """

    spec: VersionSpec
    intent: str
    deployment: str
    by: str
    previous: str
    is_rollback: bool = False
    floor_since: datetime | None = None
    gates_passed: bool = False
    applied: bool = False
    outcome: UnitOutcome | None = None
    reason: str = ""
    why: str = ""

    @property
    def version(self) -> str:
        """The name of the version."""
        return self.spec.version


@dataclass(frozen=True, slots=True)
class UnitHold:
    """This digest failed or was given up: it is not deployed again unless somebody says so."""

    digest: str
    by: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an intent ended. `deployment` is empty for one that has no record."""

    intent: str
    deployment: str
    outcome: UnitOutcome
    at: datetime
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why nothing is written any more: the pair of state and event for which there is no rule, or what was found."""

    phase: Phase
    event: str
    at: datetime
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The state of a unit's machine.

    `since` and `deadline` are of the phase. `elements` are the switch under way, S0 and S1 of each; empty at rest.
    `foreign` are routes outside of both that a person allowed to overwrite. `queue` are intents that nobody has looked
    at, `waiting` those that wait for rest. `counter` is the highest version number ever given. `hosts` are claimed.
    `unknown` are fields of the stored document that this Fairlead has no name for; they are kept.
    """

    epoch: int = 0
    phase: Phase = Phase.IDLE
    part: Part = Part.WHOLE
    since: datetime | None = None
    deadline: datetime | None = None
    candidate: Candidate | None = None
    versions: tuple[Version, ...] = ()
    elements: tuple[RouteElement, ...] = ()
    foreign: tuple[RouteTarget, ...] = ()
    queue: tuple[Intent, ...] = ()
    waiting: tuple[Intent, ...] = ()
    hold: UnitHold | None = None
    paused: datetime | None = None
    paused_by: str = ""
    frozen: datetime | None = None
    blocked: Block | None = None
    unreachable: datetime | None = None
    degraded: datetime | None = None
    undeploy: Undeploy | None = None
    counter: int = 0
    hosts: tuple[str, ...] = ()
    ended: tuple[Ended, ...] = ()
    unknown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def live(self) -> Version | None:
        """The version that has the traffic."""
        return next((one for one in self.versions if one.state is VersionState.LIVE), None)

    @property
    def present(self) -> Iterator[Version]:
        """The versions of which something may be in the cluster."""
        return (one for one in self.versions if one.state is not VersionState.ABSENT)

    @property
    def risen(self) -> Version | None:
        """The version of the candidate; None before it has one, and where the candidate only changes the live one."""
        candidate = self.candidate
        return None if candidate is None or candidate.version == candidate.previous else self.version(candidate.version)

    def version(self, name: str) -> Version | None:
        """Return a version by name, also one that is gone."""
        return next((one for one in self.versions if one.name == name), None)

    def allows(self, ref: ObjectRef, route: Route | None) -> bool:
        """Whether a route that was found may be there: S0, S1, or one that a person allowed to overwrite."""
        known = next((element.knows(route) for element in self.elements if element.ref == ref), True)
        return known or RouteTarget(ref, route) in self.foreign

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        written = storing.to_json(self)
        del written[_EXTRA]
        return {**self.unknown, "version": VERSION, **written}

    @classmethod
    def from_json(cls, stored: Any) -> Anchor:
        """Read the stored form.

        Raises:
            AnchorUnreadable: it is none; AnchorTooNew: a later version wrote it.
        """
        if not isinstance(stored, Mapping) or type(stored.get("version")) is not int:
            raise AnchorUnreadable("it has no version")
        if stored["version"] > VERSION:
            raise AnchorTooNew(f"it has version {stored['version']}, and this Fairlead knows {VERSION}")
        known = {storing.camel(one.name) for one in fields(cls)} - {_EXTRA}
        extra = {name: value for name, value in stored.items() if name not in known and name != "version"}
        try:
            read: Anchor = storing.from_json(cls, {name: stored[name] for name in known if name in stored})
        except storing.Unreadable as error:
            raise AnchorUnreadable(str(error)) from None
        return replace(read, unknown=extra)


def refused(anchor: Anchor, intent: Intent, at: datetime, why: str) -> Anchor:
    """Return the anchor after an intent that nobody can begin was refused: whoever would look at it may not."""
    deployment = intent.deployment if isinstance(intent, Deploy | Rollback | Undeploy) else ""
    ended = Ended(intent=intent.id, deployment=deployment, outcome=UnitOutcome.REFUSED, at=at, explanation=why)
    return replace(
        anchor,
        queue=tuple(one for one in anchor.queue if one.id != intent.id),
        waiting=tuple(one for one in anchor.waiting if one.id != intent.id),
        ended=(*anchor.ended, ended)[-ENDED_KEPT:],
    )


def submitted(anchor: Anchor, intent: Intent) -> Anchor:
    """Return the anchor with one more intent in its queue; an intent that it knows already is not asked twice."""
    known = {one.id for one in (*anchor.queue, *anchor.waiting)} | {one.intent for one in anchor.ended}
    if anchor.candidate is not None:
        known |= {anchor.candidate.intent}
    return anchor if intent.id in known else replace(anchor, queue=(*anchor.queue, intent))
