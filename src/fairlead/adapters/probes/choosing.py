"""Two ways to pods: the first where it leads there, else the second."""

from __future__ import annotations

from fairlead.domain.apps.probing import Knock, NoAnswer, PodAddress, Probed, ProbeRequest, ProbeResult
from fairlead.ports.probes import Asking, Probes


class EitherWay:
    """Asks by the direct way; when that does not even reach a pod, by the other one.

    The way that worked last for a pod is taken first from then on, so that a network of pods that cannot be reached
    from here costs its two seconds once and not for every pod. Nobody knocks by then either.
    """

    def __init__(self, direct: Probes, other: Asking) -> None:
        self._direct, self._other = direct, other
        self._ways: tuple[Asking, Asking] = (direct, other)

    async def ask(self, whom: Probed, request: ProbeRequest) -> ProbeResult:
        """Send one request to one pod or Service."""
        first, second = self._ways
        result = await first.ask(whom, request)
        if not isinstance(result, NoAnswer) or result.reachable:
            return result
        other = await second.ask(whom, request)
        if isinstance(other, NoAnswer) and not other.reachable:
            return result
        if isinstance(whom, PodAddress):
            self._ways = (second, first)
        return other

    async def knock(self, whom: Probed, port: int, *, seconds: float) -> Knock:
        """Open a connection where pods were not found to be out of reach."""
        if self._ways[0] is not self._direct:
            return Knock.SILENT
        return await self._direct.knock(whom, port, seconds=seconds)
