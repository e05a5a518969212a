"""The API server in trouble, and what stands in its way: deployments end right, or say what stopped them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from tests.e2e.running import RunningSandbox
from tests.e2e.test_cli import SETTINGS, Shop
from tests.e2e.test_cli import shop as shop  # noqa: PLC0414 - a fixture, found by its name
from tests.faults.proxy import FaultProxy
from tests.faults.rules import FORWARD, Action, Answer, Call, Cut, HangUp, Rule, sometimes, where
from tests.faults.stage import Stage, access_of, stage

pytestmark = pytest.mark.e2e

BUSY = Answer(429, "TooManyRequests", retry_after=1)


@pytest.fixture
async def here(sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(sandbox, tmp_path, namespace, is_chart=False) as found:
        yield found


def away_for(seconds: float) -> Rule:
    """Nobody answers for a time, beginning with the first write."""
    since: list[float] = []

    def rule(call: Call) -> Action:
        if call.number and not since:
            since.append(time.monotonic())
        is_away = bool(since) and time.monotonic() - since[0] < seconds
        return HangUp(committed=False) if is_away else FORWARD

    return rule


def conflict_once(call: Call) -> bool:
    return call.number > 1 and call.resource == "secrets"


@pytest.mark.parametrize(
    "rule",
    [
        lambda: sometimes(0.3, BUSY, seed=1),
        lambda: sometimes(0.3, Answer(503, "ServiceUnavailable"), seed=2),
        lambda: where(lambda call: bool(call.number), Answer(504, "Timeout", committed=True), times=2),
        lambda: away_for(3),
        lambda: where(conflict_once, Answer(409, "Conflict"), times=1),
    ],
    ids=["F2 too many requests", "F3 unavailable", "F3 timeouts after commit", "F1 away for a while", "F4 conflict"],
)
async def test_a_deployment_gets_through(here: Stage, rule: Callable[[], Rule]) -> None:
    assert (await here.apply("a")).code == 0

    ended = await here.apply("b", rule())

    found = await here.found()
    assert here.proxy.struck is not None
    assert ended.code == 0, ended
    assert set(found.objects) == {"always", "only-b"}
    assert (found.objects["always"], found.owned, found.settled) == ({"version": "b"}, True, True)
    assert list(found.outcomes.values()) == ["succeeded", "succeeded"]


async def test_f4_somebody_who_writes_all_the_time_stops_nothing(here: Stage) -> None:
    assert (await here.apply("a")).code == 0
    deploying = asyncio.ensure_future(here.apply("b"))
    always = ObjectRef("v1", "ConfigMap", here.namespace, "always")
    lost: list[str] = []
    while not deploying.done():
        live = await here.cluster.get(always)
        assert live is not None
        live["metadata"].setdefault("annotations", {})["note"] = str(time.monotonic())
        try:
            await here.cluster.replace(live, manager="somebody")
        except RemoteRefused as error:  # this writer loses races, too
            lost.append(error.code)
    ended = await deploying

    assert set(lost) <= {"conflict"}

    assert ended.code == 0, ended
    assert (await here.found()).objects["always"] == {"version": "b"}


async def test_f28_a_broken_commit_between_two_good_ones_leaves_nothing_behind(here: Stage) -> None:
    assert (await here.apply("a")).code == 0
    good = (here.root / "b.yaml").read_text()
    (here.root / "b.yaml").write_text("kind: [\n")
    assert (await here.apply("b")).code == 2
    assert set((await here.found()).objects) == {"always", "only-a"}
    (here.root / "b.yaml").write_text(good)

    assert (await here.apply("b")).code == 0

    found = await here.found()
    assert (set(found.objects), found.owned) == ({"always", "only-b"}, True)


@pytest.mark.parametrize(
    "action", [Answer(410, "Expired"), Cut(20), HangUp(committed=False)], ids=["F4 expired", "cut", "refused"]
)
async def test_health_is_seen_although_watches_break(shop: Shop, action: Action, tmp_path: Path) -> None:
    async with FaultProxy(access_of(shop.sandbox), where(lambda call: call.is_watch, action, times=3)) as proxy:
        (config := tmp_path / "proxied").write_bytes(proxy.kubeconfig())

        ended = await shop.run("apply", "test", "--kubeconfig", str(config), "--output", "json")

        assert proxy.struck is not None
        assert ended.code == 0, ended
        assert [one["health"] for one in ended.document["deployments"]] == ["current", "current"]


WEBHOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: {namespace}}}
webhooks:
  - name: guard.shop.test
    admissionReviewVersions: [v1]
    sideEffects: None
    timeoutSeconds: 1
    failurePolicy: Fail
    clientConfig: {{url: "https://127.0.0.1:9/"}}
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}
    rules: [{{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}}]
"""


async def test_f7_a_webhook_that_fails_is_named_and_stops_only_what_it_guards(shop: Shop) -> None:
    await shop.sandbox.ask("apply", "-f", "-", stdin=WEBHOOK.format(namespace=shop.namespace))
    try:
        ended = await shop.json("apply", "test", code=1)
    finally:
        await shop.sandbox.ask("delete", "validatingwebhookconfiguration", shop.namespace)

    settings, web = ended["deployments"]
    assert (settings["outcome"], web["outcome"]) == ("succeeded", "failed")
    assert "guard.shop.test" in web["explanation"]
    assert {one["outcome"] for one in (await shop.json("apply", "test"))["deployments"]} == {"succeeded", "unchanged"}


CONVERTED = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.shop.test}}
spec:
  group: shop.test
  scope: Namespaced
  names: {{plural: {plural}, singular: {plural}x, kind: {kind}}}
  conversion:
    strategy: Webhook
    webhook: {{conversionReviewVersions: [v1], clientConfig: {{url: "https://127.0.0.1:9/"}}}}
  versions:
    - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}
    - {{name: v2, served: true, storage: false, schema: {{openAPIV3Schema: {{type: object}}}}}}
"""


async def test_f8_a_broken_conversion_of_another_kind_disturbs_nobody(shop: Shop) -> None:
    plural = "c" + shop.namespace.replace("-", "")
    definition = CONVERTED.format(plural=plural, kind=plural.capitalize())
    await shop.sandbox.ask("apply", "-f", "-", stdin=definition)
    await shop.sandbox.ask("wait", "--for=condition=Established", f"crd/{plural}.shop.test", "--timeout=30s")
    odd = {"apiVersion": "shop.test/v1", "kind": plural.capitalize(), "metadata": {"name": "odd"}}
    await shop.sandbox.ask("apply", "-n", shop.namespace, "-f", "-", stdin=json.dumps(odd))
    try:
        shop.declare(replicas=0)
        assert {one["outcome"] for one in (await shop.json("apply", "test"))["deployments"]} == {"succeeded"}
        assert (await shop.run("plan", "test", "--detailed-exitcode")).code == 0
        assert {one["drift"] for one in (await shop.json("status", "test"))["releases"]} == {"none"}
    finally:
        await shop.sandbox.ask("delete", "crd", f"{plural}.shop.test", "--wait=false")


async def test_f24_a_namespace_that_is_going_is_said_and_a_new_one_is_used(shop: Shop) -> None:
    stays = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "stays", "finalizers": ["shop.test/stays"]},
    }
    await shop.sandbox.ask("apply", "-n", shop.namespace, "-f", "-", stdin=json.dumps(stays))
    await shop.sandbox.ask("delete", "namespace", shop.namespace, "--wait=false")
    (shop.root / "settings.yaml").write_text(SETTINGS)

    refused = await shop.run("apply", "test", "-r", "settings", "--output", "json")

    assert refused.code == 1, refused
    assert "terminat" in refused.stdout.lower()
    patch = '{"metadata": {"finalizers": null}}'
    await shop.sandbox.ask("patch", "configmap", "stays", "-n", shop.namespace, "--type=merge", "-p", patch)
    await shop.sandbox.ask("wait", "--for=delete", f"namespace/{shop.namespace}", "--timeout=60s", timeout=90)
    await shop.sandbox.ask("create", "namespace", shop.namespace)
    (done,) = (await shop.json("apply", "test", "-r", "settings"))["deployments"]
    assert done["outcome"] == "succeeded"
