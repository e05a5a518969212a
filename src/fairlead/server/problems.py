"""Errors of the domain as answers of HTTP: one table, and the form of RFC 9457 with what our problems say besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fairlead.domain.authorising.deciding import Denied, Kind, absent
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
from fairlead.server.asgi import Answer

# The most special class comes first.
_STATUSES: Final = (
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Transient, HTTPStatus.SERVICE_UNAVAILABLE),
    (RemoteRefused, HTTPStatus.BAD_GATEWAY),
    (OperationFailed, HTTPStatus.INTERNAL_SERVER_ERROR),
    (Refused, HTTPStatus.CONFLICT),
    (Interrupted, HTTPStatus.SERVICE_UNAVAILABLE),
)
# Codes that say more than their class.
_CODES: Final = {
    "badRequest": HTTPStatus.BAD_REQUEST,
    "forbidden": HTTPStatus.FORBIDDEN,
    "accountMissing": HTTPStatus.FORBIDDEN,
    "notFound": HTTPStatus.NOT_FOUND,
    "stale": HTTPStatus.PRECONDITION_FAILED,
    "objectTooLarge": HTTPStatus.UNPROCESSABLE_ENTITY,
    "storeFailed": HTTPStatus.SERVICE_UNAVAILABLE,
    "storeFull": HTTPStatus.INSUFFICIENT_STORAGE,
    "administrationBusy": HTTPStatus.SERVICE_UNAVAILABLE,
    "tooManyStreams": HTTPStatus.SERVICE_UNAVAILABLE,
    "tooManyRequests": HTTPStatus.TOO_MANY_REQUESTS,
    "unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
}
_KINDS: Final = {
    Kind.UNKNOWN_CALLER: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.HIDDEN: HTTPStatus.NOT_FOUND,
}


class Declined(Exception):
    """Ends the handling of a request with an answer."""

    def __init__(self, status: int, problems: Iterable[Problem]) -> None:
        super().__init__(status)
        self.status = status
        self.problems = tuple(problems)


def declined(status: int, code: str, message: str, remedy: str | None = None, path: str | None = None) -> Declined:
    """Return a refusal with one problem."""
    return Declined(status, [Problem(code, message, path=path, remedy=remedy)])


def denied(decision: Denied) -> Declined:
    """Return the refusal that a decision asks for."""
    return Declined(_KINDS[decision.kind], [decision.problem])


def not_found() -> Declined:
    """Return what is answered of a thing that does not exist, or not for whoever asks."""
    return Declined(HTTPStatus.NOT_FOUND, [absent()])


def status_of(error: FairleadError) -> int:
    """Return the status of an error."""
    if error.code in _CODES:
        return _CODES[error.code]
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def answer(status: int, problems: Iterable[Problem], headers: Mapping[str, str] | None = None) -> Answer:
    """Return problems as an answer; the first says what it is mainly about, `errors` has them all."""
    found = [problem_json(problem) for problem in problems] or [{"code": "unknown", "detail": "it failed"}]
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **found[0], "errors": found}
    extra = {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return Answer(status, body, {**extra, **(headers or {})})


def answer_to(error: FairleadError) -> Answer:
    """Return an error as an answer."""
    headers = {}
    if isinstance(error, Transient):
        headers["retry-after"] = str(max(1, round(error.delay_seconds)))
    return answer(status_of(error), error.problems, headers)


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return the wire form of a problem: what is unknown of it is left out."""
    said = {"code": problem.code, "detail": problem.message, "path": problem.path, "remedy": problem.remedy}
    return {key: value for key, value in said.items() if value is not None}
