from __future__ import annotations

from itertools import permutations

import pytest

from fairlead.domain.causes import REMEDIES, Cause, Finding, Grace, LogSource
from fairlead.domain.diagnosing import Scene, diagnose
from fairlead.domain.explaining import Case, explain, log_lines, log_sources, trouble
from fairlead.domain.health import Explanation, Health, HealthState
from fairlead.domain.identity import ObjectRef
from fairlead.domain.judging import judge
from tests.conftest import Golden
from tests.fakes.workloads import Body, crashing, deployment, pod, ref_of, replica_set, running, waiting

PROGRESSING = Health(HealthState.PROGRESSING, "0 of 3 available.")
API = ObjectRef("apps/v1", "Deployment", "shop", "api")
WEB = ObjectRef("apps/v1", "Deployment", "shop", "web")


def finding(cause: Cause, clause: str, pod_name: str = "", *, log: bool = False, outdated: bool = False) -> Finding:
    source = LogSource(ObjectRef("v1", "Pod", "shop", pod_name), "app", previous=False) if log else None
    return Finding(cause, Grace.NONE, clause, pod_name, "app", source, outdated)


def rollout(name: str, *statuses: Body) -> Case:
    owner = deployment(name, replicas=len(statuses))
    maker = replica_set(owner)
    owner["status"] = {"observedGeneration": 0, "updatedReplicas": len(statuses)}
    pods = tuple(pod(maker, "abc"[index], status) for index, status in enumerate(statuses))
    findings = diagnose(Scene(owner, (maker,), pods), crashes=3)
    return Case(ref_of(owner), judge(owner), findings, is_final=any(each.grace is Grace.NONE for each in findings))


def explained(*cases: Case, logs: dict[LogSource, str] | None = None, timeout: float | None = None) -> Explanation:
    explanation = explain(cases, logs or {}, timeout_seconds=timeout)
    assert explanation is not None
    return explanation


def test_nothing_unhealthy_needs_no_explanation() -> None:
    assert explain((), {}) is None


def test_one_trouble_of_many_pods_is_told_once(golden: Golden) -> None:
    case = rollout("api", crashing(), crashing(), crashing())
    (source,) = log_sources([case])

    explanation = explained(case, logs={source: "starting\x1b[31m\nno database at db:5432\n"})

    assert (explanation.code, explanation.ref) == ("crashLoop", case.ref)
    golden("health/crash-loop.txt", explanation.text + "\n")


def test_the_most_telling_cause_comes_first(golden: Golden) -> None:
    api = rollout("api", running(), waiting("ImagePullBackOff", "not found"))
    web = rollout("web", crashing())
    edge = Case(ObjectRef("v1", "Service", "shop", "edge"), Health(HealthState.PROGRESSING, "It waits."))

    explanation = explained(edge, web, api)

    assert (explanation.code, explanation.ref) == ("imagePull", api.ref)
    golden("health/several.txt", explanation.text + "\n")


def test_a_timeout_says_how_long(golden: Golden) -> None:
    explanation = explained(rollout("api", running(), running()), timeout=300)

    assert explanation.code == "notReady"
    golden("health/timeout.txt", explanation.text + "\n")


def test_what_ended_the_wait_goes_before_what_only_looks_worse() -> None:
    worse = Case(API, PROGRESSING, (finding(Cause.IMAGE_PULL, "cannot pull", "api-1"),))
    ended = Case(WEB, PROGRESSING, (finding(Cause.UNSCHEDULABLE, "no node", "web-1"),), is_final=True)

    assert explained(worse, ended).code == "unschedulable"


def test_pods_of_the_past_explain_only_what_nothing_else_does() -> None:
    old = finding(Cause.CRASH_LOOP, "crashes", "api-old", outdated=True)
    new = finding(Cause.PROBE_FAILING, "does not answer", "api-new")

    assert explained(Case(API, PROGRESSING, (old, new))).code == "probeFailing"
    assert explained(Case(API, PROGRESSING, (old,))).code == "crashLoop"


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [
        ("Deployment", HealthState.FAILED, "progressDeadline"),
        ("Job", HealthState.FAILED, "jobFailed"),
        ("Widget", HealthState.FAILED, "failed"),
        ("Widget", HealthState.NOT_FOUND, "notFound"),
        ("Widget", HealthState.TERMINATING, "terminating"),
        ("Widget", HealthState.PROGRESSING, "notReady"),
        ("Service", HealthState.PROGRESSING, "loadBalancer"),
        ("PersistentVolumeClaim", HealthState.PROGRESSING, "volumeClaim"),
    ],
)
def test_an_object_speaks_for_itself_when_nothing_was_found(kind: str, state: HealthState, code: str) -> None:
    explanation = explained(Case(ObjectRef("v1", kind, "shop", "it"), Health(state, "It says so.")))

    assert explanation.code == code
    assert "it says so" in explanation.sentence
    assert explanation.details == ()


def test_a_passed_deadline_is_the_cause_of_pods_that_merely_are_not_ready() -> None:
    late = Case(API, Health(HealthState.FAILED, "Late."), (finding(Cause.NOT_READY, "runs", "api-1"),), is_final=True)

    assert explained(late).code == "progressDeadline"


def test_the_text_does_not_depend_on_the_order_of_looking() -> None:
    findings = tuple(finding(Cause.CRASH_LOOP, "crashes", f"api-{number}", log=True) for number in range(3))
    cases = [Case(API, PROGRESSING, findings), Case(WEB, PROGRESSING, findings[::-1])]

    assert len({explained(*order).text for order in permutations(cases)}) == 1


def test_what_is_in_the_way_is_one_line_and_nothing_while_only_time_is_missing() -> None:
    slow = Case(API, PROGRESSING, (finding(Cause.NOT_READY, "container a runs and is not ready", "a-1"),))
    assert trouble([]) == trouble([slow]) == ""
    crash = finding(Cause.CRASH_LOOP, "container b ended with exit code 1", "b-1")
    other = Case(WEB, PROGRESSING, (crash,))
    assert trouble([slow, other]) == "container b ended with exit code 1 (pod b-1)"


def test_many_pods_are_counted() -> None:
    findings = tuple(finding(Cause.CRASH_LOOP, "crashes", f"api-{number}") for number in range(9))

    (line,) = explained(Case(API, PROGRESSING, findings)).details

    assert line == "pods api-0, api-1, api-2 and 6 more"


def test_one_log_for_each_trouble_is_read() -> None:
    same = tuple(finding(Cause.CRASH_LOOP, "crashes", f"api-{number}", log=True) for number in range(3))
    other = finding(Cause.CRASH_LOOP, "crashes otherwise", "api-9", log=True)

    assert [source.pod.name for source in log_sources([Case(API, PROGRESSING, (*same, other))])] == ["api-0", "api-9"]


def test_the_last_lines_of_a_log_are_safe_to_print() -> None:
    log = "\n".join(f"line {number}" for number in range(30)) + "\n\n\x1b]0;title\x07" + "y" * 500

    lines = log_lines(log)

    assert len(lines) == 10
    assert lines[0] == "line 21"
    assert all(line.isprintable() and len(line) <= 200 for line in lines)


def test_every_cause_has_a_remedy() -> None:
    assert set(REMEDIES) == set(Cause)
