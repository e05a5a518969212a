"""Units in a namespace of a real cluster, as a driver of ours has them, and descriptors of the sample workload."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.gates.webhooks import WebhookJudges
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.adapters.probes.choosing import EitherWay
from fairlead.adapters.probes.direct import DirectProbes
from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.adapters.traffic.services import ServiceSelectors
from fairlead.adapters.whoami.process import ThisProcess
from fairlead.domain.access import Access
from fairlead.domain.apps.descriptor import AUTOMATIC, Component, Descriptor, Rules
from fairlead.domain.errors import OperationFailed
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.unit_news import LogLine, StateEntered, UnitNews
from fairlead.domain.units import UnitKey
from fairlead.pipeline.authorising.impersonating import Impersonating
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.units.driver import Rests
from fairlead.pipeline.units.place import Place
from fairlead.pipeline.units.service import Accepted, Order, Units, at_rest, opened
from fairlead.ports.cluster import LiveObject
from tests.e2e.running import RunningSandbox
from tests.pipeline.units.units import read_again


@dataclass
class News:
    """Takes the news of units, and the events of releases, which nobody looks at here."""

    heard: list[UnitNews] = field(default_factory=list)

    def announce(self, news: UnitNews) -> None:
        self.heard.append(news)

    def emit(self, event: object) -> None:
        """Take an event of a release."""

    def has(self, words: str) -> bool:
        """Tell whether people were told something."""
        return any(isinstance(one, LogLine) and words in one.text for one in self.heard)

    @property
    def phases(self) -> list[str]:
        return [one.phase.value for one in self.heard if isinstance(one, StateEntered)]


@dataclass
class UnitSite:
    """One unit, `shop`, and the means to ask for something and see it through."""

    cluster: KubernetesCluster
    units: Units
    key: UnitKey
    registry: str
    news: News
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def descriptor(self, *, env: Mapping[str, str] | None = None, **more: Any) -> Descriptor:
        variables = [{"name": name, "value": value} for name, value in (env or {}).items()]
        probe = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1}
        container = {
            "name": "app",
            "image": f"{self.registry}/app:1.0",
            "ports": [{"containerPort": 8080, "name": "http"}],
            "readinessProbe": probe,
            "env": variables,
        }
        replicas = more.pop("replicas", 2)
        rules = {"hot_for": 600.0, "drain_timeout": 1.0, **more.pop("rules", {})}
        main = Component("", {"containers": [container]}, replicas)
        return read_again(Descriptor(self.key.namespace, self.key.name, AUTOMATIC, main, rules=Rules(**rules), **more))

    def order(self, descriptor: Descriptor, **more: Any) -> Order:
        number = next(self.numbers)
        return Order(f"i{number}", f"d{number}", "tester", descriptor, **more)

    def asked(self) -> tuple[str, str, datetime]:
        """Return what every intent begins with: id, by whom, and when."""
        return f"i{next(self.numbers)}", "tester", self.units.engine.clock.now()

    async def deploy(self, descriptor: Descriptor, **more: Any) -> tuple[Accepted, Anchor]:
        accepted = await self.units.deploy(self.key, self.order(descriptor, **more))
        return accepted, await self.settle()

    async def ask(self, intent: Intent) -> Anchor:
        await self.units.submit(self.key, intent)
        return await self.settle()

    async def settle(self, rests: Rests = at_rest) -> Anchor:
        """Drive until the unit rests; again where a busy machine kept this run silent for too long."""
        while True:
            try:
                return await self.units.drive(self.key, rests)
            except OperationFailed as error:
                if error.code != "leaseLost":
                    raise

    async def get(self, kind: str, name: str, api_version: str = "v1") -> LiveObject | None:
        return await self.cluster.get(ObjectRef(api_version, kind, self.key.namespace, name))

    async def replicas(self, deployment: str) -> int:
        found = await self.get("Deployment", deployment, "apps/v1")
        assert found is not None
        return int(found["spec"]["replicas"])

    async def selector(self) -> dict[str, str]:
        service = await self.get("Service", self.key.name)
        assert service is not None
        return dict(service["spec"]["selector"])


@asynccontextmanager
async def unit_site(
    sandbox: RunningSandbox, namespace: str, reach: Access | None = None, *, impersonating: bool = False
) -> AsyncIterator[UnitSite]:
    """Give the unit `shop` of a namespace, reached directly or by way of a proxy; perhaps with the rights of others."""
    cluster = KubernetesCluster(reach or sandbox.access(namespace), clock=SystemClock(), environ={})
    memory, news, direct = SecretStateStore(cluster), News(), DirectProbes()
    objects = Impersonating(cluster) if impersonating else cluster
    routers = {("", "Service"): ServiceSelectors(objects)}
    place = Place(objects, SecretAnchors(cluster), memory, routers, EitherWay(direct, cluster), WebhookJudges())

    async def places(_cluster: str) -> Place:
        return place

    async def ancestry(_one: str, _other: str) -> bool:
        return False

    clock = SystemClock()
    engine = Engine({"c": cluster}, {"c": memory}, news, clock, ThisProcess(), clock, ancestry)
    try:
        async with opened(engine, places, news) as units:
            yield UnitSite(cluster, units, UnitKey("c", namespace, "shop"), sandbox.registry, news)
    finally:
        await direct.close()
        await cluster.close()
