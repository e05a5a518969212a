"""Going back on a real cluster: by hand with a hold, and by itself when a deployment fails."""

from __future__ import annotations

import json

import pytest

from fairlead.doors.process import Program, run
from tests.e2e.shops import DEPLOYMENT, SETTINGS, Shop

pytestmark = pytest.mark.e2e

BROKEN = "registry.sandbox/app:no-such-tag"
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
"""


async def _currency(shop: Shop) -> str:
    return await shop.sandbox.ask(
        "get", "configmap", "settings", "-n", shop.namespace, "-o", "jsonpath={.data.currency}"
    )


async def _helm(shop: Shop, *arguments: str) -> str:
    where = ("--kube-context", shop.sandbox.contexts[0], "--namespace", shop.namespace)
    program = Program((str(shop.sandbox.helm), *arguments, *where), cwd=shop.root, env=shop.sandbox.env)
    return (await run(program)).stdout.decode()


async def _image(shop: Shop) -> str:
    path = "jsonpath={.spec.template.spec.containers[0].image}"
    return await shop.sandbox.ask("get", "deployment", "web", "-n", shop.namespace, "-o", path)


async def _history(shop: Shop, release: str) -> list[tuple[int, str, int | None]]:
    found = (await shop.json("history", "test", release))["deployments"]
    return [(one["number"], one["outcome"], one["rollbackTo"]) for one in found]


def _settings(shop: Shop, currency: str) -> None:
    (shop.root / "settings.yaml").write_text(SETTINGS.replace("EUR", currency))


async def test_a_rollback_brings_the_old_objects_back_and_holds_the_release_there(shop: Shop) -> None:
    await shop.json("apply", "test", "-r", "settings")
    _settings(shop, "USD")
    await shop.json("apply", "test", "-r", "settings")

    (done,) = (await shop.json("rollback", "test", "settings", "--reason", "INC-42"))["deployments"]
    assert (done["outcome"], done["number"], done["rollbackTo"]) == ("succeeded", 3, 1)
    assert await _currency(shop) == "EUR"

    (refused,) = (await shop.json("apply", "test", "-r", "settings", code=4))["deployments"]
    assert refused["outcome"] == "refused"
    assert await _currency(shop) == "EUR"
    (planned,) = (await shop.json("plan", "test", "-r", "settings"))["releases"]
    (state,) = (await shop.json("status", "test", "-r", "settings"))["releases"]
    assert planned["held"] == state["held"]
    assert (state["held"]["number"], state["held"]["reason"]) == (3, "INC-42")

    _settings(shop, "CHF")
    (other,) = (await shop.json("apply", "test", "-r", "settings"))["deployments"]
    assert other["outcome"] == "succeeded"
    (state,) = (await shop.json("status", "test", "-r", "settings"))["releases"]
    assert state["held"] is None
    assert [(number, back) for number, _, back in await _history(shop, "settings")] == [
        (1, None),
        (2, None),
        (3, 1),
        (4, None),
    ]


@pytest.mark.parametrize(
    "how", [("apply", "test", "-r", "settings", "--release-hold"), ("rollback", "test", "settings", "--release-hold")]
)
async def test_a_person_ends_a_hold(shop: Shop, how: tuple[str, ...]) -> None:
    await shop.json("apply", "test", "-r", "settings")
    _settings(shop, "USD")
    await shop.json("apply", "test", "-r", "settings")
    await shop.json("rollback", "test", "settings")

    await shop.json(*how)
    await shop.json("apply", "test", "-r", "settings")

    assert await _currency(shop) == "USD"
    (state,) = (await shop.json("status", "test", "-r", "settings"))["releases"]
    assert state["held"] is None


async def test_a_hold_by_hand_refuses_everything_else_and_lets_other_releases_go_on(shop: Shop) -> None:
    shop.declare(replicas=0)
    await shop.json("apply", "test", "-r", "settings")
    (held,) = (await shop.json("hold", "test", "settings", "--reason", "freeze"))["releases"]
    assert held["held"]["reason"] == "freeze"
    (same,) = (await shop.json("apply", "test", "-r", "settings"))["deployments"]
    assert same["outcome"] == "unchanged"

    for currency in ("USD", "CHF"):
        _settings(shop, currency)
        (refused,) = (await shop.json("apply", "test", "-r", "settings", code=4))["deployments"]
        assert refused["outcome"] == "refused"

    (free,) = (await shop.json("hold", "test", "settings", "--end"))["releases"]
    assert free["held"] is None
    assert {one["outcome"] for one in (await shop.json("apply", "test"))["deployments"]} == {"succeeded"}
    assert await _currency(shop) == "CHF"


async def test_a_chart_goes_back_and_helm_sees_it(shop: Shop) -> None:
    shop.declare(replicas=0)
    await shop.json("apply", "test")
    shop.declare(replicas=0, image=f"{shop.image}-other")
    await shop.json("apply", "test")

    (done,) = (await shop.json("rollback", "test", "web", "1"))["deployments"]

    assert (done["outcome"], done["number"], done["rollbackTo"]) == ("succeeded", 3, 1)
    assert await _image(shop) == shop.image
    told = json.loads(await _helm(shop, "history", "web", "-o", "json"))
    assert [(one["revision"], one["status"]) for one in told] == [(1, "superseded"), (2, "superseded"), (3, "deployed")]
    assert told[-1]["description"].startswith("Rollback to 1")
    await _helm(shop, "rollback", "web", "2")
    assert await _image(shop) == f"{shop.image}-other"


async def test_a_broken_image_is_rolled_back_by_itself_and_verified(shop: Shop) -> None:
    await shop.json("apply", "test")
    shop.declare(image=BROKEN)

    (settings, web) = (await shop.json("apply", "test", "--rollback-on-failure", code=1))["deployments"]

    assert (settings["outcome"], web["outcome"], web["health"]) == ("unchanged", "rolledBack", "current")
    assert "no-such-tag" in web["explanation"]
    assert await _image(shop) == shop.image
    assert await _history(shop, "web") == [(1, "succeeded", None), (2, "failed", None), (3, "succeeded", 1)]
    (state,) = (await shop.json("status", "test", "-r", "web"))["releases"]
    assert (state["health"], state["held"]["number"]) == ("current", 3)
    again = (await shop.json("apply", "test", "--rollback-on-failure", code=4))["deployments"]
    assert again[1]["outcome"] == "refused"


async def test_a_first_deployment_that_fails_is_undone_but_for_volumes(shop: Shop) -> None:
    (shop.root / "settings.yaml").write_text(
        SETTINGS
        + "---\n"
        + CLAIM
        + "---\n"
        + DEPLOYMENT.replace("{{ .Values.replicas }}", "1").replace("{{ .Values.image | quote }}", BROKEN)
    )

    (done,) = (await shop.json("apply", "test", "-r", "settings", "--rollback-on-failure", code=1))["deployments"]

    assert done["outcome"] == "rolledBack"
    left = await shop.sandbox.ask("get", "configmap,deployment,pvc", "-n", shop.namespace, "-o", "name")
    assert [name for name in left.split() if "kube-root-ca" not in name] == ["persistentvolumeclaim/data"]


async def test_a_first_chart_that_fails_leaves_nothing(shop: Shop) -> None:
    await shop.json("apply", "test", "-r", "settings")
    shop.declare(image=BROKEN)

    (done,) = (await shop.json("apply", "test", "-r", "web", "--rollback-on-failure", code=1))["deployments"]

    assert done["outcome"] == "rolledBack"
    assert await shop.sandbox.ask("get", "deployment", "-n", shop.namespace, "-o", "name") == ""
    assert json.loads(await _helm(shop, "list", "-o", "json")) == []


async def test_what_cannot_be_gone_back_to_is_said(shop: Shop) -> None:
    await shop.json("apply", "test", "-r", "settings")

    missing = await shop.json("rollback", "test", "settings", "7", code=2)
    nothing = await shop.json("rollback", "test", "settings", code=2)

    assert [found["errors"][0]["code"] for found in (missing, nothing)] == ["unknownDeployment", "nothingToReturnTo"]
