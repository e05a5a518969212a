from __future__ import annotations

from fairlead.adapters.probes.choosing import EitherWay
from fairlead.domain.apps.probing import Answer, Knock, NoAnswer, PodAddress, ProbeRequest, ProbeResult, ServiceAddress
from tests.fakes.probes import FakeProbes

POD = PodAddress("team", "web-7-a", "10.0.0.7")
SERVICE = ServiceAddress("team", "web", "10.1.0.7")
GET = ProbeRequest("GET", 80, "/")
NO_WAY = NoAnswer("no way", reachable=False)


def always(result: ProbeResult) -> FakeProbes:
    return FakeProbes(lambda _pod, _request: result)


async def test_the_first_way_where_it_leads_there() -> None:
    first, second = always(Answer(500)), always(Answer(200))
    assert await EitherWay(first, second).ask(POD, GET) == Answer(500)
    assert second.asked == []


async def test_a_pod_that_was_reached_is_asked_once() -> None:
    first, second = always(NoAnswer("hung up")), always(Answer(200))
    assert await EitherWay(first, second).ask(POD, GET) == NoAnswer("hung up")
    assert second.asked == []


async def test_the_way_that_works_is_remembered() -> None:
    first, second = always(NO_WAY), always(Answer(200))
    either = EitherWay(first, second)
    assert [await either.ask(POD, GET) for _ in range(3)] == [Answer(200)] * 3
    assert (len(first.asked), len(second.asked)) == (1, 3)


async def test_no_way_at_all_says_what_the_first_said() -> None:
    either = EitherWay(always(NO_WAY), always(NoAnswer("forbidden", reachable=False)))
    assert [await either.ask(POD, GET) for _ in range(2)] == [NO_WAY] * 2


async def test_a_service_says_nothing_of_the_way_to_pods() -> None:
    first, second = always(NO_WAY), always(Answer(200))
    either = EitherWay(first, second)
    assert [await either.ask(SERVICE, GET) for _ in range(2)] == [Answer(200)] * 2
    assert (len(first.asked), len(second.asked)) == (2, 2)


async def test_nobody_knocks_where_pods_are_out_of_reach() -> None:
    direct = always(NO_WAY)
    direct.listens = lambda _whom, _port: Knock.OPEN
    either = EitherWay(direct, always(Answer(200)))
    assert await either.knock(SERVICE, 80, seconds=1) is Knock.OPEN
    await either.ask(POD, GET)
    assert await either.knock(SERVICE, 80, seconds=1) is Knock.SILENT
