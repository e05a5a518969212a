"""Finds what is wrong with one pod, from its status and its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairlead.domain.causes import Cause, Finding, Grace, LogSource
from fairlead.domain.identity import object_ref
from fairlead.domain.reading import ObjectBody, branch, condition, entries, is_true, name, text, whole
from fairlead.domain.wording import ending, is_certain, plain, pull_failure, scheduling_failure, start_failure

_PULL = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"}
)
_NAME = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_CREATE = frozenset({"CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError"})
_NEVER_STARTED = frozenset({"StartError", "ContainerCannotRun"})
_ON_ITS_WAY = frozenset({"", "ContainerCreating", "PodInitializing"})
# An autoscaler or provisioner has promised a node; that takes minutes, so only the timeout ends the wait.
_NODE_PROMISED = frozenset({"TriggeredScaleUp", "Nominated"})


@dataclass(frozen=True, slots=True)
class _Container:
    """One container's status and where it stands; `label` is what people read."""

    pod: ObjectBody
    status: ObjectBody
    label: str
    image: str
    is_init: bool

    @property
    def name(self) -> str:
        """Its name, exactly."""
        return text(self.status, "name")

    @property
    def run(self) -> str:
        """Which run of it this is, and whether that goes on."""
        return f"{whole(self.status, 'restartCount')} {' '.join(branch(self.status, 'state'))}"


def pod_findings(pod: ObjectBody, events: Sequence[ObjectBody], *, crashes: int) -> tuple[Finding, ...]:
    """Return what is wrong with a pod; nothing for one that is ready, finished or merely starting."""
    ready = condition(pod, "Ready")
    if (ready and ready.status == "True") or text(pod, "status", "phase") == "Succeeded":
        return ()
    found = [*_scheduling(pod, events)]
    for container in _containers(pod):
        found.extend(_container(container, events, crashes))
    return tuple(found or (*_mounting(pod, events), *_failed(pod)))


def _containers(pod: ObjectBody) -> Iterator[_Container]:
    for statuses, specs in (("initContainerStatuses", "initContainers"), ("containerStatuses", "containers")):
        declared = {text(spec, "name"): spec for spec in entries(pod, "spec", specs)}
        for status in entries(pod, "status", statuses):
            spec = declared.get(text(status, "name"), {})
            # An init container that always restarts is a sidecar: it is meant to keep running.
            is_init = specs == "initContainers" and text(spec, "restartPolicy") != "Always"
            label = f"{'init container' if is_init else 'container'} {plain(text(status, 'name'))}"
            yield _Container(pod, status, label, plain(text(spec, "image") or text(status, "image")), is_init)


def _scheduling(pod: ObjectBody, events: Sequence[ObjectBody]) -> Iterator[Finding]:
    scheduled = condition(pod, "PodScheduled")
    if scheduled is None or scheduled.status != "False":
        return
    if scheduled.reason == "SchedulingGated":
        yield Finding(Cause.SCHEDULING_GATE, Grace.FOREVER, "the pod waits for its scheduling gates", name(pod))
        return
    promised = any(text(event, "reason") in _NODE_PROMISED for event in events)
    grace = Grace.FOREVER if promised else Grace.SCHEDULING
    said = scheduling_failure(scheduled.message) or "the scheduler does not say why"
    waits = " (a new node is on its way)" if promised else ""
    yield Finding(Cause.UNSCHEDULABLE, grace, f"no node takes the pod{waits}: {said}", name(pod))


def _container(container: _Container, events: Sequence[ObjectBody], crashes: int) -> Iterator[Finding]:
    reason = text(container.status, "state", "waiting", "reason")
    message = text(container.status, "state", "waiting", "message")
    if reason in _NAME:
        yield _finding(container, Cause.IMAGE_NAME, Grace.NONE, f"cannot use its image {container.image}: {reason}")
    elif reason in _PULL:
        yield _pulling(container, reason, message, events)
    elif reason == "CreateContainerConfigError":
        grace = Grace.SHORT if "runAsNonRoot" in message else Grace.START
        yield _finding(container, Cause.CONTAINER_CONFIG, grace, f"cannot be configured: {plain(message)}")
    elif reason in _CREATE:
        yield _finding(container, Cause.CONTAINER_START, Grace.START, f"cannot be started: {start_failure(message)}")
    elif reason not in _ON_ITS_WAY | {"CrashLoopBackOff"}:
        yield _finding(container, Cause.NOT_READY, Grace.FOREVER, f"waits: {plain(f'{reason}: {message}')}")
    else:
        yield from _running_or_ended(container, events, crashes)


def _pulling(container: _Container, reason: str, message: str, events: Sequence[ObjectBody]) -> Finding:
    """Tell a wrong image from a registry that is out of reach; only the second may come back."""
    why = pull_failure(message, container.image)
    if not why:  # older kubelets give the reason in an event only
        why = pull_failure(_said(events, "Failed", container, lead="Failed to pull image"), container.image)
    certain = Grace.NONE if reason == "ImagePullBackOff" else Grace.SHORT
    grace = certain if is_certain(why) else Grace.PULL
    clause = f"cannot pull its image {container.image}" + (f": {why}" if why else "")
    return _finding(container, Cause.IMAGE_PULL, grace, clause)


def _running_or_ended(container: _Container, events: Sequence[ObjectBody], crashes: int) -> Iterator[Finding]:
    """Look at a container that has run: it crashes, or it runs and is not ready."""
    status = container.status
    now, before = (branch(status, "state", "terminated"), branch(status, "lastState", "terminated"))
    restarts = whole(status, "restartCount")
    ended = now or before
    if is_true(status, "ready") or (container.is_init and now and whole(now, "exitCode") == 0):
        return
    if ended and (restarts or whole(ended, "exitCode")):
        yield _crash(container, ended, events, final=not branch(status, "state", "running") and restarts >= crashes)
    elif branch(status, "state", "running"):
        yield _unready(container, events)


def _crash(container: _Container, ended: ObjectBody, events: Sequence[ObjectBody], *, final: bool) -> Finding:
    reason = text(ended, "reason")
    probe = _said(events, "Unhealthy", container, lead=("Liveness", "Startup"))
    again = "keeps crashing: it " if whole(container.status, "restartCount") else ""
    clause = f"{again}{ending(ended)}" + (f" after: {probe}" if probe else "")
    if reason in _NEVER_STARTED:
        # What cannot be executed once cannot be executed twice: the back-off alone is proof enough.
        looping = text(container.status, "state", "waiting", "reason") == "CrashLoopBackOff"
        grace = Grace.NONE if looping else Grace.START
        why = start_failure(text(ended, "message"))
        return _finding(container, Cause.CONTAINER_START, grace, f"cannot be started: {why}")
    cause = Cause.OUT_OF_MEMORY if reason == "OOMKilled" else Cause.CRASH_LOOP
    grace = Grace.NONE if final else Grace.FOREVER
    # While the container waits or has ended, its newest log is the crash; once it runs again, the log before it is.
    previous = bool(branch(container.status, "state", "running"))
    return _finding(container, cause, grace, clause, log=previous)


def _unready(container: _Container, events: Sequence[ObjectBody]) -> Finding:
    probe = _said(events, "Unhealthy", container)
    if not probe:
        clause = "has not finished" if container.is_init else "runs and is not ready"
        return _finding(container, Cause.NOT_READY, Grace.FOREVER, clause, log=False)
    return _finding(container, Cause.PROBE_FAILING, Grace.FOREVER, f"runs, but its probe fails: {probe}", log=False)


def _mounting(pod: ObjectBody, events: Sequence[ObjectBody]) -> Iterator[Finding]:
    """Read the events of a pod whose containers have not been created; the newest of each kind counts."""
    if text(pod, "status", "phase") != "Pending":
        return
    for cause, reasons in (
        (Cause.VOLUME_MOUNT, {"FailedMount", "FailedAttachVolume", "FailedMapVolume"}),
        (Cause.POD_SANDBOX, {"FailedCreatePodSandBox"}),
    ):
        said = [plain(text(event, "message")) for event in events if text(event, "reason") in reasons]
        if said:
            yield Finding(cause, Grace.FOREVER, f"the pod cannot start: {said[-1]}", name(pod))


def _failed(pod: ObjectBody) -> Iterator[Finding]:
    if text(pod, "status", "phase") == "Failed":
        said = plain(text(pod, "status", "message") or text(pod, "status", "reason") or "its containers have ended")
        yield Finding(Cause.POD_FAILED, Grace.FOREVER, f"the pod has failed: {said}", name(pod))


def _finding(container: _Container, cause: Cause, grace: Grace, clause: str, *, log: bool | None = None) -> Finding:
    """Make a finding of a container; `log` None for no log, else whether the run before the present one."""
    source = None if log is None else LogSource(object_ref(container.pod), container.name, log, container.run)
    return Finding(cause, grace, f"{container.label} {clause}", name(container.pod), container.name, source)


def _said(events: Sequence[ObjectBody], reason: str, container: _Container, *, lead: str | tuple[str, ...] = "") -> str:
    """Return the newest message of an event about a container, as plain text."""
    place = f"{{{container.name}}}"
    found = [
        text(event, "message")
        for event in events
        if text(event, "reason") == reason
        and text(event, "involvedObject", "fieldPath").endswith(place)
        and text(event, "message").startswith(lead)
    ]
    return plain(found[-1], address=text(container.pod, "status", "podIP")) if found else ""
