"""What the machine asks of a driver.

Every command may come again (after a kill, or by RETRY) and then does what is still missing. Every command is carried
out on a fresh read; writes carry the resourceVersion of that read and the epoch, deletes the uid too. `deadline` is in
the anchor before the command is sent. What a reading contradicts is not done: the driver reports `conflict`; a reply
that was lost is `unknownResult`. After a destructive command (`DESTRUCTIVE`) the driver reads again before it judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Ended, Owned
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.domain.rollout.traffic import Route, RouteElement


class Scaling(StrEnum):
    """In which direction replicas may go.

    `UP`: a workload that runs more is left alone. `DOWN`: only while no route leads to the version, and one that runs
    fewer is left alone. `ASKED`: a person named the number, here or in what is declared, which may be fewer for a live
    version too.
    """

    UP = "up"
    DOWN = "down"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Touch:
    """Write the epoch on every guarded object of the unit, so that no older driver's write is accepted any more.

    `sparing`: only if one of them bears that epoch or a later one.
    """

    DESTRUCTIVE: ClassVar = False
    epoch: int
    sparing: bool = False


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Read everything again, from a quorum, before the next judgement."""

    DESTRUCTIVE: ClassVar = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Send nothing more: another driver may have the unit."""

    DESTRUCTIVE: ClassVar = False


@dataclass(frozen=True, slots=True)
class PinLabels:
    """Bring the version label into the pod template of the adopted workload, by a rolling update."""

    DESTRUCTIVE: ClassVar = True
    version: str
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Inspect:
    """Make the reads of Preflight and claim the hosts: dry runs, selectors of others, what differs from what runs."""

    DESTRUCTIVE: ClassVar = False
    spec: VersionSpec


@dataclass(frozen=True, slots=True)
class ReleaseHosts:
    """Give up every claim of the unit but these: no version needs the others."""

    DESTRUCTIVE: ClassVar = False
    keep: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplyInPlace:
    """Write what differs and starts no new version: Service ports, annotations, replicas."""

    DESTRUCTIVE: ClassVar = False
    spec: VersionSpec
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class CreateVersion:
    """Create what is missing of a version: configuration, Services, budgets, preview, and then the workloads."""

    DESTRUCTIVE: ClassVar = False
    version: str
    replicas: Mapping[str, int]
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class SetPreview:
    """Let the preview lead to a version; empty: to none."""

    DESTRUCTIVE: ClassVar = False
    version: str


@dataclass(frozen=True, slots=True)
class RunGates:
    """Start the gates of a version, unless they run or have ended: `verify`, or those of its soak."""

    DESTRUCTIVE: ClassVar = False
    version: str
    digest: str
    soak: bool
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell people: `code` is stable, `alarm` says that somebody has to act."""

    DESTRUCTIVE: ClassVar = False
    code: str
    text: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class StageRoute:
    """Bring the new side into the load balancer, without traffic."""

    DESTRUCTIVE: ClassVar = False
    element: RouteElement
    version: str


@dataclass(frozen=True, slots=True)
class SwitchRoute:
    """Give one element its route, by compare-and-swap: only if it now has one of `replaces` (or already `to`).

    `version` is the side that gets the traffic; the fresh read shows it at `floor` ready pods, or nothing is written.
    """

    DESTRUCTIVE: ClassVar = True
    ref: ObjectRef
    to: Route | None
    replaces: tuple[Route | None, ...]
    version: str
    floor: Mapping[str, int]
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class ProbeRoutes:
    """Let what leads in from outside be as a version wants it, with none be gone; and ask which version answers."""

    DESTRUCTIVE: ClassVar = False
    refs: tuple[ObjectRef, ...]
    version: str
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class SetReplicas:
    """Set the replicas of workloads of a version, as `how` says."""

    DESTRUCTIVE: ClassVar = True
    version: str
    replicas: Mapping[str, int]
    how: Scaling
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class SetAutoscalers:
    """Create the autoscalers of a version, or remove them."""

    DESTRUCTIVE: ClassVar = True
    version: str
    wanted: bool
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class KeepEvidence:
    """Store logs, events and last states of a version that failed, before anything of it is removed."""

    DESTRUCTIVE: ClassVar = False
    version: str
    deployment: str


@dataclass(frozen=True, slots=True)
class RemoveVersion:
    """Delete everything of a version by uid, while no route leads to it; `objects` are those known to be ours."""

    DESTRUCTIVE: ClassVar = True
    version: str
    objects: tuple[Owned, ...]
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class RemoveRoutes:
    """Delete the unit's route elements: what brings traffic from outside first."""

    DESTRUCTIVE: ClassVar = True
    refs: tuple[ObjectRef, ...]
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class RemoveUnit:
    """Delete what belongs to the unit and to no version."""

    DESTRUCTIVE: ClassVar = True
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Record:
    """Store how an intent ended, and tell everybody. The same again changes nothing."""

    DESTRUCTIVE: ClassVar = False
    ended: Ended


Command = (
    Touch
    | ReadBack
    | Stop
    | PinLabels
    | Inspect
    | ReleaseHosts
    | ApplyInPlace
    | CreateVersion
    | SetPreview
    | RunGates
    | Notify
    | StageRoute
    | SwitchRoute
    | ProbeRoutes
    | SetReplicas
    | SetAutoscalers
    | KeepEvidence
    | RemoveVersion
    | RemoveRoutes
    | RemoveUnit
    | Record
)
