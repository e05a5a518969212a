"""A cluster in memory whose Jobs and Pods end at once, and a release with hooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.domain.changes import PlanOptions
from fairlead.domain.deployments import Deployment
from fairlead.domain.helm_payload import release_of
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rendering import ChartUse, Hook
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.helm.past import helm_pasts
from fairlead.pipeline.plan import plan
from fairlead.pipeline.recorded_hooks import Records
from fairlead.pipeline.removal import removable, removal
from fairlead.pipeline.testing import run_tests
from fairlead.ports.charts import ChartSource
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import Recorder, engine, environment, release, wanted
from tests.fakes.rendering import FakeCharts
from tests.pipeline.helm.sites import FILES, LOCAL, WEB


@dataclass
class Site:
    """A cluster whose Jobs and Pods end as `phases` says, at once; the release `web` as manifests or as a chart."""

    chart: bool = False
    phases: dict[str, str] = field(default_factory=dict)
    cluster: FakeCluster = field(init=False)
    engine: Engine = field(init=False)
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        async def charts() -> ChartSource:
            return FakeCharts(content=FILES)

        self.cluster = FakeCluster(defaulting=self._end)
        made, self.recorder = engine(self.cluster)
        self.engine = replace(made, charts=charts)

    def _end(self, obj: dict[str, Any]) -> None:
        phase = self.phases.get(obj["metadata"]["name"], "Succeeded")
        if obj["kind"] == "Pod":
            obj["status"] = {"phase": phase}
        elif obj["kind"] == "Job":
            kind = "Complete" if phase == "Succeeded" else "Failed"
            obj["status"] = {"startTime": "now", "conditions": [{"type": kind, "status": "True"}]}

    async def wanted(self, *objects: Mapping[str, Any], hooks: tuple[Hook, ...] = ()) -> Wanted:
        one = wanted(*objects, of=release(chart=self.chart, timeout_seconds=20.0), hooks=hooks)
        if not self.chart:
            return one
        past = (await helm_pasts(self.cluster, [WEB])).get(WEB)
        use = ChartUse(LOCAL, {}) if past is None else ChartUse(LOCAL, {}, past)
        return replace(one, rendered=replace(one.rendered, use=use))

    async def deploy(self, *objects: Mapping[str, Any], hooks: tuple[Hook, ...] = ()) -> Deployment:
        return await self.carry_out(await self.wanted(*objects, hooks=hooks))

    async def carry_out(self, one: Wanted) -> Deployment:
        planned = await plan([one], self.engine, PlanOptions(take_ownership=True))
        (done,) = await deploy(planned, [one.target], self.engine, DeployOptions(timeout_seconds=20.0))
        return done

    async def test(self, **options: Any) -> Deployment:
        self.cluster.calls.clear()
        return await run_tests((await self.wanted()).target, self.engine, **options)

    async def remove(self) -> Deployment:
        """Remove the release as one that no file declares any more."""
        target = removable(environment(), "web")
        state = (await self.engine.store(target.key).read(target.key)).state
        self.cluster.calls.clear()
        was_chart = state.was_chart(otherwise=False)
        records = Records(self.cluster, self.engine.store(target.key), target.key, state, was_chart)
        one = await self.wanted()
        return await self.carry_out(removal(target, one.source, await records.last()))

    @property
    def done(self) -> list[str]:
        return [f"{call.verb} {call.ref.name}" for call in self.cluster.writes if call.ref]

    async def last_runs(self, revision: int) -> dict[str, str]:
        live = await self.cluster.get(ObjectRef("v1", "Secret", "default", f"sh.helm.release.v1.web.v{revision}"))
        assert live is not None
        return {one["name"]: one["last_run"]["phase"] for one in release_of(live).body["hooks"]}
