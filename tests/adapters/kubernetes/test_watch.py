"""Watches over real HTTP: no gap, no endless loop, no silent death."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.kubernetes.watch import lines
from fairlead.domain.access import BearerToken
from fairlead.domain.errors import RemoteRefused
from fairlead.ports.cluster import ApiKind, WatchEvent, WatchType
from tests.fakes.apiserver import ACCESS, NO_JITTER, Served, answers, config_map, event, serve, status
from tests.fakes.http import Answer, Request

MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
# Twice, because the HTTP library asks once more by itself when a read got no answer at all.
HANG_UP: tuple[Answer | None, ...] = (None, None)
EXPIRED_EVENT = event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired"})


def body(*events: bytes) -> Answer:
    return Answer(body=b"".join(events))


def version(number: int) -> bytes:
    return event("MODIFIED", config_map(version=str(number)))


def versions(requests: Iterable[Request]) -> list[str]:
    return [parse_qs(urlsplit(request.path).query)["resourceVersion"][0] for request in requests]


async def until_expired(served: Served) -> list[WatchEvent]:
    async with asyncio.timeout(10):
        return [event async for event in served.cluster.watch(MAPS, "default", resource_version="1")]


def seen(events: list[WatchEvent]) -> list[str]:
    return [event.object["metadata"]["resourceVersion"] for event in events[:-1]]


async def test_it_resumes_where_it_was_and_says_when_it_cannot() -> None:
    async with serve(answers(body(version(2), version(3)), body(version(4)), status(410, "Expired"))) as served:
        events = await until_expired(served)
        assert seen(events) == ["2", "3", "4"]
        assert events[-1].type is WatchType.EXPIRED
        assert versions(served.asked) == ["1", "3", "4"]


async def test_an_expiry_can_also_come_as_an_event() -> None:
    async with serve(answers(body(version(2), EXPIRED_EVENT, version(9)))) as served:
        events = await until_expired(served)
        assert seen(events) == ["2"]
        assert events[-1] == WatchEvent(WatchType.EXPIRED, {})


async def test_bookmarks_move_the_version() -> None:
    bookmark = event("BOOKMARK", {"kind": "ConfigMap", "metadata": {"resourceVersion": "50"}})
    async with serve(answers(body(bookmark), body(EXPIRED_EVENT))) as served:
        assert (await until_expired(served))[0].type is WatchType.BOOKMARK
        assert versions(served.asked) == ["1", "50"]


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        status(500, "InternalError"),
        status(503, "ServiceUnavailable"),
        Answer(502, b"<html>"),
        Answer(body=version(2) + version(3)[:30], declared=5000),
        body(version(2), version(3)[:30]),
        body(version(2), b"<html>\n"),
        body(version(2), b'{"type": "MODIFIED"}\n'),
        body(version(2), event("ERROR", {"kind": "Status", "code": 500, "reason": "InternalError"})),
    ],
)
async def test_trouble_loses_nothing(trouble: Answer | None) -> None:
    rest = body(version(2), version(3)) if trouble is None or trouble.status != 200 else body(version(3))
    async with serve(answers(trouble, rest, body(EXPIRED_EVENT))) as served:
        assert seen(await until_expired(served)) == ["2", "3"]


async def test_a_server_that_hangs_up_is_asked_ever_less_often() -> None:
    script = [*HANG_UP * 8, body(EXPIRED_EVENT)]
    async with serve(answers(*script)) as served:
        await until_expired(served)
    assert served.clock.slept == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


async def test_an_event_ends_the_suspicion() -> None:
    script = [*HANG_UP * 2, body(version(2)), *HANG_UP, body(EXPIRED_EVENT)]
    async with serve(answers(*script)) as served:
        await until_expired(served)
    assert served.clock.slept == [0.1, 0.2, 0.1, 0.2]


async def test_retry_after_is_honoured() -> None:
    async with serve(answers(Answer(429, b"", {"Retry-After": "9"}), body(EXPIRED_EVENT))) as served:
        await until_expired(served)
    assert served.clock.slept == [pytest.approx(9.1)]


async def test_a_silent_connection_is_taken_for_dead() -> None:
    calls = 0

    async def silent_once(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        nonlocal calls
        calls += 1
        if calls > 1:
            return body(EXPIRED_EVENT)
        writer.write(Answer(body=version(2), declared=5000).encode())
        await asyncio.Event().wait()
        return None

    async with serve(silent_once, patience=replace(NO_JITTER, silence=0.5)) as served:
        assert seen(await until_expired(served)) == ["2"]
        assert versions(served.asked) == ["1", "2"]


async def test_a_refusal_is_raised() -> None:
    async with serve(answers(status(403, "Forbidden", "joe cannot watch configmaps"))) as served:
        with pytest.raises(RemoteRefused) as caught:
            await until_expired(served)
    assert caught.value.code == "forbidden"


async def test_expired_credentials_are_renewed(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")

    async def guarded(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        token.write_text("new")
        return body(EXPIRED_EVENT) if request.headers["authorization"] == "Bearer new" else status(401, "Unauthorized")

    async with serve(guarded, access=replace(ACCESS, credential=BearerToken("", str(token)))) as served:
        await until_expired(served)
        assert len(served.asked) == 2


async def test_closing_ends_the_connection() -> None:
    gone = asyncio.Event()

    async def hold(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        writer.write(Answer(body=version(2), declared=10**9).encode())
        try:
            while True:
                writer.write(b"\n")
                await writer.drain()
                await asyncio.sleep(0)
        finally:
            gone.set()

    async with serve(hold) as served:
        events = served.cluster.watch(MAPS, "default", resource_version="1")
        assert (await anext(events)).type is WatchType.MODIFIED
        await events.aclose()  # type: ignore[attr-defined]  # the port promises an iterator, this one is a generator
        async with asyncio.timeout(30):
            await gone.wait()


@given(st.lists(st.binary(min_size=1, max_size=20).map(lambda line: line.replace(b"\n", b"x"))), st.data())
async def test_lines_do_not_depend_on_how_bytes_arrive(expected: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in expected) + b"rest"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))

    async def chunks() -> AsyncIterator[bytes]:
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            yield stream[start:end]

    assert [line async for line in lines(chunks())] == expected
