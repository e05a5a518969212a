"""Many apps at once, on simulated nodes: how long until the last of them is deployed, and what that takes."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter

from bench.bluegreen.figures import spread
from bench.bluegreen.site import Site


async def measure(site: Site, count: int) -> str:
    """Deploy a first and a second version of that many apps, each time all at once, and return what came of it."""
    return "\n".join([await _all(site, count, version) for version in ("1", "2")])


async def _all(site: Site, count: int, version: str) -> str:
    cpu, began = time.process_time(), time.perf_counter()
    named = [site.descriptor(f"app{number}", version) for number in range(count)]
    deployments = await asyncio.gather(*(site.deploy(descriptor) for descriptor in named))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    line = site.timeline
    outcomes = Counter(line.outcomes.get(one, "none") for one in deployments)
    whole = spread(line.confirmed(one) - line.requested(one) for one in deployments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ended = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    return "\n".join(
        (
            f"version {version}: {ended}, all after {seconds:.1f} s",
            f"  request to Confirmed  {whole}",
            f"  of this process       {cpu:.1f} s of processor time, {peak:.0f} MB at the peak",
        )
    )
