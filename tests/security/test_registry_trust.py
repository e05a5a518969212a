"""S29, S30, S31, S34, S35: registries get no more than they are due, and lead us nowhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fairlead.adapters.registries.connecting import Connections
from fairlead.adapters.registries.registries import Registries
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import OperationFailed
from fairlead.domain.images import ImageName
from fairlead.domain.published import ImageFacts
from fairlead.doors.fetch import Fetch, basic_auth
from tests.fakes.charts import KnownAccounts, passwords, registries
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.registry_server import INDEX, MANIFEST, RegistryServer, TokenService, document, errors

SECRETS = ("authorization", "cookie")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[HttpServer]:
    pages = RegistryServer()
    pages.push("shop/api", "1.0", {"linux/amd64": ImageFacts("")})
    async with HttpServer(pages) as made:
        yield made


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[HttpServer]:
    async with HttpServer(RegistryServer()) as made:
        yield made


def pages(server: HttpServer) -> RegistryServer:
    found = server._handler
    assert isinstance(found, RegistryServer)
    return found


def image(server: HttpServer) -> ImageName:
    return ImageName(f"127.0.0.1:{server.port}", "shop/api")


@pytest_asyncio.fixture
async def known(server: HttpServer) -> AsyncIterator[Registries]:
    made = registries(accounts=KnownAccounts({image(server).registry: Account("me", "word")}))
    yield made
    await made.close()


def secrets(server: HttpServer) -> list[str]:
    return [name for request in server.requests for name in SECRETS if name in request.headers]


@pytest.mark.parametrize("account", [Account("me", "word"), Account("", "identity", is_token=True)])
async def test_a_realm_elsewhere_gets_no_secret(server: HttpServer, sink: HttpServer, account: Account) -> None:
    pages(server).faults.append(TokenService(lambda: f"{sink.url}/token"))
    asking = registries(accounts=KnownAccounts({image(server).registry: account}))
    with pytest.raises(OperationFailed) as caught:
        await asking.tags(image(server))
    await asking.close()
    assert caught.value.code == "realmRefused"
    assert sink.requests == []


async def test_a_token_service_that_sends_us_on_gives_no_password_away(
    known: Registries, server: HttpServer, sink: HttpServer
) -> None:
    away = Answer(307, b"", {"Location": f"{sink.url}/token"})
    pages(server).faults += [
        lambda request: away if request.path.startswith("/token") else None,
        TokenService(lambda: f"{server.url}/token"),
    ]
    pages(sink).faults.append(lambda _: Answer(200, b'{"token": "t"}'))
    with pytest.raises(OperationFailed):
        await known.tags(image(server))
    assert secrets(sink) == []


async def test_an_identity_token_follows_no_redirect(server: HttpServer, sink: HttpServer) -> None:
    away = Answer(307, b"", {"Location": f"{sink.url}/token"})
    pages(server).faults += [
        lambda request: away if request.path.startswith("/token") else None,
        TokenService(lambda: f"{server.url}/token"),
    ]
    asking = registries(accounts=KnownAccounts({image(server).registry: Account("", "identity", is_token=True)}))
    with pytest.raises(OperationFailed):
        await asking.tags(image(server))
    await asking.close()
    assert sink.requests == []


@pytest.mark.parametrize("what", ["/tags/list", "/manifests/", "/blobs/"])
async def test_redirects_lose_tokens_and_passwords(
    what: str, known: Registries, server: HttpServer, sink: HttpServer
) -> None:
    def away(request: Request) -> Answer | None:
        return (
            Answer(307, b"", {"Location": f"{sink.url}{request.path}", "Set-Cookie": "a=b"})
            if what in request.path
            else None
        )

    service = TokenService(lambda: f"{server.url}/token", basic_auth("me", "word")["Authorization"])
    pages(server).faults += [service, away]
    pages(sink).tags, pages(sink).documents = pages(server).tags, pages(server).documents
    await known.tags(image(server))
    await known.facts(image(server), "1.0")
    assert sink.requests
    assert secrets(sink) == []


async def test_a_page_elsewhere_is_never_asked_for(known: Registries, server: HttpServer, sink: HttpServer) -> None:
    link = {"Link": f'<http://localhost:{sink.port}/v2/shop/api/tags/list?last=1>; rel="next"'}
    first = Answer(200, b'{"tags": ["1.0"]}', link)
    pages(server).faults.append(lambda request: None if "last=" in request.path else first)
    with pytest.raises(OperationFailed) as caught:
        await known.tags(image(server))
    assert caught.value.code == "tagListUnusable"
    assert sink.requests == []


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:a9fe:a9fe]/latest/",
        "http://0.0.0.0/",
        "http://[fd00:ec2::254]/",
        "http://0xa9fea9fe/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ],
)
async def test_a_registry_leads_to_no_metadata_service(target: str, known: Registries, server: HttpServer) -> None:
    pages(server).faults.append(lambda _: Answer(302, b"", {"Location": target}))
    with pytest.raises(OperationFailed) as caught:
        await known.tags(image(server))
    assert caught.value.code in {"addressRefused", "urlInvalid", "unreachable"}


async def test_a_name_that_means_this_machine_is_found_out_when_it_is_dialled() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        free.listen()
        connections = Connections(FakeClock(), passwords)
        host = connections.host("http://registry.test:1", None)
        for name in ("127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"):
            with pytest.raises(OperationFailed) as caught:
                await host.send(Fetch(f"http://{name}:{free.getsockname()[1]}/"))
            assert caught.value.code in {"addressRefused", "unreachable", "urlInvalid"}
        await connections.close()
        free.settimeout(0)
        with pytest.raises(BlockingIOError):
            free.accept()


async def test_what_a_tag_named_when_it_was_asked_is_what_is_described(known: Registries, server: HttpServer) -> None:
    """S34: the tag moves between two questions; everything after the first goes by its digest."""
    first = pages(server).tags["shop/api"]["1.0"]

    def moves(request: Request) -> Answer | None:
        if request.method == "HEAD":
            return None
        pages(server).push("shop/api", "1.0", {"linux/amd64": ImageFacts("", None, {"other": "image"})})
        return None

    pages(server).faults.append(moves)
    assert await known.facts(image(server), "1.0") == ImageFacts(first)


@pytest.mark.parametrize("sent", [MANIFEST, INDEX])
async def test_a_document_that_is_index_and_image_at_once_is_refused(
    sent: str, known: Registries, server: HttpServer
) -> None:
    inner = pages(server).documents[pages(server).tags["shop/api"]["1.0"]][1]
    mixed = document({"manifests": []})[:-1] + b", " + inner[1:]
    pages(server).tags["shop/api"]["1.0"] = pages(server).store(sent, mixed)
    with pytest.raises(OperationFailed) as caught:
        await known.facts(image(server), "1.0")
    assert caught.value.code == "registryUnusable"


async def test_a_registry_echoes_no_password_into_our_errors(server: HttpServer) -> None:
    """S40: what a registry says is shown, but it never saw more than it was shown, and never in a URL."""
    asking = registries(accounts=KnownAccounts({image(server).registry: Account("me", "hunter2")}))
    pages(server).faults.append(
        lambda request: errors(401, request.headers.get("authorization", "none"), **{"WWW-Authenticate": "Basic"})
    )
    with pytest.raises(OperationFailed) as caught:
        await asking.tags(image(server))
    await asking.close()
    assert "hunter2" not in str(caught.value)


async def test_the_first_hostile_page_is_not_read_for_ever(known: Registries, server: HttpServer) -> None:
    async def flood(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b"[" * 0x10000 + b"\r\n")
            await writer.drain()
        return None

    async with HttpServer(flood) as endless:
        with pytest.raises(OperationFailed) as caught:
            await known.tags(image(endless))
    assert caught.value.code == "responseTooLarge"
