"""Waiting for real pods: what kubelet, scheduler and runtime say of every trouble, and how soon we give up on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import Access
from fairlead.domain.causes import Patience
from fairlead.domain.events import Event
from fairlead.domain.health import HealthReport
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref
from fairlead.pipeline.establishing import wait_established
from fairlead.pipeline.health import wait_healthy
from fairlead.pipeline.observation.snapshot import snapshot_health
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e
Body = dict[str, Any]

# Shorter than what people get, so that what these graces end is seen within seconds.
PATIENCE = Patience(timeout_seconds=60, scheduling_seconds=2, start_seconds=3, refusal_seconds=2, crashes=1)


@dataclass
class Sink:
    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class Site:
    """A namespace in a cluster with real nodes."""

    cluster: KubernetesCluster
    namespace: str
    registry: str

    async def apply(self, *objects: Body) -> list[ObjectRef]:
        placed = [{**obj, "metadata": {**obj["metadata"], "namespace": self.namespace}} for obj in objects]
        return [object_ref(await self.cluster.apply(obj, manager="test")) for obj in placed]

    async def wait(self, *refs: ObjectRef, patience: Patience = PATIENCE) -> HealthReport:
        key = ReleaseKey("test", "sandbox", self.namespace, "web")
        return await wait_healthy(self.cluster, key, refs, patience=patience, clock=SystemClock(), events=Sink())

    def container(self, **fields: Any) -> Body:
        env = [{"name": name, "value": value} for name, value in fields.pop("env", {}).items()]
        return {"name": "app", "image": f"{self.registry}/app:1.0", "env": env, **fields}

    def deployment(self, replicas: int = 1, **fields: Any) -> Body:
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [self.container(**fields)]}}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template},
        }

    def job(self, policy: str, **fields: Any) -> Body:
        template = {"spec": {"containers": [self.container(**fields)], "restartPolicy": policy}}
        meta = {"name": "migrate"}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": meta,
            "spec": {"backoffLimit": 0, "template": template},
        }


@pytest.fixture
async def site(real_sandbox: RunningSandbox, sandbox_access: Access, namespace: str) -> AsyncIterator[Site]:
    cluster = KubernetesCluster(sandbox_access, clock=SystemClock(), environ={})
    yield Site(cluster, namespace, real_sandbox.registry)
    await cluster.close()


def probe(seconds: int = 1) -> Body:
    return {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": seconds}


async def test_a_rollout_becomes_healthy_and_no_watch_stays(site: Site) -> None:
    tasks = asyncio.all_tasks()
    (ref,) = await site.apply(site.deployment(2, readinessProbe=probe(), env={"SLOW_START": "1"}))

    report = await site.wait(ref)

    assert report.healthy, report
    assert (await snapshot_health(site.cluster, [ref])).healthy
    assert asyncio.all_tasks() == tasks


async def test_a_missing_image_is_named_within_seconds(site: Site) -> None:
    (ref,) = await site.apply(site.deployment(2, image=f"{site.registry}/app:9.9"))

    report = await site.wait(ref, patience=Patience())

    assert report.explanation is not None
    assert report.explanation.code == "imagePull"
    assert report.duration_seconds < 15
    for words in (f"{site.registry}/app:9.9", "container app", "not found"):
        assert words in report.explanation.sentence
    assert "web-" in report.explanation.text


async def test_a_crash_loop_shows_exit_code_and_last_lines(site: Site) -> None:
    (ref,) = await site.apply(site.deployment(env={"CRASH": "3"}))

    report = await site.wait(ref)

    assert report.explanation is not None
    assert report.explanation.code == "crashLoop"
    assert "exit code 3" in report.explanation.sentence
    assert any("app crashes with exit code 3" in line for line in report.explanation.details), report.explanation.text


async def test_a_program_that_does_not_exist_cannot_be_started(site: Site) -> None:
    (ref,) = await site.apply(site.deployment(command=["/nowhere"]))

    report = await site.wait(ref)

    assert report.explanation is not None
    assert report.explanation.code == "containerStart"
    assert "/nowhere" in report.explanation.sentence


async def test_a_failing_init_container_is_named(site: Site) -> None:
    wanted = site.deployment()
    wanted["spec"]["template"]["spec"]["initContainers"] = [site.container(env={"CRASH": "4"}) | {"name": "prepare"}]
    (ref,) = await site.apply(wanted)

    report = await site.wait(ref)

    assert report.explanation is not None
    assert "init container prepare" in report.explanation.sentence
    assert "exit code 4" in report.explanation.sentence


async def test_a_pod_that_fits_nowhere_shows_what_the_scheduler_says(site: Site) -> None:
    (ref,) = await site.apply(site.deployment(resources={"requests": {"cpu": "4000"}}))

    report = await site.wait(ref)

    assert report.explanation is not None
    assert report.explanation.code == "unschedulable"
    assert "Insufficient cpu" in report.explanation.sentence


async def test_a_missing_setting_is_named(site: Site) -> None:
    source = {"configMapRef": {"name": "settings"}}
    (ref,) = await site.apply(site.deployment(envFrom=[source]))

    report = await site.wait(ref)

    assert report.explanation is not None
    assert report.explanation.code == "containerConfig"
    assert 'configmap "settings" not found' in report.explanation.sentence


async def test_a_failing_probe_explains_a_timeout(site: Site) -> None:
    (ref,) = await site.apply(site.deployment(readinessProbe=probe(), env={"UNHEALTHY": "yes"}))

    report = await site.wait(ref, patience=Patience(timeout_seconds=8))

    assert report.timed_out
    assert report.explanation is not None
    assert report.explanation.code == "probeFailing"
    assert "503" in report.explanation.sentence


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
async def test_a_failed_job_shows_its_last_lines_although_its_pods_may_be_gone(site: Site, policy: str) -> None:
    (ref,) = await site.apply(site.job(policy, env={"CRASH": "5", "CRASH_AFTER": "1"}))

    report = await site.wait(ref)

    assert report.explanation is not None
    assert report.explanation.code == "jobFailed"
    assert "app crashes with exit code 5" in report.explanation.text


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
async def test_a_quota_is_named(site: Site, kind: str) -> None:
    meta = {"name": "small"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": {"pods": "0"}}}
    await site.apply(quota)
    (ref,) = await site.apply({**site.deployment(), "kind": kind})

    report = await site.wait(ref)

    assert report.explanation is not None
    assert report.explanation.code == "quota"
    assert "exceeded quota: small" in report.explanation.sentence


async def test_a_broken_rollout_can_be_mended(site: Site) -> None:
    (ref,) = await site.apply(site.deployment(env={"CRASH": "1"}))
    assert not (await site.wait(ref)).healthy

    await site.apply(site.deployment(readinessProbe=probe()))

    assert (await site.wait(ref)).healthy


async def test_a_claim_that_nobody_uses_is_not_waited_for(site: Site) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec}
    (ref,) = await site.apply(claim)

    assert (await site.wait(ref)).healthy
    assert (await snapshot_health(site.cluster, [ref])).healthy


async def test_a_kind_can_be_used_once_its_crd_is_established(site: Site) -> None:
    group = f"{site.namespace}.example"
    schema = {"openAPIV3Schema": {"type": "object"}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    made = await site.cluster.apply(crd, manager="test")
    try:
        key = ReleaseKey("test", "sandbox", site.namespace, "web")
        report = await wait_established(
            site.cluster, key, [object_ref(made)], patience=PATIENCE, clock=SystemClock(), events=Sink()
        )
        assert report.healthy
        await site.apply({"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}})
    finally:
        await site.cluster.delete(object_ref(made), uid=made["metadata"]["uid"])
