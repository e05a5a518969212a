"""What every `Probes` promises: one suite over the fake, the direct way, the API server's, and both together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from fairlead.adapters.probes.choosing import EitherWay
from fairlead.adapters.probes.direct import DirectProbes
from fairlead.domain.apps.probing import READ_BYTES, Answer, NoAnswer, PodAddress, Probed, ProbeRequest, ServiceAddress
from fairlead.ports.probes import Asking
from tests.fakes.apiserver import Served, serve, status
from tests.fakes.http import Answer as Reply
from tests.fakes.http import HttpServer, Request
from tests.fakes.probes import FakeProbes

_PROXY = re.compile(r"/api/v1/namespaces/team/(?:pods/web-7-a|services/web):(\d+)/proxy(/.*)")
POD = PodAddress("team", "web-7-a", "127.0.0.1")
SERVICE = ServiceAddress("team", "web", "127.0.0.1")


@dataclass
class World:
    """One pod, the way to it, and what the pod was asked. `reply` None hangs up."""

    probes: Asking
    port: int
    reply: Reply | None = field(default_factory=Reply)
    asked: list[Request] = field(default_factory=list)

    async def answer(self, request: Request, _writer: asyncio.StreamWriter) -> Reply | None:
        self.asked.append(request)
        return self.reply


def fake() -> World:
    def answer(_whom: Probed, request: ProbeRequest) -> Answer | NoAnswer:
        headers = {"content-type": request.content_type} if request.content_type else {}
        made.asked.append(Request(request.method, request.target, headers, b""))
        return NoAnswer("gone") if made.reply is None else Answer(made.reply.status, made.reply.body)

    made = World(FakeProbes(answer), 80)
    return made


def unreachable() -> FakeProbes:
    return FakeProbes(lambda _pod, _request: NoAnswer("no way", reachable=False))


@pytest_asyncio.fixture(params=["fake", "direct", "proxied", "either", "either-way-round"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        if request.param == "fake":
            yield fake()
            return
        made = World(unreachable(), 0)
        pod = await stack.enter_async_context(HttpServer(made.answer))
        direct = DirectProbes(allowed=lambda _: True)
        stack.push_async_callback(direct.close)
        proxied = (await stack.enter_async_context(api_server(made))).cluster
        ways: dict[str, Asking] = {
            "direct": direct,
            "proxied": proxied,
            "either": EitherWay(unreachable(), direct),
            "either-way-round": EitherWay(unreachable(), proxied),
        }
        made.probes, made.port = ways[request.param], pod.port
        yield made


def api_server(world: World) -> AbstractAsyncContextManager[Served]:
    """Serve an API server that sends requests on to the pod."""

    async def forward(request: Request, writer: asyncio.StreamWriter) -> Reply | None:
        found = _PROXY.fullmatch(request.path)
        assert found is not None, request.path
        assert int(found[1]) == world.port
        reply = await world.answer(Request(request.method, found[2], request.headers, request.body), writer)
        return reply or status(503, "ServiceUnavailable", "error trying to reach service: EOF")

    return serve(forward)


async def test_a_post_with_an_empty_body(world: World) -> None:
    world.reply = Reply(200, b'{"healthy": true}')
    result = await world.probes.ask(POD, ProbeRequest("POST", world.port, "/a/health", "application/json"))
    assert result == Answer(200, b'{"healthy": true}')
    (asked,) = world.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/a/health", b"")
    assert asked.headers["content-type"] == "application/json"


@pytest.mark.parametrize("whom", [POD, SERVICE], ids=["pod", "service"])
async def test_a_get(world: World, whom: Probed) -> None:
    assert await world.probes.ask(whom, ProbeRequest("GET", world.port, "/a%20b")) == Answer(200, b"")
    assert [(asked.method, asked.path) for asked in world.asked] == [("GET", "/a%20b")]


@pytest.mark.parametrize("code", [204, 299, 301, 401, 403, 404, 500, 503])
async def test_every_status_of_a_pod_is_its_answer(world: World, code: int) -> None:
    """Redirects too: they are not followed."""
    world.reply = Reply(code, b"" if code == 204 else b"says the pod", {"Location": "http://127.0.0.1:1/elsewhere"})
    result = await world.probes.ask(POD, ProbeRequest("GET", world.port, "/"))
    assert isinstance(result, Answer)
    assert result.status == code
    assert len(world.asked) == 1


async def test_no_more_is_read_than_needed(world: World) -> None:
    world.reply = Reply(200, b"x" * (READ_BYTES + 1))
    result = await world.probes.ask(POD, ProbeRequest("GET", world.port, "/"))
    assert result == Answer(200, b"x" * READ_BYTES, complete=False)
    world.reply = Reply(200, b"x" * READ_BYTES)
    assert await world.probes.ask(POD, ProbeRequest("GET", world.port, "/")) == Answer(200, b"x" * READ_BYTES)


async def test_a_pod_that_hangs_up(world: World) -> None:
    world.reply = None
    assert isinstance(await world.probes.ask(POD, ProbeRequest("GET", world.port, "/")), NoAnswer)
