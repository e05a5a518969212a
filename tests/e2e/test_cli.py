"""The installed command on a real cluster: lint, plan, apply, a one-field change, drift, trouble explained."""

from __future__ import annotations

import asyncio
import json
import signal

import pytest

from fairlead.doors.process import start, stop
from tests.e2e.running import RunningSandbox
from tests.e2e.shops import DEPLOYMENT, Shop
from tests.fakes.terminal import validate

pytestmark = pytest.mark.e2e


async def test_a_shop_from_files_to_healthy_pods(shop: Shop) -> None:
    assert (await shop.json("lint"))["problems"] == []
    assert (await shop.json("lint", "--online"))["problems"] == []
    planned = await shop.json("plan", "test", "--detailed-exitcode", code=3)
    assert planned["summary"]["create"] == 2
    assert (await shop.json("apply", "test", "--dry-run"))["digest"] == planned["digest"]

    deployed = await shop.json("apply", "test")
    assert [one["release"] for one in deployed["deployments"]] == ["settings", "web"]
    assert {one["outcome"] for one in deployed["deployments"]} == {"succeeded"}
    assert await shop.sandbox.ask(
        "get", "deployment", "web", "-n", shop.namespace, "-o", "jsonpath={.status.readyReplicas}"
    )

    states = (await shop.json("status", "test"))["releases"]
    assert [(one["name"], one["health"], one["drift"]) for one in states] == [
        ("settings", "current", "none"),
        ("web", "current", "none"),
    ]
    rendered = (await shop.json("render", "test"))["releases"]
    assert [one["name"] for one in rendered] == ["settings", "web"]
    assert (await shop.run("plan", "test", "--detailed-exitcode")).code == 0
    assert {one["outcome"] for one in (await shop.json("apply", "test"))["deployments"]} == {"unchanged"}


async def test_a_one_line_change_is_a_one_field_plan(shop: Shop) -> None:
    await shop.json("apply", "test", "--no-wait")
    shop.declare(replicas=2)
    planned = await shop.json("plan", "test", "-r", "web")
    changes = [one for one in planned["releases"][0]["changes"] if one["action"] != "keep"]
    assert [(field["path"], field["old"], field["new"]) for one in changes for field in one["fields"]] == [
        ("/spec/replicas", 1, 2)
    ]
    shown = (await shop.run("plan", "test", "-r", "web")).stdout
    assert "/spec/replicas  1 -> 2" in shown


async def test_taking_a_field_back_needs_a_person(shop: Shop) -> None:
    await shop.json("apply", "test", "--no-wait")
    await shop.sandbox.ask("set", "image", "deployment/web", "web=elsewhere/app:1", "-n", shop.namespace)
    refused = await shop.json("apply", "test", "--no-wait", code=4)
    assert [error["code"] for error in refused["errors"]] == ["approvalNeeded"]
    await shop.json("apply", "test", "--no-wait", "--yes")
    path = "jsonpath={.spec.template.spec.containers[0].image}"
    assert await shop.sandbox.ask("get", "deployment", "web", "-n", shop.namespace, "-o", path) == shop.image


async def test_an_image_that_is_not_there_is_explained(shop: Shop, real_sandbox: RunningSandbox) -> None:
    shop.declare(image=f"{real_sandbox.registry}/app:9.9.9", timeout="60s")
    failed = await shop.json("apply", "test", code=1)
    outcomes = {one["release"]: one for one in failed["deployments"]}
    assert outcomes["settings"]["outcome"] == "succeeded"
    assert outcomes["web"]["outcome"] == "failed"
    assert "app:9.9.9" in outcomes["web"]["explanation"]
    (_, web) = (await shop.json("status", "test"))["releases"]
    assert web["health"] in ("failed", "progressing")
    assert "app:9.9.9" in web["cause"]
    assert web["causeCode"] == "imagePull"
    assert web["since"]


async def test_a_cluster_that_is_away_is_exit_code_1(shop: Shop) -> None:
    away = shop.root / "away.kubeconfig"
    away.write_text(json.dumps({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "away", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "me", "user": {"token": "t"}}],
        "contexts": [{"name": "away", "context": {"cluster": "away", "user": "me"}}],
        "current-context": "away",
    }))  # fmt: skip
    failed = await shop.json("plan", "test", "--kubeconfig", str(away), code=1)
    assert failed["kind"] == "Error"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_while_waiting_ends_with_130_and_says_what_was_done(shop: Shop, number: signal.Signals) -> None:
    # More than the cluster can give: the pods stay pending, so that the run waits.
    shop.declare(timeout="600s")
    chart = shop.root / "web" / "templates" / "deployment.yaml"
    chart.write_text(DEPLOYMENT.replace("containers: [{", "containers: [{resources: {requests: {cpu: 100k}}, "))
    child = await start(shop.program("apply", "test", "--output", "json"))
    try:
        assert child.stdout is not None
        assert child.stderr is not None
        async with asyncio.timeout(60):
            while b"waiting up to" not in await child.stderr.readline():
                pass
            child.send_signal(number)
            said = await child.stdout.read()
            await child.wait()
    finally:
        await stop(child)
    assert child.returncode == 130
    document = json.loads(said)
    validate(document)
    assert [one["outcome"] for one in document["deployments"]] == ["succeeded", "interrupted"]
