"""Plan, apply, status and render over a cluster in memory: what is shown, what is asked, how it ends."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fairlead.domain.config import Environment
from fairlead.domain.errors import Interrupted, Problem, RemoteRefused, Transient
from fairlead.ports.cluster import Cluster
from tests.cli.shops import SETTINGS_REF, Noon, Shop, to_dollars
from tests.conftest import Golden
from tests.fakes.terminal import Terminal


def test_a_plan_then_exactly_that(shop: Shop, golden: Golden) -> None:
    planned = shop.run("plan", "test", width=80)
    assert (planned.code, planned.stderr) == (0, "")
    golden("cli/shop-plan.txt", planned.stdout)
    assert shop.cluster.writes == []
    applied = shop.run("apply", "test")
    assert applied.code == 0
    golden("cli/shop-apply.log", applied.stderr)
    again = shop.run("plan", "test", "--detailed-exitcode")
    assert again.code == 0
    golden("cli/shop-plan-again.txt", again.stdout)
    assert "hunter2" not in planned.stdout + applied.stdout + applied.stderr


def test_colours_are_for_terminals_only_and_can_be_refused(shop: Shop) -> None:
    def planned(*, width: int | None, environ: dict[str, str], options: tuple[str, ...] = ()) -> str:
        terminal = Terminal(shop.root, {"NO_COLOR": "", **environ}, open=shop.application, width=width)
        return terminal.run("plan", "test", *options).stdout

    assert "\x1b[" in planned(width=80, environ={})
    plain = planned(width=None, environ={})
    assert "\x1b[" not in plain
    assert planned(width=80, environ={"NO_COLOR": "1"}) == plain
    assert planned(width=80, environ={}, options=("--no-color",)) == plain


def test_what_is_suspicious_is_said_aside(shop: Shop) -> None:
    shop.change("environments.yaml", "kubeNamespace: shop, ", "")
    planned = shop.run("plan", "test", "--output", "json")
    assert planned.code == 0
    assert planned.stderr.startswith("environments.yaml:3:5: warning:")


def test_json_of_every_step(shop: Shop) -> None:
    planned = shop.run("plan", "test", "--output", "json").document
    assert planned["summary"] == {"create": 4, "update": 0, "delete": 0, "recreate": 0, "keep": 0, "skip": 0}
    assert shop.run("apply", "test", "--dry-run", "--output", "json").document == planned
    deployed = shop.run("apply", "test", "--output", "json").document
    assert [item["outcome"] for item in deployed["deployments"]] == ["succeeded", "succeeded"]
    assert deployed["deployments"][0]["revision"]["commit"] == "a1b2c3d4e5f6"
    states = shop.run("status", "test", "--output", "json").document
    assert [item["drift"] for item in states["releases"]] == ["none", "none"]
    rendered = shop.run("render", "test", "--output", "json").document
    assert [item["release"] for item in rendered["releases"]] == ["settings", "web"]


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--detailed-exitcode",), 3)])
def test_changes_only_show_in_the_exit_code_when_asked(shop: Shop, arguments: tuple[str, ...], code: int) -> None:
    assert shop.run("plan", "test", *arguments).code == code
    assert shop.run("diff", "test", *arguments).code == code


def test_a_one_line_change_is_a_one_field_plan(shop: Shop, golden: Golden) -> None:
    shop.run("apply", "test")
    shop.change("web.yaml", "shop/web:1.0", "shop/web:1.1")
    golden("cli/shop-plan-one-field.txt", shop.run("plan", "test", width=80).stdout)
    golden("cli/shop-plan-verbose.txt", shop.run("plan", "test", "-v", width=80).stdout)


def test_off_a_terminal_taking_over_is_refused_without_yes(shop: Shop, golden: Golden) -> None:
    shop.run("apply", "test")
    shop.cluster.edit(SETTINGS_REF, to_dollars)
    refused = shop.run("apply", "test", "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (4, "approvalNeeded")
    golden("cli/shop-refused.txt", shop.run("apply", "test").stderr)
    assert shop.run("apply", "test", "--yes").code == 0


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 4), ("\n", 4), ("", 4)])
def test_on_a_terminal_a_person_is_asked(shop: Shop, answer: str, code: int) -> None:
    shop.run("apply", "test")
    shop.cluster.edit(SETTINGS_REF, to_dollars)
    assert shop.run("apply", "test", answer=answer).code == code


def test_nobody_is_asked_about_a_plan_that_only_creates_and_updates(shop: Shop) -> None:
    assert shop.run("apply", "test", answer="n\n").code == 0


def test_a_release_that_fails_is_exit_code_1_and_explained(shop: Shop, golden: Golden) -> None:
    refusal = RemoteRefused(Problem("invalid", "spec.replicas: must not be 1"), status=422, reason="Invalid")
    shop.cluster.fail(refusal, verb="apply", name="web")
    failed = shop.run("apply", "test", "--output", "json")
    assert failed.code == 1
    assert [item["outcome"] for item in failed.document["deployments"]] == ["succeeded", "failed"]
    assert "must not be 1" in failed.document["deployments"][1]["explanation"]


def test_an_unreachable_cluster_is_exit_code_1(shop: Shop) -> None:
    shop.cluster.fail(Transient(Problem("unreachable", "no answer")), verb="capabilities")
    failed = shop.run("plan", "test", "--output", "json")
    assert (failed.code, failed.document["errors"][0]["code"]) == (1, "unreachable")


def test_what_is_not_selected_but_depended_upon_must_be_healthy(shop: Shop) -> None:
    refused = shop.run("apply", "test", "-r", "web", "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (4, "dependencyNotCurrent")
    assert shop.run("apply", "test", "-r", "settings").code == 0
    assert shop.run("apply", "test", "-r", "web").code == 0


def test_several_environments_go_together(shop: Shop, golden: Golden) -> None:
    golden("cli/shop-plan-all.txt", shop.run("plan", "--all", width=80).stdout)
    deployed = shop.run("apply", "--cluster", "eu", "--output", "json").document
    assert [(item["environment"], item["release"]) for item in deployed["deployments"]] == [
        ("test", "settings"),
        ("test", "web"),
        ("staging", "settings"),
        ("staging", "web"),
    ]


def test_status_shows_drift_and_what_comes_next(shop: Shop, golden: Golden) -> None:
    shop.run("apply", "test")
    shop.cluster.edit(SETTINGS_REF, to_dollars)
    golden("cli/shop-status.txt", shop.run("status", "test", width=80).stdout)


BETWEEN_LOOKS = 2.0


class Impatient(Noon):
    """A clock by which somebody edits the cluster after the first look, and presses Ctrl-C after the third."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.slept = shop, 0

    async def sleep(self, seconds: float) -> None:
        if seconds != BETWEEN_LOOKS:
            await super().sleep(seconds)
        elif self.slept == 2:
            raise Interrupted(Problem("interrupted", "enough"))
        else:
            self.slept += 1
            self.shop.cluster.edit(SETTINGS_REF, to_dollars)


def _watched(shop: Shop, release: str, width: int | None = None) -> str:
    shop.clock = clock = Impatient(shop)
    watched = shop.run("status", "test", "-r", release, "--watch", width=width)
    assert (watched.code, clock.slept) == (130, 2)
    shop.clock = Noon()
    return watched.stdout


def test_status_can_be_watched_through_a_pipe_change_by_change(shop: Shop) -> None:
    shop.run("apply", "test")
    before = shop.run("status", "test", "-r", "settings").stdout
    watched = _watched(shop, "settings")
    after = shop.run("status", "test", "-r", "settings").stdout
    assert watched == before + after
    assert before != after


def test_nothing_that_others_wrote_can_steer_the_terminal_of_a_watch(shop: Shop) -> None:
    shop.run("apply", "test")
    shop.run("hold", "test", "settings", "--reason", "\x1b]0;own")
    watched = _watched(shop, "settings", width=80)
    assert "]0;own" in watched
    assert "\x1b]0;" not in watched


def test_a_watch_is_not_one_document(shop: Shop) -> None:
    assert shop.run("status", "test", "--watch", "--output", "json").code == 2


def test_render_prints_a_stream_with_origins(shop: Shop, golden: Golden) -> None:
    golden("cli/shop-render.yaml", shop.run("render", "test").stdout)
    assert shop.run("render", "test", "--kube-version", "1.33").stdout == shop.run("render", "test").stdout


def test_render_shows_values_from_secrets_only_when_asked(shop: Shop) -> None:
    (shop.root / "chart" / "templates").mkdir(parents=True)
    (shop.root / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 1.0.0\n")
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ .Values.a | quote }}}\n"
    (shop.root / "chart" / "templates" / "config.yaml").write_text(template)
    (shop.root / "apps.yaml").write_text(
        "releases:\n"
        "  - name: c\n"
        "    chart: {dir: chart}\n"
        "    values: [{key: a, valueFrom: {secretRef: {name: key, key: key}}}]\n"
    )
    data = {"key": "aHVudGVyMmh1bnRlcjI="}
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    shop.cluster.put(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "shop"}, "data": data}
    )
    assert "(secret key/key)" in shop.run("render", "test").stdout
    assert "hunter2hunter2" in shop.run("render", "test", "--show-secrets").stdout
    planned = shop.run("plan", "test", "-v", "--output", "json")
    assert planned.code == 0
    assert "hunter2" not in planned.stdout + planned.stderr


def test_lint_lists_problems_and_exits_2_only_for_errors(shop: Shop, golden: Golden) -> None:
    fine = shop.run("lint")
    assert fine.code == 0
    shop.change("environments.yaml", "kubeNamespace: shop, ", "")
    warned = shop.run("lint", "--output", "json")
    assert warned.code == 0
    assert {problem["severity"] for problem in warned.document["problems"]} == {"warning"}
    shop.change("apps.yaml", "[web.yaml]", "[web.yaml, settings.yaml]")
    wrong = shop.run("lint", width=80)
    assert wrong.code == 2
    golden("cli/shop-lint.txt", wrong.stdout)
    shop.change("apps.yaml", "wait:", "wiat:")
    assert shop.run("lint", "--output", "json").code == 2


def test_an_object_of_somebody_else_is_only_taken_on_demand(shop: Shop) -> None:
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    marks = {"name": "settings", "namespace": "shop", "labels": {"argocd.argoproj.io/instance": "storefront"}}
    shop.cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": marks, "data": {"currency": "EUR"}})
    refused = shop.run("apply", "test", "--yes", "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (4, "foreignOwner")
    assert "storefront" in refused.document["errors"][0]["message"]
    assert shop.run("plan", "test").code == 4
    assert shop.run("plan", "test", "--take-ownership").code == 0
    undecided = shop.run("apply", "test", "--take-ownership", "--output", "json")
    assert (undecided.code, undecided.document["errors"][0]["code"]) == (4, "approvalNeeded")
    assert shop.run("apply", "test", "--take-ownership", "--yes").code == 0


CLAIM = """\
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def test_what_cannot_change_is_made_anew_on_demand_and_volumes_only_under_the_guard(shop: Shop) -> None:
    path = shop.root / "web.yaml"
    path.write_text(path.read_text() + CLAIM)
    assert shop.run("apply", "test", "--no-wait").code == 0
    immutable = RemoteRefused(Problem("fieldImmutable", "spec is immutable", remedy="add --recreate"), status=422)
    shop.cluster.fail(immutable, verb="apply", name="data", times=99)
    shop.change("web.yaml", "ReadWriteOnce", "ReadOnlyMany")
    shop.cluster.calls.clear()
    assert shop.run("apply", "test", "--no-wait").code == 1
    planned = shop.run("plan", "test", "--recreate", "--output", "json")
    assert planned.document["summary"]["recreate"] == 1
    refused = shop.run("apply", "test", "--recreate", "--yes", "--no-wait", "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (4, "guard")
    assert shop.cluster.writes == []
    undecided = shop.run("apply", "test", "--recreate", "--allow-deletes", "--no-wait", "--output", "json")
    assert undecided.document["errors"][0]["code"] == "approvalNeeded"
    shop.run("apply", "test", "--recreate", "--allow-deletes", "--yes", "--no-wait")
    assert ("delete", "data") in [(call.verb, call.ref and call.ref.name) for call in shop.cluster.writes]


def _refuse_dry_runs(shop: Shop) -> None:
    said = Problem("objectInvalid", "spec.replicas: must not be negative")
    shop.cluster.fail(RemoteRefused(said, status=422), verb="apply", kind="Deployment")


@pytest.mark.parametrize(
    "arguments", [("plan", "test"), ("plan", "test", "--detailed-exitcode"), ("apply", "test", "-n")]
)
def test_a_plan_that_the_server_refuses_ends_with_one(shop: Shop, arguments: tuple[str, ...]) -> None:
    shop.run("apply", "test")
    shop.change("web.yaml", "shop/web:1.0", "shop/web:1.1")
    _refuse_dry_runs(shop)
    planned = shop.run(*arguments, "--output", "json")
    assert planned.code == 1
    assert planned.document["kind"] == "Plan"


def test_what_stands_in_no_file_any_more_is_hinted_at(shop: Shop) -> None:
    shop.run("apply", "test")
    apps = (shop.root / "apps.yaml").read_text()
    (shop.root / "apps.yaml").write_text(apps[: apps.index("  - name: web")])
    planned = shop.run("plan", "test")
    assert "test/web" in planned.stdout
    document = shop.run("plan", "test", "--output", "json").document
    assert [item["release"] for item in document["undeclared"]] == ["web"]
    assert shop.run("plan", "test", "--prune-releases", "--output", "json").document["undeclared"] == []


@dataclass
class Regions(Shop):
    """The same shop, where the cluster of `staging` does not answer."""

    async def open(self, environment: Environment) -> Cluster:
        if environment.name == "staging":
            raise Transient(Problem("unreachable", "nobody answers at 192.0.2.1", remedy="look at the network"))
        return self.cluster


@pytest.fixture
def regions(shop: Shop) -> Regions:
    return Regions(shop.root, shop.cluster)


def test_a_cluster_that_is_silent_keeps_nobody_from_looking(regions: Regions, golden: Golden) -> None:
    regions.run("apply", "test")
    looked = regions.run("status", "--all", "-r", "settings", "--output", "json")
    assert looked.code == 1
    assert [(item["environment"], item["health"], item["causeCode"]) for item in looked.document["releases"]] == [
        ("test", "current", None),
        ("staging", "unknown", "unreachable"),
    ]
    golden("cli/shop-status-silent.txt", regions.run("status", "--all", "-r", "settings").stdout)


def test_a_cluster_that_is_silent_keeps_nobody_from_deploying(regions: Regions, golden: Golden) -> None:
    planned = regions.run("plan", "--all", "--prune-releases", "--output", "json")
    assert planned.code == 1
    assert [item["environment"] for item in planned.document["releases"]] == ["test", "test"]
    assert [(item["environment"], item["code"]) for item in planned.document["unanswered"]] == [
        ("staging", "unreachable")
    ]
    golden("cli/shop-plan-silent.txt", regions.run("plan", "--all").stdout)
    done = regions.run("apply", "--all", "--output", "json")
    assert done.code == 1
    assert [(item["environment"], item["outcome"]) for item in done.document["deployments"]] == [
        ("test", "succeeded"),
        ("test", "succeeded"),
        ("staging", "failed"),
        ("staging", "failed"),
    ]


def test_half_a_plan_is_neither_saved_nor_applied(regions: Regions) -> None:
    saved = regions.run("plan", "--all", "--save", "plan.json", "--output", "json")
    assert (saved.code, saved.document["errors"][0]["code"]) == (1, "unreachable")
    assert not (regions.root / "plan.json").exists()
    Shop(regions.root, regions.cluster).run("plan", "--all", "--save", "plan.json")
    applied = regions.run("apply", "--plan", "plan.json", "--output", "json")
    assert (applied.code, applied.document["errors"][0]["code"]) == (1, "unreachable")
    assert regions.cluster.writes == []


def test_a_cluster_alone_that_is_silent_is_an_error(regions: Regions) -> None:
    for command in ("status", "plan", "apply"):
        ended = regions.run(command, "staging", "--output", "json")
        assert (ended.code, ended.document["kind"]) == (1, "Error")
