"""Every rule of judging against objects as clusters really return them: tests/fixtures/health."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.health import HealthState
from fairlead.domain.judging import KIND_RULES, SETTLED_KINDS, group_and_kind, judge, judge_completion, judge_ended
from fairlead.doors.yaml import read_manifests

FIXTURES = Path(__file__).parent.parent / "fixtures" / "health"


@dataclass(frozen=True)
class Example:
    case: str
    health: HealthState
    object: dict[str, Any]
    message: str | None
    late_binding: bool


def examples() -> list[Example]:
    found = []
    for file in sorted(FIXTURES.glob("*.yaml")):
        for value, _ in read_manifests(file.read_bytes(), file.name):
            found.append(
                Example(
                    f"{file.stem}: {value['case']}",
                    HealthState(value["health"]),
                    value["object"],
                    value.get("message"),
                    value.get("lateBinding", False),
                )
            )
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.case)
def test_a_real_object_gets_its_word(example: Example) -> None:
    health = judge(example.object, late_binding=example.late_binding)

    assert health.state is example.health
    assert example.message in {None, health.message}
    assert health.message.endswith(".") or ": " in health.message


def test_every_kind_of_the_table_has_three_examples() -> None:
    seen = [group_and_kind(example.object) for example in EXAMPLES]

    assert {kind: seen.count(kind) for kind in KIND_RULES if seen.count(kind) < 3} == {}


def test_no_kind_is_both_settled_and_judged() -> None:
    assert not SETTLED_KINDS & set(KIND_RULES)


def test_what_the_server_does_not_have_is_not_found() -> None:
    assert judge(None).state is HealthState.NOT_FOUND


def keys_and_words(value: Any) -> set[str]:
    """Everything that the fixtures use as a key or a text: what the rules can look for."""
    match value:
        case dict():
            return set(value).union(*map(keys_and_words, value.values()))
        case list():
            return set().union(*map(keys_and_words, value))
        case _:
            return {value} if isinstance(value, str) else set()


WORDS = st.sampled_from(sorted(set().union(*(keys_and_words(example.object) for example in EXAMPLES))))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)


def replaced(value: Any, path: list[int], new: Any) -> Any:
    """Return a value with something else at a place that `path` leads to."""
    match value:
        case dict() if path and value:
            key = sorted(value)[path[0] % len(value)]
            return {**value, key: replaced(value[key], path[1:], new)}
        case list() if path and value:
            index = path[0] % len(value)
            return [*value[:index], replaced(value[index], path[1:], new), *value[index + 1 :]]
        case _:
            return new


@given(st.sampled_from(EXAMPLES), st.lists(st.integers(0, 9), min_size=1, max_size=6), JSON, st.booleans())
def test_judging_is_total(example: Example, path: list[int], new: Any, late_binding: bool) -> None:
    health = judge(replaced(example.object, path, new), late_binding=late_binding)

    assert health.message
    assert health.message.isprintable()


@given(JSON, JSON)
def test_judging_takes_any_api_version_and_kind(api_version: Any, kind: Any) -> None:
    assert judge({"apiVersion": api_version, "kind": kind}).message


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"phase": "Succeeded"}, HealthState.CURRENT),
        ({"phase": "Failed"}, HealthState.FAILED),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, HealthState.PROGRESSING),
        ({"phase": "Pending"}, HealthState.PROGRESSING),
    ],
)
def test_a_pod_with_a_task_is_done_when_it_has_ended(status: dict[str, Any], state: HealthState) -> None:
    assert judge_completion({"apiVersion": "v1", "kind": "Pod", "status": status}).state is state


@pytest.mark.parametrize(
    ("spec", "status", "state"),
    [
        ({}, {"conditions": [{"type": "Complete", "status": "True"}]}, HealthState.CURRENT),
        ({}, {"conditions": [{"type": "Failed", "status": "True"}]}, HealthState.FAILED),
        ({"suspend": True}, {}, HealthState.PROGRESSING),
    ],
)
def test_a_job_with_a_task_is_done_when_it_is_complete(
    spec: dict[str, Any], status: dict[str, Any], state: HealthState
) -> None:
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": spec, "status": status}
    assert judge_completion(job).state is state


def test_a_suspended_job_has_not_ended() -> None:
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"suspend": True}}
    assert judge(job).state is HealthState.CURRENT
    assert judge_ended(job) is None
    ended = judge_ended({**job, "status": {"conditions": [{"type": "Complete", "status": "True"}]}})
    assert ended is not None
    assert ended.state is HealthState.CURRENT
