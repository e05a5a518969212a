"""Every way to write to a cluster leads past the fence, and nothing else does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.locks.fencing import FencedCluster
from fairlead.ports.cluster import ApiKind
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map

REF = ObjectRef("v1", "ConfigMap", "default", "settings")
MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
OBJ = config_map("settings", "default")
Act = Callable[[FencedCluster], Awaitable[object]]


class ShutFence:
    """Lets nothing pass, and knows how often it was told of a conflict."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.is_open = is_open
        self.looks = 0

    def is_sure(self) -> bool:
        return self.is_open

    async def make_sure(self) -> None:
        raise OperationFailed(Problem("superseded", "taken over"))

    async def look_again(self) -> None:
        self.looks += 1


WRITES: dict[str, Act] = {
    "apply": lambda cluster: cluster.apply(OBJ, manager="fairlead"),
    "create": lambda cluster: cluster.create(OBJ, manager="fairlead"),
    "replace": lambda cluster: cluster.replace(OBJ, manager="fairlead"),
    "patch": lambda cluster: cluster.patch(REF, [{"op": "remove", "path": "/data"}], manager="fairlead"),
    "delete": lambda cluster: cluster.delete(REF, uid="u-1"),
}
READS: dict[str, Act] = {
    "get": lambda cluster: cluster.get(REF),
    "list": lambda cluster: cluster.list(MAPS, "default"),
    "list_metadata": lambda cluster: cluster.list_metadata(MAPS, "default"),
    "apply, tried": lambda cluster: cluster.apply(OBJ, manager="fairlead", dry_run=True),
    "replace, tried": lambda cluster: cluster.replace(OBJ, manager="fairlead", dry_run=True),
}


@pytest.fixture
def cluster() -> FakeCluster:
    cluster = FakeCluster()
    cluster.put(OBJ)
    return cluster


@pytest.mark.parametrize("name", WRITES)
async def test_who_is_not_sure_writes_nothing(cluster: FakeCluster, name: str) -> None:
    with pytest.raises(OperationFailed) as caught:
        await WRITES[name](FencedCluster(cluster, ShutFence()))
    assert (caught.value.code, cluster.calls) == ("superseded", [])


@pytest.mark.parametrize("name", READS)
async def test_who_is_not_sure_may_look_and_try(cluster: FakeCluster, name: str) -> None:
    await READS[name](FencedCluster(cluster, ShutFence()))
    assert len(cluster.calls) == 1


@pytest.mark.parametrize("status", [409, 422])
@pytest.mark.parametrize("name", WRITES)
async def test_only_a_conflict_asks_for_another_look_at_the_lock(cluster: FakeCluster, name: str, status: int) -> None:
    fence = ShutFence(is_open=True)
    cluster.fail(RemoteRefused(Problem("no", "no"), status=status), verb=name)
    with pytest.raises(RemoteRefused):
        await WRITES[name](FencedCluster(cluster, fence))
    assert fence.looks == (status == 409)
