from __future__ import annotations

import asyncio

from fairlead.domain.apps.descriptor import HealthCheckType
from fairlead.domain.apps.probing import Answer, NoAnswer, PodAddress, Probed, ProbeRequest, ProbeResult
from fairlead.pipeline.probing import AT_ONCE, ask_pods
from tests.fakes.probes import FakeProbes

GET = ProbeRequest("GET", 80, "/")


async def test_all_pods_in_their_order() -> None:
    pods = [PodAddress("team", f"web-{number}", "10.0.0.7") for number in range(40)]
    probes = FakeProbes(lambda pod, _: Answer(200) if pod.name != "web-7" else NoAnswer("gone"))
    found = await ask_pods(probes, pods, GET, kind=HealthCheckType.SIMPLE)
    assert [one.pod for one in found] == [pod.name for pod in pods]
    assert [one.pod for one in found if not one.healthy] == ["web-7"]


class Crowded:
    """Counts how many are asked at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def ask(self, whom: Probed, request: ProbeRequest) -> ProbeResult:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(3):
            await asyncio.sleep(0)
        self.now -= 1
        return Answer(200)


async def test_not_too_many_at_once() -> None:
    probes = Crowded()
    pods = [PodAddress("team", f"web-{number}", "10.0.0.7") for number in range(50)]
    await ask_pods(probes, pods, GET, kind=HealthCheckType.SIMPLE)
    assert probes.most == AT_ONCE
