from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.docker_config import Account, DockerConfig
from fairlead.domain.errors import InputError
from fairlead.domain.pull_secrets import PullSecrets, logins_in, names_in

AUTHS = {"reg.test": {"username": "me", "password": "word"}}
FOUND = DockerConfig({"reg.test": Account("me", "word")})


def secret(**data: Any) -> dict[str, Any]:
    encoded = {key: base64.b64encode(json.dumps(value).encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "data": {f".{key}": value for key, value in encoded.items()}}


@pytest.mark.parametrize("found", [secret(dockerconfigjson={"auths": AUTHS}), secret(dockercfg=AUTHS)])
def test_both_forms_are_read(found: dict[str, Any]) -> None:
    assert logins_in(found, "the Secret ns/a") == FOUND


def test_a_secret_names_no_program_that_is_run_here() -> None:
    hostile = {"auths": AUTHS, "credHelpers": {"reg.test": "evil"}, "credsStore": "evil"}
    assert logins_in(secret(dockerconfigjson=hostile), "the Secret ns/a") == FOUND


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"data": None},
        {"data": {"password": "eA=="}},
        {"data": {".dockerconfigjson": "no base64"}},
        {"data": {".dockerconfigjson": "eA=="}},
        {"data": {".dockercfg": "eA=="}},
        secret(dockercfg=["x"]),
        secret(dockerconfigjson={"auths": ["x"]}),
    ],
)
def test_what_holds_no_logins(found: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        logins_in(found, "the Secret ns/a")
    assert caught.value.code == "pullSecretInvalid"


@given(st.binary(max_size=60), st.sampled_from([".dockerconfigjson", ".dockercfg"]))
def test_whatever_stands_there_is_logins_or_one_error(content: bytes, key: str) -> None:
    with suppress(InputError):
        found = logins_in({"data": {key: base64.b64encode(content).decode()}}, "the Secret ns/a")
        assert (found.helpers, found.store) == ({}, None)


@pytest.mark.parametrize(
    ("account", "names"),
    [
        ({}, ()),
        ({"imagePullSecrets": None}, ()),
        ({"imagePullSecrets": [{"name": "a"}, {}, {"name": "b"}]}, ("a", "b")),
    ],
)
def test_what_a_service_account_names(account: dict[str, Any], names: tuple[str, ...]) -> None:
    assert names_in(account) == names


def test_none_are_declared_by_default() -> None:
    assert not PullSecrets().are_declared
    assert PullSecrets(service_accounts=("default",)).are_declared
