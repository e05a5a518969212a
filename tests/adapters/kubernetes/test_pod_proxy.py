from __future__ import annotations

import asyncio

import pytest

from fairlead.domain.apps.probing import NoAnswer, PodAddress, ProbeRequest, ServiceAddress
from tests.fakes.apiserver import answers, serve, status
from tests.fakes.http import Answer, Request

POD = PodAddress("team", "web-7-a", "10.0.0.7")
GET = ProbeRequest("GET", 80, "/health")


@pytest.mark.parametrize(
    "answer",
    [
        status(403, "Forbidden", "pods/proxy is forbidden"),
        status(404, "NotFound", "pods not found"),
        status(503, "ServiceUnavailable", "error trying to reach service"),
        status(500, "InternalError"),
    ],
    ids=range(4),
)
async def test_what_the_api_server_says_itself_is_no_answer_of_the_pod(answer: Answer) -> None:
    async with serve(answers(answer)) as served:
        result = await served.cluster.ask(POD, GET)
        assert isinstance(result, NoAnswer)
        assert not result.reachable
        assert len(served.asked) == 1


async def test_an_api_server_that_is_gone() -> None:
    async with serve(answers(None)) as served:
        result = await served.cluster.ask(POD, GET)
    assert isinstance(result, NoAnswer)
    assert not result.reachable


async def test_a_pod_that_never_answers() -> None:
    async def wait(_request: Request, _writer: asyncio.StreamWriter) -> Answer | None:
        await asyncio.Event().wait()
        return None

    async with serve(wait) as served, asyncio.timeout(30):
        assert await served.cluster.ask(POD, GET) == NoAnswer("no answer in time")


@pytest.mark.parametrize("target", ["/../../../secrets", "/a/../b", "/.", "/a/.."])
async def test_nothing_but_the_pod_is_asked_with_our_rights(target: str) -> None:
    async with serve(answers(Answer())) as served:
        assert isinstance(await served.cluster.ask(POD, ProbeRequest("GET", 80, target)), NoAnswer)
        assert served.asked == []


@pytest.mark.parametrize("name", ["..", ""])
async def test_a_name_that_is_none(name: str) -> None:
    async with serve(answers(Answer())) as served:
        result = await served.cluster.ask(PodAddress("team", name, "10.0.0.7"), GET)
        assert isinstance(result, NoAnswer)
        assert served.asked == []


@pytest.mark.parametrize(
    ("answer", "reachable"),
    [
        (status(503, "ServiceUnavailable", "error trying to reach service: dial tcp: connection refused"), True),
        (status(503, "ServiceUnavailable", 'no endpoints available for service "web"'), False),
        (status(403, "Forbidden", "services/proxy is forbidden"), False),
    ],
    ids=["tried", "empty", "forbidden"],
)
async def test_a_service_refuses_only_when_somebody_behind_it_did(answer: Answer, *, reachable: bool) -> None:
    async with serve(answers(answer)) as served:
        result = await served.cluster.ask(ServiceAddress("team", "web", ""), GET)
        assert isinstance(result, NoAnswer)
        assert result.reachable is reachable
