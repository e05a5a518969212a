"""How fast our client is beside the floor: the same requests by bare aiohttp and orjson, in one run, on one server.

    python bench/client.py --kubeconfig FILE [--context NAME] [--objects 400] [--at-once 20] [--rounds 5]

The kubeconfig must be in JSON form, as `fairlead sandbox` writes it. Makes a namespace of its own and removes it.
CPU is of this process alone; on a machine that also runs the API server the two compete for cores.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp  # noqa: TID251 - the floor is the library without our door
import orjson

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import Access, ClientCertificate
from fairlead.domain.identity import object_ref
from fairlead.domain.kubeconfig import KubeconfigDocument, Trust, merge
from fairlead.domain.kubecontext import access, find_context
from fairlead.doors.trust import Trust as DialTrust
from fairlead.doors.trust import tls_context
from fairlead.ports.cluster import ApiKind, Listing

CONFIG_MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
LISTS = 20

Apply = Callable[[dict[str, Any]], Awaitable[object]]
Read = Callable[[], Awaitable[object]]


class Floor:
    """Bare aiohttp with a fixed number of requests at once."""

    def __init__(self, target: Access, namespace: str, at_once: int) -> None:
        certificate = target.credential if isinstance(target.credential, ClientCertificate) else None
        tls = tls_context(DialTrust(ca=target.ca, client=certificate))
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=at_once))
        self.url = f"{target.server}/api/v1/namespaces/{namespace}/configmaps"
        self.places = asyncio.Semaphore(at_once)

    async def apply(self, obj: dict[str, Any]) -> None:
        """Server-side apply one object."""
        url = f"{self.url}/{obj['metadata']['name']}?fieldManager=bench&force=true"
        headers = {"Content-Type": "application/apply-patch+yaml"}
        async with self.places, self.session.patch(url, data=orjson.dumps(obj), headers=headers) as reply:
            reply.raise_for_status()
            orjson.loads(await reply.read())

    async def list(self) -> None:
        """Read all objects."""
        async with self.session.get(self.url) as reply:
            reply.raise_for_status()
            orjson.loads(await reply.read())


class Ours:
    """The same by the adapter, as the engine uses it."""

    def __init__(self, target: Access, namespace: str) -> None:
        self.cluster = KubernetesCluster(target, clock=SystemClock(), environ={})
        self.namespace = namespace

    async def apply(self, obj: dict[str, Any]) -> None:
        """Server-side apply one object."""
        await self.cluster.apply(obj, manager="bench")

    async def list(self) -> Listing:
        """Read all objects."""
        return await self.cluster.list(CONFIG_MAPS, self.namespace)


def manifest(namespace: str, number: int, generation: int) -> dict[str, Any]:
    """An object of the size of a small Deployment."""
    labels = {"app.kubernetes.io/name": f"app-{number}", "app.kubernetes.io/instance": f"app-{number}"}
    data = {f"key-{index}": f"value {index} of {generation}" for index in range(20)}
    meta = {"name": f"app-{number}", "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


async def applies(name: str, apply: Apply, objects: list[dict[str, Any]]) -> float:
    """Apply everything concurrently; return seconds."""
    return await measured(f"{name}: server-side applies", len(objects), asyncio.gather(*map(apply, objects)))


async def lists(name: str, read: Read) -> float:
    """List a few times, one after the other; return seconds."""

    async def repeat() -> None:
        for _ in range(LISTS):
            await read()

    return await measured(f"{name}: lists", LISTS, repeat())


async def measured(name: str, count: int, work: Awaitable[object]) -> float:
    """Wait for the work, print and return its seconds."""
    cpu, began = time.process_time(), time.perf_counter()
    await work
    seconds = time.perf_counter() - began
    each = (time.process_time() - cpu) / count * 1000
    print(f"{name:32} {count / seconds:8.0f} /s {seconds:8.3f} s {each:7.2f} ms CPU each")
    return seconds


async def bench(target: Access, options: argparse.Namespace) -> None:
    """Interleave floor and ours, so that both see the same server."""
    namespace = f"fairlead-bench-{uuid.uuid4().hex[:8]}"
    floor, ours = Floor(target, namespace, options.at_once), Ours(target, namespace)
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    made = await ours.cluster.apply(space, manager="bench")
    ratios: list[tuple[float, float]] = []
    for turn in range(options.rounds):
        first, second = (
            [manifest(namespace, number, 2 * turn + extra) for number in range(options.objects)] for extra in (0, 1)
        )
        least = await applies("floor", floor.apply, first), await lists("floor", floor.list)
        own = await applies("fairlead", ours.apply, second), await lists("fairlead", ours.list)
        ratios.append((own[0] / least[0], own[1] / least[1]))
    print(
        "median ratio to the floor: applies {:.2f}, lists {:.2f}".format(
            *map(statistics.median, zip(*ratios, strict=True))
        )
    )
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    await floor.session.close()
    await ours.cluster.delete(object_ref(made), uid=made["metadata"]["uid"])
    await ours.cluster.close()


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", required=True, type=Path)
    parser.add_argument("--context")
    parser.add_argument("--objects", type=int, default=400)
    parser.add_argument("--at-once", type=int, default=20, help="of the floor; our own width adapts")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    document = KubeconfigDocument(str(options.kubeconfig), orjson.loads(options.kubeconfig.read_bytes()))
    context = find_context(merge([document]), options.context)
    asyncio.run(bench(access(context, namespace="default", trust=Trust.OPERATOR, files={}), options))


if __name__ == "__main__":
    main()
