"""The API server in trouble, and what stands in its way: deployments end right, or say what stopped them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import chain, cycle, repeat
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.doors.process import start, stop
from tests.e2e.running import RunningSandbox
from tests.e2e.shops import SETTINGS, Shop
from tests.fakes.certificates import Authority
from tests.fakes.http import Answer as Reply
from tests.fakes.http import Handler, HttpServer, Request, json_answer
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


_WHAT = {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"]}


def webhook(namespace: str, url: str, ca: bytes, *, seconds: int) -> dict[str, Any]:
    """Return a guard of all Deployments that are made in a namespace, which is waited for so many seconds."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [
            {
                "name": "guard.shop.test",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "timeoutSeconds": seconds,
                "failurePolicy": "Fail",
                "clientConfig": {"url": url, "caBundle": base64.b64encode(ca).decode()},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [{**_WHAT, "operations": ["CREATE"]}],
            }
        ],
    }


async def _too_slow(_request: Request, _writer: asyncio.StreamWriter) -> Reply | None:
    await asyncio.sleep(3)
    return None


async def _resets(_request: Request, writer: asyncio.StreamWriter) -> Reply | None:
    writer.transport.abort()
    return None


async def _is_broken(_request: Request, _writer: asyncio.StreamWriter) -> Reply | None:
    return Reply(500, b"out of order")


async def _takes_its_time(request: Request, _writer: asyncio.StreamWriter) -> Reply | None:
    await asyncio.sleep(0.5)
    review = json.loads(request.body)
    return json_answer({**review, "response": {"uid": review["request"]["uid"], "allowed": True}})


@asynccontextmanager
async def guarded(shop: Shop, guard: Handler, *, seconds: int = 1) -> AsyncIterator[None]:
    """Let a webhook guard the shop, which is asked from then on."""
    authority = Authority("guard")
    async with HttpServer(guard, tls=authority.server_context("127.0.0.1")) as server:
        config = webhook(shop.namespace, server.url, authority.ca, seconds=seconds)
        await shop.sandbox.ask("apply", "-f", "-", stdin=json.dumps(config))
        try:
            yield
        finally:
            await shop.sandbox.ask("delete", "validatingwebhookconfiguration", shop.namespace)


def _in_turn(guards: Iterator[Handler]) -> Handler:
    async def guard(request: Request, writer: asyncio.StreamWriter) -> Reply | None:
        return await next(guards)(request, writer)

    return guard


async def test_f7_a_webhook_that_fails_is_named_and_stops_only_what_it_guards(shop: Shop) -> None:
    async with guarded(shop, _in_turn(cycle((_too_slow, _resets, _is_broken)))):
        ended = await shop.json("apply", "test", code=1)

    settings, web = ended["deployments"]
    assert (settings["outcome"], web["outcome"]) == ("succeeded", "failed")
    assert "guard.shop.test" in web["explanation"]
    assert {one["outcome"] for one in (await shop.json("apply", "test"))["deployments"]} == {"succeeded", "unchanged"}


async def test_f7_a_webhook_that_fails_for_a_while_and_then_takes_its_time_is_outlived(shop: Shop) -> None:
    async with guarded(shop, _in_turn(chain((_too_slow, _resets, _is_broken), repeat(_takes_its_time)))):
        ended = await shop.json("apply", "test")
    assert [one["outcome"] for one in ended["deployments"]] == ["succeeded", "succeeded"]


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


async def test_f7_a_signal_does_not_wait_for_a_webhook(shop: Shop) -> None:
    asked = asyncio.Event()

    async def says_nothing(_request: Request, _writer: asyncio.StreamWriter) -> Reply | None:
        asked.set()
        await asyncio.Event().wait()
        return None

    async with guarded(shop, says_nothing, seconds=30):
        child = await start(shop.program("apply", "test", "--output", "json"))
        try:
            async with asyncio.timeout(60):
                await asked.wait()
            began = time.monotonic()
            child.send_signal(SIGTERM)
            said, _ = await child.communicate()
            assert time.monotonic() - began < 5
        finally:
            await stop(child)
    assert child.returncode == 130
    assert [one["outcome"] for one in json.loads(said)["deployments"]] == ["succeeded", "interrupted"]
    (told,) = (await shop.json("history", "test", "web"))["deployments"]
    assert (told["number"], told["outcome"]) == (1, "interrupted")
    assert {one["outcome"] for one in (await shop.json("apply", "test"))["deployments"]} == {"unchanged", "succeeded"}


async def test_f8_a_broken_conversion_of_another_kind_disturbs_nobody(shop: Shop) -> None:
    plural = "c" + shop.namespace.replace("-", "")
    definition = CONVERTED.format(plural=plural, kind=plural.capitalize())
    await shop.sandbox.ask("apply", "-f", "-", stdin=definition)
    await shop.sandbox.established(f"{plural}.shop.test")
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
