"""A sandbox of our own with units in it: what every measurement of blue-green deployments begins with."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from bench.answers import Answer, read
from bench.bluegreen.timeline import Timeline
from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.gates.webhooks import WebhookJudges
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.adapters.probes.choosing import EitherWay
from fairlead.adapters.probes.direct import DirectProbes
from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.adapters.traffic.services import ServiceSelectors
from fairlead.adapters.whoami.process import ThisProcess
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.identity import ObjectRef
from fairlead.domain.kubeconfig import KubeconfigDocument, Trust, merge
from fairlead.domain.kubecontext import access, find_context
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.units import UnitKey
from fairlead.doors.dial import Dialer
from fairlead.doors.dial_failures import Unreachable
from fairlead.doors.process import Program, start
from fairlead.pipeline.engine import Engine
from fairlead.pipeline.units.driver import Rests
from fairlead.pipeline.units.place import Place
from fairlead.pipeline.units.service import Order, Units, at_rest, opened
from fairlead.sandbox.cluster import down, up
from fairlead.sandbox.spec import NodeKind, Progress, SandboxSpec
from fairlead.sandbox.status import SandboxStatus
from fairlead.settings import Settings

ROOT = Path(__file__).parents[2]
PORT = 8080
_KNOWN_SECONDS = 30.0
_SANDBOX = "bench"


@dataclass(frozen=True, slots=True)
class Site:
    """A namespace of a cluster, and everything that drives units in it."""

    cluster: KubernetesCluster
    units: Units
    timeline: Timeline
    namespace: str
    registry: str
    folder: Path

    def key(self, app: str) -> UnitKey:
        """Return the unit of an app."""
        return UnitKey("bench", self.namespace, app)

    def descriptor(self, app: str, version: str, **fields: Any) -> Descriptor:
        """Return a descriptor of the sandbox's sample, two pods unless fields say otherwise."""
        container = {
            "name": "app",
            "image": f"{self.registry}/app:1.0",
            "ports": [{"containerPort": PORT}],
            # The driver gives APP_VERSION; this makes the content another one, or nothing would be rolled out.
            "env": [{"name": "REVISION", "value": version}],
            "readinessProbe": {"httpGet": {"path": "/ready", "port": PORT}, "periodSeconds": 1},
        }
        small = {"namespace": self.namespace, "appName": app, "newVersion": version, "replicas": 2, "hotFor": "30s"}
        found = read_descriptor({**small, "podspec": {"containers": [container]}, **fields})
        assert isinstance(found, Descriptor), found
        return found

    async def deploy(self, descriptor: Descriptor) -> str:
        """Have a version deployed, and return the name of the deployment when the unit is at rest."""
        deployment, key = self.name(), self.key(descriptor.app)
        self.timeline.asked(deployment)
        await self.units.deploy(key, Order(deployment, deployment, "bench", descriptor))
        await self.units.drive(key, _until_ended(deployment))
        return deployment

    async def ask(self, app: str, intent: Intent) -> None:
        """Have something done with an app, and return when the unit is at rest."""
        self.timeline.asked(intent.id)
        await self.units.submit(self.key(app), intent)
        await self.units.drive(self.key(app), _until_ended(intent.id))

    def name(self) -> str:
        """Return a name that nothing else has."""
        return uuid.uuid4().hex[:12]

    async def address(self, service: str) -> str:
        """Return the URL of a Service."""
        live = await self.cluster.get(ObjectRef("v1", "Service", self.namespace, service))
        assert live is not None
        return f"http://{live['spec']['clusterIP']}:{PORT}"


def _until_ended(intent: str) -> Rests:
    """Return what holds when an intent has ended and the unit is at rest."""

    def rests(anchor: Anchor) -> bool:
        return at_rest(anchor) and any(one.intent == intent for one in anchor.ended)

    return rests


@dataclass(slots=True)
class Loaded:
    """Load by a process of its own, so that what is measured does not slow it. The answers are there at its end."""

    answers: list[Answer] = field(default_factory=list)


@asynccontextmanager
async def under_load(site: Site, app: str, rate: float) -> AsyncIterator[Loaded]:
    """Have load on the stable Service of an app for the length of a block."""
    log, loaded = site.folder / f"{app}.log", Loaded()
    await _reachable(await site.address(app))
    argv = (sys.executable, "-m", "bench.load", await site.address(app), "--rate", f"{rate:g}", "--log", str(log))
    running = await start(Program(argv, cwd=ROOT))
    try:
        yield loaded
    finally:
        with suppress(ProcessLookupError):
            running.terminate()
        await running.communicate()
    loaded.answers += read(log)


async def _reachable(url: str) -> None:
    """Wait until kube-proxy knows a Service, which it may learn after the first deployment behind it was confirmed."""
    dialer = Dialer()
    try:
        async with asyncio.timeout(_KNOWN_SECONDS):
            while True:
                with suppress(Unreachable):
                    await dialer.request("GET", url, timeout=1.0)
                    return
                await asyncio.sleep(0.05)
    finally:
        await dialer.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that runs, and a folder that is there as long as it does."""

    status: SandboxStatus
    folder: Path


@asynccontextmanager
async def running(nodes: NodeKind) -> AsyncIterator[Running]:
    """Start a sandbox, and end it whatever happens."""
    with tempfile.TemporaryDirectory() as name:
        folder, ambient = Path(name), Settings.from_environment()
        own = {"XDG_STATE_HOME": name, "FAIRLEAD_CACHE": str(ambient.cache)}
        settings = Settings.from_environment({**ambient.environ, **own})
        status = await up(SandboxSpec(_SANDBOX, 1, nodes), settings, _tell)
        try:
            yield Running(status, folder)
        finally:
            await down(_SANDBOX, settings, _tell)


@asynccontextmanager
async def site(nodes: NodeKind) -> AsyncIterator[Site]:
    """Have a namespace of a sandbox of our own."""
    async with running(nodes) as found, namespace_of(found.status, "shop", found.folder) as made:
        yield made


@asynccontextmanager
async def namespace_of(status: SandboxStatus, namespace: str, folder: Path) -> AsyncIterator[Site]:
    """Have units in a namespace of a sandbox that runs; `folder` takes the logs of the load."""
    document = KubeconfigDocument(str(status.kubeconfig), orjson.loads(status.kubeconfig.read_bytes()))
    context = find_context(merge([document]), status.state.clusters[0].name)
    found = access(context, namespace="default", trust=Trust.OPERATOR, files={})
    clock, timeline = SystemClock(), Timeline()
    cluster = KubernetesCluster(found, clock=clock, environ={})
    memory = SecretStateStore(cluster)
    direct, routers = DirectProbes(), {("", "Service"): ServiceSelectors(cluster)}
    probes = EitherWay(direct, cluster)
    place = Place(cluster, SecretAnchors(cluster), memory, routers, probes, WebhookJudges())

    async def places(_cluster: str) -> Place:
        return place

    async def ancestry(_one: str, _other: str) -> bool:
        return False

    engine = Engine({"bench": cluster}, {"bench": memory}, timeline, clock, ThisProcess(), clock, ancestry)
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    try:
        await cluster.apply(space, manager="bench")
        async with opened(engine, places, timeline) as units:
            yield Site(cluster, units, timeline, namespace, status.state.registry, folder)
    finally:
        await direct.close()
        await cluster.close()


def _tell(_event: Progress) -> None:
    """Progress of a start is no figure."""
