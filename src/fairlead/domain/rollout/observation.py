"""What a driver must read before the machine can judge: everything fresh, nothing from memory.

A field that could not be read is left at its default, which always means "not known to be so": absence of a fact leads
to waiting, never to a destructive step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Owned
from fairlead.domain.rollout.traffic import Route, RouteTarget


class Verdict(StrEnum):
    """What checks of a version say together. `INCONCLUSIVE`: they ended and could not tell."""

    UNKNOWN = "unknown"
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Difference(StrEnum):
    """What the reads of Preflight found. `UNKNOWN` while they last."""

    UNKNOWN = "unknown"
    NEW_VERSION = "newVersion"
    IN_PLACE = "inPlace"
    NONE = "none"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadSeen:
    """One workload of a version: what it is told to run, what is ready, and how many its autoscaler wants."""

    replicas: int
    ready: int
    observed: bool = True
    """Whether its controller has seen its present generation."""
    wish: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSeen:
    """One version as it is in the cluster.

    `objects` are there and ours. `complete` says that none of its objects is missing. `cannot_recover` says why its
    pods will never be ready, empty if they may; `trouble` what keeps them now, as far as that is known.
    `endpoints_match`: the endpoint slices of its Services name its ready pods and no others. `drained`: no connection
    to it is open any more. `evidence`: logs, events and last states of what failed are stored. `autoscalers`:
    autoscalers of it are there.
    """

    workloads: Mapping[str, WorkloadSeen] = field(default_factory=dict)
    objects: tuple[Owned, ...] = ()
    complete: bool = False
    endpoints_match: bool = False
    health: Verdict = Verdict.UNKNOWN
    cannot_recover: str = ""
    trouble: str = ""
    drained: bool = False
    evidence: bool = False
    autoscalers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSeen:
    """One route element as found; `ready` counts the ready endpoints that its present route leads to."""

    ref: ObjectRef
    route: Route | None
    resource_version: str = ""
    ready: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightSeen:
    """What the reads of Preflight say of the candidate; `explanation` when they refuse it."""

    difference: Difference = Difference.UNKNOWN
    hosts_claimed: bool = False
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionSeen:
    """A plain workload behind a plain Service, which has traffic and no versions yet.

    `version` is the name under which it is adopted, `workloads` what it runs, `routes` where traffic goes by the
    selectors as they were found, `pinned` the same once they name the version. `pinning`: the pod templates carry the
    version. `labelled`: every live pod does, and there are as many ready ones as before. `autoscaled`: autoscalers say
    how many pods it runs. `headless`: clients find the pods by DNS.
    """

    version: str
    digest: str
    workloads: Mapping[str, int]
    routes: tuple[RouteTarget, ...]
    pinned: tuple[RouteTarget, ...]
    pinning: bool = False
    labelled: bool = False
    autoscaled: bool = False
    headless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything that was read about a unit in one turn, after the anchor was.

    `routes` has every element that the anchor names, also one that is not there (no route); one that is missing could
    not be read. `reachable` is False when the cluster did not answer; nothing else counts then. `unreachable_since` is
    set on the first good reading after that. `epoch` is the highest one that a guarded object carries. `staged`: every
    proxy says that the new side is checked and up. `answered` is the version that answered probes through the load
    balancer, all of them; `unanswered` says what went wrong with those that it did not. `gates` belong to the candidate
    and to the phase. `preview` is the version that the preview leads to, empty for none. `opened` is the one that what
    leads in from outside was last written for, empty for none, None while nobody knows. `leftovers` are objects of the
    unit, of no version, that are still there.
    """

    reachable: bool = True
    unreachable_since: datetime | None = None
    epoch: int = 0
    versions: Mapping[str, VersionSeen] = field(default_factory=dict)
    routes: tuple[RouteSeen, ...] = ()
    preflight: PreflightSeen = field(default_factory=PreflightSeen)
    adoption: AdoptionSeen | None = None
    staged: bool = False
    answered: str = ""
    unanswered: str = ""
    gates: Verdict = Verdict.UNKNOWN
    gates_explanation: str = ""
    preview: str = ""
    opened: str | None = None
    leftovers: tuple[Owned, ...] = ()
