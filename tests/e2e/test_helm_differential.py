"""The same chart by the real Helm on one cluster and by us on another leaves the same objects and the same records."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.helm_payload import release_of
from fairlead.doors.process import Program, run
from fairlead.doors.yaml import read_manifests
from tests.e2e.running import RunningSandbox
from tests.fakes.charts import FIXTURES
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended

pytestmark = pytest.mark.e2e

ENVIRONMENTS = """\
clusters: [{{name: sandbox, provider: {{existingContext: {{contextName: {context}}}}}}}]
environments: [{{name: test, clusterName: sandbox, kubeNamespace: {namespace}, releasesFiles: [apps.yaml]}}]
"""
APPS = "releases: [{{name: web, chart: {{dir: {chart}}}, values: {values}}}]\n"
FAILING = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {text: {{ .Values.text }}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: passing
  annotations: {helm.sh/hook: WHEN, helm.sh/hook-weight: "-2", helm.sh/hook-delete-policy: hook-succeeded}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: staying, annotations: {helm.sh/hook: WHEN, helm.sh/hook-weight: "-1"}}
---
{{- if .Values.stuck }}
apiVersion: batch/v1
kind: Job
metadata: {name: stuck, annotations: {helm.sh/hook: WHEN}}
spec:
  suspend: true
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: "registry.example/stuck:1"}]}}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: later, annotations: {helm.sh/hook: WHEN, helm.sh/hook-weight: "5"}}
"""
SECRETS_OF_BOOKS = ("helm.sh/release.v1", "fairlead.dev/state.v1", "fairlead.dev/record.v1")
NOT_OURS = {"Event", "Lease", "EndpointSlice", "Endpoints", "PodMetrics", "ControllerRevision"}
GIVEN_BY_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
DEFINITION = "widgets.complete.example"


@dataclass(frozen=True)
class Twins:
    """One namespace name on two clusters: Helm acts on the first, we on the second."""

    root: Path
    namespace: str
    sandbox: RunningSandbox
    _listable: list[str] = field(default_factory=list)

    async def helm(self, *arguments: str, code: int = 0) -> None:
        argv = (str(self.sandbox.helm), *arguments, "--kube-context", self.sandbox.contexts[0], "-n", self.namespace)
        done = await run(Program(argv, cwd=self.root, env=self.sandbox.env, accepted=ANY_CODE))
        assert done.exit_code == code, done

    async def ours(self, *arguments: str, code: int = 0) -> list[str]:
        argv = (str(FAIRLEAD), *arguments, "--output", "json")
        done = await run(Program(argv, cwd=self.root, env=self.sandbox.env, accepted=ANY_CODE))
        ended = Ended(done.exit_code, done.stdout.decode(), done.stderr.decode())
        assert ended.code == code, ended
        return [one["outcome"] for one in ended.document["deployments"]]

    async def apply(self, chart: str, *options: str, code: int = 0, **values: Any) -> list[str]:
        """Bring the release to these values on both sides, with options that both know."""
        folder = self.root / chart
        if not folder.exists():
            shutil.copytree(FIXTURES / chart, folder)
        settings = [part for key, value in values.items() for part in ("--set-json", f"{key}={json.dumps(value)}")]
        await self.helm("upgrade", "--install", "web", str(folder), *options, *settings, code=code)
        entries = [{"key": key, "value": json.dumps(value), "type": "json"} for key, value in values.items()]
        (self.root / "apps.yaml").write_text(APPS.format(chart=chart, values=json.dumps(entries)))
        return await self.ours("apply", "test", "--yes", "--no-wait", *options, code=code)

    async def objects(self, side: int) -> dict[str, Any]:
        """Everything in the namespace that no controller made, without what differs between any two clusters."""
        context = self.sandbox.contexts[side]
        if not self._listable:
            # What the second cluster serves: no other test adds kinds to it.
            asked = ("api-resources", "--namespaced", "--verbs=list,create", "-o", "name")
            listed = await self.sandbox.ask(*asked, context=self.sandbox.contexts[1])
            self._listable.extend(name for name in listed.split() if _is_lasting(name))
        kinds = ",".join(self._listable)
        arguments = ("get", kinds, "-n", self.namespace, "-o", "json", "--show-managed-fields", "--ignore-not-found")
        text = await self.sandbox.ask(*arguments, context=context)
        found = json.loads(text)["items"] if text.strip() else []
        return {f"{one['kind']}/{one['metadata']['name']}": _plain(one) for one in found if _is_of_a_release(one)}

    async def definition(self, side: int) -> dict[str, Any]:
        """The definition of the chart `complete`, without what differs between any two clusters."""
        arguments = ("get", "crd", DEFINITION, "-o", "json", "--show-managed-fields")
        return _plain(json.loads(await self.sandbox.ask(*arguments, context=self.sandbox.contexts[side])))

    async def record(self, side: int, revision: int) -> dict[str, Any]:
        name = f"sh.helm.release.v1.web.v{revision}"
        text = await self.sandbox.ask(
            "get", "secret", name, "-n", self.namespace, "-o", "json", context=self.sandbox.contexts[side]
        )
        secret = json.loads(text)
        labels = {name: value for name, value in secret["metadata"]["labels"].items() if not name.endswith("At")}
        return {"labels": labels, "type": secret["type"], **_told(release_of(secret).body, self.namespace)}

    async def same_objects(self) -> dict[str, Any]:
        theirs, ours = await self.objects(0), await self.objects(1)
        assert ours == theirs
        return ours

    async def same_records(self, *revisions: int) -> None:
        for revision in revisions:
            theirs, ours = await self.record(0, revision), await self.record(1, revision)
            assert ours == theirs


def _is_of_a_release(obj: Mapping[str, Any]) -> bool:
    metadata = obj["metadata"]
    built_in = metadata["name"] in ("kube-root-ca.crt", "default") and obj["kind"] in ("ConfigMap", "ServiceAccount")
    books = obj["kind"] == "Secret" and obj.get("type") in SECRETS_OF_BOOKS
    return not (built_in or books or obj["kind"] in NOT_OURS or metadata.get("ownerReferences"))


def _plain(obj: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(obj).replace(obj["metadata"]["uid"], "UID")
    text = text.replace('"f:stringData"', '"f:data"')  # we fold it, so that a key that is taken out goes away
    plain: dict[str, Any] = json.loads(text)
    metadata = plain["metadata"]
    entries = [one for one in metadata.get("managedFields", ()) if one["manager"] == "helm"]
    owned = [(one["operation"], one.get("subresource"), one["fieldsV1"]) for one in entries]
    plain["metadata"] = {name: value for name, value in metadata.items() if name not in GIVEN_BY_THE_SERVER}
    plain["owned"] = owned
    plain.pop("status", None)
    for name in ("clusterIP", "clusterIPs"):
        plain.get("spec", {}).pop(name, None)
    return plain


def _told(body: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """What a record tells, without times and ways of writing YAML."""
    chart = body["chart"]
    return {
        "release": [body[name] for name in ("name", "namespace", "version", "apply_method")],
        "status": body["info"]["status"],
        "notes": body["info"].get("notes", ""),
        "config": body.get("config") or {},
        "manifest": [*_documents(body["manifest"], namespace)],
        "hooks": sorted((_hook(one, namespace) for one in body.get("hooks") or ()), key=lambda one: str(one["name"])),
        "metadata": {name: value for name, value in chart["metadata"].items() if name != "dependencies"},
        "values": {name: value for name, value in (chart["values"] or {}).items() if not isinstance(value, dict)},
        "files": {kind: [(one["name"], one["data"]) for one in chart[kind] or ()] for kind in ("templates", "files")},
    }


def _hook(hook: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    told = {name: hook.get(name) for name in ("name", "kind", "path", "events")}
    policies = hook.get("delete_policies") or ["before-hook-creation"]
    (manifest,) = _documents(hook["manifest"], namespace)
    weight, phase = hook.get("weight", 0), hook["last_run"]["phase"]
    return {**told, "weight": weight, "policies": policies, "phase": phase, "manifest": manifest}


def _documents(text: str, namespace: str) -> Iterator[Any]:
    for obj, _ in read_manifests(text.encode(), "record", duplicates=True):
        for one in obj["items"] if obj["kind"] == "List" else [obj]:
            if one["metadata"].get("namespace") == namespace:
                del one["metadata"]["namespace"]
            yield one


def _is_lasting(kind: str) -> bool:
    """Whether a kind is Kubernetes' own or our chart's: those of other tests come and go meanwhile."""
    group = kind.partition(".")[2]
    own = group in ("", "apps", "autoscaling", "batch", "policy") or group.endswith(".k8s.io") or kind == DEFINITION
    return own and kind not in ("events", "events.events.k8s.io")


@pytest.fixture
def alone(sandbox: RunningSandbox) -> Iterator[None]:
    """One at a time, in all processes: they make and remove the same definition, which is the whole cluster's."""
    with (sandbox.kubeconfig.parent / "definition.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
async def twins(tmp_path: Path, sandbox: RunningSandbox, namespace: str, alone: None) -> AsyncIterator[Twins]:
    first, second = sandbox.contexts[:2]
    await sandbox.ask("create", "namespace", namespace, context=second)
    (tmp_path / "environments.yaml").write_text(ENVIRONMENTS.format(context=second, namespace=namespace))
    yield Twins(tmp_path, namespace, sandbox)
    for context in (first, second):
        await sandbox.ask("delete", "crd", DEFINITION, "--ignore-not-found", "--timeout=50s", context=context)
    await sandbox.ask("delete", "namespace", namespace, "--wait=false", context=second)


async def test_a_chart_with_everything(twins: Twins) -> None:
    assert await twins.apply("complete", text="one") == ["succeeded"]
    installed = await twins.same_objects()
    assert {"ConfigMap/before-install", "ConfigMap/web-part", "Widget/widget", "ConfigMap/staying"} <= set(installed)
    assert not {"ServiceAccount/passing", "ConfigMap/before-upgrade", "ConfigMap/probe"} & set(installed)
    assert [operation for operation, *_ in installed["Deployment/web"]["owned"]] == ["Apply"]
    await twins.same_records(1)

    assert await twins.apply("complete", text="two", extra=False, kept=False) == ["succeeded"]
    upgraded = await twins.same_objects()
    assert {"ConfigMap/kept", "ConfigMap/before-upgrade", "ConfigMap/web-part-hook"} <= set(upgraded)
    assert "ConfigMap/extra" not in upgraded
    await twins.same_records(1, 2)
    assert await twins.ours("apply", "test") == ["unchanged"]

    await twins.helm("test", "web")
    assert await twins.ours("test", "test", "web") == ["succeeded"]
    assert "ConfigMap/probe" in await twins.same_objects()
    await twins.same_records(2)
    assert await twins.ours("apply", "test") == ["unchanged"]

    await twins.helm("uninstall", "web")
    assert await twins.ours("delete", "test", "web", "--yes") == ["succeeded"]
    left = await twins.same_objects()
    assert {"ConfigMap/kept", "ConfigMap/always-kept", "ConfigMap/before-delete", "ConfigMap/after-delete"} <= set(left)
    assert not {"ConfigMap/settings", "Widget/widget"} & set(left)
    for context in twins.sandbox.contexts[:2]:
        assert DEFINITION in await twins.sandbox.ask("get", "crd", "-o", "name", context=context)


@pytest.mark.parametrize("when", ["pre-upgrade", "post-upgrade"])
async def test_a_hook_that_does_not_complete(twins: Twins, when: str) -> None:
    templates = twins.root / "failing" / "templates"
    templates.mkdir(parents=True)
    (templates.parent / "Chart.yaml").write_text("apiVersion: v2\nname: failing\nversion: 1.0.0\n")
    (templates / "all.yaml").write_text(FAILING.replace("WHEN", when))
    assert await twins.apply("failing", text="one", stuck=False) == ["succeeded"]
    assert await twins.apply("failing", "--timeout", "3s", code=1, text="two", stuck=True) == ["failed"]
    left = await twins.same_objects()
    assert left["ConfigMap/settings"]["data"]["text"] == ("two" if when == "post-upgrade" else "one")
    assert {"Job/stuck", "ConfigMap/staying"} <= set(left)
    assert not {"ConfigMap/passing", "ConfigMap/later"} & set(left)
    await twins.same_records(1, 2)

    assert await twins.apply("failing", text="two", stuck=False) == ["succeeded"]
    assert "ConfigMap/later" in await twins.same_objects()
    await twins.same_records(1, 2, 3)


async def test_a_return_to_an_earlier_revision(twins: Twins) -> None:
    await twins.apply("complete", text="one")
    await twins.apply("complete", text="two", extra=False, kept=False)
    await twins.helm("rollback", "web", "1")
    assert await twins.ours("rollback", "test", "web", "1", "--yes", "--no-wait") == ["succeeded"]
    back = await twins.same_objects()
    assert {"ConfigMap/before-rollback", "ConfigMap/after-rollback", "ConfigMap/extra"} <= set(back)
    assert back["ConfigMap/settings"]["data"]["text"] == "one"
    await twins.same_records(1, 2)
    theirs, ours = await twins.record(0, 3), await twins.record(1, 3)
    for hook in (*theirs["hooks"], *ours["hooks"]):
        if "rollback" not in str(hook["events"]):
            del hook["phase"]  # Helm copies what became of the hooks of revision 1; ours tells of those that ran
    assert ours == theirs
    assert await twins.apply("complete", text="three") == ["succeeded"]
    assert await twins.same_objects()
    await twins.same_records(4)


async def test_definitions_are_made_but_not_changed(twins: Twins) -> None:
    await twins.apply("complete")
    crd = twins.root / "complete" / "crds" / "widgets.yaml"
    crd.write_text(crd.read_text().replace("singular: widget,", "singular: widget, shortNames: [w],"))
    assert await twins.apply("complete", text="two") == ["succeeded"]
    theirs, ours = await twins.definition(0), await twins.definition(1)
    assert theirs == ours
    assert "shortNames" not in str(ours)
    apps = twins.root / "apps.yaml"
    apps.write_text(apps.read_text().replace("{dir: complete}", "{dir: complete, crds: replace}"))
    assert await twins.ours("apply", "test", "--no-wait") == ["succeeded"]
    assert "shortNames" in str(await twins.definition(1))
    assert await twins.ours("apply", "test", "--no-wait") == ["unchanged"]


@pytest.mark.parametrize(
    ("chart", "before", "after"), [("old", {}, {"part": {"enabled": True}}), ("strict", {}, {"replicas": 2})]
)
async def test_a_smaller_chart(twins: Twins, chart: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert await twins.apply(chart, **before) == ["succeeded"]
    await twins.same_objects()
    assert await twins.apply(chart, **after) == ["succeeded"]
    assert await twins.same_objects()
    await twins.same_records(1, 2)
    await twins.helm("uninstall", "web")
    assert await twins.ours("delete", "test", "web", "--yes") == ["succeeded"]
    assert await twins.same_objects() == {}
