"""Removing what is no longer declared, objects and whole releases: what is shown, asked and kept."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from tests.cli.shops import Shop
from tests.fakes.cluster import FakeCluster

TWO = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {currency: EUR}
"""
MANY = "".join(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: many-{number}}}\n" for number in range(6))


def _names(cluster: FakeCluster) -> set[str]:
    return {key[3] for key in cluster._objects if key[2] == "shop" and key[1] != "Lease"}


def _changes(document: dict[str, Any], release: str) -> dict[str, str]:
    (found,) = (one for one in document["releases"] if one["name"] == release)
    return {change["object"]["name"]: change["action"] for change in found["changes"]}


def test_what_leaves_a_file_leaves_the_cluster(shop: Shop) -> None:
    shop.run("apply", "test")
    (shop.root / "settings.yaml").write_text(TWO)
    planned = shop.run("plan", "test", "--output", "json")
    assert _changes(planned.document, "settings") == {"settings": "keep", "key": "delete"}
    undecided = shop.run("apply", "test", "--output", "json")
    assert (undecided.code, undecided.document["errors"][0]["code"]) == (4, "approvalNeeded")
    assert "key" in _names(shop.cluster)
    assert shop.run("apply", "test", "--yes").code == 0
    assert "key" not in _names(shop.cluster)


def test_a_sudden_shrink_is_refused_until_it_is_allowed(shop: Shop) -> None:
    path = shop.root / "settings.yaml"
    path.write_text(path.read_text() + MANY)
    shop.run("apply", "test")
    path.write_text(TWO)
    refused = shop.run("apply", "test", "--yes", "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (4, "guard")
    assert "many-0" in _names(shop.cluster)
    assert shop.run("apply", "test", "--yes", "--allow-deletes").code == 0
    assert "many-0" not in _names(shop.cluster)


def test_a_release_is_removed_by_name_with_all_that_is_remembered(shop: Shop) -> None:
    path = shop.root / "settings.yaml"
    path.write_text(path.read_text() + MANY)
    shop.run("apply", "test")
    before = _names(shop.cluster)
    shown = shop.run("delete", "test", "settings", "--dry-run", "--output", "json")
    assert shown.document["summary"]["delete"] == 8
    assert shop.run("delete", "test", "settings").code == 4
    assert shop.run("delete", "test", "settings", answer="n\n").code == 4
    assert _names(shop.cluster) == before
    deleted = shop.run("delete", "test", "settings", "--yes", "--output", "json")
    assert (deleted.code, deleted.document["deployments"][0]["outcome"]) == (0, "succeeded")
    left = _names(shop.cluster)
    assert {"web", "fairlead.v1.web"} <= left
    assert not {
        name for name in left if name in {"settings", "key"} or name.startswith(("many", "fairlead.v1.settings"))
    }
    again = shop.run("delete", "test", "settings", "--yes", "--output", "json")
    assert (again.code, again.document["errors"][0]["code"]) == (2, "unknownRelease")


def test_a_release_that_left_the_files_goes_on_demand(shop: Shop) -> None:
    shop.run("apply", "test")
    shop.change("apps.yaml", "  - name: settings\n    resourceFiles: [settings.yaml]\n", "")
    shop.change("apps.yaml", "    dependsOn: [settings]\n", "")
    assert shop.run("apply", "test", "--yes").code == 0
    assert "settings" in _names(shop.cluster)
    planned = shop.run("plan", "test", "--prune-releases", "--output", "json")
    assert _changes(planned.document, "settings") == {"settings": "delete", "key": "delete"}
    assert shop.run("apply", "test", "--prune-releases").code == 4
    assert shop.run("apply", "test", "--prune-releases", "--yes").code == 0
    assert not {"settings", "key", "fairlead.v1.settings"} & _names(shop.cluster)
    assert [
        one["name"] for one in shop.run("plan", "test", "--prune-releases", "--output", "json").document["releases"]
    ] == ["web"]


def test_the_same_release_of_another_environment_is_nobodys_orphan(shop: Shop) -> None:
    shop.change("environments.yaml", "kubeNamespace: staging", "kubeNamespace: shop")
    shop.change(
        "environments.yaml", "releasesFiles: [apps.yaml]}\n  - {name: staging", "releasesFiles: []}\n  - {name: staging"
    )
    assert shop.run("apply", "staging").code == 0
    planned = shop.run("plan", "test", "--prune-releases", "--output", "json")
    assert planned.document["releases"] == []


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_whole_releases_are_only_pruned_of_whole_environments(shop: Shop, command: str) -> None:
    refused = shop.run(command, "test", "-r", "web", "--prune-releases", "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (2, "conflictingOptions")


def test_a_release_that_was_never_deployed_cannot_be_deleted(shop: Shop) -> None:
    unknown = shop.run("delete", "test", "nonesuch", "--output", "json")
    assert (unknown.code, unknown.document["errors"][0]["code"]) == (2, "unknownRelease")


def test_what_may_not_be_read_is_not_taken_for_nothing(shop: Shop) -> None:
    shop.run("apply", "test")
    before = _names(shop.cluster)
    forbidden = RemoteRefused(Problem("forbidden", "no Secrets for you"), status=403)
    shop.cluster.fail(forbidden, verb="list", kind="Secret", times=99)
    shop.cluster.fail(forbidden, verb="get", kind="Secret", times=99)
    refused = shop.run("delete", "test", "settings", "--yes", "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (1, "stateUnreadable")
    assert _names(shop.cluster) == before


def test_a_plan_without_the_inventory_says_that_it_lists_no_deletions(shop: Shop) -> None:
    shop.run("apply", "test")
    (shop.root / "settings.yaml").write_text(TWO)
    forbidden = RemoteRefused(Problem("forbidden", "no Secrets for you"), status=403)
    shop.cluster.fail(forbidden, verb="list", kind="Secret", times=99)
    planned = shop.run("plan", "test", "--output", "json").document
    assert planned["summary"]["delete"] == 0
    (settings,) = (one for one in planned["releases"] if one["name"] == "settings")
    assert settings["notes"]
    assert settings["notes"][0].split()[0] in shop.run("plan", "test").stdout
