"""A repository with two releases for a real cluster, and the installed command in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.doors.process import Program, run
from tests.e2e.running import RunningSandbox
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended, validate

ENVIRONMENTS = """\
clusters:
  - name: sandbox
    provider: {{existingContext: {{contextName: {context}}}}}
environments:
  - name: test
    clusterName: sandbox
    kubeNamespace: {namespace}
    releasesFiles: [apps.yaml]
"""
APPS = """\
releases:
  - name: settings
    resourceFiles: [settings.yaml]
  - name: web
    dependsOn: [settings]
    chart: {{dir: web}}
    timeout: {timeout}
    values:
      - {{key: image, value: "{image}"}}
      - {{key: replicas, value: "{replicas}", type: integer}}
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {currency: EUR}\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: web, image: {{ .Values.image | quote }}}]
"""


@dataclass(frozen=True)
class Shop:
    """A repository with two releases, and the cluster it goes to."""

    root: Path
    namespace: str
    sandbox: RunningSandbox

    @property
    def image(self) -> str:
        return f"{self.sandbox.registry}/app:1.0"

    def declare(self, *, image: str | None = None, replicas: int = 1, timeout: str = "120s") -> None:
        apps = APPS.format(image=image or self.image, replicas=replicas, timeout=timeout)
        (self.root / "apps.yaml").write_text(apps)

    async def run(self, *arguments: str) -> Ended:
        program = self.program(*arguments)
        done = await run(program)
        ended = Ended(done.exit_code, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ended.stderr
        return ended

    async def json(self, *arguments: str, code: int = 0) -> Mapping[str, Any]:
        ended = await self.run(*arguments, "--output", "json")
        assert ended.code == code, ended
        validate(ended.document)
        return ended.document

    def program(self, *arguments: str) -> Program:
        return Program((str(FAIRLEAD), *arguments), cwd=self.root, env=self.sandbox.env, accepted=ANY_CODE)


def make_shop(root: Path, sandbox: RunningSandbox, namespace: str) -> Shop:
    (root / "web" / "templates").mkdir(parents=True)
    (root / "environments.yaml").write_text(ENVIRONMENTS.format(context=sandbox.contexts[0], namespace=namespace))
    (root / "settings.yaml").write_text(SETTINGS)
    (root / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (root / "web" / "templates" / "deployment.yaml").write_text(DEPLOYMENT)
    shop = Shop(root, namespace, sandbox)
    shop.declare()
    return shop
