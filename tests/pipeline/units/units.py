"""Units over a cluster in memory whose controllers are played, and descriptors for them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.adapters.traffic.httproutes import HttpRoutes
from fairlead.adapters.traffic.services import ServiceSelectors
from fairlead.domain.apps.descriptor import Component, Descriptor, Rules
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.unit_news import UnitNews
from fairlead.domain.units import UnitKey
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.units.anchoring import DriverMark, read_anchor, swap_anchor
from fairlead.pipeline.units.driver import Rests
from fairlead.pipeline.units.place import Place, Routers
from fairlead.pipeline.units.service import Order, Units, at_rest, opened
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster, LiveObject
from tests.fakes.clock import FakeClock
from tests.fakes.played import PlayedCluster
from tests.fakes.whoami import FakeWhoAmI
from tests.pipeline.units.doors import Door

KEY = UnitKey("c", "default", "shop")


@dataclass
class Judging:
    """Answers webhooks with a status."""

    status: int | None = 200
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    async def ask(self, url: str, question: Mapping[str, Any]) -> int | None:
        self.asked.append((url, question))
        return self.status


@dataclass
class Yard:
    """One unit over a played cluster. `heard` is all news of it."""

    cluster: PlayedCluster
    clock: FakeClock
    units: Units
    judges: Judging
    heard: list[UnitNews]
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def descriptor(self, *, env: str = "", replicas: int = 2, version: str = "#", **more: Any) -> Descriptor:
        container = {
            "name": "app",
            "image": "shop:1",
            "ports": [{"containerPort": 8080, "name": "http"}],
            "env": [{"name": "COLOUR", "value": env}],
        }
        short = {"hot_for": 60.0, "warm_for": 60.0, "drain_timeout": 1.0, "keep_failed": 60.0}
        rules = Rules(**{**short, **more.pop("rules", {})})
        main = more.pop("main", Component("", {"containers": [container]}, replicas))
        return read_again(Descriptor(KEY.namespace, KEY.name, version, main, rules=rules, **more))

    def order(self, descriptor: Descriptor, **more: Any) -> Order:
        number = next(self.numbers)
        return Order(f"i{number}", f"d{number}", "ann", descriptor, **more)

    def asked(self) -> tuple[str, str, datetime]:
        return f"i{next(self.numbers)}", "ann", self.clock.now()

    async def deploy(self, descriptor: Descriptor, **more: Any) -> Anchor:
        await self.units.deploy(KEY, self.order(descriptor, **more))
        return await self.settle()

    async def ask(self, intent: Intent) -> Anchor:
        await self.units.submit(KEY, intent)
        return await self.settle()

    async def settle(self, rests: Rests = at_rest) -> Anchor:
        return await self.units.drive(KEY, rests)

    async def kill_driver(self) -> None:
        """Leave the unit as a driver does that was killed: it is named, lives no more, and did not let go."""
        anchors = SecretAnchors(self.cluster)
        held = await read_anchor(anchors, KEY)
        killed = DriverMark("gone", "gone", FakeWhoAmI().me())
        assert await swap_anchor(anchors, KEY, held, held.anchor, killed) is not None

    def live(self, kind: str, name: str) -> LiveObject | None:
        found = (one for one in self.cluster.objects if (one["kind"], one["metadata"]["name"]) == (kind, name))
        return next(found, None)

    def replicas(self, deployment: str) -> int:
        found = self.live("Deployment", deployment)
        assert found is not None
        return int(found["spec"]["replicas"])

    @property
    def route(self) -> ObjectRef:
        """The stable Service."""
        return ObjectRef("v1", "Service", KEY.namespace, KEY.name)

    @property
    def selector(self) -> dict[str, str]:
        service = self.live("Service", KEY.name)
        assert service is not None
        return dict(service["spec"]["selector"])


def read_again(descriptor: Descriptor) -> Descriptor:
    """Return a descriptor as it is when it was written down and read, with what reading adds."""
    found = read_descriptor(descriptor_json(descriptor))
    assert isinstance(found, Descriptor), found
    return found


def ended(anchor: Anchor) -> dict[str, str]:
    """Return how intents ended, by their ids."""
    return {one.intent: one.outcome.value for one in anchor.ended}


def states(anchor: Anchor) -> dict[str, str]:
    """Return the versions that are present, with their states."""
    return {one.name: one.state.value for one in anchor.present}


@asynccontextmanager
async def yard(
    cluster: PlayedCluster | None = None,
    clock: FakeClock | None = None,
    *,
    seen: Callable[[PlayedCluster], Cluster] | None = None,
    door: Door | None = None,
    whoami: FakeWhoAmI | None = None,
    pulse: Clock | None = None,
) -> AsyncIterator[Yard]:
    """Give a unit over a cluster in memory, perhaps by way of a door; `seen` is how its driver sees the objects."""
    cluster, clock, judges, heard = cluster or PlayedCluster(), clock or FakeClock(), Judging(), list[UnitNews]()
    objects, probes = (door or Door(cluster)).ports
    memory, theirs = SecretStateStore(objects), objects if seen is None else seen(cluster)
    routers: Routers = {
        ("", "Service"): ServiceSelectors(theirs),
        ("gateway.networking.k8s.io", "HTTPRoute"): HttpRoutes(theirs, clock),
    }
    place = Place(theirs, SecretAnchors(objects), memory, routers, probes, judges)

    async def places(_cluster: str) -> Place:
        return place

    async def unrelated(_one: str, _other: str) -> bool:
        return False

    sink = _Sink(heard)
    engine = Engine(
        {"c": objects}, {"c": memory}, sink, clock, whoami or FakeWhoAmI(), pulse or SystemClock(), unrelated
    )
    async with opened(engine, places, sink) as units:
        yield Yard(cluster, clock, units, judges, heard)


@dataclass(frozen=True)
class _Sink:
    heard: list[UnitNews]

    def announce(self, news: UnitNews) -> None:
        self.heard.append(news)

    def emit(self, event: object) -> None:
        """Take an event of a release."""


def plain(here: Yard, **annotations: str) -> list[LiveObject]:
    """Put a Deployment of two pods behind a Service that selects by the app alone."""
    labels = {"app": "shop"}
    metadata = {"name": "shop", "namespace": KEY.namespace, "annotations": annotations}
    container = {"name": "app", "image": "shop:0"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    service: dict[str, Any] = {"selector": labels, "ports": [{"name": "http", "port": 8080, "targetPort": 8080}]}
    return [
        here.cluster.put({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}),
        here.cluster.put({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service}),
    ]


def grow(here: Yard, replicas: int) -> None:
    """Play an autoscaler."""

    def scale(obj: dict[str, Any]) -> None:
        obj["spec"]["replicas"] = replicas

    here.cluster.edit(ObjectRef("apps/v1", "Deployment", KEY.namespace, "shop-1"), scale, manager="hpa")
