"""Whole releases leave a real cluster: deleted by name, or because no file declares them any more."""

from __future__ import annotations

import pytest

from tests.e2e.shops import Shop

pytestmark = pytest.mark.e2e


async def _left(shop: Shop) -> set[str]:
    said = await shop.sandbox.ask("get", "configmap,deployment,secret", "--output=name", "-n", shop.namespace)
    return {line.partition("/")[2] for line in said.split()} - {"kube-root-ca.crt"}


async def test_a_chart_is_deleted_by_name_and_nothing_remembers_it(shop: Shop) -> None:
    shop.declare(replicas=0)
    await shop.json("apply", "test", "--no-wait")
    everything = await _left(shop)
    assert {"web", "settings", "fairlead.v1.web", "sh.helm.release.v1.web.v1"} <= everything
    planned = await shop.json("delete", "test", "web", "--dry-run")
    assert planned["summary"]["delete"] == 1
    refused = await shop.json("delete", "test", "web", code=4)
    assert [error["code"] for error in refused["errors"]] == ["approvalNeeded"]
    assert await _left(shop) == everything
    deleted = await shop.json("delete", "test", "web", "--yes")
    assert [(one["release"], one["outcome"]) for one in deleted["deployments"]] == [("web", "succeeded")]
    assert {name for name in await _left(shop) if "web" in name} == set()
    assert (await shop.json("apply", "test", "--no-wait"))["deployments"][1]["outcome"] == "succeeded"


async def test_what_left_the_files_goes_with_prune_releases(shop: Shop) -> None:
    shop.declare(replicas=0)
    await shop.json("apply", "test", "--no-wait")
    (shop.root / "apps.yaml").write_text("releases:\n  - name: settings\n    resourceFiles: [settings.yaml]\n")
    assert (await shop.json("plan", "test"))["summary"]["delete"] == 0
    planned = await shop.json("plan", "test", "--prune-releases")
    assert {one["name"]: one["summary"]["delete"] for one in planned["releases"]} == {"settings": 0, "web": 1}
    await shop.json("apply", "test", "--prune-releases", "--yes", "--no-wait")
    left = await _left(shop)
    assert "settings" in left
    assert {name for name in left if "web" in name} == set()
