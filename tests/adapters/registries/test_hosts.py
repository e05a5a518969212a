from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from fairlead.adapters.registries.hosts import Host, Patience, retry_after
from fairlead.domain.errors import Transient
from fairlead.doors.dial_failures import Unreachable
from fairlead.doors.fetch import Fetch, Fetcher
from fairlead.doors.gate import Gate
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.registry_server import times

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEADY = Patience(jitter=lambda: 1.0)


@pytest_asyncio.fixture
async def host() -> AsyncIterator[Host]:
    made = Host(Fetcher(), FakeClock(), STEADY)
    yield made
    await made.close()


def serving(fault: Callable[[Request], Answer | None]) -> HttpServer:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return fault(request) or Answer(body=b"here")

    return HttpServer(handler)


def slept(host: Host) -> list[float]:
    assert isinstance(host.clock, FakeClock)
    return host.clock.slept


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_failure_that_passes_is_waited_out(host: Host, status: int) -> None:
    async with serving(times(2, Answer(status))) as server:
        assert (await host.send(Fetch(server.url))).body == b"here"
    assert slept(host) == [0.5, 1.0]


@pytest.mark.parametrize("status", [200, 304, 400, 401, 403, 404, 501, 505])
async def test_other_answers_are_answers(host: Host, status: int) -> None:
    async with serving(lambda _: Answer(status)) as server:
        assert (await host.send(Fetch(server.url))).status == status
    assert len(server.requests) == 1


async def test_a_failure_that_stays_is_one(host: Host) -> None:
    async with serving(lambda _: Answer(503)) as server:
        with pytest.raises(Transient) as caught:
            await host.send(Fetch(server.url))
    assert caught.value.code == "remoteUnavailable"
    assert len(server.requests) == STEADY.tries


async def test_nobody_there_is_a_failure_that_is_tried_again(host: Host) -> None:
    async with serving(lambda _: None) as server:
        pass
    with pytest.raises(Unreachable):
        await host.send(Fetch(server.url))
    assert len(slept(host)) == STEADY.tries - 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_host_that_names_a_time_is_left_alone_until_then(host: Host, status: int) -> None:
    async with serving(times(1, Answer(status, b"", {"Retry-After": "20"}))) as server:
        answers = await asyncio.gather(*(host.send(Fetch(f"{server.url}/{number}")) for number in range(3)))
        assert [answer.status for answer in answers] == [200, 200, 200]
        assert host.clock.monotonic() >= 1020.0


async def test_a_host_that_wants_too_long_a_pause_is_not_asked_again(host: Host) -> None:
    async with serving(times(1, Answer(429, b"", {"Retry-After": "3600"}))) as server:
        for _ in range(3):
            with pytest.raises(Transient) as caught:
                await host.send(Fetch(server.url))
            assert caught.value.code == "remoteBusy"
            assert 3600 <= caught.value.delay_seconds <= 3601
        assert len(server.requests) == 1
        assert isinstance(host.clock, FakeClock)
        host.clock.advance(3601)
        assert (await host.send(Fetch(server.url))).status == 200


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.88, 1.0])
async def test_a_refusal_that_names_no_time_keeps_nobody_else_waiting(jitter: float) -> None:
    host = Host(Fetcher(), FakeClock(), Patience(jitter=lambda: jitter))
    async with serving(times(10_000, Answer(429), where="/busy")) as server:
        with pytest.raises(Transient):
            await host.send(Fetch(f"{server.url}/busy"))
        pauses = list(slept(host))
        assert (await host.send(Fetch(f"{server.url}/other"))).body == b"here"
    await host.close()
    assert slept(host) == pauses


async def test_a_busy_host_gets_fewer_questions_at_once(host: Host) -> None:
    before = host.gate.limit
    async with serving(times(1, Answer(429))) as server:
        await host.send(Fetch(server.url))
    assert host.gate.limit == before // 2


async def test_no_more_questions_are_under_way_than_the_gate_lets_through() -> None:
    host = Host(Fetcher(), FakeClock(), STEADY, Gate(limit=2, ceiling=2))
    most, now = 0, 0

    async def handler(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return Answer()

    async with HttpServer(handler) as server:
        await asyncio.gather(*(host.send(Fetch(server.url)) for _ in range(20)))
    await host.close()
    assert most == 2


async def test_an_answer_that_breaks_off_is_asked_for_again(host: Host) -> None:
    async with serving(times(1, Answer(200, b"half", declared=100))) as server:
        assert (await host.send(Fetch(server.url))).body == b"here"


async def test_an_answer_that_never_ends_is_none() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\nx")
        await asyncio.Event().wait()
        return None

    host = Host(Fetcher(), FakeClock(), Patience(tries=1))
    async with HttpServer(handler) as server:
        with pytest.raises(Unreachable):
            await host.send(Fetch(server.url, timeout=0.1))
    await host.close()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        (" 0 ", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("9" * 400, None),
        ("\u0665", None),
        ("Sat, 21 Nov 2026 12:00:30", None),
        ("Sat, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_times_to_come_again_are_read(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds
