from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import pytest
import pytest_asyncio

from fairlead.adapters.registries.hosts import Host, Patience
from fairlead.adapters.registries.sessions import Session, address_of
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import OperationFailed, RemoteRefused
from fairlead.domain.images import ImageName
from fairlead.doors.fetch import Fetch, Fetcher, basic_auth
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.registry_server import RegistryServer, TokenService, errors

ME = Account("me", "word")
BASIC = basic_auth("me", "word")["Authorization"]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer(RegistryServer()) as made:
        yield made


@pytest_asyncio.fixture
async def host() -> AsyncIterator[Host]:
    made = Host(Fetcher(), FakeClock(), Patience(jitter=lambda: 1.0))
    yield made
    await made.close()


def pages(server: HttpServer) -> RegistryServer:
    found = server._handler
    assert isinstance(found, RegistryServer)
    return found


def session(server: HttpServer, host: Host, account: Account | None = None) -> Session:
    async def account_of() -> Account | None:
        return account

    return Session(host, ImageName(f"127.0.0.1:{server.port}", "shop/api"), account_of)


def tokens(server: HttpServer, account: str | None = None) -> TokenService:
    made = TokenService(lambda: f"{server.url}/token", account)
    pages(server).faults.append(made)
    pages(server).push_tags("shop/api", ["1.0", "1.1"])
    return made


async def ask(asking: Session) -> int:
    return (await asking.get(Fetch(asking.url("tags", "list")))).status


async def test_a_registry_that_wants_nothing_is_told_nothing(server: HttpServer, host: Host) -> None:
    pages(server).push("shop/api", "1.0")
    assert await ask(session(server, host, ME)) == 200
    assert "authorization" not in server.requests[0].headers


async def test_many_questions_need_one_token(server: HttpServer, host: Host) -> None:
    service = tokens(server, BASIC)
    asking = session(server, host, ME)
    assert await asyncio.gather(*(ask(asking) for _ in range(20))) == [200] * 20
    assert service.given == 1
    assert len(server.requests) == 22  # the refused one, the token, and twenty


async def test_a_token_is_asked_for_with_its_service_and_scope(server: HttpServer, host: Host) -> None:
    tokens(server)
    await ask(session(server, host))
    asked = next(request.path for request in server.requests if request.path.startswith("/token"))
    query = parse_qs(asked.partition("?")[2])
    assert query == {"service": ["registry.test"], "scope": ["repository:shop/api:pull"]}


async def test_a_token_that_ran_out_is_renewed_once_for_all(server: HttpServer, host: Host) -> None:
    service = tokens(server)
    asking = session(server, host)
    await ask(asking)
    service.token = "fresh"
    assert await asyncio.gather(*(ask(asking) for _ in range(10))) == [200] * 10
    assert service.given == 2


async def test_a_token_that_does_not_help_is_not_asked_for_for_ever(server: HttpServer, host: Host) -> None:
    service = tokens(server)
    pages(server).faults.insert(
        0, lambda request: errors(401, "DENIED", **challenge) if "/v2/" in request.path else None
    )
    challenge = {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}
    with pytest.raises(RemoteRefused) as caught:
        await ask(session(server, host))
    assert (caught.value.code, caught.value.status) == ("registryRefused", 401)
    assert service.given == 1


async def test_an_identity_token_is_turned_into_a_token(server: HttpServer, host: Host) -> None:
    service = tokens(server)
    await ask(session(server, host, Account("", "refresh-me", is_token=True)))
    asked = next(request for request in server.requests if request.path == "/token")
    form = parse_qs(asked.body.decode())
    assert asked.method == "POST"
    assert form["refresh_token"] == ["refresh-me"]
    assert form["grant_type"] == ["refresh_token"]
    assert form["scope"] == ["repository:shop/api:pull"]
    assert service.given == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_login_that_is_refused_is_the_persons_to_mend(server: HttpServer, host: Host, status: int) -> None:
    service = tokens(server, BASIC)
    service.refused = errors(status, "DENIED")
    with pytest.raises(RemoteRefused) as caught:
        await ask(session(server, host, Account("me", "wrong")))
    assert (caught.value.code, caught.value.status) == ("registryRefused", status)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("challenge", ['Basic realm="r"', "Basic", "Negotiate", "", 'Digest realm="r"'])
async def test_without_a_login_a_registry_that_wants_one_refuses(
    server: HttpServer, host: Host, challenge: str
) -> None:
    pages(server).faults.append(lambda _: errors(401, "UNAUTHORIZED", **{"WWW-Authenticate": challenge}))
    with pytest.raises(RemoteRefused) as caught:
        await ask(session(server, host))
    assert caught.value.code == "registryRefused"


async def test_a_password_is_shown_to_a_registry_that_asks_for_it(server: HttpServer, host: Host) -> None:
    pages(server).push("shop/api", "1.0")
    wanted = errors(401, "UNAUTHORIZED", **{"WWW-Authenticate": 'Basic realm="r"'})
    pages(server).faults.append(lambda request: None if request.headers.get("authorization") == BASIC else wanted)
    assert await ask(session(server, host, ME)) == 200


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>"),
        Answer(200, b"{}"),
        Answer(200, b"[]"),
        Answer(200, b'{"token": 5}'),
        Answer(200, b'{"token": "a\\r\\nX: y"}'),
        Answer(200, b'{"token": "\\u00e9"}'),
    ],
)
async def test_a_token_service_that_gives_none_is_unusable(server: HttpServer, host: Host, answer: Answer) -> None:
    tokens(server)
    pages(server).faults.insert(0, lambda request: answer if request.path.startswith("/token") else None)
    with pytest.raises(OperationFailed) as caught:
        await ask(session(server, host))
    assert caught.value.code == "registryUnusable"


async def test_what_a_registry_says_is_shown_as_far_as_it_is_harmless(server: HttpServer, host: Host) -> None:
    text = "denied\r\n\x1b[31m by \u202epolicy" + "x" * 1000
    body = (
        b'{"errors": [{"code": "DENIED", "message": "denied\\r\\n\\u001b[31m by \\u202epolicy' + b"x" * 1000 + b'"}]}'
    )
    pages(server).faults.append(lambda _: Answer(403, body))
    with pytest.raises(RemoteRefused) as caught:
        await ask(session(server, host))
    shown = caught.value.problems[0].message
    assert shown.isprintable()
    assert len(shown) < 400
    assert text not in shown


@pytest.mark.parametrize("body", [b"", b"[]", b'{"errors": []}', b'{"errors": [5]}', b'{"errors": {}}', b"[" * 90_000])
async def test_a_refusal_without_words_is_one(server: HttpServer, host: Host, body: bytes) -> None:
    pages(server).faults.append(lambda _: Answer(403, body))
    with pytest.raises(RemoteRefused):
        await ask(session(server, host))


async def test_a_question_that_fails_does_not_answer_for_the_next(server: HttpServer, host: Host) -> None:
    pages(server).push("shop/api", "1.0")

    def first(request: Request) -> Answer | None:
        return errors(403, "DENIED") if len(server.requests) == 1 else None

    pages(server).faults.append(first)
    asking = session(server, host)
    with pytest.raises(RemoteRefused):
        await ask(asking)
    assert await ask(asking) == 200


@pytest.mark.parametrize(
    ("registry", "address"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("ghcr.io", "https://ghcr.io"),
        ("reg.test:5000", "https://reg.test:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_registries_answer_over_tls_but_on_this_machine(registry: str, address: str) -> None:
    assert address_of(registry) == address
