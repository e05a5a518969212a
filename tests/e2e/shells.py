"""A descriptor in a directory, and the installed command there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from fairlead.doors.process import Program, run
from tests.e2e.running import RunningSandbox
from tests.fakes.installed import ANY_CODE, FAIRLEAD


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
