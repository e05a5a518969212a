from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.registries.challenge import Challenge, check_realm, read_challenge
from fairlead.domain.errors import OperationFailed
from fairlead.doors.fetch import Origin

TOKEN = {"realm": "https://auth.test/token", "service": "reg.test", "scope": "repository:a/b:pull,push"}
WRITTEN = 'realm="https://auth.test/token",service="reg.test",scope="repository:a/b:pull,push"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"Bearer {WRITTEN}", Challenge("bearer", TOKEN)),
        (f"bearer  {WRITTEN.replace(',s', ' , s')}", Challenge("bearer", TOKEN)),
        (f'Basic realm="r", Bearer {WRITTEN}', Challenge("bearer", TOKEN)),
        (f'Bearer {WRITTEN}, Basic realm="r"', Challenge("bearer", TOKEN)),
        ("Bearer realm=https://auth.test/token", Challenge("bearer", {"realm": "https://auth.test/token"})),
        ('Basic realm="Registry Realm"', Challenge("basic", {"realm": "Registry Realm"})),
        ("Basic", Challenge("basic", {})),
        ('Negotiate, Basic realm="r"', Challenge("basic", {"realm": "r"})),
        ('Digest realm="r"', None),
        ("Negotiate", None),
        ("", None),
    ],
)
def test_ways_to_log_in_are_read(header: str, expected: Challenge | None) -> None:
    assert read_challenge(header) == expected


@given(st.text(max_size=2000))
def test_no_header_is_a_surprise(header: str) -> None:
    found = read_challenge(header)
    assert found is None or found.scheme in {"basic", "bearer"}


def test_a_long_header_takes_no_time() -> None:
    assert read_challenge("a" * 8000) is None
    assert read_challenge('a="' * 2700) is None


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("https://registry-1.docker.io", "https://auth.docker.io/token"),
        ("https://ghcr.io", "https://ghcr.io/token"),
        ("https://quay.io", "https://quay.io/v2/auth"),
        ("https://registry.gitlab.com", "https://gitlab.com/jwt/auth"),
        ("https://eu-docker.pkg.dev", "https://eu-docker.pkg.dev/v2/token"),
        ("https://shop.azurecr.io", "https://shop.azurecr.io/oauth2/token"),
        ("https://harbor.shop.co.uk", "https://auth.shop.co.uk/service/token"),
    ],
)
def test_the_token_services_of_hosted_registries_are_asked(registry: str, realm: str) -> None:
    check_realm(realm, Origin.of(registry), with_account=True)


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("https://shop.azurecr.io", "https://thief.azurecr.io/oauth2/token"),
        ("https://1.dkr.ecr.eu-west-1.amazonaws.com", "https://2.dkr.ecr.eu-west-1.amazonaws.com/"),
        ("https://eu-docker.pkg.dev", "https://thief.pkg.dev/token"),
        ("https://shop.co.uk", "https://thief.co.uk/token"),
        ("https://shop.com.au", "https://com.au/token"),
        ("https://shop.io", "https://thief.io/token"),
        ("https://[2001:db8::1]", "https://[2001:db8::2]/token"),
    ],
)
def test_neighbours_that_are_strangers_get_no_password(registry: str, realm: str) -> None:
    with pytest.raises(OperationFailed) as caught:
        check_realm(realm, Origin.of(registry), with_account=True)
    assert caught.value.code == "realmRefused"


def test_without_a_password_any_service_over_https_may_give_a_token() -> None:
    check_realm("https://tokens.example/t", Origin.of("https://reg.test"), with_account=False)
    with pytest.raises(OperationFailed):
        check_realm("http://tokens.example/t", Origin.of("https://reg.test"), with_account=False)
