from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from fairlead.adapters.registries.registries import Registries
from fairlead.domain.chart_places import place_of
from fairlead.domain.config import ChartOci
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import FairleadError, InputError, OperationFailed, RemoteRefused
from fairlead.domain.images import ImageName
from fairlead.doors.fetch import basic_auth
from tests.fakes.chart_server import Pages, demand, packaged
from tests.fakes.charts import KnownAccounts, registries
from tests.fakes.http import Answer, HttpServer, Request

CHART = packaged()
BASIC = basic_auth("me", "word")["Authorization"]


class Everywhere(KnownAccounts):
    """The same login for every registry."""

    async def account(self, image: ImageName) -> Account | None:
        return Account("me", "word")


@pytest_asyncio.fixture
async def anonymous() -> AsyncIterator[Registries]:
    made = registries()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def known() -> AsyncIterator[Registries]:
    made = registries(accounts=Everywhere())
    yield made
    await made.close()


async def pull(registry: Registries, reference: str, version: str) -> bytes:
    return await registry.archive(place_of(ChartOci(reference, version), ()), version)


async def pulled(login: Registries, pages: Pages, *, path: str = "a/b/small", version: str = "1.0.0") -> bytes:
    async with HttpServer(pages) as server:
        return await pull(login, f"oci://127.0.0.1:{server.port}/{path}", version)


@pytest.mark.parametrize(
    ("tag", "version"), [("1.0.0", "1.0.0"), ("1.0.0_b.1", "1.0.0+b.1"), ("v1.0.0", "1.0.0"), ("1.0.0", "v1.0.0")]
)
async def test_charts_are_pulled(tag: str, version: str, anonymous: Registries) -> None:
    pages = Pages()
    pages.push("a/b/small", tag, CHART)
    assert await pulled(anonymous, pages, version=version) == CHART


async def test_older_media_types_are_understood(anonymous: Registries) -> None:
    pages = Pages()
    pages.push("a/b/small", "1.0.0", CHART, mediaType=None)
    assert await pulled(anonymous, pages) == CHART


async def test_basic_challenges_are_answered_by_the_registry_itself(known: Registries, anonymous: Registries) -> None:
    pages = Pages(guard=demand(BASIC, Answer(401, b"", {"WWW-Authenticate": 'Basic realm="r"'})))
    pages.push("a/b/small", "1.0.0", CHART)
    assert await pulled(known, pages) == CHART
    with pytest.raises(OperationFailed) as caught:
        await pulled(anonymous, pages)
    assert caught.value.code == "registryRefused"


def token_guard(port: list[int], token: str) -> Any:
    def guard(request: Request) -> Answer | None:
        if request.path.startswith("/token") or request.headers.get("authorization") == f"Bearer {token}":
            return None
        realm = f"http://127.0.0.1:{port[0]}/token?x=y"
        return Answer(401, b"", {"WWW-Authenticate": f'Bearer realm="{realm}",service="s"'})

    return guard


@pytest.mark.parametrize(
    ("answer", "works"),
    [
        (b'{"token": "t"}', True),
        (b'{"access_token": "t"}', True),
        (b'{"token": "other"}', False),
        (b"{}", False),
        (b'{"token": 5}', False),
        (b'{"token": "a\\r\\nX: y"}', False),
        (b"[]", False),
        (b"no json", False),
    ],
)
async def test_tokens_are_fetched_and_shown(answer: bytes, works: bool, anonymous: Registries) -> None:
    port: list[int] = []
    pages = Pages({"/token": Answer(body=answer)}, guard=token_guard(port, "t"))
    pages.push("a/b/small", "1.0.0", CHART)
    async with HttpServer(pages) as server:
        port.append(server.port)
        reference = f"oci://127.0.0.1:{server.port}/a/b/small"
        if works:
            assert await pull(anonymous, reference, "1.0.0") == CHART
            assert [request.path.partition("&")[0] for request in server.requests].count("/token?x=y") == 1
        else:
            with pytest.raises(OperationFailed):
                await pull(anonymous, reference, "1.0.0")


async def test_a_version_that_is_not_there_is_said_to_be(anonymous: Registries) -> None:
    with pytest.raises(InputError) as caught:
        await pulled(anonymous, Pages())
    assert caught.value.code == "chartNotFound"


async def test_a_refusal_is_the_registrys(anonymous: Registries) -> None:
    with pytest.raises(RemoteRefused):
        await pulled(anonymous, Pages(guard=lambda _: Answer(403)))


CHART_LAYER = {"mediaType": "application/tar+gzip", "digest": "sha256:" + "0" * 64, "size": 3}


@pytest.mark.parametrize(
    "change",
    [
        {"config": None},
        {"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}},
        {"config": "text"},
        {"layers": None},
        {"layers": []},
        {"layers": [None]},
        {"layers": [CHART_LAYER, CHART_LAYER]},
        {"layers": [{**CHART_LAYER, "digest": "sha256:../../x"}]},
        {"layers": [{**CHART_LAYER, "digest": None}]},
        {"manifests": []},  # an index and a manifest at once (OCI GHSA-5j5w-g665-5m35)
        {"mediaType": "application/vnd.oci.image.index.v1+json"},
    ],
)
async def test_manifests_that_hold_no_one_chart_are_refused(change: dict[str, Any], anonymous: Registries) -> None:
    pages = Pages()
    pages.push("a/b/small", "1.0.0", CHART, **change)
    with pytest.raises(OperationFailed) as caught:
        await pulled(anonymous, pages)
    assert caught.value.code == "chartFetchFailed"


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b"[" * 100_000])
async def test_manifests_that_are_none_are_refused(body: bytes, anonymous: Registries) -> None:
    with pytest.raises(OperationFailed) as caught:
        await pulled(anonymous, Pages({"/v2/a/b/small/manifests/1.0.0": Answer(body=body)}))
    assert caught.value.code == "registryUnusable"


async def test_other_bytes_than_described_are_refused(anonymous: Registries) -> None:
    for wrong in (CHART + b"x", CHART[:-1], b"x" * len(CHART)):
        pages = Pages()
        pages.push("a/b/small", "1.0.0", CHART)
        blob = next(path for path in pages.pages if "/blobs/" in path)
        pages.pages[blob] = Answer(body=wrong)
        with pytest.raises(OperationFailed) as caught:
            await pulled(anonymous, pages)
        assert caught.value.code == "chartFetchFailed"


async def test_a_manifest_that_is_not_what_its_digest_says_is_refused(anonymous: Registries) -> None:
    pages = Pages()
    pages.push("a/b/small", "1.0.0", CHART)
    path = "/v2/a/b/small/manifests/1.0.0"
    pages.pages[path] = Answer(200, pages.pages[path].body, {"Docker-Content-Digest": "sha256:" + "0" * 64})
    with pytest.raises(OperationFailed) as caught:
        await pulled(anonymous, pages)
    assert caught.value.code == "chartFetchFailed"


REFERENCES = (
    "oci://",
    "oci://host",
    "http://host/a",
    "oci://host/../a",
    "oci://host/A",
    "oci://host/a:1.0.0",
    "oci://u:p@host/a",
    "oci://host/a?b",
    "oci://host/a@sha256:0",
)


@pytest.mark.parametrize("reference", REFERENCES)
async def test_references_that_are_none_are_refused(reference: str, anonymous: Registries) -> None:
    with pytest.raises(InputError) as caught:
        await pull(anonymous, reference, "1.0.0")
    assert caught.value.code == "chartInvalid"


async def test_other_machines_are_spoken_to_over_tls_only(anonymous: Registries) -> None:
    async with HttpServer(Pages()) as server:
        # The name means this machine, but only the three usual spellings make it so.
        with pytest.raises(FairleadError):
            await pull(anonymous, f"oci://127.0.0.2:{server.port}/a", "1.0.0")
    assert server.requests == []


@pytest.mark.parametrize(("status", "code"), [(403, "registryRefused"), (404, "chartNotFound")])
async def test_versions_that_may_not_be_listed_are_an_error(status: int, code: str, anonymous: Registries) -> None:
    async with HttpServer(Pages(guard=lambda _: Answer(status))) as server:
        with pytest.raises(FairleadError) as caught:
            await anonymous.chart_versions(ChartOci(f"oci://127.0.0.1:{server.port}/a", "1.0.0"), ())
    assert caught.value.code == code
