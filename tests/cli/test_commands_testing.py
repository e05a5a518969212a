"""`fairlead test` over a cluster in memory: what it prints, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.identity import ObjectRef
from tests.cli.shops import Shop, timeless
from tests.conftest import Golden

PROBE = """\
---
apiVersion: v1
kind: Pod
metadata: {name: probe, annotations: {helm.sh/hook: test}}
spec: {restartPolicy: Never, containers: [{name: curl, image: "shop/curl:1.0"}]}
"""


def _ends(phase: str) -> Any:
    def end(obj: dict[str, Any]) -> None:
        if obj["kind"] == "Pod":
            ended = {"name": "curl", "ready": False, "state": {"terminated": {"exitCode": 7, "reason": "Error"}}}
            obj["status"] = {"phase": phase, "containerStatuses": [ended] if phase == "Failed" else []}

    return end


@pytest.fixture
def tested(shop: Shop) -> Shop:
    """A shop whose release `settings` is deployed with a test."""
    path = shop.root / "settings.yaml"
    path.write_text(path.read_text() + PROBE)
    assert shop.run("apply", "test", "-r", "settings").code == 0
    return shop


def test_a_test_that_succeeds(tested: Shop, golden: Golden) -> None:
    tested.cluster.defaulting = _ends("Succeeded")
    done = tested.run("test", "test", "settings", width=80)
    assert done.code == 0
    golden("cli/shop-test.txt", timeless(done.stdout))
    golden("cli/shop-test.log", timeless(done.stderr))


def test_a_test_that_fails_shows_the_log_of_its_pod(tested: Shop, golden: Golden) -> None:
    tested.cluster.defaulting = _ends("Failed")
    tested.cluster.pod_logs["shop", "probe", "curl", False] = "curl: (7) key hunter2hunter2 refused"
    done = tested.run("test", "test", "settings", width=80)
    assert done.code == 1
    assert "hunter2" not in done.stdout
    golden("cli/shop-test-failed.txt", timeless(done.stdout))
    (item,) = tested.run("test", "test", "settings", "--output", "json").document["deployments"]
    assert (item["outcome"], item["number"]) == ("failed", 1)
    assert "curl: (7)" in item["explanation"]


def test_a_release_without_tests_is_no_failure(shop: Shop) -> None:
    shop.run("apply", "test")
    done = shop.run("test", "test", "web", "--output", "json")
    assert (done.code, done.document["deployments"][0]["outcome"]) == (0, "unchanged")
    assert done.document["deployments"][0]["explanation"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("test", "web"), "unknownRelease"),
        (("test", "nonesuch"), "unknownRelease"),
        (("test", "web", "--timeout", "soon"), "invalidDuration"),
    ],
)
def test_what_cannot_be_tested(shop: Shop, arguments: tuple[str, ...], code: str) -> None:
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    refused = shop.run("test", *arguments, "--output", "json")
    assert (refused.code, refused.document["errors"][0]["code"]) == (2, code)


def test_what_is_deleted_runs_the_hooks_that_were_deployed(shop: Shop) -> None:
    path = shop.root / "settings.yaml"
    path.write_text(path.read_text() + PROBE.replace("hook: test", "hook: pre-delete"))
    shop.run("apply", "test", "-r", "settings")
    shop.change("settings.yaml", "name: probe", "name: other")
    shop.cluster.defaulting = _ends("Succeeded")
    planned = shop.run("delete", "test", "settings", "--dry-run", "--output", "json").document
    assert [hook["object"]["name"] for hook in planned["releases"][0]["hooks"]] == ["probe"]
    assert shop.run("delete", "test", "settings", "--yes").code == 0
    ran = [call.ref.name for call in shop.cluster.writes if call.ref and call.verb == "apply"]
    assert "probe" in ran
    assert "other" not in ran
    left = shop.cluster._find(ObjectRef("v1", "Pod", "shop", "probe"))
    assert left is not None  # as with Helm: it goes with the next run of the hook
