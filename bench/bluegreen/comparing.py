"""From a request for a new version to its first answer, by several ways in turn on the same cluster.

A client opens a connection to the Service of the app every 10 ms and notes who answers. Each way rolls out one version
after the other of a few apps, so that no rollout waits for the version before the last to end its time as a hot one.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import httptools

from bench.bluegreen.argo import controller
from bench.bluegreen.figures import spread
from bench.bluegreen.pods import Readiness, watching
from bench.bluegreen.site import Running, Site
from bench.bluegreen.ways import Argo, ByCommand, ByHand, ByServer, Way
from bench.connections import Reply, Target, ask_once, wall_clock
from bench.server import Server

APPS: Final = 3
_EVERY_SECONDS: Final = 0.01
_AFTER_SECONDS: Final = 1.0  # so long the old version must not have answered any more
_PATIENCE_SECONDS: Final = 60.0
_REST_SECONDS: Final = 1.0
_SERVER: Final = "fairlead server"


@dataclass(slots=True)
class Answers:
    """Who answered when, on connections of their own."""

    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    failed: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def heard(self, version: str) -> None:
        """Wait for the first answer of a version."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while version not in self.first:
                self._news.clear()
                await self._news.wait()

    async def silent(self, version: str) -> None:
        """Wait until a version has not answered for a while."""
        while self.last[version] + _AFTER_SECONDS > _now():
            self._news.clear()
            await self._news.wait()

    async def follow(self, target: Target) -> None:
        """Ask every now and then, whatever becomes of earlier questions."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._one(target))
                await asyncio.sleep(_EVERY_SECONDS)

    async def _one(self, target: Target) -> None:
        reply = Reply(_now)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await ask_once(target, target.get("/"), reply)
        except (OSError, TimeoutError, httptools.HttpParserError):
            self.failed += 1
            return
        version = reply.word(0)
        self.first[version] = min(reply.began, self.first.get(version, math.inf))
        self.last[version] = max(reply.began, self.last.get(version, 0.0))
        self._news.set()


@dataclass(slots=True)
class Figures:
    """What one way took, in seconds: from the request to the first answer of the new version, to the last of the old.

    `pods` are from the request until the last pod was seen ready, where that can be told.
    """

    answered: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    failed: int = 0

    def shown(self, name: str) -> str:
        """Return them as text."""
        return "\n".join(
            (
                f"{name}: {self.failed} requests failed",
                f"  request to last pod ready     {spread(self.ready)}",
                f"  request to first new answer   {spread(self.answered)}",
                f"  request to last old answer    {spread(self.whole)}",
            )
        )


async def measure(running: Running, site: Site, count: int) -> str:
    """Roll out so often by each way, taking turns, and return what came of it."""
    async with AsyncExitStack() as stack:
        readiness = await stack.enter_async_context(watching(site))
        ways = await _ways(running, site, readiness, stack)
        for name, way in ways.items():
            for number in range(APPS):
                await way.begin(_app(name, number))
        figures = {name: Figures() for name in ways}
        for turn in range(count):
            for name, way in ways.items():
                app, version = _app(name, turn % APPS), str(turn // APPS + 2)
                await _round(site, way, (app, version), readiness, figures[name])
    return "\n".join(each.shown(name) for name, each in figures.items())


async def _ways(running: Running, site: Site, readiness: Readiness, stack: AsyncExitStack) -> Mapping[str, Way]:
    kubeconfig, context = running.status.kubeconfig, running.status.state.clusters[0].name
    ways: dict[str, Way] = {"by hand": ByHand(site, readiness)}
    if await stack.enter_async_context(controller(site, kubeconfig, context)):
        ways["Argo Rollouts"] = Argo(site, readiness)
    await _bind(site)
    server = await stack.enter_async_context(Server(site.folder, kubeconfig, context))
    return {**ways, _SERVER: ByServer(site, server, readiness), "fairlead deploy": ByCommand(site, kubeconfig, context)}


async def _bind(site: Site) -> None:
    """Give the namespace an account by whose rights the server may deploy."""
    names = {"namespace": site.namespace, "name": "deployer"}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": names}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    subjects = [{"kind": "ServiceAccount", **names}]
    bound = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": names}
    space = {
        "name": site.namespace,
        "labels": {"pod-security.kubernetes.io/enforce": "privileged"},
        "annotations": {"fairlead.dev/service-account": names["name"]},
    }
    for made in (account, {**bound, "roleRef": role, "subjects": subjects}):
        await site.cluster.apply(made, manager="bench")
    await site.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": space}, manager="bench")


async def _round(site: Site, way: Way, wanted: tuple[str, str], readiness: Readiness, figures: Figures) -> None:
    (app, version), old = wanted, str(int(wanted[1]) - 1)
    before = {name for (of, _), pods in readiness.first.items() if of == app for name in pods}
    async with _answers(Target.of(await site.address(app))) as answers:
        await answers.heard(old)
        asked = _now()
        await way.change(app, version)
        await answers.heard(version)
        await answers.silent(old)
    pods = [(name, at) for (of, _), each in readiness.first.items() if of == app for name, at in each.items()]
    figures.ready.append(max(at for name, at in pods if name not in before) - asked)
    figures.answered.append(answers.first[version] - asked)
    figures.whole.append(answers.last[old] - asked)
    figures.failed += answers.failed
    await asyncio.sleep(_REST_SECONDS)


@asynccontextmanager
async def _answers(target: Target) -> AsyncIterator[Answers]:
    """Follow the answers of a Service for the length of a block."""
    answers = Answers()
    task = asyncio.create_task(answers.follow(target))
    try:
        yield answers
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _app(way: str, number: int) -> str:
    return f"{way.rsplit(maxsplit=1)[-1].lower()}{number}"


_now: Final = wall_clock()
