"""Releases and the engine around them, as short as tests want to say them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.config import ChartDir, Environment, ManifestFiles, Place, Release
from fairlead.domain.events import Event
from fairlead.domain.identity import Commit
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook, RenderedRelease
from fairlead.domain.targets import Target
from fairlead.pipeline.engine import Engine, Wanted
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.source import FakeSource
from tests.fakes.stepped_clock import SteppedClock
from tests.fakes.whoami import FakeWhoAmI

PLACE = Place("releases/shop.yaml", 1, 1)


@dataclass(slots=True)
class Recorder:
    """An event sink that keeps what it was told."""

    events: list[Event] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self._came.set()

    async def told(self, kind: type[Event]) -> None:
        """Wait until an event of that type has come."""
        while not any(isinstance(event, kind) for event in self.events):
            self._came.clear()
            await self._came.wait()


def engine(cluster: FakeCluster, *environments: str) -> tuple[Engine, Recorder]:
    """Return an engine whose environments (`test` by default) all lead to one cluster."""
    recorder = Recorder()
    clusters = dict.fromkeys(environments or ("test",), cluster)
    stores = {name: SecretStateStore(one) for name, one in clusters.items()}
    source = FakeSource()
    engine = Engine(
        clusters, stores, recorder, FakeClock(), FakeWhoAmI(), SteppedClock(), partial(source.is_ancestor, "")
    )
    return engine, recorder


def environment(*releases: Release, **more: Any) -> Environment:
    """Return the environment `test`, namespace `default`, of the cluster `c`."""
    return replace(Environment("test", "c", "default", PLACE, releases), **more)


def release(name: str = "web", *, chart: bool = False, **more: Any) -> Release:
    """Return a declared release of manifests, or of a chart."""
    return Release(name, ChartDir("charts/web") if chart else ManifestFiles(("web.yaml",)), PLACE, **more)


def wanted(*objects: Mapping[str, Any], of: Release | None = None, **more: Any) -> Wanted:
    """Return a rendered release; `env`, `hooks`, `crds` and `secrets` may be given."""
    declared = of or release()
    target = Target(more.pop("env", None) or environment(declared), declared)
    manifests = tuple(Manifest(obj, f"{declared.name}.yaml") for obj in objects)
    crds = tuple(Manifest(obj, "crds/a.yaml") for obj in more.pop("crds", ()))
    digest = more.pop("inputs", f"sha256:{declared.name}")
    return Wanted(
        target, RenderedRelease(target.key, digest, manifests, crds=crds, **more), Commit("c0ffee", dirty=False)
    )


def hook(obj: Mapping[str, Any], *events: str, weight: int = 0, policies: tuple[str, ...] = ()) -> Hook:
    """Return a hook of a chart."""
    placed = {**obj, "metadata": {"namespace": "default", **obj["metadata"]}}
    return Hook(events, weight, policies, Manifest(placed, "templates/hook.yaml"))


def config_map(name: str = "settings", namespace: str | None = None, **data: str) -> dict[str, Any]:
    """Return a ConfigMap."""
    return _object("v1", "ConfigMap", name, namespace) | {"data": data or {"key": "value"}}


def secret(name: str = "token", **data: str) -> dict[str, Any]:
    """Return a Secret as people write it."""
    return _object("v1", "Secret", name, None) | {"stringData": data}


def deployment(name: str = "web", *, image: str = "web:1", replicas: int | None = 1) -> dict[str, Any]:
    """Return a Deployment of one container."""
    labels = {"app": name}
    spec: dict[str, Any] = {} if replicas is None else {"replicas": replicas}
    spec |= {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}},
    }
    return _object("apps/v1", "Deployment", name, None) | {"spec": spec}


def autoscaler(target: str = "web") -> dict[str, Any]:
    """Return a HorizontalPodAutoscaler of a Deployment."""
    ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    spec = {"scaleTargetRef": ref, "minReplicas": 1, "maxReplicas": 9}
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", target, None) | {"spec": spec}


def definition(kind: str = "Widget", *, scope: str = "Namespaced") -> dict[str, Any]:
    """Return a CustomResourceDefinition of the group `example.com`."""
    plural = kind.lower() + "s"
    return _object("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.example.com", None) | {
        "spec": {
            "group": "example.com",
            "names": {"kind": kind, "plural": plural},
            "scope": scope,
            "versions": [{"name": "v1", "served": True, "storage": True}],
        }
    }


def establish(obj: dict[str, Any]) -> None:
    """Play the controller that establishes definitions, as the fake cluster's `defaulting`."""
    if obj["kind"] == "CustomResourceDefinition":
        obj["status"] = {"conditions": [{"type": kind, "status": "True"} for kind in ("NamesAccepted", "Established")]}


def custom(kind: str = "Widget", name: str = "w") -> dict[str, Any]:
    """Return an object of such a kind."""
    return _object("example.com/v1", kind, name, None) | {"spec": {"size": 1}}


def job(name: str = "migrate") -> dict[str, Any]:
    """Return a Job."""
    pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "migrate:1"}]}}
    return _object("batch/v1", "Job", name, None) | {"spec": {"template": pod}}


def namespace(name: str) -> dict[str, Any]:
    """Return a Namespace."""
    return _object("v1", "Namespace", name, None)


def _object(api_version: str, kind: str, name: str, where: str | None) -> dict[str, Any]:
    metadata = {"name": name} if where is None else {"name": name, "namespace": where}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
