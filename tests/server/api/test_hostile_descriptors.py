"""Whatever is sent as a descriptor: the server answers, and nothing is written outside of the caller's namespace."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.bootstrap.units import variables_in
from fairlead.domain.accounts import Account
from fairlead.domain.apps.permissions import ENFORCED
from fairlead.domain.authorising.acting import BINDING
from fairlead.domain.authorising.callers import Role
from fairlead.domain.identity import object_ref
from fairlead.domain.keeping.deployments import DeploymentFilter
from fairlead.domain.scopes import scope_of
from fairlead.domain.units import UnitKey
from fairlead.pipeline.authorising.impersonating import Impersonating
from fairlead.ports.cluster import Cluster, LiveObject
from fairlead.server.rolling import UnitRollouts
from tests.fakes.descriptors import document, hostile
from tests.fakes.played import PlayedCluster
from tests.fakes.server import FakeServer, Response
from tests.pipeline.units.units import yard

SENT: Final = 10_000
OWN: Final = "team"
DEPLOYER: Final = f"system:serviceaccount:{OWN}:deployer"
IDENTIFIER: Final = re.compile("/descriptors/([-0-9a-f]{36})")
THERE: Final = {OWN, "default", "kube-system", "login", "other"}
KINDS: Final = {"ConfigMap", "Deployment", "HTTPRoute", "Ingress", "PodDisruptionBudget", "Secret", "Service"}


@dataclass(slots=True)
class Ledger(PlayedCluster):
    """A cluster that remembers every object that it was sent, tried or meant, and as whom."""

    sent: list[Mapping[str, Any]] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)

    def acting_as(self, account: Account) -> Cluster:
        self.accounts.add(account.user)
        return self

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        self.sent.append(manifest)
        return await PlayedCluster.apply(self, manifest, manager=manager, dry_run=dry_run, force=force)

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        self.sent.append(manifest)
        return await PlayedCluster.create(self, manifest, manager=manager)

    async def replace(self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> LiveObject:
        self.sent.append(manifest)
        return await PlayedCluster.replace(self, manifest, manager=manager, dry_run=dry_run)

    def forget(self) -> None:
        """Begin a new page, without the units that there were."""
        for one in self.objects:
            if one["metadata"]["name"] not in THERE:
                self.remove(object_ref(one))
        self._log.clear()
        self.calls.clear()
        self.sent.clear()


class Parked(UnitRollouts):
    """Units that nobody drives."""

    async def drive(self, unit: UnitKey) -> float | None:
        return None


@dataclass(frozen=True, slots=True)
class World:
    """A server, and somebody who may deploy into one namespace."""

    server: FakeServer
    cluster: Ledger
    token: str

    async def ask(self, method: str, target: str, body: object = None) -> Response:
        self.server.clock.advance(1)  # nobody is to be slowed down here
        answer = await self.server.ask(method, target, body, token=self.token)
        assert answer.status < 500, (method, target, answer.body)
        return answer


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    cluster = Ledger()
    for name in (OWN, "kube-system"):
        metadata = {"name": name, "annotations": {BINDING: "deployer"}, "labels": {ENFORCED: "privileged"}}
        cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    for name in ("login", "other"):
        cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": OWN}})
    async with yard(cluster, seen=lambda _: Impersonating(cluster)) as found:
        server = FakeServer(is_loopback=False, clock=found.clock)
        server.real = Parked(found.units, ["c"], server.store, variables_in)
        yield World(server, cluster, await server.token(Role.DEPLOYER, scope_of(namespaces=[OWN]), days=1000))


async def test_none_breaks_the_server_or_leaves_its_namespace() -> None:
    seed = random.SystemRandom().randrange(2**32)
    source = random.Random(seed)
    counts = Counter[int]()
    async with world() as here:
        kept = (await here.ask("POST", "/api/v1/descriptors", document(namespace=OWN))).json["id"]
        ways = [
            ("POST", "/api/v1/descriptors"),
            ("PUT", f"/api/v1/descriptors/{kept}"),
            ("POST", "/api/v1/descriptors/validate"),
            ("POST", f"/descriptors/?namespace={OWN}"),
        ]
        for number in range(SENT):
            try:
                counts[await send(here, *source.choice(ways), hostile(source))] += 1
            except Exception as error:
                raise AssertionError(f"number {number} of seed {seed}") from error
        begun = await here.server.store.deployments.page(DeploymentFilter(), limit=200)
    assert len(begun.items) == 200
    assert here.cluster.accounts == {DEPLOYER}
    assert counts[403] > 0


async def send(here: World, method: str, target: str, body: object) -> int:
    """Send a descriptor, deploy it if it was kept, and look at all that the cluster was sent. Return the status."""
    answer = await here.ask(method, target, body)
    kept = IDENTIFIER.search(answer.headers.get("location", target))
    if answer.status < 300 and kept is not None:
        read = (await here.ask("GET", f"/api/v1/descriptors/{kept[1]}")).json
        assert (read["namespace"], read["descriptor"]["namespace"]) == (OWN, OWN)
        await here.ask("POST", "/api/v1/deployments", {"descriptorId": kept[1]})
    for manifest in here.cluster.sent:
        assert (manifest["kind"] in KINDS, manifest["metadata"]["namespace"]) == (True, OWN), manifest
    here.cluster.forget()
    return answer.status
