from __future__ import annotations

import asyncio

import pytest

from fairlead.adapters.probes.direct import DirectProbes
from fairlead.domain.apps.probing import Knock, NoAnswer, PodAddress, ProbeRequest, ServiceAddress
from tests.fakes.http import Answer, HttpServer, Request

GET = ProbeRequest("GET", 80, "/")


async def test_nothing_is_sent_to_this_machine() -> None:
    async def answer(_request: Request, _writer: asyncio.StreamWriter) -> Answer:
        return Answer()

    probes = DirectProbes()
    async with HttpServer(answer) as server:
        result = await probes.ask(PodAddress("team", "a", "127.0.0.1"), ProbeRequest("GET", server.port, "/"))
        assert isinstance(result, NoAnswer)
        assert server.requests == []
    await probes.close()


@pytest.mark.parametrize("ip", ["", "web.example.org", "10.0.0.7/x", "1"])
async def test_what_is_no_address_is_not_asked(ip: str) -> None:
    probes = DirectProbes()
    assert await probes.ask(PodAddress("team", "a", ip), GET) == NoAnswer("it has no usable address", reachable=False)
    await probes.close()


async def test_a_pod_that_never_answers() -> None:
    async def wait(_request: Request, _writer: asyncio.StreamWriter) -> Answer | None:
        await asyncio.Event().wait()
        return None

    probes = DirectProbes(allowed=lambda _: True)
    async with HttpServer(wait) as server, asyncio.timeout(30):
        result = await probes.ask(PodAddress("team", "a", "127.0.0.1"), ProbeRequest("GET", server.port, "/"))
    assert result == NoAnswer("no answer in time", reachable=False)
    await probes.close()


async def test_six_is_written_in_brackets() -> None:
    probes = DirectProbes(allowed=lambda _: True)
    result = await probes.ask(PodAddress("team", "a", "::1"), ProbeRequest("GET", 1, "/"))
    assert isinstance(result, NoAnswer)
    assert not result.reachable
    await probes.close()


@pytest.mark.parametrize(("allowed", "found"), [(True, Knock.OPEN), (False, Knock.SILENT)])
async def test_a_knock_says_whether_somebody_listens(*, allowed: bool, found: Knock) -> None:
    async def answer(_request: Request, _writer: asyncio.StreamWriter) -> Answer:
        return Answer()

    probes = DirectProbes(allowed=lambda _: allowed)
    async with HttpServer(answer) as server:
        whom = ServiceAddress("team", "a", "127.0.0.1")
        assert await probes.knock(whom, server.port, seconds=20) is found
        port = server.port
    assert await probes.knock(whom, port, seconds=20) is (Knock.CLOSED if allowed else Knock.SILENT)
    await probes.close()


@pytest.mark.parametrize("ip", ["", "None", "10.0.0.7/x"])
async def test_nobody_knocks_at_what_is_no_address(ip: str) -> None:
    probes = DirectProbes()
    assert await probes.knock(ServiceAddress("team", "a", ip), 80, seconds=20) is Knock.SILENT
    await probes.close()
