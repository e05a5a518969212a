"""Going back and holding over a cluster in memory: what is shown, asked and refused."""

from __future__ import annotations

import pytest

from tests.cli.shops import Shop

KEY = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {key: hunter2hunter2}\n"


@pytest.fixture
def back(shop: Shop) -> Shop:
    """A shop whose release `settings` went back from dollars to euros."""
    shop.run("apply", "test")
    shop.change("settings.yaml", "EUR", "USD")
    shop.run("apply", "test")
    assert shop.run("rollback", "test", "settings", "--reason", "INC-42").code == 0
    return shop


def test_a_held_release_needs_no_agreement_and_keeps_no_other_from_going_on(back: Shop) -> None:
    back.change("settings.yaml", KEY, "")
    back.run("hold", "test", "settings", "--reason", "freeze")
    back.change("web.yaml", "shop/web:1.0", "shop/web:1.1")
    back.change("apps.yaml", "    dependsOn: [settings]\n", "")
    planned = back.run("plan", "test", "--output", "json").document
    assert [(one["name"], one["held"] is not None, one["summary"]["delete"]) for one in planned["releases"]] == [
        ("settings", True, 1),
        ("web", False, 0),
    ]
    done = back.run("apply", "test", "--output", "json")
    assert done.code == 4
    assert [one["outcome"] for one in done.document["deployments"]] == ["refused", "succeeded"]


def test_status_says_what_ends_a_hold(back: Shop) -> None:
    items = {one["name"]: one for one in back.run("status", "test", "--output", "json").document["releases"]}
    assert items["settings"]["held"]["reason"] == "INC-42"
    assert "--release-hold" in items["settings"]["next"]
    assert "--release-hold" not in (items["web"]["next"] or "")


def test_deleting_a_held_release_ends_the_hold_with_it(back: Shop) -> None:
    deleted = back.run("delete", "test", "settings", "--yes", "--output", "json")
    assert deleted.document["deployments"][0]["outcome"] == "succeeded"
    assert back.run("apply", "test").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("rollback", "test", "settings", "1", "--release-hold"), "conflictingOptions"),
        (("hold", "test", "settings", "--end", "--reason", "why"), "conflictingOptions"),
        (("rollback", "test", "settings", "9"), "unknownDeployment"),
    ],
)
def test_what_cannot_be_meant_is_wrong_input(back: Shop, arguments: tuple[str, ...], code: str) -> None:
    refused = back.run(*arguments, "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (2, code)


def test_a_dry_run_of_going_back_writes_nothing(back: Shop) -> None:
    before = len(back.cluster.writes)
    planned = back.run("rollback", "test", "settings", "2", "--dry-run", "--output", "json")
    assert planned.document["releases"][0]["rollbackTo"] == 2
    assert len(back.cluster.writes) == before


def test_a_plan_that_was_saved_before_the_hold_is_refused(shop: Shop) -> None:
    shop.run("apply", "test")
    shop.change("settings.yaml", "EUR", "USD")
    assert shop.run("plan", "test", "--save", "plan.json").code == 0
    shop.run("hold", "test", "settings", "--reason", "freeze")
    done = shop.run("apply", "--plan", "plan.json", "--output", "json")
    assert done.code == 4
    live = {obj["metadata"]["name"]: obj.get("data") for obj in shop.cluster.objects if obj["kind"] == "ConfigMap"}
    assert live["settings"] == {"currency": "EUR"}
