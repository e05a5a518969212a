from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.config import PatchType
from tests.fakes.declared import Declared, declare_releases


def one(text: str) -> Declared:
    return declare_releases(f"releases:\n- name: a\n  chart: {{dir: c}}\n  patches:\n  - {text}\n")


@pytest.mark.parametrize(
    ("text", "kind", "name", "type_", "content"),
    [
        (
            "{target: {kind: Deployment, name: web}, patch: {spec: {replicas: 3}}}",
            "Deployment",
            "web",
            PatchType.STRATEGIC,
            {"spec": {"replicas": 3}},
        ),
        (
            "{target: {kind: Service}, patch: [{op: remove, path: /spec/clusterIP}]}",
            "Service",
            None,
            PatchType.JSON6902,
            [{"op": "remove", "path": "/spec/clusterIP"}],
        ),
        ("{target: {name: web}, patch: {a: yes}}", None, "web", PatchType.STRATEGIC, {"a": True}),
        (
            "{patch: {kind: Deployment, metadata: {name: web}, spec: {}}}",
            "Deployment",
            "web",
            PatchType.STRATEGIC,
            {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {}},
        ),
    ],
)
def test_patches(text: str, kind: str | None, name: str | None, type_: PatchType, content: Any) -> None:
    declared = one(text)
    assert declared.codes == []
    (patch,) = declared.release.patches
    assert (patch.kind, patch.name, patch.type, patch.patch) == (kind, name, type_, content)
    assert patch.place.line == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{target: {kind: A}}", "missingKey"),
        ("{target: {kind: A}, patch: text}", "invalidPatch"),
        ("{target: {kind: A}, patch: {}}", "invalidPatch"),
        ("{target: {kind: A}, patch: []}", "invalidPatch"),
        ("{target: {kind: A}, patch: [x]}", "invalidPatch"),
        ("{target: {kind: A}, patch: [{op: delete, path: /a}]}", "invalidPatch"),
        ("{target: {kind: A}, patch: [{op: [a], path: /a}]}", "invalidPatch"),
        ("{target: {kind: A}, patch: [{op: add, path: spec, value: 1}]}", "invalidPatch"),
        ("{target: {kind: A}, patch: [{op: add, value: 1}]}", "invalidPatch"),
        ("{target: {kind: A}, patch: {a: .nan}}", "invalidScalar"),
        ("{patch: {spec: {}}}", "patchTarget"),
        ("{patch: {metadata: x}}", "patchTarget"),
        ("{patch: [{op: remove, path: /a}]}", "patchTarget"),
        ("{target: {}, patch: {kind: A}}", "patchTarget"),
        ("{target: {group: apps}, patch: {a: b}}", "unknownKey"),
        ("text", "wrongType"),
    ],
)
def test_patch_mistakes(text: str, code: str) -> None:
    assert one(text).codes == [code]
