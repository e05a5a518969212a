"""The installed command on units: deploy, preview and promote, rollback, abort, interrupt and go on, undeploy."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairlead.doors.process import Program, run, start
from tests.e2e.running import RunningSandbox
from tests.e2e.test_cli import ANY_CODE, FAIRLEAD

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Shell:
    """A directory with a descriptor, and the command in it."""

    sandbox: RunningSandbox
    namespace: str
    directory: Path

    def describe(self, **more: Any) -> None:
        """Write the descriptor of the app `shop`."""
        env = [{"name": name, "value": value} for name, value in more.pop("env", {}).items()]
        container = {
            "name": "app",
            "image": f"{self.sandbox.registry}/app:1.0",
            "imagePullPolicy": "IfNotPresent",
            "ports": [{"containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1},
            "env": env,
        }
        document = {
            "deploymentType": "blue-green",
            "namespace": self.namespace,
            "appName": "shop",
            "newVersion": "#",
            "drainTimeout": "1s",
            "podspec": {"containers": [container]},
            **more,
        }
        (self.directory / "shop.json").write_bytes(orjson.dumps(document))

    def program(self, *words: str) -> Program:
        command = (str(FAIRLEAD), *words, "--context", self.sandbox.contexts[0], "--output", "json")
        return Program(command, cwd=self.directory, env=self.sandbox.env, accepted=ANY_CODE, timeout=90)

    async def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = await run(self.program(*words))
        return done.exit_code, orjson.loads(done.stdout) if done.stdout else {}

    async def states(self) -> dict[str, str]:
        _, document = await self.run("units", "shop", "--namespace", self.namespace)
        return {one["version"]: one["state"] for one in document["units"][0]["versions"]}


@pytest.fixture
def shell(real_sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> Shell:
    found = Shell(real_sandbox, namespace, tmp_path)
    found.describe()
    return found


async def test_an_app_goes_through_its_life(shell: Shell) -> None:
    here = ("--namespace", shell.namespace)
    code, document = await shell.run("deploy", "shop.json")
    assert (code, document["asked"]["outcome"], document["units"][0]["live"]) == (0, "deployed", "1")
    code, document = await shell.run("deploy", "shop.json")
    assert (code, document["asked"]["outcome"]) == (0, "unchanged")
    shell.describe(env={"COLOUR": "green"}, autoPromoteAfter="never")
    code, document = await shell.run("deploy", "shop.json")
    waiting = document["units"][0]
    assert (code, document["asked"], waiting["phase"], waiting["live"]) == (0, None, "Awaiting", "1")
    code, document = await shell.run("promote", "shop", *here)
    assert (code, document["units"][0]["live"]) == (0, waiting["candidate"])
    code, document = await shell.run("rollback", "-", "shop", *here)
    assert (code, document["units"][0]["live"]) == (0, "1")
    code, document = await shell.run("abort", "other", *here)
    assert (code, document["errors"][0]["code"]) == (2, "unknownUnit")


async def test_what_was_interrupted_goes_on(shell: Shell) -> None:
    shell.describe(env={"SLOW_START": "4"})
    child = await start(shell.program("deploy", "shop.json"))
    await shell.sandbox.ask("wait", "--for=create", "deployment/shop-1", "-n", shell.namespace, "--timeout=30s")
    child.send_signal(signal.SIGINT)
    assert await child.wait() == 130
    code, document = await shell.run("units", "shop", "--drive", "--namespace", shell.namespace)
    assert (code, document["units"][0]["live"]) == (0, "1")
    assert (await shell.run("undeploy", "shop", "--namespace", shell.namespace))[0] == 4
    code, document = await shell.run("undeploy", "shop", "--yes", "--namespace", shell.namespace)
    assert (code, document["asked"]["outcome"]) == (0, "undeployed")
    assert await _deployments(shell) == ""


async def _deployments(shell: Shell) -> str:
    return await shell.sandbox.ask("get", "deployments", "-n", shell.namespace, "-o", "name")
