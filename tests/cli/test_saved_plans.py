"""`plan --save` and `apply --plan`: exactly that plan, wherever it is applied, or a refusal that names what changed."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.identity import ObjectRef, canonical_json, sha256_json
from tests.cli.shops import SETTINGS_REF, Shop, to_dollars
from tests.conftest import Golden
from tests.fakes.cluster import FakeCluster
from tests.fakes.terminal import Ended, validate

KEY_REF = ObjectRef("v1", "Secret", "shop", "key")
DATED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dated}\ndata: {run: {{ uuidv4 | quote }}}\n"
RANDOM = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: drawn}\nstringData: {password: {{ randAlphaNum 20 | quote }}}\n"
)
NAMED = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ randAlphaNum 8 | lower | printf "n-%s" | quote }}}\n'


def add_chart(shop: Shop, name: str, template: str) -> None:
    chart = shop.root / name
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
    (chart / "templates" / "one.yaml").write_text(template)
    apps = shop.root / "apps.yaml"
    apps.write_text(apps.read_text() + f"  - {{name: {name}, chart: {{dir: {name}}}}}\n")


def saved(shop: Shop, *more: str) -> Path:
    ended = shop.run("plan", "test", "--save", "plan.json", *more)
    assert (ended.code, ended.stderr) == (0, "")
    file = shop.root / "plan.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file


def refused(ended: Ended) -> list[tuple[str, str]]:
    """Return code and place of every problem of a refusal."""
    assert ended.code == 4, ended
    return [(one["code"], one["path"]) for one in ended.document["errors"]]


def applied(shop: Shop, *more: str) -> Ended:
    return shop.run("apply", "--plan", "plan.json", "--output", "json", *more)


def rewritten(path: Path, change: dict[str, Any]) -> None:
    """Change a file as somebody would who knows about the checksum."""
    document = {**json.loads(path.read_text()), **change}
    document.pop("checksum")
    path.write_bytes(canonical_json({**document, "checksum": sha256_json(document)}))


def test_a_saved_plan_is_applied_in_another_checkout(shop: Shop, tmp_path: Path) -> None:
    file = saved(shop)
    assert shop.cluster.writes == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = json.loads(file.read_text())
    validate(document)
    assert document["digest"] == shop.run("plan", "test", "--output", "json").document["digest"]
    elsewhere = replace(shop, root=tmp_path / "job")
    shutil.copytree(shop.root, elsewhere.root)
    done = elsewhere.run("apply", "--plan", "plan.json", "--output", "json").document
    assert [one["outcome"] for one in done["deployments"]] == ["succeeded", "succeeded"]
    assert [one["planDigest"] for one in done["deployments"]] == [one["digest"] for one in document["releases"]]


def test_saving_twice_gives_the_same_bytes(shop: Shop) -> None:
    first = saved(shop).read_bytes()
    assert saved(shop).read_bytes() == first
    assert first == canonical_json(json.loads(first)) + b"\n"


def test_a_dry_run_only_says_whether_it_still_holds(shop: Shop) -> None:
    saved(shop)
    assert applied(shop, "--dry-run").document["kind"] == "Plan"
    assert shop.cluster.writes == []


def test_no_secret_is_in_the_file(shop: Shop) -> None:
    marker = "hunter2hunter2"
    shop.change("settings.yaml", "currency: EUR", f'currency: EUR, copied: "x {marker} y"')
    text = saved(shop).read_text()
    encoded = base64.b64encode(marker.encode()).decode()
    assert marker not in text
    assert encoded not in text
    assert encoded.rstrip("=") not in text
    assert applied(shop).code == 0
    live = shop.cluster._objects
    assert any(obj.get("data", {}).get("copied") == f"x {marker} y" for obj in live.values())


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ("EUR", "USD", ["test/settings", "test/settings ConfigMap shop/settings /data/currency"]),
        ("hunter2hunter2", "hunter3hunter3", ["test/settings", "test/settings Secret shop/key"]),
        (
            "name: key",
            "name: other",
            ["test/settings", "test/settings Secret shop/key", "test/settings Secret shop/other"],
        ),
    ],
    ids=["a field", "a secret value", "a name"],
)
def test_other_inputs_are_named(shop: Shop, old: str, new: str, places: list[str]) -> None:
    saved(shop)
    shop.change("settings.yaml", old, new)
    ended = applied(shop)
    assert refused(ended) == [("planOutdated", place) for place in places]
    assert "hunter" not in ended.stdout + ended.stderr
    assert shop.cluster.writes == []


def test_what_changed_in_the_cluster_is_named(shop: Shop, golden: Golden) -> None:
    shop.run("apply", "test")
    shop.change("web.yaml", "shop/web:1.0", "shop/web:1.1")
    saved(shop)
    shop.cluster.edit(SETTINGS_REF, to_dollars)
    assert refused(applied(shop)) == [("planOutdated", "test/settings ConfigMap shop/settings /data/currency")]
    golden("cli/saved-plan-outdated.txt", shop.run("apply", "--plan", "plan.json").stderr)


def test_a_field_that_the_plan_does_not_decide_outdates_nothing(shop: Shop) -> None:
    shop.run("apply", "test")
    shop.change("web.yaml", "shop/web:1.0", "shop/web:1.1")
    saved(shop)
    shop.cluster.edit(SETTINGS_REF, lambda obj: obj["data"].update(note="by hand"))
    assert applied(shop).code == 0


def test_an_object_made_meanwhile_is_named(shop: Shop) -> None:
    saved(shop)
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    places = [place for _, place in refused(applied(shop))]
    assert places == ["test/settings Namespace shop"]


def test_another_cluster_is_refused(shop: Shop) -> None:
    saved(shop)
    other = replace(shop, cluster=FakeCluster())
    for key, obj in other.cluster._objects.items():
        if key[-1] == "kube-system":
            obj["metadata"]["uid"] = "another"
    assert {code for code, _ in refused(applied(other))} == {"otherCluster"}
    assert other.cluster.writes == []


def test_a_release_that_is_declared_no_more_is_named(shop: Shop) -> None:
    saved(shop)
    shop.change("apps.yaml", "name: web", "name: site")
    assert refused(applied(shop)) == [("planOutdated", "test/web")]
    shop.change("environments.yaml", "name: test", "name: prod")
    assert refused(applied(shop)) == [("planOutdated", "test/settings"), ("planOutdated", "test/web")]


def test_a_release_that_goes_elsewhere_now_is_named(shop: Shop) -> None:
    saved(shop)
    shop.change("environments.yaml", "kubeNamespace: shop", "kubeNamespace: market")
    assert refused(applied(shop)) == [("planOutdated", "test/settings"), ("planOutdated", "test/web")]


@pytest.mark.parametrize(
    "more",
    [
        ("test",),
        ("--all",),
        ("--cluster", "eu"),
        ("-r", "web"),
        ("-l", "a=b"),
        ("--recreate",),
        ("--take-ownership",),
        ("--prune-releases",),
    ],
    ids=" ".join,
)
def test_the_command_line_chooses_nothing_beside_the_file(shop: Shop, more: tuple[str, ...]) -> None:
    saved(shop)
    ended = applied(shop, *more)
    assert (ended.code, ended.document["errors"][0]["code"]) == (2, "conflictingOptions")


def test_a_plan_that_takes_over_still_needs_a_person(shop: Shop) -> None:
    shop.run("apply", "test")
    shop.cluster.edit(SETTINGS_REF, to_dollars)
    saved(shop)
    ended = applied(shop)
    assert (ended.code, ended.document["errors"][0]["code"]) == (4, "approvalNeeded")
    assert applied(shop, "--yes").code == 0


def test_what_the_plan_may_do_travels_in_the_file(shop: Shop) -> None:
    foreign = {"annotations": {"fairlead.dev/release": "other/release"}, "name": "settings", "namespace": "shop"}
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    shop.cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": foreign, "data": {"currency": "GBP"}})
    assert shop.run("plan", "test", "--save", "plan.json").code == 4
    assert not (shop.root / "plan.json").exists()
    saved(shop, "--take-ownership")
    assert applied(shop, "--yes").code == 0


def test_releases_that_shall_disappear_travel_in_the_file(shop: Shop) -> None:
    shop.run("apply", "test")
    apps = (shop.root / "apps.yaml").read_text()
    (shop.root / "apps.yaml").write_text(apps[: apps.index("  - name: web")])
    saved(shop, "--prune-releases")
    with_web = (shop.root / "apps.yaml").read_text()
    (shop.root / "apps.yaml").write_text(apps)
    assert refused(applied(shop, "--yes")) == [("planOutdated", "test/web")]
    (shop.root / "apps.yaml").write_text(with_web)
    done = applied(shop, "--yes").document
    assert [one["release"] for one in done["deployments"] if one["summary"]["delete"]] == ["web"]


def test_what_a_chart_makes_anew_is_shown_and_comes_from_the_file(shop: Shop) -> None:
    add_chart(shop, "dated", DATED)
    planned = shop.run("plan", "test", "--output", "json").document
    (change,) = (one for release in planned["releases"] for one in release["changes"] if one.get("generated"))
    assert (change["object"]["name"], change["generated"]) == ("dated", ["/data/run"])
    kept = json.loads(saved(shop).read_text())["releases"][-1]["manifests"][0]["object"]["data"]
    assert applied(shop).code == 0
    assert any(obj.get("data") == kept for obj in shop.cluster._objects.values())


@pytest.mark.parametrize(
    ("template", "place"),
    [(RANDOM, "Secret shop/drawn /data/password"), (NAMED, "ConfigMap shop/n-")],
    ids=["value", "name"],
)
def test_what_no_file_can_fix_is_said_when_it_is_saved(shop: Shop, template: str, place: str) -> None:
    add_chart(shop, "random", template)
    ended = shop.run("plan", "test", "--save", "plan.json", "--output", "json")
    assert refused(ended) == [("notPinned", "test/random")]
    assert place in ended.document["errors"][0]["message"]
    assert not (shop.root / "plan.json").exists()
    assert shop.run("plan", "test", "-r", "settings,web", "--save", "plan.json").code == 0


def test_a_file_that_is_damaged_or_foreign_is_wrong_input(shop: Shop) -> None:
    file = saved(shop)
    good = file.read_text()
    bad = {
        "planFileInvalid": [
            good[: len(good) // 2],
            "",
            "[]",
            "{}",
            "nonsense",
            '{"kind": NaN}',
            good.replace("EUR", "USD"),
            good.replace('"kind":"SavedPlan"', '"kind":"Plan"'),
        ],
        "planFileVersion": [
            good.replace('"format":1', '"format":2'),
            good.replace("fairlead.dev/v1", "fairlead.dev/v9"),
        ],
    }
    for code, texts in bad.items():
        for text in texts:
            file.write_text(text)
            ended = applied(shop)
            assert (ended.code, ended.document["errors"][0]["code"]) == (2, code), text[:80]


@pytest.mark.parametrize(
    "change",
    [{"releases": None}, {"releases": [{}]}, {"digest": 1}, {"options": {}}],
    ids=["no releases", "an empty release", "no digest", "no options"],
)
def test_another_shape_is_wrong_input_also_with_the_right_checksum(shop: Shop, change: dict[str, Any]) -> None:
    file = saved(shop)
    rewritten(file, change)
    ended = applied(shop)
    assert (ended.code, ended.document["errors"][0]["code"]) == (2, "planFileInvalid")


@pytest.mark.parametrize(
    "change",
    [{"object": {"metadata": "none"}}, {"withheld": ["data"]}, {"object": []}],
    ids=["no metadata", "no pointer", "no object"],
)
def test_a_manifest_that_is_none_is_wrong_input(shop: Shop, change: dict[str, Any]) -> None:
    file = saved(shop)
    releases = json.loads(file.read_text())["releases"]
    releases[0]["manifests"][0] |= change
    rewritten(file, {"releases": releases})
    ended = applied(shop)
    assert (ended.code, ended.document["errors"][0]["code"]) == (2, "planFileInvalid")


def test_what_somebody_wrote_into_the_file_is_never_applied(shop: Shop) -> None:
    file = saved(shop)
    releases = json.loads(file.read_text())["releases"]
    releases[0]["manifests"][0]["object"]["data"]["currency"] = "XXX"
    digest = json.loads(file.read_text())["digest"]
    rewritten(file, {"releases": releases, "digest": "sha256:0"})
    assert {code for code, _ in refused(applied(shop))} == {"planOutdated"}
    rewritten(file, {"digest": digest})
    assert applied(shop).code == 0
    assert not any((obj.get("data") or {}).get("currency") == "XXX" for obj in shop.cluster._objects.values())


@pytest.mark.parametrize("in_the_way", ["link", "directory", "nowhere"])
def test_only_an_ordinary_file_is_written_or_read(shop: Shop, in_the_way: str) -> None:
    path = shop.root / "plan.json"
    match in_the_way:
        case "link":
            (shop.root / "target").write_text("precious")
            path.symlink_to("target")
        case "directory":
            path.mkdir()
        case _:
            path = shop.root / "no" / "such" / "plan.json"
    written = shop.run("plan", "test", "--save", str(path), "--output", "json")
    assert (written.code, written.document["errors"][0]["code"]) == (2, "fileRefused")
    read = shop.run("apply", "--plan", str(path), "--output", "json")
    assert (read.code, read.document["errors"][0]["code"]) == (2, "fileRefused")
    assert in_the_way != "link" or (shop.root / "target").read_text() == "precious"


def test_a_hold_ends_when_it_is_applied_not_when_it_is_planned(shop: Shop) -> None:
    shop.run("apply", "test")
    shop.run("hold", "test", "settings", "--reason", "wait")
    shop.change("settings.yaml", "EUR", "USD")
    shop.run("plan", "test", "-r", "settings", "--save", "plan.json")
    assert applied(shop).code == 4
    assert applied(shop, "--release-hold").code == 0
