"""The clusters that the contract suite runs on: the fake, and a real API server of the shared sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import Access
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.ports.cluster import Cluster
from tests.e2e.conftest import real_sandbox as real_sandbox  # noqa: PLC0414 - a fixture, found by its name
from tests.e2e.conftest import sandbox as sandbox  # noqa: PLC0414 - a fixture, found by its name
from tests.e2e.running import RunningSandbox
from tests.fakes.cluster import FakeCluster


@dataclass(frozen=True, slots=True)
class ClusterUnderTest:
    """A cluster and a namespace of its own for one test."""

    cluster: Cluster
    namespace: str


@dataclass(frozen=True, slots=True)
class RealCluster:
    """The real adapter, what it was made of, and what it was warned of."""

    cluster: KubernetesCluster
    namespace: str
    access: Access
    sandbox: RunningSandbox
    warnings: list[tuple[ObjectRef, str]]


@pytest.fixture
def sandbox_access(sandbox: RunningSandbox) -> Access:
    return sandbox.access()


@pytest.fixture
async def real(sandbox: RunningSandbox, sandbox_access: Access) -> AsyncIterator[RealCluster]:
    namespace, warnings = f"contract-{uuid4().hex[:8]}", list[tuple[ObjectRef, str]]()
    cluster = KubernetesCluster(
        replace(sandbox_access, namespace=namespace),
        clock=SystemClock(),
        environ={},
        warned=lambda ref, text: warnings.append((ref, text)),
    )
    made = await cluster.apply(_namespace(namespace), manager="contract")
    yield RealCluster(cluster, namespace, sandbox_access, sandbox, warnings)
    await cluster.delete(object_ref(made), uid=made["metadata"]["uid"])
    await cluster.close()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.e2e)])
def target(request: pytest.FixtureRequest) -> Access | None:
    """Where the test runs; None is the fake. Apart from `under_test`, because a sandbox cannot start inside a loop."""
    if request.param == "fake":
        return None
    found = request.getfixturevalue("sandbox_access")
    assert isinstance(found, Access)
    return found


@pytest.fixture
async def under_test(target: Access | None) -> AsyncIterator[ClusterUnderTest]:
    namespace = f"contract-{uuid4().hex[:8]}"
    cluster = KubernetesCluster(target, clock=SystemClock(), environ={}) if target else FakeCluster()
    made = await cluster.apply(_namespace(namespace), manager="contract")
    yield ClusterUnderTest(cluster, namespace)
    await cluster.delete(object_ref(made), uid=made["metadata"]["uid"])
    await cluster.close()


def _namespace(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
