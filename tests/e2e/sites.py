"""A namespace of a real cluster, and an engine for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import Access
from fairlead.domain.changes import Plan, PlanOptions
from fairlead.domain.deployments import Deployment
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.plan import plan
from tests.e2e.engines import real_engine
from tests.e2e.running import RunningSandbox
from tests.fakes.releases import environment, release, wanted


@dataclass
class Site:
    """One namespace of a real cluster, and an engine for it."""

    sandbox: RunningSandbox
    cluster: KubernetesCluster
    namespace: str
    engine: Engine
    access: Access

    def wanted(self, *objects: dict[str, Any], **more: Any) -> Wanted:
        declared = more.pop("of", None) or release()
        env = environment(declared, namespace=self.namespace, **more.pop("env", {}))
        return wanted(*objects, of=declared, env=env, **more)

    async def plan(self, *releases: Wanted, **options: Any) -> Plan:
        return await plan(releases, self.engine, PlanOptions(**options))

    async def deploy(self, *releases: Wanted, wait: bool = False) -> list[Deployment]:
        planned = await self.plan(*releases)
        options = DeployOptions(wait=wait, timeout_seconds=60)
        return list(await deploy(planned, [one.target for one in releases], self.engine, options))

    async def live(self, api_version: str, kind: str, name: str) -> dict[str, Any]:
        found = await self.cluster.get(ObjectRef(api_version, kind, self.namespace, name))
        assert found is not None
        return found

    async def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return await self.sandbox.ask("--namespace", self.namespace, *arguments, stdin=stdin)


@asynccontextmanager
async def open_site(sandbox: RunningSandbox, namespace: str) -> AsyncIterator[Site]:
    reach = sandbox.access()
    cluster = KubernetesCluster(reach, clock=SystemClock(), environ={})
    yield Site(sandbox, cluster, namespace, real_engine(cluster), reach)
    await cluster.close()
