"""What deployments leave behind on a real cluster: records, and what a killed run is followed by."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import time
import zlib
from asyncio.subprocess import Process

import pytest

from fairlead.doors.process import start, stop
from tests.e2e.shops import DEPLOYMENT, SETTINGS, Shop

pytestmark = pytest.mark.e2e

# More than the cluster can give: the pods stay pending, so that the run waits.
HOPELESS = DEPLOYMENT.replace("containers: [{", "containers: [{resources: {requests: {cpu: 100k}}, ")


async def _waiting(shop: Shop) -> Process:
    """Start a run and let it come to where it waits for health."""
    (shop.root / "web" / "templates" / "deployment.yaml").write_text(HOPELESS)
    shop.declare(timeout="600s")
    child = await start(shop.program("apply", "test", "--output", "json"))
    assert child.stderr is not None
    async with asyncio.timeout(60):
        while b"waiting up to" not in await child.stderr.readline():
            pass
    return child


async def _leases(shop: Shop) -> str:
    return await shop.sandbox.ask("get", "leases", "-n", shop.namespace, "-o", "name")


async def _history(shop: Shop, release: str) -> list[tuple[int, str]]:
    found = (await shop.json("history", "test", release))["deployments"]
    return [(one["number"], one["outcome"]) for one in found]


async def test_every_deployment_is_recorded_and_told_of(shop: Shop) -> None:
    shop.declare(replicas=0)
    await shop.json("apply", "test", "-r", "settings")
    (shop.root / "settings.yaml").write_text(SETTINGS.replace("EUR", "USD"))
    deployed = await shop.json("apply", "test", "-r", "settings")
    await shop.json("apply", "test", "-r", "settings")
    items = (await shop.json("history", "test", "settings"))["deployments"]
    assert [(one["number"], one["outcome"]) for one in items] == [(1, "succeeded"), (2, "succeeded")]
    (applied,) = deployed["deployments"]
    assert applied.items() <= items[1].items()
    (shown,) = (await shop.json("show", "test", "settings", "1"))["deployments"]
    assert [manifest["data"] for manifest in shown["manifests"]] == [{"currency": "EUR"}]
    assert [(one["object"]["name"], one["done"]) for one in shown["objects"]] == [("settings", True)]
    (state,) = (await shop.json("status", "test", "-r", "settings"))["releases"]
    assert state["lastDeployment"]["number"] == 2
    said = await shop.sandbox.ask("get", "secrets", "-n", shop.namespace, "-o", "json")
    kinds = {one["metadata"]["name"]: one["type"] for one in json.loads(said)["items"]}
    assert kinds == {
        "fairlead.v1.settings": "fairlead.dev/state.v1",
        "fairlead.v1.settings.1": "fairlead.dev/record.v1",
        "fairlead.v1.settings.2": "fairlead.dev/record.v1",
    }
    assert await _leases(shop) == ""


async def test_a_signal_ends_the_run_within_five_seconds_with_a_record(shop: Shop) -> None:
    child = await _waiting(shop)
    try:
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        await child.communicate()
        assert time.monotonic() - began < 5
    finally:
        await stop(child)
    assert child.returncode == 130
    assert await _history(shop, "web") == [(1, "interrupted")]
    assert await _leases(shop) == ""


async def test_a_killed_run_is_followed_by_a_correct_one(shop: Shop) -> None:
    child = await _waiting(shop)
    child.kill()
    await child.wait()
    assert await _leases(shop) != ""
    (shop.root / "web" / "templates" / "deployment.yaml").write_text(DEPLOYMENT)
    shop.declare(replicas=0)
    deployed = await shop.json("apply", "test")
    assert [one["outcome"] for one in deployed["deployments"]] == ["unchanged", "succeeded"]
    assert await _history(shop, "web") == [(1, "interrupted"), (2, "succeeded")]
    assert {one["outcome"] for one in (await shop.json("apply", "test"))["deployments"]} == {"unchanged"}


async def test_a_newer_run_takes_over_from_one_that_only_waits(shop: Shop) -> None:
    child = await _waiting(shop)
    try:
        async with asyncio.timeout(30):
            while b"waiting" not in await _phase(shop):
                pass
        (shop.root / "web" / "templates" / "deployment.yaml").write_text(DEPLOYMENT)
        shop.declare(replicas=0)
        deployed = await shop.json("apply", "test")
        assert [one["outcome"] for one in deployed["deployments"]] == ["unchanged", "succeeded"]
        said, _ = await asyncio.wait_for(child.communicate(), 30)
    finally:
        await stop(child)
    assert child.returncode == 4
    assert [one["outcome"] for one in json.loads(said)["deployments"]] == ["succeeded", "superseded"]
    assert await _history(shop, "web") == [(1, "superseded"), (2, "succeeded")]


async def _phase(shop: Shop) -> bytes:
    """Return the state of `web` as JSON."""
    path = "jsonpath={.data.document}"
    said = await shop.sandbox.ask("get", "secret", "fairlead.v1.web", "-n", shop.namespace, "-o", path)
    return zlib.decompress(base64.b64decode(said))
