"""The clusters that the contract suite runs on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fairlead.ports.cluster import Cluster
from tests.fakes.cluster import FakeCluster


@dataclass(frozen=True, slots=True)
class ClusterUnderTest:
    """A cluster and a namespace of its own for one test."""

    cluster: Cluster
    namespace: str


@pytest.fixture
def under_test() -> ClusterUnderTest:
    fake = FakeCluster()
    fake.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "test"}})
    return ClusterUnderTest(fake, "test")
