from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.authorising.tokens import token_text
from fairlead.doors.redaction import Redactor, secrets_in
from tests.fakes.releases import hook, secret, wanted

SECRET = 'p@ss "w0rd"/+ü'
FORMS = {
    "raw": SECRET,
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "base64 without padding": base64.b64encode(SECRET.encode()).decode().rstrip("="),
    "URL": quote(SECRET, safe=""),
    "URL path": quote(SECRET),
    "form": quote_plus(SECRET),
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON with unicode": json.dumps(SECRET, ensure_ascii=False)[1:-1],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_secret_is_taken_out(form: str) -> None:
    redactor = Redactor([SECRET])
    assert redactor.text(f"before {form} after") in ("before (secret) after", "before (secret)= after")
    assert form not in json.dumps(redactor.value({"a": [f"x{form}", {form: 1}]}), ensure_ascii=False)


@given(st.text(min_size=4, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_in_any_text(secret: str, before: str, after: str) -> None:
    shown = Redactor([secret]).text(f"{before}{secret}{after}")
    assert secret not in shown.replace("(secret)", "\0")


@given(st.text(max_size=50))
def test_without_secrets_nothing_changes(text: str) -> None:
    assert Redactor().text(text) == text
    assert Redactor([""]).text(text) == text


def test_the_longest_secret_wins() -> None:
    assert Redactor(["pass-1", "pass-1-and-more"]).text("pass-1-and-more pass-1") == "(secret) (secret)"


def test_short_secrets_are_masked_only_where_they_stand_alone() -> None:
    redactor = Redactor(["no"])
    assert redactor.value({"a": "no", "b": "nothing"}) == {"a": "(secret)", "b": "nothing"}


def test_secrets_may_be_registered_later() -> None:
    redactor = Redactor()
    redactor.register(["later-value"])
    assert redactor.text("a later-value") == "a (secret)"


def test_secret_objects_show_their_keys_only_wherever_they_are() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "dg=="}}
    shown = Redactor().value({"items": [secret], "count": 1, "none": None})
    assert shown == {"items": [{**secret, "data": {"k": "(secret)"}}], "count": 1, "none": None}


def test_the_clear_texts_of_secret_objects() -> None:
    data = {"a": base64.b64encode(b"clear").decode(), "binary": "/w==", "broken": "%"}
    secret = {"apiVersion": "v1", "kind": "Secret", "data": data, "stringData": {"b": "text"}}
    assert list(secrets_in([secret, {"kind": "ConfigMap", "data": {"x": "y"}}])) == ["text", "clear"]


def test_a_releases_redactor_knows_all_its_secrets() -> None:
    hooks = (hook(secret("h", a="in-the-hook"), "pre-install"),)
    rendered = wanted(secret(a="in-the-manifest"), hooks=hooks, secrets=("in-the-values",)).rendered
    text = "in-the-hook in-the-manifest in-the-values"
    assert Redactor.of_release(rendered).text(text) == "(secret) (secret) (secret)"


def test_tokens_of_the_server_are_masked_wherever_they_stand() -> None:
    text = token_text("abcdefghij12", "Ab-_" * 10 + "xyz")

    shown = Redactor().text(f"Authorization: Bearer {text}, and {text}.")

    assert shown == "Authorization: Bearer fairlead_abcdefghij12_(secret), and fairlead_abcdefghij12_(secret)."
    assert Redactor().text("fairlead_abc_def") == "fairlead_abc_def"
