"""How many pods versions run, for people who look."""

from __future__ import annotations

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.pipeline.units.counting import Pods
from tests.pipeline.units.units import KEY, grow, plain, yard


async def test_what_runs_is_counted_whatever_is_declared() -> None:
    async with yard() as here:
        await here.deploy(here.descriptor())
        await here.deploy(here.descriptor(env="green"))
        grow(here, 5)
        found = await here.units.pods(KEY.cluster, KEY.namespace)
        assert found == {("shop", "1"): {"shop": Pods(5, 5)}, ("shop", "2"): {"shop": Pods(2, 2)}}


async def test_what_was_adopted_is_counted_by_its_name() -> None:
    async with yard() as here:
        plain(here)
        await here.deploy(here.descriptor())
        found = await here.units.pods(KEY.cluster, KEY.namespace)
        assert found is not None
        assert found[("shop", "0")] == {"shop": Pods(2, 2)}


async def test_who_may_not_see_pods_is_told_none() -> None:
    async with yard() as here:
        here.cluster.fail(RemoteRefused(Problem("forbidden", "not you"), status=403), verb="list", kind="Deployment")
        assert await here.units.pods(KEY.cluster, KEY.namespace) is None
