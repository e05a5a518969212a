"""How long rendering takes: the start of a worker, small charts through the pipe, the cache, and the program.

Run with `python -m bench.rendering` in the repository.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from fairlead.adapters.helm.caching import CachingRenderer
from fairlead.adapters.helm.library import HelmLibrary
from fairlead.adapters.helm.program import HelmProgram
from fairlead.domain.rendering import Capabilities, ChartRequest
from tests.fakes.charts import fixture_chart, small_chart
from tests.fakes.helm import helm_program

TEMPLATE = """apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, labels: {{ .Values.labels | toJson }}}
spec: {replicas: {{ .Values.replicas }}}
"""


async def measured(what: str, work: Callable[[], Awaitable[object]], times: int = 1) -> None:
    """Print how long something takes, per time."""
    began = time.perf_counter()
    for _ in range(times):
        await work()
    print(f"{what:48} {(time.perf_counter() - began) / times * 1000:8.2f} ms")


async def main() -> None:
    """Measure everything once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        local = await small_chart({"templates/a.yaml": TEMPLATE}, folder)
        values = {"labels": {"a": "b"}, "replicas": 2}
        small = ChartRequest("web", "market", local, values, Capabilities("v1.36.3", ("apps/v1",)))
        umbrella = ChartRequest("web", "market", await fixture_chart("umbrella", folder), {}, small.capabilities)
        library, program = HelmLibrary(), HelmProgram(await helm_program())
        cached = CachingRenderer(library, folder / "rendered")
        await measured("fetch a chart directory", lambda: small_chart({"templates/a.yaml": TEMPLATE}, folder), 20)
        await measured("start a worker and render", lambda: library.render(small))
        await measured("render a small chart", lambda: library.render(small), 200)
        await measured("render a chart with six sub-charts", lambda: library.render(umbrella), 100)
        await measured(
            "100 small charts at once, all of them",
            lambda: asyncio.gather(*(library.render(small) for _ in range(100))),
        )
        await measured(
            "the same again, both workers warm", lambda: asyncio.gather(*(library.render(small) for _ in range(100)))
        )
        await cached.render(small)
        await measured("render a small chart from the cache", lambda: cached.render(small), 200)
        await measured("render a small chart with the program", lambda: program.render(small), 5)
        await library.close()


if __name__ == "__main__":
    asyncio.run(main())
