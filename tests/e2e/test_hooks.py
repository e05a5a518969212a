"""Hooks and tests with pods that really run: completion, logs of what failed, farewells, interruption."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from fairlead.doors.process import start, stop
from tests.e2e.running import RunningSandbox
from tests.e2e.shops import ENVIRONMENTS, Shop

pytestmark = pytest.mark.e2e

APPS = "releases: [{name: settings, timeout: 120s, resourceFiles: [settings.yaml]}]\n"
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
POD = """\
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, annotations: {{helm.sh/hook: {event}, helm.sh/hook-weight: "{weight}"}}}}
spec: {spec}
"""
JOB = """\
---
apiVersion: batch/v1
kind: Job
metadata:
  {metadata}
  annotations: {{helm.sh/hook: "{event}", helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}}
spec: {{backoffLimit: 0, template: {{spec: {spec}}}}}
"""


class Site(Shop):
    """A release of manifests, with hooks around it."""

    def spec(self, code: int, after: float = 0) -> str:
        env = f'[{{name: CRASH, value: "{code}"}}, {{name: CRASH_AFTER, value: "{after}"}}]'
        container = f"{{name: main, image: {self.image}, env: {env}}}"
        return f"{{restartPolicy: Never, terminationGracePeriodSeconds: 0, containers: [{container}]}}"

    def declare_hooks(self, *hooks: str) -> None:
        (self.root / "settings.yaml").write_text(SETTINGS + "".join(hooks))

    async def names(self, kind: str) -> list[str]:
        said = await self.sandbox.ask("get", kind, "-n", self.namespace, "-o", "jsonpath={.items[*].metadata.name}")
        return said.split()


@pytest.fixture
def site(tmp_path: Path, real_sandbox: RunningSandbox, namespace: str) -> Site:
    text = ENVIRONMENTS.format(context=real_sandbox.contexts[0], namespace=namespace)
    (tmp_path / "environments.yaml").write_text(text)
    (tmp_path / "apps.yaml").write_text(APPS)
    return Site(tmp_path, namespace, real_sandbox)


async def test_tests_run_until_one_fails_and_its_log_says_why(site: Site) -> None:
    good = POD.format(name="good", event="test", weight=1, spec=site.spec(0, after=1))
    bad = POD.format(name="bad", event="test", weight=2, spec=site.spec(7))
    site.declare_hooks(good, bad, POD.format(name="never", event="test", weight=3, spec=site.spec(0)))
    await site.json("apply", "test")
    assert await site.names("pods") == []
    (ended,) = (await site.json("test", "test", "settings", code=1))["deployments"]
    assert ended["outcome"] == "failed"
    for words in ("Pod", "bad", "exit code 7", "as CRASH says"):
        assert words in ended["explanation"]
    assert sorted(await site.names("pods")) == ["bad", "good"]

    site.declare_hooks(good)
    assert [one["outcome"] for one in (await site.json("apply", "test"))["deployments"]] == ["succeeded"]
    assert (await site.json("test", "test", "settings"))["deployments"][0]["outcome"] == "succeeded"


async def test_a_farewell_is_waited_for_before_anything_goes(site: Site) -> None:
    site.declare_hooks(JOB.format(metadata="name: bye", event="pre-delete", spec=site.spec(3)))
    await site.json("apply", "test")
    (failed,) = (await site.json("delete", "test", "settings", "--yes", code=1))["deployments"]
    assert "exit code 3" in failed["explanation"]
    assert "settings" in await site.names("configmaps")

    site.declare_hooks(JOB.format(metadata="name: bye", event="pre-delete", spec=site.spec(0)))
    await site.json("apply", "test")
    await site.json("delete", "test", "settings", "--yes")
    assert "settings" not in await site.names("configmaps")
    assert await site.names("jobs") == []


async def test_a_generated_name_is_a_new_job_for_each_deployment(site: Site) -> None:
    kept = JOB.format(metadata="generateName: seed-", event="pre-install,pre-upgrade", spec=site.spec(0))
    site.declare_hooks(kept.replace(",hook-succeeded", ""))
    await site.json("apply", "test")
    assert [one["outcome"] for one in (await site.json("apply", "test"))["deployments"]] == ["unchanged"]
    (site.root / "settings.yaml").write_text((site.root / "settings.yaml").read_text().replace("settings}", "other}"))
    await site.json("apply", "test", "--yes")
    assert len({name for name in await site.names("jobs") if name.startswith("seed-")}) == 2


async def test_a_signal_ends_the_wait_for_a_hook(site: Site) -> None:
    site.declare_hooks(JOB.format(metadata="name: slow", event="pre-install", spec=site.spec(0, after=100)))
    running = await start(site.program("apply", "test"))
    async with asyncio.timeout(60):
        while await site.names("jobs") != ["slow"]:  # noqa: ASYNC110 - another program's
            await asyncio.sleep(0.2)
    running.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(10):
            assert await running.wait() == 130
    finally:
        await stop(running)
    (told,) = (await site.json("history", "test", "settings"))["deployments"]
    assert told["outcome"] == "interrupted"
    assert "settings" not in await site.names("configmaps")
