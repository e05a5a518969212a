"""Why a release was not deployed, as a code that a script can act on: `apply --output json` in full."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.locking import Holder, Lock, Phase
from fairlead.domain.state import ReleaseState, Stored
from fairlead.ports.cluster import LiveObject
from tests.cli.shops import SETTINGS_REF, Revision, Shop, to_dollars
from tests.fakes.cluster import FakeCluster
from tests.fakes.terminal import Ended

KEY = ReleaseKey("test", "eu", "shop", "settings")
BOB = Holder("bob", "ci", "boot-2", 17, "99", "1.2.3")
NOW = ("apply", "test", "--lock-timeout", "1ms", "--output", "json")


def codes(ended: Ended) -> dict[str, tuple[str, str | None]]:
    """Return outcome and code by release."""
    return {one["release"]: (one["outcome"], one["code"]) for one in ended.document["deployments"]}


def held_by_bob(shop: Shop, commit: str) -> None:
    """Let another run write to a release, and show that it lives."""
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    store = SecretStateStore(shop.cluster)
    lock = Lock("other", 1, Phase.WRITING, BOB, "fairlead-other", "2026-11-21T11:59:00Z", 1, commit)

    async def hold() -> None:
        assert await store.swap(KEY, Stored(), ReleaseState(lock=lock, fence=1, number=1)) is not None
        await store.beat("shop", "fairlead-other", BOB, at=shop.clock.now())

    asyncio.run(hold())


@pytest.mark.parametrize(("later", "code"), [("", "locked"), ("f00d", "olderThanRunning")])
def test_a_release_that_another_run_deploys(shop: Shop, later: str, code: str) -> None:
    shop.source = Revision(frozenset({later}))
    held_by_bob(shop, "f00d")
    ended = shop.run(*NOW)
    assert ended.code == 4
    assert codes(ended) == {"settings": ("refused", code), "web": ("skipped", "dependencyFailed")}


class Meddled(FakeCluster):
    """Somebody else deploys in the moment between a plan and the taking of the lock."""

    is_meddled = True

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        if manifest["kind"] == "Lease" and not self.is_meddled:
            self.is_meddled = True
            store = SecretStateStore(self)
            stored = await store.read(KEY)
            await store.swap(KEY, stored, ReleaseState(stored.state.inventory, number=7))
            self.edit(SETTINGS_REF, to_dollars)
        return await super().apply(manifest, manager=manager, dry_run=dry_run, force=force)


def test_a_plan_that_somebody_has_outdated(shop: Shop) -> None:
    shop.cluster = cluster = Meddled()
    assert shop.run("apply", "test", "--output", "json").code == 0
    shop.change("settings.yaml", "name: key", "name: other")
    cluster.is_meddled = False
    ended = shop.run("apply", "test", "--yes", "--allow-deletes", "--output", "json")
    assert ended.code == 4
    assert codes(ended)["settings"] == ("refused", "planOutdated")


def test_a_held_release(shop: Shop) -> None:
    assert shop.run("apply", "test", "--output", "json").code == 0
    shop.run("hold", "test", "settings")
    shop.change("settings.yaml", "EUR", "CHF")
    held = shop.run("apply", "test", "--output", "json")
    assert held.code == 4
    assert codes(held)["settings"] == ("refused", "held")


def test_a_release_that_fails_and_one_that_does_well(shop: Shop) -> None:
    forbidden = RemoteRefused(Problem("forbidden", "you may not"), status=403)
    shop.cluster.fail(forbidden, verb="apply", name="web")
    ended = shop.run("apply", "test", "--output", "json")
    assert ended.code == 1
    assert codes(ended) == {"settings": ("succeeded", None), "web": ("failed", "forbidden")}
    (recorded,) = shop.run("history", "test", "web", "--output", "json").document["deployments"]
    assert recorded["code"] == "forbidden"
