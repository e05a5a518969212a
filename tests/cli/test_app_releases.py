"""An app as a release among others: planned, applied, recorded, held and taken back like them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ReleaseKey
from tests.cli.shops import Shop, timeless
from tests.conftest import Golden
from tests.fakes.played import PlayedCluster

STORE = ("-r", "store")
JSON = ("--output", "json")
NO_LINE = "\n\n"
HISTORY = ("history", "test", "store")
SHOW = ("show", "test", "store")
LATER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: later}\n"


@pytest.fixture
def live(played: Shop) -> Shop:
    """A shop whose app is live as version 1."""
    assert played.run("apply", "test").code == 0
    return played


def image(shop: Shop, tag: str) -> None:
    """Declare another image."""
    apps = shop.root / "apps.yaml"
    before, _, rest = apps.read_text().partition("shop/store:")
    apps.write_text(f"{before}shop/store:{tag}{rest[rest.index(chr(34)) :]}")


def says(shop: Shop, line: str) -> None:
    """Declare one more field of the app."""
    shop.change("apps.yaml", '      newVersion: "#"\n', f'      newVersion: "#"\n      {line}\n')


def planned(shop: Shop, *words: str) -> dict[str, Any]:
    """Return the plan of the app."""
    found = shop.run("plan", "test", *STORE, *words, *JSON)
    assert found.code == 0, found.stdout
    (release,) = found.document["releases"]
    return dict(release)


def applied(shop: Shop, *words: str, code: int = 0) -> dict[str, Any]:
    """Apply the app and return its deployment."""
    found = shop.run("apply", "test", *STORE, *words, *JSON)
    assert found.code == code, found.stdout
    (deployment,) = found.document["deployments"]
    return dict(deployment)


def changes(release: dict[str, Any]) -> dict[str, str]:
    """Return what becomes of the objects by kind and name."""
    return {f"{one['object']['kind']} {one['object']['name']}": one["action"] for one in release["changes"]}


def written(shop: Shop) -> int:
    return len(shop.cluster.writes) + len(shop.cluster.bookkeeping)


def status(shop: Shop) -> dict[str, Any]:
    (item,) = shop.run("status", "test", *STORE, *JSON).document["releases"]
    return dict(item)


def test_a_plan_shows_what_is_made_and_writes_nothing(played: Shop, golden: Golden) -> None:
    golden("cli/shop-app-plan.txt", played.run("plan", "test", width=100).stdout)
    release = planned(played)
    assert release["app"] == {
        "verdict": "newVersion",
        "version": "1",
        "live": None,
        "promotion": "automatic",
        "phase": "Idle",
    }
    assert changes(release) == {
        "Namespace shop": "create",
        "Deployment store-1": "create",
        "PodDisruptionBudget store-1": "create",
        "Service store": "create",
        "Service store-1": "create",
    }
    assert status(played)["health"] == "notFound"
    assert written(played) == 0


def test_it_is_applied_after_what_it_depends_on_and_recorded(played: Shop) -> None:
    played.change("apps.yaml", "  - name: store\n", "  - name: store\n    dependsOn: [web]\n")
    found = played.run("apply", "test", *JSON)
    assert [(one["release"], one["outcome"], one["version"]) for one in found.document["deployments"]] == [
        ("settings", "succeeded", None),
        ("web", "succeeded", None),
        ("store", "succeeded", "1"),
    ]
    made = [call.ref.name for call in played.cluster.writes if call.ref is not None and call.kind == "Deployment"]
    assert made.index("web") < made.index("store-1")
    (recorded,) = played.run("history", "test", "store", *JSON).document["deployments"]
    head, row = played.run("history", "test", "store").stdout.splitlines()
    assert (head.split()[:2], row.split()[:2]) == (["N", "VERSION"], [str(recorded["number"]), recorded["version"]])
    shown_lines = played.run("show", "test", "store", "1").stdout.splitlines()
    assert ["version", recorded["version"]] in map(str.split, shown_lines)
    assert (recorded["number"], recorded["outcome"], recorded["version"]) == (1, "succeeded", "1")
    (shown,) = played.run("show", "test", "store", "1", *JSON).document["deployments"]
    assert all(one["done"] for one in shown["objects"])
    assert {one["kind"] for one in shown["manifests"]} == {"Deployment", "PodDisruptionBudget", "Service"}


def test_a_namespace_that_nobody_makes_is_said_in_the_plan(played: Shop) -> None:
    played.change("environments.yaml", "createNamespace: true, ", "")
    found = played.run("plan", "test", *STORE, *JSON)
    made = found.document["releases"][0]["changes"]
    assert found.code == 1
    assert {(one["unverifiedReason"], "does not exist" in one["problem"]) for one in made} == {
        ("namespaceNotYet", True)
    }
    assert applied(played, code=1)["code"] == "planRefused"
    assert written(played) == 0


def test_what_is_live_already_is_not_written_again(live: Shop) -> None:
    before = written(live)
    assert (applied(live)["outcome"], planned(live)["app"]["verdict"]) == ("unchanged", "unchanged")
    assert written(live) == before


def test_more_apps_cost_no_more_requests(live: Shop) -> None:
    apps = live.root / "apps.yaml"
    pods = "podspec: {containers: [{name: a, image: i, ports: [{containerPort: 80}]}]}"
    more = [f"  - {{name: store{number}, app: {{newVersion: '#', {pods}}}}}\n" for number in range(3)]
    apps.write_text(apps.read_text() + "".join(more))
    assert live.run("apply", "test", "-r", "store0,store1,store2").code == 0
    counts = []
    for names in ("store", "store,store0,store1,store2"):
        asked = len(live.cluster.calls)
        assert live.run("plan", "test", "-r", names).code == 0
        counts.append(len(live.cluster.calls) - asked)
    assert counts[0] == counts[1]


def test_another_image_is_a_new_version_beside_the_live_one(live: Shop, golden: Golden) -> None:
    image(live, "2.0")
    release = planned(live)
    golden("cli/shop-app-plan-again.txt", live.run("plan", "test", *STORE, width=100).stdout)
    assert (release["app"]["live"], release["app"]["version"]) == ("1", "2")
    fields = {one["object"]["kind"]: one["fields"] for one in release["changes"] if one["fields"]}
    assert [(one["old"], one["new"]) for one in fields["Deployment"]] == [("shop/store:1.0", "shop/store:2.0")]
    assert [(one["old"], one["new"]) for one in fields["Service"]] == [("1", "2")]
    assert (status(live)["drift"], status(live)["health"]) == ("drifted", "current")
    assert applied(live)["version"] == "2"
    assert (status(live)["drift"], status(live)["health"]) == ("none", "current")


def test_a_number_of_pods_is_changed_in_place(live: Shop) -> None:
    says(live, "replicas: 2")
    release = planned(live)
    assert release["app"]["verdict"] == "inPlace"
    assert changes(release)["Deployment store-1"] == "update"
    assert (applied(live)["version"], planned(live)["app"]["verdict"]) == ("1", "unchanged")


def test_rules_that_no_object_shows_are_noted(live: Shop) -> None:
    says(live, "hotFor: 1m")
    assert any("hotFor" in note for note in planned(live)["notes"])
    assert live.run("plan", "test", "--detailed-exitcode").code == 3
    assert "1 app to change" in live.run("plan", "test").stdout
    assert applied(live)["outcome"] == "succeeded"
    assert live.run("plan", "test", "--detailed-exitcode").code == 0


def test_a_version_that_waits_for_a_person_is_a_success_that_says_so(live: Shop) -> None:
    says(live, "autoPromoteAfter: never")
    image(live, "2.0")
    assert planned(live)["app"]["promotion"] == "person"
    found = applied(live)
    assert (found["outcome"], found["code"], found["health"]) == ("succeeded", "awaitsPromotion", "current")
    before = written(live)
    again = applied(live)
    assert (again["outcome"], again["code"], again["version"]) == ("unchanged", "awaitsPromotion", found["version"])
    assert written(live) == before
    waits = status(live)
    assert (waits["health"], waits["causeCode"], waits["drift"]) == ("current", "awaitsPromotion", "none")
    assert (waits["cause"].partition(":")[0], "`fairlead promote store -e test`" in waits["next"]) == ("Awaiting", True)
    assert live.run("promote", "store", "-e", "test").code == 0
    assert planned(live)["app"]["verdict"] == "unchanged"


def test_a_rollout_that_fails_fails_the_release_and_what_depends_on_it(live: Shop) -> None:
    image(live, "2.0")
    apps = live.root / "apps.yaml"
    apps.write_text(apps.read_text() + "  - {name: later, dependsOn: [store], resourceFiles: [later.yaml]}\n")
    (live.root / "later.yaml").write_text(LATER)
    refused = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
    live.cluster.fail(refused, verb="apply", kind="Deployment", times=50)
    found = live.run("apply", "test", "-r", "store,later", "--rollback-on-failure", *JSON)
    assert (found.code, [one["outcome"] for one in found.document["deployments"]]) == (1, ["rolledBack", "skipped"])
    failed = found.document["deployments"][0]
    assert "not with that image; version 1 stays live" in failed["explanation"]
    assert failed["code"] == "rolloutFailed"
    recorded = live.run("history", "test", "store", *JSON).document["deployments"][-1]
    assert (recorded["outcome"], recorded["explanation"]) == ("rolledBack", failed["explanation"])
    assert status(live)["health"] == "current"


def test_with_no_wait_a_version_is_only_asked_for_and_that_is_said(live: Shop, golden: Golden) -> None:
    image(live, "2.0")
    found = applied(live, "--no-wait")
    assert (found["outcome"], found["code"], found["version"]) == ("succeeded", "handedOver", "2")
    (_, recorded) = live.run("history", "test", "store", *JSON).document["deployments"]
    assert found["requested"] is recorded["requested"] is True
    golden("cli/shop-app-asked-for.txt", live.run("history", "test", "store", width=80).stdout)
    assert "`fairlead units store -e test --drive`" in found["explanation"]
    assert (status(live)["causeCode"], planned(live)["app"]["verdict"]) == ("notReady", "underWay")
    again = applied(live)
    assert (again["code"], again["requested"], planned(live)["app"]["live"]) == (None, False, "2")


@pytest.mark.parametrize(
    ("words", "outcome", "verdict"),
    [((), "failed", "underWay"), (("--rollback-on-failure",), "rolledBack", "newVersion")],
    ids=["goesOn", "givenUp"],
)
def test_who_waits_no_longer_than_a_time_fails_and_leaves_it_under_way_or_gives_it_up(
    played: Shop, words: tuple[str, ...], outcome: str, verdict: str
) -> None:
    played.cluster = PlayedCluster(is_well=lambda deployment: deployment["metadata"]["name"] == "store-1")
    applied(played)
    image(played, "2.0")
    found = applied(played, "--timeout", "1s", *words, code=1)
    assert (found["outcome"], found["code"], found["number"]) == (outcome, "timedOut", 2)
    assert ("version 1 stays live" in found["explanation"].lower()) is bool(words)
    app = planned(played)["app"]
    assert (app["verdict"], app["live"]) == (verdict, "1")
    recorded = played.run("history", "test", "store", *JSON).document["deployments"][-1]
    assert (recorded["number"], recorded["outcome"], recorded["code"]) == (2, outcome, "timedOut")
    assert recorded["explanation"] == found["explanation"]
    # What was given up goes on with nothing.
    assert ("--drive" in found["explanation"]) is not bool(words)


def test_what_was_given_up_reads_the_same_everywhere(played: Shop, golden: Golden) -> None:
    played.cluster = PlayedCluster(is_well=lambda deployment: deployment["metadata"]["name"] == "store-1")
    applied(played)
    image(played, "2.0")
    ended = played.run("apply", "test", *STORE, "--timeout", "1s", "--rollback-on-failure", width=100)
    said = ended.stdout[ended.stdout.index("RELEASE") :]
    history, shown = (played.run(*words, width=100).stdout for words in (HISTORY, (*SHOW, "2")))
    golden("cli/shop-app-given-up.txt", timeless(f"{said}\n{history}\n{shown.partition(NO_LINE)[0]}\n"))


def test_of_a_version_that_was_given_up_nobody_says_that_nothing_was_begun(played: Shop) -> None:
    played.cluster = PlayedCluster(is_well=lambda deployment: deployment["metadata"]["name"] == "store-1")
    applied(played)
    image(played, "2.0")
    applied(played, "--timeout", "1s", "--rollback-on-failure", code=1)
    lines = [one.split() for one in played.run(*SHOW, "2").stdout.splitlines()]
    assert ["create", "not", "finished", "Deployment", "store-2"] in lines
    assert not any("begun" in one for one in lines)


def test_what_failed_is_held_until_a_person_says_otherwise(live: Shop) -> None:
    image(live, "2.0")
    refused = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
    live.cluster.fail(refused, verb="apply", kind="Deployment", name="store-2", times=50)
    applied(live, code=1)
    assert "not with that image" in planned(live)["held"]["reason"]
    again = applied(live, code=4)
    assert (again["outcome"], again["code"]) == ("refused", "held")
    assert applied(live, "--release-hold")["version"] == "3"


@pytest.mark.parametrize("ending", [("hold", "--end"), ("rollback", "--release-hold")], ids=["hold", "rollback"])
@pytest.mark.parametrize("held", ["failed", "left"])
def test_whatever_ends_a_hold_ends_that_of_the_unit_too(live: Shop, held: str, ending: tuple[str, str]) -> None:
    image(live, "2.0")
    if held == "failed":
        refused = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
        live.cluster.fail(refused, verb="apply", kind="Deployment", name="store-2", times=50)
        applied(live, code=1)
    else:
        applied(live)
        assert live.run("rollback", "test", "store").code == 0
    assert (applied(live, code=4)["code"], status(live)["held"]["by"]) == ("held", planned(live)["held"]["by"])
    command, option = ending
    ended = live.run(command, "test", "store", option, *JSON)
    assert (ended.code, ended.document["releases"][0]["held"]) == (0, None)
    assert applied(live)["outcome"] == "succeeded"


def test_of_an_app_that_only_ever_failed_the_hold_can_be_ended(played: Shop) -> None:
    refused = RemoteRefused(Problem("admissionDenied", "not with that image"), status=403)
    played.cluster.fail(refused, verb="apply", kind="Deployment", name="store-1", times=50)
    applied(played, code=1)
    assert played.run("hold", "test", "store", "--end").code == 0
    assert applied(played)["version"] == "2"
    assert played.run("hold", "test", "store", "--end").code == 0
    assert played.run("hold", "test", "web", "--end").code == 2


def test_going_back_is_one_switch_and_holds(live: Shop) -> None:
    image(live, "2.0")
    applied(live)
    assert changes(live.run("rollback", "test", "store", "--dry-run", *JSON).document["releases"][0]) == {
        "Deployment store-1": "keep",
        "PodDisruptionBudget store-1": "keep",
        "Service store": "update",
        "Service store-1": "keep",
    }
    back = live.run("rollback", "test", "store", "--reason", "INC-42", *JSON).document["deployments"][0]
    assert (back["outcome"], back["version"], back["rollbackTo"]) == ("succeeded", "1", 1)
    assert applied(live, code=4)["code"] == "held"
    assert status(live)["held"]["reason"] == "INC-42"
    assert applied(live, "--release-hold")["outcome"] == "succeeded"
    assert status(live)["held"] is None


def test_other_inputs_end_the_hold_of_going_back(live: Shop) -> None:
    image(live, "2.0")
    applied(live)
    assert live.run("rollback", "test", "store", "1").code == 0
    image(live, "3.0")
    assert applied(live)["outcome"] == "succeeded"


def test_a_version_that_is_gone_is_deployed_anew_from_its_record(live: Shop) -> None:
    assert live.run("delete", "test", "web", "--yes").code == 0
    image(live, "2.0")
    applied(live)
    assert live.run("undeploy", "store", "-e", "test", "--yes").code == 0
    back = live.run("rollback", "test", "store", "1", *JSON).document["deployments"][0]
    assert (back["outcome"], back["version"], back["rollbackTo"]) == ("succeeded", "3", 1)
    (pods,) = [one for one in live.cluster.objects if one["kind"] == "Deployment"]
    assert pods["spec"]["template"]["spec"]["containers"][0]["image"] == "shop/store:1.0"


def test_going_back_in_place(live: Shop) -> None:
    says(live, "replicas: 2")
    applied(live)
    back = live.run("rollback", "test", "store", "1", *JSON).document["deployments"][0]
    assert (back["outcome"], back["version"]) == ("succeeded", "1")
    (pods,) = [
        one for one in live.cluster.objects if one["metadata"]["name"] == "store-1" and one["kind"] == "Deployment"
    ]
    assert pods["spec"]["replicas"] == 1


def test_it_is_held_by_hand_and_removed_with_its_records(live: Shop) -> None:
    assert live.run("hold", "test", "store", "--reason", "audit").code == 0
    image(live, "2.0")
    assert applied(live, code=4)["code"] == "held"
    assert live.run("hold", "test", "store", "--end").code == 0
    shown = live.run("delete", "test", "store", "--dry-run", *JSON).document["releases"][0]
    assert (shown["app"]["verdict"], set(changes(shown).values())) == ("removed", {"delete"})
    assert live.run("delete", "test", "store", *JSON).code == 4
    gone = live.run("delete", "test", "store", "--yes", *JSON).document["deployments"][0]
    assert gone["outcome"] == "succeeded"
    assert not [one for one in live.cluster.objects if one["metadata"]["name"].startswith("store")]
    assert live.run("history", "test", "store", *JSON).document["deployments"] == []
    assert planned(live)["app"]["version"] == "2"


def test_one_that_is_declared_no_more_is_removed_with_the_others(live: Shop) -> None:
    apps = live.root / "apps.yaml"
    apps.write_text(apps.read_text().partition("  - name: store")[0])
    found = live.run("apply", "test", "--prune-releases", "--yes", "--allow-deletes", *JSON)
    assert [(one["release"], one["outcome"]) for one in found.document["deployments"]][-1] == ("store", "succeeded")
    assert not [one for one in live.cluster.objects if one["metadata"]["name"] == "store-1"]


def test_a_saved_plan_counts_as_long_as_the_same_version_is_live(live: Shop) -> None:
    image(live, "2.0")
    assert live.run("plan", "test", *STORE, "--save", "p.json").code == 0
    assert live.run("apply", "--plan", "p.json").code == 0
    again = live.run("apply", "--plan", "p.json", *JSON)
    assert (again.code, again.document["errors"][0]["code"]) == (4, "planOutdated")


def test_a_variable_is_an_input_like_any_other(live: Shop) -> None:
    assert live.run("env", "set", "-e", "test", "ZONE=b").code == 0
    release = planned(live)
    assert release["app"]["verdict"] == "newVersion"
    assert any("ZONE" in str(one["fields"]) for one in release["changes"])


def test_copies_of_secrets_are_compared_and_never_shown(live: Shop) -> None:
    says(live, "secrets: [key]")
    assert live.run("plan", "test", *STORE).code == 0
    applied(live)
    live.change("settings.yaml", "hunter2hunter2", "topsecret99")
    assert live.run("apply", "test", "-r", "settings").code == 0
    release = planned(live)
    (copy,) = [one for one in release["changes"] if one["object"]["kind"] == "Secret"]
    assert [(one["masked"], one["equal"]) for one in copy["fields"]] == [(True, False)]
    shown = [live.run("plan", "test", *STORE), live.run("apply", "test", *STORE)]
    shown += [live.run("show", "test", "store", "2", "-v"), live.run("history", "test", "store", *JSON)]
    assert not any("topsecret99" in one.stdout + one.stderr for one in shown)


def test_a_secret_that_is_missing_is_named_with_its_place(live: Shop) -> None:
    says(live, "secrets: [none]")
    found = live.run("plan", "test", *STORE, *JSON)
    assert (found.code, found.document["errors"][0]["code"]) == (2, "secretMissing")
    assert found.document["errors"][0]["file"] == "apps.yaml"


def of_a_chart(shop: Shop, name: str) -> None:
    """Let the books say that a chart made a release."""
    key, store = ReleaseKey("test", "local", "shop", name), SecretStateStore(shop.cluster)

    async def change() -> None:
        stored = await store.read(key)
        assert stored.state.last is not None
        last = replace(stored.state.last, chart={"name": name, "version": "1.0.0", "digest": "sha256:1"})
        assert await store.swap(key, stored, replace(stored.state, deployments=(last,))) is not None

    asyncio.run(change())


@pytest.mark.parametrize(
    ("is_chart", "remedy"),
    [(False, "`fairlead deploy --release web -e test`"), (True, "`fairlead delete test web`")],
    ids=["manifests", "chart"],
)
def test_what_was_no_app_is_let_over_first(live: Shop, remedy: str, *, is_chart: bool) -> None:
    if is_chart:
        of_a_chart(live, "web")
    apps = live.root / "apps.yaml"
    text = apps.read_text().replace("    wait: false\n    resourceFiles: [web.yaml]\n", "    app:\n      WEB\n")
    web = 'newVersion: "#"\n      podspec: {containers: [{name: web, image: "shop/web:1.0"}]}'
    apps.write_text(text.replace("WEB", web))
    found = live.run("plan", "test", "-r", "web", *JSON)
    (problem,) = found.document["errors"]
    assert (found.code, problem["code"], remedy in problem["remedy"]) == (4, "wasNoApp", True)


def test_an_app_is_removed_before_its_release_is_something_else(live: Shop) -> None:
    apps = live.root / "apps.yaml"
    others = apps.read_text().partition("  - name: store")[0]
    apps.write_text(f"{others}  - {{name: store, resourceFiles: [later.yaml]}}\n")
    (live.root / "later.yaml").write_text(LATER)
    found = live.run("plan", "test", *STORE, *JSON)
    assert (found.code, found.document["errors"][0]["code"]) == (4, "wasApp")


def test_what_a_pause_holds_back_says_so_until_it_ends(live: Shop) -> None:
    assert live.run("pause", "store", "-e", "test").code == 0
    image(live, "2.0")
    found = applied(live)
    assert (found["outcome"], found["code"]) == ("succeeded", "heldBack")
    before = written(live)
    assert (applied(live)["code"], status(live)["causeCode"]) == ("heldBack", "heldBack")
    assert written(live) == before
    assert live.run("resume", "store", "-e", "test").code == 0
    assert (planned(live)["app"]["verdict"], planned(live)["app"]["live"]) == ("unchanged", "2")
