from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.config import Patch, PatchType, Place
from fairlead.domain.errors import InputError
from fairlead.domain.manifests import Manifest
from fairlead.domain.patches import apply_patches


def manifest(kind: str, name: str, **data: Any) -> Manifest:
    return Manifest({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **data}, "m.yaml")


def patch(body: Any, *, kind: str | None = None, name: str | None = None, line: int = 1) -> Patch:
    how = PatchType.JSON6902 if isinstance(body, list) else PatchType.STRATEGIC
    return Patch(kind, name, how, body, Place("releases.yaml", line, 3, f"releases[0].patches[{line}]"))


OBJECTS = (manifest("ConfigMap", "a", data={"x": "1"}), manifest("Secret", "a"), manifest("ConfigMap", "b"))


@pytest.mark.parametrize(
    ("kind", "name", "changed"),
    [("ConfigMap", "a", {0}), ("ConfigMap", None, {0, 2}), (None, "a", {0, 1}), (None, None, {0, 1, 2})],
)
def test_a_patch_reaches_exactly_what_it_names(kind: str | None, name: str | None, changed: set[int]) -> None:
    patched = apply_patches(OBJECTS, [patch({"data": {"y": "2"}}, kind=kind, name=name)])
    assert {i for i, new in enumerate(patched) if new.data != OBJECTS[i].data} == changed


def test_patches_apply_in_order() -> None:
    first = patch({"data": {"x": "2"}}, name="a", kind="ConfigMap")
    second = patch([{"op": "test", "path": "/data/x", "value": "2"}, {"op": "remove", "path": "/data/x"}], name="a")
    assert apply_patches(OBJECTS[:1], [first, second])[0].data["data"] == {}


def test_all_patches_that_do_not_fit_are_named_at_once() -> None:
    patches = [
        patch({"data": {}}, kind="Deployment", line=4),
        patch([{"op": "remove", "path": "/nothing"}], name="b", line=7),
        patch({"metadata": {"name": "z"}}, name="b", line=9),
    ]
    with pytest.raises(InputError) as caught:
        apply_patches(OBJECTS, patches)
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [
        ("patchMatchesNothing", 4),
        ("patchFailed", 7),
        ("patchChangesIdentity", 9),
    ]


def test_a_patch_that_does_not_fit_a_secret_quotes_nothing_of_it() -> None:
    secret = manifest("Secret", "a", stringData={"k": "found"})
    failing = patch([{"op": "test", "path": "/stringData/k", "value": "wanted"}], kind="Secret")
    with pytest.raises(InputError) as caught:
        apply_patches([secret], [failing])
    assert [problem.code for problem in caught.value.problems] == ["patchFailed"]
    assert not {"found", "wanted"} & set(caught.value.problems[0].message.replace("'", " ").split())
