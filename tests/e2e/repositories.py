"""A repository of declared files for a real cluster, and the installed command in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.doors.process import Program, run
from tests.e2e.running import RunningSandbox
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended, validate


@dataclass(frozen=True)
class Repository:
    """A folder of declared files, and the cluster they are for."""

    root: Path
    namespace: str
    sandbox: RunningSandbox
    environ: Mapping[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def declare(self, releases: list[Mapping[str, Any]], **more: Any) -> None:
        """Write the environments file in the form of the original design document; JSON is YAML."""
        provider = {"existingContext": {"contextName": self.sandbox.contexts[0]}}
        test = {"name": "test", "provider": provider, "kubeNamespace": self.namespace, "releases": ["apps.yaml"]}
        self.write("environments.yaml", json.dumps({"environments": [test], **more}))
        self.write("apps.yaml", json.dumps({"releases": releases}))

    async def run(self, *arguments: str, code: int = 0) -> Ended:
        env = {**self.sandbox.env, **self.environ}
        done = await run(Program((str(FAIRLEAD), *arguments), cwd=self.root, env=env, accepted=ANY_CODE, timeout=120))
        ended = Ended(done.exit_code, done.stdout.decode(), done.stderr.decode())
        assert ended.code == code, ended
        if "json" in arguments:
            validate(ended.document)
        return ended

    async def outcomes(self, *arguments: str) -> dict[str, str]:
        deployed = (await self.run("apply", "test", *arguments, "--output", "json")).document
        return {item["release"]: item["outcome"] for item in deployed["deployments"]}

    async def read(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        text = await self.sandbox.ask("get", kind, name, "-n", namespace or self.namespace, "-o", "json")
        found: dict[str, Any] = json.loads(text)
        return found
