"""What answers mean: who must act, and what is wrong."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.kubernetes.requests import ApiRequest
from fairlead.adapters.kubernetes.responses import (
    Server,
    absent,
    decode,
    decode_discovery,
    decode_list,
    failure,
    retry_after,
    warnings,
)
from fairlead.adapters.kubernetes.wording import cause_text, scrub
from fairlead.domain.errors import FairleadError, RemoteRefused, Transient
from fairlead.doors.dial import Response

SERVER = Server("https://api.example:6443", "prod")
APPLY = ApiRequest("PATCH", "/x", "apply", "Deployment shop/web", secrets=("hunter2",))
HTML = Response(502, {"content-type": "text/html"}, b"<html>Bad gateway</html>")


def answer(code: int, **status: Any) -> Response:
    body = {"kind": "Status", "status": "Failure", "code": code, **status}
    return Response(code, {"content-type": "application/json"}, orjson.dumps(body))


def causes(*pairs: tuple[str, str], reason: str = "FieldValueInvalid") -> dict[str, Any]:
    return {"causes": [{"field": field, "message": message, "reason": reason} for field, message in pairs]}


REFUSALS = [
    (answer(401, reason="Unauthorized", message="Unauthorized"), "unauthorized"),
    (
        answer(
            403,
            reason="Forbidden",
            message='deployments.apps "web" is forbidden: User "joe" cannot patch resource "deployments" in API group '
            '"apps" in the namespace "shop"',
        ),
        "forbidden",
    ),
    (answer(403, reason="Forbidden", message='pods "a" is forbidden: exceeded quota: q'), "quotaExceeded"),
    (answer(403, reason="Forbidden", message="violates PodSecurity"), "admissionDenied"),
    (
        answer(403, reason="Forbidden", message="x", details=causes(("", ""), reason="NamespaceTerminating")),
        "namespaceTerminating",
    ),
    (answer(400, message='admission webhook "a.b" denied the request: no'), "admissionDenied"),
    (answer(422, message="ValidatingAdmissionPolicy 'p' denied request"), "admissionDenied"),
    (
        answer(422, reason="Invalid", message="the server rejected our request due to an error in our request"),
        "conflict",
    ),
    (answer(404, reason="NotFound", details={"kind": "namespaces", "name": "shop"}), "namespaceMissing"),
    (answer(404, reason="NotFound", details={"kind": "deployments", "name": "web"}), "notFound"),
    (Response(404, {"content-type": "text/plain"}, b"404 page not found\n"), "kindNotServed"),
    (
        answer(
            409, reason="Conflict", details=causes((".spec.replicas", "conflict with x"), reason="FieldManagerConflict")
        ),
        "fieldConflict",
    ),
    (answer(409, reason="AlreadyExists"), "alreadyExists"),
    (answer(409, reason="Conflict"), "conflict"),
    (answer(410, reason="Expired"), "expired"),
    (answer(413, reason="RequestEntityTooLarge"), "objectTooLarge"),
    (answer(422, details=causes(("spec.selector", "Invalid value: {}: field is immutable"))), "fieldImmutable"),
    (
        answer(
            422, details=causes(("spec", "Forbidden: updates to statefulset spec for fields other than 'replicas'"))
        ),
        "fieldImmutable",
    ),
    (
        answer(422, details=causes(("spec.clusterIPs[0]", "Invalid value: []: may not change once set"))),
        "fieldImmutable",
    ),
    (answer(422, details=causes(("roleRef", "Invalid value: {}: cannot change roleRef"))), "fieldImmutable"),
    (
        answer(422, details=causes(("spec", "Forbidden: pod updates may not change fields other than x"))),
        "fieldImmutable",
    ),
    (answer(422, details=causes(("value", "Forbidden: may not be changed in an update."))), "fieldImmutable"),
    (answer(422, details=causes(("spec.replicas", "Invalid value: -1: must not be negative"))), "objectInvalid"),
    (answer(400, reason="BadRequest", message="no"), "objectInvalid"),
    (answer(500, message="failed to create typed patch object (/a; v1, Kind=X): .x: bad"), "objectInvalid"),
    (answer(406, reason="NotAcceptable"), "apiRefused"),
    (Response(404, {"content-type": "text/html"}, b"<html>404</html>"), "notKubernetes"),
    (Response(302, {"location": "https://login"}, b""), "notKubernetes"),
]


@pytest.mark.parametrize(("reply", "code"), REFUSALS, ids=lambda value: value if isinstance(value, str) else "")
def test_refusals(reply: Response, code: str) -> None:
    error = failure(reply, APPLY, SERVER)
    assert isinstance(error, RemoteRefused)
    assert (error.code, error.status) == (code, reply.status)
    assert "Deployment shop/web" in str(error)


@pytest.mark.parametrize(
    ("reply", "code", "delay"),
    [
        (Response(429, {"retry-after": "3"}, b""), "apiBusy", 3.0),
        (answer(500, reason="InternalError", message='failed calling webhook "a"'), "webhookFailed", 1.0),
        (answer(500, message="etcdserver: leader changed"), "apiFailed", 1.0),
        (answer(503, reason="ServiceUnavailable"), "apiFailed", 1.0),
        (answer(504, reason="Timeout"), "apiFailed", 1.0),
        (HTML, "apiFailed", 1.0),
    ],
)
def test_what_may_pass_is_transient(reply: Response, code: str, delay: float) -> None:
    error = failure(reply, APPLY, SERVER)
    assert isinstance(error, Transient)
    assert (error.code, error.delay_seconds) == (code, delay)


def test_who_must_act_is_told() -> None:
    assert failure(answer(401), APPLY, SERVER).problems[0].remedy
    forbidden = str(failure(REFUSALS[1][0], APPLY, SERVER))
    assert "patch" in forbidden
    assert "deployments" in forbidden
    assert "api.example" in str(failure(HTML, APPLY, SERVER))
    assert "prod" in str(failure(answer(401), APPLY, SERVER))


@pytest.mark.parametrize(
    "reply",
    [
        answer(500, message="failed to create typed patch object (/a): .data.p: expected string, got "
               "&value.valueUnstructured{Value:12345}"),
        answer(500, message="failed to create typed patch object (/a): .env: expected list, got &{a: 12345\n}, 12345"),
        answer(400, message='cannot handle: error found in #10 byte of ...|"p":12345}|..., bigger context ...|"12345"'),
        answer(422, message="12345", details=causes(("data", 'Invalid value: map[string]string{"p":"12345"}: no'))),
        answer(422, message="x", details=causes(("data.p", 'Invalid value: "hunter2": no'))),
        answer(400, message=f'bad "{"12345" * 20}"'),
    ],
)  # fmt: skip
def test_errors_do_not_echo_the_object(reply: Response) -> None:
    text = str(failure(reply, APPLY, SERVER))
    assert "12345" not in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("field", "message", "shown"),
    [
        ("spec.replicas", "Invalid value: -1: must be positive", "spec.replicas: Invalid value -1: must be positive"),
        (
            "spec.selector",
            'Invalid value: {"matchLabels":{"a":"b: c"}}: field is immutable',
            "spec.selector: field is immutable",
        ),
        (
            "policy",
            'Unsupported value: "Foo": supported values: "A", "B"',
            'policy: Unsupported value "Foo": supported values: "A", "B"',
        ),
        ("name", 'Invalid value: "a\\": b": bad', 'name: Invalid value "a\\": b": bad'),
        ("spec.x", "Required value", "spec.x: Required value"),
        ("<nil>", 'Invalid value: "": needs one of', 'Invalid value "": needs one of'),
        ("data", "Invalid value: [1, 2]", "data: invalid value"),
    ],
)
def test_causes_keep_what_explains(field: str, message: str, shown: str) -> None:
    assert cause_text(field, message, ()) == shown


@given(st.text(max_size=200), st.text(min_size=3, max_size=20), st.text(max_size=200))
def test_no_secret_survives(before: str, secret: str, after: str) -> None:
    shown = scrub(before + secret + after, (secret,))
    assert secret not in shown.replace("(value left out)", "") or secret in "(value left out)"


def test_short_secrets_leave_words_alone() -> None:
    assert scrub('field "a" is bad: a', ("a",)) == 'field "(value left out)" is bad: (value left out)'


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (answer(404, reason="NotFound"), True),
        (Response(404, {}, b"404 page not found\n"), True),
        (Response(404, {}, b"<html>not found</html>"), False),
        (answer(404, reason=""), False),
        (answer(410, reason="Gone"), False),
    ],
)
def test_absence_is_believed_from_kubernetes_alone(reply: Response, expected: bool) -> None:
    assert absent(reply) is expected


@pytest.mark.parametrize(
    ("body", "content_type", "error", "code"),
    [
        (b'{"kind": "Li', "application/json", Transient, "answerBroken"),
        (b"<html>log in</html>", "text/html", RemoteRefused, "notKubernetes"),
        (b"[]", "application/json", RemoteRefused, "notKubernetes"),
    ],
)
def test_good_answers_that_are_none(body: bytes, content_type: str, error: type[FairleadError], code: str) -> None:
    with pytest.raises(error) as caught:
        decode(Response(200, {"content-type": content_type}, body), APPLY, SERVER)
    assert caught.value.code == code


def test_foreign_json_is_neither_an_empty_list_nor_an_empty_catalogue() -> None:
    reply = Response(200, {"content-type": "application/json"}, b'{"status": "ok"}')
    for read in (decode_list, decode_discovery):
        with pytest.raises(RemoteRefused) as caught:
            read(reply, APPLY, SERVER)
        assert caught.value.code == "notKubernetes"


def test_warnings_are_read_one_by_one() -> None:
    text = '299 - "v1 Endpoints is deprecated", 299 - "say \\"no\\", please"'
    assert warnings(Response(200, {"warning": text}, b"")) == ("v1 Endpoints is deprecated", 'say "no", please')


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), ("", 0.0), ("soon", 0.0), ("-1", 0.0), ("99999", 60.0)])
def test_retry_after(text: str, seconds: float) -> None:
    assert retry_after({"retry-after": text}) == seconds
