from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairlead.domain.helm_content import content_again, helm_content
from fairlead.domain.helm_release import HelmRelease
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import ChartUse, Hook, LocalChart
from fairlead.doors.yaml import dump_stream
from tests.fakes.releases import config_map, definition, release, wanted

LOCAL = LocalChart("/charts/web.tgz", "sha256:0", "web", "1.0.0")
LOG_POLICY = {"helm.sh/hook-output-log-policy": "hook-failed, hook-succeeded"}


def _job(**annotations: str) -> dict[str, Any]:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "annotations": annotations}}


def test_objects_become_texts_that_name_their_template() -> None:
    rendered = wanted(config_map("a"), config_map("b"), of=release(chart=True), crds=(definition(),)).rendered
    use = ChartUse(LOCAL, {"x": None})
    content = helm_content(replace(rendered, use=use, notes="Hello"), {"metadata": {}}, dump_stream)
    assert content.manifest == (
        "---\n# Source: web.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  key: value\n"
        "---\n# Source: web.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  key: value\n"
    )
    assert (content.chart, content.config, content.notes, content.hooks) == ({"metadata": {}}, {"x": None}, "Hello", ())


def test_hooks_in_helms_form() -> None:
    hook = Hook(("pre-install",), -3, ("hook-succeeded",), Manifest(_job(**LOG_POLICY), "web/templates/job.yaml"))
    plain = Hook(("test",), 0, (), Manifest(_job(), "web/templates/test.yaml"))
    content = helm_content(wanted(of=release(chart=True), hooks=(hook, plain)).rendered, {}, dump_stream)
    assert content.hooks[0] == {
        "name": "migrate",
        "kind": "Job",
        "path": "web/templates/job.yaml",
        "manifest": dump_stream([hook.manifest.data]).removeprefix("---\n"),
        "events": ["pre-install"],
        "last_run": {"phase": ""},
        "weight": -3,
        "delete_policies": ["hook-succeeded"],
        "output_log_policies": ["hook-failed", "hook-succeeded"],
    }
    assert "output_log_policies" not in content.hooks[1]


def test_a_revision_that_is_deployed_again_is_as_it_was_but_no_hook_has_run() -> None:
    ran = {"name": "migrate", "last_run": {"phase": "Succeeded"}, "weight": 1}
    body = {"version": 4, "manifest": "---\n", "chart": {"metadata": {}}, "config": {"a": 1}, "hooks": [ran]}
    content = content_again(HelmRelease({**body, "info": {"notes": "Hello"}}))
    assert (content.manifest, content.chart, content.config) == ("---\n", {"metadata": {}}, {"a": 1})
    assert (content.notes, content.returns_to) == ("Hello", 4)
    assert content.hooks == ({"name": "migrate", "last_run": {"phase": ""}, "weight": 1},)
    assert content_again(HelmRelease({"version": 4})).hooks == ()
