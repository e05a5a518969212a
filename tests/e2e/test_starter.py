"""The starter repository, as `fairlead new` writes it, on a real cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.doors.process import Program, run
from tests.e2e.running import RunningSandbox
from tests.fakes.installed import FAIRLEAD

pytestmark = pytest.mark.e2e


async def test_the_starter_lints_and_deploys_as_it_is(tmp_path: Path, sandbox: RunningSandbox) -> None:
    shop = tmp_path / "shop"

    async def fairlead(*arguments: str, cwd: Path = shop) -> str:
        done = await run(Program((str(FAIRLEAD), *arguments), cwd=cwd, env=sandbox.env, timeout=180))
        return done.stdout.decode()

    await fairlead("new", "shop", cwd=tmp_path)
    kubeconfig = sandbox.kubeconfig.read_text().replace(sandbox.contexts[0], "sandbox-1")
    (shop / "sandbox.kubeconfig").write_text(kubeconfig)
    await fairlead("lint")
    await fairlead("lint", "--online")
    for environment, replicas in (("test", "1"), ("production", "2")):
        await fairlead("apply", environment)
        query = ("get", "deployment", "web", "--namespace", f"shop-{environment}", "--output")
        assert await sandbox.ask(*query, "jsonpath={.status.readyReplicas}") == replicas
        await fairlead("plan", environment, "--detailed-exitcode")
        await sandbox.ask("delete", "namespace", f"shop-{environment}", "--wait=false")
