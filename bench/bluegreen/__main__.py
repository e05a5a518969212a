"""Blue-green deployments measured on a sandbox of our own: switches under load, rollouts, rollbacks, many at once.

    python -m bench.bluegreen switches [--count 100] [--rate 200]
    python -m bench.bluegreen rollouts [--count 50]
    python -m bench.bluegreen compared [--count 15]
    python -m bench.bluegreen scaled
    python -m bench.bluegreen many [--count 100]

All but `many`, which simulates them, run real pods. The load comes from a process of its own (`bench/load.py`), the
driver runs in this one. docs/reference/benchmarks.md says what each figure means.
"""

from __future__ import annotations

import argparse
import asyncio
import os

from bench.bluegreen import comparing, many, rollouts, scaled, switches
from bench.bluegreen.site import Site, namespace_of, running, site
from fairlead.sandbox.spec import NodeKind

RATE = 200.0
COUNTS = {"switches": 100, "rollouts": 50, "compared": 15, "scaled": 1, "many": 100}


async def run(what: str, count: int, rate: float) -> str:
    """Start a sandbox, measure, and end it."""
    if what == "compared":
        async with running(NodeKind.REAL) as sandbox, namespace_of(sandbox.status, "shop", sandbox.folder) as made:
            return await comparing.measure(sandbox, made, count)
    async with site(NodeKind.SIMULATED if what == "many" else NodeKind.REAL) as found:
        return await _measured(found, what, count, rate)


async def _measured(found: Site, what: str, count: int, rate: float) -> str:
    match what:
        case "switches":
            return str(await switches.measure(found, count, rate))
        case "rollouts":
            return await rollouts.measure(found, count)
        case "scaled":
            ready = await scaled.measure(found)
            return f"ready at the switch  {ready} of {scaled.GROWN} wanted, {scaled.DECLARED} declared"
        case _:
            return await many.measure(found, count)


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=sorted(COUNTS))
    parser.add_argument("--count", type=int)
    parser.add_argument("--rate", type=float, default=RATE, help="requests in a second")
    options = parser.parse_args()
    print(asyncio.run(run(options.what, options.count or COUNTS[options.what], options.rate)))
    print(f"load of the machine: {os.getloadavg()[0]:.1f} in the last minute, this included, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
