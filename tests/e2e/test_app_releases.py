"""An app as a release on a real cluster, by the installed command: every step that other releases know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.shops import Shop

pytestmark = pytest.mark.e2e


def declare(shop: Shop, colour: str, *, slow_start: int = 0) -> None:
    """Declare the app `hello`; another colour makes other pods of it, as another image would.

    They are ready `slow_start` seconds after they have begun.
    """
    container = {
        "name": "app",
        "image": shop.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1},
        "env": [
            {"name": "COLOUR", "value": colour},
            {"name": "SLOW_START", "value": str(slow_start)},
            {"name": "NOTHING", "value": ""},
        ],
        "resources": {"requests": {"cpu": "0.010", "memory": "1024Ki"}},  # the server writes both otherwise
    }
    app = {
        "newVersion": "#",
        "drainTimeout": "1s",
        "podspec": {"containers": [container]},
        "frontend": "hello.example.com",
        "configMaps": [{"name": "colours", "data": {"empty": ""}}],
    }
    settings = {"name": "settings", "resourceFiles": ["settings.yaml"]}
    hello = {"name": "hello", "dependsOn": ["settings"], "app": app}
    (shop.root / "apps.yaml").write_text(json.dumps({"releases": [settings, hello]}))


async def resources(shop: Shop) -> str:
    """Return the version of every object that is ours, so that a write is noticed; signs of life come and go."""
    kinds = "deployments,services,poddisruptionbudgets,configmaps,secrets"
    path = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} {.metadata.generation} {end}"
    return await shop.sandbox.ask("get", kinds, "-n", shop.namespace, "-o", path)


async def applied(shop: Shop, *words: str, code: int = 0) -> Mapping[str, Any]:
    """Apply the app and return its deployment."""
    found = await shop.json("apply", "test", "-r", "hello", *words, code=code)
    (deployment,) = found["deployments"]
    return dict(deployment)


async def meddled(shop: Shop, live: str) -> None:
    """Delete and change objects of the live version: the plan shows it, and applying takes it back."""
    where = ("-n", shop.namespace)
    await shop.sandbox.ask("delete", "service/hello", f"poddisruptionbudget/hello-{live}", "ingress/hello", *where)
    await shop.sandbox.ask("scale", f"deployment/hello-{live}", "--replicas=2", *where)
    (plan,) = (await shop.json("plan", "test", "-r", "hello"))["releases"]
    written = {(one["object"]["kind"], one["action"]) for one in plan["changes"] if one["action"] != "keep"}
    assert written == {
        ("Deployment", "update"),
        ("Ingress", "create"),
        ("PodDisruptionBudget", "create"),
        ("Service", "create"),
    }
    assert (await applied(shop, "--yes"))["outcome"] == "succeeded"
    assert (await applied(shop))["outcome"] == "unchanged"
    assert await colour(shop) == "red"
    assert await shop.sandbox.ask("get", f"deployment/hello-{live}", *where, "-o", "jsonpath={.spec.replicas}") == "1"


async def colour(shop: Shop) -> str:
    """Return the colour of the version that the stable Service leads to."""
    where = ("-n", shop.namespace, "-o")
    version = await shop.sandbox.ask("get", "service", "hello", *where, "jsonpath={.spec.selector.version}")
    path = "jsonpath={.spec.template.spec.containers[0].env[?(@.name=='COLOUR')].value}"
    return await shop.sandbox.ask("get", "deployment", f"hello-{version}", *where, path)


async def test_an_app_goes_through_what_releases_go_through(shop: Shop) -> None:
    declare(shop, "blue")
    first = await shop.json("apply", "test")
    assert [(one["release"], one["outcome"], one["version"]) for one in first["deployments"]] == [
        ("settings", "succeeded", None),
        ("hello", "succeeded", "1"),
    ]
    before = await resources(shop)
    assert (await applied(shop))["outcome"] == "unchanged"
    assert await resources(shop) == before

    declare(shop, "green")
    (plan,) = (await shop.json("plan", "test", "-r", "hello"))["releases"]
    assert (plan["app"]["verdict"], plan["app"]["live"], plan["app"]["version"]) == ("newVersion", "1", "2")
    changed = [(field["old"], field["new"]) for one in plan["changes"] for field in one["fields"]]
    assert ("blue", "green") in changed
    assert await resources(shop) == before
    assert ((await applied(shop))["version"], await colour(shop)) == ("2", "green")
    (state,) = (await shop.json("status", "test", "-r", "hello"))["releases"]
    assert (state["health"], state["drift"], state["lastDeployment"]["version"]) == ("current", "none", "2")

    (back,) = (await shop.json("rollback", "test", "hello", "--reason", "INC-42"))["deployments"]
    assert (back["outcome"], back["version"], back["rollbackTo"], await colour(shop)) == ("succeeded", "1", 1, "blue")
    history = (await shop.json("history", "test", "hello"))["deployments"]
    assert [(one["number"], one["version"], one["rollbackTo"]) for one in history] == [
        (1, "1", None),
        (2, "2", None),
        (3, "1", 1),
    ]
    refused = await applied(shop, code=4)
    assert (refused["outcome"], refused["code"], await colour(shop)) == ("refused", "held", "blue")
    assert (await applied(shop, "--release-hold"))["outcome"] == "succeeded"
    assert await colour(shop) == "green"

    declare(shop, "red", slow_start=4)
    late = await applied(shop, "--timeout", "1s", code=1)
    assert (late["outcome"], late["code"], await colour(shop)) == ("failed", "timedOut", "green")
    assert ((await applied(shop))["version"], await colour(shop)) == (late["version"], "red")

    await meddled(shop, late["version"])

    (gone,) = (await shop.json("delete", "test", "hello", "--yes"))["deployments"]
    assert gone["outcome"] == "succeeded"
    assert "hello" not in await shop.sandbox.ask("get", "deployments,services", "-n", shop.namespace, "-o", "name")
