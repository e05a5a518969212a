"""Rollouts of apps in turn: from the last pod that became ready to the confirmed switch."""

from __future__ import annotations

from bench.bluegreen.figures import spread
from bench.bluegreen.pods import watching
from bench.bluegreen.site import Site

APPS = 10  # so many that no rollout waits for the version before the last to end its time as a hot one


async def measure(site: Site, count: int) -> str:
    """Roll out so often, after a first version of each app, and return what came of it."""
    apps = [f"shop{number}" for number in range(min(count, APPS))]
    for app in apps:
        await site.deploy(site.descriptor(app, "1"))
    ready, whole = [], []
    async with watching(site) as readiness:
        for number in range(count):
            app, version = apps[number % len(apps)], str(number // len(apps) + 2)
            deployment = await site.deploy(site.descriptor(app, version))
            confirmed = site.timeline.confirmed(deployment)
            ready.append(confirmed - max(readiness.first[app, version].values()))
            whole.append(confirmed - site.timeline.requested(deployment))
    return "\n".join(
        (
            f"last pod ready to Confirmed  {spread(ready)}",
            f"request to Confirmed         {spread(whole)}",
        )
    )
