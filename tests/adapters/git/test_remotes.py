"""Which addresses of repositories are taken, and that no secret stands where others can read it."""

from __future__ import annotations

import base64

import pytest

from fairlead.adapters.git.remotes import Remote
from fairlead.domain.errors import InputError


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("https://git.example.org/acme/shop.git", "https"),
        ("https://user:pass@git.example.org:8443/acme/shop.git", "https"),
        ("ssh://git@git.example.org:2222/acme/shop.git", "ssh"),
        ("git@git.example.org:acme/shop.git", "ssh"),
        ("forge:acme/shop.git", "ssh"),
        ("http://127.0.0.1:3000/acme/shop.git", "http"),
        ("http://[::1]:3000/acme/shop.git", "http"),
        ("/srv/git/shop.git", "file"),
    ],
)
def test_usual_addresses_are_taken(url: str, protocol: str) -> None:
    assert Remote(url).protocol == protocol


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% /tmp/canary",
        "ext::sh",
        "--upload-pack=touch canary",
        "-oProxyCommand=touch",
        "ssh://-oProxyCommand=touch/x",
        "git@-oProxyCommand=touch:x",
        "-u@host:x",
        "git@host:-x",
        "git@host:/-x",
        "file:///etc",
        "file://host/etc",
        "http://git.example.org/acme/shop.git",
        "git://git.example.org/acme/shop.git",
        "ftp://git.example.org/x",
        "https:///acme",
        "https://a b/acme",
        "https://git.example.org/a\nb",
        "relative/path",
        "",
    ],
)
def test_others_are_refused_before_git_sees_them(url: str) -> None:
    with pytest.raises(InputError) as caught:
        _ = Remote(url).protocol

    assert caught.value.code == "remoteRefused"


def test_no_secret_is_shown() -> None:
    remote = Remote("https://user:pass@git.example.org/acme/shop.git", "token")

    assert "pass" not in remote.shown
    assert "pass" not in repr(remote.shown) + repr(Remote("https://x/y", "token"))
    assert {"pass", "token"} <= set(remote.secrets)


@pytest.mark.parametrize("given", ["ghp_0123", "x-access-token:ghp_0123", "user:ghp%5F0123"])
def test_a_token_within_an_address_is_a_secret(given: str) -> None:
    assert "ghp_0123" in Remote(f"https://{given}@git.example.org/acme/shop.git").secrets


def test_the_user_of_ssh_is_no_secret() -> None:
    assert Remote("ssh://git@git.example.org/acme/shop.git").secrets == ()


@pytest.mark.parametrize(
    ("url", "user"),
    [
        ("https://ghp_0123@git.example.org/acme/shop.git", "ghp_0123:"),
        ("https://gitlab-ci-token:a%40b@git.example.org/acme/shop.git", "gitlab-ci-token:a@b"),
    ],
)
def test_a_token_within_an_address_goes_as_a_header(url: str, user: str) -> None:
    found = Remote(url).environment()

    assert found["GIT_CONFIG_VALUE_0"] == "https://git.example.org/acme/shop.git"
    assert found["GIT_CONFIG_KEY_1"] == "http.https://git.example.org/.extraHeader"
    assert found["GIT_CONFIG_VALUE_1"] == f"Authorization: Basic {base64.b64encode(user.encode()).decode()}"


def test_a_token_goes_to_its_own_host_alone() -> None:
    found = Remote("https://git.example.org/acme/shop.git", "token").environment()

    keys = [value for name, value in found.items() if name.startswith("GIT_CONFIG_KEY_")]
    assert keys == ["remote.origin.url", "http.https://git.example.org/.extraHeader"]
    assert found["GIT_ALLOW_PROTOCOL"] == "https"


@pytest.mark.parametrize("url", ["git@git.example.org:acme/shop.git", "/srv/git/shop.git"])
def test_a_token_goes_nowhere_else(url: str) -> None:
    assert not any("extraHeader" in value for value in Remote(url, "token").environment().values())
