"""A plan saved by one job and applied by another, on a real cluster."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.repositories import Repository

pytestmark = pytest.mark.e2e

MARKER = "marker-5c1d-not-to-be-seen"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {run: {{ uuidv4 | quote }}, revision: "{{ .Release.Revision }}", greeting: {{ .Values.greeting | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {password: {{ .Values.password | quote }}}
"""
RANDOM = "apiVersion: v1\nkind: Secret\nmetadata: {name: random}\ndata: {key: {{ randAlphaNum 16 | b64enc | quote }}}\n"


@pytest.fixture
def shop(repository: Repository) -> Repository:
    declare(repository, "hello")
    return replace(repository, environ={"PASSWORD": MARKER})


def declare(shop: Repository, greeting: str, *, random: bool = False) -> None:
    for name, template in (("web", TEMPLATE), ("random", RANDOM)):
        shop.write(f"{name}/Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
        shop.write(f"{name}/templates/all.yaml", template)
    password = {"key": "password", "valueFrom": {"env": "PASSWORD"}}
    web = {"name": "web", "chart": {"dir": "web"}, "values": [{"key": "greeting", "value": greeting}, password]}
    shop.declare([web, *([{"name": "random", "chart": {"dir": "random"}}] if random else [])])


async def test_another_job_applies_exactly_what_was_approved(shop: Repository, tmp_path: Path) -> None:
    for number, greeting in enumerate(("hello", "welcome"), start=1):
        declare(shop, greeting)
        planned = (await shop.run("plan", "test", "--save", "plan.json", "--output", "json")).document
        text = (shop.root / "plan.json").read_text()
        assert MARKER not in text
        assert base64.b64encode(MARKER.encode()).decode().rstrip("=") not in text
        job = replace(shop, root=tmp_path / f"job-{number}")
        shutil.copytree(shop.root, job.root)
        done = (await job.run("apply", "--plan", "plan.json", "--yes", "--output", "json")).document
        assert [one["planDigest"] for one in done["deployments"]] == [planned["releases"][0]["digest"]]
        approved = json.loads(text)["releases"][0]["manifests"]
        live = (await shop.read("configmap", "web"))["data"]
        assert live in [one["object"].get("data") for one in approved]
        assert (live["revision"], live["greeting"]) == (str(number), greeting)
        secret = (await shop.read("secret", "web"))["data"]
        assert base64.b64decode(secret["password"]).decode() == MARKER


async def test_a_change_in_the_cluster_is_named(shop: Repository) -> None:
    await shop.outcomes()
    declare(shop, "welcome")
    await shop.run("plan", "test", "--save", "plan.json")
    patch = json.dumps({"data": {"greeting": "go away"}})
    await shop.sandbox.ask("patch", "configmap", "web", "-n", shop.namespace, "--type=merge", "-p", patch)
    ended = await shop.run("apply", "--plan", "plan.json", "--yes", "--output", "json", code=4)
    assert [(one["code"], one["path"]) for one in ended.document["errors"]] == [
        ("planOutdated", f"test/web ConfigMap {shop.namespace}/web /data/greeting")
    ]
    assert (await shop.read("configmap", "web"))["data"]["greeting"] == "go away"


async def test_another_secret_and_another_cluster_are_refused(shop: Repository) -> None:
    await shop.run("plan", "test", "--save", "plan.json")
    other = replace(shop, environ={"PASSWORD": "another-password"})
    ended = await other.run("apply", "--plan", "plan.json", "--output", "json", code=4)
    assert {one["code"] for one in ended.document["errors"]} == {"planOutdated"}
    assert "another-password" not in ended.stdout + ended.stderr
    there = ("--context", shop.sandbox.contexts[1])
    ended = await shop.run("apply", "--plan", "plan.json", *there, "--output", "json", code=4)
    assert {one["code"] for one in ended.document["errors"]} == {"otherCluster"}


async def test_a_chart_that_draws_its_secret_cannot_be_pinned(shop: Repository) -> None:
    declare(shop, "hello", random=True)
    ended = await shop.run("plan", "test", "--save", "plan.json", "--output", "json", code=4)
    assert [(one["code"], one["path"]) for one in ended.document["errors"]] == [("notPinned", "test/random")]
    assert not (shop.root / "plan.json").exists()
    await shop.run("plan", "test", "-r", "web", "--save", "plan.json")
