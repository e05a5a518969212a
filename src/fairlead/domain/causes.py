"""Why something is not healthy, how long each cause may last, and what to do about it.

A `Finding` is one cause at one place. Its `Grace` says whether waiting can cure it: some causes end a wait at once,
some after they have lasted for the seconds that `Patience` grants, some never do and only explain a timeout.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fairlead.domain.identity import ObjectRef


class Cause(StrEnum):
    """Root causes by their stable codes, the more telling first."""

    IMAGE_NAME = "imageName"
    IMAGE_PULL = "imagePull"
    CONTAINER_CONFIG = "containerConfig"
    CONTAINER_START = "containerStart"
    OUT_OF_MEMORY = "outOfMemory"
    CRASH_LOOP = "crashLoop"
    POD_FAILED = "podFailed"
    QUOTA = "quota"
    POD_REFUSED = "podRefused"
    UNSCHEDULABLE = "unschedulable"
    SCHEDULING_GATE = "schedulingGate"
    VOLUME_MOUNT = "volumeMount"
    VOLUME_CLAIM = "volumeClaim"
    POD_SANDBOX = "podSandbox"
    PROBE_FAILING = "probeFailing"
    JOB_FAILED = "jobFailed"
    PROGRESS_DEADLINE = "progressDeadline"
    FAILED = "failed"
    NOT_FOUND = "notFound"
    TERMINATING = "terminating"
    LOAD_BALANCER = "loadBalancer"
    NOT_READY = "notReady"


RANK: Mapping[Cause, int] = {cause: rank for rank, cause in enumerate(Cause)}

REMEDIES: Mapping[Cause, str] = {
    Cause.IMAGE_NAME: "Correct the image name in the values or the manifest.",
    Cause.IMAGE_PULL: "Check that the image and tag exist and that the cluster may pull from its registry.",
    Cause.CONTAINER_CONFIG: "Create the ConfigMap or Secret (and key) that the container refers to, or correct it.",
    Cause.CONTAINER_START: "Check the container's command, working directory and security settings.",
    Cause.OUT_OF_MEMORY: "Raise the container's memory limit, or let the program use less.",
    Cause.CRASH_LOOP: "Read the last log lines; the program ends by itself.",
    Cause.POD_FAILED: "Read the last log lines and the pod's message.",
    Cause.QUOTA: "Raise the namespace's quota, or let the release ask for less.",
    Cause.POD_REFUSED: "Change the pod so that the cluster's rules admit it, or add what it refers to.",
    Cause.UNSCHEDULABLE: "Add nodes or room, or ask for less: requests, node selector, affinity, tolerations.",
    Cause.SCHEDULING_GATE: "Whoever set the pod's scheduling gates must remove them.",
    Cause.VOLUME_MOUNT: "Check that the volume's claim, Secret or ConfigMap exists and can be mounted.",
    Cause.VOLUME_CLAIM: "Check the claim's storage class and its provisioner.",
    Cause.POD_SANDBOX: "Check the node's network plug-in and container runtime.",
    Cause.PROBE_FAILING: "Check the probe's path, port and timing, and why the program does not answer it.",
    Cause.JOB_FAILED: "Read the last log lines of its pods; then correct the cause and apply again.",
    Cause.PROGRESS_DEADLINE: "Look at the newest ReplicaSet's pods; raise progressDeadlineSeconds if they are slow.",
    Cause.FAILED: "Read what the object's controller says in its status.",
    Cause.NOT_FOUND: "Find out who deletes it, then apply again.",
    Cause.TERMINATING: "Find out who deletes it and what its finalizers wait for, then apply again.",
    Cause.LOAD_BALANCER: "Check that the cluster has a load balancer controller, or use another Service type.",
    Cause.NOT_READY: "Look at the object's status and its controller; a larger timeout helps if it is only slow.",
}


class Grace(StrEnum):
    """How long a cause may last before it counts as final."""

    NONE = "none"
    SHORT = "short"
    MISSING = "missing"
    START = "start"
    REFUSAL = "refusal"
    SCHEDULING = "scheduling"
    PULL = "pull"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, for everything and for each kind of trouble that may pass by itself.

    `steady_seconds` is how long pods that no probe vouches for must stay up. `crashes` is how often a container may be
    restarted before its crashing counts as final. `completion`: it is about Jobs and Pods whose task must end.
    """

    timeout_seconds: float = 300.0
    steady_seconds: float = 3.0
    short_seconds: float = 5.0
    missing_seconds: float = 10.0
    start_seconds: float = 20.0
    refusal_seconds: float = 30.0
    scheduling_seconds: float = 30.0
    pull_seconds: float = 60.0
    crashes: int = 3
    completion: bool = False

    def seconds(self, grace: Grace) -> float:
        """Return what a grace grants; infinite for causes that only the timeout ends."""
        return {
            Grace.NONE: 0.0,
            Grace.SHORT: self.short_seconds,
            Grace.MISSING: self.missing_seconds,
            Grace.START: self.start_seconds,
            Grace.REFUSAL: self.refusal_seconds,
            Grace.SCHEDULING: self.scheduling_seconds,
            Grace.PULL: self.pull_seconds,
            Grace.FOREVER: math.inf,
        }[grace]


@dataclass(frozen=True, slots=True)
class LogSource:
    """A container whose last lines belong to a finding; `previous` means its run before the present one.

    `run` differs from run to run and when a run ends: what was read before that is not its last word.
    """

    pod: ObjectRef
    container: str
    previous: bool
    run: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause at one place.

    `clause` says it without the pod's name, so that the same trouble of many pods reads the same. `pod` is empty for
    causes of the object itself. `outdated` marks pods that the object is about to replace: they never end a wait.
    """

    cause: Cause
    grace: Grace
    clause: str
    pod: str = ""
    container: str = ""
    log: LogSource | None = None
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Where a finding was seen: what makes it the same trouble when it is seen again."""

    ref: ObjectRef
    cause: Cause
    pod: str
    container: str


def suspicion(ref: ObjectRef, finding: Finding) -> Suspicion:
    """Return the identity of a finding of an object."""
    return Suspicion(ref, finding.cause, finding.pod, finding.container)


def final_at(finding: Finding, *, since: float, patience: Patience) -> float:
    """Return when a finding first seen at `since` (monotonic seconds) becomes final; infinite for never."""
    return math.inf if finding.outdated else since + patience.seconds(finding.grace)
