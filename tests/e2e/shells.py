"""A directory for a descriptor or for declared clusters, and the installed command there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from fairlead.doors.process import Program, run
from tests.e2e.running import RunningSandbox
from tests.fakes.installed import ANY_CODE, FAIRLEAD


@dataclass(frozen=True)
class Shell:
    """A directory, the command in it, and the app `shop` in a namespace."""

    sandbox: RunningSandbox
    namespace: str
    directory: Path

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """Return a descriptor of the app `shop`; `env` are its variables, `more` are fields of it."""
        env = [{"name": name, "value": value} for name, value in more.pop("env", {}).items()]
        container = {
            "name": "app",
            "image": f"{self.sandbox.registry}/app:1.0",
            "imagePullPolicy": "IfNotPresent",
            "ports": [{"containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1},
            "env": env,
        }
        return {
            "deploymentType": "blue-green",
            "namespace": self.namespace,
            "appName": "shop",
            "newVersion": "#",
            "drainTimeout": "1s",
            "podspec": {"containers": [container]},
            **more,
        }

    def describe(self, **more: Any) -> None:
        """Write the descriptor down."""
        (self.directory / "shop.json").write_bytes(orjson.dumps(self.descriptor(**more)))

    def program(self, *words: str) -> Program:
        return Program((str(FAIRLEAD), *words), cwd=self.directory, env=self.sandbox.env, timeout=90)

    def here(self, *words: str) -> Program:
        """Return a command for the cluster of the sandbox, that answers with a document whatever becomes of it."""
        program = self.program(*words, "--context", self.sandbox.contexts[0], "--output", "json")
        return replace(program, accepted=ANY_CODE)

    async def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = await run(self.here(*words))
        return done.exit_code, orjson.loads(done.stdout) if done.stdout else {}

    async def states(self) -> dict[str, str]:
        _, document = await self.run("units", "shop", "--namespace", self.namespace)
        return {one["version"]: one["state"] for one in document["units"][0]["versions"]}
