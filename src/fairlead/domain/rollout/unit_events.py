"""The facts that a unit's machine is told. Each has a kind, by which its rule is found, and a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.domain.rollout.anchor import Owned
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.rollout.observation import AdoptionSeen
from fairlead.domain.rollout.phases import Kind, VersionKind
from fairlead.domain.rollout.traffic import RouteTarget


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent came to the front of the queue.

    `adoption` is what a first deployment finds and has to adopt. `found` are the routes as they were read last.
    """

    at: datetime
    intent: Intent
    adoption: AdoptionSeen | None = None
    found: tuple[RouteTarget, ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of the intent."""
        return Kind(self.intent.KIND)


@dataclass(frozen=True, slots=True)
class Start:
    """A driver takes the unit over; `epoch` is higher than any before."""

    at: datetime
    epoch: int

    @property
    def kind(self) -> Kind:
        """Always the same."""
        return Kind.START


@dataclass(frozen=True, slots=True)
class Reachable:
    """The cluster answers again, for the first time since `since`."""

    at: datetime
    since: datetime

    @property
    def kind(self) -> Kind:
        """Always the same."""
        return Kind.REACHABLE


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a fresh reading shows, or that a command met.

    `explanation` is for people. `replicas` are of the live side (Confirmed) or what the candidate needs (FloorRaised).
    `objects` are what was created, by uid. `side_ready`: the old side is at its floor. `found` are foreign routes.
    """

    kind: Kind
    at: datetime
    explanation: str = ""
    replicas: Mapping[str, int] = field(default_factory=dict)
    objects: tuple[Owned, ...] = ()
    side_ready: bool = False
    found: tuple[RouteTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionFact:
    """Something about one version."""

    kind: VersionKind
    at: datetime
    version: str


PhaseEvent = Asked | Start | Reachable | Fact
UnitEvent = PhaseEvent | VersionFact
