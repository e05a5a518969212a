from __future__ import annotations

from fairlead.domain.health import WORST_FIRST, Explanation, Health, HealthReport, HealthState, ObjectHealth, worst
from fairlead.domain.identity import ObjectRef

API = ObjectRef("apps/v1", "Deployment", "shop", "api")
GOOD = ObjectHealth(API, Health(HealthState.CURRENT, "3 of 3 available."))
BAD = ObjectHealth(API, Health(HealthState.FAILED, "It is stalled."))


def test_one_word_for_many_hides_nothing_worse() -> None:
    assert set(WORST_FIRST) == set(HealthState)
    assert worst((HealthState.CURRENT, HealthState.FAILED, HealthState.PROGRESSING)) is HealthState.FAILED
    assert worst(()) is HealthState.CURRENT


def test_a_report_is_healthy_when_everything_is_current() -> None:
    assert HealthReport((GOOD,)).healthy
    assert HealthReport(()).healthy
    assert not HealthReport((GOOD, BAD)).healthy


def test_the_wire_form_of_a_report() -> None:
    why = Explanation("crashLoop", "It crashes.", ("line",), "Read its log.", API)

    assert HealthReport((BAD,), why, duration_seconds=1.23456, timed_out=True).to_json() == {
        "health": "failed",
        "objects": [{"object": API.to_json(), "health": "failed", "message": "It is stalled."}],
        "explanation": {
            "code": "crashLoop",
            "message": "It crashes.",
            "details": ["line"],
            "remedy": "Read its log.",
            "object": API.to_json(),
        },
        "durationSeconds": 1.235,
        "timedOut": True,
    }


def test_an_explanation_may_be_about_no_object() -> None:
    assert Explanation("timeout", "It took too long.").to_json()["object"] is None
