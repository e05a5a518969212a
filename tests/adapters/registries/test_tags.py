"""Complete lists of tags, or an error. The faults are those of F18, and those that users of others reported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import pytest_asyncio

from fairlead.adapters.registries.kept import Kept
from fairlead.adapters.registries.registries import Registries
from fairlead.adapters.registries.tags import Limits, list_tags, next_link
from fairlead.domain.errors import FairleadError, OperationFailed, RemoteRefused, Transient
from fairlead.domain.images import ImageName
from tests.fakes.charts import registries
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.registry_server import RegistryServer, TokenService, document, errors, times

TAGS = [f"1.0.{number}" for number in range(2500)]


@pytest_asyncio.fixture
async def registry() -> AsyncIterator[Registries]:
    made = registries()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[HttpServer]:
    pages = RegistryServer()
    pages.push_tags("shop/api", TAGS)
    async with HttpServer(pages) as made:
        yield made


def pages(server: HttpServer) -> RegistryServer:
    found = server._handler
    assert isinstance(found, RegistryServer)
    return found


def image(server: HttpServer, repository: str = "shop/api") -> ImageName:
    return ImageName(f"127.0.0.1:{server.port}", repository)


def lists(server: HttpServer) -> list[str]:
    return [request.path for request in server.requests if "/tags/list" in request.path]


@pytest.mark.parametrize("page", [1, 7, 50, 100, 999, 1000, 2500, 5000])
async def test_every_page_is_read(page: int, registry: Registries, server: HttpServer) -> None:
    wanted = TAGS[: page * 40]
    pages(server).tags["shop/api"] = dict.fromkeys(wanted, "")
    pages(server).page = page
    assert set(await registry.tags(image(server))) == set(wanted)


@pytest.mark.parametrize(
    "link",
    [
        lambda path: path,
        lambda path: f"https://registry.behind.proxy{path}".replace("registry.behind.proxy", "127.0.0.1"),
        lambda path: f"http://127.0.0.1:5000{path}",
        lambda path: f"//127.0.0.1{path}",
        lambda path: path.rpartition("/")[2],
        lambda path: f"?{path.partition('?')[2]}",
    ],
)
async def test_links_are_followed_however_they_are_written(
    link: Callable[[str], str], registry: Registries, server: HttpServer
) -> None:
    pages(server).link = link
    assert len(await registry.tags(image(server))) == len(TAGS)


async def test_a_question_asked_by_many_is_put_once(registry: Registries, server: HttpServer) -> None:
    answers = await asyncio.gather(*(registry.tags(image(server)) for _ in range(10)))
    assert len(set(answers)) == 1
    assert len(lists(server)) == 3


async def test_a_registry_that_loses_the_link_is_asked_what_follows(registry: Registries, server: HttpServer) -> None:
    def without_link(request: Request) -> Answer | None:
        answer = pages(server)._list("shop/api", {"n": ["1000"], **_query(request)})
        return Answer(200, answer.body)

    pages(server).faults.append(without_link)
    assert len(await registry.tags(image(server))) == len(TAGS)


async def test_a_full_page_of_a_registry_that_knows_no_pages_is_the_end(
    registry: Registries, server: HttpServer
) -> None:
    body = document({"tags": TAGS[:1000]})
    pages(server).faults.append(lambda _: Answer(200, body))
    assert len(await registry.tags(image(server))) == 1000
    assert len(lists(server)) == 2


@pytest.mark.parametrize("status", [400, 413, 416, 422])
async def test_large_pages_that_are_refused_become_smaller(
    status: int, registry: Registries, server: HttpServer
) -> None:
    pages(server).faults.append(lambda request: errors(status, "PAGE_TOO_LARGE") if "n=1000" in request.path else None)
    assert len(await registry.tags(image(server))) == len(TAGS)
    assert lists(server)[1].endswith("n=100")


async def test_a_registry_that_takes_no_size_is_asked_without(registry: Registries, server: HttpServer) -> None:
    pages(server).page = 10
    pages(server).tags["shop/api"] = dict.fromkeys(TAGS[:35], "")
    refused = errors(400, "PAGINATION_NUMBER_INVALID")
    pages(server).faults.append(lambda request: refused if "n=100" in request.path else None)
    assert len(await registry.tags(image(server))) == 35


async def test_an_image_without_tags_has_none(registry: Registries, server: HttpServer) -> None:
    pages(server).faults.append(lambda _: Answer(200, b'{"name": "shop/api", "tags": null}'))
    assert await registry.tags(image(server)) == ()


async def test_what_is_no_tag_is_left_out(registry: Registries, server: HttpServer) -> None:
    body = document({"tags": ["1.0", "-x", "a b", 'v1"\n  command: x #', "", 5, None, "x" * 129, "1.0", "2.0"]})
    pages(server).faults.append(lambda _: Answer(200, body))
    assert await registry.tags(image(server)) == ("1.0", "2.0")


# --- F18: what fails is an error, and never a shorter list ------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (errors(401, "UNAUTHORIZED"), RemoteRefused, "registryRefused"),
        (errors(403, "DENIED"), RemoteRefused, "registryRefused"),
        (errors(404, "NAME_UNKNOWN"), RemoteRefused, "imageNotFound"),
        (errors(400, "PAGINATION_NUMBER_INVALID"), RemoteRefused, "registryRefused"),
        (errors(429, "TOOMANYREQUESTS"), Transient, "remoteBusy"),
        (errors(500, "UNKNOWN"), Transient, "remoteUnavailable"),
        (errors(503, "UNAVAILABLE"), Transient, "remoteUnavailable"),
        (Answer(200, b"<html>sign in</html>"), OperationFailed, "tagListUnusable"),
        (Answer(200, b""), OperationFailed, "tagListUnusable"),
        (Answer(200, b"{}"), OperationFailed, "tagListUnusable"),
        (Answer(200, b'{"tags": "1.0"}'), OperationFailed, "tagListUnusable"),
        (Answer(200, b'{"tags": ["1.0"'), OperationFailed, "tagListUnusable"),
        (Answer(200, b"[" * 100_000), OperationFailed, "tagListUnusable"),
        (Answer(200, b'{"tags": []}', declared=9999), Transient, "unreachable"),
        (Answer(204), RemoteRefused, "registryRefused"),
    ],
)
@pytest.mark.parametrize("where", ["first", "third"])
async def test_a_page_that_cannot_be_had_fails_the_list(
    where: str, answer: Answer, kind: type[FairleadError], code: str, registry: Registries, server: HttpServer
) -> None:
    pages(server).page = 100
    third = sorted(TAGS)[199]
    pages(server).faults.append(lambda request: answer if where == "first" or f"last={third}" in request.path else None)
    with pytest.raises(kind) as caught:
        await registry.tags(image(server))
    assert caught.value.code == code


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_failure_that_passes_costs_nothing_but_time(
    status: int, registry: Registries, server: HttpServer
) -> None:
    pages(server).faults.append(times(2, Answer(status, b"", {"Retry-After": "3"}), where="last="))
    assert len(await registry.tags(image(server))) == len(TAGS)


async def test_a_token_that_runs_out_between_pages_is_renewed(registry: Registries, server: HttpServer) -> None:
    service = TokenService(lambda: f"{server.url}/token")

    def run_out(request: Request) -> None:
        if "last=" in request.path and service.given == 1:
            service.token = "fresh"

    pages(server).faults += [run_out, service]
    assert len(await registry.tags(image(server))) == len(TAGS)
    assert service.given == 2


async def test_a_list_that_failed_is_asked_for_again(registry: Registries, server: HttpServer) -> None:
    pages(server).faults.append(times(1, errors(403, "DENIED")))
    with pytest.raises(RemoteRefused):
        await registry.tags(image(server))
    assert len(await registry.tags(image(server))) == len(TAGS)


def circling(request: Request) -> Answer:
    following = "b" if "next=a" in request.path else "a"
    return Answer(200, b'{"tags": ["1.0"]}', {"Link": f'</v2/shop/api/tags/list?next={following}>; rel="next"'})


def endless(request: Request) -> Answer:
    number = int(request.path.partition("next=")[2] or 0) + 1
    body = document({"tags": [f"{number}.{part}" for part in range(3)]})
    return Answer(200, body, {"Link": f'</v2/shop/api/tags/list?next={number}>; rel="next"'})


def barren(request: Request) -> Answer:
    number = int(request.path.partition("next=")[2] or 0) + 1
    return Answer(200, b'{"tags": ["1.0"]}', {"Link": f'</v2/shop/api/tags/list?next={number}>; rel="next"'})


def abroad(request: Request) -> Answer:
    return Answer(200, b'{"tags": ["1.0"]}', {"Link": '<http://sink.test/v2/shop/api/tags/list>; rel="next"'})


def unreadable(request: Request) -> Answer:
    return Answer(200, b'{"tags": ["1.0"]}', {"Link": '<http://[sink/v2>; rel="next"'})


@pytest.mark.parametrize("answer", [circling, endless, barren, abroad, unreadable])
async def test_a_list_without_an_end_is_cut_off(
    answer: Callable[[Request], Answer], registry: Registries, server: HttpServer
) -> None:
    pages(server).faults.append(answer)
    with pytest.raises(OperationFailed) as caught:
        await list_tags(registry._session(image(server), None), Kept(), Limits(pages=50))
    assert caught.value.code == "tagListUnusable"
    assert len(server.requests) <= 51


async def test_a_list_too_large_for_any_memory_is_cut_off(registry: Registries, server: HttpServer) -> None:
    with pytest.raises(OperationFailed) as caught:
        await list_tags(registry._session(image(server), None), Kept(), Limits(total=20_000))
    assert caught.value.code == "tagListUnusable"


async def test_one_failing_image_disturbs_no_other(registry: Registries, server: HttpServer) -> None:
    held = asyncio.Event()
    gone, slow = RegistryServer(), RegistryServer()
    gone.faults.append(lambda _: Answer(500))

    async def never(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        await held.wait()
        return await slow(request, writer)

    slow.push_tags("shop/api", TAGS[:3])
    pages(server).push_tags("shop/other", TAGS[:3])
    async with HttpServer(gone) as down, HttpServer(never) as hanging:
        waiting = [asyncio.create_task(registry.tags(image(hanging, f"shop/{name}"))) for name in "abcdefghijkl"]
        answers = await asyncio.gather(
            registry.tags(image(down)),
            registry.tags(image(server, "shop/none")),
            registry.tags(image(server, "shop/other")),
            registry.tags(image(server)),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers] == [Transient, RemoteRefused, tuple, tuple]
        assert not any(task.done() for task in waiting)
        held.set()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_who_stops_waiting_disturbs_nobody_else(registry: Registries, server: HttpServer) -> None:
    one, other = (asyncio.create_task(registry.tags(image(server))) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    assert len(await other) == len(TAGS)


# --- conditional requests ---------------------------------------------------------------------------------------------


async def test_a_list_that_did_not_change_is_not_sent_again(server: HttpServer, tmp_path: Path) -> None:
    def tagged(request: Request) -> Answer | None:
        answer = pages(server)._list("shop/api", _query(request))
        etag = f'"{hash((answer.body, request.path))}"'
        if request.headers.get("if-none-match") == etag:
            return Answer(304, b"", {"ETag": etag})
        return Answer(200, answer.body, {**answer.headers, "ETag": etag})

    pages(server).faults.append(tagged)
    statuses: list[int] = []
    found = []
    for _ in range(2):
        asking = registries(kept=tmp_path)
        found.append(await asking.tags(image(server)))
        await asking.close()
        statuses.append(sum("if-none-match" in request.headers for request in server.requests))
    assert found[0] == found[1]
    assert statuses == [0, 3]
    pages(server).tags["shop/api"]["9.9.9"] = ""
    asking = registries(kept=tmp_path)
    assert "9.9.9" in await asking.tags(image(server))
    await asking.close()


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('</v2/a/tags/list?n=1&last=x>; rel="next"', "/v2/a/tags/list?n=1&last=x"),
        ("</a?next_page=gAAA%3D&n=50>; rel=next", "/a?next_page=gAAA%3D&n=50"),
        ('</first>; rel="first", </next>; rel="next"', "/next"),
        ('</next>; title="x"; REL="prev Next"', "/next"),
        ('</prev>; rel="prev"', None),
        ('</x>; rel="nextish"', None),
        ("</x>", None),
        ("/x; rel=next", None),
        ("", None),
    ],
)
def test_links_are_read(header: str, link: str | None) -> None:
    assert next_link({"link": header}) == link


def test_a_long_header_takes_no_time() -> None:
    assert next_link({"link": "<" * 8000}) is None
    assert next_link({"link": "<a>" + ";" * 8000}) is None
    assert next_link({"link": "<a>" + '; rel="' * 1000}) is None


def _query(request: Request) -> dict[str, list[str]]:
    return parse_qs(request.path.partition("?")[2])
