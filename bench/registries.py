"""How long it takes to list 5,000 tags and to describe 100 images, beside the same requests sent bare.

    .venv/bin/python -m bench.registries

The registry is the distribution registry on this machine. The floor sends exactly the requests that ours needs, with
the HTTP library alone: no pages followed by their links, no digests checked, nothing read.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import aiohttp  # noqa: TID251 - the floor is the library itself

from fairlead.adapters.clock.system import SystemClock
from fairlead.domain.images import ImageName
from fairlead.domain.published import ImageFacts
from tests.fakes.charts import registries
from tests.fakes.registry_program import push, registry_program

TAGS = [f"1.{minor}.{patch}" for minor in range(50) for patch in range(100)]
IMAGES = 100
ROUNDS = 5


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with registry_program(Path(folder)) as host:
            await push(host, "shop/many", TAGS)
            for number in range(IMAGES):
                await push(
                    host, f"shop/api{number}", ["1.0"], {"linux/amd64": ImageFacts("", None, {"n": str(number)})}
                )
            print(f"list {len(TAGS)} tags:   ours {await _timed(lambda: _list(host)):.3f} s, ", end="")
            print(f"floor {await _timed(lambda: _bare_list(host)):.3f} s")
            print(f"describe {IMAGES} images: ours {await _timed(lambda: _describe(host)):.3f} s, ", end="")
            print(f"floor {await _timed(lambda: _bare_describe(host)):.3f} s")


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - start)
    return median(taken)


async def _list(host: str) -> None:
    asking = registries(clock=SystemClock())
    assert len(await asking.tags(ImageName(host, "shop/many"))) == len(TAGS)
    await asking.close()


async def _describe(host: str) -> None:
    asking = registries(clock=SystemClock())
    images = [ImageName(host, f"shop/api{number}") for number in range(IMAGES)]
    await asyncio.gather(*(asking.facts(image, "1.0") for image in images))
    await asking.close()


async def _bare_list(host: str) -> None:
    async with aiohttp.ClientSession(f"http://{host}") as session:
        last = ""
        while True:
            async with session.get(f"/v2/shop/many/tags/list?n=1000{last}") as response:
                tags = (await response.json(content_type=None))["tags"]
                if "Link" not in response.headers:
                    return
                last = f"&last={tags[-1]}"


async def _bare_describe(host: str) -> None:
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    async with aiohttp.ClientSession(f"http://{host}", headers=accept) as session:

        async def one(name: str) -> None:
            async with session.head(f"/v2/{name}/manifests/1.0") as response:
                digest = response.headers["Docker-Content-Digest"]
            async with session.get(f"/v2/{name}/manifests/{digest}") as response:
                config = (await response.json(content_type=None))["config"]["digest"]
            async with session.get(f"/v2/{name}/blobs/{config}") as response:
                await response.read()

        await asyncio.gather(*(one(f"shop/api{number}") for number in range(IMAGES)))


if __name__ == "__main__":
    asyncio.run(main())
