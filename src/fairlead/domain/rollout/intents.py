"""What somebody asked of a unit. Intents are appended to the anchor's queue; the machine decides what becomes of each.

`id` names the intent (an idempotency key: the same id twice is one intent), `by` says who asked, `at` when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from fairlead.domain.rollout.traffic import RouteTarget

HOT_AT_LEAST: Final = 30.0  # seconds: what kube-proxies and open connections need after a switch
HOT_AT_LEAST_HEADLESS: Final = 60.0  # seconds: clients of headless Services follow DNS


class OnBusy(StrEnum):
    """What a deployment does when the unit is busy with another."""

    SUPERSEDE = "supersede"
    QUEUE = "queue"
    REJECT = "reject"


class Resolution(StrEnum):
    """How a person ends a block: keep what was live, take what was found as what is wanted, or go on over it."""

    KEEP_LIVE = "keepLive"
    ADOPT_OBSERVED = "adoptObserved"
    FORCE = "force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a version is rolled out. All durations in seconds; None: never, or no limit.

    `automatic` promotes once the gates have passed; else a person does, or `auto_promote_after`. `verify` and `soak`
    say whether there are gates of that kind; `soak_for` is how long the new version serves at least before it counts
    as deployed. `preview_replicas` of each workload are enough until the version is to be promoted (None: all).
    """

    automatic: bool = True
    auto_promote_after: float | None = None
    await_for: float | None = None
    preview_replicas: int | None = None
    min_ready: float = 0.0
    verify: bool = False
    soak: bool = False
    soak_for: float = 0.0
    health: bool = False
    headless: bool = False
    prepare_deadline: float = 60.0
    ready_deadline: float = 600.0
    verify_deadline: float = 600.0
    stage_deadline: float = 120.0
    switch_deadline: float = 30.0
    confirm_deadline: float = 60.0
    soak_deadline: float = 3600.0
    revert_deadline: float = 120.0
    remove_deadline: float = 300.0
    hot_for: float = 600.0
    drain_timeout: float = 600.0
    warm_for: float = 86400.0
    keep_failed: float = 3600.0

    @property
    def hot_seconds(self) -> float:
        """How long the old side stays at full size at least: never shorter than its clients need to notice."""
        return max(self.hot_for, HOT_AT_LEAST_HEADLESS if self.headless else HOT_AT_LEAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpec:
    """What a version is, as far as the machine must know.

    `digest` names its content, `source` everything that it was made of, empty where that is not known. `workloads` are
    the declared replicas of each of its workloads, by name. `routes` are the route elements as they are while this
    version is live. `hosts` are claimed before anything is written.
    """

    version: str
    digest: str
    workloads: Mapping[str, int]
    routes: tuple[RouteTarget, ...]
    hosts: tuple[str, ...] = ()
    autoscaled: bool = False
    preview: bool = False
    policy: Policy = field(default_factory=Policy)
    source: str = ""

    def beside(self, live: VersionSpec) -> VersionSpec:
        """Return it as it is for the clients of what is live, whose Services become its own: they may follow DNS."""
        return replace(self, policy=replace(self.policy, headless=True)) if live.policy.headless else self


@dataclass(frozen=True, slots=True)
class Deploy:
    """Make this version live. `release_hold` ends a hold on its digest."""

    KIND: ClassVar = "deploy"
    id: str
    by: str
    at: datetime
    deployment: str
    spec: VersionSpec
    on_busy: OnBusy = OnBusy.SUPERSEDE
    release_hold: bool = False


@dataclass(frozen=True, slots=True)
class Promote:
    """Let the candidate go live. `digest`, if given, must be the candidate's. `force` counts while live is degraded."""

    KIND: ClassVar = "promote"
    id: str
    by: str
    at: datetime
    digest: str = ""
    force: bool = False


@dataclass(frozen=True, slots=True)
class Abort:
    """Give the candidate up, and go back to what was live if traffic had begun to move.

    With a `deployment`, only that one: it does not begin if it waits, and nobody else's is touched.
    """

    KIND: ClassVar = "abort"
    id: str
    by: str
    at: datetime
    deployment: str = ""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Make an earlier version live again; without a name, the one that was live before. `reason` is for people."""

    KIND: ClassVar = "rollback"
    id: str
    by: str
    at: datetime
    deployment: str
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """Change the declared replicas of a workload; without a name, of each."""

    KIND: ClassVar = "scale"
    id: str
    by: str
    at: datetime
    replicas: int
    workload: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Do not go forward before the switch; going back, draining and removing go on."""

    KIND: ClassVar = "pause"
    id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Resume:
    """End a pause."""

    KIND: ClassVar = "resume"
    id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Freeze:
    """Begin no rollout and promote none, until somebody ends the freeze."""

    KIND: ClassVar = "freeze"
    id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unfreeze:
    """End a freeze."""

    KIND: ClassVar = "unfreeze"
    id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Undeploy:
    """Remove the unit with all its versions."""

    KIND: ClassVar = "undeploy"
    id: str
    by: str
    at: datetime
    deployment: str


@dataclass(frozen=True, slots=True)
class Resolve:
    """End a block in one of three ways."""

    KIND: ClassVar = "resolve"
    id: str
    by: str
    at: datetime
    resolution: Resolution


Intent = Deploy | Promote | Abort | Rollback | Scale | Pause | Resume | Freeze | Unfreeze | Undeploy | Resolve


def deployment_of(intent: Intent) -> str:
    """Return the deployment that an intent is about, empty for none."""
    return intent.deployment if isinstance(intent, Deploy | Abort | Rollback | Undeploy) else ""


def specs_of(intents: Iterable[Intent]) -> tuple[VersionSpec, ...]:
    """Return the versions that intents ask for."""
    return tuple(one.spec for one in intents if isinstance(one, Deploy))
