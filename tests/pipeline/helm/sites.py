"""A cluster in memory to which the chart `web` goes, with the records that Helm reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.domain.deployments import Deployment
from fairlead.domain.helm_past import HelmPast
from fairlead.domain.helm_payload import new_secret, release_of
from fairlead.domain.helm_release import HelmRelease, HelmStatus
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rendering import ChartUse, LocalChart
from fairlead.doors.yaml import dump_stream
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.helm.past import helm_pasts
from fairlead.pipeline.plan import plan
from fairlead.ports.charts import ChartSource
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import engine, release, wanted
from tests.fakes.rendering import FakeCharts

LOCAL = LocalChart("/charts/web.tgz", "sha256:0", "web", "1.0.0")


FILES = {"Chart.yaml": b"name: web\nversion: 1.0.0\n", "templates/a.yaml": b"a"}


WEB = ("default", "web")


@dataclass
class Site:
    """A cluster, and an engine that can deploy the chart `web` there."""

    cluster: FakeCluster = field(default_factory=FakeCluster)

    @property
    def recorded(self) -> list[str]:
        """How Helm's records were written, beside our own state."""
        return [call.verb for call in self.cluster.bookkeeping if call.ref and call.ref.name.startswith("sh.helm.")]

    @property
    def engine(self) -> Engine:
        async def charts() -> ChartSource:
            return FakeCharts(content=FILES)

        return replace(engine(self.cluster)[0], charts=charts)

    async def past(self) -> HelmPast:
        return (await helm_pasts(self.cluster, [WEB])).get(WEB, HelmPast())

    async def wanted(self, *objects: Mapping[str, Any], **more: Any) -> Wanted:
        one = wanted(*objects, of=release(chart=True), **more)
        return replace(one, rendered=replace(one.rendered, use=ChartUse(LOCAL, {"x": 1}, await self.past())))

    async def deploy(self, *objects: Mapping[str, Any], **more: Any) -> Deployment:
        return await self.carry_out(await self.wanted(*objects, **more))

    async def carry_out(self, one: Wanted) -> Deployment:
        planned = await plan([one], self.engine)
        (done,) = await deploy(planned, [one.target], self.engine, DeployOptions(wait=False))
        return done

    async def record(self, revision: int) -> HelmRelease:
        live = await self.cluster.get(record_ref(revision))
        assert live is not None
        return release_of(live)

    async def revisions(self) -> dict[int, str]:
        labels = [await self.cluster.get(record_ref(number)) for number in range(1, 20)]
        found = (one["metadata"]["labels"] for one in labels if one is not None)
        return {int(one["version"]): one["status"] for one in found}

    def left_by_helm(
        self,
        revision: int,
        status: HelmStatus,
        *objects: Mapping[str, Any],
        chart: str = "web",
        description: str = "",
    ) -> None:
        """Store a record as Helm does: nothing of it tells which chart it is of but the payload."""
        info = {"status": status.value, "first_deployed": "2020-01-01T00:00:00Z", "description": description}
        body: dict[str, Any] = {"name": "web", "namespace": "default", "version": revision, "info": info}
        body |= {"chart": {"metadata": {"name": chart, "version": "0.9.0"}}, "manifest": dump_stream(objects)}
        secret = new_secret(HelmRelease(body), at=self.engine.clock.now())
        del secret["metadata"]["annotations"]
        self.cluster.put(secret, manager="helm")


def record_ref(revision: int) -> ObjectRef:
    return ObjectRef("v1", "Secret", "default", f"sh.helm.release.v1.web.v{revision}")
