"""Errors of the domain as answers of HTTP: one status for each, and the form of RFC 9457."""

from __future__ import annotations

import pytest

from fairlead.domain.errors import (
    FairleadError,
    InputError,
    Interrupted,
    OperationFailed,
    Problem,
    Refused,
    RemoteRefused,
    Transient,
)
from fairlead.server.problems import answer, answer_to, status_of


def problem(code: str = "some") -> Problem:
    return Problem(code, "it is so", path="a.b", remedy="do that")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError(problem()), 422),
        (Refused(problem()), 409),
        (Refused(problem("accountMissing")), 403),
        (Refused(problem("tooManyStreams")), 503),
        (Transient(problem()), 503),
        (Transient(problem("tooManyRequests")), 429),
        (RemoteRefused(problem(), status=400), 502),
        (RemoteRefused(problem("forbidden"), status=403), 403),
        (RemoteRefused(problem("objectTooLarge"), status=413), 422),
        (OperationFailed(problem()), 500),
        (OperationFailed(problem("storeFailed")), 503),
        (OperationFailed(problem("storeFull")), 507),
        (Interrupted(problem()), 503),
        (FairleadError(problem()), 500),
    ],
    ids=lambda value: f"{type(value).__name__} {value.code}" if isinstance(value, FairleadError) else "",
)
def test_each_error_has_its_status(error: FairleadError, status: int) -> None:
    assert status_of(error) == answer_to(error).status == status


@pytest.mark.parametrize(("seconds", "told"), [(0.0, "1"), (0.4, "1"), (7.6, "8")])
def test_what_passes_says_when_to_come_again(seconds: float, told: str) -> None:
    assert answer_to(Transient(problem(), delay_seconds=seconds)).headers == {"retry-after": told}


def test_the_first_problem_is_the_title_and_all_are_there() -> None:
    found = answer(422, [problem("one"), Problem("two", "so it is")])
    assert (found.body["status"], found.body["code"], found.body["path"]) == (422, "one", "a.b")
    assert found.body["errors"] == [
        {"code": "one", "detail": "it is so", "path": "a.b", "remedy": "do that"},
        {"code": "two", "detail": "so it is"},
    ]
    assert found.all_headers["content-type"] == "application/problem+json"


def test_nothing_to_say_is_said_too() -> None:
    assert answer(500, []).body["code"] == "unknown"


def test_who_is_not_known_is_told_how_to_be() -> None:
    assert answer(401, [problem()]).headers == {"www-authenticate": "Bearer"}
    assert answer(403, [problem()]).headers == {}
