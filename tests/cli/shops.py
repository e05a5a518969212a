"""A repository with two releases, and the cluster in memory that it goes to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from fairlead.adapters.clock.system import SystemClock
from fairlead.bootstrap import Wishes, open_application
from fairlead.domain.config import Environment
from fairlead.domain.identity import Commit, ObjectRef
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import Cluster, LiveObject
from fairlead.ports.events import EventSink
from fairlead.ports.source import Source
from fairlead.settings import Settings
from tests.fakes.cluster import FakeCluster
from tests.fakes.terminal import Ended, Terminal
from tests.fakes.whoami import FakeWhoAmI

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {existingContext: {contextName: eu}}}]
environments:
  - {name: test, clusterName: eu, kubeNamespace: shop, createNamespace: true, releasesFiles: [apps.yaml]}
  - {name: staging, clusterName: eu, kubeNamespace: staging, createNamespace: true, releasesFiles: [apps.yaml]}
"""
APPS = """\
releases:
  - name: settings
    resourceFiles: [settings.yaml]
  - name: web
    dependsOn: [settings]
    wait: false
    resourceFiles: [web.yaml]
"""
APP = """\
  - name: store
    app:
      newVersion: "#"
      drainTimeout: 1s
      redirectWww: true
      podspec: {containers: [{name: store, image: "shop/store:1.0", ports: [{containerPort: 8080}]}]}
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {currency: EUR}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {key: hunter2hunter2}
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "shop/web:1.0"}]}
"""
SETTINGS_REF = ObjectRef("v1", "ConfigMap", "shop", "settings")


def to_dollars(obj: LiveObject) -> None:
    obj["data"]["currency"] = "USD"


class Noon(SystemClock):
    """A clock whose time of day stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Revision:
    """A checkout at one commit; `later` are commits that come after it."""

    later: frozenset[str] = frozenset()

    async def commit(self, root: str) -> Commit:
        return Commit("a1b2c3d4e5f6", dirty=False)

    async def is_ancestor(self, root: str, older: str, newer: str) -> bool:
        return older == newer or newer in self.later


@dataclass
class Shop:
    """A repository, and the cluster in memory that it goes to."""

    root: Path
    cluster: FakeCluster = field(default_factory=FakeCluster)
    clock: Clock = field(default_factory=Noon)
    source: Source = field(default_factory=Revision)

    async def open(self, environment: Environment) -> Cluster:
        return self.cluster

    @asynccontextmanager
    async def application(
        self, settings: Settings, wishes: Wishes, sink: EventSink, redactor: Redactor
    ) -> AsyncIterator[Application]:
        async with open_application(settings, wishes, sink, redactor) as application:
            yield replace(application, clusters=self, clock=self.clock, source=self.source, whoami=FakeWhoAmI())

    def run(self, *arguments: str, width: int | None = None, answer: str | None = None) -> Ended:
        terminal = Terminal(self.root, open=self.application, width=width)
        if answer is not None:
            terminal = replace(terminal, interactive=True, answers=answer)
        return terminal.run(*arguments)

    def change(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


def make_shop(folder: Path) -> Shop:
    root = folder / "shop"
    root.mkdir()
    files = {"environments.yaml": ENVIRONMENTS, "apps.yaml": APPS, "settings.yaml": SETTINGS, "web.yaml": WEB}
    for name, text in files.items():
        (root / name).write_text(text)
    return Shop(root)


def timeless(text: str) -> str:
    """Return a text without what differs from run to run: how long things took, and digests of made-up UIDs."""
    return re.sub(r"sha256:[0-9a-f]{64}", "sha256:...", re.sub(r"\d+\.\ds\b", "0.0s", text))
