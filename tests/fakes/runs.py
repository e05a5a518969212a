"""An engine on a cluster in memory, to plan and deploy with, and what happened there."""

from __future__ import annotations

from typing import Any

from fairlead.domain.changes import Plan, PlanOptions
from fairlead.domain.deployments import Deployment
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.inventory import Inventory
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.plan import plan
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import engine, establish


class Run:
    """One engine on one cluster. `inventories`, where there are any, stand in for what is stored."""

    def __init__(self, cluster: FakeCluster | None = None) -> None:
        self.cluster = cluster or FakeCluster(defaulting=establish)
        self.engine, self.recorder = engine(self.cluster)
        self.inventories: dict[ReleaseKey, Inventory | None] | None = None

    @property
    def written(self) -> list[str]:
        """Kind and name of every object that was written, in order."""
        return [f"{call.ref.kind}/{call.ref.name}" for call in self.cluster.writes if call.ref]

    async def plan(self, *releases: Wanted, **options: Any) -> Plan:
        """Plan releases, with the options of planning."""
        return await plan(releases, self.engine, PlanOptions(**options), inventories=self.inventories)

    async def deploy(self, *releases: Wanted, **options: Any) -> list[Deployment]:
        """Plan releases and carry it out, with the options of deploying."""
        targets = [one.target for one in releases]
        return list(await deploy(await self.plan(*releases), targets, self.engine, DeployOptions(**options)))
