from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from fairlead.domain.causes import Patience
from fairlead.domain.events import Event
from fairlead.domain.health import HealthReport
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.pipeline.establishing import wait_established
from fairlead.ports.cluster import ApiKind
from tests.fakes.cluster import FakeCluster
from tests.fakes.stepped_clock import SteppedClock, settle
from tests.fakes.workloads import Body

KEY = ReleaseKey("test", "one", "shop", "web")
WIDGETS = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets.shop.example")


@dataclass
class SlowDiscovery(FakeCluster):
    """A server whose discovery names a new kind only when the test says so."""

    hidden: set[str] = field(default_factory=lambda: {"Widget"})

    async def kinds(self, *, fresh: bool = False) -> tuple[ApiKind, ...]:
        return tuple(kind for kind in await super().kinds(fresh=fresh) if kind.kind not in self.hidden)


class Sink:
    def emit(self, event: Event) -> None:
        pass


def crd(established: str) -> Body:
    return {
        "apiVersion": WIDGETS.api_version,
        "kind": WIDGETS.kind,
        "metadata": {"name": WIDGETS.name},
        "spec": {
            "group": "shop.example",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
        },
        "status": {"conditions": [{"type": "Established", "status": established, "reason": "Installing"}]},
    }


def begin(cluster: FakeCluster, clock: SteppedClock) -> asyncio.Task[HealthReport]:
    patience = Patience(timeout_seconds=10)
    wait = wait_established(cluster, KEY, [WIDGETS], patience=patience, clock=clock, events=Sink())
    return asyncio.create_task(wait)


async def test_a_kind_can_be_used_when_discovery_names_it() -> None:
    cluster, clock = SlowDiscovery(), SteppedClock()
    cluster.put(crd("False"))
    wait = begin(cluster, clock)
    await clock.advance(1)
    cluster.put(crd("True"))
    await clock.advance(1)
    assert not wait.done()
    cluster.hidden.clear()
    await clock.advance(1)

    report = await wait

    assert report.healthy
    assert report.explanation is None


@pytest.mark.parametrize("established", ["True", "False"])
async def test_a_kind_that_does_not_come_is_explained(established: str) -> None:
    cluster, clock = SlowDiscovery(), SteppedClock()
    cluster.put(crd(established))
    wait = begin(cluster, clock)
    await clock.advance(11)

    report = await wait

    assert report.timed_out
    assert report.explanation is not None
    assert report.explanation.code == "notReady"


async def test_a_crd_is_followed_by_its_name_not_with_all_others() -> None:
    cluster, clock = FakeCluster(), SteppedClock()
    cluster.put(crd("True"))
    cluster.put(crd("False") | {"metadata": {"name": "others.shop.example"}})
    wait = begin(cluster, clock)
    await settle()

    assert (await wait).healthy
