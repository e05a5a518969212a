"""Why objects are not healthy, asked at any time: one look at them and at what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.domain.causes import Patience
from fairlead.domain.explaining import explain
from fairlead.domain.health import Explanation
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.observation.observing import observing
from fairlead.pipeline.observation.waiting import Wait
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster

LOOK_SECONDS = 5.0  # what a slow server has not said by then is left out
_AGAIN_SECONDS = 0.02


async def explain_now(cluster: Cluster, refs: Sequence[ObjectRef], clock: Clock) -> Explanation | None:
    """Return why these objects are not current, from the root cause; None when they are, or nothing tells.

    Raises:
        RemoteRefused: the kind of an object may not be listed.
    """
    until = clock.monotonic() + LOOK_SECONDS
    async with observing(cluster, clock) as observer:
        wait = await Wait.begin(observer, tuple(dict.fromkeys(refs)), Patience(), written={})
        try:
            while True:
                wait.look()
                cases = wait.weigh(clock.monotonic())
                seen = all(feed is None or feed.settled for feed in wait.feeds.values())
                told = seen and all(wait.evidence.ready(case.ref) for case in cases)
                if told or clock.monotonic() >= until:
                    return explain(cases, {})
                await clock.sleep(_AGAIN_SECONDS)
        finally:
            await wait.evidence.close()
