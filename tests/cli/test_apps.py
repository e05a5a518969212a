"""An app among declared releases: listed, rendered and linted like them, and deployed by a command of its own, too."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.preparing import namespace_ref
from fairlead.domain.rollout.anchor import Anchor, Candidate
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.units.service import until_waiting
from fairlead.ports.cluster import LiveObject
from tests.cli.shops import Shop
from tests.conftest import Golden
from tests.fakes.played import PlayedCluster
from tests.fakes.terminal import Ended


def interrupted(shop: Shop, *arguments: str) -> Ended:
    """Run a command that a signal interrupts while the pods of an app start, and do not become ready."""
    signals = [signal.SIGINT]

    def never(_deployment: Mapping[str, Any]) -> bool:
        if signals:
            signal.raise_signal(signals.pop())
        return False

    shop.cluster = PlayedCluster(is_well=never)
    return shop.run(*arguments)


def test_it_is_listed_rendered_and_linted(stored: Shop, golden: Golden) -> None:
    listed = stored.run("list", "releases", "test", "--output", "json").document["items"]
    assert [(one["name"], one["source"], one["version"]) for one in listed if one["name"] == "store"] == [
        ("store", "app", "#")
    ]
    golden("cli/shop-app-render.yaml", stored.run("render", "test", "-r", "store").stdout)
    linted = stored.run("lint", "test", "-r", "store", "--output", "json")
    assert [(one["code"], one["path"]) for one in linted.document["problems"]] == [
        ("notYetInEffect", "releases[2].app.redirectWww")
    ]


def test_it_has_no_tests_to_run(stored: Shop) -> None:
    found = stored.run("test", "test", "store", "--output", "json")
    assert (found.code, found.document["errors"][0]["code"]) == (2, "appHasNoTests")
    assert found.document["errors"][0]["file"] == "apps.yaml"
    assert stored.cluster.writes == stored.cluster.bookkeeping == []


def test_the_others_go_on(stored: Shop) -> None:
    assert stored.run("apply", "test", "-r", "settings,web").code == 0
    assert stored.run("status", "test", "-r", "settings").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "conflictingOptions"),
        (("store.json", "--release", "store", "-e", "test"), "conflictingOptions"),
        (("--release", "store"), "conflictingOptions"),
        (("--release", "web", "-e", "test"), "notAnApp"),
        (("--release", "nothing", "-e", "test"), "unknownRelease"),
    ],
    ids=range(5),
)
def test_which_app_is_meant(stored: Shop, arguments: tuple[str, ...], code: str) -> None:
    found = stored.run("deploy", *arguments, "--output", "json")
    assert (found.code, found.document["errors"][0]["code"]) == (2, code)
    assert stored.cluster.writes == stored.cluster.bookkeeping == []


@pytest.mark.parametrize("words", [("--release", "store"), ("store.json",)], ids=["release", "file"])
def test_it_is_deployed_into_a_namespace_that_is_made_for_it(played: Shop, words: tuple[str, ...]) -> None:
    document = '{"appName": "store", "namespace": "shop", "newVersion": "#", "podspec": {"containers": [%s]}}'
    container = '{"name": "store", "image": "shop/store:1.0", "ports": [{"containerPort": 8080}]}'
    (played.root / "store.json").write_text(document % container)
    found = played.run("deploy", *words, "-e", "test", "--output", "json")
    assert (found.code, found.document["asked"]["outcome"]) == (0, "deployed")
    events = found.document["events"]
    assert [one["state"] for one in events if one["kind"] == "versionChanged"] == ["Starting", "Ready", "Live"]
    warming = [one for one in events if one["phase"] == "Warming"]
    assert {(one["kind"], one["version"], one["wanted"]) for one in warming} == {("progressed", "1", 1)}
    (made,) = [call for call in played.cluster.writes if call.kind == "Namespace"]
    assert (made.ref, made.verb) == (namespace_ref("shop"), "apply")


def test_no_namespace_is_made_that_nobody_asked_for(played: Shop) -> None:
    environments = played.root / "environments.yaml"
    environments.write_text(environments.read_text().replace("createNamespace: true, ", ""))
    found = played.run("deploy", "--release", "store", "-e", "test", "--output", "json")
    assert (found.code, found.document["errors"][0]["code"]) == (1, "namespaceMissing")
    assert not [call for call in played.cluster.writes if call.kind == "Namespace"]


def test_what_goes_on_is_told_once_with_its_time(played: Shop) -> None:
    assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    gone = played.run("undeploy", "store", "-e", "test", "--yes")
    lines = [line.split() for line in gone.stderr.splitlines() if "store:" in line]
    assert [line[2:] for line in lines].count(["Undeploying"]) == 1
    parts = [line[2:] for line in lines if line[2] == "Undeploying:"]
    goes, drains, removed = (line for line in parts)
    assert (goes[1:3], drains[-2:], "version" in drains) == (["Service", "store"], ["1s", "left"], True)
    assert "deleted" in removed
    assert all(line[0].endswith("s") and float(line[0][:-1]) >= 0 for line in lines)
    assert gone.stdout.splitlines()[-1].startswith("store was removed")


def test_why_a_rollout_failed_is_told_once(played: Shop) -> None:
    refused = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
    played.cluster.fail(refused, verb="apply", kind="Deployment")
    found = played.run("deploy", "--release", "store", "-e", "test")
    assert found.code == 1
    assert (found.stdout + found.stderr).count("not with that image") == 1


@pytest.mark.parametrize("to", [(), ("1",), ("--to", "1")], ids=["before", "number", "to"])
def test_it_goes_back_as_it_was_declared(played: Shop, to: tuple[str, ...]) -> None:
    apps = played.root / "apps.yaml"
    for image in ("1.0", "2.0"):
        apps.write_text(apps.read_text().replace("shop/store:1.0", f"shop/store:{image}"))
        assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    back = played.run("rollback", "test", "store", *to, "--reason", "it leaks", "--output", "json")
    assert (back.code, back.document["asked"]["outcome"], back.document["units"][0]["live"]) == (0, "deployed", "1")
    assert back.document["units"][0]["heldReason"].endswith(": it leaks")


@pytest.mark.parametrize(
    "option",
    [("--dry-run",), ("--release-hold",), ("--no-wait",), ("--timeout", "5m"), ("--lock-timeout", "5m")],
    ids=lambda option: option[0],
)
def test_going_back_refuses_what_means_nothing_for_an_app(played: Shop, option: tuple[str, ...]) -> None:
    assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    before = len(played.cluster.writes)
    back = played.run("rollback", "test", "store", *option, "--output", "json")
    assert (back.code, back.document["errors"][0]["code"]) == (2, "conflictingOptions")
    assert len(played.cluster.writes) == before


def test_of_a_paused_app_a_deployment_waits_until_the_pause_ends(played: Shop) -> None:
    here = ("-e", "test", "--output", "json")
    assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    paused = played.run("pause", "store", *here)
    (before,) = paused.document["units"]
    assert (paused.code, paused.document["asked"]["outcome"], before["paused"]) == (0, "done", True)
    played.change("apps.yaml", "shop/store:1.0", "shop/store:2.0")
    found = played.run("deploy", "--release", "store", *here)
    (unit,) = found.document["units"]
    assert (found.code, found.document.get("asked"), unit["queued"]) == (0, None, 1)
    assert (unit["live"], unit["pausedBy"], unit["pausedSince"]) == ("1", before["pausedBy"], before["pausedSince"])
    resumed = played.run("resume", "store", *here)
    (unit,) = resumed.document["units"]
    assert (resumed.code, resumed.document["asked"]["outcome"]) == (0, "done")
    assert (unit["live"], unit["paused"], unit["queued"]) == ("2", False, 0)


def test_who_ends_a_pause_hears_how_what_it_held_back_has_ended(played: Shop) -> None:
    here = ("-e", "test", "--output", "json")
    assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    assert played.run("pause", "store", "-e", "test").code == 0
    played.change("apps.yaml", "shop/store:1.0", "shop/store:2.0")
    assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    refused = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
    played.cluster.fail(refused, verb="apply", kind="Deployment")
    resumed = played.run("resume", "store", *here)
    assert (resumed.code, resumed.document["asked"]["outcome"]) == (1, "failed")
    assert "not with that image" in resumed.document["asked"]["explanation"]
    assert resumed.document["units"][0]["live"] == "1"


def test_a_pause_drives_nothing_and_says_how_it_ends(stored: Shop) -> None:
    handed_over = interrupted(stored, "deploy", "--release", "store", "-e", "test")
    assert handed_over.code == 130
    paused = stored.run("pause", "store", "-e", "test")
    assert (paused.code, "`fairlead resume store -e test`" in paused.stdout) == (0, True)
    (unit,) = stored.run("units", "store", "-e", "test", "--output", "json").document["units"]
    assert (unit["candidate"], unit["live"], unit["paused"]) == ("1", None, True)


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_an_app_that_is_unknown_is_named(played: Shop, command: str) -> None:
    found = played.run(command, "store", "-e", "test", "--output", "json")
    assert (found.code, found.document["errors"][0]["code"]) == (2, "unknownUnit")


@pytest.mark.parametrize("phase", [Phase.PREFLIGHT, Phase.STAGING, Phase.WARMING])
def test_a_deployment_that_is_paused_on_its_way_waits_where_it_stands(phase: Phase) -> None:
    spec = VersionSpec(version="2", digest="sha256:2", workloads={"store": 1}, routes=())
    candidate = Candidate(spec=spec, intent="i", deployment="d", by="ann", previous="1")
    going, rests = Anchor(phase=phase, candidate=candidate), until_waiting("i")
    held = replace(going, paused=datetime(2026, 11, 21, 12, tzinfo=UTC))
    assert (rests(going), rests(held)) == (False, phase is not Phase.WARMING)


@pytest.mark.parametrize("more", [(), ("-f", "environments.yaml")], ids=["environment", "file"])
def test_who_is_interrupted_is_told_commands_that_lead_to_the_same_place(stored: Shop, more: tuple[str, ...]) -> None:
    found = interrupted(stored, "deploy", "--release", "store", "-e", "test", *more, "--output", "json")
    (problem,) = found.document["errors"]
    assert (found.code, problem["code"]) == (130, "interrupted")
    drive, abort = (told.split()[1:] for told in re.findall("`(.*?)`", problem["remedy"]))
    assert drive == ["units", "store", "-e", "test", *more, "--drive"]
    ended = stored.run(*abort, "--output", "json")
    assert (ended.code, ended.document["units"][0]["live"]) == (0, None)


def test_a_service_that_was_deleted_is_made_again_before_a_new_version_gets_it(played: Shop) -> None:
    service = ObjectRef("v1", "Service", "shop", "store")
    assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    played.cluster.remove(service)
    played.change("apps.yaml", "shop/store:1.0", "shop/store:2.0")
    found = played.run("deploy", "--release", "store", "-e", "test", "--output", "json")
    (unit,) = found.document["units"]
    assert (found.code, unit["phase"], unit["live"]) == (0, "Idle", "2")
    past = [one["spec"]["selector"]["version"] for _, _, one in played.cluster.past if object_ref(one) == service]
    assert list(dict.fromkeys(past)) == ["1", "2"]


def led_astray(live: LiveObject) -> None:
    live["spec"]["selector"] = {"app": "somebody"}


def test_a_block_takes_nothing_until_somebody_says_how_it_goes_on(played: Shop) -> None:
    here = ("-e", "test", "--output", "json")
    service = ObjectRef("v1", "Service", "shop", "store")
    assert played.run("deploy", "--release", "store", "-e", "test").code == 0
    played.cluster.edit(service, led_astray)
    played.change("apps.yaml", "shop/store:1.0", "shop/store:2.0")
    found = played.run("deploy", "--release", "store", *here)
    (unit,) = found.document["units"]
    assert (found.code, unit["phase"], unit["live"]) == (4, "Blocked", "1")
    queued = unit["queued"]
    for asked in (("undeploy", "store", "--yes"), ("abort", "store"), ("deploy", "--release", "store")):
        refused = played.run(*asked, *here)
        assert (refused.code, refused.document["errors"][0]["code"]) == (4, "unitBlocked")
    played.change("apps.yaml", "shop/store:2.0", "shop/store:3.0")
    applied = played.run("apply", "test", "-r", "store", "--output", "json")
    (release,) = applied.document["deployments"]
    assert (applied.code, release["outcome"], release["code"]) == (4, "refused", "unitBlocked")
    (unit,) = played.run("units", "store", *here).document["units"]
    assert (unit["phase"], unit["queued"]) == ("Blocked", queued)
    assert "`fairlead resolve store HOW -e test`" in played.run("units", "store", "-e", "test").stdout
    resolved = played.run("resolve", "store", "keep-live", *here)
    (unit,) = resolved.document["units"]
    assert (resolved.code, unit["phase"], unit["blocked"]) == (0, "Idle", None)
    (led,) = (one for one in played.cluster.objects if object_ref(one) == service)
    assert led["spec"]["selector"] == {"app": "store", "version": unit["live"]}
    assert played.run("undeploy", "store", "--yes", "-e", "test").code == 0
