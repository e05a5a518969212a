"""What every `ClusterAccess` promises: one suite over the fake and over kubeconfig files."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from fairlead.adapters.providers.cluster_access import KubeconfigAccess
from fairlead.adapters.providers.sources import Sources
from fairlead.adapters.providers.store import KubeconfigStore
from fairlead.domain.config import Cluster, Environment, Place
from fairlead.domain.errors import FairleadError, InputError, Refused
from fairlead.domain.providers import ExistingContext, KubeconfigFile, Provider
from fairlead.ports.provider import ClusterAccess
from fairlead.settings import Settings
from tests.fakes import kubeconfigs
from tests.fakes.clock import FakeClock
from tests.fakes.provider import FakeClusterAccess

PLACE = Place("environments.yaml", 1, 1)
TEST, PROD = (Environment(name, "eu", f"shop-{name}", PLACE) for name in ("test", "prod"))


class World(Protocol):
    """An access, and the means to move the cluster behind it."""

    cluster: Cluster

    @property
    def access(self) -> ClusterAccess: ...

    def lead_to(self, server: str) -> None:
        """Let the cluster's name lead to this server from now on."""


class FakeWorld:
    def __init__(self) -> None:
        self.access = FakeClusterAccess({})
        self.cluster = Cluster("eu", ExistingContext("eu"), {}, PLACE)

    def lead_to(self, server: str) -> None:
        self.access.servers["eu"] = server


class KubeconfigWorld:
    """A machine whose kubeconfig holds the cluster, in the default file or in one of its own."""

    def __init__(self, above: Path, provider: Provider, file: Path) -> None:
        self.cluster = Cluster("eu", provider, {}, PLACE)
        self._above = above
        self._file = file
        (above / "repo").mkdir()

    @property
    def access(self) -> KubeconfigAccess:
        settings = Settings.from_environment({"HOME": str(self._above), "PATH": ""})
        return KubeconfigAccess(Sources(settings, root=self._above / "repo"), KubeconfigStore(FakeClock()))

    def lead_to(self, server: str) -> None:
        if not self._file.exists():
            kubeconfigs.write(self._file, kubeconfigs.entries("eu", server=server), kubeconfigs.contexts(eu="eu"))
        else:
            self._file.write_text(self._file.read_text().replace("https://one.test", server))


@pytest.fixture(params=["fake", "existingContext", "kubeconfig"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    match request.param:
        case "fake":
            return FakeWorld()
        case "existingContext":
            return KubeconfigWorld(tmp_path, ExistingContext("eu"), tmp_path / ".kube" / "config")
        case _:
            file = tmp_path / "eu.yaml"
            return KubeconfigWorld(tmp_path, KubeconfigFile(str(file), "eu"), file)


async def test_a_cluster_that_is_not_there_is_an_error(world: World) -> None:
    with pytest.raises(InputError) as caught:
        await world.access.access(world.cluster, TEST)
    assert caught.value.code in {"contextMissing", "kubeconfigMissing"}
    with pytest.raises(FairleadError) as failed:
        await world.access.initialize(world.cluster, (TEST,), contexts_only=False, gitlab=False)
    assert failed.value.code in {"credentialsMissing", "kubeconfigMissing"}


async def test_access_leads_to_the_server_in_the_environments_namespace(world: World) -> None:
    world.lead_to("https://one.test")
    found = await world.access.access(world.cluster, PROD)
    assert (found.server, found.namespace) == ("https://one.test", "shop-prod")


async def test_init_makes_one_context_per_environment_in_order(world: World) -> None:
    world.lead_to("https://one.test")
    made = await world.access.initialize(world.cluster, (TEST, PROD), contexts_only=False, gitlab=False)
    assert [(one.name, one.cluster, one.server, one.changed) for one in made] == [
        ("env:test", "eu", "https://one.test", True),
        ("env:prod", "eu", "https://one.test", True),
    ]
    found = await world.access.access(world.cluster, PROD)
    assert (found.context, found.fingerprint) == ("env:prod", made[1].fingerprint)


async def test_init_again_changes_nothing(world: World) -> None:
    world.lead_to("https://one.test")
    first = await world.access.initialize(world.cluster, (TEST,), contexts_only=False, gitlab=False)
    second = await world.access.initialize(world.cluster, (TEST,), contexts_only=True, gitlab=False)
    assert [one.changed for one in (*first, *second)] == [True, False]
    assert first[0].fingerprint == second[0].fingerprint


async def test_a_context_that_leads_elsewhere_is_refused_until_init(world: World) -> None:
    world.lead_to("https://one.test")
    await world.access.initialize(world.cluster, (TEST,), contexts_only=False, gitlab=False)
    world.lead_to("https://two.test")
    for call in (world.access.access, world.access.use):
        with pytest.raises(Refused) as caught:
            await call(world.cluster, TEST)
        assert caught.value.code == "contextMismatch"
    made = await world.access.initialize(world.cluster, (TEST,), contexts_only=False, gitlab=False)
    assert [one.changed for one in made] == [True]
    assert (await world.access.access(world.cluster, TEST)).server == "https://two.test"


async def test_use_needs_a_context_of_its_own(world: World) -> None:
    world.lead_to("https://one.test")
    with pytest.raises(InputError) as caught:
        await world.access.use(world.cluster, TEST)
    assert caught.value.code == "contextMissing"
    await world.access.initialize(world.cluster, (TEST,), contexts_only=False, gitlab=False)
    assert await world.access.use(world.cluster, TEST) == "env:test"
