"""History and show over a cluster in memory: what people and programs are told of deployments."""

from __future__ import annotations

import json

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from tests.cli.shops import Shop, timeless
from tests.conftest import Golden


@pytest.fixture
def used(shop: Shop) -> Shop:
    """A shop after two deployments of `settings`, the second one failed."""
    shop.run("apply", "test", "-r", "settings")
    shop.change("settings.yaml", "EUR", "USD")
    shop.cluster.fail(
        RemoteRefused(Problem("objectInvalid", "not in this economy"), status=422),
        verb="apply",
        name="settings",
        skip=1,
    )
    assert shop.run("apply", "test", "-r", "settings").code == 1
    return shop


def test_history_lists_deployments(used: Shop, golden: Golden) -> None:
    found = used.run("history", "test", "settings", width=100)
    assert found.code == 0
    golden("cli/shop-history.txt", found.stdout)
    items = used.run("history", "test", "settings", "--output", "json").document["deployments"]
    assert [(item["number"], item["outcome"], item["by"], item["host"]) for item in items] == [
        (1, "succeeded", "ann", "laptop"),
        (2, "failed", "ann", "laptop"),
    ]
    assert items[0]["startedAt"] == items[0]["finishedAt"] == "2026-11-21T12:00:00Z"
    assert items[0]["revision"]["commit"] == "a1b2c3d4e5f6"


def test_history_and_show_tell_what_a_rollback_went_back_to(used: Shop, golden: Golden) -> None:
    assert used.run("rollback", "test", "settings", "1", "--yes").code == 0
    golden("cli/shop-history-back.txt", used.run("history", "test", "settings", width=100).stdout)
    golden("cli/shop-show-back.txt", timeless(used.run("show", "test", "settings", "3", width=100).stdout))


def test_nothing_recorded_is_no_error(shop: Shop) -> None:
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    found = shop.run("history", "test", "web", "--output", "json")
    assert (found.code, found.document["deployments"]) == (0, [])
    assert shop.run("history", "test", "web").code == 0


def test_show_tells_one_deployment_in_full(used: Shop, golden: Golden) -> None:
    found = used.run("show", "test", "settings", "2", width=100)
    assert found.code == 0
    golden("cli/shop-show.txt", timeless(found.stdout))
    (item,) = used.run("show", "test", "settings", "2", "--output", "json").document["deployments"]
    outcomes = {one["object"]["name"]: (one["action"], one["done"]) for one in item["objects"]}
    assert outcomes == {"settings": ("update", False), "key": ("keep", True)}
    assert [manifest["kind"] for manifest in item["manifests"]] == ["ConfigMap", "Secret"]


def test_show_never_shows_secrets(used: Shop, golden: Golden) -> None:
    found = used.run("show", "test", "settings", "1", "-v", width=100)
    golden("cli/shop-show-verbose.txt", timeless(found.stdout))
    everything = found.stdout + used.run("show", "test", "settings", "1", "--output", "json").stdout
    assert "hunter2" not in everything
    assert "aHVudGVy" not in everything


@pytest.mark.parametrize("arguments", [("show", "test", "settings", "9"), ("show", "test", "settings", "first")])
def test_a_number_that_is_not_there_is_wrong_input(used: Shop, arguments: tuple[str, ...]) -> None:
    found = used.run(*arguments, "--output", "json")
    assert (found.code, found.document["kind"]) == (2, "Error")


def test_a_release_that_is_not_declared_is_wrong_input(shop: Shop) -> None:
    assert shop.run("history", "test", "wbe").code == 2


def test_status_tells_the_last_deployment(used: Shop) -> None:
    items = {item["release"]: item for item in used.run("status", "test", "--output", "json").document["releases"]}
    assert (items["settings"]["lastDeployment"]["number"], items["settings"]["lastDeployment"]["outcome"]) == (
        2,
        "failed",
    )
    assert items["settings"]["held"] is None
    assert items["web"]["lastDeployment"] is None
    assert "last     deployment 2 by ann failed" in used.run("status", "test").stdout


def test_nothing_that_people_may_read_without_rights_on_secrets_holds_one(used: Shop) -> None:
    live = [obj for obj in used.cluster.objects if obj["kind"] != "Secret"]
    assert "hunter2" not in json.dumps(live)
    assert "aHVudGVy" not in json.dumps(live)
