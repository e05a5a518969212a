"""Two ways to pods: the first where it leads there, else the second."""

from __future__ import annotations

from fairlead.domain.apps.probing import NoAnswer, PodAddress, ProbeRequest, ProbeResult
from fairlead.ports.probes import Probes


class EitherWay:
    """Asks by the first way; when that does not even reach a pod, by the second.

    The way that worked last is taken first from then on, so that a network of pods that cannot be reached from here
    costs its two seconds once and not for every pod.
    """

    def __init__(self, first: Probes, second: Probes) -> None:
        self._ways = (first, second)

    async def ask(self, pod: PodAddress, request: ProbeRequest) -> ProbeResult:
        """Send one request to one pod."""
        first, second = self._ways
        result = await first.ask(pod, request)
        if not isinstance(result, NoAnswer) or result.reachable:
            return result
        other = await second.ask(pod, request)
        if isinstance(other, NoAnswer) and not other.reachable:
            return result
        self._ways = (second, first)
        return other
