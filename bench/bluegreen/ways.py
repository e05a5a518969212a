"""The ways to a new version that are compared: by hand, by Argo Rollouts, by our server, and by our command."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from bench.bluegreen.pods import Readiness
from bench.bluegreen.site import PORT, Site
from bench.server import Server
from fairlead.domain.identity import ObjectRef
from fairlead.domain.reading import uid
from fairlead.doors.process import Program, run

PODS: Final = 2
_HOT_SECONDS: Final = 30
_MANAGER: Final = "bench"
_FAIRLEAD: Final = str(Path(sys.executable).parent / "fairlead")


class Way(Protocol):
    """One way: `begin` has a first version running, `change` asks for another and may return as soon as it did."""

    async def begin(self, app: str) -> None:
        """Have version 1 of an app run behind a Service of its name."""
        ...

    async def change(self, app: str, version: str) -> None:
        """Ask for a version."""
        ...


def container(site: Site, version: str, variable: str = "APP_VERSION") -> dict[str, Any]:
    """Return the container that every way runs; `variable` tells it its version."""
    return {
        "name": "app",
        "image": f"{site.registry}/app:1.0",
        "ports": [{"containerPort": PORT}],
        "env": [{"name": variable, "value": version}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": PORT}, "periodSeconds": 1},
    }


@dataclass(frozen=True, slots=True)
class ByHand:
    """A Deployment for each version and one Service: the selector follows as soon as all pods are seen ready."""

    site: Site
    readiness: Readiness

    async def begin(self, app: str) -> None:
        """See `Way`."""
        await self._run(app, "1")
        await self.site.cluster.apply(service(self.site, app, {"app": app, "version": "1"}), manager=_MANAGER)

    async def change(self, app: str, version: str) -> None:
        """See `Way`; the version before goes when the traffic has left it."""
        await self._run(app, version)
        change = [{"op": "replace", "path": "/spec/selector/version", "value": version}]
        ref = ObjectRef("v1", "Service", self.site.namespace, app)
        await self.site.cluster.patch(ref, change, manager=_MANAGER)
        old = ObjectRef("apps/v1", "Deployment", self.site.namespace, f"{app}-{int(version) - 1}")
        if (live := await self.site.cluster.get(old)) is not None:
            await self.site.cluster.delete(old, uid=uid(live))

    async def _run(self, app: str, version: str) -> None:
        labels = {"app": app, "version": version}
        made = _workload("apps/v1", "Deployment", self.site, f"{app}-{version}", labels, version)
        await self.site.cluster.apply(made, manager=_MANAGER)
        await self.readiness.reached(app, version, PODS)


@dataclass(frozen=True, slots=True)
class Argo:
    """A Rollout that goes blue-green without asking anybody."""

    site: Site
    readiness: Readiness

    async def begin(self, app: str) -> None:
        """See `Way`."""
        await self.site.cluster.apply(service(self.site, app, {"app": app}), manager=_MANAGER)
        rollout = _workload("argoproj.io/v1alpha1", "Rollout", self.site, app, {"app": app}, "1")
        strategy = {"activeService": app, "autoPromotionEnabled": True, "scaleDownDelaySeconds": _HOT_SECONDS}
        rollout["spec"]["strategy"] = {"blueGreen": strategy}
        await self.site.cluster.apply(rollout, manager=_MANAGER)
        await self.readiness.reached(app, "", PODS)

    async def change(self, app: str, version: str) -> None:
        """See `Way`."""
        path = "/spec/template/spec/containers/0/env/0/value"
        change = [{"op": "replace", "path": path, "value": version}]
        await self.site.cluster.patch(self._ref(app), change, manager=_MANAGER)

    def _ref(self, app: str) -> ObjectRef:
        return ObjectRef("argoproj.io/v1alpha1", "Rollout", self.site.namespace, app)


@dataclass(frozen=True, slots=True)
class ByServer:
    """Our server, asked by its API: two requests, for what a version consists of and for its deployment."""

    site: Site
    server: Server
    readiness: Readiness

    async def begin(self, app: str) -> None:
        """See `Way`."""
        await self.change(app, "1")
        await self.readiness.reached(app, "1", PODS)

    async def change(self, app: str, version: str) -> None:
        """See `Way`."""
        made = await self.server.ask("POST", "/api/v1/descriptors", descriptor(self.site, app, version))
        await self.server.ask("POST", "/api/v1/deployments", {"descriptorId": made["id"]})


@dataclass(frozen=True, slots=True)
class ByCommand:
    """Our command, its start and its end included."""

    site: Site
    kubeconfig: Path
    context: str

    async def begin(self, app: str) -> None:
        """See `Way`."""
        await self.change(app, "1")

    async def change(self, app: str, version: str) -> None:
        """See `Way`."""
        file = self.site.folder / f"{app}-{version}.json"
        file.write_bytes(orjson.dumps(descriptor(self.site, app, version)))
        env = {"HOME": str(self.site.folder), "PATH": "/usr/bin:/bin", "KUBECONFIG": str(self.kubeconfig)}
        await run(Program((_FAIRLEAD, "deploy", str(file), "--context", self.context), env=env))


def descriptor(site: Site, app: str, version: str) -> dict[str, Any]:
    """Return the descriptor of a version."""
    # The driver gives APP_VERSION; the other variable makes the content another one, as in `Site.descriptor`.
    pods = {"containers": [container(site, version, "REVISION")]}
    told = {"namespace": site.namespace, "appName": app, "newVersion": version, "replicas": PODS}
    return {**told, "deploymentType": "blue-green", "hotFor": f"{_HOT_SECONDS}s", "warmFor": "0s", "podspec": pods}


def service(site: Site, app: str, selector: dict[str, str]) -> dict[str, Any]:
    """Return the Service of an app."""
    spec = {"selector": selector, "ports": [{"port": PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": app, "namespace": site.namespace}, "spec": spec}


def _workload(
    api_version: str, kind: str, site: Site, name: str, labels: dict[str, str], version: str
) -> dict[str, Any]:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container(site, version)]}}
    spec = {"replicas": PODS, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": site.namespace},
        "spec": spec,
    }
