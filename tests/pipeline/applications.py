"""What the tests of use cases ask of an application."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.domain.config import Environment
from fairlead.domain.selection import choose_releases
from fairlead.domain.targets import Target
from fairlead.pipeline.application import Application
from fairlead.ports.cluster import Cluster
from tests.fakes.cluster import FakeCluster


@dataclass
class Doors:
    """Leads every environment to one cluster and counts how often it was asked."""

    cluster: FakeCluster = field(default_factory=FakeCluster)
    asked: int = 0

    async def open(self, environment: Environment) -> Cluster:
        self.asked += 1
        return self.cluster


def targets(application: Application, *names: str) -> tuple[Target, ...]:
    return choose_releases(application.declaration.environments, names)
