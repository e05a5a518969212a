from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fairlead.domain.errors import OperationFailed, RemoteRefused, Transient
from fairlead.doors.fetch import MAX_REDIRECTS, Fetch, Fetcher, Origin, basic_auth
from fairlead.doors.trust import Trust
from tests.fakes.certificates import Authority
from tests.fakes.http import Answer, HttpServer, Request

SECRET = basic_auth("user", "word")


@pytest_asyncio.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = Fetcher()
    yield made
    await made.close()


def always(answer: Answer) -> HttpServer:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return answer

    return HttpServer(handler)


def redirecting(to: dict[str, str]) -> HttpServer:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(302, b"", {"Location": to[request.path]}) if request.path in to else Answer(body=b"here")

    return HttpServer(handler)


async def test_a_page_is_fetched(fetcher: Fetcher) -> None:
    async with always(Answer(body=b"page")) as server:
        response = await fetcher.send(Fetch(f"{server.url}/a", headers={"Accept": "x/y"}, secret_headers=SECRET))
    assert response.body == b"page"
    assert server.requests[0].headers["accept"] == "x/y"
    assert server.requests[0].headers["authorization"] == SECRET["Authorization"]


async def test_redirects_at_home_keep_credentials(fetcher: Fetcher) -> None:
    async with redirecting({"/a": "/b", "/b": "c?d=e"}) as server:
        response = await fetcher.send(Fetch(f"{server.url}/a", secret_headers=SECRET))
    assert response.body == b"here"
    assert [request.path for request in server.requests] == ["/a", "/b", "/c?d=e"]
    assert all("authorization" in request.headers for request in server.requests)


async def test_redirects_have_an_end(fetcher: Fetcher) -> None:
    async with redirecting({"/a": "/a"}) as server:
        with pytest.raises(OperationFailed) as caught:
            await fetcher.send(Fetch(f"{server.url}/a"))
    assert caught.value.code == "tooManyRedirects"
    assert len(server.requests) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, RemoteRefused), (404, RemoteRefused), (204, RemoteRefused), (429, Transient), (500, Transient)],
)
async def test_other_statuses_are_errors(status: int, kind: type[OperationFailed], fetcher: Fetcher) -> None:
    async with always(Answer(status)) as server:
        with pytest.raises(kind) as caught:
            await fetcher.send(Fetch(f"{server.url}/a?token=hidden"))
        assert (await fetcher.send(Fetch(server.url, accepted=frozenset({status})))).status == status
    if isinstance(caught.value, RemoteRefused):
        assert caught.value.status == status
    assert "hidden" not in str(caught.value)


async def test_answers_have_a_size_and_a_time(fetcher: Fetcher) -> None:
    async with always(Answer(body=b"x" * 5000)) as server:
        with pytest.raises(OperationFailed) as caught:
            await fetcher.send(Fetch(server.url, max_bytes=4999))
    assert caught.value.code == "responseTooLarge"

    async def silent(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        await asyncio.Event().wait()
        return None

    async with HttpServer(silent) as server:
        with pytest.raises(Transient):
            await fetcher.send(Fetch(server.url, timeout=0.05))


@pytest.mark.parametrize(
    "url",
    ["", "nothing", "/etc/passwd", "file:///etc/passwd", "gopher://a/", "http://", "https://a:b/", "http://[::1/"],
)
async def test_addresses_that_are_none_are_refused(url: str, fetcher: Fetcher) -> None:
    with pytest.raises(OperationFailed) as caught:
        await fetcher.send(Fetch(url))
    assert caught.value.code == "urlInvalid"


async def test_redirects_to_other_kinds_of_addresses_are_refused(fetcher: Fetcher) -> None:
    for target in ("file:///etc/passwd", "ftp://a/b", "http://", "http://[::1/"):
        async with redirecting({"/": target}) as server:
            with pytest.raises(OperationFailed):
                await fetcher.send(Fetch(f"{server.url}/"))


def test_an_origin_is_scheme_host_and_port() -> None:
    assert Origin.of("https://a/x") == Origin.of("https://A:443/y?z") == Origin("https", "a", 443)
    assert len({Origin.of(url) for url in ("https://a", "http://a", "https://a:444", "https://b", "http://a:443")}) == 5


async def test_a_client_certificate_stays_at_home() -> None:
    authority = Authority()
    here = authority.server_context("127.0.0.1", demand_client=True)
    there = authority.server_context("127.0.0.1", demand_client=True)
    pair = authority.issue("client")
    from fairlead.domain.access import ClientCertificate  # noqa: PLC0415 - only here

    fetcher = Fetcher(Trust(ca=authority.ca, client=ClientCertificate(pair.certificate, pair.key)))

    async def page(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(body=b"page")

    async with HttpServer(page, tls=there) as foreign:

        async def away(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
            return (
                Answer(302, b"", {"Location": f"{foreign.url}/"}) if request.path == "/away" else Answer(body=b"home")
            )

        async with HttpServer(away, tls=here) as home:
            assert (await fetcher.send(Fetch(f"{home.url}/"))).body == b"home"
            with pytest.raises(OperationFailed):
                await fetcher.send(Fetch(f"{home.url}/away"))
        assert foreign.requests == []
    await fetcher.close()
