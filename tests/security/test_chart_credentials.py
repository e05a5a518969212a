"""S29, S30: passwords for charts never reach anybody else, by redirect, by index, or by a registry's token service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fairlead.adapters.charts.cache import ChartCache
from fairlead.adapters.charts.remote import Remote
from fairlead.adapters.registries.challenge import check_realm
from fairlead.domain.config import ChartOci, ChartReference, EnvRef, HelmRepo, Place
from fairlead.domain.errors import OperationFailed
from fairlead.doors.fetch import Origin, basic_auth
from tests.fakes.certificates import Authority
from tests.fakes.chart_server import Pages, demand, packaged
from tests.fakes.charts import registries
from tests.fakes.http import Answer, HttpServer

PLACE = Place("environments.yaml", 3, 1)
LOGIN = basic_auth("me", "password of PW")["Authorization"]
SECRETS = ("authorization", "cookie")


@pytest_asyncio.fixture
async def remote(tmp_path: Path) -> AsyncIterator[Remote]:
    asking = registries()
    yield Remote(ChartCache(tmp_path / "cache"), asking)
    await asking.close()


def repo(url: str, ca_file: Path | None = None) -> HelmRepo:
    return HelmRepo(
        "shop", url, PLACE, ca_file=str(ca_file) if ca_file else None, username="me", password_from=EnvRef("PW")
    )


CHART = ChartReference("shop/small", "1.0.0")


@pytest.mark.parametrize("what", ["/index.yaml", "/small-1.0.0.tgz"])
async def test_redirects_to_another_port_lose_the_password(what: str, remote: Remote) -> None:
    home, sink = Pages(guard=demand(LOGIN, Answer(401))), Pages()
    home.publish("small", "1.0.0", packaged())
    sink.pages[what] = home.pages[what]
    async with HttpServer(sink) as there, HttpServer(home) as here:
        home.pages[what] = Answer(307, b"", {"Location": there.url + what, "Set-Cookie": "a=b"})
        assert await remote.archive(CHART, (repo(here.url),)) == packaged()
    assert [request.path for request in there.requests] == [what]
    assert not [name for request in there.requests for name in SECRETS if name in request.headers]
    assert all(request.headers["authorization"] == LOGIN for request in here.requests)


async def test_a_redirect_that_leads_back_home_stays_without_the_password(remote: Remote) -> None:
    home, sink = Pages(), Pages()
    home.publish("small", "1.0.0", packaged())
    async with HttpServer(sink) as there, HttpServer(home) as here:
        archive = home.pages.pop("/small-1.0.0.tgz")
        home.pages["/small-1.0.0.tgz"] = Answer(302, b"", {"Location": f"{there.url}/bounce"})
        home.pages["/back"] = archive
        sink.pages["/bounce"] = Answer(302, b"", {"Location": f"{here.url}/back"})
        await remote.archive(CHART, (repo(here.url),))
    assert "authorization" not in here.requests[-1].headers


async def test_an_archive_elsewhere_is_fetched_without_the_password(remote: Remote) -> None:
    home, sink = Pages(), Pages()
    sink.publish("small", "1.0.0", packaged())
    async with HttpServer(sink) as there, HttpServer(home) as here:
        home.publish("small", "1.0.0", packaged(), urls=[f"{there.url}/small-1.0.0.tgz"])
        await remote.archive(CHART, (repo(here.url),))
    assert "authorization" in here.requests[0].headers
    assert [request.path for request in there.requests] == ["/small-1.0.0.tgz"]
    assert "authorization" not in there.requests[0].headers


async def test_nothing_goes_from_https_to_http(remote: Remote, tmp_path: Path) -> None:
    authority = Authority()
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority.ca)
    home, sink = Pages(), Pages()
    home.publish("small", "1.0.0", packaged())
    async with HttpServer(sink) as there, HttpServer(home, tls=authority.server_context("127.0.0.1")) as here:
        home.pages["/small-1.0.0.tgz"] = Answer(302, b"", {"Location": f"{there.url}/small-1.0.0.tgz"})
        with pytest.raises(OperationFailed) as caught:
            await remote.archive(CHART, (repo(here.url, ca_file),))
        assert caught.value.code == "redirectRefused"
        home.pages.clear()
        home.publish("small", "1.0.0", packaged(), urls=[f"{there.url}/small-1.0.0.tgz"])
        asking = registries()
        with pytest.raises(OperationFailed) as caught:
            await Remote(remote.cache, asking).archive(CHART, (repo(here.url, ca_file),))
        await asking.close()
    assert caught.value.code == "chartFetchFailed"
    assert there.requests == []


async def test_a_repository_of_a_like_name_gets_nothing(remote: Remote) -> None:
    other = Pages()
    other.publish("small", "1.0.0", packaged())
    async with HttpServer(other) as there:
        similar = HelmRepo("shop", f"{there.url}1", PLACE, username="me", password_from=EnvRef("PW"))
        await remote.archive(ChartReference(f"{there.url}/small", "1.0.0"), (similar,))
    assert not [request for request in there.requests if "authorization" in request.headers]


# --- registries ------------------------------------------------------------------------------------------------------


def challenge(realm: str) -> Answer:
    return Answer(401, b"", {"WWW-Authenticate": f'Bearer realm="{realm}",service="s",scope="repository:a/small:pull"'})


async def test_a_realm_elsewhere_gets_no_password(remote: Remote) -> None:
    sink, registry = Pages(), Pages()
    async with HttpServer(sink) as there, HttpServer(registry) as here:
        registry.guard = lambda _: challenge(f"{there.url}/token")
        url = f"oci://127.0.0.1:{here.port}/a"
        with pytest.raises(OperationFailed) as caught:
            await remote.archive(ChartOci(f"{url}/small", "1.0.0"), (repo(url),))
    assert caught.value.code == "realmRefused"
    assert there.requests == []


@pytest.mark.parametrize(
    "realm", ["http://sink/", "https://sink/", "https://evil.example/token", "https://registry.shop.test.evil.example/"]
)
def test_realms_of_others_are_refused_for_passwords(realm: str) -> None:
    with pytest.raises(OperationFailed) as caught:
        check_realm(realm, Origin.of("https://registry.shop.test"), with_account=True)
    assert caught.value.code == "realmRefused"


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("https://registry.shop.test", "https://registry.shop.test/token"),
        ("https://registry.shop.test", "https://auth.shop.test/token"),
        ("https://registry.shop.test", "https://shop.test/jwt/auth"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/token"),
    ],
)
def test_realms_of_the_same_owner_are_asked(registry: str, realm: str) -> None:
    check_realm(realm, Origin.of(registry), with_account=True)


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("https://shop.com", "https://evil.com/token"),
        ("https://10.0.0.1", "https://10.0.0.2/token"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"),
        ("https://a.b.test", "https://evilb.test/"),
        ("https://registry.shop.test", "file:///etc/passwd"),
        ("https://registry.shop.test", ""),
    ],
)
def test_realms_that_only_look_related_are_refused(registry: str, realm: str) -> None:
    with pytest.raises(OperationFailed):
        check_realm(realm, Origin.of(registry), with_account=True)


async def test_a_blob_elsewhere_is_fetched_without_the_token(remote: Remote) -> None:
    registry, storage = Pages(), Pages()
    registry.push("a/small", "1.0.0", packaged())
    blob = next(path for path in registry.pages if "/blobs/" in path)
    storage.pages[blob] = registry.pages[blob]
    async with HttpServer(storage) as there, HttpServer(registry) as here:
        registry.pages[blob] = Answer(307, b"", {"Location": f"{there.url}{blob}"})
        registry.pages["/token"] = Answer(body=b'{"token": "t0ken"}')
        registry.guard = lambda request: (
            None
            if request.path.startswith("/token") or request.headers.get("authorization") == "Bearer t0ken"
            else challenge(f"http://127.0.0.1:{here.port}/token")
        )
        url = f"oci://127.0.0.1:{here.port}/a"
        assert await remote.archive(ChartOci(f"{url}/small", "1.0.0"), (repo(url),)) == packaged()
    token = next(request for request in here.requests if request.path.startswith("/token"))
    assert token.headers["authorization"] == LOGIN
    assert "scope=repository%3Aa%2Fsmall%3Apull" in token.path
    assert "authorization" not in there.requests[0].headers
