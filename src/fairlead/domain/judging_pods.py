"""Health of single runs: Pod, Job, CronJob."""

from __future__ import annotations

from fairlead.domain.health import Health, HealthState
from fairlead.domain.reading import ObjectBody, condition, entries, is_true, one_line, text, whole

# A container that died this often in a row is not starting slowly, it is broken (10 s + 20 s of back-off behind it).
CRASHES_ENOUGH = 3

_ALWAYS_WRONG = frozenset({"InvalidImageName", "ErrImageNeverPull"})


def judge_pod(obj: ObjectBody) -> Health:
    """Judge a Pod: ready or finished is current."""
    match text(obj, "status", "phase"):
        case "Succeeded":
            return Health(HealthState.CURRENT, "It has finished.")
        case "Failed":
            said = one_line(text(obj, "status", "message") or text(obj, "status", "reason"))
            return Health(HealthState.FAILED, f"It has failed: {said}" if said else "It has failed.")
        case "Running":
            return _judge_running(obj)
        case "Unknown":
            return Health(HealthState.UNKNOWN, "Its node does not report.")
        case _:
            return _judge_pending(obj)


def judge_job(obj: ObjectBody) -> Health:
    """Judge a Job: current when complete; unlike kstatus, a Job that merely started is still in progress."""
    for type_ in ("Failed", "FailureTarget"):
        failed = condition(obj, type_)
        if failed and failed.status == "True":
            return Health(HealthState.FAILED, f"It has failed: {failed.message or one_line(failed.reason)}")
    complete = condition(obj, "Complete")
    if complete and complete.status == "True":
        return Health(HealthState.CURRENT, "It is complete.")
    if is_true(obj, "spec", "suspend"):
        return Health(HealthState.CURRENT, "It is suspended by spec.suspend.")
    if not text(obj, "status", "startTime"):
        return Health(HealthState.PROGRESSING, "It has not started yet.")
    done, wanted = whole(obj, "status", "succeeded"), whole(obj, "spec", "completions", default=1)
    return Health(HealthState.PROGRESSING, f"{done} of {wanted} complete.")


def judge_cron_job(obj: ObjectBody) -> Health:
    """Judge a CronJob: there is nothing to wait for, its Jobs run when it is their time."""
    if is_true(obj, "spec", "suspend"):
        return Health(HealthState.CURRENT, "It is suspended by spec.suspend.")
    return Health(HealthState.CURRENT, "It is scheduled.")


def _judge_running(obj: ObjectBody) -> Health:
    ready = condition(obj, "Ready")
    if ready and ready.status == "True":
        return Health(HealthState.CURRENT, "It is ready.")
    return _judge_containers(obj) or Health(HealthState.PROGRESSING, "It runs and is not ready yet.")


def _judge_pending(obj: ObjectBody) -> Health:
    scheduled = condition(obj, "PodScheduled")
    if scheduled and scheduled.status == "False":
        said = f": {scheduled.message}" if scheduled.message else "."
        return Health(HealthState.PROGRESSING, f"It is not scheduled to a node{said}")
    return _judge_containers(obj) or Health(HealthState.PROGRESSING, "It is starting.")


def _judge_containers(obj: ObjectBody) -> Health | None:
    """Look for a container that waits for a reason worth telling."""
    for status in (*entries(obj, "status", "initContainerStatuses"), *entries(obj, "status", "containerStatuses")):
        reason = text(status, "state", "waiting", "reason")
        if reason in {"", "ContainerCreating", "PodInitializing"}:
            continue
        broken = reason in _ALWAYS_WRONG or (
            reason == "CrashLoopBackOff" and whole(status, "restartCount") >= CRASHES_ENOUGH
        )
        name = one_line(text(status, "name"))
        state = HealthState.FAILED if broken else HealthState.PROGRESSING
        return Health(state, f"Container {name} is in {one_line(reason)}.")
    return None
