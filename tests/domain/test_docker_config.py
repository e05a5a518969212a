from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.docker_config import HUB_KEY, Account, DockerConfig, Helper, read_docker_config
from fairlead.domain.errors import InputError
from fairlead.domain.images import parse_image


def auth(username: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


def config(**content: Any) -> DockerConfig:
    return read_docker_config(json.dumps(content).encode(), "config.json")


def login(found: DockerConfig, image: str) -> Account | Helper | None:
    return found.login(parse_image(image).name)


ME = Account("me", "word")


@pytest.mark.parametrize(
    ("key", "image"),
    [
        (HUB_KEY, "nginx"),
        ("docker.io", "nginx"),
        ("registry-1.docker.io", "shop/api"),
        ("reg.test", "reg.test/a/b"),
        ("https://reg.test", "reg.test/a/b"),
        ("https://reg.test/", "reg.test/a/b"),
        ("https://reg.test/v1/", "reg.test/a/b"),
        ("https://reg.test/v2", "reg.test/a/b"),
        ("Reg.Test:443", "reg.test/a/b"),
        ("localhost:5000", "localhost:5000/a"),
        ("LOCALHOST", "localhost/a"),
        ("reg.test/a", "reg.test/a/b"),
        ("reg.test/a/b", "reg.test/a/b"),
    ],
)
def test_a_login_is_found_by_every_spelling_of_its_registry(key: str, image: str) -> None:
    assert login(config(auths={key: auth("me", "word")}), image) == ME


@pytest.mark.parametrize(
    ("key", "image"),
    [
        ("reg.test", "reg.test.evil.example/a"),
        ("reg.test", "nginx"),
        ("reg.test", "reg.test:5000/a"),
        ("reg.test/a", "reg.test/ab/c"),
        (HUB_KEY, "reg.test/a"),
        ("not a host..", "reg.test/a"),
        ("a b.test", "reg.test/a"),
    ],
)
def test_a_login_is_for_its_own_registry_only(key: str, image: str) -> None:
    assert login(config(auths={key: auth("me", "word")}), image) is None


def test_the_longest_path_counts() -> None:
    found = config(auths={"reg.test/a": auth("team", "x"), "reg.test": auth("all", "y")})
    assert login(found, "reg.test/a/b") == Account("team", "x")
    assert login(found, "reg.test/b") == Account("all", "y")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (auth("me", "word"), ME),
        (auth("me", "with:colon"), Account("me", "with:colon")),
        (auth("me", "word\0\0"), ME),
        ({"username": "me", "password": "word"}, ME),
        ({**auth("00000000-0000-0000-0000-000000000000", ""), "identitytoken": "t"}, None),
        ({"identitytoken": "t"}, Account("", "t", is_token=True)),
        ({}, None),
        ({"email": "me@shop.test"}, None),
        ({"username": "me"}, None),
        ({"username": 5, "password": []}, None),
    ],
)
def test_entries_are_read_in_every_form(entry: dict[str, Any], expected: Account | None) -> None:
    if "identitytoken" in entry and "auth" in entry:
        expected = Account("00000000-0000-0000-0000-000000000000", "t", is_token=True)
    assert login(config(auths={"reg.test": entry}), "reg.test/a") == expected


def test_helpers_come_before_the_store_and_the_store_before_the_file() -> None:
    found = config(
        auths={"reg.test": {}, "own.test": auth("me", "word")},
        credHelpers={"eu.gcr.io": "gcloud", "https://index.docker.io/v1/": "pass"},
        credsStore="desktop",
    )
    assert login(found, "eu.gcr.io/a/b") == Helper("gcloud", "eu.gcr.io")
    assert login(found, "nginx") == Helper("pass", HUB_KEY)
    assert login(found, "own.test/a") == Helper("desktop", "own.test")


def test_nothing_at_all_is_a_file_without_logins() -> None:
    assert config() == DockerConfig()
    assert config(auths=None, credHelpers=None, credsStore="", HttpHeaders={"A": "b"}) == DockerConfig()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"no json",
        b"\xff",
        b"[" * 100_000,
        b'{"auths": ["x"]}',
        b'{"auths": {"reg.test": "x"}}',
        b'{"auths": {"reg.test": {"auth": "%%%"}}}',
        b'{"auths": {"reg.test": {"auth": "bWU="}}}',
        b'{"auths": {"reg.test": {"auth": "/////w=="}}}',
        b'{"credHelpers": ["x"]}',
        b'{"credHelpers": {"reg.test": "../../tmp/x"}}',
        b'{"credHelpers": {"reg.test": "a/b"}}',
        b'{"credHelpers": {"reg.test": 5}}',
        b'{"credsStore": "-x"}',
        b'{"credsStore": "x\\ny"}',
        b'{"credsStore": ["x"]}',
    ],
)
def test_files_that_are_none_are_errors_with_their_name(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_docker_config(text, "config.json")
    assert (caught.value.code, caught.value.problems[0].file) == ("dockerConfigInvalid", "config.json")


@given(st.binary() | st.recursive(st.none() | st.text() | st.integers(), lambda x: st.dictionaries(st.text(), x)))
def test_no_file_is_a_surprise(content: Any) -> None:
    text = content if isinstance(content, bytes) else json.dumps({"auths": content, "credHelpers": content}).encode()
    try:
        read_docker_config(text, "config.json")
    except InputError as error:
        assert error.code == "dockerConfigInvalid"  # noqa: PT017 - both ends are right


def test_passwords_are_not_shown() -> None:
    assert "word" not in repr(ME)
