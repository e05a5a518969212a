"""The units of clusters as the server drives them: it leaves a unit until the next time of it, and not longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from fairlead.bootstrap.units import variables_in
from fairlead.domain.accounts import Account
from fairlead.domain.apps.descriptor import Descriptor, Exposure
from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.authorising.acting import BINDING
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.errors import InputError, Problem, Refused, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.rollout.intents import OnBusy, Pause, Promote, Resume, Scale
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.scopes import EVERYTHING, one_unit, scope_of
from fairlead.domain.units import UnitKey
from fairlead.pipeline.authorising.accounts import ACCOUNT
from fairlead.pipeline.authorising.impersonating import ActingCluster, Impersonating
from fairlead.ports.cluster import Cluster
from fairlead.server.rolling import UnitRollouts
from fairlead.server.rollouts import Checked, Wanted
from tests.fakes.played import PlayedCluster
from tests.fakes.store import MemoryStore
from tests.pipeline.units.units import KEY, Yard, plain, states, yard

AFTER = 300.0


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        metadata = {"name": KEY.namespace, "annotations": {BINDING: "deployer"}, "labels": labels}
        found.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        yield found


@pytest.fixture
def rollouts(here: Yard) -> UnitRollouts:
    return UnitRollouts(here.units, ["c"], MemoryStore(), variables_in)


async def test_a_unit_is_driven_again_when_its_timer_promotes(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor(rules={"promote_after": AFTER})))
    left = await rollouts.drive(KEY)
    assert (await here.units.read(KEY)).anchor.phase is Phase.AWAITING
    assert left is not None
    assert AFTER - 5 < left <= AFTER
    here.clock.advance(left)
    assert await rollouts.drive(KEY) is None
    assert states((await here.units.read(KEY)).anchor) == {"1": "Live"}


async def test_the_units_of_a_scope_are_known_and_nothing_else_is_asked(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor()))
    for scope, found in (
        (EVERYTHING, [KEY]),
        (one_unit(KEY), [KEY]),
        (scope_of(apps=["other"]), []),
        (scope_of(clusters=["elsewhere"]), []),
        (scope_of(namespaces=["kube-system"]), []),
    ):
        before = len(here.cluster.calls)
        assert await rollouts.known(scope) == found
        listed = [call for call in here.cluster.calls[before:] if call.kind == "Namespace"]
        assert bool(listed) is (scope.namespaces is None and scope.clusters is None)


async def test_a_unit_is_driven_again_when_its_old_version_cools_and_goes(here: Yard, rollouts: UnitRollouts) -> None:
    for colour in ("blue", "green"):
        await here.units.deploy(KEY, here.order(here.descriptor(env=colour)))
        left = await rollouts.drive(KEY)
    seen = list[dict[str, str]]()
    while left is not None:
        seen.append(dict(states((await here.units.read(KEY)).anchor)))
        assert 0 < left <= 60
        here.clock.advance(left)
        left = await rollouts.drive(KEY)
    assert seen[:2] == [{"1": "Hot", "2": "Live"}, {"1": "Warm", "2": "Live"}]
    assert states((await here.units.read(KEY)).anchor)["2"] == "Live"


async def test_no_timer_runs_while_the_unit_is_paused(here: Yard, rollouts: UnitRollouts) -> None:
    await here.units.deploy(KEY, here.order(here.descriptor(rules={"promote_after": AFTER})))
    await rollouts.drive(KEY)
    await here.units.submit(KEY, Pause(*here.asked()))
    assert await rollouts.drive(KEY) is None
    here.clock.advance(AFTER)
    await here.units.submit(KEY, Resume(*here.asked()))
    assert await rollouts.drive(KEY) is None
    assert states((await here.units.read(KEY)).anchor) == {"1": "Live"}


@dataclass(frozen=True)
class As:
    """A cluster as somebody sees it who is noted with everything that they do."""

    cluster: Cluster
    user: str
    done: list[tuple[str, str]]

    def __getattr__(self, verb: str) -> Any:
        async def do(what: Any, *rest: Any, **options: Any) -> Any:
            self.done.append((self.user, str(getattr(what, "name", "") or what["metadata"]["name"])))
            return await getattr(self.cluster, verb)(what, *rest, **options)

        return do


@dataclass(slots=True)
class Shared(PlayedCluster):
    """A cluster that several people write to."""

    done: list[tuple[str, str]] = field(default_factory=list)

    def acting_as(self, account: Account) -> Cluster:
        return cast("Cluster", As(self, account.user, self.done))


async def test_each_deployment_is_driven_as_whoever_wanted_it() -> None:
    cluster, store = Shared(), MemoryStore()
    async with yard(cluster, seen=lambda own: Impersonating(cast("ActingCluster", own))) as here:
        rollouts = UnitRollouts(here.units, ["c"], store, variables_in)

        async def wanted(by: str, **more: Any) -> None:
            order = here.order(here.descriptor(env=by, rules={"promote_after": None}), **more)
            document, now = {ACCOUNT: Account(by).to_json()}, here.clock.now()
            record = StoredDeployment(order.deployment, KEY, "", DeploymentStatus.QUEUED, document, now, now)
            await store.deployments.add(record)
            await here.units.deploy(KEY, order)

        await wanted("alice")
        await rollouts.drive(KEY)
        await wanted("bob", on_busy=OnBusy.QUEUE)
        await here.units.submit(KEY, Scale(*here.asked(), 3))
        await rollouts.drive(KEY)
        assert {user for user, _ in cluster.done} == {"alice"}
        await here.units.submit(KEY, Promote(*here.asked()))
        await rollouts.drive(KEY)
        bobs = cluster.done.index(next(one for one in cluster.done if one[0] == "bob"))
        assert states((await here.units.read(KEY)).anchor) == {"1": "Live", "2": "Ready"}
        assert {user for user, _ in cluster.done[bobs:]} == {"bob"}
        assert ("bob", "shop-2") in cluster.done[bobs:]


ANN = Caller("ann", Role.DEPLOYER)


async def deployed(here: Yard, rollouts: UnitRollouts, descriptor: Descriptor) -> str:
    """Ask for a descriptor as the server does, and drive its unit until it rests."""
    unit = UnitKey(KEY.cluster, descriptor.namespace, descriptor.app)
    version = await rollouts.deploy(wanted_of(descriptor, f"d{next(here.numbers)}"))
    await rollouts.drive(unit)
    return version


def wanted_of(descriptor: Descriptor, deployment: str = "d") -> Wanted:
    unit = UnitKey(KEY.cluster, descriptor.namespace, descriptor.app)
    return Wanted(unit, deployment, descriptor_json(descriptor), ANN)


@pytest.mark.parametrize(
    ("changes", "code", "owner"),
    [
        ({"app": "other"}, "hostTaken", "host shop.example.org belongs to default/shop"),
        ({"app": "shop-1", "version": "2", "exposure": Exposure()}, "nameTaken", "default/shop, version 1"),
    ],
    ids=["host", "name"],
)
async def test_what_belongs_to_another_app_is_refused_before_anything_is_asked(
    here: Yard, rollouts: UnitRollouts, changes: dict[str, Any], code: str, owner: str
) -> None:
    first = here.descriptor(exposure=Exposure(host="shop.example.org"))
    assert await deployed(here, rollouts, first) == "1"
    other = wanted_of(replace(first, **changes))
    with pytest.raises(Refused) as caught:
        await rollouts.deploy(other)
    assert [each.code for each in caught.value.problems] == [code] * len(caught.value.problems)
    assert owner in caught.value.problems[0].message
    assert await rollouts.standing(other.unit) is None
    checked = Checked(other.unit, other.document, ())
    assert {each.code for each in await rollouts.check(checked, ANN)} == {code}


async def test_names_that_two_apps_would_share_belong_to_the_first(here: Yard, rollouts: UnitRollouts) -> None:
    assert await deployed(here, rollouts, here.descriptor(version="1-2")) == "1-2"
    other = wanted_of(replace(here.descriptor(version="2"), app="shop-1"))
    with pytest.raises(Refused) as caught:
        await rollouts.deploy(other)
    assert {each.code for each in caught.value.problems} == {"nameTaken"}
    assert "default/shop, version 1-2" in caught.value.problems[0].message
    assert await rollouts.standing(other.unit) is None


async def test_a_unit_has_its_own_host_and_names(here: Yard, rollouts: UnitRollouts) -> None:
    first = here.descriptor(exposure=Exposure(host="shop.example.org"))
    await deployed(here, rollouts, first)
    again = here.descriptor(env="green", exposure=Exposure(host="shop.example.org"))
    assert await deployed(here, rollouts, again) == "2"
    assert states((await here.units.read(KEY)).anchor) == {"1": "Hot", "2": "Live"}


async def test_a_plain_app_is_adopted_and_in_nobodys_way(here: Yard, rollouts: UnitRollouts) -> None:
    plain(here)
    assert await deployed(here, rollouts, here.descriptor()) == "1"
    assert states((await here.units.read(KEY)).anchor) == {"0": "Hot", "1": "Live"}


async def test_what_the_api_server_refuses_is_not_asked_for(here: Yard, rollouts: UnitRollouts) -> None:
    refusal = RemoteRefused(Problem("objectInvalid", "no", path="spec.replicas"), status=422)
    here.cluster.fail(refusal, verb="apply", kind="Deployment")
    with pytest.raises(InputError) as caught:
        await rollouts.deploy(wanted_of(here.descriptor()))
    assert {each.code for each in caught.value.problems} == {"objectInvalid"}
    assert await rollouts.standing(KEY) is None


async def test_what_a_namespace_forbids_is_known_before_anything_is_deployed(
    here: Yard, rollouts: UnitRollouts
) -> None:
    checked = Checked(KEY, descriptor_json(here.descriptor()))
    assert await rollouts.ruled_out(checked) == ()
    namespace = ObjectRef("v1", "Namespace", "", KEY.namespace)
    here.cluster.edit(namespace, lambda obj: obj["metadata"].update(labels={}))
    assert {each.code for each in await rollouts.ruled_out(checked)} == {"podSecurity"}
    asked = await rollouts.check(checked, ANN)
    assert set(await rollouts.ruled_out(checked)) <= set(asked)
    here.cluster.fail(Transient(Problem("unreachable", "away")), verb="get", kind="Namespace")
    assert await rollouts.ruled_out(checked) == ()
    here.cluster.remove(namespace)
    assert await rollouts.ruled_out(checked) == ()


@dataclass(frozen=True, slots=True)
class Silent:
    """A cluster that never says what a namespace is like."""

    own: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    async def get(self, ref: ObjectRef) -> Any:
        if ref.kind == "Namespace":
            await asyncio.Future()
        return await self.own.get(ref)


async def test_a_cluster_that_never_answers_keeps_no_descriptor_from_being_kept() -> None:
    async with yard(seen=lambda own: cast("Cluster", Silent(own))) as here:
        rollouts = UnitRollouts(here.units, ["c"], MemoryStore(), variables_in, look_seconds=0.01)
        async with asyncio.timeout(20):
            assert await rollouts.ruled_out(Checked(KEY, descriptor_json(here.descriptor()))) == ()


async def test_no_variable_is_set_to_a_secret_that_the_namespace_keeps_back(here: Yard, rollouts: UnitRollouts) -> None:
    namespace = ObjectRef("v1", "Namespace", "", KEY.namespace)
    here.cluster.edit(namespace, lambda obj: obj["metadata"]["annotations"].update({"fairlead.dev/secrets": "allowed"}))
    token = Variable("TOKEN", SecretKey("other", "key"))
    with pytest.raises(InputError) as caught:
        await rollouts.change_variables(ANN, "c", KEY.namespace, lambda old: {**old, "TOKEN": token})
    assert {each.code for each in caught.value.problems} == {"secretForbidden"}
    assert await rollouts.variables("c", KEY.namespace) == ()
