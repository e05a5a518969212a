"""A unit on real pods with clients, the installed command on a road with faults, and whoever drives on after it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.connections import Reply, Target, ask_once, wall_clock
from bench.load import Load, Plan, load_on
from fairlead.domain.access import Access
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.kubeconfig import KubeconfigDocument, Trust, merge
from fairlead.domain.kubecontext import access, find_context
from fairlead.doors.process import Program, start, stop
from fairlead.sandbox.waiting import holds_within
from tests.e2e.running import RunningSandbox
from tests.e2e.units import UnitSite, unit_site
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.faults.proxy import Done, FaultProxy
from tests.faults.rules import Rule
from tests.faults.stage import access_of
from tests.faults.unit_operations import PLAIN

PORT = 8080
RATE = 20.0
KEPT = 4
"""So few connections are kept that each is in use while a pod that ends still says to let go of it."""


@dataclass
class UnitStage:
    """The unit `shop` of an empty namespace. `site` drives it by way of a proxy too, which notes what it does.

    `proxy` is on the way of the command that is struck.
    """

    site: UnitSite
    road: FaultProxy
    proxy: FaultProxy
    sandbox: RunningSandbox
    root: Path
    _before: list[Done] = field(default_factory=list)

    @property
    def done(self) -> list[Done]:
        """Everything that was written since the command ran first."""
        return [*self._before, *self.proxy.done, *self.road.done]

    def wish(self, descriptor: Descriptor) -> None:
        """Write what is to be deployed."""
        (self.root / "app.json").write_bytes(orjson.dumps(descriptor_json(descriptor)))

    async def run(self, words: tuple[str, ...], rule: Rule) -> int:
        """Run the command with a rule on its way; return its exit code."""
        (self.root / "kubeconfig").write_bytes(self.proxy.kubeconfig())
        env = {**self.sandbox.env, "KUBECONFIG": str(self.root / "kubeconfig")}
        where = ("--namespace", self.site.key.namespace, "--context", self.sandbox.contexts[0])
        argv = (str(FAIRLEAD), *words, *where, "--output", "json")
        child = await start(Program(argv, cwd=self.root, env=env, accepted=ANY_CODE))
        self._before += self.proxy.done
        try:
            self.proxy.begin(rule, victim=child.send_signal)
            async with asyncio.timeout(120):
                _, complained = await child.communicate()
        finally:
            await stop(child)
        assert b"Traceback" not in complained, complained.decode()
        assert child.returncode is not None
        return child.returncode

    async def route(self) -> str | None:
        """Return the version that the traffic is led to, empty where the route tells none; None without a route."""
        service = await self.site.get("Service", self.site.key.name)
        return None if service is None else str(service["spec"]["selector"].get("version", ""))

    @asynccontextmanager
    async def clients(self) -> AsyncIterator[Load]:
        """Have requests on the stable Service for the length of a block, as soon as its version answers there."""
        target = await self.target(await self.route() or PLAIN)
        async with load_on(Plan(target, rate=RATE, kept=KEPT, long_every=0.0)) as load:
            await load.reached(int(RATE / 4))
            yield load

    async def target(self, version: str) -> Target:
        """Return where clients send their requests, once a version answers there."""
        service = await self.site.get("Service", self.site.key.name)
        assert service is not None
        found = Target(service["spec"]["clusterIP"], PORT)
        await holds_within(30, f"version {version}", lambda: _answers(found, version))
        return found


async def _answers(target: Target, version: str) -> bool:
    reply = Reply(wall_clock())
    try:
        await ask_once(target, target.get("/"), reply)
    except OSError:
        return False
    return reply.word(0) == version


@asynccontextmanager
async def unit_stage(sandbox: RunningSandbox, folder: Path) -> AsyncIterator[UnitStage]:
    """Set a stage in a namespace of its own, which is gone soon after it."""
    name = f"unit-{uuid.uuid4().hex[:8]}"
    root, upstream = folder / name, access_of(sandbox)
    root.mkdir()
    await sandbox.ask("create", "namespace", name)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(sandbox.ask, "delete", "namespace", name, "--wait=false")
        road = await stack.enter_async_context(FaultProxy(upstream))
        proxy = await stack.enter_async_context(FaultProxy(upstream))
        site = await stack.enter_async_context(unit_site(sandbox, name, _by_way_of(road, name)))
        yield UnitStage(site, road, proxy, sandbox, root)


def _by_way_of(proxy: FaultProxy, namespace: str) -> Access:
    document = KubeconfigDocument("proxy", orjson.loads(proxy.kubeconfig()))
    context = find_context(merge([document]), proxy.upstream.name)
    return access(context, namespace=namespace, trust=Trust.OPERATOR, files={})
